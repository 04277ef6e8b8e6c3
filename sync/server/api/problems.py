"""Every error as problem+json (RFC 9457): the status, and the refusal's code and facts."""

from collections.abc import Mapping

from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import Problem

# What is not listed is 422: understood, and not possible.
_STATUS: Mapping[Reason, int] = {
    Reason.BATCH_UNREADABLE: 400,
    Reason.CHAIN_BROKEN: 400,
    Reason.SIGNATURE_INVALID: 401,
    Reason.CLOCK_WRONG: 401,
    Reason.TERMINAL_UNKNOWN: 401,
    Reason.TERMINAL_REVOKED: 403,
    Reason.ENROLMENT_CODE_INVALID: 403,
    Reason.NOT_FOUND: 404,
    Reason.MEMBER_UNKNOWN: 404,
    Reason.LEASE_UNKNOWN: 404,
    Reason.CHAIN_GAP: 409,
    Reason.HELLO_FIRST: 409,
    Reason.CHAIN_FORKED: 409,
    Reason.NOT_ENOUGH_POINTS: 409,
    Reason.LEASE_TOO_SMALL: 409,
    Reason.MEMBER_BLOCKED: 409,
    Reason.MEMBER_MERGED: 409,
    Reason.MEMBER_ERASED: 409,
    Reason.CURSOR_INVALID: 410,
    Reason.BATCH_TOO_LARGE: 413,
    Reason.VERSION_UNSUPPORTED: 426,
    Reason.SERVER_FAULT: 500,
}
_BY_STATUS: Mapping[int, Reason] = {
    400: Reason.BATCH_UNREADABLE,
    404: Reason.NOT_FOUND,
    405: Reason.NOT_FOUND,
    413: Reason.BATCH_TOO_LARGE,
}
_TOO_MANY = 429


def problem_of(refused: Refused) -> Problem:
    """Return how a refusal is answered; one that says how long to wait is 429."""
    status = _STATUS.get(refused.reason, 422)
    if refused.reason is Reason.ENROLMENT_CODE_INVALID and "seconds" in refused.facts:
        status = _TOO_MANY
    return _problem(refused.reason, status, refused.facts)


def problem_for(status: int) -> Problem:
    """Return how an error of HTTP itself is answered."""
    reason = Reason.SERVER_FAULT if status >= 500 else Reason.BATCH_UNREADABLE
    return _problem(_BY_STATUS.get(status, reason), status, {})


def waiting(problem: Problem) -> dict[str, str]:
    """Return the header that says when to try again."""
    return {"Retry-After": str(problem.facts["seconds"])} if problem.status == _TOO_MANY else {}


def _problem(reason: Reason, status: int, facts: Mapping[str, int | str]) -> Problem:
    title = reason.value.replace("_", " ").capitalize()
    return Problem(title=title, status=status, code=reason.value, facts=dict(facts))
