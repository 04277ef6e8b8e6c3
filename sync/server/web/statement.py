"""The statement: what the points came from and went to, with the reason for each number."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from sync import i18n
from sync.i18n import _
from sync.programme.document import Document
from sync.programme.ledger import Kind
from sync.server.office.documents import Rulebook, local, rulebook
from sync.server.office.holdings import Holding, held_by
from sync.server.office.reservation_rows import Reservation, open_reservations
from sync.server.office.statement import PAGE, Movement, Which, movements
from sync.server.web import drawing
from sync.server.web.frame import clock_of, frame, lapse_in_words, store_name
from sync.server.web.site import PREFIX
from sync.server.web.visits import Answer, Visit

PLACE = f"{PREFIX}/statement"

_FILTERS: tuple[Which, ...] = ("all", "earned", "used", "lapsed")
_SHARES = {"1.25": "quarter", "1.5": "half", "2": "double", "2.0": "double"}
_CSV_ROWS = 5_000
_FORMULA = "=+-@\t\r"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One movement in words; `look` colours its icon, `gain` its points."""

    icon: str
    look: str
    title: str
    note: str
    points: str
    gain: bool
    why: str
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of one time under its heading."""

    heading: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Portion:
    """Points that lapse together; `percent` of all of them, for the bar."""

    points: str
    until: str
    percent: int


def statement(visit: Visit) -> Answer:
    """Return a page of the statement."""
    which = _which(visit.query.get("show", ""))
    after = visit.query.get("after", "")
    with visit.office.database.read() as connection:
        book = rulebook(connection)
        document = book.in_force(visit.now)
        held = held_by(connection, visit.member, now=visit.now)
        found = movements(connection, visit.member, which=which, after=after, limit=PAGE + 1)
        reserved = open_reservations(connection, visit.member)
    shown = found[:PAGE]
    aside = reserved if not after and which in ("all", "used") else []
    body = drawing.page(
        "statement",
        frame=frame(visit, _("Statement"), at="statement"),
        download=_("Download the statement"),
        your_points=_("Your points"),
        points=i18n.number(held.shown),
        worth=_worth(document, held.shown),
        portions=_portions(held),
        filters=_filters(which),
        groups=_groups(book, document, shown, aside, visit.now),
        nothing=_("Nothing here yet."),
        more=f"{PLACE}?show={which}&after={shown[-1].place}" if len(found) > PAGE else "",
        more_word=_("Earlier"),
        help=_("Something wrong? Talk to the shop"),
    )
    return Answer(body=body)


def download(visit: Visit) -> Answer:
    """Return the whole statement as a table for a spreadsheet."""
    with visit.office.database.read() as connection:
        book = rulebook(connection)
        document = book.in_force(visit.now)
        found = movements(connection, visit.member, limit=_CSV_ROWS)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow([_("Day"), _("Time"), _("Shop"), _("What"), _("Points")])
    for one in found:
        at = local(one.at, document.zone)
        said = (store_name(document, one.store), _title(book, document, one))
        day = at.date().isoformat()
        table.writerow([day, i18n.clock(at), *map(_cell, said), one.points])
    return Answer(
        body=text.getvalue().encode("utf-8-sig"),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="statement.csv"'},
    )


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in _FORMULA and text else text


def _which(said: str) -> Which:
    return next((name for name in _FILTERS if name == said), "all")


def _filters(which: Which) -> list[tuple[str, str, bool]]:
    words = (_("Everything"), _("Earned"), _("Used"), _("Lapsed"))
    return [
        (word, f"{PLACE}?show={name}", name == which)
        for word, name in zip(words, _FILTERS, strict=True)
    ]


def _worth(document: Document, points: int) -> dict[str, str] | None:
    """What the points take off a basket at best, in whole reais; None when nothing does."""
    best = max(
        (
            Fraction(reward.value_centavos, reward.cost)
            for reward in document.rewards
            if reward.value_centavos and reward.cost
        ),
        default=None,
    )
    reais = 0 if best is None else int(best * points / 100)
    if not reais:
        return None
    return {
        "about": _("are worth about"),
        "money": f"R${i18n.NBSP}{i18n.number(reais)}",
        "kind": _("in vouchers"),
    }


def _portions(held: Holding) -> list[Portion]:
    """What lapses first, what next, and all the rest together; less what is set aside."""
    parts = [(day, points) for day, points in held.parts() if points > 0]
    if len(parts) > 3:
        parts = [*parts[:2], ("later", sum(points for _day, points in parts[2:]))]
    elif len(parts) == 3:
        parts = [*parts[:2], ("later", parts[2][1])]
    total = sum(points for _day, points in parts) or 1
    return [
        Portion(
            i18n.number(points),
            _("later") if day == "later" else lapse_in_words(day, held.day),
            max(1, round(100 * points / total)),
        )
        for day, points in parts
    ]


def _groups(
    book: Rulebook,
    document: Document,
    found: Iterable[Movement],
    aside: Iterable[Reservation],
    now: int,
) -> list[Group]:
    """Lines under headings: today, this week, then by month; what is set aside in its place."""
    today = local(now, document.zone).date()
    dated = [(one.at, _line(book, document, one, today)) for one in found]
    dated += [(one.reserved_at, _reserved(document, one)) for one in aside]
    groups: list[Group] = []
    for at, line in sorted(dated, key=lambda pair: -pair[0]):
        heading = _heading(local(at, document.zone).date(), today)
        if not groups or groups[-1].heading != heading:
            groups.append(Group(heading, []))
        groups[-1].lines.append(line)
    return groups


def _heading(day: date, today: date) -> str:
    sunday = today - timedelta(days=(today.weekday() + 1) % 7)
    if day == today:
        return _("Today")
    if day >= sunday:
        return _("This week")
    month = i18n.month_name(day.month)
    name = f"{month[:1].upper()}{month[1:]}"
    if day.year == today.year:
        return name
    return _("{month} {year}").format(month=name, year=day.year)


def _line(book: Rulebook, document: Document, one: Movement, today: date) -> Line:
    at = local(one.at, document.zone)
    reasons = _reasons(book, document, one)
    icon, look = _look(document, one)
    return Line(
        icon=icon,
        look=look,
        title=_title(book, document, one),
        note=_note(document, one, at, today),
        points=i18n.signed(one.points),
        gain=one.points > 0,
        why=_("Why {points}?").format(points=i18n.number(abs(one.points))),
        reasons=reasons,
    )


def _reserved(document: Document, one: Reservation) -> Line:
    named = [reward for reward in document.rewards if reward.id == one.reward]
    at = local(one.reserved_at, document.zone)
    return Line(
        icon=drawing.icon_or_gift(named[0].icon) if named else "gift",
        look="acc",
        title=named[0].name if named else _("Reward"),
        note=_("Reserved, {day}").format(day=i18n.day_and_month(at.date())),
        points=i18n.signed(-one.points),
        gain=False,
        why="",
        reasons=(),
    )


def _title(book: Rulebook, document: Document, one: Movement) -> str:
    kind = one.parts[0][0] if one.parts else ""
    if kind == "mission":
        return next((m.name for m in document.missions if m.id == one.parts[0][1]), _("Mission"))
    if kind == "welcome":
        return _("Welcome points")
    if one.kind in (Kind.SPEND, Kind.UNSPEND):
        priced = book.named(one.rules) or document
        named = [reward.name for reward in priced.rewards if reward.id == one.reward]
        return named[0] if named else _("Reward")
    if one.kind is Kind.EARN and one.amount:
        return _("Purchase of {amount}").format(amount=i18n.money(one.amount))
    return {
        Kind.IMPORT: _("Balance brought along"),
        Kind.UNEARN: _("Purchase taken back"),
        Kind.EXPIRE: _("Points that lapsed"),
        Kind.UNEXPIRE: _("Lapsed points given back"),
    }.get(one.kind, _("Points"))


def _note(document: Document, one: Movement, at: datetime, today: date) -> str:
    day = i18n.day_and_month(at.date()) if at.year == today.year else i18n.day(at.date())
    when = clock_of(document, one.store, one.at) if at.date() == today else day
    where = store_name(document, one.store)
    if one.parts and one.parts[0][0] == "mission":
        where = _("Mission")
    said = f"{where}, {when}" if where else when
    if one.waiting:
        return _("{place} · being checked").format(place=said)
    return _("{place} · given back").format(place=said) if one.kind is Kind.UNSPEND else said


def _look(document: Document, one: Movement) -> tuple[str, str]:
    """The icon of a line and how it is coloured."""
    if one.kind in (Kind.SPEND, Kind.UNSPEND):
        named = [reward.icon for reward in document.rewards if reward.id == one.reward]
        return (drawing.icon_or_gift(named[0]) if named else "gift"), "acc"
    if one.kind in (Kind.EXPIRE, Kind.UNEXPIRE):
        return "clock", ""
    if one.kind is Kind.EARN:
        return "receipt-text", "ok"
    if one.kind is Kind.UNEARN:
        return "undo-2", ""
    mission = bool(one.parts) and one.parts[0][0] == "mission"
    return ("target" if mission else "award"), ""


def _reasons(book: Rulebook, document: Document, one: Movement) -> tuple[tuple[str, str], ...]:
    """Why a purchase earned so much, under the rules that priced it."""
    if one.kind is not Kind.EARN or not one.parts:
        return ()
    priced = book.named(one.rules) or document
    return tuple(
        (_reason(priced, kind, ref), i18n.number(points) if not n else i18n.signed(points))
        for n, (kind, ref, points) in enumerate(one.parts)
    )


def _reason(document: Document, kind: str, ref: str) -> str:
    if kind == "tier":
        return _tier_reason(document, ref)
    if kind == "bonus":
        label = next((b.label for b in document.earning.bonuses if b.id == ref), "")
        return f"{label[:1].upper()}{label[1:]}" if label else _("Bonus")
    if ref == "promised":
        return _("As promised at the till")
    return _("Purchase, {rate} per real").format(rate=_decimal(document.earning.rate))


def _tier_reason(document: Document, ref: str) -> str:
    tier = next((tier for tier in document.tiers if tier.id == ref), None)
    if tier is None:
        return _("Tier")
    share = _SHARES.get(tier.multiplier, "")
    if share == "quarter":
        return _("Tier {tier}, a quarter more").format(tier=tier.name)
    if share == "half":
        return _("Tier {tier}, half as much again").format(tier=tier.name)
    if share == "double":
        return _("Tier {tier}, double").format(tier=tier.name)
    return _("Tier {tier}, times {factor}").format(tier=tier.name, factor=_decimal(tier.multiplier))


def _decimal(text: str) -> str:
    """A decimal number in the language in use: "1.5" is "1,5" in pt-BR."""
    plain = f"{Decimal(text).normalize():f}"
    return plain.replace(".", ",") if i18n.language() == "pt_BR" else plain
