"""What a purchase is worth in points, and why."""

from collections import defaultdict
from datetime import date
from fractions import Fraction
from math import floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs
from msgspec.json import decode, encode

from sync.programme.calendar import is_open
from sync.programme.document import Document, Window, canonical
from sync.programme.earning import (
    Inputs,
    Part,
    Purchase,
    PurchaseLine,
    apportion,
    category_of,
    check_amount,
    evaluate,
    welcome,
)
from sync.programme.refusals import Reason, Refused
from tests.builders import (
    AFTERNOON,
    BREAKFAST,
    DOCUMENT,
    EARNING,
    MORNING,
    a_bonus,
    a_document,
    a_purchase,
    an_earning,
    inputs,
    local,
)


def earned(document=DOCUMENT, given=None, **changes):
    return evaluate(document, a_purchase(**changes), given or inputs())


def with_earning(**changes):
    return a_document(earning=an_earning(**changes))


def parts(accrual):
    return [(part.kind, part.ref, part.points) for part in accrual.parts]


COFFEE = PurchaseLine(net_centavos=1_000, ncm="09012100")
BREAD = PurchaseLine(net_centavos=1_000, ncm="19059090")
VOUCHER = PurchaseLine(net_centavos=1_000, code="VALE")

# --- The story -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "points", "why"),
    [
        pytest.param(
            {"lines": BREAKFAST},
            153,
            [("base", "", 86), ("tier", "gold", 43), ("bonus", "coffee_twice", 24)],
            id="the-receipt-in-the-morning",
        ),
        pytest.param({}, 129, [("base", "", 86), ("tier", "gold", 43)], id="the-amount-alone"),
        pytest.param(
            {"lines": BREAKFAST, "at": AFTERNOON},
            129,
            [("base", "", 86), ("tier", "gold", 43)],
            id="the-receipt-after-noon",
        ),
    ],
)
def test_86_reais_40_with_24_reais_of_coffee_for_a_gold_member(changes, points, why):
    accrual = earned(**changes)

    assert accrual.points == accrual.desired == points
    assert parts(accrual) == why
    assert not accrual.pending
    assert accrual.expires_on == "2027-11-30"


def test_the_points_of_the_story_lie_on_its_lines():
    assert earned(lines=BREAKFAST).line_points == (41, 19, 93)
    assert earned().line_points == (129,)


# --- Rate and tier -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "tier", "centavos", "points"),
    [
        pytest.param("1", "bronze", 100, 1, id="a-point-per-real"),
        pytest.param("1", "bronze", 199, 1, id="never-rounded-up"),
        pytest.param("1", "bronze", 99, 0, id="less-than-a-point"),
        pytest.param("1", "", 10_000, 100, id="without-a-tier"),
        pytest.param("1", "platinum", 10_000, 100, id="of-a-tier-the-document-does-not-know"),
        pytest.param("1", "silver", 10_000, 125, id="a-quarter-more"),
        pytest.param("1", "silver", 9_999, 124, id="one-rounding-of-124.9875"),
        pytest.param("1", "diamond", 10_000, 200, id="twice"),
        pytest.param("0.5", "bronze", 199, 0, id="half-a-point-per-real"),
        pytest.param("0.1", "gold", 1_000, 1, id="one-and-a-half-floored-once"),
        pytest.param("0.333333", "bronze", 300, 0, id="a-third-that-is-not-quite"),
        pytest.param("2.5", "gold", 1_000, 37, id="37.5"),
        pytest.param("0", "diamond", 10_000, 0, id="nothing"),
    ],
)
def test_a_purchase_earns_its_rate_and_what_the_tier_adds(rate, tier, centavos, points):
    document = with_earning(rate=rate)

    accrual = earned(document, inputs(tier=tier), paid_centavos=centavos)

    assert accrual.points == points
    assert sum(part.points for part in accrual.parts) == points


def test_a_huge_amount_is_priced_to_the_last_point():
    document = with_earning(rate="9999.999999", absurd_centavos=10**12)

    accrual = earned(document, inputs(tier="diamond"), paid_centavos=10**12)

    assert accrual.points == 2 * 9_999_999_999 * 10**4
    assert accrual.points < 1 << 53


def test_nothing_earned_has_no_parts():
    assert earned(paid_centavos=10).parts == ()


