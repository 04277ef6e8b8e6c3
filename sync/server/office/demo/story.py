"""The people whom the demo knows by name, and what they did, counted back from today.

Marina Alves ends exactly where the pictures show her: 2,480 points, 320 of which lapse at this
month's end, two of three visits made this week, a birthday next Tuesday, a bag waiting for her.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sync.programme import calendar
from sync.programme.document import Document
from sync.programme.earning import Inputs, Purchase, evaluate
from sync.server.office.demo import people
from sync.server.office.demo.history import Visit
from sync.server.office.demo.programme import (
    BROWNIE,
    COFFEE,
    ECOBAG,
    MOEMA,
    PINHEIROS,
    SANTANA,
    VOUCHER_10,
)
from sync.server.office.documents import local
from sync.server.office.openings import Opening
from sync.server.office.persons import Details
from sync.server.store.states import MemberStatus

MARINA, CAIO, RUTE, LUAN, OTAVIO, WESLEY, BRUNA, SILVIA = range(8)
NAMED = 8

MARINA_POINTS, MARINA_LAPSES = 2_480, 320

_CAIXA_02 = 1  # the till of Pinheiros that a desk takes over
_MARINA_TIER, _MARINA_TIER_POINTS = "ouro", 1_600
_MARINA_SPENDS = ((95, COFFEE, 180), (62, VOUCHER_10, 400), (2, ECOBAG, 900))
_MARINA_BUYS = (  # days ago, centavos
    (300, 7_460),
    (262, 9_190),
    (233, 5_840),
    (204, 11_320),
    (171, 6_650),
    (140, 8_280),
    (118, 4_970),
    (95, 10_100),
    (62, 12_460),
    (45, 7_730),
)
_ADJUSTED_DAYS_AGO = 31
_MISSION_WEEK = ((0, 8_900, PINHEIROS), (2, 5_580, PINHEIROS), (4, 6_290, PINHEIROS))
_THIS_WEEK = ((1, 12_400, MOEMA), (3, 6_290, PINHEIROS))
_MISSION_POINTS = 100


@dataclass(frozen=True, slots=True)
class Today:
    """The instant the demo is made at, and its day in the shops' zone."""

    now: int
    zone: ZoneInfo

    @property
    def day(self) -> date:
        """The local day."""
        return datetime.fromtimestamp(self.now / 1000, self.zone).date()

    def ago(self, days: int, hour: int = 12, minute: int = 0) -> int:
        """Return an instant so many days ago; today's is not in the future."""
        return self.on(self.day - timedelta(days=days), hour, minute)

    def on(self, day: date, hour: int, minute: int = 0) -> int:
        """Return an instant of a day, moved back into the past if need be, but not off its day."""
        begins = datetime.combine(day, time(), self.zone)
        at = datetime.combine(day, time(hour, minute), self.zone)
        latest = max(self.now - 60_000, int(begins.timestamp() * 1000))
        return min(int(at.timestamp() * 1000), latest)


def named_members(today: Today, document: Document) -> list[Opening]:
    """Return the people known by name, as they were a year ago."""
    month_end = calendar.lapse_day(_months_back(today.day, 12), 12)
    spent = sum(points for _, _, points in _MARINA_SPENDS)
    marina = Opening(
        member=people.number(MARINA),
        name="Marina Alves",
        details=Details(
            cpf=people.cpf_of(345_672_917),
            phone="11973514417",
            birthday=_next_tuesday(today.day).strftime("%m-%d"),
            email="marina@example.com",
        ),
        home_store=PINHEIROS,
        enrolled_at=_instant(today, 2023, 3, 14),
        points=MARINA_LAPSES + spent,
        expires_on=month_end,
        qualifying=_MARINA_TIER_POINTS,
    )
    return [marina, *_others(today)]


def story(today: Today, document: Document) -> list[Visit]:
    """Return what the people known by name did during the year."""
    return [*_marina(today, document), *_acquaintances(today)]


