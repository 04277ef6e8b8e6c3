"""Claims: what an act takes for itself in a table: units, a voucher, a visit to undo.

Guarantees that no lease of units is spent beyond its amount or its end, that a voucher is taken
once, and that a visit is undone once. Each function writes, or refuses before it has written.
Receipts and leases of points are claimed in the journal (`receipt_claims`, `lease_book`).
"""

from collections.abc import Sequence

from loyalty_desk.store import journal
from loyalty_desk.store.database import Connection
from loyalty_desk.store.journal import Kept
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import AccrualEvent, RedemptionEvent, VoidEvent


def pay(connection: Connection, event: RedemptionEvent) -> None:
    """Take a redemption's points out of a voucher, and its units out of their lease.

    Without a payment only a benefit, what a lead has approved, or what the floor limit allows;
    whether the lease has the points is asked of the lease book. Raises Refused: LEASE_UNKNOWN,
    VOUCHER_USED, REWARD_OUT_OF_STOCK.
    """
    if event.units:
        spend_units(connection, event)
    if event.voucher:
        claim_voucher(connection, event)
    elif event.floor and not event.lease:
        count_floor(connection, event)
    elif event.points and not event.lead and not event.lease:
        raise Refused(Reason.LEASE_UNKNOWN)


def spend_units(connection: Connection, event: RedemptionEvent) -> None:
    """Take a redemption's units out of their lease; raises Refused(REWARD_OUT_OF_STOCK)."""
    spent = connection.execute(
        "UPDATE leases SET spent = spent + ?1 WHERE id = ?2 AND reward = ?3"
        " AND closing = 0 AND stops_at > ?4 AND amount - spent >= ?1",
        (event.quantity, bytes.fromhex(event.units), event.reward, event.server_at),
    )
    if spent.rowcount == 0:
        raise Refused(Reason.REWARD_OUT_OF_STOCK)


def claim_voucher(connection: Connection, event: RedemptionEvent) -> None:
    """Take a voucher, for ever: what an undo gives back goes to the balance.

    Raises Refused(VOUCHER_USED, at=ms of the first use).
    """
    taken = connection.execute(
        "INSERT INTO vouchers (id, at, seq) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (bytes.fromhex(event.voucher), event.server_at, event.seq),
    )
    if taken.rowcount == 0:
        raise Refused(Reason.VOUCHER_USED, at=voucher_at(connection, event.voucher) or 0)


def voucher_at(connection: Connection, voucher: str) -> int | None:
    """Return when a voucher was taken here (ms UTC, the server's time), None for not at all."""
    found = connection.execute(
        "SELECT at FROM vouchers WHERE id = ?", (bytes.fromhex(voucher),)
    ).fetchone()
    return found[0] if found else None


def count_floor(connection: Connection, event: RedemptionEvent) -> None:
    """Count what was handed over on the shop's risk."""
    connection.execute(
        "INSERT INTO floor_uses (seq, at) VALUES (?, ?)", (event.seq, event.server_at)
    )


def undo_visit(connection: Connection, event: VoidEvent, kept: Sequence[Kept]) -> None:
    """Mark a visit as undone and free its receipts; `kept` are its events.

    Raises Refused: ALREADY_UNDONE; NOTHING_TO_UNDO when the visit is not held here, or is no more
    than an enrolment, which is corrected and not undone.
    """
    if journal.is_undone(connection, event.target):
        raise Refused(Reason.ALREADY_UNDONE)
    if not any(isinstance(part.event, AccrualEvent | RedemptionEvent) for part in kept):
        raise Refused(Reason.NOTHING_TO_UNDO)
    connection.execute(
        "INSERT INTO voids (visit, seq) VALUES (?, ?)", (bytes.fromhex(event.target), event.seq)
    )
    for part in kept:
        done = part.event
        if isinstance(done, AccrualEvent) and done.receipt:
            # Only its own claim: the receipt may have been credited again since.
            connection.execute(
                "DELETE FROM receipts WHERE key = ? AND seq = ?", (done.receipt, part.seq)
            )


def forget(connection: Connection, before: int) -> None:
    """Drop claims from before `before` (ms UTC): what they would claim is refused for its age."""
    connection.execute("DELETE FROM receipts WHERE at < ?", (before,))
    connection.execute("DELETE FROM vouchers WHERE at < ?", (before,))
    connection.execute("DELETE FROM floor_uses WHERE at < ?", (before,))
