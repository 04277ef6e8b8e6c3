"""The floor limit: small rewards that a till hands over while it is cut off and lent too little.

Nothing covers them: the server charges what the member has left when it hears of them, and the shop
bears the rest. So they are small, few a day at each till, and beyond what is known to be free a
lead answers for them.
"""

from sync.programme.document import Limits
from sync.programme.refusals import Reason, Refused


def is_on(limits: Limits) -> bool:
    """Say whether the shop takes this risk at all."""
    return limits.floor_points > 0 or limits.floor_lead_points > 0


def alone(limits: Limits, *, free: int, used_today: int) -> int:
    """Return up to how many points a cashier may hand over so, without asking anybody.

    `free` are the points that no till holds, as far as this one knows; `used_today` counts what it
    handed over so since midnight.
    """
    if used_today >= limits.floor_times_day:
        return 0
    return max(0, min(limits.floor_points, free))


def with_lead(limits: Limits, *, points: int) -> int:
    """Return up to how many points may be handed over once a lead approves, of `points` shown."""
    return max(0, min(limits.floor_lead_points, points))


def check(
    points: int, limits: Limits, *, free: int, held: int, used_today: int, has_lead: bool
) -> None:
    """Refuse a redemption of `points` that nothing covers, unless the programme allows it.

    `held` is the balance that this till shows. Raises Refused: FLOOR_LIMIT_REACHED (fact `left`:
    what is possible at most), NEEDS_LEAD (fact `limit`: what is possible without one).
    """
    assert points > 0, points
    most = with_lead(limits, points=held)
    own = alone(limits, free=min(free, held), used_today=used_today)
    if points > max(most, own):
        raise Refused(Reason.FLOOR_LIMIT_REACHED, left=max(most, own))
    if points > own and not has_lead:
        raise Refused(Reason.NEEDS_LEAD, limit=own)
