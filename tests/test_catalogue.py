"""The catalogues: every sentence that the code says is in both languages, compiled as it stands."""

import re

import pytest

from installer import catalogue

PLACEHOLDER = re.compile(r"\{\w+\}")


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_the_catalogue_holds_what_the_code_says_and_nothing_else(language):
    held = catalogue.read_catalogue(catalogue.folder(language) / "loyalty_desk.po", language)

    assert {message.id for message in held if message.id} == set(catalogue.extracted())


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_no_sentence_lacks_its_words(language):
    held = catalogue.read_catalogue(catalogue.folder(language) / "loyalty_desk.po", language)

    assert [m.id for m in held if m.id and not all(_texts(m.string))] == []


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_a_translation_keeps_the_places_of_its_facts(language):
    held = catalogue.read_catalogue(catalogue.folder(language) / "loyalty_desk.po", language)

    for message in held:
        if message.id:
            wanted = set(PLACEHOLDER.findall(_texts(message.id)[-1]))
            for text in _texts(message.string):
                assert set(PLACEHOLDER.findall(text)) <= wanted, message.id


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_what_is_compiled_is_what_is_written(language):
    folder = catalogue.folder(language)
    held = catalogue.read_catalogue(folder / "loyalty_desk.po", language)

    assert (folder / "loyalty_desk.mo").read_bytes() == catalogue.mo_bytes(held)


def _texts(said):
    return [said] if isinstance(said, str) else list(said)
