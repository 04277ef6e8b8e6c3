"""Rates: events pushed and rows pulled per second, so that another system can stand beside them.

In the office itself, without HTTP, batches and pages of 500, on both kinds of database.
"""

import random
import time
from pathlib import Path

from sync.protocol import chain
from sync.server.office.head_office import HeadOffice
from sync.server.office.overtaken import clear_overtaken
from sync.server.store.database import Place
from tests.bench.job import Job
from tests.bench.postgres_site import enlist, new_database, office_at
from tests.bench.table import Row
from tests.server.shop import NOON, enrolled_till

_BATCH = chain.BATCH_EVENTS_MAX


def measure(job: Job) -> list[Row]:
    """Return the rates, on files first."""
    rows = []
    for count in (200, 1_000) if job.quick else (10_000, 100_000):
        folder = Path(job.scratch) / f"rates-{count}"
        places: dict[str, Place] = {"SQLite": folder, "PostgreSQL": new_database()}
        for engine, place in places.items():
            with office_at(place, folder) as office:
                rows += _rates(office, engine, count)
    return rows


def _rates(office: HeadOffice, engine: str, count: int) -> list[Row]:
    members = enlist(office, count)
    till, reader = enrolled_till(office, seed=1), enrolled_till(office, seed=2)
    chance = random.Random(3)
    till.at = NOON
    pushing = 0.0
    for _ in range(0, count, _BATCH):
        for _ in range(_BATCH):
            till.at += 50
            till.accrual(chance.choice(members), 1_000 + chance.randrange(20_000))
        batch, first = till.batch(), till.seq - _BATCH
        began = time.perf_counter()
        answer = till.push_as(till.caller, office, batch, now=till.at)
        pushing += time.perf_counter() - began
        assert answer.last_seq == first + _BATCH
        till.pushed = answer.last_seq
    clear_overtaken(office)  # as every night: then each member is one row
    began, cursor, pulled, more = time.perf_counter(), "", 0, True
    while more:
        page = reader.pull(cursor, limit=_BATCH)
        cursor, pulled, more = page.cursor, pulled + len(page.members), page.more
    pulling = time.perf_counter() - began
    assert pulled == count
    events = -(-count // _BATCH) * _BATCH
    return [
        Row(name=f"{engine}, push of {events:,} events", unit="events/s", value=events / pushing),
        Row(name=f"{engine}, pull of {count:,} rows", unit="rows/s", value=pulled / pulling),
    ]
