"""Shelf: what lies beside the journal: visits on hold, results that need somebody, shifts.

Guarantees that all of it survives a restart; none of it is part of an act.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from loyalty_desk.store import journal, visits
from loyalty_desk.store.database import Connection, Database
from loyalty_desk.store.visits import ShiftCounts
from sync.protocol.messages import Result

_facts = msgspec.json.Decoder(dict[str, int | str])


@dataclass(frozen=True, slots=True)
class Parked:
    """A visit on hold since `at` (ms UTC). `body` is the desk's own encoding of it."""

    id: str
    at: int
    staff: int
    member: int
    body: bytes


class ParkedVisits:
    """Visits on hold, in the ledger's file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Parked, ...]:
        """Return the visits on hold, the oldest first."""
        with self._database.reading() as connection:
            return _parked(connection)

    def keep(self, parked: Parked) -> None:
        """Put a visit on hold, in place of what was kept of it before."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO parked (id, at, staff, member, body)"
                " VALUES (?, ?, ?, ?, ?)",
                (parked.id, parked.at, parked.staff, parked.member, parked.body),
            )

    def drop(self, parked_id: str) -> None:
        """Take a visit off the shelf: it was opened again, or given up."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM parked WHERE id = ?", (parked_id,))


@dataclass(frozen=True, slots=True)
class Notice:
    """What the server said of an own event: its visit, member and time, and the result."""

    seq: int
    visit: str
    member: int
    at: int
    status: str
    code: str
    facts: dict[str, int | str]


class Attention:
    """Results that somebody should look at, in the ledger's file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Notice, ...]:
        """Return what nobody has dismissed yet, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT a.seq, coalesce(j.visit, j.event), j.member, j.at, a.status, a.code,"
                " a.facts FROM attention a JOIN journal j ON j.seq = a.seq"
                " WHERE NOT a.dismissed ORDER BY a.seq DESC"
            ).fetchall()
        return tuple(
            Notice(seq, visit.hex(), member, at, status, code, _facts.decode(facts))
            for seq, visit, member, at, status, code, facts in rows
        )

    def keep_all(self, results: Sequence[Result]) -> None:
        """Keep results; one that is already here stays as it is, dismissed or not."""
        if not results:
            return
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT INTO attention (seq, status, code, facts) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (seq) DO NOTHING",
                [
                    (one.seq, one.status, one.code, msgspec.json.encode(one.facts))
                    for one in results
                ],
            )

    def dismiss(self, seq: int) -> None:
        """Somebody has seen to it."""
        with self._database.writing() as connection:
            connection.execute("UPDATE attention SET dismissed = 1 WHERE seq = ?", (seq,))


@dataclass(frozen=True, slots=True)
class Shift:
    """An open shift: since when (ms UTC), and the first event that may belong to it."""

    staff: int
    since: int
    from_seq: int


class Shifts:
    """Open shifts, in the ledger's file: one a person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_one(self, staff: int, *, at: int) -> Shift:
        """Open a person's shift, or go on with the one that is open."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO shifts (staff, since, from_seq)"
                " VALUES (?, ?, 1 + (SELECT coalesce(max(seq), 0) FROM journal))"
                " ON CONFLICT (staff) DO NOTHING",
                (staff, at),
            )
            found = _shift(connection, staff)
        assert found is not None
        return found

    def current(self, staff: int) -> Shift | None:
        """Return a person's open shift, or None."""
        with self._database.reading() as connection:
            return _shift(connection, staff)

    def close(self, staff: int) -> None:
        """Close a person's shift. Unsent events stay where they are."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM shifts WHERE staff = ?", (staff,))

    def counts(self, shift: Shift) -> ShiftCounts:
        """Return what a person has done since the shift began."""
        with self._database.reading() as connection:
            kept = journal.since(connection, shift.from_seq - 1)
            return visits.counted(kept, shift.staff)


def _parked(connection: Connection) -> tuple[Parked, ...]:
    rows = connection.execute("SELECT id, at, staff, member, body FROM parked ORDER BY at, id")
    return tuple(Parked(*row) for row in rows.fetchall())


def _shift(connection: Connection, staff: int) -> Shift | None:
    found = connection.execute(
        "SELECT staff, since, from_seq FROM shifts WHERE staff = ?", (staff,)
    ).fetchone()
    return Shift(*found) if found else None
