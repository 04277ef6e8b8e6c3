"""What the frame and the idle screen say of the line and of the copy, in words."""

import pytest

from loyalty_desk.desk.sync_status import SyncStatus
from loyalty_desk.ui.identify.presenter import IdleView, _notice
from loyalty_desk.ui.shell.frame import Line, pill, strip
from sync import i18n


@pytest.fixture(params=["pt_BR", "en"])
def language(request):
    before = i18n.language()
    i18n.speak(request.param)
    yield request.param
    i18n.speak(before)


@pytest.mark.parametrize(
    ("outdated", "words"),
    [
        ("desk", {"pt_BR": "Este programa é antigo demais", "en": "This desk is too old"}),
        ("server", {"pt_BR": "O servidor é antigo demais", "en": "The server is too old"}),
    ],
)
def test_who_has_to_be_updated_is_said_and_that_nothing_is_lost(language, outdated, words):
    line = Line(known=True, outdated=outdated)

    assert strip(line).text.startswith(words[language])
    assert {"pt_BR": "guardados", "en": "safe"}[language] in strip(line).text
    assert pill(line).text == {"pt_BR": "Atualização necessária", "en": "Update needed"}[language]


def status(**facts):
    given = {"waiting": 0, "queued": (), "notices": (), "copy_of": 0, "members": 350}
    return SyncStatus(**(given | {"complete": False} | facts))


def test_a_first_copy_says_how_far_it_is(language):
    notice = _notice(IdleView(status=status(expected=1_000)))

    title = {"pt_BR": "Baixando membros 35%", "en": "Fetching members 35%"}[language]
    assert (notice.title, notice.share) == (title, 0.35)


def test_a_first_copy_of_unknown_size_says_how_many_are_there(language):
    notice = _notice(IdleView(status=status()))

    assert (notice.share, "350" in notice.note) == (None, True)


def test_a_copy_that_is_not_the_servers_is_never_silent(language):
    notice = _notice(IdleView(status=status(complete=True, differing=True)))

    assert notice.title.startswith({"pt_BR": "Os membros aqui", "en": "The members here"}[language])
    assert _notice(IdleView(status=status(complete=True))) is None
