"""The demo's other members: who they are, when they joined, and when they came to buy."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sync.programme import calendar
from sync.programme.access_key import check_digit
from sync.programme.document import Document
from sync.protocol.events import Line
from sync.protocol.messages import ConsentGiven, Person
from sync.server.office.demo import people
from sync.server.office.demo.history import Visit
from sync.server.office.demo.story import NAMED, Today
from sync.server.office.head_office import DAY_MS
from sync.server.office.openings import Opening

ACTIVE_SHARE = 2 / 3
ACTIVE_MAX = 20_000

_JOINED_THIS_YEAR = 0.12
_VISITS_MU, _VISITS_SIGMA, _VISITS_MAX = 1.9, 0.9, 70
_AMOUNT_MU, _AMOUNT_SIGMA = 8.4, 0.62  # centavos
_AMOUNT_MIN, _AMOUNT_MAX = 450, 48_000
_READS_RECEIPT, _HAS_COFFEE = 0.35, 0.4
_AT_HOME = 0.84
_UNKNOWN_ELSEWHERE_MS = 46 * DAY_MS
_OPENS, _CLOSES = 7, 21
_HOURS = (9, 8, 6, 5, 5, 9, 10, 6, 5, 6, 9, 11, 8, 3)
_STORES = (26, 22, 17, 13, 12, 10)
_COFFEE_NCM, _OTHER_NCMS = "09012100", ("19059090", "04069010", "22011000", "18069000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody who joined at a counter during the year."""

    member: int
    person: Person


class Crowd:
    """Makes members and their visits, the same ones from the same seed."""

    def __init__(self, document: Document, today: Today, *, members: int, seed: int) -> None:
        self._document = document
        self._today = today
        self.size = members
        self._chance = random.Random(seed)
        self._first_day = _year_before(today.day)
        self.active = min(int(members * ACTIVE_SHARE), ACTIVE_MAX)
        self._receipts = 0

    @property
    def begins(self) -> int:
        """When the history begins: the first of this month, a year ago."""
        return self._today.on(self._first_day, 0)

    def regulars(self) -> Iterator[tuple[Opening | Newcomer, list[Visit]]]:
        """Give those who came during the year, with their visits."""
        for index in range(NAMED, max(NAMED, self.active)):
            store = self._chance.choices(range(1, 7), _STORES)[0]
            if self._chance.random() < _JOINED_THIS_YEAR:
                newcomer = self._newcomer(index)
                yield newcomer, self._visits(newcomer.member, store, newcomer)
            else:
                opening = self._opening(index, store)
                yield opening, self._visits(opening.member, store)

    def others(self) -> Iterator[Opening]:
        """Give those who have not come for long."""
        for index in range(max(NAMED, self.active), self.size):
            store = self._chance.choices(range(1, 7), _STORES)[0]
            yield self._opening(index, store)

    def _opening(self, index: int, store: int) -> Opening:
        chance = self._chance
        qualifying = int(chance.lognormvariate(5.2, 1.1))
        lapses = _month_after(self._first_day, chance.randrange(12))
        return Opening(
            member=people.number(index),
            name=people.name(chance),
            details=people.details(chance, index),
            home_store=store,
            enrolled_at=self.begins - chance.randrange(1, 1_400) * DAY_MS,
            points=min(qualifying, int(chance.lognormvariate(4.6, 1.0))),
            expires_on=calendar.lapse_day(lapses, 12),
            qualifying=qualifying,
            last_visit=self.begins - chance.randrange(1, 400) * DAY_MS,
        )

    def _newcomer(self, index: int) -> Newcomer:
        told = people.details(self._chance, index)
        given = [ConsentGiven(purpose="regulamento", version=3)]
        if self._chance.random() < 0.5:
            given.append(ConsentGiven(purpose="whatsapp", version=1))
        person = Person(
            name=people.name(self._chance),
            phone=told.phone,
            cpf=told.cpf,
            birthday=told.birthday,
            consents=tuple(given),
        )
        return Newcomer(member=people.number(index), person=person)

    def _visits(self, member: int, home: int, newcomer: Newcomer | None = None) -> list[Visit]:
        chance = self._chance
        wanted = min(_VISITS_MAX, 1 + int(chance.lognormvariate(_VISITS_MU, _VISITS_SIGMA)))
        span = (self._today.day - self._first_day).days
        first = chance.randrange(span) if newcomer else 0
        days = sorted(chance.randrange(first, span + 1) for _ in range(wanted))
        instants = [at for day in days if (at := self._instant(day)) < self._today.now]
        visits = [self._visit(at, member, home) for at in instants]
        if newcomer:
            # Known to one till at first; the others hear of a newcomer with the next exchange.
            visits = [_at_first_till(visit, home, visits[0].at) for visit in visits]
        if newcomer and visits:
            visits[0] = replace(visits[0], reward=0, joins=newcomer.person)
        elif newcomer:
            at = self._today.ago(1, 10)
            visits = [
                Visit(at=at, member=member, store=home, reward=0, till=0, joins=newcomer.person)
            ]
        return visits

    def _visit(self, at: int, member: int, home: int) -> Visit:
        chance = self._chance
        amount = int(chance.lognormvariate(_AMOUNT_MU, _AMOUNT_SIGMA))
        amount = min(_AMOUNT_MAX, max(_AMOUNT_MIN, amount))
        store = home if chance.random() < _AT_HOME else chance.randint(1, 6)
        lines: tuple[Line, ...] = ()
        receipt = ""
        if chance.random() < _READS_RECEIPT:
            lines, receipt = self._lines(amount), self._receipt(at, store)
        return Visit(at=at, member=member, store=store, amount=amount, lines=lines, receipt=receipt)

    def _lines(self, amount: int) -> tuple[Line, ...]:
        chance = self._chance
        coffee = amount * chance.randint(15, 60) // 100 if chance.random() < _HAS_COFFEE else 0
        rest = Line(net=amount - coffee, ncm=chance.choice(_OTHER_NCMS))
        return (Line(net=coffee, ncm=_COFFEE_NCM), rest) if coffee else (rest,)

    def _receipt(self, at: int, store: int) -> str:
        """An access key of the store's CNPJ (NFC-e, model 65), with a number of its own."""
        self._receipts += 1
        month = datetime.fromtimestamp(at / 1000, self._today.zone).strftime("%y%m")
        cnpj = self._document.stores[store - 1].cnpj
        chance = self._chance.randrange(10**8)
        body = f"35{month}{cnpj}65001{self._receipts:09d}1{chance:08d}"
        return body + check_digit(body)

    def _instant(self, day: int) -> int:
        hour = self._chance.choices(range(_OPENS, _CLOSES), _HOURS)[0]
        minute = self._chance.randrange(60)
        begins = datetime.combine(
            self._first_day + timedelta(days=day), time(hour, minute), self._today.zone
        )
        return int(begins.timestamp() * 1000) + self._chance.randrange(60_000)


def _at_first_till(visit: Visit, home: int, joined_at: int) -> Visit:
    if visit.at - joined_at > _UNKNOWN_ELSEWHERE_MS:
        return visit
    return replace(visit, store=home, receipt="", till=0)


def _year_before(day: date) -> date:
    return date(day.year - 1, day.month, 1)


def _month_after(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
