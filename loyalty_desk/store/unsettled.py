"""Unsettled: what own events did that the pulled rows do not contain yet, kept in memory.

Guarantees that rebuilding it from the journal gives the same as having watched every event, and
that a reader never gets effects that do not belong to the row they hold: an acknowledgement older
than what is settled here is answered with None, and the row is read again.
"""

from collections.abc import Callable, Sequence

from loyalty_desk.store import journal
from loyalty_desk.store.database import Connection
from loyalty_desk.store.effects import Effects, OwnEffects, of_event, owner_of, undone
from loyalty_desk.store.journal import Kept
from loyalty_desk.store.newcomers import Newcomers
from sync.protocol.events import EnrolmentEvent, VoidEvent


class Unsettled:
    """Effects and newcomers behind an acknowledgement. The ledger's lock is held around it.

    `first_tier` names the tier in which somebody begins who enrols at a time (ms UTC).
    """

    def __init__(self, first_tier: Callable[[int], str]) -> None:
        self._first_tier = first_tier
        self._effects = OwnEffects(0)
        self.newcomers = Newcomers()

    @property
    def acked(self) -> int:
        """The last event that the pulled rows contain."""
        return self._effects.acked

    def rebuild(self, connection: Connection, acked: int, identifier_key: bytes) -> None:
        """Make it again from the journal, from behind the event `acked`."""
        self._effects = OwnEffects(acked)
        self.newcomers = Newcomers()
        payloads = journal.payloads(connection, acked)
        for kept in journal.since(connection, acked):
            taken_back: Sequence[Kept] = ()
            if isinstance(kept.event, VoidEvent):
                first = journal.first_of(connection, kept.event.target)
                taken_back = journal.visit_from(connection, first) if first else ()
            self.add(kept, taken_back)
            if kept.seq in payloads:
                self.welcome(kept, payloads[kept.seq], identifier_key)

    def add(self, kept: Kept, taken_back: Sequence[Kept]) -> None:
        """Add an event; `taken_back` are the events that it undoes."""
        self._effects.add(kept.seq, owner_of(kept.event), _alone(kept))
        for owner, effects in undone((part.event, _alone(part)) for part in taken_back):
            self._effects.add(kept.seq, owner, effects)

    def welcome(self, kept: Kept, payload: bytes, identifier_key: bytes) -> None:
        """Add who an enrolment brought, with their sealed payload."""
        if isinstance(kept.event, EnrolmentEvent):
            tier = self._first_tier(kept.event.at)
            self.newcomers.add(kept.event, payload, key=identifier_key, tier=tier)

    def settle(self, acked: int) -> None:
        """Forget what the pulled rows contain."""
        self._effects.settle(acked)
        self.newcomers.settle(acked)

    def effects(self, member: int, cards: Sequence[str], *, after: int) -> Effects | None:
        """Return a member's effects behind the event `after`; None when some are forgotten."""
        return self._effects.of(member, cards, after=after)

    def owners(self) -> tuple[frozenset[int], frozenset[str]]:
        """Return the members, and the cards of unknown members, that have effects."""
        return self._effects.members(), self._effects.cards()


def _alone(kept: Kept) -> Effects:
    return of_event(kept.event, waits=kept.waits, explain=kept.explain)
