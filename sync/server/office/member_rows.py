"""Members as terminals may know them: built from the stored columns, without CPF or full phone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
)

from sync.programme import calendar, ledger
from sync.protocol.identifiers import identifier_hash
from sync.protocol.messages import MemberRow
from sync.server.office.head_office import HeadOffice
from sync.server.office.persons import Details, details_in, keys_of
from sync.server.store.states import CardStatus, FulfilmentState, MemberStatus
from sync.server.store.tables import (
    balances,
    cards,
    fulfilments,
    lots,
    member_days,
    members,
    persons,
    takings,
)

LAPSE_DAYS = 60

# These stand in the statements themselves. Once PostgreSQL has made a plan for whatever parameters
# come, it takes it that nearly no row differs from one, and reads whole tables for each member.
_ERASED: ColumnElement[int] = literal_column(str(int(MemberStatus.ERASED)))
_NONE: ColumnElement[int] = literal_column("0")

# Who was forgotten stays so, also where an event of theirs comes late, and to another store.
IS_REMEMBERED = members.c.status != _ERASED

_Found: TypeAlias = Mapping[int, list[Row[tuple[object, ...]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Where the rows go: the store's local day, and the day in the programme's zone."""

    store: int
    store_day: date
    programme_day: date


class Asking:
    """The statements that read the members in `chosen` (bucket, member id).

    Making them costs more than running them: where parameters can say whom, they are made once.
    """

    def __init__(self, chosen: Select[tuple[int, int]]) -> None:
        source = chosen.subquery("chosen")
        self.people = _people(source)
        self.lots = _lots(source)
        self.cards = _cards(source)
        self.days = _days(source)
        self.weeks = _weeks(source)
        self.takings = _takings(source)
        self.pickups = _pickups(source)


def member_rows(
    office: HeadOffice,
    connection: Connection,
    asking: Asking,
    view: View,
    chosen: Mapping[str, object],
) -> dict[int, MemberRow]:
    """Return the rows of the members asked for, by member id.

    `chosen` are the parameters of the statement that chooses them.
    """
    people = connection.execute(asking.people, chosen).all()
    if not people:
        return {}
    opened = _opened(office, people)
    named = {**chosen, **_named(view)}
    found = _Rest(
        lots=_by_member(connection, asking.lots, named),
        cards=_by_member(connection, asking.cards, named),
        days=_by_member(connection, asking.days, named),
        weeks=_by_member(connection, asking.weeks, named),
        takings=_by_member(connection, asking.takings, named),
        pickups=_by_member(connection, asking.pickups, named),
    )
    key = office.keys.terminals
    return {p.member_id: _row(p, opened[p.member_id], found, view, key) for p in people}


def _named(view: View) -> dict[str, object]:
    """The parameters of statements about a day in a store."""
    monday = view.store_day - timedelta(days=view.store_day.weekday())
    return {
        "at_store": view.store,
        "monday": monday.isoformat(),
        "sunday": (monday + timedelta(days=6)).isoformat(),
        "periods": [view.store_day.isoformat(), str(view.store_day.year)],
    }


@dataclass(frozen=True, slots=True)
class _Rest:
    lots: _Found
    cards: _Found
    days: _Found
    weeks: _Found
    takings: _Found
    pickups: _Found


def _row(
    person: Row[tuple[object, ...]], details: Details, rest: _Rest, view: View, key: bytes
) -> MemberRow:
    member: int = person.member_id
    lapse_day, lapse_points = _lapse(person, rest.lots.get(member, ()), view.programme_day)
    day = next(iter(rest.days.get(member, ())), None)
    week = next(iter(rest.weeks.get(member, ())), None)
    return MemberRow(
        id=member,
        version=person.version,
        name=person.display_name,
        status=person.status,
        since=person.enrolled_at,
        tier=person.tier,
        points=person.points,
        leased=person.leased,
        pending=person.pending,
        debt=person.debt,
        qualifying=person.tier_points,
        lapse_day=lapse_day,
        lapse_points=lapse_points,
        cpf_hash=identifier_hash(key, "cpf", details.cpf),
        phone_hash=identifier_hash(key, "phone", details.phone),
        phone_tail=details.phone[:2] + details.phone[-4:],
        cpf_mid=details.cpf[6:9],
        birthday=details.birthday,
        cards=tuple(card.card_id.hex() for card in rest.cards.get(member, ())),
        last_visit=person.last_visit,
        day=day.day if day else "",
        earned=day.earned if day else 0,
        visits=day.visits if day else 0,
        bonus=bonus_in(day.bonus) if day else (),
        week=calendar.week_of(view.store_day) if week else "",
        week_visits=int(week.visits) if week else 0,
        taken=tuple((t.reward_id, t.period, t.taken) for t in rest.takings.get(member, ())),
        pickups=tuple((p.reward_id, p.place) for p in rest.pickups.get(member, ())),
    )


