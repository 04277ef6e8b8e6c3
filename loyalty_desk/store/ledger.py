"""Ledger: everything the terminal needs to act, or could not fetch again. Never deleted.

`record` is the promise of the whole programme: when it returns, the acts are on the disk, together
with the receipt they claim and the lease they spend; when it refuses, nothing has been written. It
costs one sync of the disk. One connection writes this file, one thread at a time.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from loyalty_desk.store import claims, journal, meta, recovery
from loyalty_desk.store.database import Connection, Database, open_database, spoilt_is_damaged
from loyalty_desk.store.effects import NOTHING, Effects
from loyalty_desk.store.held_documents import HeldDocument, HeldDocuments
from loyalty_desk.store.journal import Act, Entry, Kept
from loyalty_desk.store.lease_book import LeaseBook, is_paid_by_lease
from loyalty_desk.store.lives import Lives
from loyalty_desk.store.migrations import LEDGER_STEPS
from loyalty_desk.store.newcomers import Newcomers
from loyalty_desk.store.receipt_claims import ReceiptClaims
from loyalty_desk.store.recent_events import Recorded
from loyalty_desk.store.recovery import Held, Row
from loyalty_desk.store.retention import Retention
from loyalty_desk.store.salvage import Copy
from loyalty_desk.store.shelf import Attention, ParkedVisits, Shifts
from loyalty_desk.store.staff_book import StaffBook
from loyalty_desk.store.unsettled import Unsettled
from loyalty_desk.store.visit_book import VisitBook
from loyalty_desk.store.visits import DAY_MS
from sync.client.replica import Head, Identity, Outgoing, Why
from sync.programme import leases
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import AnyEvent, RedemptionEvent, VoidEvent
from sync.protocol.messages import MemberRow, Reincarnate, ReincarnateAnswer

_CACHE_KIB = 8 * 1024
# After so many acts the WAL is some 64 MB long: it is emptied without an idle moment.
_BUSY_RECORDS_MAX = 2_500
_SEEN_MS = 10 * 60 * 1000


def open_ledger(
    path: Path, key: bytes, pepper: bytes, *, random_bytes: Callable[[int], bytes]
) -> "Ledger":
    """Open a terminal's ledger, or make an empty one.

    Raises Refused: DATABASE_KEY_WRONG, DATABASE_NEWER, DATABASE_DAMAGED, DISK_FULL.
    """
    with spoilt_is_damaged():
        database = open_database(
            path, key, LEDGER_STEPS, synchronous="FULL", cache_kib=_CACHE_KIB, autocheckpoint=0
        )
        try:
            return Ledger(database, pepper, random_bytes)
        except BaseException:
            database.close()
            raise


class Ledger:
    """The open ledger of a terminal; every method may be called from any thread.

    `offset_ms` is the server's clock less this one's, as last measured; `latest_seen` the latest
    time ever seen, in the server's time (ms UTC).
    """

    def __init__(
        self, database: Database, pepper: bytes, random_bytes: Callable[[int], bytes]
    ) -> None:
        self._database = database
        self._random = random_bytes
        self.lives = Lives(database, random_bytes)
        self.leases = LeaseBook(database)
        self.staff = StaffBook(database, pepper, lambda: self.latest_seen)
        self.parked = ParkedVisits(database)
        self.attention = Attention(database)
        self.shifts = Shifts(database)
        self.documents = HeldDocuments(database, lambda: self.known.server_key)
        self._unsettled = Unsettled(self.documents.first_tier)
        self.visits = VisitBook(database, lambda: self._unsettled.acked)
        self.cache_key = b""
        self.offset_ms = 0
        self.latest_seen = 0
        self._seen_kept = 0
        self._busy_records = 0
        self._changed = True
        self._retention = Retention()
        self._tidied_at = 0
        self._receipts = ReceiptClaims()
        with database.writing() as connection:
            self._load(connection)

    # --- Who and when ---------------------------------------------------------------------------

    @property
    def identity(self) -> Identity | None:
        """Who this terminal is; None before the enrolment."""
        return self.lives.identity

    @property
    def known(self) -> Identity:
        """Who this terminal is; it has been enrolled."""
        return self.lives.known

    def enrolled(self, identity: Identity) -> None:
        """Keep who this terminal is from now on. Its chain begins here, so it must be empty."""
        with self._database.lock:
            self.lives.enrolled(identity)

    def leave_life(self, why: Why) -> None:
        """Note that this life has to be left. What is lent to it can no more be spent."""
        with self._database.lock:
            self.leases.void()
            self.lives.leave(why)

    def begin_life(self, request: Reincarnate, answer: ReincarnateAnswer) -> bool:
        """Begin the life that was given; False when events were recorded since it was asked for."""
        with self._database.lock:
            self.leases.void()
            return self.lives.begin(request, answer)

    def doubt(self) -> None:
        """Keep that the server was restored: what it had of any life it may lack now."""
        with self._database.lock:
            self.lives.doubt()
            self.leases.doubt()

    def heard(self, *, server_now: int, offset_ms: int, epoch: int) -> None:
        """Keep the server's time, how far this clock is behind it, and the server's epoch.

        Hearing the server ends a freeze: its time is right, whatever was seen before.
        """
        with self._database.lock:
            # Worth a write only now and then: what is not kept is measured again.
            if abs(offset_ms - self.offset_ms) > 1_000 or server_now > self._seen_kept + _SEEN_MS:
                self._changed = True
            self.latest_seen, self.offset_ms = server_now, offset_ms
            self._retention.heard_at = server_now
            self.lives.in_epoch(epoch)

    def server_time(self, wall: int) -> int:
        """Return the server's time for a time of this machine's clock (ms UTC)."""
        return wall + self.offset_ms

    # --- Recording ------------------------------------------------------------------------------

    def record(self, acts: Sequence[Act]) -> tuple[Recorded, ...]:
        """Put the acts of one visit on the disk: all of them, or none.

        An event id that was recorded before is the same intention: its first record is returned.
        Raises Refused: RECEIPT_USED, VOUCHER_USED (fact `at`), LEASE_UNKNOWN, LEASE_LAPSED,
        LEASE_TOO_SMALL (fact `left`), CLOCK_WRONG (fact `minutes`: the clock went back, so leases
        are frozen), ALREADY_UNDONE, NOTHING_TO_UNDO, DISK_FULL, DATABASE_DAMAGED.
        """
        assert acts
        assert self.identity is not None, "this terminal has not been enrolled"
        with self._database.lock:
            if self.visits.recent.find(acts[0].event.id):
                return self.visits.recent.found(act.event.id for act in acts)
            entries, head = journal.chained(acts, self.lives.head)
            with self._database.writing() as connection:
                taken_back = self._claim(connection, entries)
                journal.append(connection, entries)
            self.lives.head = head
            self._take_in(entries, taken_back)
            return self.visits.recent.found(act.event.id for act in acts)

    def _claim(self, connection: Connection, entries: Sequence[Entry]) -> dict[int, list[Kept]]:
        """Take what the acts need; return, by the void's sequence, the events it takes back."""
        taken_back = {}
        taken: Counter[bytes] = Counter()
        self._receipts.check(connection, [entry.event for entry in entries])
        for entry in entries:
            event = entry.event
            if isinstance(event, RedemptionEvent):
                self._pay(connection, event, taken)
            elif isinstance(event, VoidEvent):
                taken_back[event.seq] = self.visits.events_of(connection, event.target)
                claims.undo_visit(connection, event, taken_back[event.seq])
        return taken_back

    def _pay(self, connection: Connection, event: RedemptionEvent, taken: Counter[bytes]) -> None:
        """Take what pays for a reward; by a clock, and in a life, that can be vouched for."""
        if event.points and self.lives.leaving is not None:
            raise Refused(Reason.NEEDS_CONNECTION, usable=0)
        if event.lease or event.voucher or event.units:
            now = self.server_time(event.at)
            if not leases.clock_is_trusted(wall=now, last_seen=self.latest_seen):
                raise Refused(Reason.CLOCK_WRONG, minutes=(self.latest_seen - now) // 60_000)
        if is_paid_by_lease(event):
            self.leases.check(event, taken=taken)
            taken[bytes.fromhex(event.lease)] += event.points
        claims.pay(connection, event)

    def _take_in(self, entries: Sequence[Entry], taken_back: Mapping[int, Sequence[Kept]]) -> None:
        """Let what is on the disk now be true in memory as well."""
        for entry in entries:
            event, undone = entry.event, taken_back.get(entry.event.seq, ())
            self._receipts.add(event, undone)
            self.leases.add(event)
            self._unsettled.add(event, undone)
            if entry.act.payload:
                self._unsettled.welcome(event, entry.act.payload, self.known.identifier_key)
            self.visits.recent.add(event)
            self._see(event)
        self._changed = True
        self._busy_records += 1
        if self._busy_records >= _BUSY_RECORDS_MAX:
            self._empty_wal()

    def _see(self, event: AnyEvent) -> None:
        self.latest_seen = max(self.latest_seen, event.server_at)

    # --- What the pulled rows do not contain yet ------------------------------------------------

    def effects(self, member: int, cards: Sequence[str] = (), *, after: int) -> Effects | None:
        """Return a member's own effects behind the acknowledgement `after` of a pulled row.

        None when the row is older than what this ledger has settled: read the row again. `cards`
        adds what was credited to them before their member was known here.
        """
        with self._database.lock:
            entries = self._unsettled.entries(member, cards, after=after)
            if not entries:  # as nearly always: then nothing has to be read
                return NOTHING if entries is not None else None
            with self._database.reading() as connection:
                return self._unsettled.effects(connection, entries)

    def among_newcomers(
        self, find: Callable[[Newcomers], Sequence[MemberRow]]
    ) -> tuple[Sequence[MemberRow], int]:
        """Return who `find` finds among those enrolled here and not pulled yet, and `settled`."""
        with self._database.lock:
            return find(self._unsettled.newcomers), self._unsettled.acked

    @property
    def settled(self) -> int:
        """The own event up to which the pulled rows contain everything."""
        with self._database.lock:
            return self._unsettled.acked

    def unsettled(self) -> tuple[frozenset[int], frozenset[str]]:
        """Return the members, and the cards of unknown members, that have own effects."""
        with self._database.lock:
            return self._unsettled.owners()

    def settle(self, acked: int, *, told: bool = True) -> None:
        """The pulled rows contain the events up to `acked`; fewer after a restore.

        `told` when the server has just said so, of this life.
        """
        with self._database.lock:
            self._changed |= acked != self._unsettled.acked
            if acked < self._unsettled.acked:
                with self._database.reading() as connection:
                    self._unsettled.rebuild(connection, acked, self.known.identifier_key)
            self._unsettled.settle(acked)
            if self.lives.leaving is None:
                self.lives.settled(acked, told=told)

    # --- Reading the journal --------------------------------------------------------------------

    def waiting(self) -> int:
        """Return how many events the server has not acknowledged."""
        with self._database.lock:
            return self.lives.waiting()

    def receipt_at(self, key: str) -> int | None:
        """Return when a receipt was credited here (ms UTC); None for not at all, or undone."""
        with self._database.reading() as connection:
            return self._receipts.at(connection, key)

    def voucher_at(self, voucher: str) -> int | None:
        """Return when a voucher (hex) was taken here (ms UTC); None for not at all."""
        with self._database.reading() as connection:
            return claims.voucher_at(connection, voucher)

    def floor_uses(self, *, since: int) -> int:
        """Return how often something was handed over on the shop's risk since `since` (ms UTC)."""
        found = self._database.fetch("SELECT COUNT(*) FROM floor_uses WHERE at >= ?", since)
        return int(found[0][0])

    def document(self, at: int) -> HeldDocument:
        """Return the programme in force at `at` (ms UTC); raises Refused(RULES_UNKNOWN)."""
        return self.documents.at(at)

    # --- For the sync engine --------------------------------------------------------------------

    def head(self) -> Head:
        """Return the end of the chain."""
        with self._database.lock:
            return self.lives.head

    def hash_at(self, seq: int) -> bytes | None:
        """Return the hash of one of this life's events; None when it is not held."""
        return self.lives.hash_at(seq)

    def outgoing(self, after: int, limit: int) -> Outgoing | None:
        """Return up to `limit` of this life's events behind `after`, None for none."""
        if after >= self.head().seq:
            return None  # asked in every round
        return self.lives.outgoing(after, limit)

    def sent(self, last_seq: int) -> None:
        """Keep that the server has the events up to `last_seq`."""
        with self._database.lock:
            self.lives.has_sent(last_seq)

    # --- The idle moment ------------------------------------------------------------------------

    def tidy(self, now: int, *, acked: int) -> None:
        """Do what can wait for an idle moment: forget, empty the WAL. Cheap when nothing changed.

        `acked` is the event up to which the pulled rows contain everything and are on the disk:
        sealed payloads go then, events after the retention (`retention.py`). The last write absorbs
        the second sync that the first one after an emptied WAL costs.
        """
        with self._database.lock:
            if not self._changed:
                return
            with self._database.writing() as connection:
                meta.keep(
                    connection,
                    acked=acked,
                    latest_seen=self.latest_seen,
                    offset_ms=self.offset_ms,
                )
                self._receipts.note(connection, self.lives.head.seq)
                self.leases.note(connection)
                self._seen_kept = self.latest_seen
                connection.execute("DELETE FROM sealed WHERE seq <= ?", (acked,))
                self._retention.note(connection, acked)
                if abs(now - self._tidied_at) >= DAY_MS:
                    kept = min(acked, self.lives.unsent_from())
                    journal.forget(connection, acked=kept, until=self._retention.passed)
                    self.lives.forget(connection)
                    claims.forget(connection, self._retention.before)
                    self._tidied_at = now
                    self._unsettled.read_anew()
            self._receipts.noted()
            self.leases.noted()
            self._empty_wal()
            self._changed = False

    @property
    def is_open(self) -> bool:
        """False once closed."""
        return self._database.is_open

    def close(self) -> None:
        """Close the file. Safe to repeat."""
        self._database.close()

    def _empty_wal(self) -> None:
        with self._database.reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        with self._database.writing() as connection:
            meta.keep(connection, emptied_at=self.lives.head.seq)
        self._busy_records = 0

    def bring_up(self, held: Held, beside: Mapping[str, Sequence[Row]]) -> int:
        """Put back what a salvage file holds behind the last event; return how many events."""
        with self._database.writing() as connection:
            count = recovery.bring_up(connection, held)
            recovery.put_beside(connection, beside)
            self._load(connection)
        return count

    def mend(self, copies: Iterable[Copy]) -> None:
        """Write events as they were, and reckon anew; what is claimed for them has not changed."""
        with self._database.writing() as connection:
            for copy in copies:
                journal.put_back(connection, copy, None)
            self._unsettled.rebuild(connection, self._unsettled.acked, self.known.identifier_key)

    # --- Opening --------------------------------------------------------------------------------

    def _load(self, connection: Connection) -> None:
        self.lives.load(connection)
        self.leases.load(connection, self.lives.head.seq)
        self.cache_key = meta.value(connection, "cache_key", b"")
        if not self.cache_key:
            self.cache_key = self._random(32)
            meta.keep(connection, cache_key=self.cache_key)
        self._receipts.load(connection, self.lives.head.seq)
        self._retention.load(connection)
        self.offset_ms = meta.value(connection, "offset_ms", 0)
        self.latest_seen = meta.value(connection, "latest_seen", 0)
        for kept in self.visits.load(connection):
            self._see(kept.event)
        if self.identity:
            acked = meta.value(connection, "acked", 0)
            self._unsettled.rebuild(connection, acked, self.identity.identifier_key)
