"""Where journals end: what each till said of its own journal, and whether all of it is here.

A till that has said at some time where its journal ends, and whose events up to there have
arrived, can bring nothing older any more. That is what frees a voucher.
"""

from itertools import pairwise

from sqlalchemy import Connection, and_, select

from sync.programme.reservations import TillLife
from sync.server.office.terminals import Caller
from sync.server.store.dialect import put_rows
from sync.server.store.states import TerminalState
from sync.server.store.tables import incarnations, journal_ends, terminals


def tell(connection: Connection, caller: Caller, *, last_seq: int, now: int) -> None:
    """Note that a life of a till said at `now` that its journal ends at `last_seq`."""
    row = {
        "terminal_id": caller.terminal,
        "incarnation": caller.incarnation,
        "told_seq": last_seq,
        "told_at": now,
    }
    put_rows(connection, journal_ends, [row])


def lives_in(connection: Connection, store: int) -> tuple[TillLife, ...]:
    """Return every life of every till of a shop. A till that was only revoked is not yet lost."""
    rows = connection.execute(
        select(
            terminals.c.terminal_id,
            terminals.c.state,
            incarnations.c.created_at,
            incarnations.c.last_seq,
            journal_ends.c.told_seq,
            journal_ends.c.told_at,
        )
        .join(incarnations, incarnations.c.terminal_id == terminals.c.terminal_id)
        .outerjoin(
            journal_ends,
            and_(
                journal_ends.c.terminal_id == incarnations.c.terminal_id,
                journal_ends.c.incarnation == incarnations.c.n,
            ),
        )
        .where(terminals.c.store_id == store)
        .order_by(terminals.c.terminal_id, incarnations.c.n)
    ).all()
    return tuple(
        TillLife(
            began=row.created_at,
            replaced=after.created_at if after and after.terminal_id == row.terminal_id else 0,
            told_at=row.told_at or 0,
            drained=row.told_seq is not None and row.last_seq >= row.told_seq,
            lost=row.state == TerminalState.LOST,
        )
        for row, after in pairwise((*rows, None))
        if row is not None
    )