# --- Lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "lines", "by_line"),
    [
        pytest.param(2_000, (COFFEE, BREAD), (20, 10), id="lines-that-sum-to-what-was-paid"),
        pytest.param(3_000, (COFFEE, BREAD), (20, 10, 10), id="paid-beyond-them"),
        pytest.param(1_000, (COFFEE, BREAD), (10, 5), id="half-paid-otherwise"),
        pytest.param(1, (COFFEE, BREAD), (0, 0), id="nearly-all-paid-otherwise"),
        pytest.param(2_000, (VOUCHER, BREAD), (0, 10), id="one-excluded"),
        pytest.param(2_000, (VOUCHER, VOUCHER), (0, 0), id="all-excluded"),
        pytest.param(
            2_000,
            (BREAD, PurchaseLine(net_centavos=0), BREAD),
            (10, 0, 10),
            id="a-line-that-cost-nothing",
        ),
        pytest.param(
            1_500,
            (BREAD, BREAD, PurchaseLine(net_centavos=-500)),
            (8, 7, 0),
            id="a-discount-written-as-a-line",
        ),
        pytest.param(
            500,
            (PurchaseLine(net_centavos=-500), PurchaseLine(net_centavos=0)),
            (0, 0, 5),
            id="lines-without-any-worth",
        ),
    ],
)
def test_points_lie_on_the_lines_that_earned_them(paid, lines, by_line):
    accrual = earned(given=inputs(tier="bronze"), paid_centavos=paid, lines=lines)

    assert accrual.line_points == by_line
    assert accrual.points == sum(by_line)


@pytest.mark.parametrize(
    ("lines", "basis", "points"),
    [
        pytest.param((250,), "paid", 10, id="tax-counts"),
        pytest.param((250,), "without_tax", 7, id="tax-does-not-count"),
        pytest.param((1_500,), "without_tax", 0, id="more-tax-than-price"),
        pytest.param((-250,), "without_tax", 10, id="tax-below-zero"),
    ],
)
def test_the_programme_says_whether_tax_earns(lines, basis, points):
    document = with_earning(basis=basis)
    bread = tuple(PurchaseLine(net_centavos=1_000, tax_centavos=tax) for tax in lines)

    accrual = earned(document, inputs(tier="bronze"), paid_centavos=1_000, lines=bread)

    assert accrual.points == points


def test_tax_shrinks_with_a_line_that_was_partly_paid_otherwise():
    document = with_earning(basis="without_tax")
    bread = PurchaseLine(net_centavos=2_000, tax_centavos=400)

    accrual = earned(document, inputs(tier="bronze"), paid_centavos=1_000, lines=(bread,))

    assert accrual.points == 8


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param({"ncm": "09012100"}, "coffee", id="by-ncm"),
        pytest.param({"ncm": "0902"}, "", id="another-ncm"),
        pytest.param({"ean": "7891000100103"}, "coffee", id="by-gtin"),
        pytest.param({"ean": "7891000100110"}, "", id="another-gtin"),
        pytest.param({"code": "CAFE"}, "coffee", id="by-the-shop's-code"),
        pytest.param({"code": "VALE", "ncm": "0901"}, "coffee", id="the-first-that-knows-it"),
        pytest.param({"code": "VALE"}, "gift_card", id="the-second"),
        pytest.param({}, "", id="nothing-known"),
    ],
)
def test_a_line_belongs_to_the_first_category_that_knows_it(line, expected):
    assert category_of(DOCUMENT, PurchaseLine(net_centavos=100, **line)) == expected


# --- Bonuses -------------------------------------------------------------------------------------


def test_bonuses_add_and_never_multiply_each_other_or_the_tier():
    document = with_earning(bonuses=(a_bonus(), a_bonus(id="again", multiplier="1.5")))

    accrual = earned(document, paid_centavos=1_000, lines=(COFFEE,))

    assert parts(accrual) == [
        ("base", "", 10),
        ("tier", "gold", 5),
        ("bonus", "coffee_twice", 10),
        ("bonus", "again", 5),
    ]


@pytest.mark.parametrize(
    ("used", "gain"),
    [
        pytest.param((), 7, id="fresh-day"),
        pytest.param((("coffee_twice", 3),), 4, id="partly-used"),
        pytest.param((("coffee_twice", 7),), 0, id="used-up"),
        pytest.param((("coffee_twice", 99),), 0, id="already-overrun"),
        pytest.param((("other", 99),), 7, id="another-bonus-used"),
    ],
)
def test_what_a_bonus_gives_a_member_on_one_day_is_bounded(used, gain):
    document = with_earning(bonuses=(a_bonus(cap_points_day=7),))
    three_coffees = (PurchaseLine(net_centavos=500, ncm="0901"),) * 3

    accrual = earned(
        document,
        inputs(tier="bronze", bonus_today=used),
        paid_centavos=1_500,
        lines=three_coffees,
    )

    assert accrual.points == 15 + gain
    assert [part.points for part in accrual.parts if part.kind == "bonus"] == [gain][: gain > 0]


