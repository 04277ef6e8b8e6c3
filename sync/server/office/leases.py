"""Leases: points lent to one terminal, given back only when it reports or is declared lost.

Time never frees a lease here: it stops the spender, and a late report may still spend it. So the
leases of a member never exceed the balance, whatever clocks and networks do.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, and_, bindparam, select, update

from sync.programme.document import Document
from sync.programme.leases import cap_points
from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import WHOLE_MAX
from sync.protocol.messages import LeaseClosing, LeaseRequest, LeaseRow
from sync.server.office import lease_rows, units
from sync.server.office.documents import RULES, read_rules, rulebook
from sync.server.office.epoch import ERA, Era, era, era_in
from sync.server.office.feed import (
    DIVIDED,
    lease_list,
    raise_lists,
    raise_lists_last,
    raise_members,
)
from sync.server.office.head_office import HeadOffice, Terms
from sync.server.office.holds import hold_members, lives_of
from sync.server.office.lease_rows import LENT
from sync.server.office.lending import lease_id, read_id
from sync.server.office.recall import recalled
from sync.server.office.stock import hold_stock
from sync.server.office.terminals import Caller, hear, is_life
from sync.server.store import dialect
from sync.server.store.database import repeated
from sync.server.store.dialect import insert_last, insert_rows
from sync.server.store.questions import Found, Question
from sync.server.store.states import LeaseState, MemberStatus
from sync.server.store.tables import balances, incarnations, leases, members

# Written once: making a statement costs more than running it.
_LEFT = select(balances.c.points - balances.c.leased).where(
    balances.c.bucket == bindparam("of_bucket"),
    balances.c.member_id == bindparam("of_member"),
    balances.c.purse == 0,
)
_ASKED = Question(
    select(
        members.c.status,
        leases,
        LENT.scalar_subquery().label("lent"),
        _LEFT.scalar_subquery().label("left"),
        *ERA,
        DIVIDED,
        RULES,
    )
    .outerjoin(
        leases,
        and_(
            leases.c.bucket == members.c.bucket,
            leases.c.member_id == members.c.member_id,
            leases.c.lease_id == bindparam("of_lease"),
        ),
    )
    .where(
        members.c.bucket == bindparam("of_bucket"), members.c.member_id == bindparam("of_member")
    )
)
_BIND = (
    update(balances)
    .where(
        balances.c.bucket == bindparam("of_bucket"),
        balances.c.member_id == bindparam("of_member"),
        balances.c.purse == 0,
        balances.c.points - balances.c.leased >= bindparam("wanted", type_=BigInteger),
        bindparam("wanted", type_=BigInteger) > 0,
    )
    .values(
        leased=balances.c.leased + bindparam("wanted", type_=BigInteger),
        version=balances.c.version + 1,
    )
)

_REFUSED: dict[int, Reason] = {
    MemberStatus.BLOCKED: Reason.MEMBER_BLOCKED,
    MemberStatus.MERGED: Reason.MEMBER_MERGED,
    MemberStatus.ERASED: Reason.MEMBER_ERASED,
}


@repeated
def grant(office: HeadOffice, caller: Caller, request: LeaseRequest, *, now: int) -> LeaseRow:
    """Lend exactly the points asked for; the same id again returns the same lease.

    Leases it gives back for this one are freed first, in the same transaction. Points that another
    terminal holds are asked back from it, where it can be reached.

    Raises Refused: NOT_ENOUGH_POINTS (facts `left`, `missing`; `elsewhere` and `till` for what
    another terminal holds), POINTS_RECALLED (the same: they are on their way, ask again),
    CHAIN_GAP, LEASE_TOO_SMALL (`left`) when the terminal holds as much as it may, MEMBER_UNKNOWN
    and other states of the member, CHAIN_FORKED, LEASE_UNKNOWN for an id that another terminal
    used, SERVER_RECOVERING, BATCH_UNREADABLE; for units of a reward REWARD_OUT_OF_STOCK and
    UNITS_RECALLED.
    """
    if request.reward:
        return _grant_units(office, caller, request, now=now)
    try:
        return _granted(office, caller, request, now=now)
    except Refused as refused:
        if refused.reason is not Reason.NOT_ENOUGH_POINTS:
            raise
        raise recalled(office, caller, request, refused, now=now) from refused


def _granted(office: HeadOffice, caller: Caller, request: LeaseRequest, *, now: int) -> LeaseRow:
    """Lend points step by step, each of which says what is in the way."""
    with office.database.write_together(holding=lives_of(caller.terminal)) as connection:
        if request.closes:
            _hold(connection, caller, {request.member}, request.closes)
        bound = _bind(office, connection, caller, request, now=now)
        if bound.row is not None:  # or else it was kept, and seen, when it was asked for first
            insert_last(connection, leases, [bound.row])
            raise_lists_last(connection, [lease_list(caller.terminal)])
            changed = {bound.lease.member, *bound.freed}
            here = dict.fromkeys(changed, caller.store)
            raise_members(connection, here, divided=bound.divided)
        return bound.lease


def _grant_units(
    office: HeadOffice, caller: Caller, request: LeaseRequest, *, now: int
) -> LeaseRow:
    with office.database.write_together(holding=lives_of(caller.terminal)) as connection:
        if request.closes:
            _hold(connection, caller, set(), request.closes)
        _may_borrow(caller, era(connection))
        hold_stock(connection, caller.store, [request.reward])  # before any head of the feed
        freed = frozenset[int]()
        if request.closes:
            freed = _give_back(connection, caller, request.closes, last_seq=request.last_seq)
        read_id(request.id)
        lent = units.lend_units(connection, caller, request, now=now)
        raise_members(connection, dict.fromkeys(freed, caller.store))
    if lent is not None:
        return lent
    # What was given back for it stays given back. The lists of others are moved apart from its own:
    # who did both would wait for one who does the same.
    with office.database.write_together(holding=lives_of(caller.terminal)) as connection:
        _may_borrow(caller, era(connection))
        answer = units.lend_or_recall(connection, caller, request, now=now)
    if isinstance(answer, Refused):
        raise answer
    return answer


def lend(
    office: HeadOffice,
    connection: Connection,
    caller: Caller,
    request: LeaseRequest,
    *,
    now: int,
    document: Document | None = None,
) -> LeaseRow:
    """Do what `grant` says within a transaction, except for raising the feed of the member.

    For a request that gives no lease back. `document` is the one in force, where the caller has it
    at hand. Beside others, the terminal has to be held.
    """
    bound = _bind(office, connection, caller, request, now=now, document=document)
    if bound.row is not None:
        insert_rows(connection, leases, [bound.row])
        raise_lists(connection, [lease_list(caller.terminal)])
    return bound.lease


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    """A lease, and its row where it is not kept yet; whether members are dealt out by store, and
    of whom leases were freed for it.
    """

    lease: LeaseRow
    divided: bool
    row: dialect.Row | None = None
    freed: Set[int] = frozenset()


def _bind(
    office: HeadOffice,
    connection: Connection,
    caller: Caller,
    request: LeaseRequest,
    *,
    now: int,
    document: Document | None = None,
) -> _Bound:
    """Check what is asked for and bind the points; whoever asked keeps the row."""
    lease = lease_id(request)
    asked = _asked(connection, caller, request.member, lease, now=now)
    if asked is not None and asked.lease_id is not None:
        if (asked.terminal_id, asked.incarnation) != (caller.terminal, caller.incarnation):
            raise Refused(Reason.LEASE_UNKNOWN)
        return _Bound(lease=lease_rows.sent(asked), divided=asked.divided)
    epoch = _may_borrow(caller, era(connection) if asked is None else era_in(asked))
    known = _known(asked)
    lent, freed = known.lent, frozenset[int]()
    if request.closes:
        freed = _give_back(connection, caller, request.closes, last_seq=request.last_seq)
        lent = connection.scalar(LENT, {"of_terminal": caller.terminal})
    document = document or read_rules(known) or rulebook(connection).in_force(now)
    _check_cap(document, int(lent or 0), request.points)
    _take(connection, request)
    terms = Terms(document, epoch)
    office.expected.terms = None if known.divided else terms  # who is dealt out is not lent at once
    signed, row = lease_rows.offer(office, caller, request, terms, now=now)
    return _Bound(lease=signed, divided=known.divided, row=row, freed=freed)


@repeated
def close(
    office: HeadOffice, caller: Caller, closing: LeaseClosing, *, now: int
) -> tuple[LeaseRow, ...]:
    """Free what is left of leases that the terminal gives back; return those it still holds.

    Raises Refused: CHAIN_GAP (fact `expected`) while events up to `last_seq` are missing here,
    since they may still spend the leases; BATCH_UNREADABLE.
    """
    with office.database.write_together(holding=lives_of(caller.terminal)) as connection:
        _hold(connection, caller, set(), closing.leases)
        hear(connection, caller, now=now)
        freed = _give_back(connection, caller, closing.leases, last_seq=closing.last_seq)
        raise_members(connection, dict.fromkeys(freed, caller.store))
        return held_leases(connection, caller)


def held_leases(connection: Connection, caller: Caller) -> tuple[LeaseRow, ...]:
    """Return the leases that this life of a terminal holds and has not used up."""
    held = lease_rows.held_by(connection, caller.terminal, caller.incarnation)
    return (*(lease_rows.sent(row) for row in held), *units.units_held(connection, caller))


def _hold(connection: Connection, caller: Caller, members: set[int], closes: Sequence[str]) -> None:
    """Hold the members whose points change: these, and those of the leases `closes`.

    A member alone need not be held: one statement checks and binds the points.
    """
    wanted = {read_id(text) for text in closes}
    held = lease_rows.held_by(connection, caller.terminal, caller.incarnation)
    members = members | {row.member_id for row in held if row.lease_id in wanted}
    hold_members(connection, {member for member in members if 0 < member <= WHOLE_MAX})


def _may_borrow(caller: Caller, current: Era) -> int:
    """Return the server's epoch, in which this life may borrow."""
    if caller.forked:
        raise Refused(Reason.CHAIN_FORKED)
    if current.recovering:
        raise Refused(Reason.SERVER_RECOVERING)
    return current.epoch


