"""Overtaken numbers of the feed: cleared away, so that it does not grow with each purchase.

A number tells nothing any more once its member has a later one in the same scope: whoever has not
read the first comes by the second. Guarantees that a reader, wherever it stands, is told of the
same members as before. Numbers that say that somebody is gone are kept.
"""

from collections.abc import Sequence

from sqlalchemy import delete, func, select

from sync.server.office.documents import local, rulebook
from sync.server.office.epoch import keep_setting, setting
from sync.server.office.head_office import HeadOffice
from sync.server.store.database import repeated
from sync.server.store.dialect import Key, among, portions
from sync.server.store.tables import feed_changes

_CLEARED = "feed_cleared"  # the day on which it was done the last time

_newer = func.row_number().over(
    partition_by=(feed_changes.c.scope, feed_changes.c.bucket, feed_changes.c.member_id),
    order_by=feed_changes.c.seq.desc(),
)
_numbers = select(
    feed_changes.c.scope, feed_changes.c.seq, feed_changes.c.gone, _newer.label("nth")
).subquery()
_AT_ONCE = 100_000  # some 15 MB
_OVERTAKEN = select(_numbers.c.scope, _numbers.c.seq).where(_numbers.c.nth > 1, ~_numbers.c.gone)


def clear_due(office: HeadOffice, *, now: int) -> None:
    """Do what `clear_overtaken` does once in each day of the programme."""
    with office.database.read() as connection:
        rules = rulebook(connection)
        if not rules.documents:
            return
        day = local(now, rules.in_force(now).zone).date().isoformat()
        if setting(connection, _CLEARED) == day:
            return
    clear_overtaken(office)
    with office.database.write() as connection:
        keep_setting(connection, _CLEARED, day)


def clear_overtaken(office: HeadOffice, *, at_once: int = _AT_ONCE) -> int:
    """Clear away every number that is overtaken by now; return how many there were.

    In parts: others write between them. Safe to cut off at any time.
    """
    cleared = 0
    with office.database.read() as connection:
        found = connection.execute(_OVERTAKEN, execution_options={"yield_per": at_once})
        for rows in found.partitions():
            keys: list[Key] = [tuple(row) for row in rows]
            for part in portions(keys):
                _clear(office, part)
            cleared += len(keys)
    return cleared


@repeated
def _clear(office: HeadOffice, keys: Sequence[Key]) -> None:
    with office.database.write_together() as connection:
        named = among(connection, (feed_changes.c.scope, feed_changes.c.seq), keys)
        connection.execute(delete(feed_changes).where(named))
