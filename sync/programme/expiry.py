"""Expiry: the points of one member that lapse when a day has ended, as one entry.

The entry's event id follows from the member and the day alone. So a job that is run again, by
another server or after a crash, posts nothing twice; what arrives late for a day that has been
worked off lapses with the next day that is.
"""

import hashlib
from datetime import date

from sync.programme.ledger import Account, Entry, Kind, to_expire

_NAME = b"loyalty-desk/expiry/1\0"
_FIRST_DAY = date(1970, 1, 1).toordinal()
_DAY_MS = 86_400_000
_VERSION = 7 << 76
_VARIANT = 0b10 << 62


def expire(account: Account, member: int, day: date) -> Entry | None:
    """Return the entry by which a member's points lapse when `day` has ended, None when none do.

    `day` is a day of the programme's zone; a lot is valid through its last instant.
    """
    points = to_expire(account, day)
    if points == 0:
        return None
    return Entry(
        event=expiry_event(member, day),
        line=0,
        kind=Kind.EXPIRE,
        points=points,
        expires_on=day.isoformat(),
    )


def expiry_event(member: int, day: date) -> bytes:
    """Return the 16-byte id of the event by which a member's points of `day` lapse.

    It has the shape of a UUIDv7 (RFC 9562 §5.7): the end of the day in UTC, then 74 bits of the
    SHA-256 of member and day. So it sorts among the events of its time.
    """
    ended_ms = (day.toordinal() + 1 - _FIRST_DAY) * _DAY_MS
    named = _NAME + member.to_bytes(8, "big") + day.isoformat().encode()
    chance = int.from_bytes(hashlib.sha256(named).digest()[:10], "big")
    high, low = chance >> 68 << 64, chance & ((1 << 62) - 1)
    return (ended_ms << 80 | _VERSION | high | _VARIANT | low).to_bytes(16, "big")
