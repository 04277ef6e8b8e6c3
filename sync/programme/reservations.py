"""Reservations: points set aside for one reward in one shop, shown there as a voucher.

A voucher can be handed over by a till that nobody hears of for days, so its end frees nothing. What
was set aside is free again only when every till that could have taken the voucher has been heard
after its end and had told everything by then, or was declared lost: the rule of a lease, for a
whole shop.
"""

from collections.abc import Iterable
from dataclasses import dataclass

VOUCHER_MINUTES = 10
KEEP_DAYS = 7

# Two clocks may differ: a till still takes a voucher for so long after its end.
SKEW_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TillLife:
    """One life of a till of the shop, as the server knows it. Instants in ms UTC, 0 = never.

    It began at `began` and was followed by another at `replaced`. At `told_at` it said where its
    journal ended; `drained` tells whether the server has everything up to there.
    """

    began: int
    replaced: int = 0
    told_at: int = 0
    drained: bool = False
    lost: bool = False

    def could_take(self, *, issued: int, ends: int) -> bool:
        """Say whether it was in use at any time while a voucher was good."""
        return self.began <= ends + SKEW_MS and not 0 < self.replaced <= issued

    def has_told(self, *, ends: int) -> bool:
        """Say whether nothing about a voucher can still come from it."""
        return self.lost or (self.drained and self.told_at > ends + SKEW_MS)


def may_be_freed(lives: Iterable[TillLife], *, issued: int, ends: int, now: int) -> bool:
    """Say whether what was set aside for a voucher may be used for something else.

    `issued` is when the first code of the voucher was shown and `ends` (ms UTC) when the last one
    loses its validity; 0 for a voucher of which no code was ever shown.
    """
    if not ends:
        return True
    if now <= ends + SKEW_MS:
        return False
    return all(
        life.has_told(ends=ends) for life in lives if life.could_take(issued=issued, ends=ends)
    )
