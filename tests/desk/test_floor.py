"""Cut off and lent nothing: small rewards on the shop's risk, few a day, a lead beyond them."""

from dataclasses import replace

import pytest

from loyalty_desk.desk import appraise, identify
from loyalty_desk.desk.visit import Draft
from sync.programme.document import Limits
from sync.programme.refusals import Reason
from sync.protocol import events
from tests.desk import club
from tests.desk.refusals import refuses

RULES = replace(
    club.DOCUMENT,
    limits=Limits(floor_points=200, floor_lead_points=400, floor_times_day=2),
)


@pytest.fixture
def cut_off(till):
    till.publish(RULES)
    return till


def wants(till, reward, member=club.MARINA, **more):
    return Draft(member=till.scan(club.card_code(member)), reward=reward, **more)


def last_event(till):
    head = till.store.ledger.head().seq
    return events.decode(till.store.ledger.outgoing(head - 1, 1).bodies[-1])


def test_a_shop_that_never_said_so_takes_no_risk(till):
    marina = till.scan(club.card_code(club.MARINA))

    assert (marina.usable_here, marina.with_lead) == (0, 0)
    with refuses(Reason.NEEDS_CONNECTION, till):
        till.conclude(wants(till, club.COFFEE))


def test_the_one_number_is_what_may_be_handed_over_alone(cut_off):
    marina = cut_off.scan(club.card_code(club.MARINA))
    caio = cut_off.scan(club.card_code(club.CAIO))

    assert (marina.usable_here, marina.with_lead) == (200, 400)
    assert (caio.usable_here, caio.with_lead) == (90, 90)


def test_a_lease_that_is_larger_is_the_number(cut_off):
    cut_off.lend(club.MARINA, 600)

    marina = cut_off.scan(club.card_code(club.MARINA))
    assert (marina.usable_here, marina.with_lead) == (600, 600)


def test_what_is_handed_over_so_says_so(cut_off):
    done = cut_off.conclude(wants(cut_off, club.COFFEE))
    event = last_event(cut_off)

    assert done.new_points == 2_480 - 180
    assert (event.floor, event.lease, event.voucher, event.lead) == (True, "", "", 0)


def test_points_that_are_lent_are_spent_first(cut_off):
    cut_off.lend(club.MARINA, 180)
    cut_off.conclude(wants(cut_off, club.COFFEE))

    assert not last_event(cut_off).floor


def test_only_so_many_a_day_without_a_lead(cut_off):
    for _time in range(2):
        cut_off.conclude(wants(cut_off, club.COFFEE))

    assert cut_off.scan(club.card_code(club.MARINA)).usable_here == 0
    with refuses(Reason.NEEDS_LEAD, cut_off, limit=0):
        cut_off.conclude(wants(cut_off, club.COFFEE))
    cut_off.conclude(wants(cut_off, club.COFFEE, lead=club.BIANCA))

    cut_off.clock.passes(club.DAY)
    assert cut_off.scan(club.card_code(club.MARINA)).usable_here == 200


def test_the_count_of_the_day_survives_a_restart(cut_off):
    for _time in range(2):
        cut_off.conclude(wants(cut_off, club.COFFEE))
    cut_off.reopen()

    with refuses(Reason.NEEDS_LEAD, cut_off, limit=0):
        cut_off.conclude(wants(cut_off, club.COFFEE))


def test_above_the_limit_a_lead_approves_and_above_that_nobody(cut_off):
    with refuses(Reason.NEEDS_LEAD, cut_off, limit=200):
        cut_off.conclude(wants(cut_off, club.BROWNIE))
    cut_off.conclude(wants(cut_off, club.BROWNIE, lead=club.BIANCA))

    assert (last_event(cut_off).floor, last_event(cut_off).proof) == (True, "lead")
    with refuses(Reason.NEEDS_CONNECTION, cut_off):
        cut_off.conclude(wants(cut_off, club.ECOBAG, lead=club.BIANCA))


def test_points_that_another_till_holds_need_a_lead(cut_off):
    marina = club.a_member(
        club.MARINA, "Marina Alves", points=2_480, leased=2_480, phone="11982144417"
    )
    cut_off.pull(members=(marina,))
    opened = cut_off.scan(club.card_code(club.MARINA))

    assert (opened.usable_here, opened.with_lead, opened.free) == (0, 400, 0)
    with refuses(Reason.NEEDS_LEAD, cut_off, limit=0):
        cut_off.conclude(wants(cut_off, club.COFFEE))


def test_the_new_balance_is_the_one_that_is_shown_afterwards(cut_off):
    """What is handed over beyond what is free is the shop's: what tills hold stays."""
    marina = club.a_member(club.MARINA, "Marina Alves", points=300, leased=280, phone="11982144417")
    cut_off.pull(members=(marina,))

    done = cut_off.conclude(wants(cut_off, club.COFFEE, lead=club.BIANCA))

    assert done.new_points == 280 == cut_off.scan(club.card_code(club.MARINA)).points


def test_whoever_was_only_looked_up_gets_nothing(cut_off):
    marina = identify.by_member(cut_off.counter, club.MARINA)

    with refuses(Reason.NEEDS_FRESH_CODE, cut_off):
        cut_off.conclude(Draft(member=marina, reward=club.COFFEE))


def test_with_a_line_the_limit_counts_only_once_the_server_did_not_answer(cut_off):
    cut_off.counter.connected = True

    with refuses(Reason.LEASE_TOO_SMALL, cut_off):
        cut_off.conclude(wants(cut_off, club.COFFEE))
    cut_off.conclude(wants(cut_off, club.COFFEE, cut_off=True))
    present = cut_off.scan(club.phone_code(club.MARINA))
    with refuses(Reason.FLOOR_LIMIT_REACHED, cut_off, left=400):
        cut_off.conclude(Draft(member=present, reward=club.ECOBAG, cut_off=True))


def test_the_desk_says_beforehand_that_a_lead_has_to_approve(cut_off):
    seen = appraise.appraise(cut_off.counter, wants(cut_off, club.BROWNIE))

    assert seen.offer(club.BROWNIE).refusal is None
    assert seen.unproven.reason is Reason.NEEDS_LEAD
    assert seen.offer(club.ECOBAG).refusal.reason is Reason.NEEDS_CONNECTION
