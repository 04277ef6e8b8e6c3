"""Questions: what every request asks, in words that are made once and go straight to the driver.

Guarantees the rows that SQLAlchemy would give for the same statement, and the errors that it would
raise. Its own way of asking costs more than these small questions do.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.engine.interfaces import DBAPICursor

# What a connection's `info` has while statements that were sent ahead are not answered yet.
UNANSWERED = "loyalty_unanswered"

# And what lets it be sent several at once, for as long as that is open, where its driver can.
PIPELINED = "loyalty_pipelined"

Found: TypeAlias = Any  # a row: its columns are attributes
_Change: TypeAlias = Callable[[Any], Any]
_Pipelined: TypeAlias = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class _Words:
    """A question in one database's words: what goes in, and how what comes out is read."""

    sql: str
    positions: Sequence[str] | None  # the parameters in order, where they have no names
    given: Mapping[str, object]
    into: tuple[tuple[str, _Change], ...]
    row: Callable[[tuple[Any, ...]], Found] | None  # None for as the driver brings it

    def ask(self, cursor: DBAPICursor, named: Mapping[str, object]) -> None:
        values = {**self.given, **named}
        for name, change in self.into:
            values[name] = change(values[name])
        if self.positions is None:
            cursor.execute(self.sql, values)
        else:
            cursor.execute(self.sql, [values[name] for name in self.positions])

    def told(self, cursor: DBAPICursor) -> Sequence[Found]:
        found = cursor.fetchall()
        return found if self.row is None else [self.row(one) for one in found]


class Question:
    """A statement that only reads and locks nothing, made once and asked again and again.

    One that is `plain` gives tuples as the driver brings them: for very many rows of columns that
    need no change.
    """

    def __init__(self, asked: Select[Any], *, plain: bool = False) -> None:
        self._asked = asked
        self._plain = plain
        self._words: dict[str, _Words] = {}

    def rows(self, connection: Connection, named: Mapping[str, object]) -> Sequence[Found]:
        """Return all rows; raises what SQLAlchemy raises for the statement."""
        if UNANSWERED in connection.info:  # only SQLAlchemy names the fault of what was sent ahead
            return self._asked_slowly(connection, named)
        words = self._in(connection.dialect)
        try:
            with closing(connection.connection.cursor()) as cursor:
                words.ask(cursor, named)
                return words.told(cursor)
        except connection.dialect.loaded_dbapi.Error:
            return self._asked_slowly(connection, named)

    def one_or_none(self, connection: Connection, named: Mapping[str, object]) -> Found | None:
        """Return the first row, None where there is none."""
        rows = self.rows(connection, named)
        return rows[0] if rows else None

    def _in(self, dialect: Dialect) -> _Words:
        words = self._words.get(dialect.name)
        if words is None:
            words = _words(self._asked, dialect, plain=self._plain)
        return self._words.setdefault(dialect.name, words)

    def _asked_slowly(self, connection: Connection, named: Mapping[str, object]) -> Sequence[Found]:
        """By SQLAlchemy, who names a fault and gives up a connection that is broken."""
        return connection.execute(self._asked, named).all()


Asked: TypeAlias = tuple[Question, Mapping[str, object]]


def rows_of(connection: Connection, asked: Sequence[Asked]) -> list[Sequence[Found]]:
    """Return the rows of each of several questions, sent at once where the driver can do that.

    Each sees what was committed before it is its turn, as if it were asked alone. For
    questions that hold no rows: a fault loses its name, and with it that the act may be repeated.
    """
    pipelined: _Pipelined | None = connection.info.get(PIPELINED)
    if pipelined is None or UNANSWERED in connection.info:
        return [question.rows(connection, named) for question, named in asked]
    words = [question._in(connection.dialect) for question, _ in asked]
    try:
        with ExitStack() as opened:
            cursors = [opened.enter_context(closing(connection.connection.cursor())) for _ in asked]
            with pipelined():
                for said, cursor, (_, named) in zip(words, cursors, asked, strict=True):
                    said.ask(cursor, named)
            return [said.told(cursor) for said, cursor in zip(words, cursors, strict=True)]
    except connection.dialect.loaded_dbapi.Error:
        return [question._asked_slowly(connection, named) for question, named in asked]


def _words(asked: Select[Any], dialect: Dialect, *, plain: bool) -> _Words:
    compiled = asked.compile(dialect=dialect)
    changes = {
        name: bound.type.dialect_impl(dialect).bind_processor(dialect)
        for bound, name in compiled.bind_names.items()
    }
    return _Words(
        sql=str(compiled),
        positions=compiled.positiontup,
        given=compiled.params,
        into=tuple((name, change) for name, change in changes.items() if change is not None),
        row=None if plain else _reader(asked, dialect),
    )


def _reader(asked: Select[Any], dialect: Dialect) -> Callable[[tuple[Any, ...]], Found]:
    """Return what makes a row: a tuple whose columns are attributes too."""
    columns = asked.selected_columns
    named = {name: property(itemgetter(nth)) for nth, name in enumerate(columns.keys())}
    row = type("Found", (tuple,), {"__slots__": (), **named})
    changes = [c.type.dialect_impl(dialect).result_processor(dialect, None) for c in columns]
    if not any(changes):
        return row
    return lambda values: row(
        value if change is None else change(value)
        for value, change in zip(values, changes, strict=True)
    )