def test_a_bonus_below_its_bound_is_given_whole():
    document = with_earning(bonuses=(a_bonus(cap_points_day=10),))

    assert (
        earned(document, inputs(tier="bronze"), paid_centavos=1_000, lines=(COFFEE,)).points == 20
    )


def test_a_bonus_on_what_is_excluded_gives_nothing():
    document = with_earning(excluded=("coffee",))

    assert earned(document, paid_centavos=1_000, lines=(COFFEE,)).points == 0


def test_a_bonus_of_the_night_is_open_after_midnight():
    night = a_bonus(window=Window(from_minute=22 * 60, to_minute=2 * 60))
    document = with_earning(bonuses=(night,))
    late = local("2026-11-19 01:59")

    accrual = earned(document, inputs(tier=""), at=late, paid_centavos=1_000, lines=(COFFEE,))

    assert accrual.points == 20


# --- Caps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caps", "today", "points"),
    [
        pytest.param({}, 10**9, 129, id="no-caps"),
        pytest.param({"cap_points_visit": 129}, 0, 129, id="visit-just-enough"),
        pytest.param({"cap_points_visit": 100}, 0, 100, id="visit"),
        pytest.param({"cap_points_day": 200}, 100, 100, id="rest-of-the-day"),
        pytest.param({"cap_points_day": 200}, 200, 0, id="day-used-up"),
        pytest.param({"cap_points_day": 200}, 900, 0, id="day-already-overrun"),
        pytest.param({"cap_points_visit": 50, "cap_points_day": 200}, 170, 30, id="both"),
    ],
)
def test_caps_bound_what_is_granted_and_tell_what_was_desired(caps, today, points):
    accrual = earned(with_earning(**caps), inputs(earned_today=today))

    assert accrual.points == points
    assert accrual.desired == 129
    assert sum(part.points for part in accrual.parts) == points
    assert sum(accrual.line_points) == points


def test_a_cap_takes_from_every_part_in_proportion():
    document = with_earning(cap_points_visit=15)

    accrual = earned(document, paid_centavos=2_000, lines=(COFFEE, BREAD))

    assert accrual.parts == (
        Part(kind="base", ref="", points=7),
        Part(kind="tier", ref="gold", points=4),
        Part(kind="bonus", ref="coffee_twice", points=4),
    )


# --- Pending -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "evidence", "paid", "visits", "waits"),
    [
        pytest.param("typed", "typed", 50_000, 0, False, id="typed-at-the-limit"),
        pytest.param("typed", "typed", 50_001, 0, True, id="typed-above-the-limit"),
        pytest.param("typed", "typed", 100, 2, False, id="third-typed-visit-of-the-day"),
        pytest.param("typed", "typed", 100, 3, True, id="fourth-typed-visit-of-the-day"),
        pytest.param("typed", "receipt", 90_000, 9, False, id="a-receipt-needs-no-limit"),
        pytest.param("typed", "feed", 90_000, 9, False, id="the-feed-neither"),
        pytest.param("receipt", "typed", 100, 0, True, id="typed-where-a-receipt-is-asked-for"),
        pytest.param("receipt", "receipt", 90_000, 9, False, id="the-receipt-asked-for"),
        pytest.param("feed", "typed", 100, 0, True, id="typed-where-the-feed-confirms"),
        pytest.param("feed", "receipt", 100, 0, True, id="a-receipt-where-the-feed-confirms"),
        pytest.param("feed", "feed", 90_000, 9, False, id="confirmed-by-the-feed"),
    ],
)
def test_points_wait_when_the_purchase_is_not_proved_well_enough(
    rules, evidence, paid, visits, waits
):
    document = with_earning(evidence=rules)

    accrual = earned(document, inputs(visits_today=visits), paid_centavos=paid, evidence=evidence)

    assert accrual.pending is waits
    assert accrual.points > 0


# --- Life ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "day", "months", "expected"),
    [
        pytest.param("2026-11-30 23:30", None, 12, "2027-11-30", id="the-store's-day"),
        pytest.param(
            "2026-11-30 23:30", "2026-12-01", 12, "2027-12-31", id="already-tomorrow-elsewhere"
        ),
        pytest.param("2028-02-29 10:00", None, 12, "2029-02-28", id="29-february"),
        pytest.param("2026-11-18 10:00", None, 0, "", id="for-ever"),
    ],
)
def test_points_live_to_the_end_of_a_month_of_the_programme(at, day, months, expected):
    programme_day = date.fromisoformat(day) if day else None

    accrual = earned(with_earning(expires_months=months), at=local(at), programme_day=programme_day)

    assert accrual.expires_on == expected


