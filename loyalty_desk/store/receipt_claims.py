"""Receipt claims: which receipts were credited here, each at most once at a time.

A receipt is claimed by standing in the journal. The claims of the last acts are held in memory, and
go into a table of their own in an idle moment: an act has one page less to write.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from loyalty_desk.store import journal, meta
from loyalty_desk.store.database import Connection
from loyalty_desk.store.journal import Kept
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import AccrualEvent, AnyEvent, VoidEvent, visit_of


class ReceiptClaims:
    """The receipts that are credited here; for one thread at a time."""

    def __init__(self) -> None:
        self._fresh: dict[str, tuple[int, int]] = {}

    def check(self, connection: Connection, events: Sequence[AnyEvent]) -> None:
        """Raise Refused(RECEIPT_USED, at=ms of the first use) when one of these is claimed."""
        seen: dict[str, int] = {}
        for event in events:
            if isinstance(event, AccrualEvent) and event.receipt:
                at = seen.get(event.receipt) or self.at(connection, event.receipt)
                if at is not None:
                    raise Refused(Reason.RECEIPT_USED, at=at)
                seen[event.receipt] = event.server_at

    def at(self, connection: Connection, key: str) -> int | None:
        """Return when a receipt was credited (ms UTC), None when it was not or was undone."""
        fresh = self._fresh.get(key)
        if fresh is not None:
            return fresh[0]
        found = connection.execute("SELECT at FROM receipts WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    def add(self, event: AnyEvent, taken_back: Iterable[Kept] = ()) -> None:
        """Take in what was recorded: a claim, or a void that frees the claims of `taken_back`."""
        if isinstance(event, AccrualEvent) and event.receipt:
            self._fresh[event.receipt] = (event.server_at, event.seq)
        for part in taken_back:
            receipt = part.event.receipt if isinstance(part.event, AccrualEvent) else ""
            # Only its own claim: the receipt may have been credited again since.
            if self._fresh.get(receipt, (0, 0))[1] == part.seq:
                del self._fresh[receipt]

    def load(self, connection: Connection, head: int) -> None:
        """Take in what was recorded since claims were last noted; a new file has noted all."""
        self._fresh.clear()
        noted = meta.value(connection, "claims_noted", -1)
        if noted < 0:
            meta.keep(connection, claims_noted=head)
            return
        visits: dict[str, list[Kept]] = defaultdict(list)
        for kept in journal.since(connection, noted):
            visits[visit_of(kept.event)].append(kept)
            undone = visits[kept.event.target] if isinstance(kept.event, VoidEvent) else ()
            self.add(kept.event, undone)

    def note(self, connection: Connection, head: int) -> None:
        """Write what is held in memory into the table; call `noted` when that is certain."""
        connection.executemany(
            "INSERT INTO receipts (key, at, seq) VALUES (?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET at = excluded.at, seq = excluded.seq",
            [(key, *claim) for key, claim in self._fresh.items()],
        )
        meta.keep(connection, claims_noted=head)

    def noted(self) -> None:
        """Let go of what now stands in the table."""
        self._fresh.clear()
