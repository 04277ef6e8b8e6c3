"""Standings: members' accounts as they are read into a writing transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Connection, and_, bindparam, select

from sync.programme import calendar
from sync.programme.members import bucket_of
from sync.server.office.holds import hold_members
from sync.server.office.member_rows import bonus_in
from sync.server.store.dialect import Among, Key, portions
from sync.server.store.tables import awards, balances, member_days, members


@dataclass(slots=True)
class Day:
    """What a member did on one store-local day: points, visits, points of each bonus."""

    earned: int = 0
    visits: int = 0
    bonus: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Standing:
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
    days: dict[str, Day] = field(default_factory=dict)
    awarded: set[tuple[str, str]] = field(default_factory=set)  # (mission, week)

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
        return self.days.setdefault(name, Day())

    def visits_in_week(self, week: str) -> int:
        """Return the credited visits of an ISO week, as far as its days were read."""
        return sum(
            day.visits
            for name, day in self.days.items()
            if calendar.week_of(date.fromisoformat(name)) == week
        )


@dataclass(frozen=True, slots=True)
class Span:
    """From which to which store-local day counters are needed: whole weeks around both."""

    first: date
    last: date

    @property
    def monday(self) -> date:
        """The first day of the first week."""
        return self.first - timedelta(days=self.first.weekday())

    @property
    def sunday(self) -> date:
        """The last day of the last week."""
        return self.last + timedelta(days=6 - self.last.weekday())

    def covers(self, day: str) -> bool:
        """Say whether an ISO day lies in it."""
        return self.monday.isoformat() <= day <= self.sunday.isoformat()


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
    ordered = sorted(set(wanted))
    hold_members(connection, ordered)
    keys: list[Key] = [(bucket_of(member), member) for member in ordered]
    found: dict[int, Standing] = {}
    for part in portions(keys):
        _read_balances(connection, part, found)
        _read_days(connection, part, span, found)
        _read_awards(connection, part, span, found)
    return found


# What joins a member with the balance that they spend from.
OWN_BALANCE = and_(
    balances.c.bucket == members.c.bucket,
    balances.c.member_id == members.c.member_id,
    balances.c.purse == 0,
)
_ACCOUNTS = Among(
    (members.c.bucket, members.c.member_id),
    lambda are_wanted: (
        select(members.c.status, members.c.home_store, members.c.merged_into, balances)
        .join(balances, OWN_BALANCE)
        .where(are_wanted)
    ),
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


def _read_balances(connection: Connection, keys: Sequence[Key], found: dict[int, Standing]) -> None:
    for row in _ACCOUNTS.rows(connection, keys):
        found[row.member_id] = Standing(
            member=row.member_id,
            status=row.status,
            home_store=row.home_store,
            merged_into=row.merged_into or 0,
            earned=row.earned_total,
            spent=row.spent_total,
            expired=row.expired_total,
            pending=row.pending,
            leased=row.leased,
            qualifying=row.tier_points,
            tier=row.tier,
            last_visit=row.last_visit,
            last_day=row.last_day,
            version=row.version,
        )


def _read_days(
    connection: Connection, keys: Sequence[Key], span: Span, found: dict[int, Standing]
) -> None:
    days = {"first": span.monday.isoformat(), "last": span.sunday.isoformat()}
    for row in _DAYS.rows(connection, keys, **days):
        day = Day(row.earned, row.visits, dict(bonus_in(row.bonus)))
        found[row.member_id].days[row.day] = day


def _read_awards(
    connection: Connection, keys: Sequence[Key], span: Span, found: dict[int, Standing]
) -> None:
    weeks = {"first": calendar.week_of(span.monday), "last": calendar.week_of(span.sunday)}
    for row in _AWARDS.rows(connection, keys, **weeks):
        found[row.member_id].awarded.add((row.mission, row.week))
