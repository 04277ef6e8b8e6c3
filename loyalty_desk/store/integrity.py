"""Integrity: every event's hash recomputed, every page read: what a disk has changed shows.

The file is encrypted page by page with a check value each (SQLCipher: HMAC-SHA-512), so a page that
can be read is a page as it was written: leases, receipts and verifiers need none of their own. The
chain covers what a page's check value cannot: a page that is whole, but of another time, or one
spoilt in memory. What stands beside an event, by which it is found, has to say what it says; and
what is there has to be found where it is looked for: a page that leads astray is whole too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from loyalty_desk.store import journal
from loyalty_desk.store.database import Connection, columns, columns_after
from loyalty_desk.store.migrations import LEDGER_STEPS
from sync.programme.refusals import Reason, Refused
from sync.protocol import events
from sync.protocol.chain import next_hash

# These grow for 90 days; all others are small.
_LARGE = ("journal", "receipts")
_KINDS: Mapping[str, type] = {"INTEGER": int, "TEXT": str, "BLOB": bytes, "": object}
# A changed bit can make a text of bytes: what is in it is the same, and nobody can send it.
_AS_MADE = "typeof(hash) || typeof(body) || typeof(event) || typeof(explain) = 'blobblobblobblob'"
_IS_FOUND = "EXISTS (SELECT 1 FROM journal AS found WHERE found.seq = journal.seq)"


def read_small(connection: Connection) -> None:
    """Read every table that is small; raises what the driver raises for a page that is hurt.

    Raises Refused(DATABASE_DAMAGED) when tables or columns are not those that were made, and when
    a row would not be found where it is looked for.
    """
    if columns(connection) != columns_after(LEDGER_STEPS):
        raise Refused(Reason.DATABASE_DAMAGED)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in names:
        if table not in _LARGE:
            _check_order(connection, table)
            if not sound_rows(connection, table)[1]:
                raise Refused(Reason.DATABASE_DAMAGED)


def _check_order(connection: Connection, table: str) -> None:
    if connection.execute(f"PRAGMA integrity_check('{table}')").fetchall() != [("ok",)]:
        raise Refused(Reason.DATABASE_DAMAGED)


def sound_rows(connection: Connection, table: str) -> tuple[list[tuple[Any, ...]], bool]:
    """Return the rows of a table whose values are of their columns' types, and if that is all.

    A changed bit can make a text of bytes, or nothing, which nobody can use any more.
    """
    told = connection.execute(
        f"SELECT type, pk OR \"notnull\" FROM pragma_table_info('{table}') ORDER BY cid"
    )
    nothing = type(None)
    kinds = [
        _KINDS.get(kind, object) if needed else (_KINDS.get(kind, object), nothing)
        for kind, needed in told.fetchall()
    ]
    found = connection.execute(f"SELECT * FROM {table}").fetchall()
    sound = [row for row in found if all(map(isinstance, row, kinds))]
    return sound, len(sound) == len(found)


def read_receipts(connection: Connection) -> None:
    """Read all claims of receipts; raises what the driver raises for a page that is hurt.

    Raises Refused(DATABASE_DAMAGED) for a key that is no text any more or would not be found.
    """
    _check_order(connection, "receipts")
    found = connection.execute(
        "SELECT count(key), sum(at), sum(seq), total(typeof(key) <> 'text') FROM receipts"
    )
    if found.fetchone()[3]:
        raise Refused(Reason.DATABASE_DAMAGED)


def broken(
    connection: Connection, starts: Mapping[int, bytes], after: int, limit: int
) -> tuple[list[int], int]:
    """Return which of `limit` events behind `after` are not as they were, and the last one.

    `starts` are the hashes before the first event of each life. Of the very first event that is
    held the hash before it may be forgotten: it is taken as it is.

    Raises Refused(DATABASE_DAMAGED) when an event would not be found where it is looked for, or
    when it is the pages of the journal that are not as they were.
    """
    rows = connection.execute(
        f"SELECT seq, {_IS_FOUND}, {_AS_MADE}, CAST(hash AS BLOB), CAST(body AS BLOB),"
        " CAST(event AS BLOB), CAST(visit AS BLOB), member, at"
        " FROM journal WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, limit),
    ).fetchall()
    before = connection.execute("SELECT hash FROM journal WHERE seq = ?", (after,)).fetchone()
    first = connection.execute("SELECT min(seq) FROM journal").fetchone()[0]
    # Where one is found, those behind it follow; where none is, some may have been passed over.
    if not all(row[1] for row in rows) or (before is None and first is not None and first <= after):
        raise Refused(Reason.DATABASE_DAMAGED)
    previous = before[0] if before else None
    found = []
    for seq, _, as_made, own_hash, body, *beside in rows:
        previous = starts.get(seq - 1, previous)
        told = as_made and isinstance(body, bytes) and _is_told(body, seq, beside)
        if not told or (previous is not None and next_hash(previous, body) != own_hash):
            found.append(seq)
        previous = own_hash if isinstance(own_hash, bytes) else b""
    if found:
        _check_order(connection, "journal")  # else what mends one event would spoil another
    return found, rows[-1][0] if rows else after


def _is_told(body: bytes, seq: int, beside: Sequence[object]) -> bool:
    """Say whether an event is what the columns beside it tell of it."""
    try:
        event = events.decode(body)
    except Refused:
        return False
    return event.seq == seq and journal.beside(event) == tuple(beside)
