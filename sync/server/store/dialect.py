"""The one place where databases differ: writing many rows, finding rows by many keys, and waiting.

SQLite has one writer at a time, who holds the whole file. On PostgreSQL many write at once: rows
travel as binary arrays that `unnest` unfolds, keys are found by a join with one, and whoever reads
what it will change holds those rows first, always in the order of their keys.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    Update,
    bindparam,
    select,
    tuple_,
)
from sqlalchemy.dialects.sqlite import Insert, insert

from sync.server.store import unfolding
from sync.server.store.questions import Asked, Found, Question, rows_of

Row: TypeAlias = Mapping[str, object]
Key: TypeAlias = tuple[object, ...]

# What is said in a connection's `info` of how its next transaction begins.

# How it writes: while nobody else does, or beside others who
# say the same and hold the rows which they read in order to change them.
WRITING, ALONE, TOGETHER = "loyalty_writing", "alone", "together"

# Rows to hold from the first moment on: a column, and its number in them.
HOLDING = "loyalty_holding"
Held: TypeAlias = tuple[Column[int], int]

# That it is one question, which needs none.
SINGLE = "loyalty_single"

# Below SQLite's bound on parameters of one statement, with four columns to a key.
_KEYS_AT_ONCE = 8_000

_KEYS = "keys"  # the parameter


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`; raises IntegrityError when the key of one is there already."""
    if not rows:
        return
    if is_shared(connection):
        unfolding.insert_rows(connection, table, rows)
    else:
        connection.execute(_inserting(table), rows)


def add_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`; a row whose key is there already is left as it was."""
    if not rows:
        return
    if is_shared(connection):
        unfolding.add_rows(connection, table, rows)
    else:
        connection.execute(_adding(table), rows)


def insert_last(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows` together with the commit, where that saves a round trip.

    Nothing in the transaction may read them, nor be undone by a savepoint after this.
    """
    if is_shared(connection):
        unfolding.insert_last(connection, table, rows)
    else:
        insert_rows(connection, table, rows)


def ahead(connection: Connection) -> AbstractContextManager[None]:
    """Send the rows written in here without waiting for an answer, where that saves time.

    Nothing else may be done in here. The next statement waits for them, and may raise their error:
    `answered` does nothing else.
    """
    return unfolding.ahead(connection) if is_shared(connection) else nullcontext()


def answered(connection: Connection) -> None:
    """Wait until the rows are written that were sent `ahead`; raises what writing them raises."""
    if is_shared(connection):
        unfolding.answered(connection)


def change(connection: Connection, changing: Update, named: Mapping[str, object]) -> None:
    """Run an update, `ahead` as well; how many rows it changed is not told."""
    options = {unfolding.AHEAD: unfolding.AHEAD in connection.info}
    connection.execute(changing, named, execution_options=options)


def put_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`, or replace the rows of the same key. Of two with one key the last stays."""
    if not rows:
        return
    if is_shared(connection):
        unfolding.put_rows(connection, table, rows)
    else:
        connection.execute(_putting(table), rows)


def add_up_rows(
    connection: Connection, table: Table, rows: Sequence[Row], *, sums: Sequence[str]
) -> None:
    """Insert `rows`, or add their columns `sums` to the rows of the same key.

    No two of the rows may have the same key.
    """
    if not rows:
        return
    if is_shared(connection):
        unfolding.add_up_rows(connection, table, rows, sums=tuple(sums))
    else:
        connection.execute(_adding_up(table, tuple(sums)), rows)


def add_up_last(
    connection: Connection, table: Table, rows: Sequence[Row], *, sums: Sequence[str]
) -> None:
    """Do what `add_up_rows` does, when `insert_last` inserts."""
    if is_shared(connection):
        unfolding.add_up_last(connection, table, rows, sums=tuple(sums))
    else:
        add_up_rows(connection, table, rows, sums=sums)


