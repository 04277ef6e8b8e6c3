"""Units of counted rewards are lent like points: two tills never hand over more than there is."""

import pytest
from sqlalchemy import select

from sync.programme.refusals import Reason
from sync.protocol.messages import LeaseClosing, LeaseRequest
from sync.server.office import leases
from sync.server.office.losses import declare_lost
from sync.server.office.reservations import reserve
from sync.server.office.stock import count_stock, stock_rows
from sync.server.office.units import share_out
from sync.server.store.tables import stock
from tests.refusals import refusal
from tests.server.shop import DAY, MINUTE, NOON, enrolled_till

CAKE = 1


@pytest.fixture
def counted(office, till):
    """Three cakes in the shop of two tills."""
    with office.database.write() as connection:
        count_stock(connection, 1, {CAKE: 3})
    return till, enrolled_till(office, seed=2, name="Caixa 2")


def lend(till, units, *, id=None, now=NOON, closes=(), last_seq=0):
    request = LeaseRequest(
        id=id or till.new_id(),
        member=0,
        points=units,
        reward=CAKE,
        closes=closes,
        last_seq=last_seq,
    )
    return leases.grant(till.office, till.caller, request, now=now)


def free(office):
    with office.database.read() as connection:
        return {row.reward: row.left for row in stock_rows(connection, 1)}[CAKE]


def left(office):
    with office.database.read() as connection:
        return connection.scalar(select(stock.c.units_left))


def test_units_that_are_lent_are_not_free_but_still_there(office, counted):
    lease = lend(counted[0], 2)

    assert (lease.reward, lease.amount, lease.member) == (CAKE, 2, 0)
    assert (free(office), left(office)) == (1, 3)


def test_the_same_request_is_the_same_lease_and_no_other_tills(office, counted):
    one, other = counted
    name = one.new_id()

    assert lend(one, 2, id=name) == lend(one, 2, id=name)
    assert free(office) == 1
    assert refusal(lend, other, 1, id=name)[0] is Reason.LEASE_UNKNOWN


def test_a_till_that_holds_units_reads_them_with_its_leases(office, counted):
    lease = lend(counted[0], 2)
    page = counted[0].pull()

    assert [(row.id, row.reward, row.amount) for row in page.leases] == [(lease.id, CAKE, 2)]
    assert [(row.reward, row.left) for row in page.stock] == [(CAKE, 1)]


def test_what_is_handed_over_comes_out_of_the_lease_and_the_stock(office, counted):
    till, member = counted[0], counted[0].member()
    lease = lend(till, 2)
    till.redemption(member, 0, reward=CAKE, units=lease.id, quantity=1)
    till.push()

    assert (free(office), left(office)) == (1, 2)
    assert counted[0].pull().leases[0].spent == 1


def test_no_more_is_lent_than_there_is(office, counted):
    one, other = counted
    lend(one, 2)
    one_hour = NOON + 60 * MINUTE  # the first till has not been heard for an hour

    assert refusal(lend, other, 2, now=one_hour)[0] is Reason.REWARD_OUT_OF_STOCK
    assert lend(other, 1, now=one_hour).amount == 1
    assert free(office) == 0


def test_units_at_a_till_within_reach_are_asked_back(office, counted):
    one, other = counted
    lease = lend(one, 3)
    one.pull()

    assert refusal(lend, other, 1) == (Reason.UNITS_RECALLED, {"till": "Caixa"})
    assert one.pull().leases[0].recalled
    leases.close(office, one.caller, LeaseClosing(leases=(lease.id,), last_seq=0), now=NOON)
    assert lend(other, 1).amount == 1


def test_no_more_tills_are_asked_than_it_takes(office, counted):
    one, other = counted
    lend(one, 2)
    lend(other, 1)
    for till in counted:
        till.pull()
    third = enrolled_till(office, seed=3, name="Caixa 3")

    assert refusal(lend, third, 2) == (Reason.UNITS_RECALLED, {"till": "Caixa"})
    assert one.pull().leases[0].recalled
    assert not other.pull().leases[0].recalled


def test_units_are_free_again_once_the_till_has_told_everything(office, counted):
    till, member = counted[0], counted[0].member()
    lease = lend(till, 2)
    till.redemption(member, 0, reward=CAKE, units=lease.id, quantity=1)
    closing = LeaseClosing(leases=(lease.id,), last_seq=till.seq)

    assert refusal(leases.close, office, till.caller, closing, now=NOON)[0] is Reason.CHAIN_GAP
    till.push()
    leases.close(office, till.caller, closing, now=NOON)
    assert (free(office), left(office)) == (2, 2)


def test_own_units_may_be_offered_for_a_larger_lease(office, counted):
    till = counted[0]
    small = lend(till, 1)

    assert lend(till, 3, closes=(small.id,)).amount == 3
    assert free(office) == 0


def test_whose_points_are_given_back_for_units_is_told_to_every_till(office, counted):
    till, other = counted
    member = till.member()
    points = till.lend(member, 50)
    cursor = other.pull().cursor

    lend(till, 1, closes=(points.id,), last_seq=till.seq)

    assert [(row.id, row.leased) for row in other.pull(cursor).members] == [(member, 0)]


def test_time_frees_no_unit(office, counted):
    lend(counted[0], 3)

    late = NOON + 30 * DAY
    assert refusal(lend, counted[1], 1, now=late)[0] is Reason.REWARD_OUT_OF_STOCK


def test_a_lost_tills_units_are_the_shops_again(office, counted):
    lend(counted[0], 3)
    declare_lost(office, counted[0].caller.terminal, staff=0, now=NOON, grace_days=0)

    assert free(office) == 3


def test_a_member_reserves_only_what_no_till_holds(office, counted):
    member = counted[0].member()
    counted[0].accrual(member, 50_000)
    counted[0].push()
    lend(counted[1], 3)

    reason, _facts = refusal(reserve, office, member, reward=CAKE, store=1, now=NOON)
    assert reason is Reason.REWARD_OUT_OF_STOCK


def test_each_till_is_lent_its_share_beforehand_and_one_share_stays(office, counted):
    assert [share_out(office, till.caller, now=NOON) for till in counted] == [1, 1]
    assert free(office) == 1
    assert [share_out(office, till.caller, now=NOON) for till in counted] == [0, 0]


def test_what_nobody_counts_is_lent_to_nobody(office, till):
    assert share_out(office, till.caller, now=NOON) == 0
    assert refusal(lend, till, 1)[0] is Reason.REWARD_OUT_OF_STOCK


@pytest.mark.parametrize("units", [0, -1, 1 << 31])
def test_a_request_for_no_units_is_refused(counted, units):
    assert refusal(lend, counted[0], units)[0] is Reason.BATCH_UNREADABLE
