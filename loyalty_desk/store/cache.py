"""Cache: the members as they were pulled, and the ways to find them. Disposable.

Guarantees that the rows, the cursor they came with and the acknowledgement that belongs to them are
always of one and the same pull. Two connections: one writes pulled pages, one answers the cashier,
who therefore never waits for a page to be written.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import msgspec

from loyalty_desk.store import first_copy, meta
from loyalty_desk.store.database import Connection, Database, connect, open_database
from loyalty_desk.store.finding import Finder
from loyalty_desk.store.member_rows import drop_indexes, make_indexes
from loyalty_desk.store.migrations import CACHE_STEPS
from loyalty_desk.store.proofs import Proofs
from sync.client.replica import Compared, Copying
from sync.protocol.messages import Manifest, MemberRow, PullAnswer, Tally
from sync.protocol.tally import NOTHING, tally_of, together

_READER_KIB = 32 * 1024
_WRITER_KIB = 16 * 1024
_AUTOCHECKPOINT_PAGES = 4_000
_TALLIED_AT_ONCE = 2_000
_TALLY_EVERY_MS = 24 * 3_600_000
_NOTED_MS = 60_000

_decoder = msgspec.msgpack.Decoder(MemberRow)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How good the copy is: when it was last brought up to date (ms UTC, 0 = never), how many
    members it holds of how many (`expected`, 0 = unknown), whether it has ever been complete, and
    whether it goes on `differing` from the server's; and what came with it.

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
    expected: int = 0
    differing: bool = False


@dataclass(frozen=True, slots=True)
class _Pulling:
    """Where pulling stands: asked in every round, also when nothing has changed."""

    cursor: str
    copying: Copying | None
    complete: bool
    tallied_at: int


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
            first_copy.make_right(connection)
        reader = Database(connect(path, key, synchronous="NORMAL", cache_kib=_READER_KIB))
    except BaseException:
        writer.close()
        raise
    return Cache(writer, reader)


class Cache(Finder):
    """The open cache; every method may be called from any thread."""

    def __init__(self, writer: Database, reader: Database) -> None:
        super().__init__(reader)
        self._writer = writer
        self.proofs = Proofs(writer)
        self._is_durable = True
        # Asked by every act; what was read holds until the writer has committed again.
        self._commits = 0
        self._fresh: tuple[int, Freshness] | None = None
        # What the last page said besides rows, and when it was kept; None since anything else.
        self._said: tuple[tuple[object, ...], int] | None = None
        self._look_again()

    # --- How good it is ---------------------------------------------------------------------------

    @property
    def cursor(self) -> str:
        """How far has been pulled; "" from the beginning."""
        return self._pulling.cursor

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
            copying = first_copy.copying(connection)
            return Freshness(
                fetched_at=meta.value(connection, "fetched_at", 0),
                members=meta.value(connection, "count", 0),
                complete=bool(meta.value(connection, "complete", 0)),
                sales=meta.value(connection, "sales", -1),
                pickups=meta.value(connection, "pickups", 0),
                stock=MappingProxyType(dict(stock)),
                expected=copying.manifest.members if copying else 0,
                differing=meta.value(connection, "doubts", 0) > 1,
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
        balance never shows an event twice, or not at all, in between. A page that says nothing new
        is not written, but for its time once a minute.
        """
        if self._is_known(page, now):
            return
        with self._written() as connection:
            round_ = meta.value(connection, "round", 0)
            writer = first_copy.writer_of(connection)
            for member in page.gone:
                writer.drop(member)
            if page.more:
                writer.put_all(_hold(connection, page, own_members, own_cards))
            else:
                writer.put_all(_released(connection, page))
                is_whole = first_copy.copying(connection) is None
                if is_whole and round_ and not meta.value(connection, "complete", 0):
                    writer.drop_older_rounds()
                meta.keep(connection, acked_seq=page.acked_seq, complete=int(is_whole))
            _keep_stock(connection, page)
            if page.sales >= 0:
                meta.keep(connection, sales=page.sales)
            if page.pickups >= 0:
                meta.keep(connection, pickups=page.pickups)
            count = meta.value(connection, "count", 0) + writer.added
            meta.keep(connection, count=count, cursor=page.cursor, fetched_at=now)
        if not page.more:
            self._said = _said(page), now

    def _is_known(self, page: PullAnswer, now: int) -> bool:
        """Say whether a page brings nothing but a later time, which is kept in mind."""
        said = self._said
        if page.more or page.members or page.gone or page.stock or said is None:
            return False
        if _said(page) != said[0] or not 0 <= now - said[1] < _NOTED_MS:
            return False
        commits = self._commits
        self._fresh = commits, replace(self.freshness(), fetched_at=now)
        return True

    def refetch(self) -> None:
        """Begin again with the first page; rows that do not come again go with the last one."""
        with self._written() as connection:
            first_copy.end(connection)
            meta.keep(
                connection,
                cursor="",
                complete=0,
                round=meta.value(connection, "round", 0) + 1,
            )
            connection.execute("DELETE FROM held")

    def copying(self) -> Copying | None:
        """Return how far a first copy has come, None when none is under way."""
        return self._pulling.copying

    def begin_copy(self, manifest: Manifest) -> None:
        """Begin a first copy; pulling goes on from the manifest's cursor meanwhile."""
        with self._written() as connection:
            first_copy.begin(connection, manifest)

    def keep_part(self, part: int, rows: Sequence[MemberRow]) -> None:
        """Put the part number `part` of a first copy in, in one transaction."""
        with self._written() as connection:
            first_copy.keep_part(connection, part, rows)

    def wants_tally(self, now: int) -> bool:
        """Say whether it is time to compare the copy with the server's."""
        pulling = self._pulling
        if pulling.copying is not None:
            return False
        return not pulling.complete or abs(now - pulling.tallied_at) >= _TALLY_EVERY_MS

    def compare(self, tally: Tally, *, now: int) -> Compared:
        """Compare the copy with what the server's comes to; one that differs begins anew, once."""
        doubts = 0 if self.tally() == tally else self._doubts() + 1
        with self._written() as connection:
            meta.keep(connection, tallied_at=now, doubts=doubts)
        if doubts == 1:
            self.refetch()
        return "same" if not doubts else "again" if doubts == 1 else "different"

    def tally(self) -> Tally:
        """Return what the rows come to, read from the file once more."""
        whole, last = NOTHING, 0
        while True:
            with self._writer.reading() as connection:
                rows = connection.execute(
                    "SELECT n, row FROM rows WHERE n > ? ORDER BY n LIMIT ?",
                    (last, _TALLIED_AT_ONCE),
                ).fetchall()
            if not rows:
                return whole
            last = rows[-1][0]
            whole = together(whole, tally_of(_decoder.decode(row) for _, row in rows))

    def _doubts(self) -> int:
        """How often in a row the copy differed; a third time counts as the first."""
        with self._reader.reading() as connection:
            return meta.value(connection, "doubts", 0) % 2

    def fill(self, pages: Iterable[Sequence[MemberRow]]) -> None:
        """Put very many new members in, a transaction a page, with the indexes made at the end."""
        with self._written() as connection:
            drop_indexes(connection)
        try:
            for page in pages:
                with self._written() as connection:
                    writer = first_copy.writer_of(connection)
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
            for table in ("members", "rows", "cards", "held", "stock"):
                connection.execute(f"DELETE FROM {table}")
            connection.execute("INSERT INTO names (names) VALUES ('delete-all')")
            first_copy.end(connection)
            meta.keep(connection, cursor="", complete=0, count=0, fetched_at=0, seeded=0)

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
            self._said = None
            with self._writer.writing() as connection:
                yield connection
            self._look_again()
            self._commits += 1

    def _look_again(self) -> None:
        """See where rows are found, and where pulling stands, since a transaction of the writer."""
        with self._writer.reading() as connection:
            self._pulling = _Pulling(
                cursor=meta.value(connection, "cursor", ""),
                copying=first_copy.copying(connection),
                complete=bool(meta.value(connection, "complete", 0)),
                tallied_at=meta.value(connection, "tallied_at", 0),
            )
            self.look(
                is_sparse=first_copy.is_sparse(connection),
                is_seeded=bool(meta.value(connection, "seeded", 0)),
            )

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
        self._writer.close()


def _said(page: PullAnswer) -> tuple[object, ...]:
    """What a last page says besides rows and time."""
    return page.cursor, page.acked_seq, page.sales, page.pickups


def _hold(
    connection: Connection,
    page: PullAnswer,
    own_members: Collection[int],
    own_cards: Collection[str],
) -> Sequence[MemberRow]:
    """Put rows aside that belong to the last page's acknowledgement; return the others."""
    connection.executemany("DELETE FROM held WHERE member = ?", [(one,) for one in page.gone])
    if not (own_members or own_cards):
        return page.members
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


def _released(connection: Connection, page: PullAnswer) -> Sequence[MemberRow]:
    """Return the rows of a last page, after those that waited for it and did not come again."""
    held = connection.execute("SELECT row FROM held").fetchall()
    if not held:
        return page.members
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