def _others(today: Today) -> list[Opening]:
    return [
        _known(today, CAIO, "Caio Nogueira", "11958126120", points=410, qualifying=210),
        _known(today, RUTE, "Dona Rute Sampaio", "11999402275", points=2_530, qualifying=1_980),
        _known(today, LUAN, "Luan Barreto", "11947750836", points=330, qualifying=90),
        _blocked(
            today, _known(today, OTAVIO, "Otávio Reis", "11964281302", points=1_120, qualifying=900)
        ),
        _known(today, WESLEY, "Wesley Prates", "11931186407", points=1_240, qualifying=1_700),
        _known(today, BRUNA, "Bruna Salgado", "11986630218", points=140, qualifying=140),
        _known(today, SILVIA, "Sílvia Arantes", "11972047751", points=520, qualifying=260),
    ]


def _known(
    today: Today, index: int, name: str, phone: str, *, points: int, qualifying: int
) -> Opening:
    return Opening(
        member=people.number(index),
        name=name,
        details=Details(cpf=people.cpf_of(210_345_600 + index), phone=phone),
        home_store=PINHEIROS,
        enrolled_at=_instant(today, 2024, 1 + index, 10),
        points=points,
        expires_on=calendar.lapse_day(_months_back(today.day, 5), 12),
        qualifying=qualifying,
    )


def _blocked(today: Today, opening: Opening) -> Opening:
    return replace(
        opening,
        details=Details(
            cpf=people.cpf_of(518_203_114), phone=opening.details.phone, birthday="08-21"
        ),
        home_store=SANTANA,
        status=MemberStatus.BLOCKED,
        last_visit=today.ago(18),
    )


def _acquaintances(today: Today) -> list[Visit]:
    bought = (
        (CAIO, ((40, 4_850), (19, 3_870), (6, 6_200))),
        (RUTE, ((33, 9_640), (17, 11_200), (3, 5_460))),
        (LUAN, ((26, 2_990), (12, 3_440), (4, 4_190))),
        (WESLEY, ((30, 5_890), (9, 7_320))),
        (BRUNA, ((22, 3_120), (8, 2_760))),
        (SILVIA, ((28, 6_400), (5, 5_150))),
    )
    visits = [
        _visit(today.ago(days, 9 + person), person, amount)
        for person, purchases in bought
        for days, amount in purchases
    ]
    picked_up = _visit(today.ago(1, 17, 40), LUAN, 0)
    return [*visits, replace(picked_up, reward=BROWNIE)]


def _marina(today: Today, document: Document) -> list[Visit]:
    monday = today.day - timedelta(days=today.day.weekday())
    mission = [
        _visit(today.on(monday - timedelta(days=14 - day), 8, 10), MARINA, amount, store)
        for day, amount, store in _MISSION_WEEK
    ]
    # Early in the week there are no such days yet: then both visits were today or yesterday.
    this_week = [
        _visit(today.on(max(monday, today.day - timedelta(days=back)), 8, 12 + back), MARINA, a, s)
        for back, a, s in reversed(_THIS_WEEK)
    ]
    buys = [_visit(today.ago(days, 18, 5), MARINA, amount) for days, amount in _MARINA_BUYS]
    spends = [
        replace(_visit(today.ago(days, 18, 22), MARINA, 0), reward=reward)
        for days, reward, _ in _MARINA_SPENDS
    ]
    earned = sum(_points(document, visit) for visit in (*mission, *this_week, *buys))
    missing = MARINA_POINTS - MARINA_LAPSES - _MISSION_POINTS - earned
    adjusted = _visit(today.ago(_ADJUSTED_DAYS_AGO, 10, 30), MARINA, _amount_for(missing))
    assert _points(document, adjusted) == missing, missing
    return [*mission, *this_week, *buys, *spends, adjusted]


def _visit(at: int, person: int, amount: int, store: int = PINHEIROS) -> Visit:
    till = _CAIXA_02 if store == PINHEIROS else -1
    member = people.number(person)
    return Visit(at=at, member=member, store=store, amount=amount, reward=0, till=till)


def _points(document: Document, visit: Visit) -> int:
    at = local(visit.at, document.zone)
    purchase = Purchase(paid_centavos=visit.amount, at=at)
    return evaluate(document, purchase, Inputs(tier=_MARINA_TIER)).points


def _amount_for(points: int) -> int:
    """The smallest amount that earns so many points at the tier's rate of one and a half."""
    return -(-points * 200 // 3)


def _next_tuesday(day: date) -> date:
    return day + timedelta(days=(1 - day.weekday() - 1) % 7 + 1)


def _months_back(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def _instant(today: Today, year: int, month: int, day: int) -> int:
    return today.on(date(year, month, day), 10)
