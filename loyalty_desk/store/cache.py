"""Cache: the members as they were pulled, and the ways to find them. Disposable.

Guarantees that the rows, the cursor they came with and the acknowledgement that belongs to them are
always of one and the same pull. Two connections: one writes pulled pages, one answers the cashier,
who therefore never waits for a page to be written.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import msgspec

from loyalty_desk.store import meta
from loyalty_desk.store.database import Connection, Database, connect, open_database
from loyalty_desk.store.member_rows import MemberWriter, drop_indexes, make_indexes
from loyalty_desk.store.migrations import CACHE_STEPS
from loyalty_desk.store.newcomers import words_of
from sync.protocol.messages import MemberRow, PullAnswer

CANDIDATES_MAX = 50
_WORDS_MAX = 6
_WORD_MIN = 2
_INDEXED_MAX = 5  # letters of a beginning that has an index of its own (see migrations)
_READER_KIB = 32 * 1024
_WRITER_KIB = 16 * 1024
_AUTOCHECKPOINT_PAGES = 4_000

_ACKED = "(SELECT value FROM meta WHERE name = 'acked_seq')"

_decoder = msgspec.msgpack.Decoder(MemberRow)


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows, and the acknowledgement that they belong to."""

    rows: tuple[MemberRow, ...]
    acked: int


