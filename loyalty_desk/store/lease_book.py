"""Lease book: what this terminal may spend on its own, and what it gives back.

The terminal's own `spent` is authoritative: the server hears of it later. A lease that is being
given back cannot be spent any more, from before the server is told until it has confirmed.

Points are spent by a redemption that stands in the journal. What the last ones spent is held in
memory, and goes into the table in an idle moment, or before anything else is done with the table:
an act has one page less to write.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from loyalty_desk.store import journal, meta
from loyalty_desk.store.database import Connection, Database
from sync.programme.leases import Lease
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import AnyEvent, RedemptionEvent
from sync.protocol.messages import LeaseRow

_NEVER = 1 << 63  # later than any instant that a lease can name


class LeaseBook:
    """The leases in the ledger's file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # A visit asks several times for the same few. The database's lock guards it.
        self._read: dict[int, tuple[Lease, ...]] = {}
        # By lease: points spent in the journal that the table does not show.
        self._fresh: Counter[bytes] = Counter()
        self._head = 0
        # From when on one of them has to be reported as over; None until it is asked for again.
        self._over_at: int | None = None
        # How often something that could be spent before could not be afterwards.
        self.releases = 0
        self._counted = 0  # those of the transaction that is open
        # What the server has taken back: a list that was on its way then may name it still.
        self._closed: set[bytes] = set()
        # Called when leases were given back, before anybody else hears of it.
        self.released: Callable[[], None] = _nobody

    def of(self, member: int) -> tuple[Lease, ...]:
        """Return a member's leases that are not being given back; some may have lapsed."""
        with self._database.lock:
            held = self._read.get(member)
            if held is None:
                held = self._read[member] = self._read_of(member)
            return held

    def _read_of(self, member: int) -> tuple[Lease, ...]:
        rows = self._database.fetch(
            "SELECT id, member, amount, spent, stops_at FROM leases"
            " WHERE member = ? AND closing = 0 AND reward = 0 ORDER BY stops_at",
            member,
        )
        return tuple(
            Lease(
                id=row[0],
                member=row[1],
                amount=row[2],
                spent=row[3] + self._fresh[row[0]],
                stops_at=row[4],
            )
            for row in rows
        )

    def check(self, event: RedemptionEvent, *, taken: Mapping[bytes, int]) -> None:
        """Raise Refused when a redemption's points cannot be taken out of its lease.

        By the server's clock as last measured; `taken` is what the same visit has taken before.
        The reasons: LEASE_UNKNOWN, LEASE_LAPSED, LEASE_TOO_SMALL (fact `left`).
        """
        id_, now = bytes.fromhex(event.lease), event.server_at
        lease = next((lease for lease in self.of(event.member) if lease.id == id_), None)
        if lease is None:
            raise Refused(Reason.LEASE_UNKNOWN)
        if lease.stops_at <= now:
            raise Refused(Reason.LEASE_LAPSED)
        left = lease.amount - lease.spent - taken.get(id_, 0)
        if event.points > left:
            raise Refused(Reason.LEASE_TOO_SMALL, left=left)

    def add(self, event: AnyEvent) -> None:
        """Take in what was recorded: a redemption spends its lease."""
        self._head = event.seq
        if isinstance(event, RedemptionEvent) and is_paid_by_lease(event):
            self._fresh[bytes.fromhex(event.lease)] += event.points
            self._read.pop(event.member, None)

    def note(self, connection: Connection) -> None:
        """Write what is held in memory into the table; call `noted` when that is certain."""
        connection.executemany(
            "UPDATE leases SET spent = spent + ? WHERE id = ?",
            [(points, lease) for lease, points in self._fresh.items()],
        )
        meta.keep(connection, spends_noted=self._head)

    def noted(self) -> None:
        """Let go of what now stands in the table."""
        self._over_at = None
        self._read.clear()
        self._fresh.clear()

    def held(self) -> tuple[LeaseRow, ...]:
        """Return every lease of points that is here, also those that are being given back."""
        self._note_at_once()
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, member, amount, spent, stops_at FROM leases WHERE reward = 0"
            )
            return tuple(LeaseRow(row[0].hex(), *row[1:]) for row in rows.fetchall())

    def units(self, reward: int) -> tuple[Lease, ...]:
        """Return what of a counted reward's units is lent to this till; some may have lapsed."""
        rows = self._database.fetch(
            "SELECT id, member, amount, spent, stops_at FROM leases"
            " WHERE reward = ? AND closing = 0 ORDER BY stops_at",
            reward,
        )
        return tuple(
            Lease(id=row[0], member=row[1], amount=row[2], spent=row[3], stops_at=row[4])
            for row in rows
        )

    def last_stop(self) -> int:
        """Return when the last of these leases stops (ms, the server's time), 0 without any.

        One that was used up since the last idle moment still counts.
        """
        found = self._database.fetch(
            "SELECT MAX(stops_at) FROM leases WHERE closing = ? AND spent < amount AND reward = 0",
            0,
        )
        return int(found[0][0] or 0)

    @contextmanager
    def _changing(self, *, forgetting: bool = False) -> Iterator[Connection]:
        """Open a transaction that changes leases, with all that was spent in the table."""
        with self._database.lock:
            self._counted = 0
            with self._database.writing() as connection:
                if self._fresh and not forgetting:
                    self.note(connection)
                yield connection
            self.noted()
            self.releases += self._counted

    def _note_at_once(self) -> None:
        if self._fresh:
            with self._changing():
                pass

    def keep(self, row: LeaseRow, *, now: int) -> None:
        """Keep a lease that was just granted."""
        self.keep_all((row,), now=now, asked_at=None)

    def keep_all(self, rows: Sequence[LeaseRow], *, now: int, asked_at: int | None) -> None:
        """Keep leases as the server knows them; never lower what was spent here.

        With `asked_at`, `rows` are all that this terminal held at that time (ms UTC): others kept
        before it have ended. So have those of a later time than `now`: since then the clock went
        back, and they did not come while this was under way. And a list ends what one brought that
        was asked for before it, also when it was asked for before that one was kept. One that the
        server has confirmed to be over is none, whatever a list says that came later.
        """
        known_at = now if asked_at is None else asked_at
        with self._changing() as connection:
            rows = [row for row in rows if bytes.fromhex(row.id) not in self._closed]
            connection.executemany(
                "INSERT INTO leases (id, member, amount, spent, stops_at, kept_at, reward)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " amount = max(excluded.amount, leases.spent),"
                " spent = max(excluded.spent, leases.spent),"
                " stops_at = excluded.stops_at",
                [
                    (
                        bytes.fromhex(row.id),
                        row.member,
                        row.amount,
                        row.spent,
                        row.stops_at,
                        known_at,
                        row.reward,
                    )
                    for row in rows
                ],
            )
            if asked_at is not None:
                named = {bytes.fromhex(row.id) for row in rows}
                held = connection.execute(
                    "SELECT id FROM leases WHERE kept_at < ? OR kept_at > ?", (asked_at, now)
                ).fetchall()
                ended = [one for one in held if one[0] not in named]
                connection.executemany("DELETE FROM leases WHERE id = ?", ended)
                self._count(connection, len(ended))

    def give_back(self, ids: Sequence[bytes]) -> None:
        """Stop spending these leases, so that the server can be told that they are over."""
        if ids:
            with self._changing() as connection:
                connection.executemany(
                    "UPDATE leases SET closing = 1 WHERE id = ?", [(one,) for one in ids]
                )
                self._count(connection, len(ids))
            self.released()

    def closing(self, *, now: int) -> tuple[bytes, ...]:
        """Return the leases to report as over: given back, or past their end at `now`.

        `now` is the server's time. From here on none of them can be spent.
        """
        with self._database.lock:  # every round asks: mostly none is over
            if self._over_at is None:
                self._over_at = self._first_end()
            if now < self._over_at:
                return ()
        with self._database.reading() as connection:
            ending = connection.execute(
                "SELECT id FROM leases WHERE closing = 1 OR stops_at <= ?", (now,)
            ).fetchall()
        ids = tuple(row[0] for row in ending)
        self.give_back(ids)
        return ids

    def _first_end(self) -> int:
        found = self._database.fetch(
            "SELECT MIN(CASE WHEN closing = ? THEN stops_at ELSE 0 END) FROM leases", 0
        )
        return _NEVER if found[0][0] is None else int(found[0][0])

    def closed(self, ids: Sequence[bytes]) -> None:
        """Forget leases whose end the server has confirmed."""
        with self._changing() as connection:
            connection.executemany(
                "DELETE FROM leases WHERE id = ? AND closing = 1", [(one,) for one in ids]
            )
            self._closed.update(ids)

    def doubt(self) -> None:
        """Take up what was closed, should it be named again: the server may have forgotten it."""
        self._closed.clear()

    def load(self, connection: Connection, head: int) -> None:
        """Read how often leases were released, and what was spent since that was last noted."""
        self.releases = meta.value(connection, "releases", 0)
        self._head = head
        self.noted()
        noted = meta.value(connection, "spends_noted", -1)
        if noted < 0:  # a new file, or one that wrote every spend at once
            meta.keep(connection, spends_noted=head)
            return
        for kept in journal.since(connection, noted):
            self.add(kept.event)

    def _count(self, connection: Connection, released: int) -> None:
        if released:
            self._counted += released
            meta.keep(connection, releases=self.releases + self._counted)

    def void(self) -> None:
        """Forget every lease, and what was spent of each."""
        with self._changing(forgetting=True) as connection:
            meta.keep(connection, spends_noted=self._head)
            self._count(connection, connection.execute("DELETE FROM leases").rowcount)


def is_paid_by_lease(event: RedemptionEvent) -> bool:
    """True when it is a lease that the points of a redemption come out of."""
    return bool(event.lease) and not event.voucher


def _nobody() -> None:
    """Nobody keeps a guard over this ledger."""
