"""Made rows: a member's row is made once for all terminals that look from the same place.

And a page is put together once for all who ask for it while nobody in its scope changes.

Whatever changes a row gives its member a new number of the feed, so a row that was made when the
feed's head stood somewhere is right until its member has a number behind that. Guarantees that a
row is given out only for numbers up to the head that it was made at, and only to who sees at least
that head: a row that is ahead of the acknowledgement that goes with it would count a purchase
twice. The latest are held, in memory; whoever is gone is let go of once a terminal is told so.
"""

import sys
from collections.abc import Collection, Mapping
from itertools import islice
from threading import Lock
from typing import NamedTuple, TypeAlias

from sync.protocol.messages import MemberRow
from sync.server.office.member_rows import View

ROWS_MAX = 10_000  # two pages, some 10 MB; as many in pages that are older than the rows
PAGES_MAX = 8  # of as many rows together

Numbered: TypeAlias = Mapping[int, int]  # members, and their numbers in the feed
Rows: TypeAlias = Mapping[int, MemberRow | None]  # None of whom there is nothing to show


class Place(NamedTuple):
    """From where members are seen: numbers and rows mean something within one place only."""

    epoch: int
    scope: str
    view: View


class Asked(NamedTuple):
    """Which page: from where, the numbers behind `after`, at most so many."""

    place: Place
    after: int
    limit: int


class Page(NamedTuple):
    """The members of a page and who is gone, by the numbers up to `last`; if there is more."""

    last: int
    more: bool
    members: tuple[MemberRow, ...]
    gone: tuple[int, ...]


class MadeRows:
    """The rows and pages that were made last; may be asked from any thread."""

    def __init__(self) -> None:
        self._pages: dict[Asked, tuple[int, Page]] = {}
        self._places: dict[Place, dict[int, tuple[int, MemberRow | None]]] = {}
        self._gone: set[int] = set()  # for good
        self._lock = Lock()

    def page(self, asked: Asked, head: int) -> Page | None:
        """Return a page for who sees the feed up to `head`, None unless it was made just there."""
        made = self._pages.get(asked)
        return made[1] if made is not None and made[0] == head else None

    def keep_page(self, asked: Asked, head: int, page: Page) -> None:
        """Hold a page that was put together when the feed's head stood there."""
        with self._lock:
            self._pages.pop(asked, None)
            # A slow page may still show somebody who is gone by now.
            if self._gone and any(row.id in self._gone for row in page.members):
                return
            self._pages[asked] = head, page
            while len(self._pages) > PAGES_MAX or self._rows_of_pages() > ROWS_MAX:
                del self._pages[next(iter(self._pages))]

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
            if not self._gone.issuperset(gone):
                self._pages.clear()
            self._gone.update(gone)
            for member in gone:
                for held in self._places.values():
                    held.pop(member, None)

    def _rows_of_pages(self) -> int:
        return sum(len(page.members) for _, page in self._pages.values())

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
