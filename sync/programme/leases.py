"""Leases: the part of a balance that one terminal may spend on its own.

The server takes leased points out of what is available and gives them back only when the terminal
reports: the end of a lease stops the spender, it never frees points. So the leases of a member
never add up to more than the balance, and no terminal overdraws, connected or not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sync.programme.document import Document, Reward
from sync.programme.refusals import Reason, Refused

# A wall clock that goes back by more than this freezes leases until the server is heard again.
CLOCK_BACK_LIMIT_MS = 120_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """`amount` points of a member, lent to one terminal, of which `spent` are gone.

    `stops_at` (ms UTC) is when the terminal must stop spending it.
    """

    id: bytes
    member: int
    amount: int
    spent: int
    stops_at: int

    def __post_init__(self) -> None:
        assert 0 <= self.spent <= self.amount, self

    @property
    def left(self) -> int:
        """Points that may still be spent from it."""
        return self.amount - self.spent


def spend(lease: Lease, points: int, *, now: int) -> Lease:
    """Return the lease with `points` more spent at `now` (ms UTC).

    Raises Refused: LEASE_LAPSED, or LEASE_TOO_SMALL (fact `left`).
    """
    assert points > 0, points
    if now >= lease.stops_at:
        raise Refused(Reason.LEASE_LAPSED)
    if points > lease.left:
        raise Refused(Reason.LEASE_TOO_SMALL, left=lease.left)
    return replace(lease, spent=lease.spent + points)


def usable(leases: Iterable[Lease], *, now: int) -> int:
    """Return the most points that one redemption may spend at `now`: the largest live rest."""
    return max((lease.left for lease in leases if now < lease.stops_at), default=0)


def fitting(leases: Iterable[Lease], points: int, *, now: int) -> Lease:
    """Return the live lease with the smallest rest that still covers `points`.

    Raises Refused(LEASE_TOO_SMALL, left=…) when none does.
    """
    held = tuple(leases)
    able = [lease for lease in held if now < lease.stops_at and lease.left >= points]
    if not able:
        raise Refused(Reason.LEASE_TOO_SMALL, left=usable(held, now=now))
    return min(able, key=lambda lease: (lease.left, lease.id))


def beforehand(available: int, *, usual: int, cheapest: int) -> int:
    """Return how many points to lend before anybody asks, so that a till can redeem offline.

    A third of what is available, at most the `usual` price redeemed in this store, and at least the
    `cheapest` reward where that much is available; 0 when not even that is.
    """
    if available < cheapest or cheapest <= 0:
        return 0
    return max(min(available // 3, usual), cheapest)


def share(free: int, *, total: int, tills: int, held: int) -> int:
    """Return how many more units of a counted reward to lend a till that holds `held` of them.

    Of `total` in the shop each of its `tills` has a share and one share stays, so that the last
    ones go to whoever asks for them; `free` are lent to nobody.
    """
    return max(0, min(free, total // (tills + 1) - held))


def cap_points(document: Document) -> int | None:
    """Return how many points a terminal may hold, by what a point takes off a basket at best."""
    best: Reward | None = None
    for one in document.rewards:
        is_priced = one.value_centavos and one.cost
        if is_priced and (best is None or _worth_more(one, best)):
            best = one
    if best is None:
        return None
    return document.limits.terminal_lease_centavos * best.cost // best.value_centavos


def _worth_more(one: Reward, other: Reward) -> bool:
    return one.value_centavos * other.cost > other.value_centavos * one.cost


def clock_is_trusted(*, wall: int, last_seen: int) -> bool:
    """Say whether a wall clock (ms UTC) may be used to spend, given the latest time ever seen."""
    return wall >= last_seen - CLOCK_BACK_LIMIT_MS
