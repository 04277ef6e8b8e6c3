"""Shift: what this person did at this till since they signed in, and the last visits."""

from dataclasses import dataclass

from loyalty_desk.desk import undo
from loyalty_desk.desk.counter import Counter
from loyalty_desk.store.visits import ShiftCounts, Visit
from sync.programme import calendar
from sync.programme.document import CategoryBonus

RECENT_MAX = 5


@dataclass(frozen=True, slots=True)
class RecentVisit:
    """A visit with the name of whose it was ("" for a card nobody here knows) and undo seconds."""

    visit: Visit
    name: str
    undo_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftReport:
    """The shift in figures: `sales` of the till today (−1 when nobody reports them)."""

    since: int
    counts: ShiftCounts
    sales: int
    goal: int
    campaign: CategoryBonus | None


def recent(counter: Counter, *, window_seconds: int) -> tuple[RecentVisit, ...]:
    """Return the last visits of this till, newest first; only the very last can be undone."""
    visits = counter.ledger.visits.latest(since=0, limit=RECENT_MAX)
    shown = []
    for index, visit in enumerate(visits):
        known = counter.members.by_id(visit.member) if visit.member else None
        seconds = undo.seconds_left(counter, visit, window_seconds=window_seconds)
        shown.append(
            RecentVisit(
                visit=visit,
                name=known.row.name if known is not None else "",
                undo_seconds=seconds if index == 0 else 0,
            )
        )
    return tuple(shown)


def report(counter: Counter, *, staff: int) -> ShiftReport | None:
    """Return the figures of a person's open shift, or None when they have none."""
    shift = counter.ledger.shifts.current(staff)
    if shift is None:
        return None
    now = counter.local(counter.now())
    bonuses = counter.document().earning.bonuses
    return ShiftReport(
        since=shift.since,
        counts=counter.ledger.shifts.counts(shift),
        sales=counter.members.freshness().sales,
        goal=counter.shop().enrolment_goal,
        campaign=next((b for b in bonuses if calendar.is_open(b.window, now)), None),
    )
