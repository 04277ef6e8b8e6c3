"""Tally: what all members of a scope come to, for terminals to compare their copy with.

The same numbers as `sync.protocol.tally` makes of rows, added up by the database.
"""

from functools import cache, reduce
from operator import add
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    cast,
    func,
    select,
)

from sync.protocol.messages import Tally
from sync.protocol.tally import PRIME, WEIGHTS
from sync.server.office.member_rows import IS_REMEMBERED
from sync.server.store.tables import balances, feed, members


def tally_in(connection: Connection, scope: str) -> Tally:
    """Return the tally of the members that the terminals of a scope hold."""
    found = connection.execute(_tally(), {"of_scope": scope}).one()
    return Tally(members=int(found[0]), sum=int(found[1]))


@cache
def _tally() -> Select[Any]:
    terms = [
        cast((members if name == "status" else balances).c[name], BigInteger) * weight
        for name, weight in WEIGHTS.items()
    ]
    state = reduce(add, terms)
    worth = (feed.c.member_id % PRIME + 1) * (state % PRIME + 1) % PRIME
    return (
        select(func.count(), func.coalesce(func.sum(worth), 0))
        .select_from(feed)
        .join(members, _same(members))
        .join(balances, and_(_same(balances), balances.c.purse == 0))
        .where(feed.c.scope == bindparam("of_scope"), ~feed.c.gone, IS_REMEMBERED)
    )


def _same(table: FromClause) -> ColumnElement[bool]:
    return and_(table.c.bucket == feed.c.bucket, table.c.member_id == feed.c.member_id)