def test_a_new_member_is_welcomed_with_points_of_the_same_life():
    assert welcome(DOCUMENT, date(2026, 11, 18)) == (50, "2027-11-30")


# --- Amounts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("centavos", "confirmed", "reason", "facts"),
    [
        pytest.param(-1, True, Reason.AMOUNT_NEGATIVE, {}, id="negative"),
        pytest.param(0, True, Reason.AMOUNT_ZERO, {}, id="zero"),
        pytest.param(
            1_000_001,
            True,
            Reason.AMOUNT_ABSURD,
            {"centavos": 1_000_001, "limit": 1_000_000},
            id="absurd-even-when-confirmed",
        ),
        pytest.param(100_001, False, Reason.AMOUNT_UNUSUAL, {"centavos": 100_001}, id="unusual"),
    ],
)
def test_an_amount_that_no_purchase_has_is_refused(centavos, confirmed, reason, facts):
    with pytest.raises(Refused) as refused:
        check_amount(centavos, EARNING, confirmed=confirmed)

    assert refused.value.reason is reason
    assert refused.value.facts == facts


@pytest.mark.parametrize(
    ("centavos", "confirmed"),
    [
        pytest.param(1, False, id="one-centavo"),
        pytest.param(100_000, False, id="the-last-usual-one"),
        pytest.param(100_001, True, id="unusual-but-confirmed"),
        pytest.param(1_000_000, True, id="the-largest"),
    ],
)
def test_an_amount_that_a_purchase_may_have_passes(centavos, confirmed):
    check_amount(centavos, EARNING, confirmed=confirmed)


def test_pricing_refuses_what_is_no_amount_and_leaves_the_unusual_to_the_desk():
    assert earned(paid_centavos=100_001).points > 0
    with pytest.raises(Refused):
        earned(paid_centavos=0)


# --- Whatever the programme, the purchase and the member -----------------------------------------

multipliers = st.sampled_from(["1", "1.25", "1.5", "2", "3", "1.333333", "10"])
minutes = st.integers(0, 1_439)


