"""Journal: the terminal's own events, chained, as the bytes that are hashed and sent.

Guarantees that sequences have no gap, that each hash covers the one before, and that the events of
one visit stand side by side. Nothing here decides anything; the ledger opens the transaction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from loyalty_desk.store.database import Connection
from sync.client.replica import Head
from sync.programme.refusals import Reason, Refused
from sync.protocol import events
from sync.protocol.chain import next_hash
from sync.protocol.events import AnyEvent

MEMBER_OF_CARD = 0  # the journal's member of an accrual on a card that is not known here


@dataclass(frozen=True, slots=True)
class Act:
    """One event to record, with `seq` 0, and what stays beside it on the terminal.

    `explain` is the desk's own account of the points; `waits` tells that they are pending. `salt`
    and `payload` are the sealed personal data of an enrolment.
    """

    event: AnyEvent
    explain: bytes = b""
    salt: bytes = b""
    payload: bytes = b""
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An act with its place in the chain."""

    act: Act
    event: AnyEvent
    hash: bytes
    body: bytes

    @property
    def kept(self) -> "Kept":
        """The entry as it will be read back."""
        return Kept(self.event.seq, self.act.waits, self.event, self.act.explain)


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as the journal holds it, decoded."""

    seq: int
    waits: bool
    event: AnyEvent
    explain: bytes


def chained(acts: Sequence[Act], head: Head) -> tuple[list[Entry], Head]:
    """Return the acts as events in their places behind `head`, and the new head."""
    entries = []
    seq, last = head.seq, head.hash
    for act in acts:
        assert act.event.seq == 0, act.event
        seq += 1
        event = msgspec.structs.replace(act.event, seq=seq)
        body = events.encode(event)
        assert len(body) <= events.EVENT_BYTES_MAX, len(body)
        last = next_hash(last, body)
        entries.append(Entry(act, event, last, body))
    return entries, Head(seq, last)


def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write entries behind the last one, with their sealed payloads."""
    connection.executemany(
        "INSERT INTO journal (seq, event, visit, member, at, waits, hash, body, explain)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_row(entry) for entry in entries],
    )
    for entry in entries:
        if entry.act.payload:
            connection.execute(
                "INSERT INTO sealed (seq, event, salt, payload) VALUES (?, ?, ?, ?)",
                (
                    entry.event.seq,
                    bytes.fromhex(entry.event.id),
                    entry.act.salt,
                    entry.act.payload,
                ),
            )


def head(connection: Connection, first: bytes) -> Head:
    """Return the end of the chain; `first` is the hash before the first event."""
    last = connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(*last) if last else Head(0, first)


def hash_at(connection: Connection, seq: int) -> bytes | None:
    """Return the hash of an event, None when the journal does not hold it (any more)."""
    found = connection.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone()
    return found[0] if found else None


def bodies(connection: Connection, after: int, limit: int) -> list[tuple[int, bytes, bytes]]:
    """Return (sequence, hash, body) of up to `limit` events behind `after`, in order."""
    return connection.execute(
        "SELECT seq, hash, body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
    ).fetchall()


def sealed(connection: Connection, first: int, last: int) -> list[tuple[bytes, bytes, bytes]]:
    """Return (event, salt, payload) of the enrolments between two sequences, both included."""
    return connection.execute(
        "SELECT event, salt, payload FROM sealed WHERE seq BETWEEN ? AND ? ORDER BY seq",
        (first, last),
    ).fetchall()


def since(connection: Connection, after: int) -> Iterator[Kept]:
    """Return the events behind `after`, in order."""
    rows = connection.execute(
        "SELECT seq, waits, body, explain FROM journal WHERE seq > ? ORDER BY seq", (after,)
    )
    return map(_kept, rows)


def latest(connection: Connection, limit: int) -> list[Kept]:
    """Return the last `limit` events, in order."""
    rows = connection.execute(
        "SELECT seq, waits, body, explain FROM journal ORDER BY seq DESC LIMIT ?", (limit,)
    ).fetchall()
    return [_kept(row) for row in reversed(rows)]


def payloads(connection: Connection, after: int) -> dict[int, bytes]:
    """Return the sealed payloads of enrolments behind `after`, by sequence."""
    rows = connection.execute("SELECT seq, payload FROM sealed WHERE seq > ?", (after,))
    return dict(rows.fetchall())


def is_undone(connection: Connection, visit_id: str) -> bool:
    """Say whether a visit was taken back here."""
    found = connection.execute("SELECT 1 FROM voids WHERE visit = ?", (bytes.fromhex(visit_id),))
    return found.fetchone() is not None


def backwards(connection: Connection) -> Iterator[Kept]:
    """Return all events, the newest first."""
    rows = connection.execute("SELECT seq, waits, body, explain FROM journal ORDER BY seq DESC")
    return map(_kept, rows)


def visit(connection: Connection, visit_id: str) -> list[Kept]:
    """Return the events of a visit in order; none for one that this journal does not hold.

    Looked for from the newest on, without an index: an act would have to write it.
    """
    first = connection.execute(
        "SELECT seq FROM journal WHERE event = ? AND visit IS NULL ORDER BY seq DESC LIMIT 1",
        (bytes.fromhex(visit_id),),
    ).fetchone()
    if first is None:
        return []
    found = []
    for kept in since(connection, first[0] - 1):
        if events.visit_of(kept.event) != visit_id:
            break
        found.append(kept)
    return found


def undoable(connection: Connection, target: str) -> list[Kept]:
    """Return the events that a void of the visit `target` takes back.

    Raises Refused: ALREADY_UNDONE; NOTHING_TO_UNDO when there is no such visit here, or when it is
    no more than an enrolment, which is corrected and not undone.
    """
    if is_undone(connection, target):
        raise Refused(Reason.ALREADY_UNDONE)
    kept = visit(connection, target)
    if not any(isinstance(k.event, events.AccrualEvent | events.RedemptionEvent) for k in kept):
        raise Refused(Reason.NOTHING_TO_UNDO)
    return kept


def forget(connection: Connection, *, acked: int, before: int) -> None:
    """Drop acknowledged events from before `before` (ms UTC).

    The event `acked` stays, for its hash: the next push begins behind it.
    """
    young = connection.execute(
        "SELECT seq FROM journal WHERE at >= ? ORDER BY seq LIMIT 1", (before,)
    ).fetchone()
    last = connection.execute("SELECT max(seq) FROM journal").fetchone()[0] or 0
    until = min(acked - 1, last - 1, young[0] - 1 if young else last)
    connection.execute("DELETE FROM journal WHERE seq <= ?", (until,))


def _kept(row: tuple[int, int, bytes, bytes]) -> Kept:
    seq, waits, body, explain = row
    return Kept(seq, bool(waits), events.decode(body), explain)


def _row(entry: Entry) -> tuple[object, ...]:
    event = entry.event
    member = MEMBER_OF_CARD if isinstance(event, events.VoidEvent) else event.member
    return (
        event.seq,
        bytes.fromhex(event.id),
        bytes.fromhex(event.visit) if event.visit else None,
        member,
        event.at,
        entry.act.waits,
        entry.hash,
        entry.body,
        entry.act.explain,
    )
