"""Outbox: taking a till away from its server, and saving what it cannot send.

A till that still has records to send is not let go: they would be lost with it. What cannot be sent
at all can be saved to a file that the server reads (`loyalty-server import-outbox`).
"""

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty_desk.desk import parked
from loyalty_desk.desk.counter import Counter
from loyalty_desk.store import whole_file
from loyalty_desk.store.ledger import Ledger
from sync.client.push import next_batch
from sync.programme import permissions
from sync.programme.document import Role
from sync.programme.permissions import Act
from sync.programme.refusals import Reason, Refused
from sync.protocol.outbox_file import FORMAT, OutboxHeader, pack_outbox


def unsent(ledger: Ledger) -> int:
    """Return how many events the server does not have, those that it would not take among them."""
    return ledger.waiting() + ledger.lives.stuck()


def check_leave(ledger: Ledger, *, now: int, saved: int = 0) -> None:
    """Allow this till to be removed `now` (ms UTC).

    Raises Refused(EVENTS_WAIT, events=n) while the server does not have everything; `saved` counts
    what somebody has just taken out of here in a file on purpose, to be carried to the server.
    Raises Refused(VISIT_UNFINISHED) while a visit is on hold.
    """
    waiting = unsent(ledger) - saved
    if waiting > 0:
        raise Refused(Reason.EVENTS_WAIT, events=waiting)
    if parked.is_any_kept(ledger, now):
        raise Refused(Reason.VISIT_UNFINISHED)


def ask_to_leave(counter: Counter, role: Role, *, serving: bool) -> None:
    """Allow `role` to take this till off its machine now; `serving` while a visit has been begun.

    Raises Refused: NOT_PERMITTED to whoever may not put a till to work, EVENTS_WAIT,
    VISIT_UNFINISHED.
    """
    permissions.require(counter.document(), role, Act.ENROL_TERMINAL)
    check_leave(counter.ledger, now=counter.clock.now())
    if serving:
        raise Refused(Reason.VISIT_UNFINISHED)


def ask_to_export(counter: Counter, role: Role) -> None:
    """Allow `role` to save what was not sent; raises Refused(NOT_PERMITTED) as `ask_to_leave`."""
    permissions.require(counter.document(), role, Act.ENROL_TERMINAL)


def export_outbox(ledger: Ledger, key: Ed25519PrivateKey, path: Path, *, now: int) -> int:
    """Write everything the server does not have to a file; return how many events it holds.

    The events stay here as well. Raises Refused: TERMINAL_UNKNOWN before the enrolment, DISK_FULL.
    """
    if ledger.identity is None:
        raise Refused(Reason.TERMINAL_UNKNOWN)
    header = OutboxHeader(format=FORMAT, terminal=ledger.identity.terminal, made_at=now)
    batches = list(_batches(ledger, key))
    pieces = pack_outbox(header, ((life, body) for life, _count, body in batches))
    whole_file.put(path, b"".join(pieces))
    return sum(count for _life, count, _body in batches)


def _batches(ledger: Ledger, key: Ed25519PrivateKey) -> Iterator[tuple[int, int, bytes]]:
    """Return (life, events, body) of each batch, earlier lives first."""
    for life, after, behind in ledger.lives.unsent():
        while batch := next_batch(behind, key, after):
            outgoing, body = batch
            after = outgoing.head.seq
            yield life, len(outgoing.bodies), body
