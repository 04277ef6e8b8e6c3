"""Lending on PostgreSQL: points bound, the lease kept and the feed raised by one statement.

It is a transaction by itself, so that whoever waits for the member or for the feed's head waits for
the disk and for nothing else. Heads are raised lists before scopes, like everywhere.
"""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import ColumnElement, Dialect
from sqlalchemy.engine.interfaces import Compiled

from sync.server.store.arrays import kind_of
from sync.server.store.dialect import Row
from sync.server.store.tables import feed_changes, feed_heads, leases
from sync.server.store.unfolding import Last


def lending(
    dialect: Dialect,
    lease: Row,
    provided: ColumnElement[bool],
    asked: Mapping[str, object],
    *,
    listed: str,
    scope: str,
) -> Last:
    """Return what binds a lease's points, keeps it and raises the heads `listed` and `scope`.

    It does all of it and writes 1, or nothing and writes 0, where the member has less than the
    lease's amount or the condition `provided`, with its parameters `asked`, does not hold.
    """
    condition = _compiled(dialect, provided)
    told = {**condition.params, **asked, **lease, "listed": listed, "scope": scope}
    return Last(_lending(tuple(lease), str(condition)), told)


_known: dict[ColumnElement[bool], Compiled] = {}


def _compiled(dialect: Dialect, condition: ColumnElement[bool]) -> Compiled:
    """The words of a condition, made once."""
    found = _known.get(condition)
    if found is None:
        found = _known.setdefault(condition, condition.compile(dialect=dialect))
    return found


@cache
def _lending(told: tuple[str, ...], provided: str) -> str:
    """The statement. Each part reads the one before, which is therefore done first."""
    given = ", ".join(_given(name) for name in told)
    bucket, member, amount = (_given(name) for name in ("bucket", "member_id", "amount"))
    one_up = f"ON CONFLICT (scope) DO UPDATE SET head = {feed_heads.name}.head + 1"
    return f"""
        WITH bound AS (
            UPDATE balances SET leased = leased + {amount}, version = version + 1
            WHERE bucket = {bucket} AND member_id = {member} AND purse = 0
            AND points - leased >= {amount} AND {amount} > 0 AND {provided} RETURNING 1),
        kept AS (
            INSERT INTO {leases.name} ({", ".join(told)}) SELECT {given} FROM bound RETURNING 1),
        listed AS (
            INSERT INTO {feed_heads.name} (scope, head) SELECT %(listed)s::text, 1 FROM kept
            {one_up} RETURNING 1),
        raised AS (
            INSERT INTO {feed_heads.name} (scope, head) SELECT %(scope)s::text, 1 FROM listed
            {one_up} RETURNING head)
        INSERT INTO {feed_changes.name} (scope, seq, bucket, member_id, gone)
        SELECT %(scope)s::text, raised.head, {bucket}, {member}, false FROM raised"""


def _given(name: str) -> str:
    return f"%({name})s::{kind_of(leases.c[name].type).SQL.removesuffix('[]')}"
