"""Tally: what a copy of members comes to, so that two copies can be compared without sending them.

A count, and a sum that does not depend on order. One member is worth, with p = 2³¹ − 1,

    ((id mod p) + 1) · ((7·version + 31·points + 127·leased + 8191·pending + 131071·debt
    + 524287·status) mod p + 1) mod p

so that points which stand with the wrong member change the sum, and a database can add it up in
64 bits. The sum is taken whole, not modulo anything.
"""

from collections.abc import Iterable

from sync.protocol.messages import MemberRow, Tally

PRIME = 2**31 - 1
WEIGHTS = {
    "version": 7,
    "points": 31,
    "leased": 127,
    "pending": 8_191,
    "debt": 131_071,
    "status": 524_287,
}

NOTHING = Tally(members=0, sum=0)


def tally_of(rows: Iterable[MemberRow]) -> Tally:
    """Return what these rows come to."""
    members = total = 0
    for row in rows:
        state = (
            7 * row.version
            + 31 * row.points
            + 127 * row.leased
            + 8_191 * row.pending
            + 131_071 * row.debt
            + 524_287 * row.status
        )
        total += (row.id % PRIME + 1) * (state % PRIME + 1) % PRIME
        members += 1
    return Tally(members=members, sum=total)


def together(one: Tally, other: Tally) -> Tally:
    """Return what two parts of a copy come to."""
    return Tally(members=one.members + other.members, sum=one.sum + other.sum)
