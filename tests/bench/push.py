"""Push: a full batch over HTTP, against the same batch recorded in the office without a network.

Two copies of one demo club, made before the first batch: one behind a real server process, one
opened here. Every batch goes to both, in turns. Over HTTP it is packed, signed, sent, checked and
unpacked, and its answer signed and checked; in the office it is `record_push` alone. Both on
SQLite.
"""

import random
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

import uuid_utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.enrol import enrol
from sync.client.remote import RemoteServer
from sync.client.replica import Identity
from sync.programme import document
from sync.protocol import chain, events
from sync.protocol.events import AccrualEvent
from sync.protocol.messages import PushAnswer
from sync.server.office.head_office import HeadOffice
from sync.server.office.push import record_push
from sync.server.office.terminals import Caller
from sync.server.store.database import open_database
from sync.server.store.keys import load_keys
from tests.bench import programme
from tests.bench.job import Job
from tests.bench.table import Row, at_least
from tests.bench.till import WallClock
from tests.live_server import LiveServer, live_server
from tests.server_process import Started

BOUND = 0.55
_MEMBERS = 2_000
_EVENTS = chain.BATCH_EVENTS_MAX
_BETWEEN_MS = 40_000


class _Journal:
    """A terminal's chain of credits, batch by batch, as its ledger would send them."""

    def __init__(
        self, identity: Identity, key: Ed25519PrivateKey, rules: str, members: Sequence[int]
    ) -> None:
        self._key = key
        self._rules = rules
        self._members = members
        self._chance = random.Random(9)
        self._seq = 0
        self._at = WallClock().now() - 3_600_000
        self._hash = chain.first_hash(
            terminal=identity.terminal,
            incarnation=identity.incarnation,
            public_key=identity.public_key,
        )

    def next_batch(self) -> bytes:
        """Return the next full batch, sealed."""
        first, previous = self._seq + 1, self._hash
        bodies = tuple(events.encode(self._event()) for _ in range(_EVENTS))
        self._hash = chain.chain(previous, bodies)[-1]
        return chain.seal_batch(
            key=self._key, from_seq=first, previous=previous, head=self._hash, bodies=bodies
        )

    def _event(self) -> AccrualEvent:
        self._seq += 1
        self._at += self._chance.randrange(2_000)
        return AccrualEvent(
            rules=self._rules,
            staff=1,
            boot=7,
            at=self._at,
            mono_ms=self._at % 100_000_000,
            seq=self._seq,
            id=uuid_utils.uuid7(nanoseconds=self._at * 1_000_000).hex,
            tier="bronze",
            member=self._chance.choice(self._members),
            amount=1_000 + self._chance.randrange(20_000),
            evidence="receipt",
            receipt=programme.receipt_key(self._seq),
            forecast=90,
        )


def measure(job: Job) -> list[Row]:
    """Return the row of the push."""
    batches = 3 if job.quick else 24
    there, here = Path(job.scratch) / "push-there", Path(job.scratch) / "push-here"
    for folder in (there, here):
        shutil.rmtree(folder, ignore_errors=True)
    members, key = 200 if job.quick else _MEMBERS, Ed25519PrivateKey.generate()
    with live_server(there, members=members) as server:
        identity = enrol(server.url, code=server.code, name="", key=key, monotonic=time.monotonic)
    shutil.copytree(there, here)
    journal = _Journal(identity, key, _rules(here / "server"), _members(here / "server"))
    with (
        live_server(there, members=members, fresh=False, begin=Started) as server,
        _remote(server, identity, key) as remote,
        _office(here / "server") as office,
    ):
        caller = _caller(identity)
        http, in_process = _timed(
            batches,
            journal,
            remote.push,
            lambda body: record_push(office, caller, body, now=WallClock().now()),
        )
    return [_row(http, in_process)]


def _timed(
    batches: int,
    journal: _Journal,
    push: Callable[[bytes], PushAnswer],
    record: Callable[[bytes], PushAnswer],
) -> tuple[float, float]:
    """Send so many batches both ways and return the medians (seconds); the first is not counted."""
    took: dict[str, list[float]] = {"http": [], "here": []}
    for number in range(batches + 1):
        batch = journal.next_batch()
        ways = [("http", push), ("here", record)]
        for name, way in ways if number % 2 else reversed(ways):
            began = time.perf_counter()
            answer = way(batch)
            took[name].append(time.perf_counter() - began)
            assert answer.last_seq == (number + 1) * _EVENTS, answer
    return median(took["http"][1:]), median(took["here"][1:])


def _row(http: float, in_process: float) -> Row:
    row = Row(
        name=f"push over HTTP ÷ in the office, batch of {_EVENTS}",
        unit="events/s",
        value=_EVENTS / http,
        floor=_EVENTS / in_process,
        ratio=in_process / http,
    )
    return at_least(row, BOUND)


@contextmanager
def _remote(
    server: LiveServer, identity: Identity, key: Ed25519PrivateKey
) -> Iterator[RemoteServer]:
    remote = RemoteServer(
        server.url, identity=identity, key=key, wall=WallClock().now, monotonic=time.monotonic
    )
    try:
        yield remote
    finally:
        remote.close()


@contextmanager
def _office(data: Path) -> Iterator[HeadOffice]:
    database = open_database(data)
    try:
        yield HeadOffice(database=database, keys=load_keys(data), random=secrets.token_bytes)
    finally:
        database.close()


def _caller(identity: Identity) -> Caller:
    return Caller(
        terminal=identity.terminal,
        incarnation=identity.incarnation,
        store=identity.store,
        name=identity.name,
        public_key=identity.public_key,
        forked=False,
    )


def _rules(data: Path) -> str:
    with closing(sqlite3.connect(data / "server.db")) as connection:
        hashes = connection.execute(
            "SELECT hash FROM programme_documents ORDER BY valid_from DESC LIMIT 1"
        ).fetchone()
    return bytes(hashes[0])[: document.HASH_PREFIX_BYTES].hex()


def _members(data: Path) -> list[int]:
    with closing(sqlite3.connect(data / "server.db")) as connection:
        return [row[0] for row in connection.execute("SELECT member_id FROM members")]
