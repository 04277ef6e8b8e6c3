"""Pushes on PostgreSQL against bare inserts on the same driver, in turns.

The floor of a batch is one statement that unfolds binary arrays into a table of six columns with
the ledger's primary key, committed; that of one event is one row inserted there, committed. What
stands against them: the three statements that write accounts; what a push waits for SQL, which does
part of its work beside it; the push itself, verified, chained and priced; the same push again; and
a push of one event.
"""

import itertools
import random
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
from sqlalchemy import Connection, Engine, event

from sync.programme.members import bucket_of
from sync.protocol import chain
from sync.server.office.account_rows import send_accounts
from sync.server.office.head_office import HeadOffice
from sync.server.store.arrays import kind_of, packed
from sync.server.store.dialect import answered
from sync.server.store.tables import ledger
from tests.bench.job import Job
from tests.bench.postgres_site import bare, enlist, new_database, office_at
from tests.bench.table import Row, at_least
from tests.bench.timing import Stopwatch, in_turns
from tests.server.shop import NOON, Till, enrolled_till

ACCOUNTS, SQL, WHOLE, REPLAY, SINGLE = 0.17, 0.08, 0.06, 1.0, 0.10
_EVENTS = chain.BATCH_EVENTS_MAX
RAW = """CREATE TABLE raw (bucket int2 NOT NULL, member_id int8 NOT NULL, event_id bytea NOT NULL,
    line int4 NOT NULL, points int8 NOT NULL, recorded_at int8 NOT NULL,
    CONSTRAINT pk_raw PRIMARY KEY (bucket, member_id, event_id, line))"""
_RAW_COLUMNS = ("bucket", "member_id", "event_id", "line", "points", "recorded_at")


def measure(job: Job) -> list[Row]:
    """Return the rows of pushes."""
    place = new_database()
    folder = Path(job.scratch) / "postgres-keys"
    with office_at(place, folder) as office, bare(place) as driver:
        members = enlist(office, 2_000 if job.quick else 100_000)
        driver.execute(RAW)
        driver.commit()
        bench = _Bench(office, driver, members, quick=job.quick)
        return [bench.accounts(), *bench.pushes(), bench.replay(), bench.single()]


class _Bench:
    def __init__(
        self, office: HeadOffice, driver: psycopg.Connection, members: list[int], *, quick: bool
    ) -> None:
        self._office = office
        self._driver = driver
        self._members = members
        self._chance = random.Random(11)
        self._watch = Stopwatch()
        self._rounds, self._in_round = (3, 2) if quick else (24, 5)
        self._till = enrolled_till(office, seed=5)
        self._till.at = NOON
        self._insert = insert_raw(self._driver)

    def accounts(self) -> Row:
        """Ledger, balances and lots of a batch, as the book writes them."""

        def write() -> None:
            entries = self._entries(_EVENTS)
            with self._office.database.writing.begin() as connection:
                _write_accounts(connection, entries)

        return self._against_batch("ledger, balances and lots", ACCOUNTS, self._timed(write))

    def pushes(self) -> list[Row]:
        """The whole of a push, and its part in SQL."""
        whole, in_sql = [], []

        def push() -> Sequence[int]:
            times = []
            for _ in range(self._in_round):
                batch = self._batch(_EVENTS)
                with _sql_of(self._office.database.writing, self._watch) as sql:
                    times.append(self._watch.ns_of(lambda batch=batch: self._push(batch)))
                whole.append(times[-1])
                in_sql.append(sql.ns)
            return times

        ours, floor = in_turns(self._rounds, push, self._floor(_EVENTS))
        share = sum(in_sql) / sum(whole)
        return [
            _row(f"a push's part in SQL, batch of {_EVENTS}", _EVENTS, ours * share, floor, SQL),
            _row(f"a push, verified and priced, batch of {_EVENTS}", _EVENTS, ours, floor, WHOLE),
        ]

    def replay(self) -> Row:
        """The same batch again."""
        batch = self._batch(_EVENTS)
        self._push(batch)
        again = self._timed(lambda: self._push(batch))
        return self._against_batch("the same push again", REPLAY, again)

    def single(self) -> Row:
        """A push of one event."""

        def push() -> Sequence[int]:
            batches = [self._batch(1) for _ in range(self._in_round * 4)]
            return [self._watch.ns_of(lambda b=b: self._push(b)) for b in batches]

        ours, floor = in_turns(self._rounds, push, self._floor(1))
        return _row("a push of one event ÷ one row inserted", 1, ours, floor, SINGLE)

    def _against_batch(self, name: str, bound: float, ours: Callable[[], Sequence[int]]) -> Row:
        mine, floor = in_turns(self._rounds, ours, self._floor(_EVENTS))
        return _row(f"{name}, batch of {_EVENTS}", _EVENTS, mine, floor, bound)

    def _timed(self, act: Callable[[], object]) -> Callable[[], Sequence[int]]:
        return lambda: [self._watch.ns_of(act) for _ in range(self._in_round)]

    def _floor(self, count: int) -> Callable[[], Sequence[int]]:
        def insert() -> Sequence[int]:
            times = []
            for _ in range(self._in_round):
                entries = self._entries(count)
                times.append(self._watch.ns_of(lambda entries=entries: self._insert(entries)))
            return times

        return insert

    def _batch(self, count: int) -> bytes:
        till = self._till
        for _ in range(count):
            till.at += 50
            till.accrual(self._chance.choice(self._members), 1_000 + self._chance.randrange(20_000))
        return till.batch(first=till.seq - count + 1, last=till.seq)

    def _push(self, batch: bytes) -> None:
        till = self._till
        # As it is recognised by every request: with where its journal ends here.
        caller = replace(till.caller, last_seq=till.pushed)
        answer = Till.push_as(caller, self._office, batch, now=till.at)
        assert answer.last_seq >= till.pushed, answer
        till.pushed = answer.last_seq

    def _entries(self, count: int) -> list[dict[str, object]]:
        """Entries as rows of `ledger`, for members of whom none comes twice."""
        return [entry(member, self._chance) for member in self._chance.sample(self._members, count)]


