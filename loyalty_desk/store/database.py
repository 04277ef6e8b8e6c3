"""Database: opening the terminal's encrypted files, and what their faults mean.

Guarantees that an open file has the right key, the schema of this version and the durability asked
for, and that every fault of the driver leaves here as a refusal with a reason, or as our own bug.
The error classes of the driver are imported in this module and nowhere else.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec
from sqlcipher3 import dbapi2 as driver

from sync.programme.refusals import Reason, Refused

if TYPE_CHECKING:
    # The driver is sqlite3's own code over another library: same shape, but not the same classes.
    Connection: TypeAlias = sqlite3.Connection
else:
    Connection = driver.Connection

Step: TypeAlias = Callable[[Connection], None]
Synchronous: TypeAlias = Literal["FULL", "NORMAL"]

DriverError: type[Exception] = driver.Error
IntegrityError: type[Exception] = driver.IntegrityError

# The primary result codes of SQLite (sqlite.org/rescode.html); the library names no reasons.
_BY_CODE = {
    sqlite3.SQLITE_NOTADB: Reason.DATABASE_KEY_WRONG,
    sqlite3.SQLITE_CORRUPT: Reason.DATABASE_DAMAGED,
    sqlite3.SQLITE_FULL: Reason.DISK_FULL,
    sqlite3.SQLITE_IOERR: Reason.DISK_FULL,
    sqlite3.SQLITE_READONLY: Reason.DISK_FULL,
    sqlite3.SQLITE_CANTOPEN: Reason.DISK_FULL,
}
# A name that is none, a format that is none, a page, a type; 0 for what is no UTF-8.
_SPOILT = (0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_MISMATCH)
_LEVELS = {"FULL": 2, "NORMAL": 1}
_NO_LOCK = nullcontext()

# Values of these types are bound as they are. Untold, the driver looks for an adapter of each one
# and finds none, which takes longer than most statements.
driver.register_adapter(bytes, bytes)
driver.register_adapter(bool, int)
driver.register_adapter(type(None), lambda nothing: nothing)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what the disk does to us into a refusal; anything else of the driver is our bug.

    Raises Refused: DATABASE_KEY_WRONG, DATABASE_DAMAGED, DISK_FULL.
    """
    try:
        yield
    except driver.Error as fault:
        _refuse(fault)
        raise
    except UnicodeDecodeError as fault:  # of a message that quotes what is damaged
        raise Refused(Reason.DATABASE_DAMAGED) from fault


@contextmanager
def spoilt_is_damaged() -> Iterator[None]:
    """While a file is opened, take values and names that nobody wrote for what they are: damage."""
    try:
        yield
    except Refused as refused:
        if refused.reason in _BY_CODE.values() or refused.reason is Reason.DATABASE_NEWER:
            raise
        raise Refused(Reason.DATABASE_DAMAGED) from refused
    except driver.Error as fault:
        if getattr(fault, "sqlite_errorcode", 0) & 0xFF not in _SPOILT:
            raise
        raise Refused(Reason.DATABASE_DAMAGED) from fault
    except (msgspec.MsgspecError, TypeError, ValueError) as fault:
        raise Refused(Reason.DATABASE_DAMAGED) from fault


def _refuse(fault: Exception) -> None:
    """Raise the refusal that a fault of the driver means; return for one that is our bug."""
    reason = _BY_CODE.get(getattr(fault, "sqlite_errorcode", 0) & 0xFF)
    if reason:
        raise Refused(reason) from fault


