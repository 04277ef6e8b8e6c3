"""Visit: what F10 costs on the store's worker, against one row committed to the same file.

A visit is everything that happens there between the key and "Registered": a receipt of three lines
priced, a reward redeemed out of a lease, two chained events, one transaction. The floor is one
small row, inserted and committed with synchronous=FULL on the same connection of the same encrypted
file, in turns with the visits, the WAL being emptied in idle moments as the desk does.
"""

import random
from collections.abc import Sequence
from pathlib import Path

from loyalty_desk.desk import identify, visit
from loyalty_desk.desk.visit import Draft, ReceiptRead
from loyalty_desk.store.database import Connection
from tests.bench import people, programme, syncs
from tests.bench.job import Job
from tests.bench.syncs import Syncs
from tests.bench.table import Row, at_least, unmeasured
from tests.bench.till import Till, TradingClock, acknowledge, lend, opened
from tests.bench.timing import Stopwatch, in_turns

_PAD_NS = 3_000_000
_LEASE_POINTS = 40 * programme.COFFEE_POINTS
_BETWEEN_MS = 40_000
_MEMBERS = 1_000  # who comes to the counter, at every size of the club


class Visits:
    """Visits and floor commits, a round at a time. `syncs_each` lists the sync calls per visit."""

    def __init__(self, till: Till, clock: TradingClock, each: int, counter: Syncs | None) -> None:
        self._till = till
        self._clock = clock
        self._each = each
        self._counter = counter
        self._watch = Stopwatch()
        self._chance = random.Random(1)
        self._numbers = sorted(
            self._chance.sample(range(till.members), min(till.members, _MEMBERS))
        )
        self._receipts = 0
        self._rows = 0
        self.syncs_each: list[int] = []
        lend(till, self._numbers, _LEASE_POINTS)
        with _connection(till) as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS floor (n INTEGER PRIMARY KEY, body BLOB)"
            )
            self._rows = connection.execute("SELECT count(*) FROM floor").fetchone()[0]
        self._receipts = 1_000_000 + till.store.ledger.head().seq

    def idle(self) -> None:
        """Let the desk have its idle moment: all is acknowledged, the WAL is used again."""
        acknowledge(self._till)
        self._till.store.idle(self._till.counter.clock.now())

    def visits(self) -> Sequence[int]:
        """Conclude visits of different members; return how long each took (ns)."""
        self.idle()
        drafts = [self._draft(n) for n in self._chance.sample(self._numbers, self._each)]
        return [self._concluded(draft) for draft in drafts]

    def floor(self) -> Sequence[int]:
        """Commit single rows; return how long each took (ns)."""
        self.idle()
        with _connection(self._till) as connection:
            return [self._watch.ns_of(lambda: self._commit(connection)) for _ in range(self._each)]

    def _draft(self, number: int) -> Draft:
        """Open the member and enter everything, as before the key is pressed."""
        self._receipts += 1
        opened_member = identify.by_member(
            self._till.counter, people.member_of(number), proof="card"
        )
        key = programme.receipt_key(self._receipts)
        receipt = ReceiptRead(
            key=key, lines=programme.LINES, total_centavos=programme.PAID_CENTAVOS
        )
        return Draft(
            member=opened_member,
            amount_centavos=programme.PAID_CENTAVOS,
            receipt=receipt,
            reward=programme.COFFEE,
        )

    def _concluded(self, draft: Draft) -> int:
        self._clock.serve(_BETWEEN_MS)
        counter, visit_id = self._till.counter, self._till.counter.new_id()

        def act() -> None:
            borrow = visit.points_to_lease(counter, draft, staff=programme.CASHIER, visit=visit_id)
            assert borrow == 0
            visit.conclude(counter, draft, staff=programme.CASHIER, visit=visit_id)

        before = self._counter.calls() if self._counter else 0
        took = self._watch.ns_of(act)
        if self._counter:
            self.syncs_each.append(self._counter.calls() - before)
        return took

    def _commit(self, connection: Connection) -> None:
        self._rows += 1
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO floor (n, body) VALUES (?, ?)", (self._rows, b"0" * 16))
        connection.execute("COMMIT")


def measure(job: Job) -> list[Row]:
    """Return the rows of the visit: on this disk, on a slow one, and the syncs of each."""
    counter = syncs.here()
    rounds, each = (3, 12) if job.quick else (21, 50)
    clock = TradingClock(hours_ago=20)
    with opened(Path(job.home), job.members, clock=clock) as till:
        recorded = till.store.ledger.head().seq
        visits = Visits(till, clock, each, counter)
        visits.visits(), visits.floor()  # the WAL reaches its length before anything is counted
        visits.syncs_each.clear()
        rows = [_ratio(visits, rounds, "visit ÷ commit", 0.38)]
        if counter is None:
            name = "visit ÷ commit, syncs 3 ms slower"
            return [*rows, unmeasured(name, "no C compiler"), unmeasured("syncs of a visit", "")]
        counter.pad(_PAD_NS)
        rows.append(_ratio(visits, max(3, rounds // 3), "visit ÷ commit, syncs 3 ms slower", 0.80))
        counter.pad(0)
        done = till.store.ledger.head().seq - recorded
        assert done == 2 * (len(visits.syncs_each) + each), done
    return [*rows, _syncs(visits.syncs_each)]


def _ratio(visits: Visits, rounds: int, name: str, goal: float) -> Row:
    ours, floor = in_turns(rounds, visits.visits, visits.floor)
    row = Row(name=name, unit="µs", value=ours / 1_000, floor=floor / 1_000, ratio=floor / ours)
    return at_least(row, goal)


def _syncs(each: Sequence[int]) -> Row:
    least, most = min(each), max(each)
    return Row(
        name=f"syncs of a visit, the most of {len(each):,} (fsync + fdatasync)",
        unit="calls",
        value=most if least == 1 else least,
        floor=1,
        goal="exactly 1, every visit",
        holds=least == most == 1,
    )


def _connection(till: Till):
    # The floor has to share the connection, with its page cache and its WAL, that the visits use.
    return till.store.ledger._database.reading()
