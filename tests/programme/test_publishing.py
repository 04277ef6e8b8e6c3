"""What is asked of a document before any terminal is given it."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from sync.programme.document import (
    Limits,
    Mission,
    Permission,
    TokenKey,
    Window,
)
from sync.programme.earning import PurchaseLine, evaluate
from sync.programme.publishing import AMOUNT_MAX_CENTAVOS, BONUSES_MAX, validate
from tests.builders import (
    COFFEE,
    DOCUMENT,
    GIFT_CARD,
    GOLD,
    a_bonus,
    a_document,
    a_purchase,
    a_reward,
    a_store,
    a_tier,
    an_earning,
    inputs,
)

PERMISSION = Permission(role="cashier", act="credit")
PURPOSE = DOCUMENT.purposes[0]
KEY = TokenKey(kid=1, public_hex="ab" * 32, kinds=(1,))
MISSION = Mission(id="m", name="M", visits_week=3, points=100)


def earning(**changes):
    return {"earning": an_earning(**changes)}


def bonus(**changes):
    return earning(bonuses=(a_bonus(**changes),))


def window(**changes):
    return bonus(window=Window(**changes))


def tiers(**changes):
    return {"tiers": (a_tier(**{"min_points": 0, **changes}),), "rewards": ()}


def reward(**changes):
    return {"rewards": (a_reward(**changes),)}


def store(**changes):
    return {"stores": (a_store(**changes),)}


def category(**changes):
    return {"categories": (replace(COFFEE, **changes), GIFT_CARD)}


def mission(**changes):
    return {"missions": (replace(MISSION, **changes),)}


def limits(**changes):
    return {"limits": Limits(**changes)}


def permission(**changes):
    return {"permissions": (replace(PERMISSION, **changes),)}


def purpose(**changes):
    return {"purposes": (replace(PURPOSE, **changes),)}


def key(**changes):
    return {"token_keys": (replace(KEY, **changes),)}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="the-demo"),
        pytest.param(
            {"tiers": (), "rewards": (), "stores": (), "missions": (), "permissions": ()},
            id="a-programme-that-has-just-begun",
        ),
        pytest.param(earning(rate="0"), id="no-points-for-purchases"),
        pytest.param(earning(rate="10000", absurd_centavos=AMOUNT_MAX_CENTAVOS), id="the-most"),
        pytest.param(earning(expires_months=0), id="points-that-never-lapse"),
        pytest.param(bonus(multiplier="1.333333"), id="six-decimals"),
        pytest.param(window(from_minute=22 * 60, to_minute=120), id="a-window-over-midnight"),
        pytest.param(window(from_minute=22 * 60, to_minute=0), id="a-window-until-midnight"),
        pytest.param(window(from_day="2026-11-20"), id="a-window-open-to-one-side"),
        pytest.param(window(from_day="2026-11-20", to_day="2026-11-20"), id="a-window-of-one-day"),
        pytest.param(reward(kind="discount", value_centavos=1), id="a-discount"),
        pytest.param(reward(min_tier="gold", stores=(1, 2)), id="a-reward-for-some"),
        pytest.param(store(cnpj=""), id="a-store-without-a-cnpj"),
        pytest.param(store(zone="America/Argentina/Buenos_Aires"), id="a-long-zone"),
        pytest.param({"zone": "UTC"}, id="a-short-zone"),
        pytest.param(
            {"permissions": (PERMISSION, replace(PERMISSION, role="lead"))},
            id="two-roles-with-one-act",
        ),
        pytest.param(key(not_before=5, not_after=5), id="a-key-of-one-instant"),
    ],
)
def test_a_sound_document_passes(changes):
    validate(a_document(**changes))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        # The document itself
        pytest.param({"programme": 65_536}, "programme: 65536 is not from 0", id="programme"),
        pytest.param({"name": " "}, "name: empty", id="name"),
        pytest.param({"version": 0}, "version: 0 is less than 1", id="version"),
        pytest.param({"valid_from": -1}, "valid_from: -1", id="valid-from"),
        pytest.param({"zone": ""}, "zone: ''", id="zone-empty"),
        pytest.param({"zone": "../etc/passwd"}, "zone: '../etc/passwd'", id="zone-is-a-path"),
        pytest.param({"currency": "R$"}, "currency: 'R$'", id="currency"),
        pytest.param({"phone_country": "+55"}, "phone_country: '+55'", id="phone-country"),
        # Categories
        pytest.param(
            {"categories": (COFFEE, COFFEE, GIFT_CARD)},
            "category: 'coffee' is there 2 times",
            id="category-twice",
        ),
        pytest.param(
            {"categories": (COFFEE, GIFT_CARD, replace(COFFEE, id=""))},
            "category '': id: empty",
            id="category-without-id",
        ),
        pytest.param(category(ncm_prefixes=("",)), "NCM prefix: ''", id="prefix-of-everything"),
        pytest.param(category(ncm_prefixes=("09.01",)), "NCM prefix: '09.01'", id="prefix-dotted"),
        pytest.param(category(eans=("SEM GTIN",)), "GTIN: 'SEM GTIN'", id="gtin"),
        pytest.param(category(codes=("",)), "category 'coffee': code: empty", id="code"),
        # Earning
        pytest.param(earning(rate="-1"), "rate: '-1' is no decimal number", id="rate-negative"),
        pytest.param(earning(rate="1,5"), "rate: '1,5'", id="rate-with-comma"),
        pytest.param(earning(rate="1e3"), "rate: '1e3'", id="rate-with-exponent"),
        pytest.param(earning(rate="NaN"), "rate: 'NaN'", id="rate-not-a-number"),
        pytest.param(earning(rate="1/3"), "rate: '1/3'", id="rate-as-a-fraction"),
        pytest.param(earning(rate=""), "rate: ''", id="rate-empty"),
        pytest.param(earning(rate="1.0000001"), "rate: '1.0000001'", id="rate-too-fine"),
        pytest.param(earning(rate="10000.000001"), "rate: 10000.000001 is not", id="rate-huge"),
        pytest.param(
            earning(excluded=("tea",)), "excluded category: 'tea' is unknown", id="excluded"
        ),
        pytest.param(earning(excluded=("",)), "excluded category: ''", id="excluded-nothing"),
        pytest.param(earning(cap_points_visit=-1), "cap of a visit: -1", id="cap-of-a-visit"),
        pytest.param(earning(cap_points_day=-1), "cap of a day: -1", id="cap-of-a-day"),
        pytest.param(earning(typed_limit_centavos=-1), "typed limit: -1", id="typed-limit"),
        pytest.param(earning(typed_visits_day=-1), "typed visits: -1", id="typed-visits"),
        pytest.param(earning(welcome_points=-1), "welcome points: -1", id="welcome"),
        pytest.param(earning(grace_days=-1), "grace days: -1", id="grace"),
        pytest.param(earning(expires_months=-1), "months to live: -1", id="life-negative"),
        pytest.param(earning(expires_months=1_201), "months to live: 1201", id="life-too-long"),
        pytest.param(earning(unusual_centavos=0), "unusual amount: 0", id="unusual"),
        pytest.param(
            earning(absurd_centavos=99_999), "absurd amount: 99999", id="absurd-below-unusual"
        ),
        pytest.param(
            earning(absurd_centavos=AMOUNT_MAX_CENTAVOS + 1), "absurd amount", id="absurd-too-large"
        ),
        # Bonuses and windows
        pytest.param(
            earning(bonuses=(a_bonus(), a_bonus())),
            "bonus: 'coffee_twice' is there 2 times",
            id="bonus-twice",
        ),
        pytest.param(
            earning(bonuses=tuple(a_bonus(id=str(n)) for n in range(BONUSES_MAX + 1))),
            "number of bonuses: 51",
            id="too-many-bonuses",
        ),
        pytest.param(bonus(id=""), "bonus '': id: empty", id="bonus-id"),
        pytest.param(bonus(label=""), "label: empty", id="bonus-label"),
        pytest.param(bonus(category="tea"), "category: 'tea' is unknown", id="bonus-category"),
        pytest.param(bonus(category=""), "category: '' is unknown", id="bonus-on-what-is-unknown"),
        pytest.param(bonus(multiplier="0.99"), "multiplier: 0.99 is not from 1", id="multiplier"),
        pytest.param(bonus(multiplier="100.1"), "multiplier: 100.1", id="multiplier-huge"),
        pytest.param(bonus(cap_points_day=-1), "cap of a day: -1", id="bonus-cap"),
        pytest.param(window(weekdays=(7,)), "[7] are no weekdays", id="weekday"),
        pytest.param(window(from_minute=-1), "from minute: -1", id="from-negative"),
        pytest.param(window(from_minute=1_440), "from minute: 1440", id="from-too-late"),
        pytest.param(window(to_minute=1_441), "to minute: 1441", id="to-too-late"),
        pytest.param(
            window(from_minute=60, to_minute=60), "begins and ends at the same", id="no-time"
        ),
        pytest.param(window(from_day="20/11/2026"), "are no ISO dates", id="date-form"),
        pytest.param(window(to_day="20261120"), "are no ISO dates", id="date-without-dashes"),
        pytest.param(window(to_day="2026-02-29"), "are no ISO dates", id="no-such-date"),
        pytest.param(
            window(from_day="2026-11-21", to_day="2026-11-20"), "ends before", id="dates-turned"
        ),
        # Tiers
        pytest.param(
            {"tiers": (a_tier(min_points=0), GOLD)}, "tier: 'gold' is there 2", id="tier-twice"
        ),
        pytest.param(
            {"tiers": (a_tier(min_points=0), a_tier(id="b", min_points=0))},
            "tier: minimum: 0 is there 2",
            id="tiers-with-one-minimum",
        ),
        pytest.param(tiers(min_points=1), "the lowest does not begin at 0", id="tiers-from-one"),
        pytest.param(tiers(min_points=-1), "the lowest does not begin at 0", id="tiers-below-0"),
        pytest.param(tiers(id=""), "tier '': id: empty", id="tier-id"),
        pytest.param(tiers(name=""), "tier 'gold': name: empty", id="tier-name"),
        pytest.param(tiers(multiplier="0.5"), "multiplier: 0.5", id="tier-multiplier"),
        # Rewards
        pytest.param(
            {"rewards": (a_reward(), a_reward())}, "reward: 1 is there 2 times", id="reward-twice"
        ),
        pytest.param(reward(id=0), "reward 0: id: 0", id="reward-id"),
        pytest.param(reward(name=""), "reward 1: name: empty", id="reward-name"),
        pytest.param(reward(cost=0), "cost: 0 is less than 1", id="reward-for-nothing"),
        pytest.param(reward(cost=-5), "cost: -5", id="reward-that-gives-points"),
        pytest.param(
            reward(kind="benefit", cost=5), "cost of a benefit: 5", id="benefit-that-costs"
        ),
        pytest.param(reward(kind="discount"), "value: 0", id="discount-of-nothing"),
        pytest.param(reward(value_centavos=-1), "value: -1", id="value-negative"),
        pytest.param(reward(min_tier="platinum"), "tier: 'platinum' is unknown", id="reward-tier"),
        pytest.param(reward(stores=(1, 9)), "store: 9 is unknown", id="reward-store"),
        pytest.param(reward(min_basket_centavos=-1), "smallest basket: -1", id="basket"),
        pytest.param(reward(max_basket_percent=101), "share of the basket: 101", id="share"),
        pytest.param(reward(per_member_day=-1), "limit of a day: -1", id="limit-of-a-day"),
        pytest.param(reward(per_member_year=-1), "limit of a year: -1", id="limit-of-a-year"),
        pytest.param(reward(birthday_days=-2), "birthday days: -2", id="birthday-days"),
        pytest.param(
            reward(window=Window(weekdays=(-1,))), "reward 1: window: [-1]", id="reward-window"
        ),
        # Stores
        pytest.param({"stores": (a_store(), a_store())}, "store: 1 is there 2", id="store-twice"),
        pytest.param(store(id=0), "store 0: id: 0", id="store-id"),
        pytest.param(store(name=""), "store 1: name: empty", id="store-name"),
        pytest.param(store(zone=""), "store 1: zone: ''", id="store-zone"),
        pytest.param(store(cnpj="11222333000182"), "CNPJ: '11222333000182'", id="cnpj-digits"),
        pytest.param(store(cnpj="11.222.333/0001-81"), "is none in its plain", id="cnpj-dotted"),
        pytest.param(store(enrolment_goal=-1), "enrolment goal: -1", id="goal"),
        # Missions
        pytest.param({"missions": (MISSION, MISSION)}, "mission: 'm' is there 2", id="mission-2"),
        pytest.param(mission(id=""), "mission '': id: empty", id="mission-id"),
        pytest.param(mission(name=""), "mission 'm': name: empty", id="mission-name"),
        pytest.param(mission(visits_week=0), "visits: 0", id="mission-visits"),
        pytest.param(mission(points=0), "points: 0", id="mission-points"),
        # Limits
        pytest.param(limits(card_alone_points=-1), "card alone: -1", id="card-alone"),
        pytest.param(
            limits(card_alone_points=500, fresh_code_points=499),
            "fresh code: 499 is less than 500",
            id="fresh-code-below-card",
        ),
        pytest.param(limits(terminal_lease_centavos=500_001), "leases of a terminal", id="lease"),
        pytest.param(limits(undo_seconds=4), "undo seconds: 4", id="undo"),
        pytest.param(limits(lease_hours=0), "lease hours: 0", id="lease-hours"),
        pytest.param(limits(receipt_days=0), "receipt days: 0", id="receipt-days"),
        pytest.param(limits(stale_hours=0), "stale hours: 0", id="stale-hours"),
        pytest.param(limits(code_skew_seconds=-1), "code skew: -1", id="code-skew"),
        # Permissions
        pytest.param(
            {"permissions": (PERMISSION, replace(PERMISSION, points=5))},
            "permission: ('cashier', 'credit') is there 2 times",
            id="permission-twice",
        ),
        pytest.param(permission(act="fly"), "cashier: act: 'fly' is unknown", id="act"),
        pytest.param(permission(points=-1), "cashier to credit: points: -1", id="points"),
        # Purposes
        pytest.param({"purposes": (PURPOSE, PURPOSE)}, "purpose: 'programme' is", id="purpose-2"),
        pytest.param(purpose(id=""), "purpose '': id: empty", id="purpose-id"),
        pytest.param(purpose(title=""), "title: empty", id="purpose-title"),
        pytest.param(purpose(text=""), "text: empty", id="purpose-text"),
        pytest.param(purpose(version=0), "version: 0", id="purpose-version"),
        # Keys
        pytest.param({"token_keys": (KEY, KEY)}, "token key: 1 is there 2 times", id="key-twice"),
        pytest.param(key(kid=256), "token key 256: id: 256", id="key-id"),
        pytest.param(key(public_hex="AB" * 32), "public key: 'ABAB", id="key-in-capitals"),
        pytest.param(key(public_hex="ab" * 31), "public key: 'abab", id="key-too-short"),
        pytest.param(key(kinds=()), "token key 1: signs nothing", id="key-without-kinds"),
        pytest.param(key(not_before=-1), "first instant: -1", id="key-from"),
        pytest.param(key(not_before=9, not_after=8), "last instant: 8", id="key-ends-first"),
        pytest.param(key(revoked_at=-1), "revoked: -1", id="key-revoked"),
        # What would not survive the way to a terminal
        pytest.param(permission(role="king"), "cannot be read back", id="role"),
        pytest.param(reward(kind="lottery"), "cannot be read back", id="kind"),
        pytest.param(earning(basis="gross"), "cannot be read back", id="basis"),
        pytest.param({"version": 1.5}, "cannot be read back", id="a-float"),
        pytest.param({"name": b"\xff"}, "reads back as another", id="bytes"),
        pytest.param({"name": object()}, "cannot be read back", id="an-object"),
        pytest.param(earning(rate=Decimal("1.5")), "reads back as another", id="a-decimal"),
        pytest.param({"missions": [MISSION]}, "reads back as another", id="a-list"),
    ],
)
def test_a_document_that_no_terminal_should_get_is_refused_by_the_name_of_its_fault(changes, fault):
    with pytest.raises(ValueError, match=re.escape(fault)):
        validate(a_document(**changes))


def test_all_faults_are_named_at_once():
    with pytest.raises(ValueError, match="name: empty; version: 0 is less than 1"):
        validate(a_document(name="", version=0))


def test_the_most_generous_document_that_passes_keeps_points_in_numbers_every_reader_knows():
    document = a_document(
        **earning(
            rate="10000",
            absurd_centavos=AMOUNT_MAX_CENTAVOS,
            bonuses=tuple(a_bonus(id=str(n), multiplier="100") for n in range(BONUSES_MAX)),
        )
        | tiers(multiplier="100")
    )
    validate(document)
    all_of_it = PurchaseLine(net_centavos=AMOUNT_MAX_CENTAVOS, code="CAFE")

    accrual = evaluate(
        document, a_purchase(paid_centavos=AMOUNT_MAX_CENTAVOS, lines=(all_of_it,)), inputs()
    )

    assert accrual.points == 10_000 * 10**8 * (100 + 50 * 99)
    assert accrual.points < 1 << 53
