"""Unsettled: which own events the pulled rows do not contain yet, by whom they concern.

Guarantees that rebuilding it from the journal gives the same as having watched every event, and
that a reader never gets effects that do not belong to the row they hold: an acknowledgement older
than what is settled here is answered with None, and the row is read again.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence

from loyalty_desk.store import journal
from loyalty_desk.store.database import Connection
from loyalty_desk.store.effects import (
    NOTHING,
    Effects,
    Owner,
    is_undone_by_void,
    of_event,
    owner_of,
)
from loyalty_desk.store.journal import Kept
from loyalty_desk.store.newcomers import Newcomers
from sync.protocol.events import AnyEvent, EnrolmentEvent, VoidEvent

_READ_MAX = 1_000  # a regular visitor is looked at several times a visit; most never again


class OwnEvents:
    """Sequences of own events by owner, behind an acknowledgement.

    An entry is (sequence, sequence of the event it is about): the same for an event that stands by
    itself, another for a void. Numbers only, for there may be a hundred thousand.
    """

    def __init__(self, acked: int) -> None:
        self.acked = acked
        self._order: deque[tuple[int, Owner]] = deque()
        self._by_owner: defaultdict[Owner, deque[tuple[int, int]]] = defaultdict(deque)

    def add(self, seq: int, about: int, owner: Owner) -> None:
        """Add what the event `seq` does to `owner`; sequences only ever rise."""
        self._order.append((seq, owner))
        self._by_owner[owner].append((seq, about))

    def settle(self, acked: int) -> None:
        """Forget events up to `acked`: the pulled rows contain them."""
        self.acked = acked
        while self._order and self._order[0][0] <= acked:
            _, owner = self._order.popleft()
            held = self._by_owner[owner]
            held.popleft()
            if not held:
                del self._by_owner[owner]

    def of(self, owners: Sequence[Owner], *, after: int) -> list[tuple[int, int]] | None:
        """Return the entries of `owners` behind the event `after`; None when some are forgotten."""
        if after < self.acked:
            return None
        return [
            entry for owner in owners for entry in self._by_owner.get(owner, ()) if entry[0] > after
        ]

    def owners(self) -> tuple[frozenset[int], frozenset[str]]:
        """Return the members, and the cards of unknown members, that have entries."""
        members = frozenset(owner for owner in self._by_owner if isinstance(owner, int))
        return members, frozenset(owner for owner in self._by_owner if isinstance(owner, str))


class Unsettled:
    """Own events and newcomers behind an acknowledgement. The ledger's lock is held around it.

    `first_tier` names the tier in which somebody begins who enrols at a time (ms UTC).
    """

    def __init__(self, first_tier: Callable[[int], str]) -> None:
        self._first_tier = first_tier
        self._own = OwnEvents(0)
        self._read: dict[int, Effects] = {}
        self.newcomers = Newcomers()

    @property
    def acked(self) -> int:
        """The last event that the pulled rows contain."""
        return self._own.acked

    def rebuild(self, connection: Connection, acked: int, identifier_key: bytes) -> None:
        """Make it again from the journal, from behind the event `acked`.

        Only events that name no member are decoded: voids, and credits to unknown cards.
        """
        self._own = OwnEvents(acked)
        self._read.clear()
        self.newcomers = Newcomers()
        for seq, member, kept in journal.owners(connection, acked):
            if kept is None:
                self._own.add(seq, seq, member)
            else:
                self.add(kept.event, _taken_back(connection, kept.event))
        for kept, payload in journal.enrolments(connection, acked):
            self.welcome(kept.event, payload, identifier_key)

    def add(self, event: AnyEvent, taken_back: Sequence[Kept]) -> None:
        """Add an event; `taken_back` are the events that it undoes."""
        owner = owner_of(event)
        if owner:
            self._own.add(event.seq, event.seq, owner)
        for part in taken_back:
            if is_undone_by_void(part.event):
                self._own.add(event.seq, part.seq, owner_of(part.event))

    def welcome(self, event: AnyEvent, payload: bytes, identifier_key: bytes) -> None:
        """Add who an enrolment brought, with their sealed payload."""
        if isinstance(event, EnrolmentEvent):
            tier = self._first_tier(event.at)
            self.newcomers.add(event, payload, key=identifier_key, tier=tier)

    def settle(self, acked: int) -> None:
        """Forget what the pulled rows contain."""
        self._own.settle(acked)
        self.newcomers.settle(acked)

    def entries(
        self, member: int, cards: Sequence[str], *, after: int
    ) -> Sequence[tuple[int, int]] | None:
        """Return a member's entries behind the event `after`; None when some are forgotten."""
        return self._own.of((member, *cards), after=after)

    def effects(self, connection: Connection, entries: Sequence[tuple[int, int]]) -> Effects:
        """Return what entries add up to."""
        total = NOTHING
        for seq, about in entries:
            alone = self._alone(connection, about)
            total += alone if seq == about else -alone
        return total

    def read_anew(self) -> None:
        """Read again what is asked for: the journal has forgotten some."""
        self._read.clear()

    def _alone(self, connection: Connection, seq: int) -> Effects:
        """What one event did: read once, for an event never changes while the journal holds it."""
        known = self._read.get(seq)
        if known is not None:
            return known
        kept = journal.one(connection, seq)
        if kept is None:
            return NOTHING
        if len(self._read) >= _READ_MAX:
            self._read.clear()
        alone = of_event(kept.event, waits=kept.waits, explain=kept.explain)
        self._read[seq] = alone
        return alone

    def owners(self) -> tuple[frozenset[int], frozenset[str]]:
        """Return the members, and the cards of unknown members, that have effects."""
        return self._own.owners()


def _taken_back(connection: Connection, event: AnyEvent) -> Sequence[Kept]:
    if not isinstance(event, VoidEvent):
        return ()
    first = journal.first_of(connection, event.target)
    return journal.visit_from(connection, first) if first else ()
