"""The numbers that stand for states in the tables. They are stored and travel: never renumber."""

from enum import IntEnum, unique


@unique
class MemberStatus(IntEnum):
    """What may be done for a member."""

    ACTIVE = 0
    BLOCKED = 1
    MERGED = 2
    ERASED = 3


@unique
class CardStatus(IntEnum):
    """Whether a card still names its member."""

    ACTIVE = 0
    LOST = 1
    REPLACED = 2


@unique
class IdentifierKind(IntEnum):
    """What a member can be found by."""

    CPF = 1
    PHONE = 2
    EMAIL = 3


@unique
class LeaseState(IntEnum):
    """A lease binds points until its terminal reports, or until it is written off."""

    ACTIVE = 0
    CLOSED = 1
    WRITTEN_OFF = 2


@unique
class FulfilmentState(IntEnum):
    """Goods that are handed over later."""

    RESERVED = 0
    READY = 1
    DELIVERED = 2
    CANCELLED = 3


@unique
class ReservationState(IntEnum):
    """Points set aside for a reward. ENDING: no code is shown any more, a till may still bring one.

    MOVED: let go by this shop, and reserved anew in another one.
    """

    RESERVED = 0
    ENDING = 1
    USED = 2
    FREED = 3
    MOVED = 4


@unique
class TerminalState(IntEnum):
    """Whether a terminal is heard. LOST: only for what it still has to tell; it is told nothing."""

    ACTIVE = 0
    REVOKED = 1
    LOST = 2


@unique
class IncarnationState(IntEnum):
    """One life of a terminal. FORKED: two machines wrote its journal; it borrows no more points.

    ENDED: the terminal went on in a later life; what it still has to tell is taken.
    """

    ACTIVE = 0
    FORKED = 1
    ENDED = 2


@unique
class StaffStatus(IntEnum):
    """Whether a person may sign in."""

    ACTIVE = 0
    BLOCKED = 1
