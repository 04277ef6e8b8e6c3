"""Held documents: the programme as published, verified before it is kept, decoded once.

Guarantees that every document that comes out of here bears the configuration key's signature, and
that the one in force is known without a network, a switch in the future included.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loyalty_desk.store.database import Database
from sync.programme import document
from sync.programme.document import HASH_PREFIX_BYTES, Document
from sync.programme.refusals import Reason, Refused
from sync.programme.tiers import tier_for
from sync.protocol.messages import DocumentRow

_KEPT_MAX = 20  # the newest; older ones price nothing any more on a terminal


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A document with its hash; `rules` is what events say of it: 8 bytes of the hash in hex."""

    document: Document
    hash: bytes

    @property
    def rules(self) -> str:
        """The name of this document in events."""
        return self.hash[:HASH_PREFIX_BYTES].hex()


class HeldDocuments:
    """The documents in the ledger's file; `config_key` is the server's, known once enrolled."""

    def __init__(self, database: Database, config_key: Callable[[], bytes]) -> None:
        self._database = database
        self._config_key = config_key
        self._held: tuple[HeldDocument, ...] | None = None

    def all(self) -> tuple[HeldDocument, ...]:
        """Return what is held, in the order in which they come into force."""
        # Asked many times by every act, changed a few times a year: no lock when they are at hand.
        held = self._held
        if held is not None:
            return held
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT body, signature FROM documents ORDER BY valid_from, version"
            ).fetchall()
            self._held = tuple(
                _opened(body, signature, self._config_key()) for body, signature in rows
            )
            return self._held

    def at(self, now: int) -> HeldDocument:
        """Return the document in force at `now` (ms UTC); raises Refused(RULES_UNKNOWN)."""
        for one in reversed(self.all()):
            if one.document.valid_from <= now:
                return one
        raise Refused(Reason.RULES_UNKNOWN)

    def first_tier(self, at: int) -> str:
        """Name the tier in which members begin, "" while no document is known."""
        try:
            first = tier_for(0, self.at(at).document.tiers)
        except Refused:
            return ""
        return first.id if first else ""

    def keep_all(self, rows: Sequence[DocumentRow]) -> None:
        """Keep newly published documents; raises Refused(DOCUMENT_FORGED) and keeps none."""
        if not rows:
            return
        opened = [_row(row, self._config_key()) for row in rows]
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT INTO documents (hash, valid_from, version, body, signature)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING",
                opened,
            )
            connection.execute(
                "DELETE FROM documents WHERE hash NOT IN"
                " (SELECT hash FROM documents ORDER BY valid_from DESC, version DESC LIMIT ?)",
                (_KEPT_MAX,),
            )
            self._held = None


def _opened(body: bytes, signature: bytes, config_key: bytes) -> HeldDocument:
    found = document.open_document(body, signature, config_key)
    return HeldDocument(found, document.document_hash(body))


def _row(row: DocumentRow, config_key: bytes) -> tuple[bytes, int, int, bytes, bytes]:
    body = row.body.encode()
    try:
        signature = bytes.fromhex(row.signature)
    except ValueError as fault:
        raise Refused(Reason.DOCUMENT_FORGED) from fault
    held = _opened(body, signature, config_key)
    return held.hash, held.document.valid_from, held.document.version, body, signature
