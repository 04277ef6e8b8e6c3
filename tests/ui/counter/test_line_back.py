"""The line goes and comes back: what became of what waited, and how old the members are."""

import pytest

from tests.desk import club


@pytest.fixture
def offline(desk):
    """Two visits wait for the line."""
    desk.line(True)
    desk.line(False)
    for member in (club.MARINA, club.CAIO):
        desk.open(member)
        desk.type_amount(1_000)
        desk.press(10)
    return desk


def passes(desk, ms):
    desk.till.clock.passes(ms)
    desk.presenter.tick()


def test_when_the_line_is_back_the_strip_says_for_five_seconds_how_many_records_were_sent(offline):
    offline.till.hear()
    offline.line(True)
    strip = offline.shell.strip
    assert (strip.text, strip.tone) == ("Back online. 2 records sent.", "ok")
    offline.line(True)
    passes(offline, 4 * club.SECOND)
    assert offline.shell.strip == strip
    passes(offline, club.SECOND)

    assert offline.shell.strip is None


def test_when_nothing_waited_the_strip_counts_nothing(desk):
    desk.line(True)
    desk.line(False)
    desk.line(True)

    assert desk.shell.strip.text == "Back online."


def test_a_line_that_goes_again_at_once_is_offline_again(offline):
    offline.line(True)
    offline.line(False)

    assert offline.shell.strip.text.startswith("Offline since 09:41.")


def test_the_first_line_of_the_day_is_no_news(desk):
    desk.line(True)

    assert desk.shell.strip is None


def test_members_older_than_a_day_are_said_to_be_perhaps_wrong(desk):
    desk.line(True)
    desk.line(False)
    passes(desk, 24 * club.HOUR)
    assert desk.shell.strip.side == "Members as of yesterday, 09:41"
    passes(desk, club.SECOND)

    strip = desk.shell.strip
    assert strip.side == "Copy from yesterday, 09:41: may have changed"
    assert strip.text.startswith("Offline since yesterday, 09:41.")


def test_what_is_older_than_yesterday_has_its_date(desk):
    desk.line(True)
    desk.line(False)
    passes(desk, 48 * club.HOUR)

    assert desk.shell.strip.side == "Copy from 21 Nov 2026, 09:41: may have changed"


def test_a_restored_server_is_told_in_the_tray_until_it_lends_again(desk):
    desk.line(connected=True, recovering=True)
    assert desk.shell.pill.text == "1 needs you"
    desk.press(11)
    assert desk.page.tray.needs.title == "The server was restored"

    desk.line(connected=True)
    assert desk.page.tray.needs is None
    assert desk.shell.pill.text == "Up to date"
