"""Who works at the till: PIN, badge, locks, and a lead's word."""

import pytest

from loyalty_desk.desk import session, shift
from sync.programme.refusals import Reason, Refused
from sync.programme.scan_router import route
from tests.desk import club
from tests.desk.refusals import refuses


def test_the_right_pin_signs_in_and_opens_a_shift(till):
    who = session.by_pin(till.counter, club.JOANA, club.JOANAS_PIN)

    assert (who.name, who.role, who.since) == ("Joana Prado", "cashier", club.MORNING)


def test_a_shift_goes_on_where_it_was(till):
    session.by_pin(till.counter, club.JOANA, club.JOANAS_PIN)
    till.clock.passes(club.HOUR)

    assert session.by_pin(till.counter, club.JOANA, club.JOANAS_PIN).since == club.MORNING


def test_cashiers_stand_first_on_the_list(till):
    assert [one.name for one in session.people(till.counter)] == [
        "Joana Prado",
        "Bianca Torres",
        "Davi Lemos",
    ]


def test_a_wrong_pin_says_how_many_tries_are_left(till):
    for left in (4, 3):
        with refuses(Reason.PIN_WRONG, left=left):
            session.by_pin(till.counter, club.JOANA, "000000")


def test_five_wrong_pins_lock_for_a_minute_even_for_the_right_one(till):
    for _try in range(5):
        with pytest.raises(Refused):
            session.by_pin(till.counter, club.JOANA, "000000")

    with refuses(Reason.PIN_LOCKED, seconds=60):
        session.by_pin(till.counter, club.JOANA, club.JOANAS_PIN)
    till.clock.passes(61 * club.SECOND)
    assert session.by_pin(till.counter, club.JOANA, club.JOANAS_PIN).staff == club.JOANA


def test_pulling_the_plug_gives_no_further_try(till):
    with pytest.raises(Refused):
        session.by_pin(till.counter, club.JOANA, "000000")
    till.reopen()

    with refuses(Reason.PIN_WRONG, left=3):
        session.by_pin(till.counter, club.JOANA, "000000")


def test_a_badge_signs_in_without_a_pin(till):
    assert session.by_badge(till.counter, club.badge_code(club.BIANCA)).name == "Bianca Torres"


def test_the_badge_of_a_stranger_signs_nobody_in(till):
    badge = club.a_code(club.TokenKind.STAFF_BADGE, 0xDEAD)

    with refuses(Reason.STAFF_UNKNOWN):
        session.by_badge(till.counter, badge)


def test_a_members_card_is_no_badge(till):
    with refuses(Reason.CODE_UNKNOWN):
        session.by_badge(till.counter, route(club.card_code(club.MARINA)).digits)


def test_a_leads_pin_or_badge_approves(till):
    badge, joana = club.badge_code(club.BIANCA), club.JOANA
    assert session.lead_by_pin(till.counter, club.BIANCAS_PIN, actor=joana) == club.BIANCA
    assert session.lead_by_badge(till.counter, badge, actor=joana) == club.BIANCA


def test_a_lead_does_not_approve_what_they_do_themselves(till):
    with refuses(Reason.SELF_APPROVAL):
        session.lead_by_pin(till.counter, club.BIANCAS_PIN, actor=club.BIANCA)
    with refuses(Reason.SELF_APPROVAL):
        session.lead_by_badge(till.counter, club.badge_code(club.BIANCA), actor=club.BIANCA)


def test_a_cashiers_pin_or_badge_approves_nothing(till):
    with refuses(Reason.PIN_WRONG, left=4):
        session.lead_by_pin(till.counter, club.JOANAS_PIN, actor=club.JOANA)
    with refuses(Reason.NOT_PERMITTED):
        session.lead_by_badge(till.counter, club.badge_code(club.JOANA), actor=club.BIANCA)


def test_without_a_lead_in_the_shop_nobody_approves(till):
    till.pull(staff=tuple(one for one in club.the_staff() if one.id != club.BIANCA))

    with refuses(Reason.NOT_PERMITTED):
        session.lead_by_pin(till.counter, club.BIANCAS_PIN, actor=club.JOANA)


def test_a_shift_counts_visits_enrolments_and_what_was_undone(till):
    from loyalty_desk.desk import undo

    session.by_pin(till.counter, club.JOANA, club.JOANAS_PIN)
    marina = till.scan(club.card_code(club.MARINA))
    till.credit(marina, 8_640)
    till.credit(marina, 1_000)
    undo.undo_last(till.counter, staff=club.JOANA, window_seconds=15)

    report = shift.report(till.counter, staff=club.JOANA)

    assert (report.counts.visits, report.counts.credited, report.counts.undone) == (1, 129, 1)
    assert (report.goal, report.campaign.id) == (10, "coffee_twice")
    assert shift.report(till.counter, staff=club.BIANCA) is None
