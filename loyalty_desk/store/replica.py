"""The terminal's store as the sync engine sees it: `sync.client.replica.Replica` in two files.

Guarantees the order that makes a crash harmless: what must not be lost goes into the ledger first,
then the rows with their cursor and acknowledgement into the cache, then own effects are forgotten.
Whatever is cut off in between comes again with the same cursor.
"""

from collections.abc import Sequence

import msgspec

from loyalty_desk.store.cache import Cache
from loyalty_desk.store.ledger import Ledger
from sync.client.replica import Compared, Copying, EarlierLife, Head, Identity, Outgoing, Why
from sync.programme.leases import Lease
from sync.programme.refusals import Reason
from sync.protocol.messages import (
    Acknowledgement,
    LeaseRow,
    Manifest,
    MemberRow,
    PullAnswer,
    PushAnswer,
    Reincarnate,
    ReincarnateAnswer,
    Result,
    Tally,
)


class StoreReplica:
    """Ledger and cache together, for the engine; called from any one thread at a time."""

    def __init__(self, ledger: Ledger, cache: Cache) -> None:
        self._ledger = ledger
        self._cache = cache

    @property
    def identity(self) -> Identity:
        """Who this terminal is."""
        return self._ledger.known

    def head(self) -> Head:
        """Return the end of the terminal's chain."""
        return self._ledger.head()

    def hash_at(self, seq: int) -> bytes | None:
        """Return an event's hash (of 0: the hash before the first), None when it is not held."""
        return self._ledger.hash_at(seq)

    def outgoing(self, after: int, limit: int) -> Outgoing | None:
        """Return up to `limit` events behind the event `after`, None when there are none."""
        return self._ledger.outgoing(after, limit)

    def acknowledged(self, answer: PushAnswer) -> None:
        """Keep that the server has everything up to an answer's last event, and its results."""
        self._ledger.attention.keep_all(answer.results)
        self._ledger.sent(answer.last_seq)
        self._cache.proofs.acknowledged(answer)

    def proofs(self) -> tuple[Acknowledgement | None, tuple[LeaseRow, ...]]:
        """Return the last acknowledgement, and every lease that is held, as they were signed."""
        proofs = self._cache.proofs
        return proofs.last_acknowledgement(), proofs.of(self._ledger.leases.held)

    def cursor(self) -> str:
        """Return how far this replica has pulled, "" from the beginning."""
        return self._cache.cursor

    def keep_page(self, page: PullAnswer, *, asked_at: int, now: int, ours: bool = True) -> None:
        """Keep a pulled page; raises Refused: DOCUMENT_FORGED, DISK_FULL, DATABASE_DAMAGED.

        What a page says of a chain that is not `ours`, the one that ends here, is passed over.
        """
        ledger = self._ledger
        if page.epoch != ledger.known.epoch:
            ledger.doubt()  # before its rows are here: after a crash nothing else would tell
        ours = ours and not ledger.lives.leaving and not ledger.lives.earlier()
        if not ours:
            page = msgspec.structs.replace(page, leases=(), lent=False, acked_seq=ledger.settled)
        ledger.documents.keep_all(page.documents)
        if page.staff:
            ledger.staff.keep_all(page.staff)
        if page.lent or page.leases:
            ledger.leases.keep_all(page.leases, now=now, asked_at=asked_at)
            self._cache.proofs.lent(page.leases)
            ledger.leases.give_back([bytes.fromhex(r.id) for r in page.leases if r.recalled])
        ledger.attention.keep_all(page.results)
        own_members, own_cards = ledger.unsettled()
        self._cache.apply(page, now=now, own_members=own_members, own_cards=own_cards)
        if not page.more:
            ledger.settle(page.acked_seq, told=ours)

    def copying(self) -> Copying | None:
        """Return how far a first copy has come, None when none is under way."""
        return self._cache.copying()

    def begin_copy(self, manifest: Manifest) -> None:
        """Begin a first copy: from here on pull from the manifest's cursor."""
        self._cache.begin_copy(manifest)

    def keep_part(self, part: int, rows: Sequence[MemberRow]) -> None:
        """Put a part of a first copy in; rows that came with a page are newer and stay."""
        self._cache.keep_part(part, rows)

    def wants_tally(self, now: int) -> bool:
        """Say whether it is time to compare the copy with the server's."""
        return self._cache.wants_tally(now)

    def compare(self, tally: Tally, *, now: int) -> Compared:
        """Compare the copy with what the server's comes to; one that differs begins anew, once."""
        return self._cache.compare(tally, now=now)

    def refetch(self) -> None:
        """Start pulling from the beginning; what is held stays in use until it is replaced."""
        self._cache.refetch()

    def heard(self, *, server_now: int, offset_ms: int, epoch: int) -> None:
        """Keep the server's time, how far this machine's clock is behind it, and its epoch."""
        self._ledger.heard(server_now=server_now, offset_ms=offset_ms, epoch=epoch)

    def keep_lease(self, row: LeaseRow, *, now: int) -> Lease:
        """Keep a lease that was just granted, and return it."""
        self._ledger.leases.keep(row, now=now)
        self._cache.proofs.lent((row,))
        return Lease(
            id=bytes.fromhex(row.id),
            member=row.member,
            amount=row.amount,
            spent=row.spent,
            stops_at=row.stops_at,
        )

    def closing_leases(self) -> tuple[bytes, ...]:
        """Return the leases to report as over; none of them can be spent from here on."""
        return self._ledger.leases.closing(now=self._ledger.latest_seen)

    def closed_leases(self, ids: Sequence[bytes]) -> None:
        """Forget leases whose end the server has confirmed."""
        self._ledger.leases.closed(ids)

    def leave_life(self, why: Why) -> None:
        """Note that this life has to be left, and forget every lease: they were lent to it."""
        self._ledger.leave_life(why)

    def wanted_life(self) -> Reincarnate | None:
        """Return what to ask for when this life has to be left, None for a good one."""
        return self._ledger.lives.request()

    def begin_life(self, request: Reincarnate, answer: ReincarnateAnswer) -> bool:
        """Begin the life that was given; False when events were recorded since it was asked for."""
        begun = self._ledger.begin_life(request, answer)
        if begun:
            self._cache.proofs.forget()
        return begun

    def begun_by(self) -> tuple[tuple[Identity, Reincarnate], ...]:
        """Return the lives before this one, the last first, with the request that ended each."""
        return self._ledger.lives.begun_by()

    def doubt(self) -> None:
        """Keep that the server was restored: what it had of any life it may lack now."""
        self._ledger.doubt()

    def earlier_lives(self) -> tuple[EarlierLife, ...]:
        """Return the earlier lives of which the server does not have everything, in order."""
        return self._ledger.lives.earlier()

    def outgoing_of(self, life: EarlierLife, after: int, limit: int) -> Outgoing | None:
        """Return events of an earlier life like `outgoing`; raises Refused(CHAIN_GAP)."""
        return self._ledger.lives.outgoing_of(life, after, limit)

    def delivered(self, life: EarlierLife, until: int, results: Sequence[Result]) -> None:
        """Keep that the server has an earlier life up to `until`, and what it said of events."""
        self._ledger.attention.keep_all(results)
        self._ledger.lives.delivered(life, until)

    def give_up(self, life: EarlierLife, reason: Reason) -> None:
        """Keep that the server cannot take the rest of an earlier life; it stays where it is."""
        self._ledger.lives.give_up(life, reason)