def _give_back(
    connection: Connection, caller: Caller, ids: Iterable[str], *, last_seq: int
) -> frozenset[int]:
    """Free what is left of these leases of the caller; return the members they were of."""
    here: int = connection.execute(
        select(incarnations.c.last_seq).where(is_life(caller))
    ).scalar_one()
    if here < last_seq:
        raise Refused(Reason.CHAIN_GAP, expected=here + 1)
    wanted = {read_id(text) for text in ids}
    units.take_back(connection, caller.terminal, incarnation=caller.incarnation, ids=wanted)
    held = lease_rows.held_by(connection, caller.terminal, caller.incarnation)
    ended = [row for row in held if row.lease_id in wanted]
    return frozenset(lease_rows.free(connection, ended, LeaseState.CLOSED))


def _take(connection: Connection, request: LeaseRequest) -> None:
    """Bind the points in one statement, so that two who ask at once never get the same."""
    named = {**_named(request.member), "wanted": request.points}
    if connection.execute(_BIND, named).rowcount:
        return
    left = connection.execute(_LEFT, _named(request.member)).scalar_one()
    raise Refused(Reason.NOT_ENOUGH_POINTS, left=left, missing=request.points - left)


def _asked(
    connection: Connection, caller: Caller, member: int, lease: bytes, *, now: int
) -> Found | None:
    """All that decides, read at once: the member, a lease with this id, what the terminal holds,
    the rules, and what the server is doing.
    """
    named = {**_named(member), "of_lease": lease, "of_terminal": caller.terminal, "at": now}
    return _ASKED.one_or_none(connection, named)


def _known(asked: Found | None) -> Found:
    """Return what was read when the member is one to whom points may be lent."""
    if asked is None:
        raise Refused(Reason.MEMBER_UNKNOWN)
    if asked.status != MemberStatus.ACTIVE:
        raise Refused(_REFUSED[asked.status])
    return asked


def _check_cap(document: Document, lent: int, points: int) -> None:
    cap = cap_points(document)
    if cap is None:
        return
    left = max(0, cap - lent)
    if points > left:
        raise Refused(Reason.LEASE_TOO_SMALL, left=left)


def _named(member: int) -> dict[str, int]:
    return {"of_bucket": bucket_of(member), "of_member": member}
