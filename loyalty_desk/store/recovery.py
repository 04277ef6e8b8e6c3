"""Recovery: a ledger that went back, rotted or is gone, brought up to what the salvage file holds.

Nothing unsent is lost while one of the two files can be read. What cannot be proven afresh is
which leases were spent: they are void, and the terminal leaves its life. A file that cannot be read
is put aside, never deleted.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from loyalty_desk.store import claims, integrity, journal, meta, whole_file
from loyalty_desk.store.database import Connection, connect, refusing, spoilt_is_damaged
from loyalty_desk.store.lives import first_of
from loyalty_desk.store.salvage import AckNote, Copy, LifeNote, Line, Payload
from sync.client.replica import Head, Identity
from sync.programme.refusals import Reason, Refused
from sync.protocol.chain import next_hash
from sync.protocol.events import AccrualEvent, VoidEvent

Row: TypeAlias = tuple[Any, ...]

_ENDINGS = ("", "-wal", "-shm")
_ASIDE = ".damaged-"
# What is worth having from a file whose journal is hurt; all of it but the first comes with a pull.
_BESIDE = ("parked", "shifts", "attention", "documents", "staff", "vouchers")

_identity = msgspec.json.Decoder(Identity)


@dataclass(slots=True)
class Held:
    """What salvage lines hold, sorted: events, lives by where they begin, the acknowledgement."""

    copies: dict[int, Copy] = field(default_factory=dict)
    lives: dict[int, LifeNote] = field(default_factory=dict)
    payloads: dict[int, Payload] = field(default_factory=dict)
    acked: int = 0

    def add(self, lines: Iterable[Line]) -> None:
        """Sort lines; of two about the same the later one counts."""
        for line in lines:
            if isinstance(line, Copy):
                self.copies[line.seq] = line
            elif isinstance(line, LifeNote):
                self.lives[line.begins] = line
            elif isinstance(line, Payload):
                self.payloads[line.seq] = line
            else:
                self.acked = line.acked


def bring_up(connection: Connection, held: Held) -> int:
    """Put back what a ledger lacks behind its last event; return how many events.

    An empty ledger begins where the salvage begins. A copy that does not continue the chain is
    where it ends. The caller voids the leases.
    """
    known = meta.value(connection, "identity", b"")
    if not known and not _begin(connection, held):
        return 0
    count, head = 0, _head(connection)
    while True:
        head = _next_life(connection, held, head)
        copy = held.copies.get(head.seq + 1)
        if copy is None or next_hash(head.hash, copy.body) != copy.hash:
            return count
        _put_back(connection, held, copy)
        head, count = Head(copy.seq, copy.hash), count + 1


def _begin(connection: Connection, held: Held) -> bool:
    """Make an empty ledger one of this terminal, with the oldest event that is held."""
    first = min(held.copies, default=0)
    lives = [one for begins, one in sorted(held.lives.items()) if begins < first or not first]
    if not lives:
        return False
    life = lives[-1]
    meta.keep(
        connection,
        identity=msgspec.json.encode(life.identity),
        begins=life.begins,
        acked=held.acked,
    )
    if first > life.begins + 1:  # the events before it are forgotten: its hash is as good as theirs
        _put_back(connection, held, held.copies[first])
    return True


def _head(connection: Connection) -> Head:
    identity = _identity.decode(meta.value(connection, "identity", b""))
    begins = meta.value(connection, "begins", 0)
    return journal.head(connection, Head(begins, first_of(identity)))


def _next_life(connection: Connection, held: Held, head: Head) -> Head:
    """Go on in the life that begins at `head`, if one does."""
    life = held.lives.get(head.seq)
    old = _identity.decode(meta.value(connection, "identity", b""))
    if life is None or life.identity.incarnation <= old.incarnation:
        return head
    begins = meta.value(connection, "begins", 0)
    delivered = min(max(begins, meta.value(connection, "acked", 0)), head.seq)
    connection.execute(
        "INSERT OR REPLACE INTO lives (incarnation, identity, begins, ends, delivered, given_up,"
        " left_by) VALUES (?, ?, ?, ?, ?, '', ?)",
        (
            old.incarnation,
            msgspec.json.encode(old),
            begins,
            head.seq,
            delivered,
            life.begun_by,
        ),
    )
    meta.keep(connection, identity=msgspec.json.encode(life.identity), begins=head.seq)
    return Head(head.seq, first_of(life.identity))


def _put_back(connection: Connection, held: Held, copy: Copy) -> None:
    event = journal.put_back(connection, copy, held.payloads.get(copy.seq))
    if isinstance(event, AccrualEvent) and event.receipt:
        connection.execute(
            "INSERT INTO receipts (key, at, seq) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING",
            (event.receipt, event.server_at, event.seq),
        )
    elif isinstance(event, VoidEvent):
        first = journal.first_of(connection, event.target)
        if first is not None and not journal.is_undone(connection, event.target):
            claims.undo_visit(connection, event, journal.visit_from(connection, first))


def readable(path: Path, key: bytes, after: int) -> tuple[list[Line], dict[str, list[Row]]]:
    """Return what can still be read of a hurt ledger: events behind `after`, and what is beside."""
    lines: list[Line] = []
    tables: dict[str, list[Row]] = {}
    if not path.exists():
        return lines, tables
    try:
        with refusing():
            connection = connect(path, key, synchronous="FULL", cache_kib=1024)
    except Refused:
        return lines, tables
    for part in (_life_in, _events_in):
        with suppress(Refused), spoilt_is_damaged():
            lines += part(connection, after)
    for table in _BESIDE:
        with suppress(Refused), spoilt_is_damaged():
            tables[table], _all = integrity.sound_rows(connection, table)
    connection.close()
    return lines, tables


def _life_in(connection: Connection, _after: int) -> list[Line]:
    identity = meta.value(connection, "identity", b"")
    life = LifeNote(meta.value(connection, "begins", 0), _identity.decode(identity))
    return [life, AckNote(meta.value(connection, "acked", 0))] if identity else []


def _events_in(connection: Connection, after: int) -> list[Line]:
    """One by one, up to the first that cannot be read."""
    lines: list[Line] = []
    with suppress(Refused), spoilt_is_damaged():
        while True:
            events, payloads = journal.copies(connection, after, 1)
            if not events:
                break
            lines += [*events, *payloads]
            after = events[0].seq
    return lines


def put_beside(connection: Connection, tables: Mapping[str, Sequence[Row]]) -> None:
    """Put what lay beside a hurt journal beside a new one."""
    for table, rows in tables.items():
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)


def remove(path: Path) -> None:
    """Remove a database that was never finished."""
    for ending in _ENDINGS:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def all_put_aside(path: Path) -> tuple[Path, ...]:
    """Return where databases lie that could not be read."""
    return tuple(path.parent.glob(f"{path.name}{_ASIDE}*"))


def last_put_aside(path: Path) -> int:
    """Return when a database that could not be read was last put aside, ms UTC; 0 for never."""
    times = (aside.name.rpartition("-")[2] for aside in all_put_aside(path))
    return max((int(at) for at in times if at.isdecimal()), default=0)


def put_aside(path: Path, now: int) -> Path:
    """Move a database that cannot be read out of the way, whole; return where it lies now."""
    aside = path.with_name(f"{path.name}{_ASIDE}{now}")
    try:
        aside.mkdir(mode=0o700, exist_ok=True)
        for ending in _ENDINGS:
            file = path.with_name(path.name + ending)
            if file.exists():
                file.replace(aside / file.name)
        whole_file.settle(path.parent)
    except OSError as fault:
        raise Refused(Reason.DISK_FULL) from fault
    return aside
