"""Holding: what an act reads in order to change it stays as it was read until the act is over.

Acts that run beside each other hold rows in one order, so that none waits in a circle: first the
lives of their terminal, then members by bucket and number, then everything else, the heads of the
feed last (lists before scopes). Whoever holds a member may change all that is the member's.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from sync.programme.members import bucket_of
from sync.server.store.dialect import Held, Key, hold, hold_numbers
from sync.server.store.tables import balances, incarnations

_ARRIVALS = 719_021  # the space of members who are not here yet


def lives_of(terminal: int) -> Held:
    """Name the lives of a terminal: an act that holds them is its only one at the time."""
    return incarnations.c.terminal_id, terminal


def hold_members(connection: Connection, members: Iterable[int]) -> None:
    """Let nobody else change these members' accounts, leases, claims and counters."""
    keys = [(bucket_of(member), member) for member in sorted(set(members))]
    hold(connection, (balances.c.bucket, balances.c.member_id), keys)


def hold_arrivals(connection: Connection, members: Sequence[Key]) -> None:
    """Let nobody else enrol these members (bucket, number), or leave an event to wait for them.

    Whoever does either holds them first and looks afterwards, or an event could go on waiting for a
    member who came in the same moment.
    """
    hold_numbers(connection, _ARRIVALS, [number for _, number in members])
