"""The one place where databases differ: writing many rows, and finding rows by many keys.

Written for SQLite. Another engine gets its own words here (PostgreSQL: `unnest` of arrays as the
source of rows) and nowhere else.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, Connection, Table, tuple_
from sqlalchemy.dialects.sqlite import Insert, insert

Row: TypeAlias = Mapping[str, object]
Key: TypeAlias = tuple[object, ...]

# Below SQLite's bound on parameters of one statement, with four columns to a key.
_KEYS_AT_ONCE = 8_000


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`; raises IntegrityError when the key of one is there already."""
    if rows:
        connection.execute(insert(table), rows)


def add_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`; a row whose key is there already is left as it was."""
    if rows:
        connection.execute(_adding(table), rows)


def put_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`, or replace the rows of the same key."""
    if rows:
        connection.execute(_putting(table), rows)


def add_up_rows(
    connection: Connection, table: Table, rows: Sequence[Row], *, sums: Sequence[str]
) -> None:
    """Insert `rows`, or add their columns `sums` to the rows of the same key."""
    if rows:
        connection.execute(_adding_up(table, tuple(sums)), rows)


# Each statement is made once: making one costs more than running it.


@cache
def _adding(table: Table) -> Insert:
    return insert(table).on_conflict_do_nothing()


@cache
def _putting(table: Table) -> Insert:
    statement = insert(table)
    keys = table.primary_key.columns
    changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


@cache
def _adding_up(table: Table, sums: tuple[str, ...]) -> Insert:
    statement = insert(table)
    changed = {name: table.c[name] + statement.excluded[name] for name in sums}
    keys = table.primary_key.columns
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def among(
    columns: Sequence[Column[Any]], keys: Iterable[tuple[object, ...]]
) -> ColumnElement[bool]:
    """Return the condition that `columns` are one of `keys`, found through an index."""
    return tuple_(*columns).in_(list(keys))


def portions(keys: Sequence[Key]) -> Iterable[Sequence[Key]]:
    """Split keys into parts that one statement can carry."""
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        yield keys[start : start + _KEYS_AT_ONCE]