@st.composite
def documents(draw):
    bonuses = tuple(
        a_bonus(
            id=str(number),
            category=draw(st.sampled_from(["coffee", "gift_card"])),
            multiplier=draw(multipliers),
            window=Window(from_minute=draw(st.sampled_from([0, 60])), to_minute=draw(minutes)),
            cap_points_day=draw(st.sampled_from([0, 0, 1, 7, 100])),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    return with_earning(
        rate=draw(st.sampled_from(["1", "0.5", "0.1", "2.5", "0.333333", "100", "0"])),
        basis=draw(st.sampled_from(["paid", "without_tax"])),
        excluded=draw(st.sampled_from([(), ("gift_card",), ("coffee", "gift_card")])),
        bonuses=bonuses,
        cap_points_visit=draw(st.sampled_from([0, 0, 1, 100, 1_000])),
        cap_points_day=draw(st.sampled_from([0, 0, 50, 500])),
        evidence=draw(st.sampled_from(["typed", "receipt", "feed"])),
        expires_months=draw(st.integers(0, 24)),
    )


lines = st.builds(
    PurchaseLine,
    net_centavos=st.integers(-2_000, 20_000),
    tax_centavos=st.integers(-100, 9_000),
    ncm=st.sampled_from(["", "09012100", "19059090"]),
    code=st.sampled_from(["", "VALE"]),
)
purchases = st.builds(
    Purchase,
    paid_centavos=st.integers(1, 60_000),
    at=minutes.map(lambda minute: MORNING.replace(hour=minute // 60, minute=minute % 60)),
    evidence=st.sampled_from(["typed", "receipt", "feed"]),
    lines=st.lists(lines, max_size=6).map(tuple),
)
members = st.builds(
    Inputs,
    tier=st.sampled_from(["", "bronze", "silver", "gold", "diamond", "unknown"]),
    earned_today=st.integers(0, 600),
    visits_today=st.integers(0, 5),
    bonus_today=st.sampled_from([(), (("0", 3),), (("0", 200), ("1", 1))]),
)


@given(document=documents(), purchase=purchases, member=members)
def test_parts_and_lines_sum_to_the_points_and_no_cap_is_exceeded(document, purchase, member):
    accrual = evaluate(document, purchase, member)
    rules, used = document.earning, dict(member.bonus_today)

    assert sum(part.points for part in accrual.parts) == accrual.points
    assert sum(accrual.line_points) == accrual.points
    assert len(accrual.line_points) - len(purchase.lines) in (0, 1)
    assert 0 <= accrual.points <= accrual.desired
    assert all(part.points > 0 for part in accrual.parts)
    for line, points in zip(purchase.lines, accrual.line_points, strict=False):
        assert points >= 0
        assert points == 0 or line.net_centavos > 0
        assert points == 0 or category_of(document, line) not in rules.excluded
    if rules.cap_points_visit:
        assert accrual.points <= rules.cap_points_visit
    if rules.cap_points_day:
        assert accrual.points <= max(0, rules.cap_points_day - member.earned_today)
    for bonus in rules.bonuses:
        if bonus.cap_points_day:
            got = sum(part.points for part in accrual.parts if part.ref == bonus.id)
            assert got <= max(0, bonus.cap_points_day - used.get(bonus.id, 0))


@given(document=documents(), purchase=purchases, member=members, more=st.integers(0, 60_000))
def test_paying_more_for_the_same_basket_never_earns_less(document, purchase, member, more):
    dearer = structs.replace(purchase, paid_centavos=purchase.paid_centavos + more)

    assert evaluate(document, dearer, member).points >= evaluate(document, purchase, member).points


@given(document=documents(), purchase=purchases, member=members)
def test_the_points_are_the_exact_worth_rounded_down_once(document, purchase, member):
    """The same sum done the slow way: one fraction per line and reason."""
    rules = document.earning
    listed = sum(max(0, line.net_centavos) for line in purchase.lines)
    paid = purchase.paid_centavos
    scale = Fraction(rules.rate) / 100 * (Fraction(paid, listed) if listed > paid else 1)
    worth_of: dict[str, Fraction] = defaultdict(Fraction)
    worth_of[""] += Fraction(rules.rate) / 100 * max(0, paid - listed)
    for line in purchase.lines:
        name = category_of(document, line)
        tax = max(0, line.tax_centavos) if rules.basis == "without_tax" else 0
        if name not in rules.excluded:
            worth_of[name] += scale * max(0, line.net_centavos - tax)
    tiers = {tier.id: Fraction(tier.multiplier) for tier in document.tiers}
    total = sum(worth_of.values()) * tiers.get(member.tier, 1)
    for bonus in rules.bonuses:
        gain = worth_of[bonus.category] * (Fraction(bonus.multiplier) - 1)
        if bonus.cap_points_day:
            used = dict(member.bonus_today).get(bonus.id, 0)
            gain = min(gain, max(0, bonus.cap_points_day - used))
        total += gain if is_open(bonus.window, purchase.at) else 0

    assert evaluate(document, purchase, member).desired == floor(total)


@given(document=documents(), purchase=purchases, member=members)
def test_the_same_bytes_give_the_same_bytes_wherever_they_are_priced(document, purchase, member):
    """On the terminal, on the server, and where the document was made."""
    body, bought, known = canonical(document), encode(purchase), encode(member)

    priced = {
        encode(evaluate(decode(body, type=Document), decode(bought, type=Purchase), stamped))
        for stamped in (decode(known, type=Inputs), decode(known, type=Inputs))
    }

    assert priced == {encode(evaluate(document, purchase, member))}


# --- Sharing out ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        pytest.param(153, (864, 432, 240), (86, 43, 24), id="the-story"),
        pytest.param(10, (1, 1, 1), (4, 3, 3), id="of-equals-the-first"),
        pytest.param(2, (1, 1, 1), (1, 1, 0), id="fewer-than-there-are-parts"),
        pytest.param(0, (1, 2), (0, 0), id="nothing-to-share"),
        pytest.param(5, (0, 0), (5, 0), id="no-weight-at-all"),
        pytest.param(5, (0, 3, 0), (0, 5, 0), id="all-to-one"),
        pytest.param(5, (), (), id="nobody"),
        pytest.param(10**15, (1, 10**30), (0, 10**15), id="huge"),
    ],
)
def test_a_total_is_shared_by_largest_remainder(total, weights, expected):
    assert apportion(total, weights) == expected


@given(
    total=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**12), min_size=1, max_size=9)
)
def test_shares_sum_to_the_total_and_each_is_within_one_of_what_is_due(total, weights):
    shares = apportion(total, weights)

    assert sum(shares) == total
    assume(sum(weights) > 0)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(weight * total, sum(weights))) < 1
        assert weight or not share


@pytest.mark.parametrize(
    ("total", "weights"),
    [pytest.param(-1, (1,), id="total"), pytest.param(1, (2, -1), id="weight")],
)
def test_nothing_negative_is_shared(total, weights):
    with pytest.raises(AssertionError):
        apportion(total, weights)
