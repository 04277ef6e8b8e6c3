"""Earning: what a purchase is worth in points, and why.

`evaluate` gives identical results from identical documents, purchases and inputs, on a terminal and
on the server. Arithmetic is exact, in whole numbers over one denominator; there is one rounding,
down, at the end; every split into parts or lines is by largest remainder, so the parts always sum
to the total.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from sync.programme import calendar
from sync.programme.document import CategoryBonus, Document, Earning, Evidence
from sync.programme.refusals import Reason, Refused
from sync.programme.tiers import tier_named

PartKind: TypeAlias = Literal["base", "tier", "bonus"]

_EVIDENCE: tuple[Evidence, ...] = ("typed", "receipt", "feed")  # the weakest first


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLine:
    """One product line of a receipt, discounts already off.

    A line at or below zero is no purchase and earns nothing; tax never counts beyond the line.
    """

    net_centavos: int
    tax_centavos: int = 0
    ncm: str = ""
    ean: str = ""
    code: str = ""


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid, at a store's local time. `lines` are empty when only the amount is known.

    `programme_day` is the day in the programme's zone, from which points live; None when it is the
    store's.
    """

    paid_centavos: int
    at: datetime
    programme_day: date | None = None
    evidence: Evidence = "typed"
    lines: tuple[PurchaseLine, ...] = ()


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the member when the purchase is priced; stamped into the event.

    `earned_today` and `bonus_today` (bonus id, points) are what the caps have used up on this local
    day; `visits_today` counts earlier credited visits of the day.
    """

    tier: str = ""
    earned_today: int = 0
    visits_today: int = 0
    bonus_today: tuple[tuple[str, int], ...] = ()


class Part(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One reason for points: the purchase itself, the tier `ref`, or the bonus `ref`."""

    kind: PartKind
    ref: str
    points: int