def put_numbered(
    connection: Connection, heads: Table, table: Table, scope: str, rows: Sequence[Row]
) -> None:
    """Raise the head of `scope` by the number of `rows`, and insert each at its number (`seq`).

    The head stays held until the transaction ends: do this last.
    """
    if is_shared(connection):
        unfolding.put_numbered(connection, heads, table, scope, rows)
        return
    add_up_rows(connection, heads, [{"scope": scope, "head": len(rows)}], sums=["head"])
    head: int = connection.execute(_head(heads), {"of_scope": scope}).scalar_one()
    first = head - len(rows) + 1
    numbered = [{**row, "scope": scope, "seq": seq} for seq, row in enumerate(rows, first)]
    insert_rows(connection, table, numbered)


# Each statement is made once: making one costs more than running it.


@cache
def _inserting(table: Table) -> Insert:
    return insert(table)


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
def _head(heads: Table) -> Select[Any]:
    return select(heads.c.head).where(heads.c.scope == bindparam("of_scope"))


@cache
def _adding_up(table: Table, sums: tuple[str, ...]) -> Insert:
    statement = insert(table)
    changed = {name: table.c[name] + statement.excluded[name] for name in sums}
    keys = table.primary_key.columns
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


class Among:
    """A question about the rows with any of many keys, found through an index. Made once.

    `asking` makes the statement of the condition that `columns` are one of the keys.
    """

    def __init__(
        self,
        columns: Sequence[Column[Any]],
        asking: Callable[[ColumnElement[bool]], Select[Any]],
    ) -> None:
        self._columns = tuple(columns)
        self._listed = asking(tuple_(*columns).in_(bindparam(_KEYS, expanding=True)))
        self._unfolded = asking(unfolding.among_named(columns))
        self._question = Question(self._unfolded)

    def rows(self, connection: Connection, keys: Sequence[Key], **named: object) -> Sequence[Found]:
        """Return the rows for these keys, at most as many as a portion; and other parameters."""
        if is_shared(connection):
            question, names = self.question(keys, **named)
            return question.rows(connection, names)
        return connection.execute(self._listed, {**named, _KEYS: list(keys)}).all()

    def question(self, keys: Sequence[Key], **named: object) -> Asked:
        """Return what `rows` asks for these keys, in a database that unfolds them."""
        return self._question, named | unfolding.named(self._columns, keys)

    def held(self, connection: Connection, keys: Sequence[Key]) -> Sequence[Found]:
        """Return the rows for these keys, of a statement that holds them (`with_for_update`)."""
        if is_shared(connection):
            # Not as a `Question`, which cannot tell that a lock was refused, and why.
            named = unfolding.named(self._columns, keys)
            return connection.execute(self._unfolded, named).all()
        return self.rows(connection, keys)


def rows_among(
    connection: Connection, keys: Sequence[Key], asked: Sequence[tuple[Among, Mapping[str, object]]]
) -> list[Sequence[Found]]:
    """Return what `Among.rows` returns for the same keys of each, asked at once where one can."""
    if is_shared(connection):
        return rows_of(connection, [one.question(keys, **named) for one, named in asked])
    return [one.rows(connection, keys, **named) for one, named in asked]


def among(
    connection: Connection, columns: Sequence[Column[Any]], keys: Sequence[Key]
) -> ColumnElement[bool]:
    """Return the condition that `columns` are one of `keys`, found through an index."""
    if is_shared(connection):
        return unfolding.among(columns, keys)
    return tuple_(*columns).in_(list(keys))


def portions(keys: Sequence[Key]) -> Iterable[Sequence[Key]]:
    """Split keys into parts that one statement can carry."""
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        yield keys[start : start + _KEYS_AT_ONCE]


def hold(connection: Connection, columns: Sequence[Column[Any]], keys: Sequence[Key]) -> None:
    """Let nobody else change the rows with these keys until the transaction ends.

    What is read afterwards stays as it is. Rows are held in the order of their keys, so that two
    who want the same rows never wait for each other.
    """
    if keys and is_shared(connection):
        unfolding.hold(connection, columns, keys)


def hold_numbers(connection: Connection, space: int, numbers: Sequence[Any]) -> None:
    """Let nobody else hold these numbers of a space until the transaction ends.

    For what does not stand in any table yet.
    """
    if numbers and is_shared(connection):
        unfolding.hold_numbers(connection, space, numbers)


def is_shared(connection: Connection | Engine) -> bool:
    """Say whether others may write at the same time."""
    return connection.dialect.name == "postgresql"
