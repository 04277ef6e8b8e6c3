"""Holdings: what one member has, as the member is shown it.

What is set aside for rewards is not available, and told apart; what tills hold on loan is the
members' own and is not mentioned to them.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, func, select

from sync.programme.ledger import Account, account_of, next_to_expire, remaining
from sync.programme.refusals import Reason, Refused
from sync.server.office.book import own_rows
from sync.server.office.documents import local, rulebook
from sync.server.office.standings import OWN_BALANCE
from sync.server.store.states import ReservationState
from sync.server.store.tables import balances, lots, member_days, members, reservations, takings

_OPEN = (int(ReservationState.RESERVED), int(ReservationState.ENDING))


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A member and what they have. `reserved` lists (reward, points) that are set aside.

    `day` is the programme's; `taken` counts limited rewards by (reward, day or year).
    """

    member: int
    name: str
    status: int
    home_store: int
    enrolled_at: int
    tier: str
    account: Account
    reserved: tuple[tuple[int, int], ...]
    week_visits: int
    day: date
    taken: dict[tuple[int, str], int]

    @property
    def available(self) -> int:
        """Points that may be reserved now: neither set aside nor lent to a till."""
        return self.account.available

    @property
    def shown(self) -> int:
        """The balance as the member sees it: everything but what is set aside."""
        return self.account.points - sum(points for _, points in self.reserved)

    def taken_day(self) -> dict[int, int]:
        """How often each limited reward was taken today, what is set aside included."""
        return self._taken(self.day.isoformat())

    def taken_year(self) -> dict[int, int]:
        """The same for this year."""
        return self._taken(str(self.day.year))

    def parts(self) -> tuple[tuple[str, int], ...]:
        """What is left of each lot, soonest to lapse first, as (ISO day or "", points)."""
        return tuple(remaining(self._without_what_is_set_aside()))

    def lapsing(self, within_days: int) -> tuple[str, int] | None:
        """What lapses next: (ISO day, points)."""
        account = self._without_what_is_set_aside()
        return next_to_expire(account, today=self.day, within_days=within_days)

    def _without_what_is_set_aside(self) -> Account:
        """The account as if everything that is reserved had been collected."""
        reserved = sum(points for _, points in self.reserved)
        return account_of(
            lots=dict(self.account.lots),
            pending=self.account.pending,
            spent=self.account.spent + reserved,
            expired=self.account.expired,
            qualifying=self.account.qualifying,
            leased=max(0, self.account.leased - reserved),
        )

    def _taken(self, period: str) -> dict[int, int]:
        counted = Counter(reward for reward, _ in self.reserved)
        for (reward, of), times in self.taken.items():
            if of == period:
                counted[reward] += times
        return dict(counted)


def held_by(connection: Connection, member: int, *, now: int) -> Holding:
    """Return what a member has at `now`; raises Refused(MEMBER_UNKNOWN)."""
    row = connection.execute(
        select(
            members.c.display_name,
            members.c.status,
            members.c.home_store,
            members.c.enrolled_at,
            balances,
        )
        .join(balances, OWN_BALANCE)
        .where(*own_rows(members, member))
    ).one_or_none()
    if row is None:
        raise Refused(Reason.MEMBER_UNKNOWN)
    day = local(now, rulebook(connection).in_force(now).zone).date()
    return Holding(
        member=member,
        name=row.display_name,
        status=row.status,
        home_store=row.home_store,
        enrolled_at=row.enrolled_at,
        tier=row.tier,
        account=account_of(
            lots=_lots(connection, member),
            pending=row.pending,
            spent=row.spent_total,
            expired=row.expired_total,
            qualifying=row.tier_points,
            leased=row.leased,
        ),
        reserved=_reserved(connection, member),
        week_visits=_week_visits(connection, member, day),
        day=day,
        taken=_taken(connection, member, day),
    )


def _lots(connection: Connection, member: int) -> dict[str, int]:
    rows = connection.execute(
        select(lots.c.expires_on, lots.c.earned).where(
            *own_rows(lots, member), lots.c.purse == 0, lots.c.earned != 0
        )
    )
    return {row.expires_on: row.earned for row in rows}


def _reserved(connection: Connection, member: int) -> tuple[tuple[int, int], ...]:
    rows = connection.execute(
        select(reservations.c.reward_id, reservations.c.points)
        .where(*own_rows(reservations, member), reservations.c.state.in_(_OPEN))
        .order_by(reservations.c.reserved_at, reservations.c.voucher)
    )
    return tuple((row.reward_id, row.points) for row in rows)


def _week_visits(connection: Connection, member: int, day: date) -> int:
    monday = day - timedelta(days=day.weekday())
    sunday = monday + timedelta(days=6)
    visits: int | None = connection.scalar(
        select(func.sum(member_days.c.visits)).where(
            *own_rows(member_days, member),
            member_days.c.day.between(monday.isoformat(), sunday.isoformat()),
        )
    )
    return int(visits or 0)


def _taken(connection: Connection, member: int, day: date) -> dict[tuple[int, str], int]:
    rows = connection.execute(
        select(takings.c.reward_id, takings.c.period, takings.c.taken).where(
            *own_rows(takings, member),
            takings.c.period.in_((day.isoformat(), str(day.year))),
        )
    )
    return {(row.reward_id, row.period): row.taken for row in rows}
