"""Member rows: putting pulled members into the cache, with everything they are found by.

Guarantees that a member is found by exactly the cards, numbers and names of their last row. A
member who has visited again moves to the end of the arrival order, so that who was here last is
found first without sorting.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count, islice, repeat
from operator import itemgetter
from typing import TypeVar

import msgspec

from loyalty_desk.store.database import Connection
from loyalty_desk.store.migrations import INDEXES, LINE
from loyalty_desk.store.newcomers import words_of
from sync.protocol.messages import MemberRow

_One = TypeVar("_One")

_IDS_MAX = 1_000
_ROWS_AT_ONCE = 100

_ID = itemgetter(0)
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(MemberRow)


class MemberWriter:
    """Writes members within one transaction. `added` is how many there are more than before.

    Arrivals are numbered above `after`. `near` is the condition on `n` of the rows that can be
    found by id while a first copy is put in, "" for all.
    """

    def __init__(
        self, connection: Connection, round_: int, *, after: int = 0, near: str = ""
    ) -> None:
        self._connection = connection
        self._round = round_
        self._after = after
        self._near = f" AND {near}" if near else ""
        self.added = 0

    def put_all(self, rows: Sequence[MemberRow]) -> None:
        """Put members in, or replace their rows; of one member the last row counts."""
        arriving, renumbered, same = [], [], []
        changed: dict[int, bytes] = {}
        for some in _in_parts({row.id: row for row in rows}.values(), _IDS_MAX):
            held = self._held([row.id for row in some])
            for row in some:
                if row.id not in held:
                    arriving.append(row)
                    continue
                _, n, before = held[row.id]
                after = _encode(row)
                if after == before:
                    same.append((self._round, n))
                    continue
                old = _decoder.decode(before)
                if row.last_visit > old.last_visit or row.name != old.name:
                    self._remove(n, old)
                    arriving.append(row)
                    continue
                changed[n] = after
                if row.cards != old.cards:
                    self._drop_cards(old)
                    self._put_cards(row)
                if row.cpf_hash != old.cpf_hash or row.phone_hash != old.phone_hash:
                    renumbered.append((row.cpf_hash, row.phone_hash, n))
        self._connection.executemany("UPDATE rows SET round = ? WHERE n = ?", same)
        _insert(
            self._connection,
            "INSERT OR REPLACE INTO rows (n, round, row)",
            zip(changed, repeat(self._round), changed.values(), strict=False),
        )
        self._connection.executemany(
            "UPDATE members SET cpf_hash = ?, phone_hash = ? WHERE n = ?", renumbered
        )
        self.put_new(arriving)

    def of_this_round(self, ids: Sequence[int]) -> set[int]:
        """Return which of these members have come already in this round of pulling."""
        further = f" AND round = {self._round}"
        return {member for part in _in_parts(ids, _IDS_MAX) for member in self._held(part, further)}

    def _held(self, ids: Sequence[int], further: str = "") -> dict[int, tuple[int, int, bytes]]:
        """The ids, numbers and stored rows of those of these members who are there, by id."""
        found = self._connection.execute(
            "SELECT id, n, row FROM members JOIN rows USING (n)"
            f" WHERE id IN ({', '.join('?' * len(ids))}){self._near}{further}",
            ids,
        ).fetchall()
        return dict(zip(map(_ID, found), found, strict=True))

    def put_new(self, rows: Sequence[MemberRow]) -> None:
        """Put members in of whom it is known that none is there yet; the last one arrived last."""
        # REPLACE: after a merge the card may still stand with the other member.
        self._put_many(rows, self._next(), self._next_card(), clash="REPLACE")

    def put_seeds(self, rows: Sequence[MemberRow]) -> None:
        """Put in a part of a first copy: below the line, behind the parts before it."""
        first, first_card = self._last("n", "members") + 1, self._last("rowid", "cards") + 1
        # IGNORE: a card that has come by a pull stands with whoever has it now.
        self._put_many(rows, first, first_card, clash="IGNORE")

    def _put_many(
        self, rows: Sequence[MemberRow], first: int, first_card: int, *, clash: str
    ) -> None:
        _insert(
            self._connection,
            "INSERT INTO members (n, id, cpf_hash, phone_hash)",
            ((n, row.id, row.cpf_hash, row.phone_hash) for n, row in enumerate(rows, first)),
        )
        _insert(
            self._connection,
            "INSERT INTO rows (n, round, row)",
            zip(count(first), repeat(self._round), map(_encode, rows), strict=False),
        )
        # One by one: FTS5 writes what it has gathered at the end of a statement of many rows.
        self._connection.executemany(
            "INSERT INTO names (rowid, name) VALUES (?, ?)",
            zip(count(first), map(_name, rows), strict=False),
        )
        number = count(first_card)
        _insert(
            self._connection,
            f"INSERT OR {clash} INTO cards (rowid, card, member)",
            ((next(number), bytes.fromhex(card), row.id) for row in rows for card in row.cards),
        )
        self.added += len(rows)

    def drop(self, member: int) -> None:
        """Take a member out, with everything they are found by."""
        found = self._connection.execute(
            "SELECT n, row FROM members JOIN rows USING (n) WHERE id = ?", (member,)
        ).fetchall()
        for n, row in found:  # twice while a first copy is put in
            self._remove(n, _decoder.decode(row))

    def drop_older_rounds(self) -> None:
        """Take everybody out who did not come again in this round of pulling."""
        older = self._connection.execute(
            "SELECT n, row FROM rows WHERE round < ?", (self._round,)
        ).fetchall()
        for n, row in older:
            self._remove(n, _decoder.decode(row))

    def _remove(self, n: int, row: MemberRow) -> None:
        self._connection.execute("DELETE FROM members WHERE n = ?", (n,))
        self._connection.execute("DELETE FROM rows WHERE n = ?", (n,))
        self._connection.execute("DELETE FROM names WHERE rowid = ?", (n,))
        self._drop_cards(row)
        self.added -= 1

    def _put_cards(self, row: MemberRow) -> None:
        for card in row.cards:
            self._connection.execute(
                "INSERT OR REPLACE INTO cards (rowid, card, member) VALUES (?, ?, ?)",
                (self._next_card(), bytes.fromhex(card), row.id),
            )

    def _drop_cards(self, row: MemberRow) -> None:
        for card in row.cards:
            self._connection.execute(
                "DELETE FROM cards WHERE card = ? AND member = ?", (bytes.fromhex(card), row.id)
            )

    def _next(self) -> int:
        last: int | None = self._connection.execute("SELECT max(n) FROM members").fetchone()[0]
        return max(last or 0, self._after) + 1

    def _next_card(self) -> int:
        last: int | None = self._connection.execute("SELECT max(rowid) FROM cards").fetchone()[0]
        return max(last or 0, self._after) + 1

    def _last(self, number: str, table: str) -> int:
        """The last number below the line."""
        last: int | None = self._connection.execute(
            f"SELECT max({number}) FROM {table} WHERE {number} <= {LINE}"
        ).fetchone()[0]
        return last or 0


def drop_indexes(connection: Connection) -> None:
    """Take the indexes away before a bulk fill."""
    for statement in INDEXES:
        name = statement.split(" ON ")[0].split()[-1]
        connection.execute(f"DROP INDEX IF EXISTS {name}")


def make_indexes(connection: Connection) -> None:
    """Make the indexes that are missing."""
    for statement in INDEXES:
        connection.execute(statement)


def _insert(connection: Connection, into: str, rows: Iterable[tuple[int | bytes, ...]]) -> None:
    """Put rows in, many a statement: to begin and end one costs as much as a row."""
    for some in _in_parts(rows, _ROWS_AT_ONCE):
        one = f"({', '.join('?' * len(some[0]))})"
        statement = f"{into} VALUES {', '.join([one] * len(some))}"
        connection.execute(statement, list(chain.from_iterable(some)))


def _in_parts(many: Iterable[_One], most: int) -> Iterator[list[_One]]:
    """Give them in their order, at most so many at a time."""
    each = iter(many)
    while some := list(islice(each, most)):
        yield some


def _name(row: MemberRow) -> str:
    """What is indexed of a name; plain letters FTS5 takes apart and folds as `words_of` does."""
    return row.name if row.name.isascii() else " ".join(words_of(row.name))
