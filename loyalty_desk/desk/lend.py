"""Lend: ask the server for the points of one redemption. Every redemption spends a lease."""

from collections.abc import Callable
from typing import TypeVar

from loyalty_desk.desk.counter import Counter
from sync.client import leases
from sync.client.outcomes import Offline, Outdated, Rejected, ServerFault
from sync.client.remote import MemberCard, RemoteServer
from sync.client.replica import Replica
from sync.programme.refusals import Reason, Refused

Answer = TypeVar("Answer")


def borrow(
    counter: Counter, server: RemoteServer, replica: Replica, member: int, points: int
) -> None:
    """Have `points` of a member lent to this till and kept in its ledger, within two seconds.

    What this till already holds of the member is given back for it: one lease covers it all.

    Raises Refused: what the server answered, or NEEDS_CONNECTION (fact `usable`) without one.
    """
    lease = bytes.fromhex(counter.new_id())
    held = tuple(one.id for one in counter.ledger.leases.of(member))
    if held:
        counter.ledger.leases.give_back(held)
    _asked(
        lambda: leases.borrow(
            server,
            replica,
            lease=lease,
            member=member,
            points=points,
            wall=counter.clock.now,
            closes=held,
        ),
        0,
    )


def card_of(server: RemoteServer, member: int) -> MemberCard:
    """Return a member's card from the server, made there when there is none yet.

    Raises Refused: what the server answered, or NEEDS_CONNECTION without an answer.
    """
    return _asked(lambda: server.card_of(member), 0)


def _asked(ask: Callable[[], Answer], usable: int) -> Answer:
    try:
        return ask()
    except Rejected as rejected:
        raise rejected.refused from rejected
    except (Offline, ServerFault, Outdated) as fault:
        raise Refused(Reason.NEEDS_CONNECTION, usable=usable) from fault
