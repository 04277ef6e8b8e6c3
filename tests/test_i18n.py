"""One language a process for a desk; one an answer for a server that answers many at once."""

import asyncio
import threading
from datetime import date

import pytest

from sync import i18n


def said() -> tuple[str, str, str]:
    return i18n.language(), i18n.number(2_633), i18n.day_and_month(date(2026, 11, 30))


@pytest.fixture(autouse=True)
def _portuguese():
    i18n.speak("pt_BR")
    yield
    i18n.speak("pt_BR")


def test_a_language_holds_inside_its_block_alone():
    assert said() == ("pt_BR", "2.633", "30/11")
    with i18n.speaking("en"):
        assert said() == ("en", "2,633", "30 Nov")
        with i18n.speaking("pt_BR"):
            assert said() == ("pt_BR", "2.633", "30/11")
        assert i18n.weekday_name(0) == "Monday"
    assert i18n.weekday_name(0) == "segunda"


def test_another_thread_goes_on_in_the_language_of_the_process():
    heard = []
    with i18n.speaking("en"):
        thread = threading.Thread(target=lambda: heard.append(i18n.language()))
        thread.start()
        thread.join()
    assert heard == ["pt_BR"]


def test_answers_at_the_same_time_keep_their_own_language():
    async def answer(tag: str, turn: asyncio.Barrier) -> str:
        with i18n.speaking(tag):
            await turn.wait()
            return await asyncio.to_thread(i18n.language)

    async def both() -> list[str]:
        turn = asyncio.Barrier(2)
        return await asyncio.gather(answer("en", turn), answer("pt_BR", turn))

    assert asyncio.run(both()) == ["en", "pt_BR"]


def test_a_fault_leaves_no_language_behind():
    with pytest.raises(ZeroDivisionError), i18n.speaking("en"):
        raise ZeroDivisionError
    assert i18n.language() == "pt_BR"


def test_a_language_without_a_catalogue_is_none():
    with pytest.raises(FileNotFoundError), i18n.speaking("xx"):
        raise AssertionError
