"""A reward set aside for a member: never overdrawn, never freed while a till can still bring it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from sync.programme import voucher_token
from sync.programme.document import Reward, Window
from sync.programme.member_token import PublicKeyEntry, TokenKind
from sync.programme.refusals import Reason
from sync.server.office import reservations
from sync.server.office.documents import publish
from sync.server.office.epoch import begin_era
from sync.server.office.holdings import held_by
from sync.server.office.journal_ends import tell
from sync.server.office.reservation_rows import open_reservations
from sync.server.office.stock import count_stock
from sync.server.store.keys import VOUCHERS_KID
from sync.server.store.states import MemberStatus, ReservationState, TerminalState
from sync.server.store.tables import incarnations, members, stock, terminals
from sync.server.store.tables import reservations as stored
from tests.refusals import refusal
from tests.server.accounts import account
from tests.server.shop import DAY, MINUTE, NOON, enrolled_till, programme

CODE_MS = 10 * MINUTE
OVER = NOON + CODE_MS + MINUTE


def reserve(office, member, *, reward=1, store=1, now=NOON):
    return reservations.reserve(office, member, reward=reward, store=store, now=now)


def holding(office, member, now=NOON):
    with office.database.read() as connection:
        return held_by(connection, member, now=now)


def state(office, voucher: bytes) -> ReservationState:
    with office.database.read() as connection:
        number = connection.scalar(select(stored.c.state).where(stored.c.voucher == voucher))
        return ReservationState(number)


def kept(office, member):
    with office.database.read() as connection:
        return open_reservations(connection, member)


def tell_all(office, *tills, now):
    """Each till says that its journal ends where the server's copy does."""
    with office.database.write() as connection:
        for till in tills:
            tell(connection, till.caller, last_seq=till.pushed, now=now)


def consume(office, made, *, store=1, event=bytes(16), now=NOON):
    with office.database.write() as connection:
        return reservations.consume(
            connection,
            member=made.member,
            voucher=made.voucher,
            store=store,
            event=event,
            now=now,
            lists=set(),
        )


def test_what_is_reserved_is_not_available_any_more(office, member):
    made = reserve(office, member, reward=2)

    assert (made.points, made.state, made.store) == (400, ReservationState.RESERVED, 1)
    assert (account(office, member).points, account(office, member).leased) == (550, 400)
    assert (holding(office, member).available, holding(office, member).shown) == (150, 150)


def test_a_member_is_shown_what_they_have_without_what_is_set_aside(office, till, member):
    first, second = reserve(office, member), reserve(office, member)
    consume(office, first)
    till.redemption(member, 100, voucher=first.voucher.hex())
    till.redemption(member, 0, reward=3)
    till.push()

    had = holding(office, member)
    (lapses, left), *others = had.parts()
    assert (left, others) == (had.shown, [])
    assert had.lapsing(within_days=800) == (lapses, had.shown)
    assert had.lapsing(within_days=1) is None
    assert had.reserved == ((1, second.points),)
    assert (had.taken_day(), had.taken_year()) == ({1: 1}, {1: 1, 3: 1})
    assert refusal(holding, office, 12_345)[0] is Reason.MEMBER_UNKNOWN


def test_nobody_reserves_more_than_they_have(office, member):
    reserve(office, member, reward=2)

    assert refusal(reserve, office, member, reward=2) == (
        Reason.NOT_ENOUGH_POINTS,
        {"missing": 250},
    )
    assert account(office, member).leased == 400


def test_points_that_a_till_holds_are_not_reserved(office, till, member):
    till.lend(member, 500)

    assert refusal(reserve, office, member)[0] is Reason.NOT_ENOUGH_POINTS


def test_a_till_is_not_lent_what_is_reserved(office, till, member):
    reserve(office, member, reward=2)

    assert refusal(till.lend, member, 200)[0] is Reason.NOT_ENOUGH_POINTS


def test_a_server_that_was_restored_reserves_nothing_before_it_has_heard_its_tills(office, member):
    with office.database.write() as connection:
        begin_era(connection, 2, awaits=0)

    assert refusal(reserve, office, member)[0] is Reason.SERVER_RECOVERING


def test_it_is_kept_to_the_end_of_the_seventh_day(office, member):
    made = reserve(office, member)

    last = datetime.fromtimestamp(made.keep_until / 1000, UTC) - timedelta(hours=3)
    assert last.isoformat() == "2026-11-27T23:59:59.999000+00:00"


