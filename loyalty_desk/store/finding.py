"""Finding: members in the cache by id, card, CPF, phone and name.

Guarantees that rows and the acknowledgement they belong to are read in one statement, and that who
was here last comes first, whichever way the rows came in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from loyalty_desk.store.database import Database
from loyalty_desk.store.migrations import LINE, NEAR, NEAR_CARD
from loyalty_desk.store.newcomers import words_of
from sync.protocol.messages import MemberRow

CANDIDATES_MAX = 50
_WORDS_MAX = 6
_WORD_MIN = 2
_INDEXED_MAX = 5  # letters of a beginning that has an index of its own (see migrations)

_ACKED = "(SELECT value FROM meta WHERE name = 'acked_seq')"

# The most recent candidates: arrivals by descending number, then a first copy's rows by ascending.
_NAMED = (
    f"SELECT r.row, {_ACKED} FROM (SELECT rowid AS n FROM names WHERE names MATCH ?1"
    f" ORDER BY rowid DESC LIMIT {CANDIDATES_MAX}) AS hits JOIN rows r ON r.n = hits.n"
)
_SEEDED_NAMED = (
    f"SELECT r.row, {_ACKED} FROM (SELECT * FROM (SELECT rowid AS n FROM names WHERE names MATCH ?1"
    f" AND rowid > {LINE} ORDER BY rowid DESC LIMIT {CANDIDATES_MAX}) UNION ALL SELECT * FROM"
    f" (SELECT rowid AS n FROM names WHERE names MATCH ?1 AND rowid <= {LINE} ORDER BY rowid"
    f" LIMIT {CANDIDATES_MAX}) LIMIT {CANDIDATES_MAX}) AS hits JOIN rows r ON r.n = hits.n"
)

_decoder = msgspec.msgpack.Decoder(MemberRow)


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows, and the acknowledgement that they belong to."""

    rows: tuple[MemberRow, ...]
    acked: int


NOBODY = Reading((), 0)


class Finder:
    """Looks members up through a connection that only reads."""

    def __init__(self, reader: Database) -> None:
        self._reader = reader
        self._near = self._near_card = ""
        self._is_seeded = False

    def look(self, *, is_sparse: bool, is_seeded: bool) -> None:
        """Say whether only some rows have indexes, and whether some came with a first copy."""
        self._is_seeded = is_seeded
        self._near = f" AND {NEAR}" if is_sparse else ""
        near_card = NEAR_CARD.replace("rowid", "c.rowid")
        self._near_card = f" AND {near_card} AND {NEAR}" if is_sparse else ""

    def by_member(self, member: int) -> Reading:
        """Return the member's row, or none."""
        return self._read(
            f"SELECT row, {_ACKED} FROM members JOIN rows USING (n) WHERE id = ?{self._near}",
            member,
        )

    def by_card(self, card: str) -> Reading:
        """Return the row of who holds a card (hex), or none."""
        return self._read(
            f"SELECT row, {_ACKED} FROM cards c JOIN members m ON m.id = c.member"
            f" JOIN rows USING (n) WHERE c.card = ?{self._near_card}",
            bytes.fromhex(card),
        )

    def by_cpf_hash(self, cpf_hash: int) -> Reading:
        """Return the row of who has a CPF (63-bit keyed hash), or none."""
        return self._read(
            f"SELECT row, {_ACKED} FROM members JOIN rows USING (n)"
            f" WHERE cpf_hash = ? AND cpf_hash <> 0{self._near}",
            cpf_hash,
        )

    def by_phone_hash(self, phone_hash: int) -> Reading:
        """Return the rows of everybody with a phone (63-bit keyed hash), latest visit first."""
        found = self._read(
            f"SELECT row, {_ACKED} FROM members JOIN rows USING (n)"
            f" WHERE phone_hash = ? AND phone_hash <> 0{self._near}"
            f" ORDER BY n DESC LIMIT {CANDIDATES_MAX}",
            phone_hash,
        )
        return _recent_first(found)

    def search(self, text: str) -> Reading:
        """Return up to 50 members whose names have a word beginning with each word of `text`.

        Words of one letter are not looked for. Who visited last comes first.
        """
        words = searched_words(text)
        if not words:
            return NOBODY
        found = self._named(words, whole=True)
        if len(found.rows) < CANDIDATES_MAX and any(len(word) > _INDEXED_MAX for word in words):
            found = self._named(words, whole=False)
        return _recent_first(found)

    def _named(self, words: Sequence[str], *, whole: bool) -> Reading:
        """Look for words by their beginnings; with `whole`, long ones as they stand.

        Beginnings of up to five letters have an index. For longer ones the whole word is tried
        first, which is fast, and its beginning only when that finds too few.
        """
        # Each word is letters and digits only and stands in quotes: no operator of FTS5 gets in.
        query = " ".join(
            f'"{word}"' if whole and len(word) > _INDEXED_MAX else f'"{word}"*' for word in words
        )
        return self._read(_SEEDED_NAMED if self._is_seeded else _NAMED, query)

    def _read(self, statement: str, value: int | str | bytes) -> Reading:
        """Read rows and their acknowledgement in one statement, so that they belong together."""
        found = self._reader.fetch(statement, value)
        if not found:
            return NOBODY
        return Reading(tuple(_decoder.decode(row) for row, _ in found), found[0][1] or 0)


def searched_words(text: str) -> tuple[str, ...]:
    """Return the words of a query that are looked for."""
    return tuple(word for word in words_of(text) if len(word) >= _WORD_MIN)[:_WORDS_MAX]


def _recent_first(found: Reading) -> Reading:
    """Who was here last comes first; of a member who is found twice, the newer row."""
    newest = {row.id: row for row in sorted(found.rows, key=lambda row: row.version)}
    once = [row for row in found.rows if newest[row.id] is row]
    once.sort(key=lambda row: row.last_visit, reverse=True)
    return Reading(tuple(once), found.acked)
