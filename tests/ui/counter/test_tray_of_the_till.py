"""What a manager asks of the till in the tray: save what was not sent, take the till away."""

import pytest

from loyalty_desk.desk.outbox import export_outbox
from loyalty_desk.desk.parked import KEPT_MS
from loyalty_desk.ui.pending.state import MOST_ACTIONS
from sync.programme.refusals import Reason, Refused
from tests.desk import club


def offered(desk):
    return [offer.name for offer in desk.page.tray.offers]


def told(desk):
    needs = desk.page.tray.needs
    return needs.title, [action.name for action in needs.actions]


def ask(desk, name):
    desk.presenter.settle("till", name)


@pytest.fixture
def boss(closed_desk, till):
    """Joana as the manager, with the tray open and everything sent."""
    till.pull(staff=club.the_staff("manager"))
    closed_desk.sign_in()
    closed_desk.press(11)
    return closed_desk


@pytest.fixture
def left(boss):
    """What the desk has been told to do: once for each time that the till was to go."""
    told = []
    boss.floor.leave = lambda: told.append(True)
    return told


@pytest.fixture
def unsent(boss, till):
    """One purchase waits; its file would lie in the till's own folder."""
    boss.escape()
    boss.open(club.MARINA)
    boss.type_amount(4_200)
    boss.press(10)
    boss.press(11)

    def save():
        file = till.places.exports / "outbox.txt"
        return export_outbox(till.counter.ledger, till.keys.signing_key, file, now=1), file

    boss.floor.save_outbox = save
    return boss


def test_a_cashier_and_a_lead_are_offered_nothing_of_the_till(closed_desk):
    for staff in (club.JOANA, club.BIANCA):
        closed_desk.sign_in(staff)
        closed_desk.press(11)
        assert closed_desk.page.tray.offers == ()
        ask(closed_desk, "leave")
        assert told(closed_desk) == ("Nothing was changed", ["back"])
        ask(closed_desk, "export")
        assert told(closed_desk) == ("Nothing was changed", ["back"])
        closed_desk.escape()
        closed_desk.press(12)


def test_a_manager_may_export_only_when_something_waits(boss, till):
    assert offered(boss) == ["leave"]
    boss.escape()
    boss.open(club.MARINA)
    boss.type_amount(4_200)
    boss.press(10)
    boss.press(11)

    assert offered(boss) == ["export", "leave"]


def test_a_till_with_something_to_send_says_why_it_stays_and_what_helps(unsent):
    ask(unsent, "leave")

    assert told(unsent) == ("Not yet", ["export", "back"])
    assert unsent.page.tray.needs.text.startswith("1 record has not been sent")
    ask(unsent, "back")
    assert unsent.page.tray.needs is None


def test_a_till_that_has_sent_everything_goes_when_that_is_said_twice(boss, left):
    ask(boss, "leave")
    assert told(boss) == ("Remove this till?", ["back", "leave_now"])
    assert left == []

    ask(boss, "leave_now")
    assert left == [True]


def test_whoever_takes_over_the_till_finds_the_tray_closed_and_cannot_take_it_away(boss, left):
    ask(boss, "leave")
    boss.scan(club.badge_code(club.BIANCA))
    assert boss.page.tray is None

    ask(boss, "leave_now")
    boss.press(11)
    assert boss.page.tray.needs is None
    ask(boss, "leave_now")

    assert told(boss) == ("Nothing was changed", ["back"])
    assert left == []


def test_a_yes_is_not_heard_any_more_when_the_tray_was_closed_meanwhile(boss, left):
    ask(boss, "leave")
    boss.store.held = True
    ask(boss, "leave_now")
    allowed = boss.store.late()
    boss.press(11)
    allowed()
    boss.store.go_on()

    assert left == []


def test_a_till_with_a_visit_on_hold_stays_until_that_is_finished(boss, left, till):
    ask(boss, "leave")
    boss.open(club.MARINA)
    boss.type_amount(4_200)
    boss.escape()
    boss.press(11)
    for name in ("leave", "leave_now"):
        ask(boss, name)
        assert told(boss) == ("Nothing was changed", ["back"])
        assert "on hold" in boss.page.tray.needs.text

    till.clock.passes(KEPT_MS + 1)
    ask(boss, "leave")
    ask(boss, "leave_now")
    assert left == [True]


def test_a_till_with_an_open_visit_stays_until_what_was_entered_is_taken_back(boss, left):
    boss.escape()
    boss.open(club.MARINA)
    boss.type_amount(4_200)
    boss.press(11)
    ask(boss, "leave")
    assert boss.page.panel.needs.title == "Nothing was changed"
    ask(boss, "leave_now")
    assert left == []

    boss.type_amount(0)
    ask(boss, "leave")
    assert boss.page.panel.needs.title == "Remove this till?"


def test_saving_says_that_it_goes_on_and_then_where_the_file_is(unsent, till):
    unsent.store.held = True
    ask(unsent, "export")
    assert told(unsent) == ("Saving…", [])

    unsent.store.go_on()
    assert told(unsent) == ("1 record saved", ["back"])
    shown = unsent.page.tray.needs.text.replace("\u200b", "")
    assert str(till.places.exports / "outbox.txt") in shown
    assert (till.places.exports / "outbox.txt").exists()


def test_a_full_disk_is_said_in_words(unsent):
    unsent.store.held = True
    ask(unsent, "export")
    unsent.store.lose(Refused(Reason.DISK_FULL))

    assert told(unsent) == ("Nothing was changed", ["back"])
    assert "disk" in unsent.page.tray.needs.text


def test_an_answer_that_comes_after_the_tray_was_closed_is_not_shown(unsent):
    unsent.store.held = True
    ask(unsent, "export")
    unsent.press(11)
    unsent.store.go_on()
    unsent.press(11)

    assert unsent.page.tray.needs is None


def test_an_answer_never_offers_more_than_two_ways(unsent):
    for name in ("leave", "export"):
        ask(unsent, name)
        assert len(unsent.page.tray.needs.actions) <= MOST_ACTIONS
        assert unsent.page.tray.needs.is_answer
