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
