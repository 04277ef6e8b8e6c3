"""Vouchers and the shop's own risk, as they arrive at the server."""

import pytest
from sqlalchemy import select

from sync.programme.refusals import Reason
from sync.protocol.messages import Hello
from sync.protocol.version import CURRENT
from sync.server.office import reservations
from sync.server.office.hello import greet
from sync.server.office.reservation_rows import open_reservations
from sync.server.office.stock import count_stock
from sync.server.store.states import ReservationState
from sync.server.store.tables import balances, merchant_loss, stock
from sync.server.store.tables import reservations as stored
from tests.server.shop import DAY, HOUR, MINUTE, NOON, enrolled_till

CODE_MS = 10 * MINUTE
MARGIN = 15 * MINUTE


@pytest.fixture
def voucher(office, member):
    """A coffee set aside in the shop, its code on the phone."""
    made = reservations.reserve(office, member, reward=1, store=1, now=NOON)
    reservations.voucher_code(office, member, made.voucher, now=NOON)
    return made.voucher


def sums(office, member):
    with office.database.read() as connection:
        row = connection.execute(
            select(balances.c.points, balances.c.leased, balances.c.debt).where(
                balances.c.member_id == member
            )
        ).one()
        lost = connection.scalars(select(merchant_loss.c.points)).all()
    return row.points, row.leased, row.debt, sum(lost)


def state(office, voucher):
    with office.database.read() as connection:
        return ReservationState(
            connection.scalar(select(stored.c.state).where(stored.c.voucher == voucher))
        )


def hello(office, till, *, now):
    greet(
        office,
        till.caller,
        Hello(protocol=CURRENT, app="t", epoch=1, last_seq=till.seq, head=""),
        now=now,
    )


def test_a_voucher_pays_what_was_set_aside_for_it(office, till, member, voucher):
    assert sums(office, member) == (550, 100, 0, 0)
    till.redemption(member, 100, voucher=voucher.hex())
    answer = till.push()

    assert sums(office, member) == (450, 0, 0, 0)
    assert state(office, voucher) is ReservationState.USED
    assert answer.results == ()


def test_a_voucher_used_at_two_tills_of_its_shop_costs_the_shop_once(office, till, member, voucher):
    other = enrolled_till(office, seed=2, name="Caixa 2")
    till.redemption(member, 100, voucher=voucher.hex())
    other.redemption(member, 100, voucher=voucher.hex())
    till.push()
    answer = other.push()

    assert sums(office, member) == (450, 0, 0, 100)
    assert answer.results[0].status == "accepted_as_loss"
    assert answer.results[0].code == Reason.CODE_ALREADY_USED


def test_a_voucher_that_was_taken_in_time_counts_however_late_it_arrives(
    office, till, member, voucher
):
    till.redemption(member, 100, voucher=voucher.hex())
    late = NOON + 60 * DAY
    assert reservations.release_due(office, now=late) == 0

    till.at = late
    till.push()

    assert sums(office, member) == (450, 0, 0, 0)


def test_it_is_free_only_once_every_till_of_the_shop_has_said_where_its_journal_ends(
    office, till, member, voucher
):
    other = enrolled_till(office, seed=2, name="Caixa 2")
    reservations.cancel(office, member, voucher, now=NOON)
    over = NOON + CODE_MS + 2 * MINUTE
    hello(office, till, now=over + MARGIN)
    assert reservations.release_due(office, now=over + MARGIN) == 0

    hello(office, other, now=over + MARGIN)
    assert reservations.release_due(office, now=over + MARGIN) == 1
    assert state(office, voucher) is ReservationState.FREED


def test_a_word_that_was_long_under_way_frees_nothing(office, till, member, voucher):
    reservations.cancel(office, member, voucher, now=NOON)
    over = NOON + CODE_MS + 2 * MINUTE
    hello(office, till, now=over)

    assert reservations.release_due(office, now=over) == 0


def test_a_till_that_still_has_events_to_send_frees_nothing(office, till, member, voucher):
    reservations.cancel(office, member, voucher, now=NOON)
    till.redemption(member, 100, voucher=voucher.hex())
    hello(office, till, now=NOON + HOUR)
    assert reservations.release_due(office, now=NOON + HOUR) == 0

    till.at = NOON + HOUR
    till.push()
    assert sums(office, member)[0] == 450


def test_a_voucher_whose_points_went_back_is_the_shops_loss(office, till, member, voucher):
    reservations.cancel(office, member, voucher, now=NOON)
    hello(office, till, now=NOON + HOUR)
    assert reservations.release_due(office, now=NOON + HOUR) == 1
    till.redemption(member, 100, voucher=voucher.hex())
    answer = till.push()

    assert sums(office, member)[3] == 100
    assert answer.results[0].code == Reason.CODE_REVOKED


def test_a_voucher_that_nobody_issued_is_the_shops_loss(office, till, member):
    till.redemption(member, 100, voucher="00" * 8)
    answer = till.push()

    assert sums(office, member) == (550, 0, 0, 100)
    assert answer.results[0].code == Reason.CODE_UNKNOWN


def test_a_voucher_that_is_undone_gives_the_points_back_to_the_balance(
    office, till, member, voucher
):
    event = till.redemption(member, 100, voucher=voucher.hex())
    till.void(event.id)
    till.push()

    assert sums(office, member) == (550, 0, 0, 0)
    with office.database.read() as connection:
        assert open_reservations(connection, member) == []


def test_a_voucher_takes_one_unit_of_a_counted_reward(office, till, member):
    with office.database.write() as connection:
        count_stock(connection, 1, {1: 3})
    made = reservations.reserve(office, member, reward=1, store=1, now=NOON)
    till.redemption(member, 100, voucher=made.voucher.hex())
    till.push()

    with office.database.read() as connection:
        assert connection.scalar(select(stock.c.units_left)) == 2


def test_less_than_was_set_aside_leaves_nothing_set_aside(office, till, member, voucher):
    till.redemption(member, 60, voucher=voucher.hex())
    till.push()

    assert sums(office, member) == (490, 0, 0, 0)


def test_on_the_shops_risk_the_member_pays_what_is_free_and_the_shop_the_rest(office, till, member):
    other = enrolled_till(office, seed=2, name="Caixa 2")
    other.lend(member, 500)
    till.redemption(member, 100, floor=True)
    answer = till.push()

    assert sums(office, member) == (500, 500, 0, 50)
    assert answer.results[0].status == "accepted_as_loss"
    assert answer.results[0].facts == {"loss": 50}
