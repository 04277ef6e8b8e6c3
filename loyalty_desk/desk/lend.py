"""Lend: ask the server for the points of one redemption. Every redemption spends a lease."""

from collections.abc import Callable
from typing import TypeVar

from loyalty_desk.desk.counter import Counter
from sync.client import leases
from sync.client.outcomes import Offline, Outdated, Rejected, ServerFault
from sync.client.remote import RemoteServer
from sync.client.replica import Replica
from sync.client.server import Server
from sync.programme import leases as programme_leases
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import MemberCard

Answer = TypeVar("Answer")


def borrow(counter: Counter, server: Server, replica: Replica, member: int, points: int) -> None:
    """Have `points` of a member lent to this till and kept in its ledger, within two seconds.

    What this till holds of the member already is given back for it only where the rest is too
    little: once it has been offered, it cannot be spent any more, whatever becomes of the question.

    Raises Refused: what the server answered, or NEEDS_CONNECTION (fact `usable`) without an answer.
    """
    held = tuple(one.id for one in counter.ledger.leases.of(member))
    known = counter.members.by_id(member)
    if known is not None and points <= known.holding.available:
        try:
            _borrow(counter, server, replica, member, points, closes=())
            return
        except Refused as refused:
            if refused.reason is not Reason.NOT_ENOUGH_POINTS or not held:
                raise
    counter.ledger.leases.give_back(held)
    _borrow(counter, server, replica, member, points, closes=held)


def borrow_units(
    counter: Counter, server: Server, replica: Replica, reward: int, units: int
) -> None:
    """Have units of a counted reward lent to this till, within two seconds.

    What this till holds of it already is given back for them only where the rest is too little.
    Raises Refused: REWARD_OUT_OF_STOCK, UNITS_RECALLED, NEEDS_CONNECTION, …
    """
    held = tuple(one.id for one in counter.ledger.leases.units(reward))
    try:
        _borrow(counter, server, replica, 0, units, closes=(), reward=reward)
        return
    except Refused as refused:
        short = refused.reason in (Reason.REWARD_OUT_OF_STOCK, Reason.UNITS_RECALLED)
        if not short or not held:
            raise
    counter.ledger.leases.give_back(held)
    _borrow(counter, server, replica, 0, units, closes=held, reward=reward)


def _borrow(
    counter: Counter,
    server: Server,
    replica: Replica,
    member: int,
    points: int,
    *,
    closes: tuple[bytes, ...],
    reward: int = 0,
) -> None:
    lease = bytes.fromhex(counter.new_id())
    own = counter.ledger.leases.of(member)
    _asked(
        lambda: leases.borrow(
            server,
            replica,
            lease=lease,
            member=member,
            points=points,
            wall=counter.clock.now,
            closes=closes,
            reward=reward,
        ),
        programme_leases.usable(own, now=counter.now()),
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
