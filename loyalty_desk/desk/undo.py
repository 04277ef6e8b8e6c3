"""Undo: a whole visit taken back by the cashier within the window, as an event of its own."""

from loyalty_desk.desk.counter import Counter
from loyalty_desk.desk.session import permitted
from loyalty_desk.store.journal import Act
from loyalty_desk.store.visits import Visit as Visit
from sync.programme.permissions import Act as Permitted
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import VoidEvent


def seconds_left(counter: Counter, visit: Visit, *, window_seconds: int) -> int:
    """Return how many seconds a visit may still be undone, 0 when its time is over or it is none.

    An enrolment is not undone here: it is corrected.
    """
    if visit.voided or _is_enrolment(visit):
        return 0
    # A clock that was set back does not make the window longer.
    elapsed_ms = max(0, counter.clock.now() - visit.at)
    return max(0, window_seconds - elapsed_ms // 1000)


def undo_last(counter: Counter, *, staff: int, window_seconds: int) -> Visit:
    """Take back this till's last visit, once; returns it.

    Raises Refused: NOTHING_TO_UNDO (an enrolment is none), ALREADY_UNDONE, UNDO_TOO_LATE,
    NOT_PERMITTED.
    """
    permitted(counter, staff, Permitted.UNDO)
    last = counter.ledger.visits.latest(since=0, limit=1)
    if not last or _is_enrolment(last[0]):
        raise Refused(Reason.NOTHING_TO_UNDO)
    visit = last[0]
    if visit.voided:
        raise Refused(Reason.ALREADY_UNDONE)
    if seconds_left(counter, visit, window_seconds=window_seconds) == 0:
        raise Refused(Reason.UNDO_TOO_LATE)
    counter.ledger.record([_void(counter, visit.id, staff=staff)])
    return visit


def _is_enrolment(visit: Visit) -> bool:
    return visit.enrolled and not visit.amount and not visit.taken


def _void(counter: Counter, visit: str, *, staff: int) -> Act:
    return Act(
        event=VoidEvent(
            rules=counter.rules().rules,
            staff=staff,
            boot=counter.clock.boot,
            offset_ms=counter.ledger.offset_ms,
            at=counter.clock.now(),
            mono_ms=counter.clock.mono(),
            seq=0,
            id=counter.new_id(),
            target=visit,
        )
    )
