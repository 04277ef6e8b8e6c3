"""Engines on PostgreSQL: one that only reads, in one snapshot a transaction, and one that writes.

The tables lie in schemas of their own, so that the keys of members have backups of their own, with
`pg_dump --schema`. Values travel in binary.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from typing import Any, TypeAlias

import psycopg
from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format, PipelineStatus, TransactionStatus
from psycopg.types.numeric import IntBinaryDumper
from psycopg.types.string import BytesBinaryDumper, StrBinaryDumper
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, make_url, text
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from sync.server.store.arrays import KINDS, One
from sync.server.store.compiled import compile_together
from sync.server.store.dialect import ALONE, HOLDING, SINGLE, TOGETHER, WRITING
from sync.server.store.questions import PIPELINED, UNANSWERED
from sync.server.store.unfolding import AHEAD, LAST, Last, holding

DATA_SCHEMA = "loyalty"
KEYS_SCHEMA = "loyalty_keys"

# As many as the threads that answer requests: the default pool of `asyncio.to_thread`.
CONNECTIONS = min(32, (os.cpu_count() or 1) + 4)

# The lock that writing transactions share or have alone; any number that nothing else uses.
_WRITERS = 7_190_210_001
_PLAIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
SHARING = f"SELECT pg_advisory_xact_lock_shared({_WRITERS})"
_READING = "read"
_BEGIN: Mapping[str, str] = {
    _READING: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "": _PLAIN,
    ALONE: f"{_PLAIN}; SELECT pg_advisory_xact_lock({_WRITERS})",
    TOGETHER: f"{_PLAIN}; {SHARING}",
}

_DRIVER = "postgresql.loyalty"
# For what stands alone, and for what is sent at once: these have no BEGIN that says it.
_ISOLATED = " -c default_transaction_isolation=read\\ committed"
_ONLY_READS = " -c default_transaction_read_only=on"
_READS = "loyalty_reads"  # a connection that only reads

Driver: TypeAlias = psycopg.Connection[tuple[object, ...]]


def engine(url: str, schema: str, *, writes: bool) -> Engine:
    """Return an engine on the tables of `schema` in the database at `url`."""
    made = create_engine(
        make_url(url).set(drivername=_DRIVER.replace(".", "+")),
        poolclass=QueuePool,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_use_lifo=True,
        use_native_hstore=False,
        connect_args={"options": options(schema, writes=writes)},
    )

    @event.listens_for(made, "connect")
    def prepare(driver: Driver, record: ConnectionPoolEntry) -> None:
        prepared(driver, writes=writes)
        driver.autocommit = True  # the one of the dialect is the only `begin`
        record.info[PIPELINED] = partial(_pipelined, driver)
        if not writes:
            record.info[_READS] = True

    return compile_together(made)


def options(schema: str, *, writes: bool) -> str:
    """Return what a connection to the tables of `schema` asks for when it is opened."""
    return f"-c search_path={schema}" + (_ISOLATED if writes else _ONLY_READS)


class Postgres(PGDialect_psycopg):
    """PostgreSQL, where transactions begin and end in as few round trips as can be.

    Said here and not by events: who listens to an engine has it tell of each statement as well.
    """

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Begin, and wait for the right to write and the rows to be held, in one round trip.

        A question that stands alone sees one snapshot by itself.
        """
        told = dbapi_connection.info
        told.pop(LAST, None)  # of a transaction that failed
        how, held = told.pop(WRITING, ""), told.pop(HOLDING, None)
        if told.pop(SINGLE, False):
            return
        # What the locks let through is seen: each statement has a snapshot of its own.
        begin = _BEGIN[_READING if _READS in told else how]
        _done(_driver(dbapi_connection), begin if held is None else f"{begin}; {holding(*held)}")

    def do_execute(
        self,
        cursor: DBAPICursor,
        statement: str,
        parameters: Any,
        context: ExecutionContext | None = None,
    ) -> None:
        """Run a statement behind those that were sent ahead, or send it ahead as well."""
        assert context is not None, statement
        connection = context.root_connection
        is_ahead = context.execution_options.get(AHEAD, False)
        if is_ahead:
            _send_ahead(connection.connection)
        cursor.execute(statement, parameters)
        if not is_ahead:
            _take_answers(connection.connection)

    def do_rollback(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Roll back, whatever became of what was sent ahead."""
        with suppress(psycopg.Error):
            _take_answers(dbapi_connection)
        _driver(dbapi_connection).rollback()

    def do_rollback_to_savepoint(self, connection: Connection, name: str) -> None:
        """Roll back to a savepoint, whatever became of what was sent ahead."""
        with suppress(psycopg.Error):
            _take_answers(connection.connection)
        _forget_prepared(_driver(connection.connection))
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {name}")

    def do_release_savepoint(self, connection: Connection, name: str) -> None:
        """Forget a savepoint; waits for what was sent ahead, for whose fault it is there, only."""
        options = {AHEAD: UNANSWERED not in connection.info}
        connection.exec_driver_sql(f"RELEASE SAVEPOINT {name}", execution_options=options)

    def do_commit(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Send what comes last and the commit at once, behind what was sent ahead."""
        last: list[Last] = dbapi_connection.info.pop(LAST, [])
        driver = _driver(dbapi_connection)
        if last or _is_unanswered(driver):
            _commit_with(dbapi_connection, last)
        elif driver.info.transaction_status != TransactionStatus.IDLE:
            _done(driver, "COMMIT")


def _commit_with(connection: PoolProxiedConnection, last: Sequence[Last]) -> None:
    driver = _driver(connection)
    _send_ahead(connection)
    try:
        for one in last:
            driver.execute(one.statement.encode(), one.parameters)
        driver.execute(b"COMMIT")
        _take_answers(connection)
    except psycopg.Error:
        with suppress(psycopg.Error):
            _take_answers(connection)
        _forget_prepared(driver)
        raise


registry.register(_DRIVER, __name__, Postgres.__name__)


def _is_unanswered(driver: Driver) -> bool:
    return driver.pgconn.pipeline_status != PipelineStatus.OFF


def _send_ahead(connection: PoolProxiedConnection) -> None:
    """From here on send without waiting for answers, until they are taken."""
    driver = _driver(connection)
    if not _is_unanswered(driver):
        connection.info[UNANSWERED] = unanswered = ExitStack()
        unanswered.enter_context(driver.pipeline())


def _take_answers(connection: PoolProxiedConnection) -> None:
    """Take the answers to all that was sent ahead; raises the first that is an error.

    Once: a connection that broke while they were taken says for good that they were not.
    """
    driver = _driver(connection)
    if _is_unanswered(driver):
        with _leaving(driver):
            connection.info.pop(UNANSWERED, ExitStack()).close()


@contextmanager
def _pipelined(driver: Driver) -> Iterator[None]:
    """Send all that is said in here at once; raises the first fault of it."""
    try:
        with _leaving(driver), driver.pipeline():
            yield
    except psycopg.Error:
        _forget_prepared(driver)
        raise


@contextmanager
def _leaving(driver: Driver) -> Iterator[None]:
    """Close a connection that its pipeline could not leave: it broke, and does not know it yet."""
    try:
        yield
    finally:
        if _is_unanswered(driver):
            driver.close()


def _forget_prepared(driver: Driver) -> None:
    """Have the driver prepare statements anew.

    It believes of one that it meant to prepare behind a fault, where the database skipped it, that
    it did. It forgets by itself only when it rolls back a whole transaction.
    """
    driver._prepared.clear()


def _driver(connection: PoolProxiedConnection) -> Driver:
    driver = connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _done(driver: Driver, command: str) -> None:
    """Run a command without parameters or an answer; the driver's own way costs thrice as much."""
    result = driver.pgconn.exec_(command.encode())
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise error_from_result(result)


def prepared(driver: Driver, *, writes: bool) -> Driver:
    """Return a connection that sends values in binary and begins the right transactions."""
    speak_binary(driver)
    driver.read_only = not writes
    driver.isolation_level = (
        psycopg.IsolationLevel.READ_COMMITTED if writes else psycopg.IsolationLevel.REPEATABLE_READ
    )
    return driver


def speak_binary(driver: AdaptContext) -> None:
    """Have a connection send values in binary."""
    for kind, dumper in _BINARY:
        driver.adapters.register_dumper(kind, dumper)
    for array in KINDS:
        for kind in (array, array.ONE):
            driver.adapters.register_dumper(kind, _dumper_of(kind))


class _AsPacked(Dumper):
    """Sends an array, or a value, as it was packed."""

    format = Format.BINARY

    def dump(self, obj: One) -> One:
        return obj


@cache
def _dumper_of(kind: type[One]) -> type[_AsPacked]:
    return type(f"{kind.__name__}Dumper", (_AsPacked,), {"oid": kind.OID})


_BINARY = ((int, IntBinaryDumper), (str, StrBinaryDumper), (bytes, BytesBinaryDumper))


def make_schema(connection: Connection, schema: str) -> None:
    """Make the schema unless it is there."""
    # Asked first: without the right to make one it is refused, also when it is there.
    if not connection.scalar(_IS_THERE, {"name": schema}):
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")


def drop_schema(connection: Connection, schema: str) -> None:
    """Delete every table of the schema, if it is there."""
    connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def hurry(writing: Engine) -> None:
    """Stop waiting for the disk at each commit, on the connection that is used next."""
    _set_pace(writing, "off")


def take_time(writing: Engine) -> None:
    """Wait for the disk again; the next commit waits for all before it, too."""
    _set_pace(writing, "on")


def _set_pace(writing: Engine, synchronous: str) -> None:
    with writing.begin() as connection:
        connection.exec_driver_sql(f"SET SESSION synchronous_commit TO {synchronous}")


_IS_THERE = text("SELECT count(*) FROM pg_namespace WHERE nspname = :name")
