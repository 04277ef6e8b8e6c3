"""Standings: members' accounts as they are read into a writing transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, func, select

from sync.programme import calendar
from sync.programme.members import bucket_of
from sync.server.office.holds import hold_arrivals
from sync.server.office.member_rows import bonus_in
from sync.server.store.dialect import Among, Key, is_shared, portions, rows_among
from sync.server.store.tables import awards, balances, member_days, members


class Day(msgspec.Struct):
    """What a member did on one store-local day: points, visits, points of each bonus."""

    earned: int = 0
    visits: int = 0
    bonus: dict[str, int] = {}  # each has its own


class Standing(msgspec.Struct):
    """A member's account in the middle of a transaction; `earned` is net of returns."""

    member: int
    status: int
    home_store: int
    merged_into: int = 0
    earned: int = 0
    spent: int = 0
    expired: int = 0
    pending: int = 0
    leased: int = 0
    qualifying: int = 0
    tier: str = ""
    last_visit: int = 0
    last_day: str = ""
    version: int = 0
    days: dict[str, Day] = {}  # each has its own
    awarded: set[tuple[str, str]] = set()  # (mission, week)

    @property
    def net(self) -> int:
        """What is left of everything earned; below zero when the member owes."""
        return self.earned - self.spent - self.expired

    @property
    def points(self) -> int:
        """The balance: what is left, but never less than what is lent out."""
        return max(self.net, self.leased)

    def day(self, name: str) -> Day:
        """Return the counters of a day, to be changed."""
        day = self.days.get(name)
        if day is None:
            day = self.days[name] = Day()
        return day

    def visits_in_week(self, week: str) -> int:
        """Return the credited visits of an ISO week, as far as its days were read."""
        return sum([day.visits for name, day in self.days.items() if _week_of(name) == week])


@lru_cache(maxsize=256)
def _week_of(day: str) -> str:
    return calendar.week_of(date.fromisoformat(day))


class Span:
    """From which to which store-local day counters are needed: whole weeks around both."""

    def __init__(self, first: date, last: date) -> None:
        monday = first - timedelta(days=first.weekday())
        sunday = last + timedelta(days=6 - last.weekday())
        self.monday, self.sunday = monday.isoformat(), sunday.isoformat()
        self.first_week, self.last_week = calendar.week_of(monday), calendar.week_of(sunday)

    def covers(self, day: str) -> bool:
        """Say whether an ISO day lies in it."""
        return self.monday <= day <= self.sunday


def read_day(connection: Connection, member: int, name: str) -> Day:
    """Return the counters of one day of a member."""
    row = connection.execute(
        select(member_days).where(
            member_days.c.bucket == bucket_of(member),
            member_days.c.member_id == member,
            member_days.c.day == name,
        )
    ).one_or_none()
    return Day() if row is None else Day(row.earned, row.visits, dict(bonus_in(row.bonus)))


def read_standings(
    connection: Connection, wanted: Iterable[int], span: Span
) -> dict[int, Standing]:
    """Return the accounts of those members who exist, with their counters, and hold them."""
    keys: list[Key] = sorted({(bucket_of(member), member) for member in wanted})
    found: dict[int, Standing] = {}
    for part in portions(keys):
        held = _held_accounts(connection, part)
        # Who has them is asked afterwards, of what the lock let through.
        people, days, granted = rows_among(connection, list(held), _asked_within(span))
        for row in people:
            found[row[1]] = Standing(*row[1:], *held[row[:2]])
        for row in days:
            bonus = dict(bonus_in(row.bonus)) if row.bonus else {}
            found[row.member_id].days[row.day] = Day(row.earned, row.visits, bonus)
        for row in granted:
            found[row.member_id].awarded.add((row.mission, row.week))
    return found


# What joins a member with the balance that they spend from.
OWN_BALANCE = and_(
    balances.c.bucket == members.c.bucket,
    balances.c.member_id == members.c.member_id,
    balances.c.purse == 0,
)
# What is read of an account is what it stays until the transaction is over (`holds`).
_HELD = Among(
    (balances.c.bucket, balances.c.member_id),
    lambda are_wanted: (
        select(
            balances.c.bucket,
            balances.c.member_id,
            balances.c.earned_total,  # from here on as further fields of a `Standing`
            balances.c.spent_total,
            balances.c.expired_total,
            balances.c.pending,
            balances.c.leased,
            balances.c.tier_points,
            balances.c.tier,
            balances.c.last_visit,
            balances.c.last_day,
            balances.c.version,
        )
        .where(are_wanted, balances.c.purse == 0)
        .order_by(balances.c.bucket, balances.c.member_id)
        .with_for_update()
    ),
)
_MEMBERS = Among(
    (members.c.bucket, members.c.member_id),
    lambda are_wanted: select(
        members.c.bucket,
        members.c.member_id,  # from here on as the fields of a `Standing` follow one another
        members.c.status,
        members.c.home_store,
        func.coalesce(members.c.merged_into, 0),
    ).where(are_wanted),
)
_DAYS = Among(
    (member_days.c.bucket, member_days.c.member_id),
    lambda are_wanted: select(member_days).where(
        are_wanted, member_days.c.day.between(bindparam("first"), bindparam("last"))
    ),
)
_AWARDS = Among(
    (awards.c.bucket, awards.c.member_id),
    lambda are_wanted: select(awards.c.member_id, awards.c.mission, awards.c.week).where(
        are_wanted, awards.c.week.between(bindparam("first"), bindparam("last"))
    ),
)


def _asked_within(span: Span) -> Sequence[tuple[Among, Mapping[str, object]]]:
    return (
        (_MEMBERS, {}),
        (_DAYS, {"first": span.monday, "last": span.sunday}),
        (_AWARDS, {"first": span.first_week, "last": span.last_week}),
    )


def _held_accounts(connection: Connection, keys: Sequence[Key]) -> Mapping[Key, tuple[Any, ...]]:
    """Hold the accounts that are there, and return what of them stays as it is from now on."""
    held = _held(connection, keys)
    absent = [key for key in keys if key not in held]
    if absent and is_shared(connection):
        hold_arrivals(connection, absent)
        held |= _held(connection, absent)
    return held


def _held(connection: Connection, keys: Sequence[Key]) -> dict[Key, tuple[Any, ...]]:
    # By their places: asking so many rows for a name costs as much as all else here.
    return {row[:2]: row[2:] for row in _HELD.held(connection, keys)}
