"""Recent events: which ids the journal holds, answered from memory.

Every confirmation asks whether its id has been recorded before, and nearly always it has not. To
look that up on the disk, an act would have to write an index; to search the journal takes longer
than the act. But an id begins with the time it was made (UUIDv7, RFC 9562), and what is younger
than everything that memory has let go can only be in memory.
"""

from collections import OrderedDict
from collections.abc import Iterable

import msgspec

from sync.protocol.events import Event, visit_of

_KEPT_MAX = 5_000
# How far the clock may have been set back between two events without an id being missed.
_CLOCK_MS = 3_600_000


class Recorded(msgspec.Struct, frozen=True):
    """An event that is on the disk: its sequence, its id and the visit it belongs to."""

    seq: int
    event: str
    visit: str


class RecentEvents:
    """The newest events, oldest first, and since when it holds all there are."""

    def __init__(self) -> None:
        # Ordered, because taking the first out of a plain dict again and again searches for it.
        self._events: OrderedDict[str, tuple[Recorded, int]] = OrderedDict()
        self._whole_since = 0

    def add(self, event: Event) -> None:
        """Add the event that was recorded last."""
        self._events[event.id] = Recorded(event.seq, event.id, visit_of(event)), event.at
        if len(self._events) > _KEPT_MAX:
            _, (_, at) = self._events.popitem(last=False)
            self.begins_after(at)

    def begins_after(self, at: int) -> None:
        """Say that events up to `at` (ms UTC) are not all held."""
        self._whole_since = max(self._whole_since, at)

    def find(self, event_id: str) -> Recorded | None:
        """Return a recent event, or None."""
        found = self._events.get(event_id)
        return found[0] if found else None

    def found(self, event_ids: Iterable[str]) -> tuple[Recorded, ...]:
        """Return those of these events that are recent."""
        return tuple(self._events[one][0] for one in event_ids if one in self._events)

    def lacks(self, event_id: str) -> bool:
        """Say whether no event has this id: it is not here, and would have to be in memory."""
        if event_id in self._events:
            return False
        made_at = int(event_id[:12], 16) if event_id[12] == "7" else 0
        return self._whole_since == 0 or made_at > self._whole_since + _CLOCK_MS
