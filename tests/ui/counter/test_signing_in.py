"""Who is at the till: PIN, lock, change of operator, and what stays behind."""

import pytest

from tests.desk import club


def test_the_list_shows_who_may_sign_in(closed_desk):
    assert [one.name for one in closed_desk.page.people] == [
        "Joana Prado",
        "Bianca Torres",
        "Davi Lemos",
    ]


def test_the_right_pin_opens_the_idle_desk(closed_desk):
    flow = closed_desk.presenter.sign_in
    flow.choose(str(club.JOANA))
    flow.pin(club.JOANAS_PIN)

    assert closed_desk.name == "identify"
    assert closed_desk.shell.operator.name == "Joana Prado"


def test_a_wrong_pin_empties_the_field_and_says_how_many_tries_are_left(closed_desk):
    flow = closed_desk.presenter.sign_in
    flow.choose(str(club.JOANA))
    before = closed_desk.page.pin.attempt
    flow.pin("000000")

    assert closed_desk.name == "sign_in"
    assert closed_desk.page.pin.problem == "Wrong PIN. 4 tries left."
    assert closed_desk.page.pin.attempt == before + 1
    assert not closed_desk.page.pin.busy


def test_a_locked_pin_says_for_how_long(closed_desk):
    flow = closed_desk.presenter.sign_in
    flow.choose(str(club.JOANA))
    for _try in range(5):
        flow.pin("000000")

    assert closed_desk.page.pin.locked
    assert closed_desk.page.pin.problem == ("Too many wrong PINs. Wait 60 s or scan your badge.")


def test_a_pin_that_only_a_manager_can_free_names_no_seconds(closed_desk, till):
    flow = closed_desk.presenter.sign_in
    flow.choose(str(club.JOANA))
    for _try in range(10):
        flow.pin("000000")
        till.clock.passes(club.HOUR)
    flow.pin(club.JOANAS_PIN)

    assert closed_desk.page.pin.problem == "Scan your badge, or ask the manager for a new PIN."


def test_a_pin_entered_twice_is_one_try(closed_desk):
    flow = closed_desk.presenter.sign_in
    flow.choose(str(club.JOANA))
    closed_desk.store.held = True
    flow.pin("000000")
    flow.pin("000000")
    flow.choose(str(club.BIANCA))
    closed_desk.store.go_on()

    assert closed_desk.page.pin.problem == "Wrong PIN. 4 tries left."
    assert closed_desk.page.chosen == str(club.JOANA)


def test_a_fault_while_a_pin_is_checked_surfaces_and_the_keypad_is_free_again(
    closed_desk, monkeypatch
):
    def broken(*_given, **_named):
        raise OSError("gone")

    flow = closed_desk.presenter.sign_in
    flow.choose(str(club.JOANA))
    monkeypatch.setattr(closed_desk.till.store.ledger.staff, "check_pin", broken)

    with pytest.raises(OSError, match="gone"):
        flow.pin(club.JOANAS_PIN)
    assert not closed_desk.page.pin.busy
    monkeypatch.undo()
    flow.pin(club.JOANAS_PIN)
    assert closed_desk.name == "identify"


def test_a_forgotten_pin_and_f1_say_what_to_do(closed_desk):
    closed_desk.presenter.sign_in.forgot()
    said = closed_desk.page.pin.problem
    assert said == "Scan your badge, or ask the manager for a new PIN."
    closed_desk.presenter.sign_in.choose(str(club.JOANA))
    closed_desk.press(1)

    assert closed_desk.page.pin.problem == said


