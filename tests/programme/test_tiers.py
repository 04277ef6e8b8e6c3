"""The level that qualifying points reach."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.tiers import next_tier, tier_for, tier_named
from tests.builders import BRONZE, DIAMOND, GOLD, SILVER, a_tier

TIERS = (BRONZE, SILVER, GOLD, DIAMOND)


@pytest.mark.parametrize(
    ("points", "reached", "ahead"),
    [
        pytest.param(-1, None, BRONZE, id="below-all"),
        pytest.param(0, BRONZE, SILVER, id="a-new-member"),
        pytest.param(999, BRONZE, SILVER, id="one-short"),
        pytest.param(1_000, SILVER, GOLD, id="exactly-the-minimum"),
        pytest.param(2_499, SILVER, GOLD, id="one-short-of-gold"),
        pytest.param(2_500, GOLD, DIAMOND, id="gold"),
        pytest.param(1_000_000, DIAMOND, None, id="the-top"),
    ],
)
def test_a_tier_is_held_from_its_minimum_on(points, reached, ahead):
    assert tier_for(points, TIERS) == reached
    assert next_tier(points, TIERS) == ahead


def test_a_programme_without_tiers_has_none():
    assert tier_for(10_000, ()) is None
    assert next_tier(10_000, ()) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("gold", GOLD, id="known"),
        pytest.param("platinum", None, id="unknown"),
        pytest.param("", None, id="none"),
    ],
)
def test_a_tier_is_found_by_its_id(name, expected):
    assert tier_named(TIERS, name) == expected


@given(
    minimums=st.lists(st.integers(0, 10_000), min_size=1, max_size=6, unique=True),
    fewer=st.integers(0, 12_000),
    more=st.integers(0, 12_000),
    seed=st.integers(0, 99),
)
def test_more_points_never_mean_a_lower_tier_and_the_order_of_tiers_means_nothing(
    minimums, fewer, more, seed
):
    tiers = [a_tier(id=str(minimum), min_points=minimum) for minimum in minimums]
    shuffled = random.Random(seed).sample(tiers, len(tiers))
    low, high = (tier_for(points, tiers) for points in sorted((fewer, more)))

    assert tier_for(fewer, shuffled) == tier_for(fewer, tiers)
    assert low is None or (high is not None and high.min_points >= low.min_points)
    assert high is None or high.min_points <= max(fewer, more)
    ahead = next_tier(fewer, shuffled)
    assert ahead == min(
        (tier for tier in tiers if tier.min_points > fewer),
        key=lambda tier: tier.min_points,
        default=None,
    )
