"""Engines on SQLite files: one that only reads, in a snapshot, and one that writes.

The writer takes the file's lock with its first statement, so that what a writing transaction has
read cannot change before it commits.
"""

import sqlite3
from pathlib import Path
from sqlite3 import Connection as Driver

from sqlalchemy import URL, Engine, QueuePool, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from sync.server.store.compiled import compile_together
from sync.server.store.dialect import SINGLE

_READERS = 4
_READER_CACHE_KIB = 4 * 1024
_WRITER_CACHE_KIB = 16 * 1024
_BULK_CACHE_KIB = 256 * 1024
_BUSY_MS = 10_000

_BEGIN = "loyalty_begin"  # how a connection begins
_DRIVER = "sqlite.loyalty"


class Files(SQLiteDialect_pysqlite):
    """SQLite, where each connection begins as its engine says.

    Said here and not by an event: who listens to an engine has it tell of each statement as well.
    """

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Begin; a question that stands alone sees one state of the file by itself."""
        if dbapi_connection.info.pop(SINGLE, False):
            return
        driver = dbapi_connection.driver_connection
        assert isinstance(driver, Driver)
        driver.execute(dbapi_connection.info[_BEGIN])


registry.register(_DRIVER, __name__, Files.__name__)


def engine(path: Path, *, writes: bool) -> Engine:
    """Return an engine on the file at `path`."""
    # Named, because a pool is chosen by the look of the address otherwise.
    made = create_engine(
        URL.create(_DRIVER.replace(".", "+"), database=str(path)),
        poolclass=QueuePool,
        pool_size=1 if writes else _READERS,
        max_overflow=0,
        pool_use_lifo=True,  # the one that was used last has most in its cache
        connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000},
    )
    cache = _WRITER_CACHE_KIB if writes else _READER_CACHE_KIB

    @event.listens_for(made, "connect")
    def prepare(driver: Driver, record: ConnectionPoolEntry) -> None:
        driver.isolation_level = None  # the one of the dialect is the only `begin`
        record.info[_BEGIN] = "BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED"
        driver.execute("PRAGMA journal_mode=WAL")
        driver.execute("PRAGMA synchronous=FULL")
        driver.execute(f"PRAGMA cache_size=-{cache}")
        driver.execute("PRAGMA temp_store=MEMORY")
        if not writes:
            driver.execute("PRAGMA query_only=ON")

    return compile_together(made)


class DataVersion:
    """A number that is another one after each commit of anybody, this process or any other.

    For one thread at a time. SQLite counts for each connection by itself
    (https://www.sqlite.org/pragma.html#pragma_data_version), so this has one of its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._driver: Driver | None = None

    def now(self) -> int | None:
        """Return the number, None when the file cannot be asked just now; waits for nobody."""
        try:
            if self._driver is None:
                there = f"{self._path.absolute().as_uri()}?mode=rw"
                self._driver = sqlite3.connect(there, timeout=0, check_same_thread=False, uri=True)
            (number,) = self._driver.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return None
        return int(number)

    def close(self) -> None:
        """Close the connection."""
        if self._driver is not None:
            self._driver.close()


def hurry(writing: Engine) -> None:
    """Stop waiting for the disk at each commit."""
    _set_pace(writing, "OFF", _BULK_CACHE_KIB)


def take_time(writing: Engine) -> None:
    """Wait for the disk again, and for all that was not waited for."""
    _set_pace(writing, "FULL", _WRITER_CACHE_KIB)
    _driver(writing, "PRAGMA wal_checkpoint(TRUNCATE)")


def _set_pace(writing: Engine, synchronous: str, cache_kib: int) -> None:
    _driver(writing, f"PRAGMA synchronous={synchronous}")
    _driver(writing, f"PRAGMA cache_size=-{cache_kib}")


def _driver(writing: Engine, command: str) -> None:
    """Run what may not be inside a transaction, on the engine's one connection."""
    pooled = writing.raw_connection()
    try:
        pooled.cursor().execute(command).close()
    finally:
        pooled.close()
