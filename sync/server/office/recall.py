"""Recall: points that one till holds and another one needs are asked back, if it can be reached.

The holder hears of it with its next pull and gives the lease back in the same round; nothing is
taken from it before. A holder that is cut off keeps what it was lent, and who asks is told where it
is.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import LeaseRequest
from sync.server.office.feed import lease_list, raise_lists
from sync.server.office.head_office import HeadOffice
from sync.server.office.holds import hold_members
from sync.server.office.lease_rows import Lease
from sync.server.office.terminals import Caller
from sync.server.store.states import IncarnationState, LeaseState, TerminalState
from sync.server.store.tables import incarnations, leases, terminals

# A till looks for news every 15 seconds, and that it did is noted once a minute.
_REACHED_MS = 2 * 60 * 1000


def recalled(
    office: HeadOffice, caller: Caller, request: LeaseRequest, refused: Refused, *, now: int
) -> Refused:
    """Return what to answer instead of `refused` (NOT_ENOUGH_POINTS): POINTS_RECALLED, or where
    the points are, or itself. What is recalled is noted before.
    """
    missing = int(refused.facts["missing"])
    with office.database.write_together() as connection:
        hold_members(connection, [request.member])
        lent = _lent(connection, request.member)
        if any(_is_its_own(row, caller, request) for row in lent):
            return refused  # it can offer that first
        lent = [row for row in lent if row.terminal_id != caller.terminal]
        elsewhere = sum(row.amount - row.spent for row in lent)
        if not elsewhere:
            return refused
        facts = {**refused.facts, "elsewhere": elsewhere, "till": lent[0].name}
        wanted = _enough(lent, missing, now=now)
        if not wanted:
            return Refused(Reason.NOT_ENOUGH_POINTS, **facts)
        _ask_back(connection, wanted, now=now)
        return Refused(Reason.POINTS_RECALLED, **{**facts, "till": wanted[0].name})


def _is_its_own(row: Lease, caller: Caller, request: LeaseRequest) -> bool:
    """Say whether the caller holds this lease and has not offered it for the one it wants."""
    holder = (row.terminal_id, row.incarnation)
    own = holder == (caller.terminal, caller.incarnation)
    return own and row.lease_id.hex() not in request.closes


def _lent(connection: Connection, member: int) -> list[Lease]:
    """The member's leases, the largest rest first."""
    rows = connection.execute(
        select(
            leases,
            terminals.c.name,
            terminals.c.state.label("heard"),
            incarnations.c.state.label("life"),
            incarnations.c.contact_at,
        )
        .join(terminals, terminals.c.terminal_id == leases.c.terminal_id)
        .join(
            incarnations,
            (incarnations.c.terminal_id == leases.c.terminal_id)
            & (incarnations.c.n == leases.c.incarnation),
        )
        .where(
            leases.c.bucket == bucket_of(member),
            leases.c.member_id == member,
            leases.c.state == int(LeaseState.ACTIVE),
        )
        .order_by((leases.c.amount - leases.c.spent).desc(), leases.c.lease_id)
    )
    return list(rows)


def _enough(lent: Sequence[Lease], missing: int, *, now: int) -> list[Lease]:
    """The leases of tills within reach that together hold what is missing; none if they do not."""
    wanted: list[Lease] = []
    for row in lent:
        alive = row.heard == TerminalState.ACTIVE and row.life == IncarnationState.ACTIVE
        if missing > 0 and alive and row.contact_at >= now - _REACHED_MS:
            wanted.append(row)
            missing -= row.amount - row.spent
    return wanted if missing <= 0 else []


def _ask_back(connection: Connection, wanted: Sequence[Lease], *, now: int) -> None:
    for row in wanted:
        connection.execute(
            update(leases)
            .where(
                leases.c.bucket == row.bucket,
                leases.c.member_id == row.member_id,
                leases.c.lease_id == row.lease_id,
                leases.c.recalled_at.is_(None),
            )
            .values(recalled_at=now)
        )
    raise_lists(connection, {lease_list(row.terminal_id) for row in wanted})