def test_a_shop_that_is_none_keeps_nothing(office, member):
    assert refusal(reserve, office, member, store=99)[0] is Reason.NOT_FOUND


@pytest.mark.parametrize(
    ("reward", "reason"),
    [
        (Reward(id=9, name="x", cost=10, retired=True), Reason.REWARD_ENDED),
        (Reward(id=9, name="x", cost=10, stores=(2,)), Reason.REWARD_NOT_IN_THIS_STORE),
        (Reward(id=9, name="x", cost=10, min_tier="gold"), Reason.REWARD_TIER_ONLY),
        (Reward(id=9, name="x", cost=0, kind="benefit"), Reason.REWARD_NOT_NOW),
        (
            Reward(id=9, name="x", cost=10, window=Window(weekdays=(0,))),
            Reason.REWARD_NOT_NOW,
        ),
    ],
)
def test_what_the_programme_does_not_give_is_not_set_aside(office, member, reward, reason):
    with office.database.write() as connection:
        publish(connection, office.keys, programme(2, rewards=(reward,)), now=NOON)

    assert refusal(reserve, office, member, reward=9)[0] is reason


def test_the_basket_is_asked_for_at_the_till_and_not_here(office, member):
    reward = Reward(
        id=9, name="x", cost=10, kind="discount", value_centavos=500, min_basket_centavos=5_000
    )
    with office.database.write() as connection:
        publish(connection, office.keys, programme(2, rewards=(reward,)), now=NOON)

    assert reserve(office, member, reward=9).points == 10


def test_what_is_reserved_counts_towards_the_limit_of_a_reward(office, member):
    reward = Reward(id=9, name="x", cost=10, per_member_day=1)
    with office.database.write() as connection:
        publish(connection, office.keys, programme(2, rewards=(reward,)), now=NOON)
    reserve(office, member, reward=9)

    assert refusal(reserve, office, member, reward=9) == (
        Reason.REWARD_LIMIT_REACHED,
        {"limit": 1},
    )


def test_five_at_a_time_are_enough(office, member):
    for _ in range(5):
        reserve(office, member)

    assert refusal(reserve, office, member) == (Reason.REWARD_LIMIT_REACHED, {"limit": 5})


def test_a_blocked_member_reserves_nothing(office, member):
    with office.database.write() as connection:
        connection.execute(update(members).values(status=int(MemberStatus.BLOCKED)))

    assert refusal(reserve, office, member)[0] is Reason.MEMBER_BLOCKED


def test_a_counted_unit_comes_off_the_stock_and_goes_back(office, member):
    with office.database.write() as connection:
        count_stock(connection, 1, {1: 1})
    made = reserve(office, member)

    assert units(office) == 0
    assert refusal(reserve, office, member)[0] is Reason.REWARD_OUT_OF_STOCK
    reservations.cancel(office, member, made.voucher, now=NOON)
    assert units(office) == 1


def units(office) -> int:
    with office.database.read() as connection:
        return connection.scalar(select(stock.c.units_left))


def test_a_code_says_everything_that_a_till_needs(office, member):
    made = reserve(office, member)
    digits = reservations.voucher_code(office, member, made.voucher, now=NOON)

    key = PublicKeyEntry(
        key_id=VOUCHERS_KID,
        public_key=office.keys.vouchers.public_key().public_bytes_raw(),
        not_before=datetime(2025, 1, 1, tzinfo=UTC),
        not_after=None,
        kinds=frozenset({TokenKind.VOUCHER}),
    )
    now = datetime.fromtimestamp(NOON / 1000, UTC)
    token = voucher_token.read(
        digits, programme=7, keys={key.key_id: key}, now=now, skew=timedelta(0)
    )
    assert (token.member, token.store, token.reward, token.points) == (member, 1, 1, 100)
    assert (token.voucher, token.minutes) == (made.number, 10)
    assert token.expires_at == now + timedelta(minutes=10)


def test_a_code_is_on_disk_before_it_is_shown(office, member):
    made = reserve(office, member)
    reservations.voucher_code(office, member, made.voucher, now=NOON)
    reservations.voucher_code(office, member, made.voucher, now=NOON + MINUTE)

    [held] = kept(office, member)
    assert (held.shown_at, held.ends_at) == (NOON, NOON + MINUTE + CODE_MS)


