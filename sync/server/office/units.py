"""Units: what of a shop's stock is lent to each till, so that two never hand over the same thing.

The rule of a lease, for goods: what is lent to a till is nobody else's until the till has said what
it did with it. Time frees nothing; a till that was declared lost is believed to have handed over
nothing.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select, update

from sync.programme import leases as rules
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import LeaseRequest, LeaseRow
from sync.server.office.documents import rulebook
from sync.server.office.feed import lease_list, raise_lists, stock_list
from sync.server.office.head_office import HOUR_MS, HeadOffice
from sync.server.office.holds import lives_of
from sync.server.office.stock import hold_stock, stock_left, stock_rows
from sync.server.office.terminals import Caller
from sync.server.store.database import repeated
from sync.server.store.dialect import insert_rows
from sync.server.store.states import IncarnationState, LeaseState, TerminalState
from sync.server.store.tables import incarnations, terminals, unit_leases

# A till looks for news every 15 seconds, and that it did is noted once a minute.
_REACHED_MS = 2 * 60 * 1000
_ID_BYTES = 16

_Units = Row[tuple[object, ...]]
_C = unit_leases.c

# What a terminal holds, or one life of it. Made once.
_HELD = (
    select(unit_leases)
    .where(_C.terminal_id == bindparam("of_terminal"), _C.state == int(LeaseState.ACTIVE))
    .order_by(_C.granted_at, _C.lease_id)
)
_HELD_BY_LIFE = _HELD.where(_C.incarnation == bindparam("of_life"))


def lend_units(
    connection: Connection, caller: Caller, request: LeaseRequest, *, now: int
) -> LeaseRow | None:
    """Lend units of a counted reward, None where too few are free. Terminal held.

    The same id again is the same lease. Raises Refused: LEASE_UNKNOWN, BATCH_UNREADABLE.
    """
    lease = bytes.fromhex(request.id)
    if len(lease) != _ID_BYTES or not 0 < request.points < 1 << 31:
        raise Refused(Reason.BATCH_UNREADABLE)
    hold_stock(connection, caller.store, [request.reward])
    known = connection.execute(
        select(unit_leases).where(*_of(caller.store, request.reward), _C.lease_id == lease)
    ).one_or_none()
    if known is not None:
        if (known.terminal_id, known.incarnation) != (caller.terminal, caller.incarnation):
            raise Refused(Reason.LEASE_UNKNOWN)
        return _sent(known)
    if request.points > _free(connection, caller.store, request.reward):
        return None
    offer = LeaseRow(
        request.id,
        0,
        request.points,
        0,
        now + rulebook(connection).in_force(now).limits.lease_hours * HOUR_MS,
        granted_at=now,
        reward=request.reward,
    )
    _keep(connection, caller, offer)
    raise_lists(connection, [lease_list(caller.terminal), stock_list(caller.store)])
    return offer


def lend_or_recall(
    connection: Connection, caller: Caller, request: LeaseRequest, *, now: int
) -> LeaseRow | Refused:
    """Do what `lend_units` does, or ask others for what is missing; return why it is not lent now.

    That is UNITS_RECALLED (fact `till`) where others in reach hold enough, else
    REWARD_OUT_OF_STOCK: returned and not raised, since what was asked back has to be kept.
    """
    lent = lend_units(connection, caller, request, now=now)
    if lent is not None:
        return lent
    missing = request.points - _free(connection, caller.store, request.reward)
    wanted: list[_Units] = []
    for row in _others(connection, caller, request.reward, now=now):
        if missing > 0:
            wanted.append(row)
            missing -= row.units - row.spent
    if missing > 0:
        return Refused(Reason.REWARD_OUT_OF_STOCK)
    for row in wanted:
        _change(connection, row, {"recalled_at": now})
    raise_lists(connection, {lease_list(row.terminal_id) for row in wanted})
    return Refused(Reason.UNITS_RECALLED, till=wanted[0].name)


def units_held(connection: Connection, caller: Caller) -> tuple[LeaseRow, ...]:
    """Return the units that this life of a terminal holds and has not used up."""
    held = _active(connection, caller.terminal, caller.incarnation)
    return tuple(_sent(row) for row in held)


def take_back(
    connection: Connection,
    terminal: int,
    *,
    incarnation: int | None = None,
    ids: Collection[bytes] | None = None,
    state: LeaseState = LeaseState.CLOSED,
) -> int:
    """End unit leases of a terminal (of one life, with these ids); return how many."""
    rows = _active(connection, terminal, incarnation)
    ended = [row for row in rows if ids is None or row.lease_id in ids]
    for row in ended:
        _change(connection, row, {"state": int(state)})
    lists = {stock_list(row.store_id) for row in ended}
    if ended:
        raise_lists(connection, {*lists, lease_list(terminal)})
    return len(ended)


def use_units(
    connection: Connection, caller: Caller, reward: int, lease: bytes, units: int
) -> set[str]:
    """Note that units of a lease were handed over; what it lacks is only counted in the stock.

    Returns the lists of the feed that have changed by it.
    """
    row = connection.execute(
        select(unit_leases).where(*_of(caller.store, reward), _C.lease_id == lease)
    ).one_or_none()
    mine = (caller.terminal, caller.incarnation)
    if row is None or row.state != LeaseState.ACTIVE or (row.terminal_id, row.incarnation) != mine:
        return set()
    spent = min(row.units, row.spent + units)
    state = LeaseState.CLOSED if spent == row.units else LeaseState.ACTIVE
    _change(connection, row, {"spent": spent, "state": int(state)})
    return {lease_list(caller.terminal)}


@repeated
def share_out(office: HeadOffice, caller: Caller, *, now: int) -> int:
    """Lend a till its share of what is free in its shop, before anybody asks; return how many.

    One share for each till and one that stays, so that the last units go to who asks for them.
    """
    with office.database.write_together(holding=lives_of(caller.terminal)) as connection:
        if caller.forked or not stock_left(connection, caller.store):
            return 0
        hold_stock(connection, caller.store, stock_left(connection, caller.store))
        total = stock_left(connection, caller.store)
        tills = _tills(connection, caller.store)
        held = units_held(connection, caller)
        lent = 0
        for row in stock_rows(connection, caller.store):
            own = sum(one.amount - one.spent for one in held if one.reward == row.reward)
            units = rules.share(row.left, total=total[row.reward], tills=tills, held=own)
            if not units:
                continue
            request = LeaseRequest(
                id=office.random(_ID_BYTES).hex(), member=0, points=units, reward=row.reward
            )
            lend_units(connection, caller, request, now=now)
            lent += units
        return lent


def _others(connection: Connection, caller: Caller, reward: int, *, now: int) -> list[_Units]:
    """What tills within reach hold of a reward, the largest rest first."""
    statement = (
        select(unit_leases, terminals.c.name)
        .join(terminals, terminals.c.terminal_id == _C.terminal_id)
        .join(
            incarnations,
            (incarnations.c.terminal_id == _C.terminal_id) & (incarnations.c.n == _C.incarnation),
        )
        .where(
            *_of(caller.store, reward),
            _C.state == int(LeaseState.ACTIVE),
            _C.terminal_id != caller.terminal,
            terminals.c.state == int(TerminalState.ACTIVE),
            incarnations.c.state == int(IncarnationState.ACTIVE),
            incarnations.c.contact_at >= now - _REACHED_MS,
        )
        .order_by((_C.units - _C.spent).desc(), _C.lease_id)
    )
    return list(connection.execute(statement))


def _free(connection: Connection, store: int, reward: int) -> int:
    free = {row.reward: row.left for row in stock_rows(connection, store)}
    return free.get(reward, 0)


def _tills(connection: Connection, store: int) -> int:
    count: int = connection.execute(
        select(func.count())
        .select_from(terminals)
        .where(terminals.c.store_id == store, terminals.c.state == int(TerminalState.ACTIVE))
    ).scalar_one()
    return count


def _keep(connection: Connection, caller: Caller, offer: LeaseRow) -> None:
    row = {
        "store_id": caller.store,
        "reward_id": offer.reward,
        "lease_id": bytes.fromhex(offer.id),
        "terminal_id": caller.terminal,
        "incarnation": caller.incarnation,
        "units": offer.amount,
        "spent": 0,
        "granted_at": offer.granted_at,
        "stops_at": offer.stops_at,
        "state": int(LeaseState.ACTIVE),
        "recalled_at": None,
    }
    insert_rows(connection, unit_leases, [row])


def _sent(row: _Units) -> LeaseRow:
    return LeaseRow(
        row.lease_id.hex(),
        0,
        row.units,
        row.spent,
        row.stops_at,
        granted_at=row.granted_at,
        recalled=row.recalled_at is not None,
        reward=row.reward_id,
    )


def _active(connection: Connection, terminal: int, incarnation: int | None) -> list[_Units]:
    if incarnation is None:
        return list(connection.execute(_HELD, {"of_terminal": terminal}))
    named = {"of_terminal": terminal, "of_life": incarnation}
    return list(connection.execute(_HELD_BY_LIFE, named))


def _change(connection: Connection, row: _Units, values: dict[str, int]) -> None:
    connection.execute(
        update(unit_leases)
        .where(*_of(row.store_id, row.reward_id), _C.lease_id == row.lease_id)
        .values(**values)
    )


def _of(store: int, reward: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _C.store_id == store, _C.reward_id == reward
