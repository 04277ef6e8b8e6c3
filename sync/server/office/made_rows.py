"""Made rows: a member's row is made once for all terminals that look from the same place.

Whatever changes a row gives its member a new number of the feed, so a row that was made when the
feed's head stood somewhere is right until its member has a number behind that. Guarantees that a
row is given out only for numbers up to the head that it was made at, and only to who sees at least
that head: a row that is ahead of the acknowledgement that goes with it would count a purchase
twice. The latest are held, in memory; of whoever is gone nothing is.
"""

import sys
from collections.abc import Collection, Mapping
from itertools import islice
from threading import Lock
from typing import NamedTuple, TypeAlias

from sync.protocol.messages import MemberRow
from sync.server.office.member_rows import View

ROWS_MAX = 10_000  # two pages, some 10 MB

Numbered: TypeAlias = Mapping[int, int]  # members, and their numbers in the feed
Rows: TypeAlias = Mapping[int, MemberRow | None]  # None of whom there is nothing to show


class Place(NamedTuple):
    """From where members are seen: numbers and rows mean something within one place only."""

    epoch: int
    scope: str
    view: View


class MadeRows:
    """The rows that were made last; may be asked from any thread."""

    def __init__(self) -> None:
        self._places: dict[Place, dict[int, tuple[int, MemberRow | None]]] = {}
        self._gone: set[int] = set()  # for good
        self._lock = Lock()

    def of(self, place: Place, numbered: Numbered, head: int) -> tuple[Rows, int] | None:
        """Return the rows of these members for who sees the feed up to `head`, and the lowest head
        that one of them was made at.

        None unless rows of all of them are held that were made at these numbers or later, and not
        behind `head`.
        """
        held = self._places.get(place, {})
        found, lowest = {}, sys.maxsize
        for member, number in numbered.items():
            made = held.get(member)
            if made is None or not number <= made[0] <= head:
                return None
            lowest = min(lowest, made[0])
            found[member] = made[1]
        return found, lowest

    def keep(self, place: Place, head: int, rows: Rows) -> None:
        """Hold rows that were made when the feed's head stood there; those made longest ago go."""
        with self._lock:
            held = self._places.pop(place, {})
            for member, row in rows.items():
                held.pop(member, None)
                # A slow page may still show somebody who is gone by now.
                held[member] = head, None if member in self._gone else row
            self._places[place] = held
            self._make_room()

    def forget(self, gone: Collection[int]) -> None:
        """Let go of the rows of members who are gone, wherever they are seen."""
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
