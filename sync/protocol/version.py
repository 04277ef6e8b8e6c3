"""Versions of the protocol that are spoken: this one and the one before."""

from sync.programme.refusals import Reason, Refused

CURRENT = 1
OLDEST = 1


def agree(theirs: int) -> int:
    """Return the version both sides speak; raises Refused(VERSION_UNSUPPORTED)."""
    if theirs < OLDEST:
        raise Refused(Reason.VERSION_UNSUPPORTED, oldest=OLDEST)
    return min(theirs, CURRENT)
