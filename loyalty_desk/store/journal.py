"""Journal: the terminal's own events, chained, as the bytes that are hashed and sent.

Guarantees that sequences have no gap, that each hash covers the one before, and that the events of
one visit stand side by side. Nothing here decides anything; the ledger opens the transaction.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby

import msgspec

from loyalty_desk.store.database import Connection
from loyalty_desk.store.salvage import Copy, Payload
from sync.client.replica import Head, Outgoing
from sync.programme.refusals import Reason, Refused
from sync.protocol import codec, events
from sync.protocol.chain import next_hash
from sync.protocol.events import AnyEvent
from sync.protocol.messages import Sealed

MEMBER_OF_CARD = 0  # the journal's member of an accrual on a card that is not known here


class Act(msgspec.Struct, frozen=True):
    """One event to record, with `seq` 0, and what stays beside it on the terminal.

    `explain` is the desk's own account of the points; `waits` tells that they are pending. `salt`
    and `payload` are the sealed personal data of an enrolment.
    """

    event: AnyEvent
    explain: bytes = b""
    salt: bytes = b""
    payload: bytes = b""
    waits: bool = False


class Entry(msgspec.Struct, frozen=True):
    """An act with its place in the chain."""

    act: Act
    event: AnyEvent
    hash: bytes
    body: bytes


class Kept(msgspec.Struct, frozen=True):
    """An event as the journal holds it, decoded."""

    seq: int
    waits: bool
    event: AnyEvent
    explain: bytes


@dataclass(frozen=True, slots=True)
class Stretch:
    """One life's part of the journal: behind `begins`, up to `ends`; `first` is the hash before."""

    begins: int
    ends: int
    first: bytes


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


def head(connection: Connection, begun: Head) -> Head:
    """Return the end of the chain that began at `begun`."""
    last = connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(*last) if last and last[0] > begun.seq else begun


def hash_at(connection: Connection, life: Stretch, seq: int) -> bytes | None:
    """Return the hash of one of a life's events, None when the journal does not hold it."""
    if seq == life.begins:
        return life.first
    if not life.begins < seq <= life.ends:
        return None
    found = connection.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone()
    return found[0] if found else None


def outgoing(connection: Connection, life: Stretch, *, after: int, limit: int) -> Outgoing | None:
    """Return up to `limit` of a life's events behind `after`, None when there are none.

    Raises Refused(CHAIN_GAP) when the journal does not hold what comes next.
    """
    rows = connection.execute(
        "SELECT seq, hash, body FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
        (after, life.ends, limit),
    ).fetchall()
    if not rows:
        return None
    previous = hash_at(connection, life, after)
    if previous is None or rows[-1][0] != after + len(rows):
        raise Refused(Reason.CHAIN_GAP, expected=after + 1)
    sealed = connection.execute(
        "SELECT event, salt, payload FROM sealed WHERE seq BETWEEN ? AND ? ORDER BY seq",
        (after + 1, rows[-1][0]),
    ).fetchall()
    return Outgoing(
        from_seq=after + 1,
        previous=previous,
        head=Head(*rows[-1][:2]),
        bodies=tuple(row[2] for row in rows),
        sealed=tuple(_sealed_line(*row) for row in sealed),
    )


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


def one(connection: Connection, seq: int) -> Kept | None:
    """Return one event, None when the journal does not hold it."""
    row = connection.execute(
        "SELECT seq, waits, body, explain FROM journal WHERE seq = ?", (seq,)
    ).fetchone()
    return _kept(row) if row else None


def owners(connection: Connection, after: int) -> Iterator[tuple[int, int, Kept | None]]:
    """Return each event behind `after`: its sequence and its member; decoded when it names none."""
    rows = connection.execute(
        "SELECT seq, member, waits, iif(member, NULL, body), explain FROM journal"
        " WHERE seq > ? ORDER BY seq",
        (after,),
    )
    for seq, member, waits, body, explain in rows:
        yield seq, member, None if body is None else _kept((seq, waits, body, explain))


def enrolments(connection: Connection, after: int) -> list[tuple[Kept, bytes]]:
    """Return the enrolments behind `after` whose sealed payloads are still here, with these."""
    rows = connection.execute(
        "SELECT j.seq, j.waits, j.body, j.explain, s.payload FROM sealed s"
        " JOIN journal j ON j.seq = s.seq WHERE s.seq > ? ORDER BY s.seq",
        (after,),
    ).fetchall()
    return [(_kept(row[:4]), row[4]) for row in rows]


