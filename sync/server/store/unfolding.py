"""Rows and keys as arrays that PostgreSQL unfolds: one statement and one round trip, however many.

Rows are written in the order of their keys, so that two transactions that write the same rows wait
for one another in turn, and not in a circle.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Table,
    TableValuedAlias,
    and_,
    bindparam,
    func,
    select,
    tuple_,
)

from sync.server.store.arrays import One, Packed, PackedColumn, is_one, kind_of, one, packed
from sync.server.store.questions import UNANSWERED

# What a connection does with its commit, in one round trip.
LAST = "loyalty_last"

# That it does not wait for the answer to a statement: an option of a statement, and of a while.
AHEAD = "loyalty_ahead"

Row: TypeAlias = Mapping[str, object]
Key: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Last:
    """A statement that nothing of its transaction waits for: it is sent with the end of it."""

    statement: str
    parameters: Sequence[object] | Mapping[str, object]


def run_last(
    connection: Connection, statement: str, parameters: Sequence[object] | Mapping[str, object]
) -> None:
    """Have a statement run together with the commit."""
    last: list[Last] = connection.info.setdefault(LAST, [])
    last.append(Last(statement, parameters))


@contextmanager
def ahead(connection: Connection) -> Iterator[None]:
    """Send what is written in here without waiting for an answer, which the next statement does."""
    told = connection.info  # which cannot be asked for while a connection is given up
    told[AHEAD] = True
    try:
        yield
    finally:
        told.pop(AHEAD, None)


def answered(connection: Connection) -> None:
    """Wait until all is done that was sent ahead; raises what that raises."""
    if UNANSWERED in connection.info:
        connection.exec_driver_sql("-- all of it is done")


# From so many rows on, a column that says the same in all of them is sent as one value. In fewer it
# would often be by chance, and each set of such columns is a statement to be made and planned.
_MANY = 50


@dataclass(frozen=True, slots=True)
class _Writing:
    """A statement with a place for the values of its rows, most of which come from arrays.

    `columns` are what its rows say, `order` are those that they are written in the order of: arrays
    are unfolded in step, and row by row.
    """

    form: str
    columns: tuple[tuple[str, type[Packed]], ...]
    order: tuple[str, ...] = ()

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        options = {AHEAD: AHEAD in connection.info}
        connection.exec_driver_sql(*self.said(rows), execution_options=options)

    def run_last(self, connection: Connection, rows: Sequence[Row]) -> None:
        run_last(connection, *self.said(rows))

    def said(self, rows: Sequence[Row]) -> tuple[str, tuple[One | None, ...]]:
        """Return the statement for these rows, and its parameters."""
        if self.order and len(rows) > 1:
            rows = sorted(rows, key=itemgetter(*self.order))
        values = itemgetter(*[name for name, _ in self.columns])
        once: list[str] = []
        parameters: list[One | None] = []
        told = zip(*map(values, rows), strict=True)
        for (name, kind), held in zip(self.columns, told, strict=True):
            # The first is always an array: its length is the number of rows.
            if parameters and len(held) >= _MANY and is_one(held):
                once.append(name)
                parameters.append(one(kind, held[0]))
            else:
                parameters.append(packed(kind, held))
        return _words(self, tuple(once)), tuple(parameters)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`; raises IntegrityError when the key of one is there already."""
    _inserting(table, tuple(rows[0]), "").run(connection, rows)


def add_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`; a row whose key is there already is left as it was."""
    _inserting(table, tuple(rows[0]), " ON CONFLICT DO NOTHING").run(connection, rows)


def put_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`, or replace the rows of the same key. Of two with one key the last stays."""
    names = _keys(table)
    if len(rows) > 1:
        key = itemgetter(*names)
        rows = list({key(row): row for row in rows}.values())
    told = tuple(rows[0])
    changes = ", ".join(f"{name} = excluded.{name}" for name in told if name not in names)
    _inserting(table, told, _conflict(names, changes)).run(connection, rows)


def add_up_rows(
    connection: Connection, table: Table, rows: Sequence[Row], *, sums: tuple[str, ...]
) -> None:
    """Insert `rows`, or add their columns `sums` to the rows of the same key."""
    _adding_up(table, tuple(rows[0]), sums).run(connection, rows)


def insert_last(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows` together with the commit."""
    _inserting(table, tuple(rows[0]), "").run_last(connection, rows)


def add_up_last(
    connection: Connection, table: Table, rows: Sequence[Row], *, sums: tuple[str, ...]
) -> None:
    """Insert `rows`, or add their columns `sums` to the rows of the same key, with the commit."""
    _adding_up(table, tuple(rows[0]), sums).run_last(connection, rows)


def put_numbered(
    connection: Connection, heads: Table, table: Table, scope: str, rows: Sequence[Row]
) -> None:
    """Raise the head of `scope` and insert each row at its number, together with the commit.

    Until then nobody waits for the head: it is held for as long as the disk takes, and no longer.
    What was sent ahead is done before anything is left for the commit, and raises its fault here.
    """
    sql, parameters = _numbering(heads, table, tuple(rows[0])).said(rows)
    answered(connection)
    run_last(connection, sql, (scope, len(rows), scope, len(rows), *parameters, len(rows)))


def among(columns: Sequence[Column[Any]], keys: Sequence[Key]) -> ColumnElement[bool]:
    """Return the condition that `columns` are one of `keys`: a join with them, as a set."""
    return _in_arrays(columns, _parameters(columns, keys))


def among_named(columns: Sequence[Column[Any]]) -> ColumnElement[bool]:
    """Return the condition that `columns` are one of the keys in the parameters `named`.

    In a `select`: the keys are joined to what it reads. Found in their order, they cost less.
    """
    arrays = [
        bindparam(_named(n), type_=PackedColumn(kind_of(column.type)))
        for n, column in enumerate(columns)
    ]
    unfolded = _unfolded(columns, arrays)
    return and_(*(column == unfolded.c[column.name] for column in columns))


