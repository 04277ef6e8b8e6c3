"""Reservations: a reward set aside for a member in one shop, shown at its till as a voucher.

Its points are taken from what is available, as a lease takes them, so nobody is overdrawn. They are
given back only when no till of the shop can still bring the voucher (`programme/reservations.py`):
neither the end of a code nor a cancellation frees anything by itself.
"""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import Connection, select, update

from sync.programme import rewards
from sync.programme.document import Document, Reward
from sync.programme.publishing import AMOUNT_MAX_CENTAVOS
from sync.programme.refusals import Reason, Refused
from sync.programme.reservations import KEEP_DAYS, VOUCHER_MINUTES, may_be_freed
from sync.programme.rewards import Situation
from sync.programme.voucher_token import VoucherToken, sign
from sync.server.office.audit import note
from sync.server.office.book import own_rows
from sync.server.office.documents import local, rulebook, store_of
from sync.server.office.epoch import era
from sync.server.office.feed import raise_lists, raise_members
from sync.server.office.head_office import HeadOffice
from sync.server.office.holdings import Holding, held_by
from sync.server.office.journal_ends import lives_in
from sync.server.office.reservation_rows import (
    OPEN,
    Reservation,
    change,
    find,
    read_row,
    stored_row,
)
from sync.server.office.stock import move_stock, stock_rows
from sync.server.store.dialect import insert_rows
from sync.server.store.keys import VOUCHERS_KID
from sync.server.store.states import MemberStatus, ReservationState
from sync.server.store.tables import balances, reservations

RESERVATIONS_MAX = 5

_VOUCHER_BYTES = 8
_CLOSED_TO: dict[int, Reason] = {
    MemberStatus.BLOCKED: Reason.MEMBER_BLOCKED,
    MemberStatus.MERGED: Reason.MEMBER_MERGED,
    MemberStatus.ERASED: Reason.MEMBER_ERASED,
}


def reserve(office: HeadOffice, member: int, *, reward: int, store: int, now: int) -> Reservation:
    """Set a reward aside for a member in a shop.

    Raises Refused: NOT_FOUND for a shop that is none, REWARD_…, NOT_ENOUGH_POINTS (fact `missing`),
    MEMBER_…, SERVER_RECOVERING while tills have yet to say what they hold.
    """
    with office.database.write() as connection:
        if era(connection).recovering:
            raise Refused(Reason.SERVER_RECOVERING)
        document = rulebook(connection).in_force(now)
        held = _holder(connection, member, now)
        wanted = rewards.reward_numbered(document.rewards, reward)
        if len(held.reserved) >= RESERVATIONS_MAX:
            raise Refused(Reason.REWARD_LIMIT_REACHED, limit=RESERVATIONS_MAX)
        check_reservable(connection, document, held, wanted, store=store, now=now)
        _bind(connection, held, wanted.cost)
        made = _set_aside(office, connection, document, member, wanted, store=store, now=now)
        raise_members(connection, {member: store})
        return made


def check_reservable(
    connection: Connection,
    document: Document,
    held: Holding,
    reward: Reward,
    *,
    store: int,
    now: int,
) -> None:
    """Refuse what could not be handed over in this shop now.

    What the basket has to be is asked at the till. Raises Refused: NOT_FOUND, REWARD_…,
    NOT_ENOUGH_POINTS (fact `missing`).
    """
    shop = store_of(document, store)
    if reward.kind == "benefit" or reward.cost <= 0:
        raise Refused(Reason.REWARD_NOT_NOW)
    situation = Situation(
        at=local(now, shop.zone),
        store=store,
        points=held.available,
        usable_here=held.available,
        tier=held.tier,
        basket_centavos=AMOUNT_MAX_CENTAVOS,
        birthday="",
        stock=_stock(connection, store),
        taken_day=held.taken_day(),
        taken_year=held.taken_year(),
    )
    rewards.check(reward, situation, document.tiers)


