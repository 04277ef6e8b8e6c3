"""First copy: a million members put into an empty cache, in parts, while the desk works.

The parts come with who visited last first, and are written in that order: numbers `n` from 1 up,
below `LINE`. Whoever arrives later, by an ordinary pull, stands above it. Until all parts are in,
only the first rows and the arrivals are indexed by id, number and card (one more index over a
million rows costs more than the rows); names are always. Guarantees that a row that came with a
pull is never replaced by an older one of a part, and that a copy that was cut off goes on with the
next part.
"""

from collections.abc import Mapping, Sequence

import msgspec

from loyalty_desk.store import meta
from loyalty_desk.store.database import Connection
from loyalty_desk.store.member_rows import MemberWriter, drop_indexes, make_indexes
from loyalty_desk.store.migrations import LINE, NEAR, SEED_INDEXES
from sync.client.replica import Copying
from sync.protocol.messages import Manifest, MemberRow

# How FTS5 gathers names and joins what it has written (sqlite.org/fts5.html, "Special INSERT
# Directives"): while parts come in, one piece a part and none joined twice; else as it does untold.
_FILLING = {"hashsize": 4 << 20, "automerge": 0, "crisismerge": 64}
_FILLED = {"hashsize": 1 << 20, "automerge": 4, "crisismerge": 16}


def writer_of(connection: Connection) -> MemberWriter:
    """Return what writes members into the cache as it is now."""
    return MemberWriter(
        connection,
        meta.value(connection, "round", 0),
        after=LINE if meta.value(connection, "seeded", 0) else 0,
        near=NEAR if is_sparse(connection) else "",
    )


def is_sparse(connection: Connection) -> bool:
    """Say whether only the first rows and the arrivals can be found by id, number and card."""
    return bool(meta.value(connection, "sparse", 0))


def copying(connection: Connection) -> Copying | None:
    """Return how far a first copy has come, None when none is under way."""
    text = meta.value(connection, "copy", "")
    if not text:
        return None
    manifest = msgspec.json.decode(text, type=Manifest)
    return Copying(manifest, meta.value(connection, "copied", 0))


def begin(connection: Connection, manifest: Manifest) -> None:
    """Begin a copy; pulling goes on from the manifest's cursor meanwhile."""
    meta.keep(
        connection,
        copy=msgspec.json.encode(manifest).decode(),
        copied=0,
        cursor=manifest.cursor,
        complete=0,
    )
    if connection.execute("SELECT 1 FROM members LIMIT 1").fetchone() is None:
        drop_indexes(connection)
        for statement in SEED_INDEXES:
            connection.execute(statement)
        _gather_names(connection, _FILLING)
        meta.keep(connection, sparse=1, seeded=1)


def keep_part(connection: Connection, part: int, rows: Sequence[MemberRow]) -> None:
    """Put the part number `part` in; the last one makes the copy whole."""
    under_way = copying(connection)
    if under_way is None or under_way.done != part:
        return
    writer = writer_of(connection)
    if is_sparse(connection):
        arrived = connection.execute("SELECT id FROM members WHERE n > ?", (LINE,)).fetchall()
        known = {member for (member,) in arrived}
        writer.put_seeds([row for row in rows if row.id not in known])
    else:
        known = writer.of_this_round([row.id for row in rows])
        writer.put_all([row for row in rows if row.id not in known])
    meta.keep(connection, copied=part + 1, count=meta.value(connection, "count", 0) + writer.added)
    if part + 1 == len(under_way.manifest.chunks):
        _finish(connection)


def make_right(connection: Connection) -> None:
    """Make the indexes that a fill that was cut off has left out."""
    if not is_sparse(connection):
        make_indexes(connection)


def end(connection: Connection) -> None:
    """Forget that a copy was under way, and be ready for anything; rows stay."""
    if is_sparse(connection):
        _finish(connection)
    meta.keep(connection, copy="", copied=0)


def _finish(connection: Connection) -> None:
    """Index everything, once whoever came by a pull meanwhile stands there only once."""
    if is_sparse(connection):
        doubles = connection.execute(
            "SELECT n FROM members WHERE n <= ? AND id IN (SELECT id FROM members WHERE n > ?)",
            (LINE, LINE),
        ).fetchall()
        for table in ("members WHERE n", "rows WHERE n", "names WHERE rowid"):
            connection.executemany(f"DELETE FROM {table} = ?", doubles)
        connection.execute(
            "DELETE FROM cards WHERE rowid <= ?1 AND (member IN (SELECT id FROM members WHERE n"
            " > ?1) OR card IN (SELECT card FROM cards WHERE rowid > ?1))",
            (LINE,),
        )
        count = meta.value(connection, "count", 0) - len(doubles)
        for statement in SEED_INDEXES:
            connection.execute(f"DROP INDEX {statement.split(' ON ')[0].split()[-1]}")
        make_indexes(connection)
        _gather_names(connection, _FILLED)
        meta.keep(connection, sparse=0, count=count)
    meta.keep(connection, copy="", copied=0)


def _gather_names(connection: Connection, settings: Mapping[str, int]) -> None:
    connection.executemany("INSERT INTO names (names, rank) VALUES (?, ?)", settings.items())