NOBODY = Reading((), 0)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How good the copy is: when it was last brought up to date (ms UTC, 0 = never), how many
    members it holds, whether it has ever been complete; and what came with it.

    `sales` are the day's sales of this terminal as the till reported them (-1 unknown), `pickups`
    the rewards ready to be collected in this store; `stock`
    maps a counted reward to what is left.
    """

    fetched_at: int
    members: int
    complete: bool
    sales: int
    pickups: int
    stock: Mapping[int, int]


def open_cache(path: Path, key: bytes) -> "Cache":
    """Open the cache, or make an empty one.

    Raises Refused: DATABASE_KEY_WRONG, DATABASE_NEWER, DATABASE_DAMAGED, DISK_FULL.
    """
    writer = open_database(
        path,
        key,
        CACHE_STEPS,
        synchronous="NORMAL",
        cache_kib=_WRITER_KIB,
        autocheckpoint=_AUTOCHECKPOINT_PAGES,
    )
    try:
        with writer.writing() as connection:
            make_indexes(connection)  # a fill that was cut off left the file without them
        reader = Database(connect(path, key, synchronous="NORMAL", cache_kib=_READER_KIB))
    except BaseException:
        writer.close()
        raise
    return Cache(writer, reader)


class Cache:
    """The open cache; every method may be called from any thread."""

    def __init__(self, writer: Database, reader: Database) -> None:
        self._writer = writer
        self._reader = reader
        self._is_durable = True
        # Asked by every act; what was read holds until the writer has committed again.
        self._commits = 0
        self._fresh: tuple[int, Freshness] | None = None

    # --- Finding ----------------------------------------------------------------------------------

    def by_member(self, member: int) -> Reading:
        """Return the member's row, or none."""
        return self._read(f"SELECT row, {_ACKED} FROM members WHERE id = ?", member)

    def by_card(self, card: str) -> Reading:
        """Return the row of who holds a card (hex), or none."""
        return self._read(
            f"SELECT m.row, {_ACKED} FROM cards c JOIN members m ON m.id = c.member"
            " WHERE c.card = ?",
            bytes.fromhex(card),
        )

    def by_cpf_hash(self, cpf_hash: int) -> Reading:
        """Return the row of who has a CPF (63-bit keyed hash), or none."""
        return self._read(
            f"SELECT row, {_ACKED} FROM members WHERE cpf_hash = ? AND cpf_hash <> 0", cpf_hash
        )

    def by_phone_hash(self, phone_hash: int) -> Reading:
        """Return the rows of everybody with a phone (63-bit keyed hash), latest arrival first."""
        return self._read(
            f"SELECT row, {_ACKED} FROM members WHERE phone_hash = ? AND phone_hash <> 0"
            f" ORDER BY n DESC LIMIT {CANDIDATES_MAX}",
            phone_hash,
        )

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
        recent_first = sorted(found.rows, key=lambda row: row.last_visit, reverse=True)
        return Reading(tuple(recent_first), found.acked)

    def _named(self, words: Sequence[str], *, whole: bool) -> Reading:
        """Look for words by their beginnings; with `whole`, long ones as they stand.

        Beginnings of up to five letters have an index. For longer ones the whole word is tried
        first, which is fast, and its beginning only when that finds too few.
        """
        # Each word is letters and digits only and stands in quotes: no operator of FTS5 gets in.
        query = " ".join(
            f'"{word}"' if whole and len(word) > _INDEXED_MAX else f'"{word}"*' for word in words
        )
        return self._read(
            f"SELECT m.row, {_ACKED} FROM (SELECT rowid AS n FROM names WHERE names MATCH ?"
            f" ORDER BY rowid DESC LIMIT {CANDIDATES_MAX}) AS hits JOIN members m ON m.n = hits.n",
            query,
        )

    def _read(self, statement: str, value: int | str | bytes) -> Reading:
        """Read rows and their acknowledgement in one statement, so that they belong together."""
        found = self._reader.fetch(statement, value)
        if not found:
            return NOBODY
        return Reading(tuple(_decoder.decode(row) for row, _ in found), found[0][1] or 0)

    # --- How good it is ---------------------------------------------------------------------------

    @property
    def cursor(self) -> str:
        """How far has been pulled; "" from the beginning."""
        with self._reader.reading() as connection:
            return meta.value(connection, "cursor", "")

    @property
    def acked_seq(self) -> int:
        """The own event up to which the rows contain everything."""
        with self._reader.reading() as connection:
            return meta.value(connection, "acked_seq", 0)

    def count(self) -> int:
        """Return how many members are held."""
        with self._reader.reading() as connection:
            return meta.value(connection, "count", 0)

    def freshness(self) -> Freshness:
        """Return how good the copy is, and what came with it."""
        # Counted before reading: what a commit overtakes meanwhile is read again the next time.
        commits, known = self._commits, self._fresh
        if known is not None and known[0] == commits:
            return known[1]
        fresh = self._read_freshness()
        self._fresh = commits, fresh
        return fresh

    def _read_freshness(self) -> Freshness:
        with self._reader.snapshot() as connection:
            stock = connection.execute("SELECT reward, left_over FROM stock").fetchall()
            return Freshness(
                fetched_at=meta.value(connection, "fetched_at", 0),
                members=meta.value(connection, "count", 0),
                complete=bool(meta.value(connection, "complete", 0)),
                sales=meta.value(connection, "sales", -1),
                pickups=meta.value(connection, "pickups", 0),
                stock=MappingProxyType(dict(stock)),
            )

    # --- Filling ----------------------------------------------------------------------------------

    @property
    def is_new(self) -> bool:
        """True until it is known which own events its rows contain."""
        with self._reader.reading() as connection:
            return meta.value(connection, "acked_seq", -1) < 0

    def assume(self, acked_seq: int) -> None:
        """Say of an empty cache that whatever rows will come contain the events up to here."""
        with self._written() as connection:
            meta.keep(connection, acked_seq=acked_seq)

    def apply(
        self,
        page: PullAnswer,
        *,
        now: int,
        own_members: Collection[int] = (),
        own_cards: Collection[str] = (),
    ) -> None:
        """Apply a pulled page in one transaction.

        The rows of members with own unacknowledged events (`own_members`, `own_cards`) wait for the
        last page of a pull, because the acknowledgement that belongs to them comes with it: so a
        balance never shows an event twice, or not at all, in between.
        """
        with self._written() as connection:
            round_ = meta.value(connection, "round", 0)
            writer = MemberWriter(connection, round_)
            for member in page.gone:
                writer.drop(member)
            if page.more:
                writer.put_all(_hold(connection, page, own_members, own_cards))
            else:
                writer.put_all(_released(connection, page))
                if round_ and not meta.value(connection, "complete", 0):
                    writer.drop_older_rounds()
                meta.keep(connection, acked_seq=page.acked_seq, complete=1)
            _keep_stock(connection, page)
            if page.sales >= 0:
                meta.keep(connection, sales=page.sales)
            if page.pickups >= 0:
                meta.keep(connection, pickups=page.pickups)
            count = meta.value(connection, "count", 0) + writer.added
            meta.keep(connection, count=count, cursor=page.cursor, fetched_at=now)

    def refetch(self) -> None:
        """Begin again with the first page; rows that do not come again go with the last one."""
        with self._written() as connection:
            meta.keep(
                connection,
                cursor="",
                complete=0,
                round=meta.value(connection, "round", 0) + 1,
            )
            connection.execute("DELETE FROM held")

    def fill(self, pages: Iterable[Sequence[MemberRow]]) -> None:
        """Put very many new members in, a transaction a page, with the indexes made at the end."""
        with self._written() as connection:
            drop_indexes(connection)
        try:
            for page in pages:
                with self._written() as connection:
                    writer = MemberWriter(connection, meta.value(connection, "round", 0))
                    writer.put_new(page)
                    count = meta.value(connection, "count", 0) + writer.added
                    meta.keep(connection, count=count)
        finally:
            with self._written() as connection:
                make_indexes(connection)

    def forget_members(self) -> None:
        """Forget everybody: a till that has been cut off for long keeps no copy of them.

        Credits go on by card; everything comes again with the next pull.
        """
        with self._written() as connection:
            for table in ("members", "cards", "held", "stock"):
                connection.execute(f"DELETE FROM {table}")
            connection.execute("INSERT INTO names (names) VALUES ('delete-all')")
            meta.keep(connection, cursor="", complete=0, count=0, fetched_at=0)

    def make_durable(self) -> None:
        """Put what was applied so far onto the disk: after this no power cut takes it back."""
        with self._writer.lock:
            if not self._is_durable:
                with self._writer.reading() as connection:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                self._is_durable = True

    @contextmanager
    def _written(self) -> Iterator[Connection]:
        with self._writer.lock:
            self._is_durable = False
            with self._writer.writing() as connection:
                yield connection
            self._commits += 1

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
        self._writer.close()


