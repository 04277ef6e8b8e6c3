"""Earning: what a purchase is worth in points, and why.

`evaluate` gives identical results from identical documents, purchases and inputs, on a terminal and
on the server. Arithmetic is decimal; there is one rounding, down, at the end; every split into
parts or lines is by largest remainder, so the parts always sum to the total.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Literal, TypeAlias

from sync.programme import calendar
from sync.programme.document import Category, CategoryBonus, Document, Earning, Evidence
from sync.programme.refusals import Reason, Refused
from sync.programme.tiers import tier_named

PartKind: TypeAlias = Literal["base", "tier", "bonus"]

_ONE = Decimal(1)
_CENTAVOS = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLine:
    """One product line of a receipt, discounts already off."""

    net_centavos: int
    tax_centavos: int = 0
    ncm: str = ""
    ean: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What was paid, at a store's local time. `lines` are empty when only the amount is known."""

    paid_centavos: int
    at: datetime
    evidence: Evidence = "typed"
    lines: tuple[PurchaseLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is known of the member when the purchase is priced; stamped into the event.

    `earned_today` and `bonus_today` (bonus id, points) are what the caps have used up on this local
    day; `visits_today` counts earlier credited visits of the day.
    """

    tier: str = ""
    earned_today: int = 0
    visits_today: int = 0
    bonus_today: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One reason for points: the purchase itself, the tier `ref`, or the bonus `ref`."""

    kind: PartKind
    ref: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """The outcome: `points` granted (`desired` before caps), its parts, and points per line.

    `expires_on` is an ISO date, empty for points that never lapse; `pending` points wait for a
    manager or a sales feed.
    """

    points: int
    desired: int
    parts: tuple[Part, ...]
    line_points: tuple[int, ...]
    pending: bool
    expires_on: str


@dataclass(frozen=True, slots=True)
class _Share:
    """One part before rounding, with the worth that each line gives to it."""

    kind: PartKind
    ref: str
    by_line: tuple[Decimal, ...]

    @property
    def worth(self) -> Decimal:
        return sum(self.by_line, Decimal(0))


def check_amount(centavos: int, earning: Earning, *, confirmed: bool = False) -> None:
    """Refuse amounts that no purchase has.

    Raises Refused: AMOUNT_NEGATIVE, AMOUNT_ZERO, AMOUNT_ABSURD; AMOUNT_UNUSUAL until `confirmed`.
    """
    if centavos < 0:
        raise Refused(Reason.AMOUNT_NEGATIVE)
    if centavos == 0:
        raise Refused(Reason.AMOUNT_ZERO)
    if centavos > earning.absurd_centavos:
        raise Refused(Reason.AMOUNT_ABSURD, centavos=centavos, limit=earning.absurd_centavos)
    if centavos > earning.unusual_centavos and not confirmed:
        raise Refused(Reason.AMOUNT_UNUSUAL, centavos=centavos)


def evaluate(document: Document, purchase: Purchase, inputs: Inputs) -> Accrual:
    """Return what `purchase` earns under `document`.

    Raises Refused like `check_amount` (an unusual amount passes here: the desk asks beforehand).
    """
    rules = document.earning
    check_amount(purchase.paid_centavos, rules, confirmed=True)
    lines, categories = _eligible(document, purchase)
    base = _base(rules, lines)
    shares = [_Share("base", "", base)]
    tier = tier_named(document.tiers, inputs.tier)
    if tier is not None:
        extra = Decimal(tier.multiplier) - _ONE
        shares.append(_Share("tier", tier.id, tuple(worth * extra for worth in base)))
    used = dict(inputs.bonus_today)
    for bonus in rules.bonuses:
        if calendar.is_open(bonus.window, purchase.at):
            shares.append(_bonus(bonus, base, categories, used.get(bonus.id, 0)))
    desired = _floor(sum((share.worth for share in shares), Decimal(0)))
    points = _capped(desired, rules, inputs.earned_today)
    by_line = tuple(sum(column, Decimal(0)) for column in _columns(shares))
    return Accrual(
        points=points,
        desired=desired,
        parts=_parts(shares, points),
        line_points=apportion(points, by_line),
        pending=_waits(rules, purchase, inputs),
        expires_on=calendar.lapse_day(purchase.at.date(), rules.expires_months),
    )


def apportion(total: int, weights: Sequence[Decimal]) -> tuple[int, ...]:
    """Split `total` in proportion to non-negative `weights` by largest remainder.

    The parts sum to `total`; of equal remainders the earlier takes the odd point. All weights zero
    gives everything to the first.
    """
    whole = sum(weights, Decimal(0))
    if not weights:
        return ()
    if whole == 0:
        return (total, *(0 for _ in weights[1:]))
    quotas = [weight * total / whole for weight in weights]
    parts = [_floor(quota) for quota in quotas]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - quotas[i], i))
    for index in order[: total - sum(parts)]:
        parts[index] += 1
    return tuple(parts)