def copies(connection: Connection, after: int, limit: int) -> tuple[list[Copy], list[Payload]]:
    """Return up to `limit` events behind `after`, and their sealed payloads, in order.

    Raises Refused(DATABASE_DAMAGED) where a page leads astray: who asks on would never end.
    """
    rows = connection.execute(
        "SELECT seq, waits, hash, body, explain FROM journal WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, limit),
    ).fetchall()
    if rows and rows[0][0] <= after:
        raise Refused(Reason.DATABASE_DAMAGED)
    last = rows[-1][0] if rows else after
    sealed = connection.execute(
        "SELECT seq, salt, payload FROM sealed WHERE seq > ? AND seq <= ? ORDER BY seq",
        (after, last),
    ).fetchall()
    return [Copy(row[0], bool(row[1]), *row[2:]) for row in rows], [Payload(*r) for r in sealed]


def put_back(connection: Connection, copy: Copy, payload: Payload | None) -> AnyEvent:
    """Write an event in its own place, whatever stands there; return it."""
    event = events.decode(copy.body)
    visit = bytes.fromhex(event.visit) if event.visit else None
    connection.execute(
        "INSERT OR REPLACE INTO journal (seq, event, visit, member, at, waits, hash, body, explain)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            copy.seq,
            bytes.fromhex(event.id),
            visit,
            _member(event),
            event.at,
            copy.waits,
            copy.hash,
            copy.body,
            copy.explain,
        ),
    )
    if payload is not None:
        connection.execute(
            "INSERT OR REPLACE INTO sealed (seq, event, salt, payload) VALUES (?, ?, ?, ?)",
            (copy.seq, bytes.fromhex(event.id), payload.salt, payload.payload),
        )
    return event


def is_undone(connection: Connection, visit_id: str) -> bool:
    """Say whether a visit was taken back here."""
    found = connection.execute("SELECT 1 FROM voids WHERE visit = ?", (bytes.fromhex(visit_id),))
    return found.fetchone() is not None


def backwards(connection: Connection) -> Iterator[Kept]:
    """Return all events, the newest first."""
    rows = connection.execute("SELECT seq, waits, body, explain FROM journal ORDER BY seq DESC")
    return map(_kept, rows)


def first_of(connection: Connection, visit_id: str) -> int | None:
    """Return the sequence of a visit's first event, searching from the newest on; None for none."""
    found = connection.execute(
        "SELECT seq FROM journal WHERE event = ? AND visit IS NULL ORDER BY seq DESC LIMIT 1",
        (bytes.fromhex(visit_id),),
    ).fetchone()
    return found[0] if found else None


def visit_from(connection: Connection, first: int) -> list[Kept]:
    """Return the events of the visit that begins at `first`, in order."""
    asked = "SELECT seq, waits, body, explain FROM journal WHERE seq >= ? ORDER BY seq"
    with closing(connection.execute(asked, (first,))) as rows:
        visits = groupby(map(_kept, rows), key=lambda one: events.visit_of(one.event))
        return next((list(visit) for _, visit in visits), [])


def last_at_before(connection: Connection, seq: int) -> int:
    """Return when the event before `seq` was recorded (ms UTC), 0 when there is none."""
    found = connection.execute(
        "SELECT at FROM journal WHERE seq < ? ORDER BY seq DESC LIMIT 1", (seq,)
    ).fetchone()
    return found[0] if found else 0


def forget(connection: Connection, *, acked: int, until: int) -> None:
    """Drop acknowledged events up to the event `until`, with what was said of them.

    The event `acked` stays, for its hash: the next push begins behind it.
    """
    last = connection.execute("SELECT max(seq) FROM journal").fetchone()[0] or 0
    until = min(acked - 1, last - 1, until)
    connection.execute("DELETE FROM journal WHERE seq <= ?", (until,))
    connection.execute("DELETE FROM voids WHERE seq <= ?", (until,))
    connection.execute("DELETE FROM attention WHERE seq <= ?", (until,))


def _kept(row: tuple[int, int, bytes, bytes]) -> Kept:
    seq, waits, body, explain = row
    try:
        return Kept(seq, bool(waits), events.decode(body), explain)
    except (Refused, TypeError) as fault:  # it was an event when it was written
        raise Refused(Reason.DATABASE_DAMAGED) from fault


def _sealed_line(event: bytes, salt: bytes, payload: bytes) -> bytes:
    return codec.encode(Sealed(event=event.hex(), salt=salt.hex(), payload=payload.decode()))


def _member(event: AnyEvent) -> int:
    return MEMBER_OF_CARD if isinstance(event, events.VoidEvent) else event.member


def beside(event: AnyEvent) -> tuple[object, ...]:
    """Return what stands beside an event in its row: its id, its visit, its member and its time."""
    return (
        bytes.fromhex(event.id),
        bytes.fromhex(event.visit) if event.visit else None,
        _member(event),
        event.at,
    )


def _row(entry: Entry) -> tuple[object, ...]:
    return (
        entry.event.seq,
        *beside(entry.event),
        entry.act.waits,
        entry.hash,
        entry.body,
        entry.act.explain,
    )
