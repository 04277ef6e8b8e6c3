"""The server's two database files, and the transactions on them.

`server.db` holds everything but the keys of members' personal data, which lie in `member_keys.db`:
destroying a key there makes every copy of that person's data unreadable. Each file has an engine
that only reads, in a snapshot, and one that writes, holding the writer's lock from its first
statement, so that what a writing transaction has read cannot change before it commits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection as Driver

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

from sync.programme.refusals import Reason, Refused
from sync.server.store import migrations

DATA_FILE = "server.db"
KEYS_FILE = "member_keys.db"

_READERS = 4
_READER_CACHE_KIB = 4 * 1024
_WRITER_CACHE_KIB = 16 * 1024
_BULK_CACHE_KIB = 256 * 1024
_BUSY_MS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """The open database: engines that read and write, and those of the keys."""

    reading: Engine
    writing: Engine
    keys_reading: Engine
    keys_writing: Engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one snapshot and cannot write."""
        with self.reading.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give the one writing connection; commits at the end, rolls back on any error."""
        with self.writing.begin() as connection:
            yield connection

    @contextmanager
    def in_bulk(self) -> Iterator[None]:
        """Write much at once, for data that is made again if it is not finished.

        The disk is waited for at the end, not at every commit.
        """
        self._set_pace("OFF", _BULK_CACHE_KIB)
        try:
            yield
        finally:
            self._set_pace("FULL", _WRITER_CACHE_KIB)
            for engine in (self.writing, self.keys_writing):
                _driver(engine, "PRAGMA wal_checkpoint(TRUNCATE)")

    def _set_pace(self, synchronous: str, cache_kib: int) -> None:
        for engine in (self.writing, self.keys_writing):
            _driver(engine, f"PRAGMA synchronous={synchronous}")
            _driver(engine, f"PRAGMA cache_size=-{cache_kib}")

    def close(self) -> None:
        """Close every connection."""
        for engine in (self.reading, self.writing, self.keys_reading, self.keys_writing):
            engine.dispose()


def open_database(folder: Path) -> Database:
    """Open the database in `folder`, which must have been migrated.

    Raises Refused: DATABASE_NEWER, DATABASE_DAMAGED when there is none or it is an older one.
    """
    if not (folder / DATA_FILE).exists() or not (folder / KEYS_FILE).exists():
        raise Refused(Reason.DATABASE_DAMAGED)
    database = _engines(folder)
    try:
        _check_version(database.writing, migrations.DATA)
        _check_version(database.keys_writing, migrations.KEYS)
    except Refused:
        database.close()
        raise
    return database


def migrate(folder: Path) -> None:
    """Bring both files in `folder` to the newest version, making what is missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = _engines(folder)
    try:
        with database.writing.begin() as connection:
            migrations.upgrade(connection, migrations.DATA)
        with database.keys_writing.begin() as connection:
            migrations.upgrade(connection, migrations.KEYS)
    finally:
        database.close()


def forget(folder: Path) -> None:
    """Delete both files in `folder`, if they are there. Keys stay."""
    for name in (DATA_FILE, KEYS_FILE):
        for end in ("", "-wal", "-shm"):
            (folder / (name + end)).unlink(missing_ok=True)


def _engines(folder: Path) -> Database:
    data, keys = folder / DATA_FILE, folder / KEYS_FILE
    return Database(
        reading=_engine(data, writes=False),
        writing=_engine(data, writes=True),
        keys_reading=_engine(keys, writes=False),
        keys_writing=_engine(keys, writes=True),
    )


def _engine(path: Path, *, writes: bool) -> Engine:
    # Named, because a pool is chosen by the look of the address otherwise.
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=1 if writes else _READERS,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000},
    )
    cache = _WRITER_CACHE_KIB if writes else _READER_CACHE_KIB

    @event.listens_for(engine, "connect")
    def prepare(driver: Driver, record: object) -> None:
        driver.isolation_level = None  # the `begin` below is the only one
        driver.execute("PRAGMA journal_mode=WAL")
        driver.execute("PRAGMA synchronous=FULL")
        driver.execute(f"PRAGMA cache_size=-{cache}")
        driver.execute("PRAGMA temp_store=MEMORY")
        if not writes:
            driver.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")

    return engine


def _driver(engine: Engine, command: str) -> None:
    """Run what may not be inside a transaction, on the engine's one connection."""
    pooled = engine.raw_connection()
    try:
        pooled.cursor().execute(command).close()
    finally:
        pooled.close()


def _check_version(engine: Engine, schema: str) -> None:
    with engine.connect() as connection:
        have, newest = migrations.version(connection), migrations.newest(schema)
    if have == newest:
        return
    known = migrations.is_known(schema, have)
    raise Refused(Reason.DATABASE_DAMAGED if known else Reason.DATABASE_NEWER)