def bonus_in(stored: str) -> tuple[tuple[str, int], ...]:
    """Return what a day's column `bonus` says: (bonus id, points)."""
    return tuple(sorted(msgspec.json.decode(stored, type=dict[str, int]).items())) if stored else ()


def _lapse(
    person: Row[tuple[object, ...]], held: Iterable[Row[tuple[object, ...]]], today: date
) -> tuple[str, int]:
    account = ledger.account_of(
        lots={lot.expires_on: lot.earned for lot in held},
        pending=person.pending,
        spent=person.spent_total,
        expired=person.expired_total,
        qualifying=person.tier_points,
        leased=person.leased,
    )
    return ledger.next_to_expire(account, today=today, within_days=LAPSE_DAYS) or ("", 0)


def _opened(office: HeadOffice, people: Iterable[Row[tuple[object, ...]]]) -> dict[int, Details]:
    keys = keys_of(office, (person.member_id for person in people if person.sealed))
    return {
        person.member_id: (
            details_in(person.sealed, person.member_id, keys.get(person.member_id))
            if person.sealed
            else Details()
        )
        for person in people
    }


def _people(source: FromClause) -> Select[tuple[object, ...]]:
    return (
        select(
            members.c.member_id,
            members.c.display_name,
            members.c.status,
            members.c.enrolled_at,
            balances,
            persons.c.sealed,
        )
        .select_from(source)
        .join(members, _same(members, source))
        .join(balances, and_(_same(balances, source), balances.c.purse == 0))
        .outerjoin(persons, _same(persons, source))
        .where(IS_REMEMBERED)
    )


def _lots(source: FromClause) -> Select[tuple[object, ...]]:
    return (
        select(lots.c.member_id, lots.c.expires_on, lots.c.earned)
        .select_from(source)
        .join(lots, _same(lots, source))
        .where(lots.c.purse == 0, lots.c.earned != _NONE)
    )


def _cards(source: FromClause) -> Select[tuple[object, ...]]:
    return (
        select(cards.c.member_id, cards.c.card_id)
        .select_from(source)
        .join(cards, _same(cards, source))
        .where(cards.c.status == int(CardStatus.ACTIVE))
        .order_by(cards.c.issued_at, cards.c.card_id)
    )


def _days(source: FromClause) -> Select[tuple[object, ...]]:
    latest = and_(_same(member_days, source), member_days.c.day == balances.c.last_day)
    return (
        select(
            member_days.c.member_id,
            member_days.c.day,
            member_days.c.earned,
            member_days.c.visits,
            member_days.c.bonus,
        )
        .select_from(source)
        .join(balances, and_(_same(balances, source), balances.c.purse == 0))
        .join(member_days, latest)
    )


def _weeks(source: FromClause) -> Select[tuple[object, ...]]:
    return (
        select(member_days.c.member_id, func.sum(member_days.c.visits).label("visits"))
        .select_from(source)
        .join(member_days, _same(member_days, source))
        .where(member_days.c.day.between(bindparam("monday"), bindparam("sunday")))
        .group_by(member_days.c.member_id)
    )


def _takings(source: FromClause) -> Select[tuple[object, ...]]:
    return (
        select(takings.c.member_id, takings.c.reward_id, takings.c.period, takings.c.taken)
        .select_from(source)
        .join(takings, _same(takings, source))
        .where(takings.c.period.in_(bindparam("periods", expanding=True)), takings.c.taken > 0)
    )


def _pickups(source: FromClause) -> Select[tuple[object, ...]]:
    return (
        select(fulfilments.c.member_id, fulfilments.c.reward_id, fulfilments.c.place)
        .select_from(source)
        .join(fulfilments, _same(fulfilments, source))
        .where(
            fulfilments.c.store_id == bindparam("at_store"),
            fulfilments.c.state == int(FulfilmentState.READY),
        )
        .order_by(fulfilments.c.reserved_at)
    )


def _same(table: FromClause, source: FromClause) -> ColumnElement[bool]:
    return and_(table.c.bucket == source.c.bucket, table.c.member_id == source.c.member_id)


def _by_member(
    connection: Connection, statement: Select[tuple[object, ...]], named: Mapping[str, object]
) -> _Found:
    found: defaultdict[int, list[Row[tuple[object, ...]]]] = defaultdict(list)
    for row in connection.execute(statement, named).all():
        found[row.member_id].append(row)
    return found
