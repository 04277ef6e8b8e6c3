"""The server's two databases, and the transactions on them.

One holds everything but the keys of members' personal data, which lie in the other: destroying a
key there makes every copy of that person's data unreadable. They are two SQLite files in a folder,
or two schemas on PostgreSQL. Each has an engine that only reads, in a snapshot, and one that
writes: what a writing transaction has read of a row that it holds cannot change before it commits.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from sync.programme.refusals import Reason, Refused
from sync.server.store import files, migrations
from sync.server.store.dialect import ALONE, HOLDING, SINGLE, TOGETHER, WRITING, Held

if TYPE_CHECKING:
    from sync.server.store.awaited import Awaited

DATA_FILE = "server.db"
KEYS_FILE = "member_keys.db"

# PostgreSQL took a transaction back, to be tried again: serialization_failure, deadlock_detected.
_TAKEN_BACK = frozenset(("40001", "40P01"))
_ATTEMPTS = 3

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where PostgreSQL is: two URLs, which may be the same."""

    data: str
    keys: str


Place: TypeAlias = Path | Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """The open database: engines that read and write, and those of the keys."""

    reading: Engine
    writing: Engine
    keys_reading: Engine
    keys_writing: Engine
    hurry: Callable[[Engine], None]
    take_time: Callable[[Engine], None]
    # Of all but the keys, each where the engine has it.
    watched: files.DataVersion | None = None
    awaited: "Awaited | None" = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one snapshot and cannot write."""
        with self.reading.begin() as connection:
            yield connection

    @contextmanager
    def read_once(self) -> Iterator[Connection]:
        """Give a connection for one question, which sees one snapshot without a transaction."""
        with self.reading.connect() as connection:
            connection.info[SINGLE] = True
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give the one writing connection; commits at the end, rolls back on any error."""
        with _writing(self.writing, ALONE) as connection:
            yield connection

    @contextmanager
    def write_together(self, *, holding: Held | None = None) -> Iterator[Connection]:
        """Give a writing connection beside which others write, where the engine can do that.

        For acts that hold the rows which they read in order to change them (`dialect.hold`), and
        that are `repeated`. The rows named by `holding` are held from the beginning.
        """
        with _writing(self.writing, TOGETHER, holding) as connection:
            yield connection

    @contextmanager
    def in_bulk(self) -> Iterator[None]:
        """Write much at once, for data that is made again if it is not finished.

        The disk is waited for at the end, not at every commit.
        """
        for engine in (self.writing, self.keys_writing):
            self.hurry(engine)
        try:
            yield
        finally:
            for engine in (self.writing, self.keys_writing):
                self.take_time(engine)

    def data_version(self) -> int | None:
        """Return a number that is another one when anything was committed in between.

        None where that cannot be told: on PostgreSQL. For one thread at a time.
        """
        return None if self.watched is None else self.watched.now()

    def close(self) -> None:
        """Close every connection."""
        for one in (self.watched, self.awaited):
            if one is not None:
                one.close()
        for engine in (self.reading, self.writing, self.keys_reading, self.keys_writing):
            engine.dispose()


def repeated(act: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let an act begin anew when PostgreSQL took its transaction back, or the connection broke.

    For acts that may be asked for twice.
    """

    @wraps(act)
    def attempts(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        for _ in range(_ATTEMPTS - 1):
            try:
                return act(*args, **kwargs)
            except DBAPIError as error:
                if not _may_succeed(error):
                    raise
        return act(*args, **kwargs)

    return attempts


def open_database(place: Place) -> Database:
    """Open the database at `place`, which must have been migrated.

    Raises Refused: DATABASE_NEWER, DATABASE_DAMAGED when there is none or it is an older one.
    """
    if isinstance(place, Path) and not all((place / f).exists() for f in (DATA_FILE, KEYS_FILE)):
        raise Refused(Reason.DATABASE_DAMAGED)
    database = _engines(place)
    with ExitStack() as opening:
        opening.callback(database.close)
        _check_version(database.writing, migrations.DATA)
        _check_version(database.keys_writing, migrations.KEYS)
        opening.pop_all()
    return database


def migrate(place: Place) -> None:
    """Bring both databases at `place` to the newest version, making what is missing."""
    if isinstance(place, Path):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = _engines(place)
    try:
        with _writing(database.writing, ALONE) as connection:
            _make_schema(connection, migrations.DATA)
            migrations.upgrade(connection, migrations.DATA)
        with _writing(database.keys_writing, ALONE) as connection:
            _make_schema(connection, migrations.KEYS)
            migrations.upgrade(connection, migrations.KEYS)
    finally:
        database.close()


def forget(place: Place) -> None:
    """Delete both databases at `place`, if they are there. Keys of the server stay."""
    if isinstance(place, Path):
        for name in (DATA_FILE, KEYS_FILE):
            for end in ("", "-wal", "-shm"):
                (place / (name + end)).unlink(missing_ok=True)
        return
    from sync.server.store import postgres

    database = _engines(place)
    try:
        with _writing(database.writing, ALONE) as connection:
            postgres.drop_schema(connection, postgres.DATA_SCHEMA)
        with _writing(database.keys_writing, ALONE) as connection:
            postgres.drop_schema(connection, postgres.KEYS_SCHEMA)
    finally:
        database.close()


@contextmanager
def _writing(engine: Engine, how: str, holding: Held | None = None) -> Iterator[Connection]:
    with engine.connect() as connection:
        connection.info.update({WRITING: how, HOLDING: holding})
        with connection.begin():
            yield connection


def _engines(place: Place) -> Database:
    if isinstance(place, Path):
        data, keys = place / DATA_FILE, place / KEYS_FILE
        return Database(
            reading=files.engine(data, writes=False),
            writing=files.engine(data, writes=True),
            keys_reading=files.engine(keys, writes=False),
            keys_writing=files.engine(keys, writes=True),
            hurry=files.hurry,
            take_time=files.take_time,
            watched=files.DataVersion(data),
        )
    # Only where it is used: the driver takes a tenth of a second and 25 MB.
    from sync.server.store import postgres
    from sync.server.store.awaited import Awaited

    writing = postgres.engine(place.data, postgres.DATA_SCHEMA, writes=True)
    return Database(
        reading=postgres.engine(place.data, postgres.DATA_SCHEMA, writes=False),
        writing=writing,
        keys_reading=postgres.engine(place.keys, postgres.KEYS_SCHEMA, writes=False),
        keys_writing=postgres.engine(place.keys, postgres.KEYS_SCHEMA, writes=True),
        hurry=postgres.hurry,
        take_time=postgres.take_time,
        awaited=Awaited(writing, postgres.DATA_SCHEMA),
    )


def _make_schema(connection: Connection, schema: str) -> None:
    if connection.dialect.name == "postgresql":
        from sync.server.store import postgres

        names = {migrations.DATA: postgres.DATA_SCHEMA, migrations.KEYS: postgres.KEYS_SCHEMA}
        postgres.make_schema(connection, names[schema])


def _may_succeed(error: DBAPIError) -> bool:
    """Say whether the same act may succeed when it begins anew."""
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _TAKEN_BACK


def _check_version(engine: Engine, schema: str) -> None:
    with engine.connect() as connection:
        have, newest = migrations.version(connection), migrations.newest(schema)
    if have == newest:
        return
    known = migrations.is_known(schema, have)
    raise Refused(Reason.DATABASE_DAMAGED if known else Reason.DATABASE_NEWER)