def test_somebody_elses_reservation_cannot_be_found(office, till, member):
    made = reserve(office, member)
    other = till.member()

    for act in (reservations.voucher_code, reservations.cancel):
        assert refusal(act, office, other, made.voucher, now=NOON)[0] is Reason.NOT_FOUND
    assert refusal(reservations.move, office, other, made.voucher, store=2, now=NOON)[0] is (
        Reason.NOT_FOUND
    )


def test_what_nobody_was_shown_is_given_back_at_once(office, member):
    made = reserve(office, member)
    left = reservations.cancel(office, member, made.voucher, now=NOON)

    assert left.state is ReservationState.FREED
    assert account(office, member).leased == 0
    assert kept(office, member) == []


def test_what_was_shown_is_held_until_every_till_has_told(office, till, member):
    other = enrolled_till(office, seed=2)
    made = reserve(office, member)
    reservations.voucher_code(office, member, made.voucher, now=NOON)
    left = reservations.cancel(office, member, made.voucher, now=NOON)

    assert left.state is ReservationState.ENDING
    assert reservations.release_due(office, now=OVER + DAY) == 0
    tell_all(office, till, now=OVER + 1)
    tell_all(office, other, now=OVER)  # a moment too early
    assert reservations.release_due(office, now=OVER + DAY) == 0
    assert account(office, member).leased == 100
    tell_all(office, other, now=OVER + 1)
    assert reservations.release_due(office, now=OVER + DAY) == 1
    assert account(office, member).leased == 0
    assert reservations.release_due(office, now=OVER + DAY) == 0


def test_a_till_whose_events_are_still_on_its_disk_holds_the_points(office, till, member):
    made = reserve(office, member)
    reservations.voucher_code(office, member, made.voucher, now=NOON)
    reservations.cancel(office, member, made.voucher, now=NOON)
    with office.database.write() as connection:
        tell(connection, till.caller, last_seq=till.pushed + 1, now=OVER + 1)
    assert reservations.release_due(office, now=OVER + DAY) == 0

    till.accrual(member, 100)
    till.push()
    assert reservations.release_due(office, now=OVER + DAY) == 1


def test_only_a_till_that_was_declared_lost_holds_nothing(office, till, member):
    made = reserve(office, member)
    reservations.voucher_code(office, member, made.voucher, now=NOON)
    reservations.cancel(office, member, made.voucher, now=NOON)
    with office.database.write() as connection:
        connection.execute(update(terminals).values(state=int(TerminalState.REVOKED)))
    assert reservations.release_due(office, now=OVER + 1) == 0

    with office.database.write() as connection:
        connection.execute(update(terminals).values(state=int(TerminalState.LOST)))

    assert reservations.release_due(office, now=OVER + 1) == 1


def test_a_till_of_another_shop_is_not_asked(office, till, member):
    enrolled_till(office, store=2, seed=2)
    made = reserve(office, member)
    reservations.voucher_code(office, member, made.voucher, now=NOON)
    reservations.cancel(office, member, made.voucher, now=NOON)
    tell_all(office, till, now=OVER + 1)

    assert reservations.release_due(office, now=OVER + 1) == 1


def test_the_end_of_its_days_frees_nothing_by_itself(office, till, member):
    made = reserve(office, member)
    reservations.voucher_code(office, member, made.voucher, now=made.keep_until - 1)
    late = made.keep_until + 30 * DAY

    assert refusal(
        reservations.voucher_code, office, member, made.voucher, now=made.keep_until
    ) == (Reason.NOT_FOUND, {})
    assert reservations.release_due(office, now=late) == 0
    assert state(office, made.voucher) is ReservationState.ENDING
    tell_all(office, till, now=late)
    assert reservations.release_due(office, now=late) == 1
    assert state(office, made.voucher) is ReservationState.FREED


def test_a_reservation_moves_at_once_when_nobody_saw_its_code(office, member):
    made = reserve(office, member)
    moved = reservations.move(office, member, made.voucher, store=2, now=NOON)

    assert (moved.store, moved.state, moved.points) == (2, ReservationState.RESERVED, 100)
    assert moved.voucher != made.voucher
    assert state(office, made.voucher) is ReservationState.MOVED
    assert account(office, member).leased == 100


