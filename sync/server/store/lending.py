"""Lending on PostgreSQL: points bound, the lease kept and the feed raised by one statement.

It goes with the commit, so that whoever waits for the member or for the feed's head waits for the
disk and for nothing else. Heads are raised lists before scopes, like everywhere.
"""

from functools import cache

from sqlalchemy import Connection, Table

from sync.server.store.arrays import kind_of
from sync.server.store.dialect import Row, is_shared
from sync.server.store.tables import feed, feed_heads, leases
from sync.server.store.unfolding import Last, run_last


def lends_at_once(connection: Connection) -> bool:
    """Say whether `lend_last` can be done here."""
    return is_shared(connection)


def lend_last(connection: Connection, lease: Row, *, listed: str, scope: str) -> Last:
    """Bind a lease's points, keep it and raise the heads `listed` and `scope`, with the commit.

    All of it, or nothing where the member has less than the lease's amount: after the commit
    `written` says which, 1 or 0.
    """
    return run_last(connection, _lending(tuple(lease)), {**lease, "listed": listed, "scope": scope})


@cache
def _lending(told: tuple[str, ...]) -> str:
    """The statement. Each part reads the one before, which is therefore done first."""
    given = ", ".join(_given(leases, name) for name in told)
    bucket, member, amount = (_given(leases, name) for name in ("bucket", "member_id", "amount"))
    one_up = f"ON CONFLICT (scope) DO UPDATE SET head = {feed_heads.name}.head + 1"
    return f"""
        WITH bound AS (
            UPDATE balances SET leased = leased + {amount}, version = version + 1
            WHERE bucket = {bucket} AND member_id = {member} AND purse = 0
            AND points - leased >= {amount} AND {amount} > 0 RETURNING 1),
        kept AS (
            INSERT INTO {leases.name} ({", ".join(told)}) SELECT {given} FROM bound RETURNING 1),
        listed AS (
            INSERT INTO {feed_heads.name} (scope, head) SELECT %(listed)b::text, 1 FROM kept
            {one_up} RETURNING 1),
        raised AS (
            INSERT INTO {feed_heads.name} (scope, head) SELECT %(scope)b::text, 1 FROM listed
            {one_up} RETURNING head)
        INSERT INTO {feed.name} (bucket, member_id, scope, seq, gone)
        SELECT {bucket}, {member}, %(scope)b::text, raised.head, false FROM raised
        ON CONFLICT (bucket, member_id, scope)
        DO UPDATE SET seq = excluded.seq, gone = excluded.gone"""


def _given(table: Table, name: str) -> str:
    return f"%({name})b::{kind_of(table.c[name].type).SQL.removesuffix('[]')}"
