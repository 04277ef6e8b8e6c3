"""Versions of the protocol that are spoken: this one and the one before.

Each side says the newest and the oldest version that it speaks, and both use the newest that both
do. Messages only grow within a version, so fields that one side does not know are never an error.
"""

from sync.programme.refusals import Reason, Refused

CURRENT = 1
OLDEST = 1


def agree(newest: int, oldest: int = 0) -> int:
    """Return the version both sides speak; raises Refused(VERSION_UNSUPPORTED).

    Who does not say its `oldest` (0) speaks the version before its newest as well.
    """
    if newest < OLDEST or (oldest or newest - 1) > CURRENT:
        raise Refused(Reason.VERSION_UNSUPPORTED, oldest=OLDEST, newest=CURRENT)
    return min(newest, CURRENT)


def is_spoken(version: int) -> bool:
    """Say whether this side speaks the version that the other one chose."""
    return OLDEST <= version <= CURRENT
