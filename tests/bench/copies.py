"""Copies: how a till comes by its members, and how soon it hears of a change. Over real HTTP.

The first copy of a million is made of the bench's own members, in parts that the server's own code
packs, seals and signs; the till fetches and keeps them as it does anywhere. "Searchable" is when
the last part is in and every index made. The floor of a pull is an upsert of the same rows, as they
are kept, into an encrypted table with its primary key: a transaction for 5,000, and only of rows of
a higher version than what is there, which all of them are each time. (Rows that are the same to the
byte would not do: SQLite then writes no page, and enciphers nothing.) A page is pulled over HTTP by
a till for which the server has made the rows already: as by every till of a shop but the first.
What that one waits for is a row of its own.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count, islice
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from threading import Thread

import msgspec

from loyalty_desk.store import meta
from loyalty_desk.store.database import connect, writing
from sync.client.http import Connection
from sync.client.outcomes import Offline
from sync.client.stream import News, NewsStream
from sync.protocol.messages import MemberRow, PullAnswer
from sync.server.app import SNAPSHOTS
from sync.server.office import feed, snapshot
from sync.server.office.epoch import epoch
from sync.server.office.pull import Cursor, read_cursor, write_cursor
from tests.bench import people
from tests.bench.job import Job
from tests.bench.postgres_site import enlist
from tests.bench.push import _office as office_in
from tests.bench.table import Row, at_least, at_most
from tests.bench.till import WallClock
from tests.bench.timing import in_turns
from tests.client.till import Till
from tests.live_server import LiveServer, live_server
from tests.server_process import Started

SEARCHABLE_S = 20.0
FIRST_S = 1.5
MEMBER_BYTES = 55
PULL_RATIO = 0.30
IDLE_RATIO = 3.0
VISIBLE_MS = 50.0
SERVER_MB = 150.0
START_S = 2.0

_COPIED = 1_000_000
_MEMBERS = 2_000
_PULLED = 8_000  # and those members: two full pages
_PAGE_ROWS = 5_000
_IN_ROUND = 20


def measure(job: Job) -> list[Row]:
    """Return the rows of the first copy, of pulling, of news and of the server itself."""
    folder = Path(job.scratch) / "copies"
    shutil.rmtree(folder, ignore_errors=True)
    members = 200 if job.quick else _MEMBERS
    with live_server(folder, members=members) as server:
        code, other = server.code, server.new_code(name="Caixa 20")
    rows = _start(folder, members)
    with live_server(folder, members=members, fresh=False, begin=Started) as server:
        rows += _first_copy(job, folder, server, code)
        rows += _pulling(job, folder, server, other)
        rows += _news(job, folder, server)
        rows += _memory(server.process.pid)
    return rows


def _memory(process: int) -> list[Row]:
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return []
    lines = status.read_text(encoding="ascii").splitlines()
    (kb,) = [int(line.split()[1]) for line in lines if line.startswith("VmRSS:")]
    row = Row(name="server: memory after all this", unit="MB", value=kb / 1024)
    return [at_most(row, SERVER_MB)]


def _start(folder: Path, members: int) -> list[Row]:
    began = time.perf_counter()
    with live_server(folder, members=members, fresh=False, begin=Started):
        took = time.perf_counter() - began
    return [at_most(Row(name="server: start", unit="s", value=took), START_S)]


# --- The first copy --------------------------------------------------------------------------


def _first_copy(job: Job, folder: Path, server: LiveServer, code: str) -> list[Row]:
    copied = 25_000 if job.quick else _COPIED
    size = _make_parts(folder / "server", copied)
    with closing(Till(folder / "till", server.url, code)) as till:
        began = time.perf_counter()
        till.engine.round()
        found = till.members.search("maria").known
        assert found, "nobody is found in the first part"
        assert till.members.by_card(found[0].row.cards[0])
        first = time.perf_counter() - began
        while till.store.cache.copying() is not None:
            till.engine.round()
        assert till.members.search("maria silva").known
        whole = time.perf_counter() - began
        assert till.store.cache.count() >= copied
        began = time.perf_counter()
        till.store.cache.tally()
        tally = time.perf_counter() - began
    name = f"first copy, {copied:,} members"
    each = Row(name=f"{name}: bytes a member", unit="B", value=size / copied)
    at = Row(name=f"{name}: first {snapshot.CHUNK_MEMBERS:,} usable", unit="s", value=first)
    return [
        at_most(each, MEMBER_BYTES),
        at_most(at, FIRST_S),
        at_most(Row(name=f"{name}: searchable", unit="s", value=whole), SEARCHABLE_S),
        Row(name=f"{name}: compared with the server's", unit="s", value=tally),
    ]


def _make_parts(data: Path, members: int) -> int:
    """Give the server a snapshot of the bench's members; return its bytes on the wire."""
    place = data / SNAPSHOTS / "store-1"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    now = WallClock().now()
    latest_first = (list(people.rows(members, now=now)))[::-1]
    every = iter(latest_first)
    refs = []
    with office_in(data) as office:
        while rows := list(islice(every, snapshot.CHUNK_MEMBERS)):
            refs.append(snapshot._write_part(office, place, rows))
        with office.database.read() as connection:
            scope = feed.scope_of(connection, 1)
            cursor = Cursor(epoch(connection), scope, feed.head(connection, scope))
        snapshot._sign(office, place, cursor, refs, now)
    return sum(ref.size for ref in refs)


