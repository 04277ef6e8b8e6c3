"""Visits: the journal as a person at the counter remembers it.

One visit is what one confirmation recorded: an accrual, redemptions, an enrolment, side by side in
the journal. A void is no visit; it marks the one it takes back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from loyalty_desk.store.effects import Taken
from loyalty_desk.store.journal import Kept
from sync.protocol.events import (
    AccrualEvent,
    AnyEvent,
    EnrolmentEvent,
    RedemptionEvent,
    VoidEvent,
    visit_of,
)

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One finished visit. `amount` in centavos; `credited` are the promised points of the purchase
    and of an enrolment's welcome; `explain` is what the desk kept beside the accrual.

    `acked` tells that the pulled rows contain all of it.
    """

    id: str
    member: int
    card: str
    at: int
    staff: int
    amount: int
    receipt: str
    credited: int
    waits: bool
    taken: tuple[Taken, ...]
    enrolled: bool
    voided: bool
    acked: bool
    explain: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftCounts:
    """What one person did: visits that stand, points credited and redeemed, enrolments, undone."""

    visits: int
    credited: int
    redemptions: int
    redeemed_points: int
    enrolments: int
    undone: int


def grouped(newest_first: Iterable[Kept], *, since: int) -> Iterator[tuple[str, list[Kept]]]:
    """Return the visits of a backward reading, each as (id, its events in order).

    Ends a day before `since` (ms UTC), for the clock may have been set back by that much.
    """
    for visit, kept in groupby(newest_first, key=lambda one: visit_of(one.event)):
        events = list(kept)[::-1]
        first = events[0].event
        if first.at < since - DAY_MS:
            return
        if first.at >= since and not isinstance(first, VoidEvent):
            yield visit, events


def visit_from(kept: list[Kept], *, voided: bool, acked: int) -> Visit:
    """Return a visit from its events in order."""
    decoded = [one.event for one in kept]
    accruals = [one for one in decoded if isinstance(one, AccrualEvent)]
    carded = [one for one in decoded if isinstance(one, AccrualEvent | EnrolmentEvent)]
    first = decoded[0]
    return Visit(
        id=visit_of(first),
        member=0 if isinstance(first, VoidEvent) else first.member,
        card=next((one.card for one in carded if one.card), ""),
        at=first.at,
        staff=first.staff,
        amount=sum(one.amount for one in accruals),
        receipt=next((one.receipt for one in accruals if one.receipt), ""),
        credited=sum(one.forecast for one in carded),
        waits=any(one.waits for one in kept),
        taken=tuple(
            Taken(one.at, one.reward, one.quantity, one.points)
            for one in decoded
            if isinstance(one, RedemptionEvent)
        ),
        enrolled=len(carded) > len(accruals),
        voided=voided,
        acked=kept[-1].seq <= acked,
        explain=next((one.explain for one in kept if one.explain), b""),
    )


def counted(kept: Iterable[Kept], staff: int) -> ShiftCounts:
    """Return what `staff` did in these events; what was undone counts as undone only."""
    decoded = [one.event for one in kept]
    undone = {one.target for one in decoded if isinstance(one, VoidEvent)}
    standing = [one for one in decoded if _stands(one, staff, undone)]
    credited = [one for one in standing if isinstance(one, AccrualEvent | EnrolmentEvent)]
    redeemed = [one for one in standing if isinstance(one, RedemptionEvent)]
    return ShiftCounts(
        visits=len({visit_of(one) for one in standing}),
        credited=sum(one.forecast for one in credited),
        redemptions=sum(one.quantity for one in redeemed),
        redeemed_points=sum(one.points for one in redeemed),
        enrolments=sum(isinstance(one, EnrolmentEvent) for one in standing),
        undone=sum(isinstance(one, VoidEvent) and one.staff == staff for one in decoded),
    )


def _stands(event: AnyEvent, staff: int, undone: set[str]) -> bool:
    if event.staff != staff or isinstance(event, VoidEvent):
        return False
    return isinstance(event, EnrolmentEvent) or visit_of(event) not in undone
