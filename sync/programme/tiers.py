"""Tiers: the level that a member's qualifying points reach. A pure function of points and rules."""

from collections.abc import Sequence

from sync.programme.document import Tier


def tier_for(qualifying: int, tiers: Sequence[Tier]) -> Tier | None:
    """Return the highest tier whose `min_points` are reached, or None."""
    highest = None
    for tier in tiers:
        if qualifying >= tier.min_points and (
            highest is None or tier.min_points > highest.min_points
        ):
            highest = tier
    return highest


def next_tier(qualifying: int, tiers: Sequence[Tier]) -> Tier | None:
    """Return the lowest tier that is not reached yet, or None at the top."""
    ahead = [tier for tier in tiers if qualifying < tier.min_points]
    return min(ahead, key=lambda tier: tier.min_points, default=None)


def tier_named(tiers: Sequence[Tier], tier_id: str) -> Tier | None:
    """Return the tier with this id, or None."""
    for tier in tiers:
        if tier.id == tier_id:
            return tier
    return None
