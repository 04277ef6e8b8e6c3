"""Rows of accounts: how what the book has counted is written.

Guarantees that each kind of row is made while the one before is being written, where the store can
write without being waited for.
"""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection

from sync.programme.ledger import Entry
from sync.programme.members import bucket_of
from sync.server.office.standings import Day, Standing
from sync.server.store.dialect import Row, add_up_rows, ahead, insert_rows, put_rows
from sync.server.store.tables import balances, ledger, lots, member_days


def send_accounts(
    connection: Connection,
    *,
    entries: Sequence[Row],
    days: Iterable[Row],
    moved: Iterable[Row],
    accounts: Iterable[Row],
) -> None:
    """Write entries and counters of days, add `moved` to lots and put balances, all of it `ahead`.

    Every row but an entry is made when its turn has come.
    """
    with ahead(connection):
        # First what takes less to say than to do: the rest is made in the meantime.
        add_up_rows(connection, lots, list(moved), sums=["earned"])
        insert_rows(connection, ledger, entries)
        put_rows(connection, member_days, list(days))
        put_rows(connection, balances, list(accounts))


def balance_row(standing: Standing) -> Row:
    """Return a member's row of `balances`."""
    points, net = standing.points, standing.net
    return {
        "bucket": bucket_of(standing.member),
        "member_id": standing.member,
        "purse": 0,
        "points": points,
        "pending": standing.pending,
        "debt": points - net,
        "leased": standing.leased,
        "earned_total": standing.earned,
        "spent_total": standing.spent,
        "expired_total": standing.expired,
        "tier": standing.tier,
        "tier_points": standing.qualifying,
        "last_visit": standing.last_visit,
        "last_day": standing.last_day,
        "version": standing.version,
    }


def day_row(member: int, name: str, day: Day) -> Row:
    """Return the row of `member_days` of a member and an ISO day."""
    bonus = {key: points for key, points in day.bonus.items() if points}
    return {
        "bucket": bucket_of(member),
        "member_id": member,
        "day": name,
        "earned": day.earned,
        "visits": day.visits,
        "bonus": msgspec.json.encode(bonus).decode() if bonus else "",
    }


def lot_row(member: int, expires_on: str, points: int) -> Row:
    """Return the row of `lots` with points of a member that lapse together."""
    return {
        "bucket": bucket_of(member),
        "member_id": member,
        "purse": 0,
        "expires_on": expires_on,
        "earned": points,
    }


def pending_row(member: int, entry: Entry) -> Row:
    """Return the row of `pendings` of an entry that waits."""
    return {
        "bucket": bucket_of(member),
        "member_id": member,
        "event_id": entry.event,
        "expires_on": entry.expires_on,
        "purse": 0,
        "points": entry.points,
        "activates_at": None,
    }
