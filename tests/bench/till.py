"""The till of the bench: the product's own store in real encrypted files, with many members.

It is filled once a size, by the store's own bulk fill, and then opened by each measurement in a
process of its own.
"""

import random
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from loyalty_desk.desk.counter import Clock, Counter
from loyalty_desk.paths import Places, places
from loyalty_desk.store.keys import Keys, load_keys
from loyalty_desk.store.opening import Store, open_store
from sync.protocol.messages import LeaseRow, MemberRow
from tests.bench import people, programme

_PAGE = 5_000
OLD_VISITS = 20_000
_OLD_VISITS_A_TIME = 1_000
_OLD_VISIT_MS = 130_000  # twenty thousand within thirty days
_LEASE_MS = 3 * people.DAY_MS


class WallClock:
    """The machine's clocks."""

    boot = 1

    def now(self) -> int:
        """Return the wall clock in ms UTC."""
        return time.time_ns() // 1_000_000

    def mono(self) -> int:
        """Return ms since some instant of this run."""
        return time.monotonic_ns() // 1_000_000


class TradingClock(WallClock):
    """A clock of trade: it begins some hours ago and goes on from customer to customer.

    A till that recorded a day's visits within one minute would be another till.
    """

    def __init__(self, *, hours_ago: int) -> None:
        self._at = super().now() - hours_ago * 3_600_000
        self._mono = super().mono()

    def serve(self, ms: int) -> None:
        """Let the next customer come after so many ms."""
        self._at += ms
        self._mono += ms

    def now(self) -> int:
        """Return the wall clock in ms UTC."""
        return self._at

    def mono(self) -> int:
        """Return ms since some instant of this run."""
        return self._mono


@dataclass(frozen=True, slots=True)
class Till:
    """An open till."""

    places: Places
    keys: Keys
    store: Store
    counter: Counter
    members: int


@dataclass(frozen=True, slots=True)
class Filled:
    """How long a fill took (seconds): writing rows and names; the indexes at the end."""

    rows: float
    indexes: float


def fill(home: Path, members: int, *, visits: int) -> Filled:
    """Make a till at `home` that is enrolled, holds so many members, and has traded for weeks.

    `visits` are in its journal already, all acknowledged: no till's journal is empty.
    """
    now = WallClock().now()
    with opened(home, members) as till:
        ledger = till.store.ledger
        ledger.enrolled(programme.identity(till.keys.public_key))
        ledger.documents.keep_all([programme.published()])
        ledger.staff.keep_all([programme.cashier()])
        _trade(till, visits, now)
        pages = _Timed(_pages(people.rows(members, now=now)))
        began = time.perf_counter()
        till.store.cache.fill(pages)
        ended = time.perf_counter()
        return Filled(pages.used_at - began - pages.making, ended - pages.used_at)


@contextmanager
def opened(home: Path, members: int, *, clock: Clock | None = None) -> Iterator[Till]:
    """Open the till at `home`, and close it again."""
    clock = clock or WallClock()
    here = places(root=home)
    here.prepare()
    keys = load_keys(here, random_bytes=secrets.token_bytes, vault=None)
    store = open_store(here, keys, random_bytes=secrets.token_bytes, now=clock.now())
    try:
        counter = Counter(store.ledger, store.members, clock, secrets.token_bytes)
        yield Till(here, keys, store, counter, members)
    finally:
        store.close(clock.now())


def lend(till: Till, numbers: Sequence[int], points: int) -> None:
    """Give the till a lease of so many points of each of these members."""
    now = till.counter.now()
    leases = [
        LeaseRow(secrets.token_hex(16), people.member_of(n), points, 0, now + _LEASE_MS)
        for n in numbers
    ]
    till.store.ledger.leases.keep_all(leases, now=now, asked_at=None)


def acknowledge(till: Till) -> None:
    """Let the server have everything, as a till on the line has within a second of each act."""
    seq = till.store.ledger.head().seq
    till.store.cache.assume(seq)
    till.store.ledger.settle(seq)


def _trade(till: Till, visits: int, now: int) -> None:
    """Record the trade of the last weeks; the server has heard of it."""
    chance = random.Random(11)
    for first in range(0, visits, _OLD_VISITS_A_TIME):
        acts = []
        for number in range(first, min(visits, first + _OLD_VISITS_A_TIME)):
            at = now - people.DAY_MS - (visits - number) * _OLD_VISIT_MS
            member = people.member_of(chance.randrange(till.members))
            acts.append(programme.old_visit(member, number, at=at))
        till.store.ledger.record(acts)
    acknowledge(till)


def _pages(rows: Iterable[MemberRow]) -> Iterator[list[MemberRow]]:
    every = iter(rows)
    while page := list(islice(every, _PAGE)):
        yield page


class _Timed:
    """Pages, with the time that making them takes, and when the last one had been used."""

    def __init__(self, pages: Iterator[list[MemberRow]]) -> None:
        self._pages = pages
        self.making = 0.0
        self.used_at = 0.0

    def __iter__(self) -> "_Timed":
        return self

    def __next__(self) -> list[MemberRow]:
        began = self.used_at = time.perf_counter()
        try:
            return next(self._pages)
        finally:
            self.making += time.perf_counter() - began
