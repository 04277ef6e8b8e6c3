"""One statement on PostgreSQL: an accrual and a redemption, each with its event, against one row.

What the tables themselves allow, before any rule or signature: event, entry, balance and lot in
one statement, committed, against one row inserted into a table with the ledger's primary key,
committed, on the same connection, in turns.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psycopg
from sqlalchemy import Table

from sync.programme.members import bucket_of
from sync.server.store.arrays import kind_of
from sync.server.store.tables import events, ledger
from tests.bench.job import Job
from tests.bench.postgres import RAW, entry, insert_raw
from tests.bench.postgres_site import bare, enlist, new_database, office_at
from tests.bench.table import Row, at_least
from tests.bench.timing import Stopwatch, in_turns
from tests.server.shop import NOON

ACCRUAL, REDEMPTION = 0.45, 0.40
_EVENT = {
    "terminal_id": 1,
    "incarnation": 1,
    "branch": 0,
    "kind": "accrual",
    "body": b"x" * 250,
    "hash": bytes(32),
    "received_at": NOON,
    "effective_at": NOON,
    "status": "accepted",
    "code": "",
    "facts": "",
    "voided_by": None,
}


def measure(job: Job) -> list[Row]:
    """Return the rows of the two statements."""
    place = new_database()
    with (
        office_at(place, Path(job.scratch) / "postgres-statement-keys") as office,
        bare(place) as driver,
    ):
        members = enlist(office, 2_000 if job.quick else 100_000)
        driver.execute(RAW)
        driver.commit()
        bench = _Bench(driver, members, quick=job.quick)
        return [
            bench.row("one-statement accrual", _accrual(), ACCRUAL),
            bench.row("one-statement redemption", _redemption(), REDEMPTION),
        ]


class _Bench:
    def __init__(self, driver: psycopg.Connection, members: list[int], *, quick: bool) -> None:
        self._driver = driver
        self._members = members
        self._chance = random.Random(13)
        self._watch = Stopwatch()
        self._seq = 0
        self._insert = insert_raw(driver)
        self._rounds, self._in_round = (3, 5) if quick else (11, 60)

    def row(self, name: str, statement: str, bound: float) -> Row:
        """The statement against one row inserted."""

        def run() -> None:
            self._driver.execute(statement, self._facts())
            self._driver.commit()

        def floor() -> Sequence[int]:
            return self._times(lambda: self._insert([entry(self._member(), self._chance)]))

        ours, bare_row = in_turns(self._rounds, lambda: self._times(run), floor)
        found = Row(
            name=f"PostgreSQL, {name} ÷ one row inserted",
            unit="events/s",
            value=1e9 / ours,
            floor=1e9 / bare_row,
            ratio=bare_row / ours,
        )
        return at_least(found, bound)

    def _times(self, act: Callable[[], None]) -> Sequence[int]:
        return [self._watch.ns_of(act) for _ in range(self._in_round)]

    def _member(self) -> int:
        return self._chance.choice(self._members)

    def _facts(self) -> Mapping[str, object]:
        self._seq += 1
        member, name = self._member(), self._chance.randbytes(16)
        own = {"bucket": bucket_of(member), "member_id": member, "event_id": name}
        happened = {**_EVENT, **own, "visit_id": name, "seq": self._seq}
        entered = {**entry(member, self._chance), **own}
        facts = {f"events_{name}": value for name, value in happened.items()}
        return facts | {f"ledger_{name}": value for name, value in entered.items()}


def _accrual() -> str:
    return f"""
        WITH happened AS ({_insert(events)}),
        entered AS ({_insert(ledger)}),
        counted AS (
            UPDATE balances SET points = points + %(ledger_points)b, version = version + 1,
            earned_total = earned_total + %(ledger_points)b,
            tier_points = tier_points + %(ledger_points)b
            WHERE bucket = %(ledger_bucket)b AND member_id = %(ledger_member_id)b AND purse = 0)
        INSERT INTO lots (bucket, member_id, purse, expires_on, earned)
        VALUES (%(ledger_bucket)b, %(ledger_member_id)b, 0,
            %(ledger_expires_on)b, %(ledger_points)b)
        ON CONFLICT (bucket, member_id, purse, expires_on)
        DO UPDATE SET earned = lots.earned + excluded.earned"""


def _redemption() -> str:
    return f"""
        WITH spent AS (
            UPDATE balances SET points = points - %(ledger_points)b, version = version + 1,
            spent_total = spent_total + %(ledger_points)b
            WHERE bucket = %(ledger_bucket)b AND member_id = %(ledger_member_id)b AND purse = 0
            AND points - leased >= %(ledger_points)b RETURNING 1),
        happened AS ({_insert(events, "FROM spent")})
        {_insert(ledger, "FROM spent")}"""


def _insert(table: Table, source: str = "") -> str:
    names = [column.name for column in table.columns]
    values = ", ".join(
        f"%({table.name}_{column.name})b::{kind_of(column.type).SQL.removesuffix('[]')}"
        for column in table.columns
    )
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} {source}"
