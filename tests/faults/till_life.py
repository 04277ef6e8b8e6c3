"""What a till does while its disk is played with, and what must be found of it afterwards.

Run as `python -m tests.faults.till_life ROOT LOG VISITS` under the shim: opens a till under ROOT,
records visits and confirms each with a mark, tidies and starts again in between.
"""

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loyalty_desk.paths import places
from loyalty_desk.store.journal import Act
from loyalty_desk.store.keys import load_keys
from loyalty_desk.store.opening import Store, open_store
from sync.protocol import events
from sync.protocol.chain import chain, first_hash
from tests.faults.disk import Shim
from tests.store.acts import (
    CAIO,
    IDENTITY,
    MARINA,
    NOON,
    a_lease_id,
    a_lease_row,
    a_page,
    a_redemption,
    a_row,
    a_void,
    an_accrual,
    an_enrolment,
    seeded_bytes,
)

LENT = 1_000_000
_TIDY_EVERY, _RESTART_EVERY = 10, 23


@dataclass(frozen=True, slots=True)
class Day:
    """The visits of a day, the same in every process: what each records."""

    visits: tuple[tuple[Act, ...], ...]

    def ids(self, visits: int) -> list[str]:
        """The ids of the events of the first `visits` visits, in their order."""
        return [act.event.id for visit in self.visits[:visits] for act in visit]

    def visits_of(self, events_: int) -> int:
        """In how many visits the first `events_` events are, the last of them perhaps in part."""
        ends = itertools.accumulate(map(len, self.visits), initial=0)
        return next(visits for visits, end in enumerate(ends) if end >= events_)


def a_day(visits: int) -> Day:
    """A credit with its receipt and a redemption; now and then an enrolment, or an undo."""
    made: list[tuple[Act, ...]] = []
    for number in range(visits):
        if number % 11 == 10 and len(made[-1]) == 2:
            made.append((a_void(made[-1][0].event.id, id=_id(number, 0)),))
        elif number % 13 == 12:
            made.append((an_enrolment(CAIO + number, id=_id(number, 0)),))
        else:
            accrual = an_accrual(id=_id(number, 0), receipt=_receipt(number))
            spends = a_redemption(a_lease_id(), 10, visit=accrual.event.id, id=_id(number, 1))
            made.append((accrual, spends))
    return Day(tuple(made))


def _id(visit: int, place: int) -> str:
    return f"{NOON:012x}7{visit:018x}{place:01x}"


def _receipt(visit: int) -> str:
    return f"3526111234567800019565001{visit:019d}"


def open_till(root: Path) -> Store:
    """Open the store under `root`, as the app does at its start."""
    here = places(root=root)
    here.prepare()
    keys = load_keys(here, random_bytes=seeded_bytes(), vault=None)
    return open_store(here, keys, random_bytes=seeded_bytes(2), now=NOON)


def make_keys(root: Path) -> None:
    """Make a till's keys: they are older than its first visit."""
    here = places(root=root)
    here.prepare()
    load_keys(here, random_bytes=seeded_bytes(), vault=None)


def begin(store: Store) -> None:
    """Enrol the till and have points lent to it, unless that was done in an earlier life."""
    if store.ledger.identity is None:
        store.ledger.enrolled(IDENTITY)
    if not store.ledger.leases.of(MARINA):
        store.ledger.leases.keep(a_lease_row(a_lease_id(), LENT), now=NOON)
    if not store.replica.cursor():
        store.replica.keep_page(a_page(a_row()), asked_at=NOON, now=NOON)


def live(root: Path, day: Day) -> Iterator[int]:
    """Record the day's visits; yields the number recorded so far, once that is certain."""
    store = open_till(root)
    begin(store)
    yield 0
    for number, visit in enumerate(day.visits, start=1):
        store.ledger.record(list(visit))
        yield number
        if number % _TIDY_EVERY == 0:
            store.idle(NOON)
        if number % _RESTART_EVERY == 0:
            store.close(NOON)
            store = open_till(root)
    store.close(NOON)


def examine(store: Store, day: Day, confirmed: int) -> int:
    """Assert that whole visits stand in the journal, all confirmed ones; returns how many."""
    ledger = store.ledger
    outgoing = ledger.outgoing(0, 100_000)
    bodies = outgoing.bodies if outgoing else ()
    found = [events.decode(body) for body in bodies]
    visits = day.visits_of(len(found))
    assert [one.id for one in found] == day.ids(visits), "half a visit, or a wrong one"
    assert visits >= confirmed, f"{confirmed} visits were confirmed, {visits} are there"
    first = first_hash(
        terminal=IDENTITY.terminal,
        incarnation=IDENTITY.incarnation,
        public_key=IDENTITY.public_key,
    )
    hashes = chain(first, bodies)
    assert ledger.head().hash == (hashes[-1] if hashes else first)
    spent = sum(10 for one in found if isinstance(one, events.RedemptionEvent))
    leases = ledger.leases.of(MARINA)
    assert not leases or sum(lease.spent for lease in leases) == spent
    assert leases or not found
    undone = {one.target for one in found if isinstance(one, events.VoidEvent)}
    for one in found:
        if isinstance(one, events.AccrualEvent):
            assert (ledger.receipt_at(one.receipt) is None) == (one.id in undone)
    return visits


def main() -> int:
    """Live a day with the shim writing everything down."""
    root, log, visits = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    make_keys(root)
    shim = Shim()
    shim.watch(root, log)
    for recorded in live(root, a_day(visits)):
        shim.mark(recorded)
    return 0


if __name__ == "__main__":
    sys.exit(main())