def test_a_reservation_moves_only_when_the_old_shop_can_bring_it_no_more(office, till, member):
    made = reserve(office, member)
    reservations.voucher_code(office, member, made.voucher, now=NOON)
    waiting = reservations.move(office, member, made.voucher, store=2, now=NOON)

    assert (waiting.store, waiting.moving_to, waiting.state) == (1, 2, ReservationState.ENDING)
    assert refusal(reservations.voucher_code, office, member, made.voucher, now=NOON)[0] is (
        Reason.NOT_FOUND
    )
    tell_all(office, till, now=OVER + 1)
    assert reservations.release_due(office, now=OVER + 1) == 1
    [there] = kept(office, member)
    assert (there.store, there.points, account(office, member).leased) == (2, 100, 100)


def test_a_shop_without_the_reward_gets_no_reservation(office, member):
    made = reserve(office, member)
    with office.database.write() as connection:
        count_stock(connection, 2, {1: 0})

    assert refusal(reservations.move, office, member, made.voucher, store=2, now=NOON)[0] is (
        Reason.REWARD_OUT_OF_STOCK
    )


def test_a_shop_that_does_not_offer_the_reward_gets_no_reservation(office, member):
    only_here = Reward(id=1, name="Café", cost=100, stores=(1,))
    with office.database.write() as connection:
        publish(connection, office.keys, programme(2, rewards=(only_here,)), now=NOON)
    made = reserve(office, member)

    assert refusal(reservations.move, office, member, made.voucher, store=2, now=NOON)[0] is (
        Reason.REWARD_NOT_IN_THIS_STORE
    )


def test_points_that_went_since_they_were_read_are_not_set_aside(office, till, member):
    with office.database.read() as connection:
        held = held_by(connection, member, now=NOON)
    till.lend(member, 500)

    with office.database.write() as connection:
        act = (reservations._bind, connection, held, 100)
        assert refusal(*act)[0] is Reason.NOT_ENOUGH_POINTS
    assert account(office, member).leased == 500


def test_points_come_back_when_the_other_shop_has_sold_out_meanwhile(office, till, member):
    made = reserve(office, member)
    reservations.voucher_code(office, member, made.voucher, now=NOON)
    reservations.move(office, member, made.voucher, store=2, now=NOON)
    with office.database.write() as connection:
        count_stock(connection, 2, {1: 0})
    tell_all(office, till, now=OVER + 1)

    assert reservations.release_due(office, now=OVER + 1) == 1
    assert kept(office, member) == []
    assert account(office, member).leased == 0


def test_moving_to_the_shop_where_it_is_changes_nothing(office, member):
    made = reserve(office, member)

    assert reservations.move(office, member, made.voucher, store=1, now=NOON) == made


def test_a_voucher_is_used_once(office, member):
    made = reserve(office, member)

    assert consume(office, made, event=b"a" * 16) == (100, None)
    assert consume(office, made, event=b"a" * 16) == (100, None)  # a batch that came again
    assert consume(office, made, event=b"b" * 16) == (0, Reason.CODE_ALREADY_USED)
    assert state(office, made.voucher) is ReservationState.USED


def test_a_voucher_is_good_in_its_own_shop_only(office, member):
    made = reserve(office, member)

    assert consume(office, made, store=2) == (0, Reason.CODE_UNKNOWN)
    assert consume(office, made) == (100, None)


def test_a_voucher_that_ends_is_still_taken_from_a_till_that_comes_late(office, till, member):
    made = reserve(office, member)
    reservations.voucher_code(office, member, made.voucher, now=NOON)
    reservations.cancel(office, member, made.voucher, now=NOON)

    assert consume(office, made, now=NOON + 80 * DAY) == (100, None)
    assert reservations.release_due(office, now=NOON + 81 * DAY) == 0


def test_a_voucher_whose_points_went_back_holds_nothing(office, member):
    made = reserve(office, member)
    reservations.cancel(office, member, made.voucher, now=NOON)

    assert consume(office, made) == (0, Reason.CODE_REVOKED)


def test_a_used_unit_returns_to_the_stock_for_the_redemption_to_take(office, member):
    with office.database.write() as connection:
        count_stock(connection, 1, {1: 3})
    made = reserve(office, member)
    assert units(office) == 2

    consume(office, made)
    assert units(office) == 3


def test_a_new_life_of_a_till_answers_for_itself_alone_when_it_began_later(office, till, member):
    made = reserve(office, member)
    reservations.voucher_code(office, member, made.voucher, now=NOON)
    reservations.cancel(office, member, made.voucher, now=NOON)
    with office.database.write() as connection:
        connection.execute(update(incarnations).values(created_at=OVER + 1))

    assert reservations.release_due(office, now=OVER + 2) == 1