def voucher_code(office: HeadOffice, member: int, voucher: bytes, *, now: int) -> str:
    """Return the 251 digits of a fresh code for a reservation, good for ten minutes.

    That it was shown is on disk before it is. Raises Refused: NOT_FOUND when it is not kept any
    more, MEMBER_…
    """
    with office.database.write() as connection:
        _holder(connection, member, now)
        held = find(connection, member, voucher)
        if held.state is not ReservationState.RESERVED or now >= held.keep_until:
            raise Refused(Reason.NOT_FOUND)
        seconds = now // 1000
        ends = (seconds + VOUCHER_MINUTES * 60) * 1000
        changed = {"shown_at": held.shown_at or now, "ends_at": max(held.ends_at, ends)}
        change(connection, held, changed)
        programme = rulebook(connection).in_force(now).programme
    token = VoucherToken(
        key_id=VOUCHERS_KID,
        programme=programme,
        voucher=held.number,
        issued_at=datetime.fromtimestamp(seconds, UTC),
        minutes=VOUCHER_MINUTES,
        member=member,
        store=held.store,
        reward=held.reward,
        points=held.points,
    )
    return sign(token, office.keys.vouchers)


def cancel(office: HeadOffice, member: int, voucher: bytes, *, now: int) -> Reservation:
    """Show no code any more, and give the points back as soon as no till can bring one.

    Raises Refused(NOT_FOUND).
    """
    with office.database.write() as connection:
        held = find(connection, member, voucher)
        return _leave(office, connection, held, moving_to=0, now=now)


def move(office: HeadOffice, member: int, voucher: bytes, *, store: int, now: int) -> Reservation:
    """Let a reservation go to another shop as soon as no till of this one can bring the voucher.

    Returns it as it stands now: in the other shop, or still waiting here with `moving_to`. Raises
    Refused: NOT_FOUND, REWARD_NOT_IN_THIS_STORE, REWARD_OUT_OF_STOCK.
    """
    with office.database.write() as connection:
        document = rulebook(connection).in_force(now)
        held = find(connection, member, voucher)
        store_of(document, store)
        if store == held.store:
            return held
        _check_there(connection, document, held, store)
        return _leave(office, connection, held, moving_to=store, now=now)


def release_due(office: HeadOffice, *, now: int) -> int:
    """End what was kept long enough, and free what no till can bring any more; return how many.

    What waits for another shop is reserved there in the same step. The work of every minute.
    """
    with office.database.write() as connection:
        connection.execute(
            update(reservations)
            .where(
                reservations.c.state == int(ReservationState.RESERVED),
                reservations.c.keep_until <= now,
            )
            .values(state=int(ReservationState.ENDING))
        )
        waiting = connection.execute(
            select(reservations)
            .where(reservations.c.state == int(ReservationState.ENDING))
            .order_by(reservations.c.bucket, reservations.c.member_id, reservations.c.voucher)
            .with_for_update()
        ).all()
        freed = [held for row in waiting if _settle(office, connection, held := read_row(row), now)]
        raise_members(connection, {held.member: held.store for held in freed})
        return len(freed)


def consume(
    connection: Connection,
    *,
    member: int,
    voucher: bytes,
    store: int,
    event: bytes,
    now: int,
    lists: set[str],
) -> tuple[int, Reason | None]:
    """Use up a voucher that a till of `store` brings with the redemption `event`.

    Returns how many points it held, and None; the caller takes them out of `leased` and posts what
    was spent. A voucher that holds nothing for this shop any more returns 0 and why: CODE_UNKNOWN,
    CODE_ALREADY_USED, CODE_REVOKED when its points were given back. The same event again is told
    what it was told. A counted unit goes back to the stock, from which the redemption takes it;
    `lists` of the feed that change by it are added to those which the caller raises at its end.
    """
    row = connection.execute(
        select(reservations)
        .where(*own_rows(reservations, member), reservations.c.voucher == voucher)
        .with_for_update()
    ).one_or_none()
    if row is None or row.store_id != store:
        return 0, Reason.CODE_UNKNOWN
    if row.state == ReservationState.USED:
        return (row.points, None) if row.event_id == event else (0, Reason.CODE_ALREADY_USED)
    if row.state not in OPEN:
        return 0, Reason.CODE_REVOKED
    held = read_row(row)
    if held.from_stock:
        lists.update(move_stock(connection, held.store, held.reward, 1))
    used = {"state": int(ReservationState.USED), "event_id": event, "ended_at": now}
    change(connection, held, used)
    return held.points, None


def _leave(
    office: HeadOffice, connection: Connection, held: Reservation, *, moving_to: int, now: int
) -> Reservation:
    """Begin to end a reservation, and end it if nothing holds it. The last act of `connection`."""
    change(connection, held, {"state": int(ReservationState.ENDING), "moving_to": moving_to})
    leaving = replace(held, state=ReservationState.ENDING, moving_to=moving_to)
    settled = _settle(office, connection, leaving, now)
    raise_members(connection, {held.member: held.store})
    return settled or leaving