def test_an_unfinished_visit_waits_for_the_next_person_and_the_lock_screen_says_so(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.press(12)

    assert desk.name == "sign_in"
    assert desk.page.on_hold.title == "1 visit on hold"
    assert desk.page.on_hold.note == "Marina · goes on here after the change"
    assert desk.chips == []  # a locked till opens none
    desk.sign_in(club.BIANCA)
    assert (desk.name, desk.chips) == ("identify", ["On hold: Marina"])


def test_a_visit_on_hold_cannot_be_opened_from_a_locked_till(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.press(12)
    (held,) = desk.till.store.ledger.parked.all()
    desk.presenter.unpark(held.id)
    desk.presenter.unpark_next(1)

    assert (desk.name, desk.presenter.visit.view) == ("sign_in", None)


def test_nothing_else_acts_on_a_locked_till(desk):
    desk.press(12)
    rounds, shown = desk.rounds, desk.screens[-1].name
    for act in (
        desk.presenter.tray,
        desk.presenter.undo,
        desk.presenter.conclude,
        desk.presenter.escape,
        desk.presenter.open_enrolment,
        desk.presenter.lock,
        desk.presenter.papers.card,
        lambda: desk.presenter.search_submitted("marina"),
        lambda: desk.presenter.open_member(club.MARINA),
    ):
        act()

    assert (desk.name, shown, desk.rounds) == ("sign_in", "sign_in", rounds)
    assert desk.presenter.visit.view is None


def test_an_empty_visit_is_closed_by_the_lock(desk):
    desk.open(club.MARINA)
    desk.press(12)
    desk.sign_in()

    assert (desk.name, desk.chips) == ("identify", [])


def test_a_form_stays_as_it_is_behind_the_lock(desk):
    desk.press(3)
    desk.fill_form()
    desk.press(12)
    assert desk.name == "sign_in"
    desk.sign_in()

    assert desk.name == "enrol"
    assert (desk.page.name.text, desk.page.phone.text) == ("Íris Faria", "(11) 97777-6666")


def test_what_was_searched_and_said_is_not_there_for_the_next_person(desk):
    desk.presenter.idle.query("marina")
    desk.presenter.idle.say("anything")
    desk.press(12)
    desk.sign_in(club.BIANCA)

    assert (desk.page.query, desk.page.search, desk.notice) == ("", None, "")


def test_the_lock_comes_at_once_even_while_the_visit_is_being_put_on_hold(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.store.held = True
    desk.press(12)
    assert desk.name == "sign_in"
    desk.store.go_on()

    assert desk.name == "sign_in"
    desk.sign_in()
    assert desk.chips == ["On hold: Marina"]


def test_a_visit_that_a_full_disk_cannot_hold_is_still_open_behind_the_lock(desk, monkeypatch):
    from sync.programme.refusals import Reason, Refused

    def full(_parked):
        raise Refused(Reason.DISK_FULL)

    desk.open(club.MARINA)
    desk.type_amount(8_640)
    monkeypatch.setattr(desk.till.store.ledger.parked, "keep", full)
    desk.press(12)
    assert desk.name == "sign_in"
    desk.sign_in()

    assert (desk.name, desk.page.amount.centavos) == ("visit", 8_640)


def test_visits_on_hold_are_there_after_a_restart(desk, till):
    from tests.ui.counter.counter_desk import CounterDesk

    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.escape()
    till.reopen()
    again = CounterDesk(till)
    again.sign_in()

    assert again.chips == ["On hold: Marina"]
    again.presenter.unpark(again.shell.parked[0].visit)
    assert again.page.amount.centavos == 8_640


def test_a_till_that_was_never_in_touch_says_what_it_waits_for(tmp_path):
    from tests.desk.club import Till
    from tests.ui.counter.counter_desk import CounterDesk

    till = Till(tmp_path)
    desk = CounterDesk(till)
    assert desk.page.notice == "The list of people comes with the first connection."
    desk.presenter.preparing("Preparing the demo club: 40%")
    assert desk.page.notice == "Preparing the demo club: 40%"
    till.open_shop()
    desk.line(True)

    assert len(desk.page.people) == 3
    assert desk.shell.place_line == "Pinheiros · Caixa 02"
    till.close()


def test_who_was_dismissed_is_signed_out_with_the_next_news_and_the_visit_waits(desk, till):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    till.pull(staff=tuple(one for one in club.the_staff() if one.id != club.JOANA))
    desk.line(True)

    assert desk.name == "sign_in"
    assert [one.name for one in desk.page.people] == ["Bianca Torres", "Davi Lemos"]
    desk.sign_in(club.BIANCA)
    assert desk.chips == ["On hold: Marina"]
