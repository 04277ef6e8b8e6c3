"""Session: who works at this till, by PIN or by badge, connected or not.

The PIN is never stored: the server's argon2id of it arrives, and only a keyed hash of that stays
here. Wrong tries are counted on disk before the check, so pulling the plug gives no free try.
"""

from dataclasses import dataclass
from typing import cast

from loyalty_desk.desk import identify
from loyalty_desk.desk.counter import Counter
from loyalty_desk.store.staff_book import Staff as Staff
from sync.programme.document import Role
from sync.programme.permissions import Act as Permitted
from sync.programme.permissions import may, require, require_approval
from sync.programme.refusals import Reason, Refused
from sync.protocol.pin import derive


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person and since when (ms UTC)."""

    staff: int
    name: str
    role: Role
    since: int


def people(counter: Counter) -> tuple[Staff, ...]:
    """Return who may sign in here: cashiers first, each role by the start of its shift."""
    return tuple(sorted(counter.ledger.staff.all(), key=_order))


def by_pin(counter: Counter, staff: int, pin: str) -> Session:
    """Sign in by PIN. Raises Refused: STAFF_UNKNOWN, STAFF_BLOCKED, PIN_WRONG, PIN_LOCKED."""
    person = counter.ledger.staff.by_id(staff)
    counter.ledger.staff.check_pin(staff, derive(pin, person.salt), now=counter.clock.now())
    return _begin(counter, person)


def by_badge(counter: Counter, digits: str) -> Session:
    """Sign in by a scanned badge. Raises Refused: CODE_…, STAFF_UNKNOWN, STAFF_BLOCKED."""
    person = counter.ledger.staff.by_badge(identify.badge_of(counter, digits))
    return _begin(counter, person)


def lead_by_pin(counter: Counter, pin: str, *, actor: int) -> int:
    """Return the staff id of the lead whose PIN this is, to approve what `actor` does at the desk.

    Raises Refused: NOT_PERMITTED when nobody here may approve, PIN_WRONG, PIN_LOCKED,
    SELF_APPROVAL.
    """
    document = counter.document()
    leads = [
        person
        for person in people(counter)
        if may(document, cast("Role", person.role), Permitted.APPROVE_REDEMPTION)
    ]
    problem = Refused(Reason.NOT_PERMITTED, act=Permitted.APPROVE_REDEMPTION.value)
    tried: list[int] = []
    for lead in leads:
        try:
            counter.ledger.staff.check_pin(lead.id, derive(pin, lead.salt), now=counter.clock.now())
        except Refused as refused:
            problem = refused
            if refused.reason is Reason.PIN_WRONG:
                tried.append(lead.id)
            continue
        for other in tried:  # the PIN was somebody's: it was no guess at theirs
            counter.ledger.staff.unlock(other)
        _require_approval(counter, lead, actor)
        return lead.id
    raise problem


def lead_by_badge(counter: Counter, digits: str, *, actor: int) -> int:
    """Return the staff id of the lead whose badge this is, to approve what `actor` does.

    Raises Refused: CODE_…, STAFF_UNKNOWN, STAFF_BLOCKED, NOT_PERMITTED, SELF_APPROVAL.
    """
    person = counter.ledger.staff.by_badge(identify.badge_of(counter, digits))
    _require_approval(counter, person, actor)
    return person.id


def permitted(counter: Counter, staff: int, act: Permitted, *, points: int = 0) -> None:
    """Refuse what a person's role may not do alone.

    Raises Refused: NOT_PERMITTED (fact `act`), RULES_UNKNOWN, STAFF_UNKNOWN or STAFF_BLOCKED for
    who was dismissed since the sign-in.
    """
    document = counter.document()
    person = counter.ledger.staff.by_id(staff)
    require(document, cast("Role", person.role), act, points=points)


def is_dismissed(counter: Counter, staff: int) -> bool:
    """Say whether a person who signed in may not work here any more."""
    try:
        counter.ledger.staff.by_id(staff)
    except Refused as refused:
        if refused.reason in (Reason.STAFF_UNKNOWN, Reason.STAFF_BLOCKED):
            return True
        raise
    return False


def _require_approval(counter: Counter, lead: Staff, actor: int) -> None:
    require_approval(
        counter.document(),
        Permitted.APPROVE_REDEMPTION,
        actor=actor,
        approver=lead.id,
        role=cast("Role", lead.role),
    )


def _order(person: Staff) -> tuple[int, str, str]:
    ranks = ("cashier", "lead", "manager", "network", "auditor")
    return ranks.index(person.role), person.shift, person.name


def _begin(counter: Counter, person: Staff) -> Session:
    shift = counter.ledger.shifts.open_one(person.id, at=counter.clock.now())
    return Session(
        staff=person.id, name=person.name, role=cast("Role", person.role), since=shift.since
    )