def _settle(
    office: HeadOffice, connection: Connection, held: Reservation, now: int
) -> Reservation | None:
    """Free a reservation if no till can bring it any more; return what became of it."""
    lives = lives_in(connection, held.store)
    if not may_be_freed(lives, issued=held.shown_at, ends=held.ends_at, now=now):
        return None
    _give_stock_back(connection, held)
    document = rulebook(connection).in_force(now)
    if held.moving_to and _can_be_had(connection, document, held, held.moving_to):
        change(connection, held, {"state": int(ReservationState.MOVED), "ended_at": now})
        reward = rewards.reward_numbered(document.rewards, held.reward)
        return _set_aside(
            office,
            connection,
            document,
            held.member,
            replace(reward, cost=held.points),
            store=held.moving_to,
            now=now,
        )
    change(connection, held, {"state": int(ReservationState.FREED), "ended_at": now})
    unbind(connection, held.member, held.points)
    return replace(held, state=ReservationState.FREED)


def _set_aside(
    office: HeadOffice,
    connection: Connection,
    document: Document,
    member: int,
    reward: Reward,
    *,
    store: int,
    now: int,
) -> Reservation:
    taken = move_stock(connection, store, reward.id, -1)
    raise_lists(connection, taken)
    made = Reservation(
        voucher=office.random(_VOUCHER_BYTES),
        member=member,
        reward=reward.id,
        store=store,
        points=reward.cost,
        state=ReservationState.RESERVED,
        moving_to=0,
        reserved_at=now,
        keep_until=_end_of_day(now, store_of(document, store).zone, KEEP_DAYS),
        shown_at=0,
        ends_at=0,
        from_stock=bool(taken),
    )
    insert_rows(connection, reservations, [stored_row(made)])
    facts = {"reward": reward.id, "store": store, "points": reward.cost}
    note(
        office,
        connection,
        at=now,
        actor=f"member:{member}",
        act="reserve",
        subject=f"voucher:{made.voucher.hex()}",
        facts=facts,
    )
    return made


def unbind(connection: Connection, member: int, points: int) -> None:
    """Give points back that were set aside; what a return could not take before, it takes now."""
    own = (*own_rows(balances, member), balances.c.purse == 0)
    row = connection.execute(select(balances).where(*own).with_for_update()).one()
    leased, net = row.leased - points, row.points - row.debt
    active = max(net, leased)
    connection.execute(
        update(balances)
        .where(*own)
        .values(leased=leased, points=active, debt=active - net, version=row.version + 1)
    )


def _bind(connection: Connection, held: Holding, points: int) -> None:
    taken = connection.execute(
        update(balances)
        .where(
            *own_rows(balances, held.member),
            balances.c.purse == 0,
            balances.c.points - balances.c.leased >= points,
        )
        .values(leased=balances.c.leased + points, version=balances.c.version + 1)
    )
    if not taken.rowcount:
        raise Refused(Reason.NOT_ENOUGH_POINTS, missing=max(1, points - held.available))


def _holder(connection: Connection, member: int, now: int) -> Holding:
    held = held_by(connection, member, now=now)
    if held.status in _CLOSED_TO:
        raise Refused(_CLOSED_TO[held.status])
    return held


def _check_there(connection: Connection, document: Document, held: Reservation, store: int) -> None:
    reward = rewards.reward_numbered(document.rewards, held.reward)
    if reward.stores and store not in reward.stores:
        raise Refused(Reason.REWARD_NOT_IN_THIS_STORE)
    if _stock(connection, store).get(held.reward, 1) < 1:
        raise Refused(Reason.REWARD_OUT_OF_STOCK)


def _can_be_had(connection: Connection, document: Document, held: Reservation, store: int) -> bool:
    try:
        store_of(document, store)
        _check_there(connection, document, held, store)
    except Refused:
        return False
    return True


def _stock(connection: Connection, store: int) -> dict[int, int]:
    return {row.reward: row.left for row in stock_rows(connection, store)}


def _give_stock_back(connection: Connection, held: Reservation) -> None:
    if held.from_stock:
        raise_lists(connection, move_stock(connection, held.store, held.reward, 1))


def _end_of_day(now: int, zone: str, days: int) -> int:
    """The last millisecond of the local day that is so many days ahead."""
    at = local(now, zone)
    midnight = datetime.combine(at.date() + timedelta(days=days + 1), time(), at.tzinfo)
    return int(midnight.timestamp() * 1000) - 1