def insert_raw(driver: psycopg.Connection) -> Callable[[list[dict[str, object]]], None]:
    kinds = [kind_of(ledger.c[name].type) for name in _RAW_COLUMNS]
    arrays = ", ".join(f"%b::{kind.SQL}" for kind in kinds)
    batch = f"INSERT INTO raw SELECT * FROM unnest({arrays})"
    single = "INSERT INTO raw VALUES (%b, %b, %b, %b, %b, %b)"

    def insert(entries: list[dict[str, object]]) -> None:
        if len(entries) == 1:
            driver.execute(single, [entries[0][name] for name in _RAW_COLUMNS])
        else:
            columns = zip(_RAW_COLUMNS, kinds, strict=True)
            driver.execute(
                batch, [packed(kind, [row[name] for row in entries]) for name, kind in columns]
            )
        driver.commit()

    return insert


def _write_accounts(connection: Connection, entries: list[dict[str, object]]) -> None:
    send_accounts(
        connection,
        entries=entries,
        days=(),
        moved=(_lot(row) for row in entries),
        accounts=(_balance(row) for row in entries),
    )
    answered(connection)


def entry(member: int, chance: random.Random) -> dict[str, object]:
    return {
        "bucket": bucket_of(member),
        "member_id": member,
        "event_id": chance.randbytes(16),
        "line": 0,
        "purse": 0,
        "kind": 0,
        "points": 90,
        "qualifying": 90,
        "expires_on": "2027-11-30",
        "from_day": "",
        "reverses": None,
        "pending": False,
        "store_id": 1,
        "terminal_id": 1,
        "staff_id": 1,
        "reward_id": 0,
        "amount_cents": 9_000,
        "reason": "",
        "rules": bytes(8),
        "explain": '[["base","",90]]',
        "occurred_at": NOON,
        "recorded_at": NOON,
    }


_versions = itertools.count(2)


def _balance(entry: dict[str, object]) -> dict[str, object]:
    return {
        "bucket": entry["bucket"],
        "member_id": entry["member_id"],
        "purse": 0,
        "points": 100_090,
        "pending": 0,
        "debt": 0,
        "leased": 0,
        "earned_total": 100_090,
        "spent_total": 0,
        "expired_total": 0,
        "tier": "bronze",
        "tier_points": 90,
        "last_visit": NOON,
        "last_day": "2026-11-20",
        "version": next(_versions),
    }


def _lot(entry: dict[str, object]) -> dict[str, object]:
    lot = {name: entry[name] for name in ("bucket", "member_id", "purse", "expires_on")}
    return lot | {"earned": 90}


def _row(name: str, events: int, ours: float, floor: float, bound: float) -> Row:
    row = Row(
        name=f"PostgreSQL, {name}",
        unit="events/s",
        value=events / ours * 1e9,
        floor=events / floor * 1e9,
        ratio=floor / ours,
    )
    return at_least(row, bound)


@dataclass
class _Sql:
    """How long statements and commits took."""

    ns: int = 0
    began: int = field(default=0)


@contextmanager
def _sql_of(engine: Engine, watch: Stopwatch):
    sql = _Sql()

    def begin(*_: object) -> None:
        sql.began = watch.reading_ns()

    def end(*_: object) -> None:
        sql.ns += watch.reading_ns() - sql.began

    listeners = [
        ("before_cursor_execute", begin),
        ("after_cursor_execute", end),
        ("commit", begin),
    ]
    for name, heard in listeners:
        event.listen(engine, name, heard)
    event.listen(engine.pool, "reset", end)  # the first thing after a commit
    try:
        yield sql
    finally:
        for name, heard in listeners:
            event.remove(engine, name, heard)
        event.remove(engine.pool, "reset", end)