def named(columns: Sequence[Column[Any]], keys: Sequence[Key]) -> dict[str, object]:
    """Return the parameters of `among_named` for these keys, each of which counts once."""
    values = list(zip(*dict.fromkeys(keys), strict=True)) or [()] * len(columns)
    return {_named(n): list(held) for n, held in enumerate(values)}


def hold(connection: Connection, columns: Sequence[Column[Any]], keys: Sequence[Key]) -> None:
    """Let nobody else change the rows with these keys, held in the order of their primary keys."""
    arrays = tuple(
        packed(kind_of(column.type), values)
        for column, values in zip(columns, zip(*keys, strict=True), strict=True)
    )
    connection.exec_driver_sql(_holding(tuple(columns)), arrays)


def hold_numbers(connection: Connection, space: int, numbers: Sequence[Any]) -> None:
    """Let nobody else hold these numbers of a space, which need not stand in any table."""
    kind = kind_of(BigInteger())
    statement = (
        f"SELECT pg_advisory_xact_lock({space:d}, hashint8(number))"
        f" FROM unnest(%b::{kind.SQL}) AS number"
    )
    connection.exec_driver_sql(statement, (packed(kind, sorted(numbers)),))


def holding(column: Column[int], number: int) -> str:
    """Return the statement that holds the rows with this number, in the order of their keys."""
    return _holding_one(column, f"{number:d}")


def holding_last(column: Column[int], number: int) -> Last:
    """Return the same as a statement that is prepared once, whatever the number."""
    kind = kind_of(column.type).SQL.removesuffix("[]")
    return Last(_holding_one(column, f"%b::{kind}"), (number,))


def _holding_one(column: Column[int], number: str) -> str:
    table = column.table
    assert isinstance(table, Table), column
    order = ", ".join(_keys(table))
    where = f"{column.name} = {number}"
    return f"SELECT 1 FROM {table.name} WHERE {where} ORDER BY {order} FOR UPDATE"


def _in_arrays(
    columns: Sequence[Column[Any]], arrays: Sequence[ColumnElement[Any]]
) -> ColumnElement[bool]:
    unfolded = _unfolded(columns, arrays)
    return tuple_(*columns).in_(select(*(unfolded.c[c.name] for c in columns)))


def _unfolded(
    columns: Sequence[Column[Any]], arrays: Sequence[ColumnElement[Any]]
) -> TableValuedAlias:
    return func.unnest(*arrays).table_valued(*(c.name for c in columns)).render_derived()


def _named(nth: int) -> str:
    return f"keys_{nth}"


def _parameters(columns: Sequence[Column[Any]], keys: Iterable[Key]) -> list[ColumnElement[Any]]:
    values = list(zip(*keys, strict=True)) or [()] * len(columns)
    return [
        bindparam(None, list(held), type_=PackedColumn(kind_of(column.type)), unique=True)
        for column, held in zip(columns, values, strict=True)
    ]


def _keys(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key.columns)


def _conflict(keys: Sequence[str], changes: str) -> str:
    return f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"


# Each statement is made once. Names come from the tables of this programme, values are parameters.


@cache
def _words(writing: _Writing, once: tuple[str, ...]) -> str:
    """The statement where the columns `once` are sent as one value."""
    values = (
        f"%b::{kind.ONE.SQL}" if name in once else f"unnest(%b::{kind.SQL})"
        for name, kind in writing.columns
    )
    named = (f"{value} AS {name}" for value, (name, _) in zip(values, writing.columns, strict=True))
    return writing.form.format(values=", ".join(named))


@cache
def _inserting(table: Table, told: tuple[str, ...], conflict: str) -> _Writing:
    columns = tuple((name, kind_of(table.c[name].type)) for name in told)
    form = f"INSERT INTO {table.name} ({', '.join(told)}) SELECT {{values}}{conflict}"
    return _Writing(form, columns, _keys(table))


@cache
def _adding_up(table: Table, told: tuple[str, ...], sums: tuple[str, ...]) -> _Writing:
    changes = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in sums)
    return _inserting(table, told, _conflict(_keys(table), changes))


@cache
def _numbering(heads: Table, table: Table, told: tuple[str, ...]) -> _Writing:
    columns = tuple((name, kind_of(table.c[name].type)) for name in told)
    form = (
        f"WITH raised AS (INSERT INTO {heads.name} (scope, head) VALUES (%b, %b::int8)"
        f" ON CONFLICT (scope) DO UPDATE SET head = {heads.name}.head + excluded.head"
        f" RETURNING head)"
        f" INSERT INTO {table.name} (scope, seq, {', '.join(told)})"
        f" SELECT %b::text, raised.head - %b::int8 + new.nth, {', '.join(told)} FROM raised,"
        f" (SELECT {{values}}, generate_series(1, %b::int8) AS nth) AS new"
    )
    return _Writing(form, columns)


@cache
def _holding(columns: tuple[Column[Any], ...]) -> str:
    table, names = columns[0].table, [column.name for column in columns]
    assert isinstance(table, Table), columns
    arrays = ", ".join(f"%b::{kind_of(column.type).SQL}" for column in columns)
    join = " AND ".join(f"held.{name} = wanted.{name}" for name in names)
    order = ", ".join(f"held.{name}" for name in _keys(table))
    return (
        f"SELECT 1 FROM {table.name} AS held"
        f" JOIN unnest({arrays}) AS wanted ({', '.join(names)}) ON {join}"
        f" ORDER BY {order} FOR UPDATE OF held"
    )
