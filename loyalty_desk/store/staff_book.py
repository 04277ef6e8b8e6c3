"""Staff book: who may sign in here, and how often a PIN may be tried.

What is kept of a PIN is HMAC-SHA-256(pepper, argon2id(PIN, salt)): a copied file alone does not let
a PIN be searched for. The attempt is counted, and the count committed, before the comparison, so
that pulling the plug gives nobody another try.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from loyalty_desk.store.database import Connection, Database
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import StaffRow

UNTIL_A_MANAGER = -1
ATTEMPTS_FREE = 5
ATTEMPTS_MAX = 10
_WAITS_MS = {5: 60_000, 6: 300_000}
_LONG_WAIT_MS = 900_000

_ACTIVE = 0
_COLUMNS = "id, name, role, salt, badge, shift, wrong, locked_until, status"


@dataclass(frozen=True, slots=True)
class Staff:
    """A person who may sign in. `shift` is "07:00-15:00".

    `wrong` counts failed attempts; `locked_until` is ms UTC, 0 for no lock, -1 until a manager.
    """

    id: int
    name: str
    role: str
    salt: bytes
    badge: str
    shift: str
    wrong: int
    locked_until: int


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often a PIN was tried wrongly, and the lock; `pin` tells a PIN from the next one."""

    staff: int
    wrong: int
    locked_until: int
    pin: str


