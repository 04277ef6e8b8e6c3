"""What points buy, for whom, when, and why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.document import Limits, Window
from sync.programme.refusals import Reason, Refused
from sync.programme.rewards import check, check_proof, next_goal, reward_numbered
from tests.builders import (
    BIRTHDAY_CAKE,
    DOCUMENT,
    LARGE_COFFEE,
    TEN_REAIS,
    a_reward,
    a_situation,
    local,
)

TIERS = DOCUMENT.tiers


def refusal_of(reward, situation, quantity=1):
    with pytest.raises(Refused) as refused:
        check(reward, situation, TIERS, quantity=quantity)
    return refused.value.reason, refused.value.facts


@pytest.mark.parametrize(
    ("reward", "situation"),
    [
        pytest.param(a_reward(), {}, id="a-reward-within-the-balance"),
        pytest.param(a_reward(cost=2_480), {}, id="all-the-points"),
        pytest.param(a_reward(stores=(1, 2)), {}, id="in-one-of-its-stores"),
        pytest.param(a_reward(window=Window(to_minute=12 * 60)), {}, id="in-its-hours"),
        pytest.param(a_reward(min_tier="gold"), {}, id="of-this-tier"),
        pytest.param(a_reward(min_tier="silver"), {}, id="of-a-lower-tier"),
        pytest.param(a_reward(), {"stock": {1: 1}}, id="the-last-one"),
        pytest.param(a_reward(), {"stock": {2: 0}}, id="another-is-out-of-stock"),
        pytest.param(a_reward(per_member_day=1), {"taken_day": {2: 5}}, id="first-today"),
        pytest.param(a_reward(per_member_year=3), {"taken_year": {1: 2}}, id="last-of-the-year"),
        pytest.param(a_reward(min_basket_centavos=8_640), {}, id="basket-just-large-enough"),
        pytest.param(
            a_reward(value_centavos=4_320, max_basket_percent=50), {}, id="just-its-share"
        ),
        pytest.param(BIRTHDAY_CAKE, {"points": 0, "usable_here": 0}, id="a-benefit-is-free"),
        pytest.param(BIRTHDAY_CAKE, {"birthday": "11-25"}, id="seven-days-before-the-birthday"),
        pytest.param(BIRTHDAY_CAKE, {"birthday": "11-11"}, id="seven-days-after"),
        pytest.param(a_reward(birthday_days=0), {"birthday": "11-18"}, id="on-the-day"),
        pytest.param(
            a_reward(birthday_days=3),
            {"birthday": "12-31", "at": local("2026-01-02 10:00")},
            id="over-the-turn-of-the-year",
        ),
    ],
)
def test_a_reward_is_given_when_everything_holds(reward, situation):
    check(reward, a_situation(**situation), TIERS)


@pytest.mark.parametrize(
    ("reward", "situation", "reason", "facts"),
    [
        pytest.param({"retired": True}, {}, Reason.REWARD_ENDED, {}, id="retired"),
        pytest.param({"stores": (2,)}, {}, Reason.REWARD_NOT_IN_THIS_STORE, {}, id="other-store"),
        pytest.param(
            {"window": Window(from_minute=12 * 60)}, {}, Reason.REWARD_NOT_NOW, {}, id="too-early"
        ),
        pytest.param(
            {"birthday_days": 7},
            {"birthday": ""},
            Reason.REWARD_NOT_NOW,
            {},
            id="birthday-unknown",
        ),
        pytest.param(
            {"birthday_days": 7},
            {"birthday": "11-26"},
            Reason.REWARD_NOT_NOW,
            {},
            id="birthday-in-eight-days",
        ),
        pytest.param(
            {"birthday_days": 0},
            {"birthday": "11-19"},
            Reason.REWARD_NOT_NOW,
            {},
            id="birthday-only-tomorrow",
        ),
        pytest.param(
            {"min_tier": "diamond"},
            {},
            Reason.REWARD_TIER_ONLY,
            {"tier": "Diamante"},
            id="of-a-higher-tier",
        ),
        pytest.param(
            {"min_tier": "bronze"},
            {"tier": ""},
            Reason.REWARD_TIER_ONLY,
            {"tier": "Bronze"},
            id="for-members-with-a-tier",
        ),
        pytest.param({}, {"stock": {1: 0}}, Reason.REWARD_OUT_OF_STOCK, {}, id="out-of-stock"),
        pytest.param(
            {"per_member_day": 2},
            {"taken_day": {1: 2}},
            Reason.REWARD_LIMIT_REACHED,
            {"limit": 2},
            id="limit-of-the-day",
        ),
        pytest.param(
            {"per_member_year": 1},
            {"taken_year": {1: 7}},
            Reason.REWARD_LIMIT_REACHED,
            {"limit": 1},
            id="limit-of-the-year-already-overrun",
        ),
        pytest.param(
            {"min_basket_centavos": 8_641},
            {},
            Reason.REWARD_BASKET_TOO_SMALL,
            {"centavos": 8_641},
            id="basket-a-centavo-short",
        ),
        pytest.param(
            {"value_centavos": 4_321, "max_basket_percent": 50},
            {},
            Reason.REWARD_ABOVE_BASKET_SHARE,
            {"percent": 50},
            id="a-centavo-above-its-share",
        ),
        pytest.param(
            {"cost": 2_481},
            {},
            Reason.NOT_ENOUGH_POINTS,
            {"missing": 1},
            id="a-point-short",
        ),
        pytest.param(
            {"cost": 300},
            {"usable_here": 299},
            Reason.NEEDS_CONNECTION,
            {"usable": 299},
            id="more-than-was-lent-to-this-terminal",
        ),
    ],
)
def test_a_reward_is_refused_for_a_reason_with_its_facts(reward, situation, reason, facts):
    assert refusal_of(a_reward(**reward), a_situation(**situation)) == (reason, facts)


def test_of_several_reasons_the_first_a_cashier_would_say_is_given():
    """Each line repairs the reason before it: what then appears is the next in order."""
    repaired = {
        "retired": False,
        "stores": (),
        "window": Window(),
        "min_tier": "",
        "per_member_day": 0,
        "min_basket_centavos": 0,
        "max_basket_percent": 0,
        "cost": 180,
    }
    reward = a_reward(
        retired=True,
        stores=(2,),
        window=Window(from_minute=12 * 60),
        min_tier="diamond",
        per_member_day=1,
        min_basket_centavos=10_000,
        value_centavos=10_000,
        max_basket_percent=10,
        cost=9_999,
    )
    situation = a_situation(taken_day={1: 1})
    given_reasons = []
    facts = {field: getattr(reward, field) for field in repaired}
    for field in repaired:
        given_reasons.append(refusal_of(a_reward(**facts, value_centavos=10_000), situation)[0])
        facts[field] = repaired[field]

    assert given_reasons == [
        Reason.REWARD_ENDED,
        Reason.REWARD_NOT_IN_THIS_STORE,
        Reason.REWARD_NOT_NOW,
        Reason.REWARD_TIER_ONLY,
        Reason.REWARD_LIMIT_REACHED,
        Reason.REWARD_BASKET_TOO_SMALL,
        Reason.REWARD_ABOVE_BASKET_SHARE,
        Reason.NOT_ENOUGH_POINTS,
    ]


@pytest.mark.parametrize(
    ("reward", "situation", "reason"),
    [
        pytest.param({"cost": 900}, {}, Reason.NOT_ENOUGH_POINTS, id="cost"),
        pytest.param({}, {"stock": {1: 2}}, Reason.REWARD_OUT_OF_STOCK, id="stock"),
        pytest.param({"per_member_day": 2}, {}, Reason.REWARD_LIMIT_REACHED, id="limit"),
        pytest.param(
            {"value_centavos": 1_000, "max_basket_percent": 30},
            {},
            Reason.REWARD_ABOVE_BASKET_SHARE,
            id="share-of-the-basket",
        ),
    ],
)
def test_three_at_once_count_three_times(reward, situation, reason):
    assert refusal_of(a_reward(**reward), a_situation(**situation), quantity=3)[0] is reason


@pytest.mark.parametrize("quantity", [0, -1])
def test_nobody_is_given_points_for_taking_less_than_one(quantity):
    with pytest.raises(AssertionError):
        check(a_reward(), a_situation(), TIERS, quantity=quantity)


@given(
    cost=st.integers(1, 5_000),
    quantity=st.integers(1, 20),
    points=st.integers(0, 20_000),
    usable=st.integers(0, 20_000),
)
def test_what_passes_is_paid_for_here_and_now(cost, quantity, points, usable):
    situation = a_situation(points=points, usable_here=usable)
    try:
        check(a_reward(cost=cost), situation, TIERS, quantity=quantity)
        passed = True
    except Refused:
        passed = False

    assert passed == (cost * quantity <= min(points, usable))


# --- Proof ---------------------------------------------------------------------------------------

LIMITS = Limits(card_alone_points=500, fresh_code_points=3_000)


@pytest.mark.parametrize(
    ("points", "proof", "fresh_code_only"),
    [
        pytest.param(0, "none", False, id="a-benefit-without-proof"),
        pytest.param(500, "card", False, id="card-at-its-limit"),
        pytest.param(3_000, "fresh", False, id="fresh-code-at-its-limit"),
        pytest.param(3_000, "cpf", False, id="cpf-at-its-limit"),
        pytest.param(3_001, "lead", False, id="a-lead-above-it"),
        pytest.param(100, "fresh", True, id="fresh-code-where-one-is-asked-for"),
        pytest.param(100, "lead", True, id="a-lead-in-place-of-a-fresh-code"),
    ],
)
def test_proof_is_enough(points, proof, fresh_code_only):
    check_proof(points, proof, LIMITS, fresh_code_only=fresh_code_only)


@pytest.mark.parametrize(
    ("points", "proof", "fresh_code_only", "reason", "limit"),
    [
        pytest.param(1, "none", False, Reason.NEEDS_FRESH_CODE, 0, id="looked-up-by-name"),
        pytest.param(501, "card", False, Reason.NEEDS_FRESH_CODE, 500, id="card-above-its-limit"),
        pytest.param(3_001, "card", False, Reason.NEEDS_LEAD, 3_000, id="card-far-above"),
        pytest.param(3_001, "fresh", False, Reason.NEEDS_LEAD, 3_000, id="fresh-code-above"),
        pytest.param(3_001, "cpf", False, Reason.NEEDS_LEAD, 3_000, id="cpf-above"),
        pytest.param(0, "card", True, Reason.NEEDS_FRESH_CODE, 0, id="card-for-a-fresh-code"),
        pytest.param(100, "cpf", True, Reason.NEEDS_FRESH_CODE, 0, id="cpf-for-a-fresh-code"),
    ],
)
def test_proof_is_not_enough(points, proof, fresh_code_only, reason, limit):
    with pytest.raises(Refused) as refused:
        check_proof(points, proof, LIMITS, fresh_code_only=fresh_code_only)

    assert refused.value.reason is reason
    assert refused.value.facts == {"limit": limit}


@given(
    points=st.integers(0, 10_000),
    more=st.integers(0, 10_000),
    proof=st.sampled_from(["none", "card", "fresh", "cpf", "lead"]),
    fresh_code_only=st.booleans(),
)
def test_proof_for_more_points_is_proof_for_fewer(points, more, proof, fresh_code_only):
    try:
        check_proof(points + more, proof, LIMITS, fresh_code_only=fresh_code_only)
    except Refused:
        return

    check_proof(points, proof, LIMITS, fresh_code_only=fresh_code_only)


# --- Finding -------------------------------------------------------------------------------------


def test_a_reward_is_found_by_its_number():
    assert reward_numbered(DOCUMENT.rewards, 2) == TEN_REAIS


def test_a_number_that_no_reward_has_is_refused():
    with pytest.raises(Refused) as refused:
        reward_numbered(DOCUMENT.rewards, 99)

    assert refused.value.reason is Reason.REWARD_UNKNOWN


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param(0, LARGE_COFFEE, id="the-cheapest-and-never-a-benefit"),
        pytest.param(179, LARGE_COFFEE, id="one-short"),
        pytest.param(180, TEN_REAIS, id="within-reach-is-no-goal"),
        pytest.param(700, None, id="all-within-reach"),
    ],
)
def test_the_next_goal_is_the_cheapest_reward_out_of_reach(points, expected):
    assert next_goal(DOCUMENT.rewards, points) == expected


def test_what_has_ended_is_no_goal_and_of_equals_the_first_number_is():
    rewards = (a_reward(id=9), a_reward(id=4), a_reward(id=2, cost=100, retired=True))

    assert next_goal(rewards, 0) == rewards[1]


@pytest.mark.parametrize(
    ("here", "elsewhere", "answer"),
    [
        (0, 2, Reason.NEEDS_CONNECTION),
        (1, 1, Reason.NEEDS_CONNECTION),
        (1, 0, Reason.REWARD_OUT_OF_STOCK),
        (0, 0, Reason.REWARD_OUT_OF_STOCK),
    ],
)
def test_units_that_another_till_may_hold_can_be_asked_for(here, elsewhere, answer):
    situation = a_situation(stock={1: here}, elsewhere={1: elsewhere})

    with pytest.raises(Refused) as refused:
        check(a_reward(id=1, cost=1), situation, (), quantity=2)
    assert refused.value.reason is answer
