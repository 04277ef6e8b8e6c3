"""Counted rewards: cut off, a till hands over only what was lent to it."""

import pytest

from loyalty_desk.desk import appraise, payment, undo, visit
from loyalty_desk.desk.visit import Draft
from sync.programme.refusals import Reason
from sync.protocol import events
from sync.protocol.messages import StockRow
from tests.desk import club
from tests.desk.refusals import refuses

COFFEE = club.COFFEE


@pytest.fixture
def stocked(bare_till):
    """Four coffees are free in the shop, two are lent to this till; Marina has points here."""
    bare_till.open_shop()
    bare_till.store.ledger.leases.void()
    bare_till.pull(stock=(StockRow(COFFEE, 4),))
    bare_till.lend_units(COFFEE, 2)
    bare_till.lend(club.MARINA, 1_800)
    return bare_till


def wants(till, quantity=1):
    return Draft(member=till.scan(club.card_code(club.MARINA)), reward=COFFEE, quantity=quantity)


def last_event(till):
    head = till.store.ledger.head().seq
    return events.decode(till.store.ledger.outgoing(head - 1, 1).bodies[-1])


def test_what_is_lent_can_be_handed_over_and_no_more(stocked):
    for _time in range(2):
        stocked.conclude(wants(stocked))
        assert last_event(stocked).units

    with refuses(Reason.NEEDS_CONNECTION, stocked):
        stocked.conclude(wants(stocked))


def test_two_at_once_need_both_units(stocked):
    with refuses(Reason.NEEDS_CONNECTION, stocked):
        stocked.conclude(wants(stocked, quantity=3))
    stocked.conclude(wants(stocked, quantity=2))


def test_with_nothing_left_in_the_shop_it_is_out_of_stock(stocked):
    stocked.conclude(wants(stocked, quantity=2))
    stocked.pull(stock=(StockRow(COFFEE, 0),))

    seen = appraise.appraise(stocked.counter, wants(stocked))
    assert seen.offer(COFFEE).refusal.reason is Reason.REWARD_OUT_OF_STOCK


def test_online_the_shops_stock_can_be_asked_for(stocked):
    stocked.conclude(wants(stocked, quantity=2))
    stocked.counter.connected = True

    assert payment.goods(stocked.counter).here[COFFEE] == 4
    assert visit.units_to_lease(stocked.counter, wants(stocked)) == 1
    with refuses(Reason.REWARD_OUT_OF_STOCK, stocked):
        stocked.conclude(wants(stocked))  # nobody asked the server yet
    stocked.lend_units(COFFEE, 1)
    assert visit.units_to_lease(stocked.counter, wants(stocked)) == 0
    stocked.conclude(wants(stocked))


def test_a_reward_that_nobody_counts_needs_no_units(stocked):
    stocked.conclude(Draft(member=stocked.scan(club.card_code(club.MARINA)), reward=club.BROWNIE))

    assert last_event(stocked).units == ""


def test_an_undo_gives_no_unit_back_to_the_lease(stocked):
    stocked.conclude(wants(stocked, quantity=2))
    undo.undo_last(stocked.counter, staff=club.JOANA, window_seconds=15)

    with refuses(Reason.NEEDS_CONNECTION, stocked):
        stocked.conclude(wants(stocked))


def test_units_whose_time_is_over_are_not_handed_over(stocked):
    stocked.clock.passes(73 * club.HOUR)

    assert payment.goods(stocked.counter).here[COFFEE] == 0


def test_units_survive_a_restart_and_a_pull_that_names_them(stocked):
    stocked.conclude(wants(stocked))
    stocked.reopen()

    assert payment.goods(stocked.counter).here[COFFEE] == 1


def test_a_lease_of_units_is_no_lease_of_points(stocked):
    assert stocked.store.ledger.leases.of(0) == ()
    assert all(row.member for row in stocked.store.ledger.leases.held())