class Accrual(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The outcome: `points` granted, `desired` before the caps of visit and day, and their parts.

    `line_points` follow the purchase's lines, an excluded one with 0; one more is for what was paid
    beyond them, which is all there is when only the amount is known. `expires_on` is an ISO date,
    empty for points that never lapse; `pending` points wait for a manager or a sales feed.
    """

    points: int
    desired: int
    parts: tuple[Part, ...]
    line_points: tuple[int, ...]
    pending: bool
    expires_on: str


class _Share(NamedTuple):
    """One part before rounding: what each line gives to it, in `over`-ths of a point."""

    kind: PartKind
    ref: str
    by_line: Sequence[int]
    over: int


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
    base, categories = _base(document, purchase)
    shares = [base]
    tier = tier_named(document.tiers, inputs.tier)
    if tier is not None and not _is_neutral(tier.multiplier):
        shares.append(_extra("tier", tier.id, base, tier.multiplier))
    used = dict(inputs.bonus_today)
    for bonus in rules.bonuses:
        if calendar.is_open(bonus.window, purchase.at):
            shares.append(_bonus(bonus, base, categories, used.get(bonus.id, 0)))
    worths, whole = _over_one(shares)
    by_part = list(map(sum, worths))
    desired = sum(by_part) // whole
    points = _capped(desired, rules, inputs.earned_today)
    return Accrual(
        points=points,
        desired=desired,
        parts=_parts(shares, apportion(points, by_part)),
        line_points=apportion(points, list(map(sum, zip(*worths, strict=True)))),
        pending=_waits(rules, purchase, inputs),
        expires_on=calendar.lapse_day(
            purchase.programme_day or purchase.at.date(), rules.expires_months
        ),
    )


def apportion(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split `total` in proportion to non-negative `weights` by largest remainder.

    The parts sum to `total` and each lies within 1 of its exact share; of equal remainders the
    earlier takes the odd point. All weights zero gives everything to the first.
    """
    assert total >= 0, total
    assert not weights or min(weights) >= 0, weights
    if len(weights) < 2:  # most purchases: one amount, nothing to split
        return (total,) if weights else ()
    whole = sum(weights)
    if whole == 0:
        return (total, *(0 for _ in weights[1:]))
    exact = [divmod(weight * total, whole) for weight in weights]
    parts = [part for part, _ in exact]
    if odd := total - sum(parts):
        # Sorting keeps the order of equal remainders.
        for index in sorted(range(len(parts)), key=lambda i: -exact[i][1])[:odd]:
            parts[index] += 1
    return tuple(parts)


def category_of(document: Document, line: PurchaseLine) -> str:
    """Return the id of the first category that knows the line's code, GTIN or NCM, or ""."""
    code, ean, ncm = line.code, line.ean, line.ncm
    for category in document.categories:
        if (
            (code and code in category.codes)
            or (ean and ean in category.eans)
            or (ncm and ncm.startswith(category.ncm_prefixes))
        ):
            return category.id
    return ""


def _base(document: Document, purchase: Purchase) -> tuple[_Share, list[str]]:
    """What each line earns at the base rate, and its category.

    Lines that list more than was paid all shrink alike; what was paid beyond them is one more line.
    """
    rules, paid = document.earning, purchase.paid_centavos
    rate, over = _ratio(rules.rate)
    if not purchase.lines:
        return _Share("base", "", [rate * paid], 100 * over), [""]
    categories = [category_of(document, line) for line in purchase.lines]
    counted = [
        0 if name in rules.excluded else _counted(rules, line)
        for name, line in zip(categories, purchase.lines, strict=True)
    ]
    listed = sum([max(0, line.net_centavos) for line in purchase.lines])
    kept, of = (paid, listed) if listed > paid else (1, 1)
    if listed < paid:
        counted.append(paid - listed)
        categories.append("")
    by_line = [rate * kept * centavos for centavos in counted]
    return _Share("base", "", by_line, 100 * over * of), categories


def _counted(rules: Earning, line: PurchaseLine) -> int:
    """The centavos of a line that count."""
    tax = max(0, line.tax_centavos) if rules.basis == "without_tax" else 0
    return max(0, line.net_centavos - tax)


def _extra(kind: PartKind, ref: str, base: _Share, multiplier: str) -> _Share:
    """What a multiplier adds to the base."""
    times, over = _ratio(multiplier)
    by_line = [worth * (times - over) for worth in base.by_line]
    return _Share(kind, ref, by_line, base.over * over)


def _bonus(bonus: CategoryBonus, base: _Share, categories: Sequence[str], used: int) -> _Share:
    extra = _extra("bonus", bonus.id, base, bonus.multiplier)
    by_line = [
        worth if name == bonus.category else 0
        for worth, name in zip(extra.by_line, categories, strict=True)
    ]
    gain, left = sum(by_line), max(0, bonus.cap_points_day - used)
    if bonus.cap_points_day and gain > left * extra.over:
        return _Share("bonus", bonus.id, [worth * left for worth in by_line], gain)
    return _Share("bonus", bonus.id, by_line, extra.over)


@lru_cache(maxsize=256)
def _ratio(text: str) -> tuple[int, int]:
    """A decimal string as a ratio. The few there are in a programme are read once, not per line."""
    return Fraction(text).as_integer_ratio()


def _is_neutral(multiplier: str) -> bool:
    """Say whether it adds nothing, as for most members: then there is no part to split off."""
    times, over = _ratio(multiplier)
    return times == over


def _over_one(shares: Sequence[_Share]) -> tuple[list[Sequence[int]], int]:
    """What each part gives to each line, all over one denominator, and that."""
    if len(shares) == 1:
        return [shares[0].by_line], shares[0].over
    whole = lcm(*[share.over for share in shares])
    return [[n * (whole // share.over) for n in share.by_line] for share in shares], whole


def _capped(desired: int, rules: Earning, earned_today: int) -> int:
    points = desired
    if rules.cap_points_visit:
        points = min(points, rules.cap_points_visit)
    if rules.cap_points_day:
        points = min(points, max(0, rules.cap_points_day - earned_today))
    return points


def _parts(shares: Sequence[_Share], points: Sequence[int]) -> tuple[Part, ...]:
    return tuple(
        [
            Part(kind=share.kind, ref=share.ref, points=worth)
            for share, worth in zip(shares, points, strict=True)
            if worth
        ]
    )


def _waits(rules: Earning, purchase: Purchase, inputs: Inputs) -> bool:
    """Say whether the points wait: by what proves the purchase, and by how much and how often."""
    if _EVIDENCE.index(purchase.evidence) < _EVIDENCE.index(rules.evidence):
        return True
    if purchase.evidence != "typed":
        return False
    return (
        purchase.paid_centavos > rules.typed_limit_centavos
        or inputs.visits_today >= rules.typed_visits_day
    )


def welcome(document: Document, on: date) -> tuple[int, str]:
    """Return what a new member is given: (points, day they lapse)."""
    return document.earning.welcome_points, calendar.lapse_day(on, document.earning.expires_months)