class Database:
    """One connection to an encrypted file, lent to one thread at a time.

    Who keeps something in memory that must agree with the file holds `lock` round both.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.lock = RLock()
        self.is_open = True

    def writing(self) -> AbstractContextManager[Connection]:
        """Lend the connection inside one write transaction: committed, or without a trace."""
        return writing(self._connection, self.lock)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend the connection for statements that each see the file as it is then."""
        with self.lock, refusing():
            yield self._connection

    def fetch(self, statement: str, value: int | str | bytes) -> list[tuple[Any, ...]]:
        """Return all rows of one statement with one value: the short way, for look-ups."""
        with self.lock:
            try:
                return self._connection.execute(statement, (value,)).fetchall()
            except driver.Error as fault:
                _refuse(fault)
                raise

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend the connection for statements that all see one and the same state of the file."""
        with self.lock, reading(self._connection) as connection:
            yield connection

    def close(self) -> None:
        """Close the file. Safe to repeat."""
        with self.lock:
            self.is_open = False
            self._connection.close()


def open_database(
    path: Path,
    key: bytes,
    steps: Sequence[Step],
    *,
    synchronous: Synchronous,
    cache_kib: int,
    autocheckpoint: int,
) -> Database:
    """Open (or make) an encrypted file in WAL mode and bring its schema up to date.

    Raises Refused: DATABASE_KEY_WRONG, DATABASE_DAMAGED, DATABASE_NEWER, DISK_FULL.
    """
    with refusing():
        connection = connect(path, key, synchronous=synchronous, cache_kib=cache_kib)
        try:
            connection.execute(f"PRAGMA wal_autocheckpoint = {autocheckpoint}").fetchall()
            migrate(connection, steps)
        except BaseException:
            connection.close()
            raise
    return Database(connection)


def connect(path: Path, key: bytes, *, synchronous: Synchronous, cache_kib: int) -> Connection:
    """Return a connection to an encrypted file; a wrong key is found out here, not later."""
    assert len(key) == 32, len(key)
    connection: Connection = driver.connect(
        str(path), isolation_level=None, check_same_thread=False, cached_statements=256, timeout=5.0
    )
    try:
        # Without this, the library writes three lines to stderr for a wrong key.
        connection.execute("PRAGMA cipher_log_level = NONE").fetchall()
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"").fetchall()
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute(f"PRAGMA synchronous = {synchronous}").fetchall()
        connection.execute(f"PRAGMA cache_size = -{cache_kib}").fetchall()
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        _assert_settings(connection, synchronous)
    except BaseException:
        connection.close()
        raise
    return connection


def migrate(connection: Connection, steps: Sequence[Step]) -> None:
    """Take the steps this file lacks, each in one transaction together with its number.

    Raises Refused(DATABASE_NEWER) when the file comes from a later version of the programme.
    """
    done: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if done > len(steps):
        raise Refused(Reason.DATABASE_NEWER)
    for number, step in enumerate(steps[done:], start=done + 1):
        with writing(connection):
            step(connection)
            connection.execute(f"PRAGMA user_version = {number}")


def columns(connection: Connection) -> frozenset[tuple[str, str, str]]:
    """Return every column of the file, with its table and its type."""
    found = connection.execute(
        "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c"
        " WHERE m.type = 'table'"
    )
    return frozenset((table, column, kind) for table, column, kind in found)


@cache
def columns_after(steps: Sequence[Step]) -> frozenset[tuple[str, str, str]]:
    """Return every column of a file that has taken these steps."""
    connection: Connection = driver.connect(":memory:", isolation_level=None)
    with closing(connection):
        for step in steps:
            step(connection)
        return columns(connection)


@contextmanager
def writing(
    connection: Connection, lock: AbstractContextManager[object] = _NO_LOCK
) -> Iterator[Connection]:
    """Hold the writer's lock from the first statement on; commit, or leave no trace."""
    with lock:
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk may already have rolled back: asking again would hide the first fault.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except driver.Error as fault:
            _refuse(fault)
            raise


@contextmanager
def reading(connection: Connection) -> Iterator[Connection]:
    """Let every statement within see one and the same state of the file."""
    with refusing():
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("COMMIT")


def _assert_settings(connection: Connection, synchronous: Synchronous) -> None:
    """A file system that refuses WAL, or a pragma misspelt, would cost a promise in silence."""
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    assert mode == "wal", mode
    assert level == _LEVELS[synchronous], level