class StaffBook:
    """The staff of this store in the ledger's file. `seen` is the latest time ever seen (ms)."""

    def __init__(self, database: Database, pepper: bytes, seen: Callable[[], int]) -> None:
        self._database = database
        self._pepper = pepper
        self._seen = seen
        # Every act asks who does it: the few there are stay at hand. The database's lock guards it.
        self._rows: dict[int, tuple[Any, ...]] | None = None
        # Called with every count, before the PIN is compared.
        self.counted: Callable[[Attempts], None] = _nobody

    def all(self) -> tuple[Staff, ...]:
        """Return everybody who may sign in, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM staff WHERE status = ? ORDER BY name, id", (_ACTIVE,)
            ).fetchall()
        return tuple(_staff(row) for row in rows)

    def by_id(self, staff: int) -> Staff:
        """Return one person; raises Refused STAFF_UNKNOWN or STAFF_BLOCKED."""
        with self._database.lock:
            if self._rows is None:
                self._rows = self._read_rows()
            return _active(self._rows.get(staff))

    def by_badge(self, card: str) -> Staff:
        """Return who carries a badge; raises Refused STAFF_UNKNOWN or STAFF_BLOCKED."""
        if not card:
            raise Refused(Reason.STAFF_UNKNOWN)
        with self._database.reading() as connection:
            return _active(_one(connection, "badge = ?", card))

    def keep_all(self, rows: Sequence[StaffRow]) -> None:
        """Keep the complete list of this store; who is not on it may not sign in any more.

        A new verifier (a new PIN, set at the server) also ends a lock.
        """
        with self._database.writing() as connection:
            for row in rows:
                self._keep(connection, row)
            named = {row.id for row in rows}
            held = connection.execute("SELECT id FROM staff").fetchall()
            gone = [one for one in held if one[0] not in named]
            connection.executemany("DELETE FROM staff WHERE id = ?", gone)
            self._rows = None

    def check_pin(self, staff: int, derived: bytes, *, now: int) -> None:
        """Accept a PIN: `derived` is argon2id(PIN, the person's salt).

        Raises Refused: STAFF_UNKNOWN, STAFF_BLOCKED, PIN_WRONG (fact `left`: tries before a wait),
        PIN_LOCKED (fact `seconds`, -1 until a manager unlocks or the server sets a new PIN).
        """
        wrong, locked_until, verifier = self._attempt(staff, max(now, self._seen()))
        if not hmac.compare_digest(verifier, self._peppered(derived)):
            if locked_until:
                raise _locked(locked_until, max(now, self._seen()))
            raise Refused(Reason.PIN_WRONG, left=ATTEMPTS_FREE - wrong)
        self.unlock(staff)

    def unlock(self, staff: int) -> None:
        """Give a person all tries back; the desk has checked that a manager asks."""
        with self._database.writing() as connection:
            self._count(connection, staff, wrong=0, locked_until=0)
            verifier = _verifier(connection, staff)
        self.counted(Attempts(staff, 0, 0, tag(verifier)))

    def at_least(self, kept: Iterable[Attempts]) -> None:
        """Take over attempts that were counted for the same PINs elsewhere, where they are more."""
        with self._database.writing() as connection:
            for one in kept:
                row = _one(connection, "id = ?", one.staff)
                if row is None or tag(_verifier(connection, one.staff)) != one.pin:
                    continue
                held = _staff(row)
                if one.wrong > held.wrong:
                    until = _later(held.locked_until, one.locked_until)
                    self._count(connection, one.staff, wrong=one.wrong, locked_until=until)

    def _attempt(self, staff: int, now: int) -> tuple[int, int, bytes]:
        """Count one attempt as failed; return how many there are, the lock, and the verifier."""
        with self._database.writing() as connection:
            person = _active(_one(connection, "id = ?", staff))
            if person.locked_until == UNTIL_A_MANAGER or now < person.locked_until:
                raise _locked(person.locked_until, now)
            wrong = person.wrong + 1
            locked_until = _locked_until(wrong, now)
            self._count(connection, staff, wrong=wrong, locked_until=locked_until)
            verifier = _verifier(connection, staff)
        self.counted(Attempts(staff, wrong, locked_until, tag(verifier)))
        return wrong, locked_until, verifier

    def _count(self, connection: Connection, staff: int, *, wrong: int, locked_until: int) -> None:
        connection.execute(
            "UPDATE staff SET wrong = ?, locked_until = ? WHERE id = ?",
            (wrong, locked_until, staff),
        )
        self._rows = None

    def _read_rows(self) -> dict[int, tuple[Any, ...]]:
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM staff").fetchall()
        return {row[0]: row for row in rows}

    def _keep(self, connection: Connection, row: StaffRow) -> None:
        verifier = self._peppered(bytes.fromhex(row.verifier))
        connection.execute(
            "INSERT INTO staff (id, name, role, salt, verifier, badge, status, shift)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " wrong = iif(verifier = excluded.verifier, wrong, 0),"
            " locked_until = iif(verifier = excluded.verifier, locked_until, 0),"
            " name = excluded.name, role = excluded.role, salt = excluded.salt,"
            " verifier = excluded.verifier, badge = excluded.badge, status = excluded.status,"
            " shift = excluded.shift",
            (
                row.id,
                row.name,
                row.role,
                bytes.fromhex(row.salt),
                verifier,
                row.badge,
                row.status,
                row.shift,
            ),
        )

    def _peppered(self, derived: bytes) -> bytes:
        return hmac.new(self._pepper, derived, hashlib.sha256).digest()


def _one(connection: Connection, where: str, value: int | str) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = connection.execute(
        f"SELECT {_COLUMNS} FROM staff WHERE {where}", (value,)
    ).fetchone()
    return found


def _active(row: tuple[Any, ...] | None) -> Staff:
    if row is None:
        raise Refused(Reason.STAFF_UNKNOWN)
    if row[-1] != _ACTIVE:
        raise Refused(Reason.STAFF_BLOCKED)
    return _staff(row)


def _staff(row: tuple[Any, ...]) -> Staff:
    return Staff(*row[:-1])


def _verifier(connection: Connection, staff: int) -> bytes:
    found = connection.execute("SELECT verifier FROM staff WHERE id = ?", (staff,)).fetchone()
    verifier: bytes = found[0] if found else b""
    return verifier


def tag(verifier: bytes) -> str:
    """Return what tells one PIN's verifier from another, and nothing about the PIN."""
    return hashlib.sha256(verifier).hexdigest()[:16]


def _later(one: int, other: int) -> int:
    return UNTIL_A_MANAGER if UNTIL_A_MANAGER in (one, other) else max(one, other)


def _nobody(attempts: Attempts) -> None:
    """Nobody keeps a guard over this ledger."""


def _locked_until(wrong: int, now: int) -> int:
    if wrong >= ATTEMPTS_MAX:
        return UNTIL_A_MANAGER
    if wrong < ATTEMPTS_FREE:
        return 0
    return now + _WAITS_MS.get(wrong, _LONG_WAIT_MS)


def _locked(until: int, now: int) -> Refused:
    seconds = UNTIL_A_MANAGER if until == UNTIL_A_MANAGER else -((now - until) // 1000)
    return Refused(Reason.PIN_LOCKED, seconds=seconds)
