"""Made rows: a member's row is made once for all terminals that look from the same place.

Whatever changes a row gives its member a new number of the feed, so a row that was made is right as
long as that number is the member's newest: whoever asks knows that it is. Guarantees that a row is
given out only with the number it was made at. The latest are held, in memory, and whoever is gone
is forgotten.
"""

from collections.abc import Mapping
from itertools import islice
from threading import Lock
from typing import TypeAlias

from sync.protocol.messages import MemberRow
from sync.server.office.member_rows import View

ROWS_MAX = 10_000  # two pages, some 10 MB

Place: TypeAlias = tuple[str, View]  # the scope, and from where its members are seen
Numbered: TypeAlias = Mapping[int, int]  # members, and their numbers in the feed


class MadeRows:
    """The rows that were made last; may be asked from any thread."""

    def __init__(self) -> None:
        self._places: dict[Place, dict[int, tuple[int, MemberRow]]] = {}
        self._gone: dict[int, int] = {}  # members, and at which number they went
        self._lock = Lock()

    def of(self, place: Place, numbered: Numbered) -> dict[int, MemberRow] | None:
        """Return the rows of these members, None unless all of them are held at these numbers."""
        held = self._places.get(place, {})
        found = {}
        for member, number in numbered.items():
            made = held.get(member)
            if made is None or made[0] != number:
                return None
            found[member] = made[1]
        return found

    def keep(self, place: Place, numbered: Numbered, rows: Mapping[int, MemberRow]) -> None:
        """Hold rows that were made at these numbers; those that were made longest ago go."""
        with self._lock:
            held = self._places.pop(place, {})
            for member, row in rows.items():
                held.pop(member, None)
                # A slow page may still show somebody who is gone by now.
                if numbered[member] > self._gone.get(member, -1):
                    held[member] = numbered[member], row
            self._places[place] = held
            self._make_room()

    def forget(self, gone: Numbered) -> None:
        """Let go of the rows of members who went at these numbers, wherever they are seen."""
        with self._lock:
            self._gone.update(gone)
            for member in gone:
                for held in self._places.values():
                    held.pop(member, None)

    def _make_room(self) -> None:
        over = sum(map(len, self._places.values())) - ROWS_MAX
        for place in list(self._places):
            if over <= 0:
                return
            held = self._places[place]
            oldest = list(islice(held, over))
            over -= len(oldest)
            for member in oldest:
                del held[member]
            if not held:
                del self._places[place]
