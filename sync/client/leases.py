"""Leases: borrowing exactly what a redemption needs, and giving back what is over."""

from collections.abc import Callable, Sequence

from sync.client.greeting import hello_of
from sync.client.outcomes import Rejected, ServerFault
from sync.client.replica import Replica
from sync.client.server import Server
from sync.programme.leases import Lease
from sync.programme.refusals import Reason
from sync.protocol.messages import LeaseClosing, LeaseRequest, LeaseRow


def borrow(
    server: Server,
    replica: Replica,
    *,
    lease: bytes,
    member: int,
    points: int,
    wall: Callable[[], int],
    closes: Sequence[bytes] = (),
    reward: int = 0,
) -> Lease:
    """Borrow exactly `points` of a member, within two seconds, and keep the lease.

    With a `reward`, `member` is 0 and `points` are units of it.

    `closes` are leases of the member that are given back for it; from here on, whatever the answer,
    they are not spent any more.

    `lease` is its id (16 bytes), made once per intention: a repeat is the same lease. May run
    beside a round of the engine, on a `Server` of its own. Raises Offline, ServerFault, Outdated,
    Rejected (NOT_ENOUGH_POINTS, MEMBER_BLOCKED …).
    """
    request = LeaseRequest(
        id=lease.hex(),
        member=member,
        points=points,
        closes=tuple(one.hex() for one in closes),
        last_seq=replica.head().seq if closes else 0,
        reward=reward,
    )
    try:
        row = _lent(server, replica, request)
    except Rejected as rejected:
        if rejected.refused.reason is Reason.CHAIN_FORKED:
            replica.leave_life("forked")  # the next round goes on in another
        raise
    asked = (lease.hex(), member, reward)
    if (row.id, row.member, row.reward) != asked or row.amount < points:
        raise ServerFault(200)
    replica.closed_leases(closes)
    return replica.keep_lease(row, now=wall())


def _lent(server: Server, replica: Replica, request: LeaseRequest) -> LeaseRow:
    """Ask for a lease; a server that was started since is first shown what it has signed.

    What it makes of that, a new epoch maybe, the next round finds.
    """
    try:
        return server.lease(request)
    except Rejected as rejected:
        if rejected.refused.reason is not Reason.HELLO_FIRST:
            raise
    server.hello(hello_of(replica, app="", hasty=True))
    return server.lease(request)


def close_ended(replica: Replica, server: Server, *, pushed: int) -> int:
    """Report leases as over whose events the server has all; return how many.

    From here on they cannot be spent, so no event of theirs comes after `pushed`.
    """
    ended = replica.closing_leases()
    if not ended or replica.head().seq != pushed:
        return 0
    closing = LeaseClosing(leases=tuple(lease.hex() for lease in ended), last_seq=pushed)
    server.close_leases(closing)
    replica.closed_leases(ended)
    return len(ended)
