"""Lease rows: a lease as it is stored, signed and sent, and what it binds of its member's points.

What is bound here and in `balances.leased` is one sum at every moment: both change together.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, Row, bindparam, func, select, update

from sync.programme.members import bucket_of
from sync.protocol import signing
from sync.protocol.messages import LeaseRequest, LeaseRow
from sync.server.office.feed import lease_list, raise_lists
from sync.server.office.head_office import HOUR_MS, HeadOffice, Terms
from sync.server.office.owned import owned, owner
from sync.server.office.terminals import Caller
from sync.server.store import dialect
from sync.server.store.states import LeaseState
from sync.server.store.tables import balances, leases

Lease = Row[tuple[object, ...]]

# Each made once.
_OWN = (*owned(balances), balances.c.purse == 0)
_ACCOUNT = select(balances).where(*_OWN).with_for_update()
_CHANGE = (
    update(balances)
    .where(*_OWN)
    .values({name: bindparam(f"new_{name}") for name in ("leased", "points", "debt", "version")})
)
# How many points a terminal holds.
LENT = select(func.sum(leases.c.amount - leases.c.spent)).where(
    leases.c.terminal_id == bindparam("of_terminal"), leases.c.state == int(LeaseState.ACTIVE)
)
_LENT_OF_MEMBER = select(func.sum(leases.c.amount - leases.c.spent)).where(
    *owned(leases), leases.c.state == int(LeaseState.ACTIVE)
)
_HELD = (
    select(leases)
    .where(leases.c.terminal_id == bindparam("of_terminal"))
    .where(leases.c.state == int(LeaseState.ACTIVE))
    .order_by(leases.c.granted_at, leases.c.lease_id)
)
_HELD_BY_LIFE = _HELD.where(leases.c.incarnation == bindparam("of_life"))


def offer(
    office: HeadOffice, caller: Caller, request: LeaseRequest, terms: Terms, *, now: int
) -> tuple[LeaseRow, dialect.Row]:
    """Return a lease of what a caller asks for, granted now and signed, and its stored row."""
    lease = bytes.fromhex(request.id)
    stops_at = now + terms.rules.limits.lease_hours * HOUR_MS
    part = signing.grant_part(
        terminal=caller.terminal,
        incarnation=caller.incarnation,
        epoch=terms.epoch,
        lease=lease,
        member=request.member,
        amount=request.points,
        granted_at=now,
        stops_at=stops_at,
    )
    signed = LeaseRow(
        request.id,
        request.member,
        request.points,
        0,
        stops_at,
        granted_at=now,
        epoch=terms.epoch,
        signature=signing.sign_ack(office.keys.config, part),
    )
    row = stored_row(caller, lease, signed, epoch=terms.epoch, signature=signed.signature)
    return signed, row


def stored_row(
    caller: Caller, lease: bytes, offer: LeaseRow, *, epoch: int, signature: str
) -> dialect.Row:
    """Return the row of `leases` for a lease of the caller's life."""
    return {
        "bucket": bucket_of(offer.member),
        "member_id": offer.member,
        "lease_id": lease,
        "terminal_id": caller.terminal,
        "incarnation": caller.incarnation,
        "purse": 0,
        "amount": offer.amount,
        "spent": 0,
        "granted_at": offer.granted_at,
        "stops_at": offer.stops_at,
        "state": int(LeaseState.ACTIVE),
        "epoch": epoch,
        "signature": signature,
        "recalled_at": None,
    }


def sent(row: Lease) -> LeaseRow:
    """Return a stored lease as it travels."""
    return LeaseRow(
        id=row.lease_id.hex(),
        member=row.member_id,
        amount=row.amount,
        spent=row.spent,
        stops_at=row.stops_at,
        granted_at=row.granted_at,
        epoch=row.epoch,
        signature=row.signature,
        recalled=row.recalled_at is not None,
    )


def held_by(connection: Connection, terminal: int, incarnation: int) -> list[Lease]:
    """Return the leases that one life of a terminal holds and has not used up."""
    named = {"of_terminal": terminal, "of_life": incarnation}
    return list(connection.execute(_HELD_BY_LIFE, named))


def held_by_all_lives(connection: Connection, terminal: int) -> list[Lease]:
    """Return the leases that any life of a terminal holds."""
    return list(connection.execute(_HELD, {"of_terminal": terminal}))


def free(connection: Connection, rows: Iterable[Lease], state: LeaseState) -> set[int]:
    """End leases: what is left of each goes back to its member.

    Returns the members, but for those whom a restored server does not know again yet.
    """
    freed, terminals = set(), set()
    for row in rows:
        ended = connection.execute(
            update(leases)
            .where(
                leases.c.bucket == row.bucket,
                leases.c.member_id == row.member_id,
                leases.c.lease_id == row.lease_id,
                leases.c.state == int(LeaseState.ACTIVE),
            )
            .values(state=int(state))
            .returning(leases.c.amount - leases.c.spent)
        ).scalar_one_or_none()
        if ended is None:
            continue
        terminals.add(row.terminal_id)
        if bind(connection, row.member_id, -ended):
            freed.add(row.member_id)
    raise_lists(connection, (lease_list(terminal) for terminal in terminals))
    return freed


def bind(connection: Connection, member: int, points: int) -> bool:
    """Take points into `leased`, negative: out of it; False when the member has no account here.

    What a return could not take while points were lent, it takes when they come back.
    """
    row = connection.execute(_ACCOUNT, owner(member)).one_or_none()
    if row is None:
        return False
    leased = row.leased + points
    net = row.points - row.debt
    active = max(net, leased)
    changed = {
        "new_leased": leased,
        "new_points": active,
        "new_debt": active - net,
        "new_version": row.version + 1,
    }
    connection.execute(_CHANGE, {**owner(member), **changed})
    return True


def lent_of(connection: Connection, member: int) -> int:
    """Return how many points of a member all leases together hold."""
    lent: int | None = connection.scalar(_LENT_OF_MEMBER, owner(member))
    return int(lent or 0)
