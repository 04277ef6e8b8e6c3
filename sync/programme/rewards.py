"""Rewards: what points buy, for whom, when, and why not.

One check decides for the tile on the screen, for the act at the desk and for the server. Its order
of refusals is the order in which a cashier would explain them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from sync.programme import calendar
from sync.programme.document import Limits, Reward, Tier
from sync.programme.refusals import Reason, Refused
from sync.programme.tiers import tier_named

Proof: TypeAlias = Literal["none", "card", "fresh", "cpf", "lead"]


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What a redemption is judged by.

    `points` is the balance before this visit's accrual; `usable_here` is what this terminal may
    spend right now: the same number online, its lease's rest offline. `stock` maps a reward to what
    the store has left that this terminal may hand over (absent = not counted), `elsewhere` what it
    would have to ask for; `taken_day` and `taken_year` count this member's.
    """

    at: datetime
    store: int
    points: int
    usable_here: int
    tier: str = ""
    basket_centavos: int = 0
    birthday: str = ""
    stock: Mapping[int, int]
    taken_day: Mapping[int, int]
    taken_year: Mapping[int, int]
    elsewhere: Mapping[int, int] = msgspec.field(default_factory=dict)


def check(
    reward: Reward, situation: Situation, tiers: tuple[Tier, ...], *, quantity: int = 1
) -> None:
    """Refuse a redemption of `quantity` (at least 1) that the programme does not allow.

    Raises Refused: REWARD_ENDED, REWARD_NOT_IN_THIS_STORE, REWARD_NOT_NOW, REWARD_TIER_ONLY,
    REWARD_OUT_OF_STOCK, REWARD_LIMIT_REACHED, REWARD_BASKET_TOO_SMALL, REWARD_ABOVE_BASKET_SHARE,
    NOT_ENOUGH_POINTS (fact `missing`), NEEDS_CONNECTION (fact `usable`).
    """
    assert quantity > 0, quantity
    _check_offered(reward, situation)
    _check_member(reward, situation, tiers, quantity)
    check_basket(reward, situation.basket_centavos, quantity)
    cost = reward.cost * quantity
    if cost > situation.points:
        raise Refused(Reason.NOT_ENOUGH_POINTS, missing=cost - situation.points)
    if cost > situation.usable_here:
        raise Refused(Reason.NEEDS_CONNECTION, usable=situation.usable_here)


def check_proof(points: int, proof: Proof, limits: Limits, *, fresh_code_only: bool) -> None:
    """Refuse a redemption whose member has not proved enough for so many points.

    A card alone up to one bound, a fresh code or the full CPF up to another, above it a lead. Who
    was only looked up by name or phone has proved nothing and spends nothing. Raises Refused
    NEEDS_FRESH_CODE or NEEDS_LEAD (fact `limit`: what the proof shown is good for).
    """
    if proof == "lead":
        return
    if points > limits.fresh_code_points:
        raise Refused(Reason.NEEDS_LEAD, limit=limits.fresh_code_points)
    if fresh_code_only and proof != "fresh":
        raise Refused(Reason.NEEDS_FRESH_CODE, limit=0)
    alone = {"none": 0, "card": limits.card_alone_points}
    if points > alone.get(proof, limits.fresh_code_points):
        raise Refused(Reason.NEEDS_FRESH_CODE, limit=alone[proof])


def reward_numbered(rewards: tuple[Reward, ...], reward_id: int) -> Reward:
    """Return the reward with this id; raises Refused(REWARD_UNKNOWN)."""
    for reward in rewards:
        if reward.id == reward_id:
            return reward
    raise Refused(Reason.REWARD_UNKNOWN)


def next_goal(rewards: tuple[Reward, ...], points: int) -> Reward | None:
    """Return the cheapest reward of the grid that `points` do not reach yet, or None."""
    ahead = [r for r in rewards if r.kind != "benefit" and not r.retired and r.cost > points]
    return min(ahead, key=lambda reward: (reward.cost, reward.id), default=None)


def _check_offered(reward: Reward, situation: Situation) -> None:
    if reward.retired:
        raise Refused(Reason.REWARD_ENDED)
    if reward.stores and situation.store not in reward.stores:
        raise Refused(Reason.REWARD_NOT_IN_THIS_STORE)
    if not calendar.is_open(reward.window, situation.at):
        raise Refused(Reason.REWARD_NOT_NOW)
    if reward.birthday_days >= 0:
        away = calendar.days_to_birthday(situation.birthday, situation.at.date())
        if away is None or abs(away) > reward.birthday_days:
            raise Refused(Reason.REWARD_NOT_NOW)


def _check_member(
    reward: Reward, situation: Situation, tiers: tuple[Tier, ...], quantity: int
) -> None:
    needed, held = tier_named(tiers, reward.min_tier), tier_named(tiers, situation.tier)
    if needed is not None and (held is None or held.min_points < needed.min_points):
        raise Refused(Reason.REWARD_TIER_ONLY, tier=needed.name)
    here = situation.stock.get(reward.id, quantity)
    if here < quantity:
        if here + situation.elsewhere.get(reward.id, 0) >= quantity:
            raise Refused(Reason.NEEDS_CONNECTION, usable=situation.usable_here)
        raise Refused(Reason.REWARD_OUT_OF_STOCK)
    for limit, taken in (
        (reward.per_member_day, situation.taken_day),
        (reward.per_member_year, situation.taken_year),
    ):
        if limit and taken.get(reward.id, 0) + quantity > limit:
            raise Refused(Reason.REWARD_LIMIT_REACHED, limit=limit)


def check_basket(reward: Reward, basket: int, quantity: int) -> None:
    """Refuse a reward that the purchase of `basket` centavos is too small for.

    Raises Refused: REWARD_BASKET_TOO_SMALL, REWARD_ABOVE_BASKET_SHARE.
    """
    if basket < reward.min_basket_centavos:
        raise Refused(Reason.REWARD_BASKET_TOO_SMALL, centavos=reward.min_basket_centavos)
    value = reward.value_centavos * quantity
    if reward.max_basket_percent and value * 100 > basket * reward.max_basket_percent:
        raise Refused(Reason.REWARD_ABOVE_BASKET_SHARE, percent=reward.max_basket_percent)
