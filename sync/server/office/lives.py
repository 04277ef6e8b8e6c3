"""Lives of a terminal: a till that cannot vouch for its journal goes on in a new one.

The key stays; issuer and chain begin anew, and nothing is lent to it. The life before is still
heard for what it has not pushed. Its leases are held until the end of its chain is here, wherever
that lies, and what is left of them goes back then; what is spent of them later is the shop's loss.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, select, update

from sync.programme.refusals import Reason, Refused
from sync.protocol import chain, version
from sync.protocol.events import WHOLE_MAX
from sync.protocol.messages import Reincarnate, ReincarnateAnswer
from sync.server.office import lease_rows, renumbering, units
from sync.server.office.audit import note
from sync.server.office.enrol import begin_life
from sync.server.office.epoch import epoch
from sync.server.office.feed import raise_members
from sync.server.office.head_office import HeadOffice
from sync.server.office.terminals import OF_LIFE, OF_TERMINAL, Caller, hear, is_life, named
from sync.server.store.states import IncarnationState, LeaseState
from sync.server.store.tables import events, incarnations, repeats

_BASE = select(incarnations.c.parent_seq, incarnations.c.public_key).where(
    incarnations.c.terminal_id == OF_TERMINAL, incarnations.c.n == OF_LIFE
)

_ID_BYTES = 16
_HASH_BYTES = 32
_GOES_ON = "copied"  # elsewhere: the machine that was copied keeps its life and its leases


@dataclass(frozen=True, slots=True)
class _End:
    """Where a chain ends on the disk of the terminal that left it."""

    seq: int
    head: bytes


def reincarnate(
    office: HeadOffice, caller: Caller, request: Reincarnate, *, now: int
) -> ReincarnateAnswer:
    """Begin the caller's next life; the same request again is answered with the same life.

    Raises Refused: VERSION_UNSUPPORTED, BATCH_UNREADABLE for an id or hash that is none.
    """
    version.agree(request.protocol)
    asked, end = _octets(request.id, _ID_BYTES), _end_in(request)
    with office.database.write() as connection:
        hear(connection, caller, now=now)
        begun = _begun(connection, caller, asked)
        if begun is None:
            life = begin_life(
                connection, caller.terminal, caller.public_key, now=now, last_seq=end.seq
            )
            _descend(connection, caller, life, asked, end)
            _leave(connection, caller, goes_on=request.why == _GOES_ON)
            _report(office, connection, caller, request, life, now)
            settle_ends(connection, caller, store=caller.store)
            begun = _begun(connection, caller, asked)
        assert begun is not None, asked
        life, issuer = begun
        return ReincarnateAnswer(incarnation=life, issuer=issuer, epoch=epoch(connection), now=now)


def settle_ends(connection: Connection, caller: Caller, *, store: int) -> None:
    """Give back what the caller's life was lent, once its end on a disk that left it is here.

    The life that came after it takes over what numbers its members were given.
    """
    waiting = connection.execute(
        select(incarnations.c.n, incarnations.c.parent_seq, incarnations.c.parent_head).where(
            incarnations.c.terminal_id == caller.terminal,
            incarnations.c.parent == caller.incarnation,
            incarnations.c.parent_branch.is_(None),
        )
    ).all()
    for child in waiting:
        branch = branch_of(connection, caller, child.parent_seq, child.parent_head)
        if branch is None:
            continue
        connection.execute(
            update(incarnations)
            .where(incarnations.c.terminal_id == caller.terminal, incarnations.c.n == child.n)
            .values(parent_branch=branch)
        )
        renumbering.inherit(connection, caller, branch=branch, heir=child.n)
        if _is_over(connection, caller):
            rows = lease_rows.held_by(connection, caller.terminal, caller.incarnation)
            freed = lease_rows.free(connection, rows, LeaseState.CLOSED)
            units.take_back(connection, caller.terminal, incarnation=caller.incarnation)
            raise_members(connection, dict.fromkeys(freed, store))


def branch_of(connection: Connection, caller: Caller, seq: int, head: bytes) -> int | None:
    """Return in which branch of the caller's life the event `seq` has this hash, None for none."""
    base = connection.execute(_BASE, named(caller)).one()
    if seq == (base.parent_seq or 0):
        begins = chain.first_hash(
            terminal=caller.terminal, incarnation=caller.incarnation, public_key=base.public_key
        )
        return 0 if head == begins else None
    for table in (events, repeats):
        asked = {**named(caller), "of_seq": seq, "of_hash": head}
        branch: int | None = connection.scalar(_branches(table), asked)
        if branch is not None:
            return branch
    return None


@cache
def _branches(table: Table) -> Select[Any]:
    """The statement that finds the first branch in which an event has a hash."""
    return (
        select(table.c.branch)
        .where(
            table.c.terminal_id == OF_TERMINAL,
            table.c.incarnation == OF_LIFE,
            table.c.seq == bindparam("of_seq"),
            table.c.hash == bindparam("of_hash"),
        )
        .order_by(table.c.branch)
        .limit(1)
    )


def _begun(connection: Connection, caller: Caller, asked: bytes) -> tuple[int, int] | None:
    """The life that was begun for this request, and its issuer."""
    for row in connection.execute(
        select(incarnations.c.n, incarnations.c.issuer).where(
            incarnations.c.terminal_id == caller.terminal, incarnations.c.asked == asked
        )
    ):
        return row.n, row.issuer
    return None


def _descend(connection: Connection, caller: Caller, life: int, asked: bytes, end: _End) -> None:
    connection.execute(
        update(incarnations)
        .where(incarnations.c.terminal_id == caller.terminal, incarnations.c.n == life)
        .values(
            asked=asked,
            parent=caller.incarnation,
            parent_seq=end.seq,
            parent_head=end.head,
            epoch=epoch(connection),
        )
    )


def _leave(connection: Connection, caller: Caller, *, goes_on: bool) -> None:
    """Note that a life is over; one that two machines wrote stays known as such."""
    if goes_on:
        return
    connection.execute(
        update(incarnations)
        .where(is_life(caller), incarnations.c.state == int(IncarnationState.ACTIVE))
        .values(state=int(IncarnationState.ENDED))
    )


def _is_over(connection: Connection, caller: Caller) -> bool:
    state: int = connection.execute(
        select(incarnations.c.state).where(is_life(caller))
    ).scalar_one()
    return state != IncarnationState.ACTIVE


def _report(
    office: HeadOffice,
    connection: Connection,
    caller: Caller,
    request: Reincarnate,
    life: int,
    now: int,
) -> None:
    note(
        office,
        connection,
        at=now,
        actor=f"terminal:{caller.terminal}",
        act="life_began",
        subject=f"incarnation:{life}",
        facts={"after": caller.incarnation, "why": request.why, "last_seq": request.last_seq},
    )


def _end_in(request: Reincarnate) -> _End:
    if not 0 <= request.last_seq <= WHOLE_MAX:
        raise Refused(Reason.BATCH_UNREADABLE)
    return _End(request.last_seq, _octets(request.head, _HASH_BYTES))


def _octets(text: str, length: int) -> bytes:
    try:
        octets = bytes.fromhex(text)
    except ValueError as fault:
        raise Refused(Reason.BATCH_UNREADABLE) from fault
    if len(octets) != length:
        raise Refused(Reason.BATCH_UNREADABLE)
    return octets