def searched_words(text: str) -> tuple[str, ...]:
    """Return the words of a query that are looked for."""
    return tuple(word for word in words_of(text) if len(word) >= _WORD_MIN)[:_WORDS_MAX]


def _hold(
    connection: Connection,
    page: PullAnswer,
    own_members: Collection[int],
    own_cards: Collection[str],
) -> list[MemberRow]:
    """Put rows aside that belong to the last page's acknowledgement; return the others."""
    connection.executemany("DELETE FROM held WHERE member = ?", [(one,) for one in page.gone])
    free = []
    for row in page.members:
        if row.id in own_members or any(card in own_cards for card in row.cards):
            connection.execute(
                "INSERT OR REPLACE INTO held (member, row) VALUES (?, ?)",
                (row.id, msgspec.msgpack.encode(row)),
            )
        else:
            free.append(row)
    return free


def _released(connection: Connection, page: PullAnswer) -> list[MemberRow]:
    """Return the rows of a last page, after those that waited for it and did not come again."""
    held = connection.execute("SELECT row FROM held").fetchall()
    connection.execute("DELETE FROM held")
    newest = {row.id: row for row in (_decoder.decode(row) for (row,) in held)}
    for member in page.gone:
        newest.pop(member, None)
    newest |= {row.id: row for row in page.members}
    return list(newest.values())


def _keep_stock(connection: Connection, page: PullAnswer) -> None:
    if page.stock:  # when it is there at all, it is the complete list
        connection.execute("DELETE FROM stock")
        connection.executemany(
            "INSERT INTO stock (reward, left_over) VALUES (?, ?)",
            [(one.reward, one.left) for one in page.stock],
        )