def category_of(document: Document, line: PurchaseLine) -> str:
    """Return the id of the first category that knows the line's code, GTIN or NCM, or ""."""
    for category in document.categories:
        if _knows(category, line):
            return category.id
    return ""


def _knows(category: Category, line: PurchaseLine) -> bool:
    return (
        (line.code != "" and line.code in category.codes)
        or (line.ean != "" and line.ean in category.eans)
        or (line.ncm != "" and line.ncm.startswith(category.ncm_prefixes))
    )


def _eligible(
    document: Document, purchase: Purchase
) -> tuple[tuple[PurchaseLine, ...], tuple[str, ...]]:
    """Lines that may earn, scaled to what was paid; an amount without lines is one plain line."""
    lines = _scaled(purchase)
    named = [(line, category_of(document, line)) for line in lines]
    kept = [
        (line, name) for line, name in named if name not in document.earning.excluded or not name
    ]
    return tuple(line for line, _ in kept), tuple(name for _, name in kept)


def _scaled(purchase: Purchase) -> tuple[PurchaseLine, ...]:
    """Fit the lines to the amount paid: less is shared out, more is a line of its own."""
    listed = sum(line.net_centavos for line in purchase.lines)
    paid = purchase.paid_centavos
    if listed < paid:
        rest = PurchaseLine(net_centavos=paid - listed)
        return (*purchase.lines, rest)
    if listed == paid:
        return purchase.lines
    nets = apportion(paid, [Decimal(line.net_centavos) for line in purchase.lines])
    return tuple(
        PurchaseLine(
            net_centavos=net,
            tax_centavos=min(line.tax_centavos, net),
            ncm=line.ncm,
            ean=line.ean,
            code=line.code,
        )
        for line, net in zip(purchase.lines, nets, strict=True)
    )


def _base(rules: Earning, lines: Sequence[PurchaseLine]) -> tuple[Decimal, ...]:
    rate = Decimal(rules.rate)
    taxless = rules.basis == "without_tax"
    return tuple(
        rate * (line.net_centavos - (line.tax_centavos if taxless else 0)) / _CENTAVOS
        for line in lines
    )


def _bonus(
    bonus: CategoryBonus, base: Sequence[Decimal], categories: Sequence[str], used: int
) -> _Share:
    extra = Decimal(bonus.multiplier) - _ONE
    worths = tuple(
        worth * extra if name == bonus.category else Decimal(0)
        for worth, name in zip(base, categories, strict=True)
    )
    gain = sum(worths, Decimal(0))
    left = Decimal(max(0, bonus.cap_points_day - used))
    if bonus.cap_points_day and gain > left:
        worths = tuple(worth * left / gain for worth in worths)
    return _Share("bonus", bonus.id, worths)


def _capped(desired: int, rules: Earning, earned_today: int) -> int:
    points = desired
    if rules.cap_points_visit:
        points = min(points, rules.cap_points_visit)
    if rules.cap_points_day:
        points = min(points, max(0, rules.cap_points_day - earned_today))
    return points


def _parts(shares: Sequence[_Share], points: int) -> tuple[Part, ...]:
    worths = apportion(points, [share.worth for share in shares])
    named = (
        Part(kind=share.kind, ref=share.ref, points=worth)
        for share, worth in zip(shares, worths, strict=True)
    )
    return tuple(part for part in named if part.points)


def _columns(shares: Sequence[_Share]) -> list[tuple[Decimal, ...]]:
    return list(zip(*(share.by_line for share in shares), strict=True))


def _waits(rules: Earning, purchase: Purchase, inputs: Inputs) -> bool:
    """Say whether the points wait: by what proves the purchase, and by how much and how often."""
    rank = ("typed", "receipt", "feed")
    if rank.index(purchase.evidence) < rank.index(rules.evidence):
        return True
    if purchase.evidence != "typed":
        return False
    return (
        purchase.paid_centavos > rules.typed_limit_centavos
        or inputs.visits_today >= rules.typed_visits_day
    )


def _floor(worth: Decimal) -> int:
    return int(worth.to_integral_value(rounding=ROUND_FLOOR))


def welcome(document: Document, on: date) -> tuple[int, str]:
    """Return what a new member is given: (points, day they lapse)."""
    return document.earning.welcome_points, calendar.lapse_day(on, document.earning.expires_months)
