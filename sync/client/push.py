"""Push: the terminal's events, in batches, until the server has them all.

Safe to repeat at any point: the server knows an event by its place in the chain, so what it has
already counts once. An answer is believed when it is signed and names a hash of our own chain.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.outcomes import Rejected, ServerFault
from sync.client.replica import Identity, Outgoing, Replica
from sync.client.server import Server
from sync.programme.refusals import Reason, Refused
from sync.protocol import signing
from sync.protocol.chain import BATCH_BYTES_MAX, BATCH_EVENTS_MAX, seal_batch
from sync.protocol.messages import PushAnswer, Result


@dataclass(frozen=True, slots=True)
class Pushed:
    """How far the server has the journal, how many events went, and what it said of some."""

    last_seq: int
    events: int
    results: tuple[Result, ...]


def push_pending(replica: Replica, server: Server, key: Ed25519PrivateKey, *, after: int) -> Pushed:
    """Push everything behind the event `after`. Raises Outcome; then the server decides what came.

    Rejected(CHAIN_FORKED) also when the server's copy of the journal is not ours.
    """
    events = 0
    results: list[Result] = []
    while batch := next_batch(replica.outgoing, key, after):
        outgoing, body = batch
        answer = server.push(body)
        check_answer(replica.identity, answer, outgoing)
        if replica.hash_at(answer.last_seq) != bytes.fromhex(answer.head):
            raise Rejected(Refused(Reason.CHAIN_FORKED))
        replica.acknowledged(answer)
        events += len(outgoing.bodies)
        results += answer.results
        after = answer.last_seq
    return Pushed(after, events, tuple(results))


def next_batch(
    outgoing_behind: Callable[[int, int], Outgoing | None], key: Ed25519PrivateKey, after: int
) -> tuple[Outgoing, bytes] | None:
    """Return the next events, as many as a batch may hold, and the batch; None for none."""
    limit = BATCH_EVENTS_MAX
    while outgoing := outgoing_behind(after, limit):
        body = seal_batch(
            key=key,
            from_seq=outgoing.from_seq,
            previous=outgoing.previous,
            head=outgoing.head.hash,
            bodies=outgoing.bodies,
            sealed=outgoing.sealed,
        )
        if len(body) <= BATCH_BYTES_MAX or limit == 1:
            return outgoing, body
        limit = max(1, len(outgoing.bodies) // 2)
    return None


def check_answer(identity: Identity, answer: PushAnswer, outgoing: Outgoing) -> None:
    """Accept an acknowledgement of all that was sent, signed for this life; else ServerFault."""
    try:
        head = bytes.fromhex(answer.head)
        part = signing.ack_part(
            terminal=identity.terminal,
            incarnation=identity.incarnation,
            epoch=answer.epoch,
            seq=answer.last_seq,
            head=head,
        )
        signing.check_ack(identity.server_key, signature=answer.signature, part=part)
    except (Refused, ValueError, OverflowError) as fault:
        raise ServerFault(200) from fault
    if answer.last_seq < outgoing.head.seq:
        raise ServerFault(200)  # it took nothing, or not all, of what it answers to
