"""Made rows: a member's row is made once for all terminals that look from the same place.

Whatever changes a row gives its member a new number of the feed, so a row that was made when the
feed's head stood somewhere is right until its member has a number behind that. Guarantees that a
row is given out only for numbers up to the head that it was made at. The latest are held, in
memory, and whoever is gone is forgotten.
"""

import sys
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

    def of(self, place: Place, numbered: Numbered) -> tuple[dict[int, MemberRow], int] | None:
        """Return the rows of these members, and the lowest head that one of them was made at.

        None unless rows of all of them are held that were made at these numbers or later.
        """
        held = self._places.get(place, {})
        found, lowest = {}, sys.maxsize
        for member, number in numbered.items():
            made = held.get(member)
            if made is None or made[0] < number:
                return None
            lowest = min(lowest, made[0])
            found[member] = made[1]
        return found, lowest

    def keep(self, place: Place, head: int, rows: Mapping[int, MemberRow]) -> None:
        """Hold rows that were made when the feed's head stood there; those made longest ago go."""
        with self._lock:
            held = self._places.pop(place, {})
            for member, row in rows.items():
                held.pop(member, None)
                # A slow page may still show somebody who is gone by now.
                if head > self._gone.get(member, -1):
                    held[member] = head, row
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
