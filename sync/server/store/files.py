"""Engines on SQLite files: one that only reads, in a snapshot, and one that writes.

The writer takes the file's lock with its first statement, so that what a writing transaction has
read cannot change before it commits.
"""

from pathlib import Path
from sqlite3 import Connection as Driver

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

from sync.server.store.compiled import compile_together

_READERS = 4
_READER_CACHE_KIB = 4 * 1024
_WRITER_CACHE_KIB = 16 * 1024
_BULK_CACHE_KIB = 256 * 1024
_BUSY_MS = 10_000


def engine(path: Path, *, writes: bool) -> Engine:
    """Return an engine on the file at `path`."""
    # Named, because a pool is chosen by the look of the address otherwise.
    made = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=1 if writes else _READERS,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000},
    )
    cache = _WRITER_CACHE_KIB if writes else _READER_CACHE_KIB

    @event.listens_for(made, "connect")
    def prepare(driver: Driver, record: object) -> None:
        driver.isolation_level = None  # the `begin` below is the only one
        driver.execute("PRAGMA journal_mode=WAL")
        driver.execute("PRAGMA synchronous=FULL")
        driver.execute(f"PRAGMA cache_size=-{cache}")
        driver.execute("PRAGMA temp_store=MEMORY")
        if not writes:
            driver.execute("PRAGMA query_only=ON")

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        if writes:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        # Nothing is waited for, so nothing can go wrong that SQLAlchemy would have to translate.
        driver = connection.connection.driver_connection
        assert isinstance(driver, Driver)
        driver.execute("BEGIN DEFERRED")

    return compile_together(made)


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
