"""Permissions: who may do what, and alone up to how many points. Asked on both sides."""

from enum import StrEnum, unique

from sync.programme.document import Document, Role
from sync.programme.refusals import Reason, Refused


@unique
class Act(StrEnum):
    """What a person can be allowed to do."""

    CREDIT = "credit"
    REDEEM = "redeem"
    ENROL = "enrol"
    UNDO = "undo"
    VOID = "void"
    APPROVE_REDEMPTION = "approve_redemption"
    UNBLOCK = "unblock"
    ENROL_TERMINAL = "enrol_terminal"
    MANAGE = "manage"


def may(document: Document, role: Role, act: Act, *, points: int = 0) -> bool:
    """Say whether `role` may do `act` alone for so many points."""
    return any(
        grant.role == role and grant.act == act and (not grant.points or points <= grant.points)
        for grant in document.permissions
    )


def require(document: Document, role: Role, act: Act, *, points: int = 0) -> None:
    """Refuse what `may` denies: Refused(NOT_PERMITTED, act=…)."""
    if not may(document, role, act, points=points):
        raise Refused(Reason.NOT_PERMITTED, act=act.value)


def require_approval(
    document: Document, act: Act, *, actor: int, approver: int, role: Role, points: int = 0
) -> None:
    """Refuse an approval that is none: `actor` asks, `approver` in `role` gives their word.

    Raises Refused: NOT_PERMITTED where the role may not, SELF_APPROVAL where both are one person.
    """
    require(document, role, act, points=points)
    if actor == approver:
        raise Refused(Reason.SELF_APPROVAL)
