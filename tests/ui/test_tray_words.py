"""What the tray says when something needs a person: words, never codes, and at most two ways."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from loyalty_desk.desk.sync_status import Noticed, SyncStatus
from loyalty_desk.store.shelf import Notice
from loyalty_desk.ui.pending.conditions import MANY_RECORDS, REPAIR_IS_NEWS_MS, conditions
from loyalty_desk.ui.pending.presenter import tray_state
from loyalty_desk.ui.pending.state import MOST_ACTIONS
from loyalty_desk.ui.shell.frame import Line, pill, shell_state, strip
from loyalty_desk.ui.shell.presenter import Badge
from sync import i18n
from sync.programme.refusals import Reason
from tests.desk import club

NOW = club.MORNING
HOUR = club.HOUR
FINE = SyncStatus(waiting=0, queued=(), notices=(), copy_of=NOW, members=8, complete=True)
ONLINE = Line(connected=True, known=True)
OFFLINE = Line(connected=False, known=True)

STATES = {
    "revoked": (FINE, replace(OFFLINE, revoked=True)),
    "copied": (replace(FINE, leaving="copied"), ONLINE),
    "rolled_back": (replace(FINE, leaving="rolled_back"), ONLINE),
    "forked": (replace(FINE, leaving="forked"), OFFLINE),
    "unknown": (replace(FINE, leaving="unknown"), ONLINE),
    "stuck": (replace(FINE, stuck=3), ONLINE),
    "desk_outdated": (FINE, replace(OFFLINE, outdated="desk")),
    "server_outdated": (FINE, replace(OFFLINE, outdated="server")),
    "clock": (FINE, replace(ONLINE, clock_off_minutes=7)),
    "disk": (replace(FINE, disk_is_low=True), ONLINE),
    "many": (replace(FINE, waiting=MANY_RECORDS + 1), OFFLINE),
    "hurt": (replace(FINE, hurt=2, made_anew=NOW), ONLINE),
    "made_anew": (replace(FINE, made_anew=NOW - HOUR), ONLINE),
    "recovering": (FINE, replace(ONLINE, recovering=True)),
    "leases_end": (replace(FINE, lease_ends=NOW + 2 * HOUR), OFFLINE),
    "leases_over": (replace(FINE, lease_ends=NOW - HOUR), OFFLINE),
}


@pytest.fixture(params=["pt_BR", "en"])
def language(request):
    before = i18n.language()
    i18n.speak(request.param)
    yield request.param
    i18n.speak(before)


@pytest.fixture
def english():
    before = i18n.language()
    i18n.speak("en")
    yield
    i18n.speak(before)


def local(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def tray(status, line=ONLINE, *, turned=0):
    return tray_state(
        status, club.DOCUMENT, local, line=line, sending=False, retry_in=18, now=NOW, turned=turned
    )


def notice(code, status="needs_review", seq=4, **facts):
    told = Notice(seq, "a" * 32, club.MARINA, NOW, status, code, facts)
    return Noticed(told, "Marina Alves", None)


@pytest.mark.parametrize("name", list(STATES))
def test_each_state_of_the_till_is_one_plain_thing_to_see_to(name, language):
    status, line = STATES[name]
    (told,) = conditions(status, line, now=NOW)
    shown = tray(status, line).needs

    assert (told.title, told.text) == (shown.title, shown.text)
    assert told.title
    assert told.text.endswith(".")
    assert not any(reason.value in told.text for reason in Reason if "_" in reason.value)
    assert len(shown.actions) <= MOST_ACTIONS


def test_no_two_states_say_the_same(language):
    told = [conditions(*state, now=NOW)[0] for state in STATES.values()]

    assert len({one.title + one.text for one in told}) == len(told)


def test_all_is_well_until_something_is_wrong():
    assert conditions(FINE, ONLINE, now=NOW) == ()
    assert conditions(replace(FINE, waiting=9), OFFLINE, now=NOW) == ()
    assert conditions(replace(FINE, waiting=900), ONLINE, now=NOW) == ()
    assert conditions(replace(FINE, lease_ends=NOW + 30 * HOUR), OFFLINE, now=NOW) == ()
    assert conditions(replace(FINE, lease_ends=NOW - HOUR), ONLINE, now=NOW) == ()
    assert tray(FINE).needs is None


def test_several_things_are_shown_one_after_another(english):
    status = replace(FINE, disk_is_low=True, notices=(notice("server_fault"), notice("x", seq=5)))
    shown = [tray(status, turned=turned).needs for turned in range(3)]

    assert [one.title for one in shown] == [
        "The disk is nearly full",
        "2 need you",
        "The disk is nearly full",
    ]
    assert [action.label for action in shown[0].actions] == ["Next · 1 of 2"]
    assert [action.label for action in shown[1].actions] == ["See detail", "Archive"]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("code_already_used", "The voucher had been used at another till"),
        ("not_enough_points", "The points were not there any more"),
        ("lease_lapsed", "The points were not there any more"),
    ],
)
def test_a_loss_says_what_was_handed_over_and_who_bears_it(code, why, english):
    status = replace(FINE, notices=(notice(code, "accepted_as_loss", loss=50),))

    assert tray(status).needs.text == (
        f"Reward, Marina Alves: handed over. {why}: 50 points are the shop's loss."
    )


def test_a_word_from_a_newer_server_is_still_a_sentence(english):
    text = tray(replace(FINE, notices=(notice("of_next_year"),))).needs.text

    assert text == "The server wants a person to look at this record of Marina Alves."


def test_the_strip_says_until_when_rewards_can_be_given(english):
    line = replace(OFFLINE, offline_since=local(NOW - HOUR), now=local(NOW), copy_of=local(NOW))

    assert strip(line).side.startswith("Members as of")
    assert strip(replace(line, lease_ends=local(NOW + HOUR))).side.startswith(
        "The offline limit ends at"
    )
    assert strip(replace(line, lease_ends=local(NOW - 1))).side == ("Rewards need connection again")


def test_what_is_wrong_with_the_till_counts_as_something_that_needs_somebody(english):
    assert pill(replace(ONLINE, troubles=1, needs=1)).text == "2 need you"


@pytest.mark.parametrize(
    ("line", "badge"),
    [
        (replace(OFFLINE, waiting=7, needs=1), Badge("pending", "7", "warn")),
        (replace(ONLINE, waiting=84, needs=1), Badge("pending", "1", "bad")),
        (replace(OFFLINE, troubles=2), Badge("pending", "2", "bad")),
    ],
)
def test_the_rail_counts_what_waits_while_cut_off_and_else_what_needs_somebody(line, badge):
    shell = shell_state(programme="", place_line="", screen="visit", line=line, session=None)

    assert shell.badges == (badge,)


def test_a_repair_is_news_for_a_week(english):
    week_old = replace(FINE, made_anew=NOW - REPAIR_IS_NEWS_MS)

    assert [one.event for one in conditions(FINE, ONLINE, now=NOW)] == []
    assert conditions(week_old, ONLINE, now=NOW) == ()
    assert len(conditions(replace(week_old, made_anew=NOW - HOUR), ONLINE, now=NOW)) == 1


def test_a_server_that_recovers_is_no_matter_for_a_till_that_is_cut_off(english):
    assert conditions(FINE, replace(OFFLINE, recovering=True), now=NOW) == ()