# --- Pulling ---------------------------------------------------------------------------------


def _pulling(job: Job, folder: Path, server: LiveServer, code: str) -> list[Row]:
    shutil.rmtree(folder / "server" / SNAPSHOTS)
    rounds = 2 if job.quick else 15
    if not job.quick:
        with office_in(folder / "server") as office:
            enlist(office, _PULLED)
    with closing(Till(folder / "other", server.url, code)) as till:
        anew = _timed(till.engine.round)
        rows = [till.members.by_id(one).row for one in _ids(till)]
        moved = [msgspec.structs.replace(row, points=row.points + 1) for row in rows]
        ours: list[float] = []
        parts: list[float] = []
        same: list[float] = []
        floor: list[float] = []
        with _raw_table(folder, rows) as upsert:
            for _ in range(rounds):
                for come in (rows, moved):
                    parts.append(_timed(lambda come=come: _keep(till, come)))
                    floor.append(_timed(upsert))
                _look_back(till)
                ours.append(_timed(till.engine.round))  # each row is another than the till has
                floor.append(_timed(upsert))
                same.append(_timed(lambda: _keep(till, rows)))
        still = _idle(till, server.url, rounds=2 if job.quick else 60)

    def against_upsert(what: str, seconds: list[float]) -> Row:
        return Row(
            name=f"{what} ÷ raw upsert",
            unit="rows/s",
            value=len(rows) / median(seconds),
            floor=len(rows) / median(floor),
            ratio=median(floor) / median(seconds),
        )

    many = f"{len(rows):,}"
    pulled = against_upsert(f"pull and apply {many} rows that changed", ours)
    kept = against_upsert(f"apply {many} pulled rows that changed", parts)
    known = against_upsert(f"apply {many} pulled rows that were known", same)
    first = Row(name=f"the first pull of {many}, made anew", unit="rows/s", value=len(rows) / anew)
    return [at_least(pulled, PULL_RATIO), at_least(kept, PULL_RATIO), known, first, still]


def _look_back(till: Till) -> None:
    """Have the next pull bring every member, as when all of them have changed."""
    cache = till.store.cache
    begun = msgspec.structs.replace(read_cursor(cache.cursor), seq=0)
    with cache._written() as connection:
        meta.keep(connection, cursor=write_cursor(begun))


def _ids(till: Till) -> list[int]:
    with till.store.cache._reader.reading() as connection:
        return [member for (member,) in connection.execute("SELECT id FROM members")]


