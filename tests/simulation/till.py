"""A till in a simulation: the real store, desk and sync client on files of its own.

It can die at any commit of any of its files, be cut off, be switched off and on again, and its
folder can be copied and put back.
"""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loyalty_desk.desk.counter import Counter
from loyalty_desk.paths import places as places_of
from loyalty_desk.store import journal
from loyalty_desk.store.database import connect
from loyalty_desk.store.keys import Keys
from loyalty_desk.store.migrations import LEDGER_STEPS
from loyalty_desk.store.opening import open_store
from sync.client.engine import Engine, RoundReport
from sync.client.enrol import enrol
from sync.client.outcomes import Outcome
from sync.client.remote import RemoteServer
from sync.protocol.events import AnyEvent
from sync.server.office.epoch import FIRST_EPOCH
from sync.server.office.pull import read_cursor
from tests.simulation.clock import TillClock
from tests.simulation.network import Line, Network

_URL = "http://127.0.0.1"


class Died(BaseException):
    """The till's process is gone in the middle of something."""


@dataclass(frozen=True, slots=True)
class Image:
    """A copy of a till's folders, and how many events its journal held."""

    folder: Path
    events: int


class Till:
    """One till of a store. `events` is its journal as its cashiers have seen it, in order."""

    def __init__(
        self,
        name: str,
        folder: Path,
        network: Network,
        *,
        store: int,
        clock: TillClock,
        chance: random.Random,
        keys: Keys | None = None,
    ) -> None:
        self.name = name
        self.folder = folder
        self.store_number = store
        self.clock = clock
        self.chance = chance
        self.network = network
        self.places = places_of(root=folder)
        self.keys = keys or Keys(*(chance.randbytes(32) for _ in range(3)), in_file=False)
        self.line = Line(network, name)
        self.page_rows = chance.choice((3, 5_000, 5_000))  # members on a page
        self.events: list[AnyEvent] = []
        self.image: Image | None = None
        self.lost = False  # for ever
        self.dead = True

    # --- Its process ------------------------------------------------------------------------------

    def open(self) -> None:
        """Start the process on the files as they are."""
        self.store = open_store(
            self.places, self.keys, random_bytes=self.chance.randbytes, now=self.clock.now()
        )
        self.ledger, self.members = self.store.ledger, self.store.members
        self.counter = Counter(self.ledger, self.members, self.clock, self.chance.randbytes)
        self.dead = False
        if self.ledger.identity is not None:
            self.connect()

    def connect(self) -> None:
        self.syncing, self._asking = self._server(), self._server()
        self.engine = Engine(
            self.store.replica,
            self.syncing,
            key=self.keys.signing_key,
            app="simulation",
            wall=self.clock.now,
        )

    @property
    def asking(self) -> RemoteServer:
        """The server for who is at the counter; another life may have begun since the last time."""
        self._asking.speak_as(self.ledger.known)
        return self._asking

    def _server(self) -> RemoteServer:
        return RemoteServer(
            _URL,
            identity=self.ledger.known,
            key=self.keys.signing_key,
            wall=self.clock.now,
            monotonic=lambda: self.clock.mono() / 1000,
            offset_ms=self.ledger.offset_ms,
            connection=self.line,
            page_rows=self.page_rows,
        )

    def enrol(self, code: str) -> None:
        """Become a terminal; a lost answer is asked for again."""
        identity = enrol(
            _URL,
            code=code,
            name=self.name,
            key=self.keys.signing_key,
            monotonic=lambda: self.clock.mono() / 1000,
            connection=self.line,
        )
        self.ledger.enrolled(identity)
        self.connect()

    def die(self) -> None:
        """The process ends without another word."""
        if not self.dead:
            self.store.cache.close()
            self.ledger.close()
            self.dead = True

    def switch_off(self) -> None:
        """The process ends in order."""
        self.store.close(self.clock.now())
        self.dead = True

    def start(self) -> None:
        """Start again after the end of the process, with another boot of the machine's clock."""
        self.clock.reboot(self.chance.getrandbits(32))
        self.open()

    @contextmanager
    def dying(self, commits: int, *, after: bool) -> Iterator[None]:
        """Let the process die at its n-th commit from here on: right before it, or right after."""
        fuse = _Fuse(commits, after=after)
        cache = self.store.cache
        databases = (self.ledger._database, cache._writer)
        for database in databases:
            database._connection = _Mortal(database._connection, fuse)
        try:
            yield
        finally:
            for database in databases:
                database._connection = database._connection.real

    # --- Its disk ---------------------------------------------------------------------------------

    def copied(self, name: str, folder: Path, *, config: bool) -> "Till":
        """Another machine with this one's data and keys, and with its settings folder or not."""
        clock = TillClock(self.clock.time, ahead_ms=0, boot=self.chance.getrandbits(32))
        copy = Till(
            name,
            folder,
            self.network,
            store=self.store_number,
            clock=clock,
            chance=random.Random(self.chance.getrandbits(64)),
            keys=self.keys,
        )
        shutil.copytree(self.places.data, copy.places.data)
        if config:
            shutil.copytree(self.places.config, copy.places.config)
        copy.events = list(self.events)
        return copy

    def make_image(self, folder: Path) -> None:
        """Copy everything this machine keeps."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        self.image = Image(folder, len(self.events))

    def go_back(self, *, whole: bool) -> None:
        """Put the last image in the place of what is there, or of the ledger alone."""
        assert self.image is not None
        if whole:
            shutil.rmtree(self.folder)
            shutil.copytree(self.image.folder, self.folder)
        else:
            old = places_of(root=self.image.folder).ledger
            for end in ("", "-wal", "-shm"):
                there = self.places.ledger.with_name(self.places.ledger.name + end)
                there.unlink(missing_ok=True)
                kept = old.with_name(old.name + end)
                if kept.exists():
                    shutil.copy(kept, there)
        del self.events[self.image.events :]

    def make_older(self, version: int) -> None:
        """Let the ledger be as an earlier version of the programme has left it.

        Its tables as they were then, with all that they could hold: the next start takes the
        missing steps, whatever waits to be sent.
        """
        path = self.places.ledger
        older = path.with_name("older.db")
        source = connect(path, self.keys.database, synchronous="FULL", cache_kib=1_024)
        target = connect(older, self.keys.database, synchronous="FULL", cache_kib=1_024)
        for step in LEDGER_STEPS[:version]:
            step(target)
        tables = target.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            _copy_rows(source, target, table)
        target.execute(f"PRAGMA user_version = {version}")
        source.close()
        target.close()
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        older.replace(path)

    # --- What was done here -----------------------------------------------------------------------

    def seen(self) -> list[AnyEvent]:
        """Return the events recorded since the last look, and remember them."""
        with self.ledger._database.reading() as connection:
            new = [kept.event for kept in journal.since(connection, len(self.events))]
        self.events += new
        return new

    def round(self) -> RoundReport:
        """One round of sync. Raises Outcome."""
        try:
            report = self.engine.round()
        except Outcome:
            self.counter.connected = False
            raise
        self.counter.connected = True
        return report

    @property
    def life(self) -> tuple[int, int]:
        """Which life of which terminal it is in."""
        return self.ledger.known.terminal, self.ledger.known.incarnation

    def rows_are_of(self, epoch: int) -> bool:
        """Say whether every row here is of the server's time `epoch`."""
        cursor = self.store.replica.cursor()
        if not cursor or read_cursor(cursor).epoch != epoch:
            return False
        if epoch == FIRST_EPOCH:
            return True
        replica = self.store.replica
        return replica.copying() is None and not replica.wants_tally(self.clock.now())

    def points(self, member: int) -> int:
        known = self.members.by_id(member)
        return known.holding.points if known else 0


def _copy_rows(source: Any, target: Any, table: str) -> None:
    """Copy what both have columns for."""
    held, wanted = (
        [row[1] for row in one.execute(f"PRAGMA table_info({table})")] for one in (source, target)
    )
    columns = [name for name in wanted if name in held]
    if columns:
        rows = source.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
        marks = ", ".join("?" * len(columns))
        names = ", ".join(columns)
        target.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


class _Fuse:
    """Burns down with each commit."""

    def __init__(self, commits: int, *, after: bool) -> None:
        self._left = commits
        self._after = after

    def burn(self, *, after: bool) -> None:
        if after is self._after:
            self._left -= 1
            if self._left == 0:
                raise Died


class _Mortal:
    """A connection whose commits burn a fuse; anything else goes through."""

    def __init__(self, real: Any, fuse: _Fuse) -> None:
        self.real = real
        self._fuse = fuse

    def execute(self, statement: str, *values: Any) -> Any:
        if statement != "COMMIT":
            return self.real.execute(statement, *values)
        self._fuse.burn(after=False)
        done = self.real.execute(statement, *values)
        self._fuse.burn(after=True)
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)
