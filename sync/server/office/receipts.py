"""Receipts: one access key credits once, everywhere, until its visit is taken back."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from sync.programme.members import bucket_of
from sync.server.office.book import Book
from sync.server.store.dialect import Among
from sync.server.store.tables import receipt_claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who used a receipt: the event, the store, and when (ms UTC)."""

    event: bytes
    store: int
    at: int


_CLAIMED = Among(
    (receipt_claims.c.access_key,),
    lambda are_wanted: select(receipt_claims).where(
        are_wanted, receipt_claims.c.released_by.is_(None)
    ),
)


class Claims:
    """The active claims on the receipts of a batch."""

    def __init__(self, connection: Connection, keys: Iterable[str]) -> None:
        self._connection = connection
        self._held: dict[str, Claim] = {}
        wanted = sorted({key for key in keys if key})
        if not wanted:
            return
        for row in _CLAIMED.rows(connection, [(key,) for key in wanted]):
            claim = Claim(event=row.event_id, store=row.store_id, at=row.claimed_at)
            self._held[row.access_key] = claim

    def holder(self, key: str) -> Claim | None:
        """Return who used the receipt, None while it is free."""
        return self._held.get(key)

    def claim(self, book: Book, key: str, member: int, claim: Claim) -> None:
        """Take a free receipt."""
        self._held[key] = claim
        row = {
            "access_key": key,
            "event_id": claim.event,
            "bucket": bucket_of(member),
            "member_id": member,
            "store_id": claim.store,
            "claimed_at": claim.at,
            "released_by": None,
        }
        book.add(receipt_claims, row)

    def release(self, key: str, event: bytes, *, by: bytes) -> None:
        """Free a receipt again: the event that used it was taken back."""
        self._connection.execute(
            update(receipt_claims)
            .where(receipt_claims.c.access_key == key, receipt_claims.c.event_id == event)
            .values(released_by=by)
        )
        self._held.pop(key, None)