def _keep(till: Till, rows: list[MemberRow]) -> None:
    page = PullAnswer(
        cursor=till.store.cache.cursor,
        more=False,
        epoch=1,
        acked_seq=till.ledger.settled,
        now=WallClock().now(),
        members=tuple(rows),
    )
    till.store.cache.apply(page, now=page.now)


@contextmanager
def _raw_table(folder: Path, rows: list[MemberRow]) -> Iterator[Callable[[], None]]:
    """An encrypted table of the rows, and the act that puts newer ones of them all in."""
    path = folder / "raw.db"
    with closing(connect(path, bytes(32), synchronous="NORMAL", cache_kib=16 * 1024)) as raw:
        raw.execute(
            "CREATE TABLE members"
            " (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, row BLOB NOT NULL)"
        )
        versions = count(1)

        def upsert() -> None:
            version = next(versions)
            for start in range(0, len(rows), _PAGE_ROWS):
                page = rows[start : start + _PAGE_ROWS]
                with writing(raw) as connection:
                    connection.executemany(
                        "INSERT INTO members (id, version, row) VALUES (?, ?, ?)"
                        " ON CONFLICT (id) DO UPDATE"
                        " SET version = excluded.version, row = excluded.row"
                        " WHERE excluded.version > version",
                        [(row.id, version, msgspec.msgpack.encode(row)) for row in page],
                    )

        upsert()
        yield upsert


def _idle(till: Till, url: str, *, rounds: int) -> Row:
    """A round that finds nothing new, and a request that asks for nothing, in turns."""
    with closing(Connection(url, monotonic=time.monotonic)) as connection:
        ours, empty = in_turns(
            rounds,
            lambda: _each_ns(till.engine.round),
            lambda: _each_ns(lambda: connection.ask("GET", "/healthz", b"", {})),
        )
    row = Row(
        name="idle round ÷ empty request",
        unit="ms",
        value=ours / 1e6,
        floor=empty / 1e6,
        ratio=ours / empty,
    )
    return at_most(row, IDLE_RATIO)


def _each_ns(act: Callable[[], object]) -> list[int]:
    return [round(_timed(act) * 1e9) for _ in range(_IN_ROUND)]


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


# --- News ------------------------------------------------------------------------------------


def _news(job: Job, folder: Path, server: LiveServer) -> list[Row]:
    changes = 10 if job.quick else 100
    codes = [server.new_code(name=f"Caixa {number}") for number in (21, 22)]
    with (
        closing(Till(folder / "a", server.url, codes[0])) as writer,
        closing(Till(folder / "b", server.url, codes[1])) as reader,
        _heard_by(reader) as heard,
    ):
        writer.engine.round()
        member = writer.somebody()
        while reader.members.by_id(member) is None:
            heard.get(timeout=10)
            reader.engine.round()

        def version_at(till: Till) -> int:
            # Not the points: after a few typed visits on one day they wait for somebody's word.
            found: int = till.members.by_id(member).row.version
            return found

        took = []
        for _ in range(changes):
            before = version_at(reader)
            writer.credit(member, 1)
            began = time.perf_counter()
            Thread(target=writer.engine.round).start()
            while version_at(reader) == before:
                heard.get(timeout=10)
                reader.engine.round()
            took.append(time.perf_counter() - began)
    row = Row(name="a change is visible on another till", unit="ms", value=median(took) * 1_000)
    return [at_most(row, VISIBLE_MS)]


@contextmanager
def _heard_by(till: Till) -> Iterator["SimpleQueue[News]"]:
    heard: SimpleQueue[News] = SimpleQueue()
    till.engine.round()
    stream = NewsStream(
        till.url,
        identity=till.ledger.known,
        key=till.keys.signing_key,
        wall=WallClock().now,
        monotonic=time.monotonic,
        offset_ms=0,
    )

    def listen() -> None:
        try:
            stream.listen(heard.put)
        except Offline:
            return

    thread = Thread(target=listen)
    thread.start()
    try:
        yield heard
    finally:
        stream.close()
        thread.join()
