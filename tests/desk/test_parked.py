"""Visits on hold: what was entered waits on the disk, whatever happens to the program."""

import pytest

from loyalty_desk.desk import identify, parked, receipts
from loyalty_desk.desk.visit import Draft
from sync.programme.refusals import Reason
from tests.desk import club
from tests.desk.refusals import refuses


def a_draft(till, code="", **facts):
    return Draft(member=till.scan(code or club.card_code(club.MARINA)), **facts)


def test_everything_entered_survives_a_restart(till):
    receipt = receipts.from_xml(till.counter, club.a_receipt_xml())
    draft = a_draft(
        till,
        amount_centavos=8_640,
        amount_confirmed=True,
        receipt=receipt,
        reward=club.COFFEE,
        quantity=2,
        benefits=(club.CAKE,),
    )
    parked.park(till.counter, draft, staff=club.JOANA, visit="ab" * 16)
    till.reopen()

    assert parked.waiting(till.counter) == (("ab" * 16, "Marina Alves"),)
    assert parked.take(till.counter, "ab" * 16) == draft
    assert parked.waiting(till.counter) == ()


def test_a_visit_from_hold_shows_the_balance_of_now(till):
    parked.park(till.counter, a_draft(till, amount_centavos=100), staff=1, visit="ab" * 16)
    marina = till.counter.members.by_id(club.MARINA).row
    till.pull(members=(club._with(marina, {"points": 3_000, "version": 2}),))

    assert parked.take(till.counter, "ab" * 16).member.points == 3_000


def test_a_fresh_code_and_a_leads_word_are_for_now_and_not_for_later(till):
    fresh = a_draft(till, club.phone_code(club.MARINA), amount_centavos=100, lead=club.BIANCA)
    parked.park(till.counter, fresh, staff=club.JOANA, visit="ab" * 16)

    taken = parked.take(till.counter, "ab" * 16)

    assert (taken.member.proof, taken.lead) == ("card", 0)


def test_a_card_alone_waits_too(till):
    parked.park(
        till.counter,
        a_draft(till, club.stranger_card_code(), amount_centavos=100),
        staff=1,
        visit="ab" * 16,
    )
    till.reopen()

    taken = parked.take(till.counter, "ab" * 16)

    assert (taken.member.card, taken.amount_centavos) == (f"{club.STRANGER_CARD:016x}", 100)


def test_a_visit_waits_half_an_hour(till):
    parked.park(till.counter, a_draft(till, amount_centavos=100), staff=1, visit="ab" * 16)
    till.clock.passes(30 * club.MINUTE)
    assert len(parked.waiting(till.counter)) == 1
    till.clock.passes(club.SECOND)

    assert parked.waiting(till.counter) == ()
    assert parked.take(till.counter, "ab" * 16) is None


@pytest.fixture
def five(till):
    """Five visits on hold, a second after each other."""
    visits = [f"{n:032x}" for n in range(5)]
    for visit in visits:
        hold(till, visit)
        till.clock.passes(club.SECOND)
    return visits


def hold(till, visit, **facts):
    parked.park(till.counter, a_draft(till, amount_centavos=100), staff=1, visit=visit, **facts)


def on_hold(till):
    return [visit for visit, _name in parked.waiting(till.counter)]


def test_a_sixth_visit_is_refused_and_the_five_stay(till, five):
    with refuses(Reason.ON_HOLD_FULL, till, limit=5):
        hold(till, "ab" * 16)
    assert on_hold(till) == five


def test_one_of_the_five_may_be_put_on_hold_once_more(till, five):
    hold(till, five[0])

    assert sorted(on_hold(till)) == five


def test_a_visit_that_waited_too_long_counts_no_more(till, five):
    till.clock.passes(30 * club.MINUTE - 5 * club.SECOND + 1)
    hold(till, "ab" * 16)

    assert on_hold(till) == [*five[1:], "ab" * 16]


def test_a_till_that_is_locked_keeps_what_was_entered_whatever_waits(till, five):
    hold(till, "ab" * 16, whatever_waits=True)

    assert on_hold(till) == [*five, "ab" * 16]


def test_a_visit_is_taken_once(till):
    parked.park(till.counter, a_draft(till, amount_centavos=100), staff=1, visit="ab" * 16)

    assert parked.take(till.counter, "ab" * 16) is not None
    assert parked.take(till.counter, "ab" * 16) is None


def test_a_visit_whose_member_was_merged_meanwhile_says_so_and_stays(till):
    parked.park(till.counter, a_draft(till, amount_centavos=100), staff=1, visit="ab" * 16)
    marina = till.counter.members.by_id(club.MARINA).row
    till.pull(members=(club._with(marina, {"status": identify.MERGED}),))

    with refuses(Reason.MEMBER_MERGED, till):
        parked.take(till.counter, "ab" * 16)
    assert len(parked.waiting(till.counter)) == 1
