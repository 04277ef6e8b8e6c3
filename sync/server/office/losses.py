"""Losses: a terminal that will not come back is declared lost, and its members are made whole.

For a week it may still turn up. Then what is left of its leases goes back to the members, and what
it reports of them later is the shop's loss. It is heard at any time, and told nothing any more.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select, update

from sync.programme.permissions import Act, require
from sync.programme.refusals import Reason, Refused
from sync.server.office import lease_rows, units
from sync.server.office.audit import note
from sync.server.office.documents import rulebook
from sync.server.office.feed import raise_members
from sync.server.office.head_office import DAY_MS, HeadOffice
from sync.server.store.states import LeaseState, TerminalState
from sync.server.store.tables import staff as people
from sync.server.store.tables import terminals

GRACE_DAYS = 7
CONSOLE = 0  # whoever has the server's console has every permission


def declare_lost(
    office: HeadOffice, terminal: int, *, staff: int, now: int, grace_days: int = GRACE_DAYS
) -> int:
    """Give up on a terminal; return how many leases were written off at once.

    With `grace_days` 0 its members get their points back now. Raises Refused: NOT_PERMITTED,
    TERMINAL_UNKNOWN.
    """
    lost_at = now - (GRACE_DAYS - grace_days) * DAY_MS
    with office.database.write() as connection:
        _check(connection, staff, now)
        _turn(connection, terminal, TerminalState.LOST, lost_at)
        facts = {"grace_days": grace_days}
        _note(office, connection, terminal, "terminal_lost", staff, now, facts)
        return _settle(office, connection, terminal, now) if grace_days <= 0 else 0


def declare_found(office: HeadOffice, terminal: int, *, staff: int, now: int) -> None:
    """Let a terminal that has turned up go on. What was written off stays with the members.

    Raises Refused: NOT_PERMITTED, TERMINAL_UNKNOWN.
    """
    with office.database.write() as connection:
        _check(connection, staff, now)
        _turn(connection, terminal, TerminalState.ACTIVE, None)
        _note(office, connection, terminal, "terminal_found", staff, now, {})


def settle_lost(office: HeadOffice, *, now: int) -> int:
    """Write off the leases of terminals whose grace is over; return how many. Safe to repeat."""
    with office.database.read() as connection:
        over = connection.scalars(
            select(terminals.c.terminal_id)
            .where(
                terminals.c.state == int(TerminalState.LOST),
                terminals.c.lost_at <= now - GRACE_DAYS * DAY_MS,
            )
            .order_by(terminals.c.terminal_id)
        ).all()
    settled = 0
    for terminal in over:
        with office.database.write() as connection:
            settled += _settle(office, connection, terminal, now)
    return settled


def _settle(office: HeadOffice, connection: Connection, terminal: int, now: int) -> int:
    units.take_back(connection, terminal, state=LeaseState.WRITTEN_OFF)
    rows = lease_rows.held_by_all_lives(connection, terminal)
    if not rows:
        return 0
    points = sum(row.amount - row.spent for row in rows)
    freed = lease_rows.free(connection, rows, LeaseState.WRITTEN_OFF)
    facts = {"leases": len(rows), "points": points}
    _note(office, connection, terminal, "leases_written_off", CONSOLE, now, facts)
    raise_members(connection, dict.fromkeys(freed, 0))
    return len(rows)


def _check(connection: Connection, staff: int, now: int) -> None:
    if staff == CONSOLE:
        return
    role = connection.scalar(select(people.c.role).where(people.c.staff_id == staff))
    if role is None:
        raise Refused(Reason.STAFF_UNKNOWN)
    require(rulebook(connection).in_force(now), role, Act.MANAGE)


def _turn(connection: Connection, terminal: int, state: TerminalState, lost_at: int | None) -> None:
    turned = connection.execute(
        update(terminals)
        .where(terminals.c.terminal_id == terminal)
        .values(state=int(state), lost_at=lost_at)
    )
    if not turned.rowcount:
        raise Refused(Reason.TERMINAL_UNKNOWN)


def _note(
    office: HeadOffice,
    connection: Connection,
    terminal: int,
    act: str,
    staff: int,
    now: int,
    facts: Mapping[str, int | str],
) -> None:
    actor = f"staff:{staff}" if staff else "server"
    subject = f"terminal:{terminal}"
    note(office, connection, at=now, actor=actor, act=act, subject=subject, facts=facts)
