"""Lives: a terminal whose journal is not vouched for any more goes on in a life of its own.

The next life is asked for with the same key. What the life before it recorded is still delivered in
its name: the server keeps both branches of a journal that two machines have written. Earlier lives
go first, so that a pulled row never lacks an event that is older than its acknowledgement.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.outcomes import Rejected
from sync.client.push import check_answer, next_batch
from sync.client.replica import EarlierLife, Identity, Outgoing, Replica
from sync.client.server import Server
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import Reincarnate, Result

Answer = TypeVar("Answer")

# What the server says no to today it will say no to tomorrow: somebody has to look at the events.
_FOR_GOOD = (
    Reason.CHAIN_GAP,
    Reason.CHAIN_BROKEN,
    Reason.BATCH_UNREADABLE,
    Reason.BATCH_TOO_LARGE,
)


def begin_next(replica: Replica, server: Server) -> bool:
    """Have the next life if this one is to be left; False when this server gives none.

    An answer that comes too late, because events were recorded meanwhile, is left lying. Raises
    Outcome.
    """
    while request := replica.wanted_life():
        try:
            answer = known_again(replica, server, partial(server.reincarnate, request))
        except Rejected as rejected:
            if rejected.refused.reason is not Reason.NOT_FOUND:
                raise
            return False
        replica.begin_life(request, answer)
        server.speak_as(replica.identity)
    return True


def known_again(replica: Replica, server: Server, ask: Callable[[], Answer]) -> Answer:
    """Ask; when the server was restored to a time before this life, have it begin again and ask.

    It begins with the very request that it began with, after the lives before it that the server
    does not know either. Raises Outcome, also when the server gives another number now: two
    machines of one key have asked in another order than before.
    """
    try:
        return ask()
    except Rejected as rejected:
        if rejected.refused.reason is not Reason.TERMINAL_UNKNOWN:
            raise
        try:
            _begin_again(server, replica.identity, replica.begun_by(), rejected)
        finally:
            server.speak_as(replica.identity)
        replica.doubt()
    return ask()


def _begin_again(
    server: Server,
    life: Identity,
    begun_by: Sequence[tuple[Identity, Reincarnate]],
    unknown: Rejected,
) -> None:
    """Have `life` begin again, first those before it if need be; raises `unknown` if it cannot."""
    if not begun_by:
        raise unknown
    (before, request), *earlier = begun_by
    server.speak_as(before)
    try:
        answer = server.reincarnate(request)
    except Rejected as rejected:
        if rejected.refused.reason is not Reason.TERMINAL_UNKNOWN:
            raise
        _begin_again(server, before, earlier, unknown)
        server.speak_as(before)
        answer = server.reincarnate(request)
    if answer.incarnation != life.incarnation:
        raise unknown


def deliver_earlier(replica: Replica, server: Server, key: Ed25519PrivateKey) -> int:
    """Push what earlier lives have recorded, each in its own name; return how many events.

    Raises Outcome; what was delivered before it is kept.
    """
    events = 0
    for life in replica.earlier_lives():
        server.speak_as(life.identity)
        try:
            events += _deliver(replica, server, key, life)
        finally:
            server.speak_as(replica.identity)
    return events


def _deliver(replica: Replica, server: Server, key: Ed25519PrivateKey, life: EarlierLife) -> int:
    events, after, went_back = 0, life.delivered, False
    behind = partial(replica.outgoing_of, life)
    try:
        while batch := next_batch(behind, key, after):
            outgoing, body = batch
            results, expected = _push(server, life, outgoing, body)
            if expected:
                if went_back or expected > after:
                    raise Refused(Reason.CHAIN_GAP, expected=expected)
                after, went_back = expected - 1, True
                continue
            after = outgoing.head.seq
            replica.delivered(life, after, results)
            events += len(outgoing.bodies)
    except Refused as refused:
        replica.give_up(life, refused.reason)
    return events


def _push(
    server: Server, life: EarlierLife, outgoing: Outgoing, body: bytes
) -> tuple[tuple[Result, ...], int]:
    """Push one batch; return its results, and where a restored server wants to begin, else 0.

    Raises Refused for what it will never take; any other no is for another day (Rejected).
    """
    try:
        answer = server.push(body)
    except Rejected as rejected:
        refused = rejected.refused
        if refused.reason is Reason.CHAIN_FORKED:
            return (), 0  # signed: it was recorded, beside the chain
        expected = refused.facts.get("expected", 0)
        if refused.reason is Reason.CHAIN_GAP and isinstance(expected, int) and expected:
            return (), expected
        if refused.reason in _FOR_GOOD:
            raise refused from rejected
        raise
    check_answer(life.identity, answer, outgoing)
    return answer.results, 0
