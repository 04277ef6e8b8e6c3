"""Holding: what an act reads in order to change it stays as it was read until the act is over.

Acts that run beside each other hold rows in one order, so that none waits in a circle: first the
lives of their terminal, then members by bucket and number, then everything else, the heads of the
feed last (lists before scopes). Whoever holds a member may change all that is the member's.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from sync.programme.members import bucket_of
from sync.server.store.dialect import Held, hold
from sync.server.store.tables import balances, incarnations


def lives_of(terminal: int) -> Held:
    """Name the lives of a terminal: an act that holds them is its only one at the time."""
    return incarnations.c.terminal_id, terminal


def hold_members(connection: Connection, members: Iterable[int]) -> None:
    """Let nobody else change these members' accounts, leases, claims and counters."""
    keys = [(bucket_of(member), member) for member in sorted(set(members))]
    hold(connection, (balances.c.bucket, balances.c.member_id), keys)
