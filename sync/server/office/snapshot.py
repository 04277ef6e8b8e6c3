"""Snapshot: a first copy of a store's members, in parts made ahead, who visited last first.

A part is named by what is in it, so it can be fetched again and resumed one by one; the manifest
that lists them is signed. Rows are read after the cursor of the manifest, page by page, so none is
older than it: what changed meanwhile comes with the pull that goes on from there. Guarantees that
nobody who was to be forgotten is handed out: one erasure after the cursor ends the snapshot.

Parts lie sealed beside the database, and can be made again at any time. Those of the snapshot
before are kept until the next one is made: a terminal that has just been told of them finds them.
"""

import hashlib
import os
import shutil
from array import array
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Select, and_, func, select

from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.protocol import codec, signing
from sync.protocol.columns import CHUNK_BYTES_MAX, pack_rows
from sync.protocol.messages import ChunkRef, Manifest, MemberRow, Snapshot
from sync.server.office import feed as feeds
from sync.server.office.documents import rulebook
from sync.server.office.epoch import epoch
from sync.server.office.head_office import DAY_MS, HeadOffice
from sync.server.office.member_rows import Asking, member_rows
from sync.server.office.pull import Cursor, read_cursor, view_of, write_cursor
from sync.server.store.dialect import among
from sync.server.store.tables import balances, feed, feed_changes

CHUNK_MEMBERS = 20_000
FRESH_MS = 7 * DAY_MS

_PAGE = 2_000
_STREAMED = 10_000
_NONCE_BYTES = 12
_MANIFEST = "manifest.json"
_STALE_SHARE = 4  # a quarter of all members changed: better begin anew


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot that may be handed out; `stale` when a newer one is worth its making."""

    manifest: Manifest
    answer: Snapshot
    stale: bool


def members_for(connection: Connection, store: int) -> int:
    """Return how many members the terminals of a store hold."""
    scope = feeds.scope_of(connection, store)
    count: int = connection.execute(
        select(func.count()).select_from(feed).where(feed.c.scope == scope, ~feed.c.gone)
    ).scalar_one()
    return count


def kept(office: HeadOffice, folder: Path, store: int, *, now: int) -> Kept | None:
    """Return the snapshot of a store that may be handed out; what may not is deleted."""
    _kept_in(_before(folder, store), office, store, now=now)
    return _kept_in(_place(folder, store), office, store, now=now)


def _kept_in(place: Path, office: HeadOffice, store: int, *, now: int) -> Kept | None:
    try:
        signed = codec.decode((place / _MANIFEST).read_bytes(), Snapshot)
        manifest = codec.decode(signed.manifest.encode(), Manifest)
        seq = read_cursor(manifest.cursor).seq
        for chunk in manifest.chunks:
            (place / chunk.sha256).stat()
    except FileNotFoundError:  # none, not all of one, or another is being put in its place
        return None
    except Refused:
        _forget(place)
        return None
    with office.database.read() as connection:
        scope = feeds.scope_of(connection, store)
        fits = (manifest.epoch, manifest.scope) == (epoch(connection), scope)
        changed = feeds.head(connection, scope) - seq
        if not fits or changed < 0 or _has_gone(connection, scope, seq):
            _forget(place)
            return None
    old = now - manifest.made_at > FRESH_MS
    return Kept(manifest, signed, old or changed * _STALE_SHARE > manifest.members)


def part(office: HeadOffice, folder: Path, store: int, sha256: str, *, now: int) -> bytes:
    """Return a part as it travels. Raises Refused(NOT_FOUND) for one that is not handed out.

    A snapshot that is replaced meanwhile has moved to the next place that is looked at.
    """
    for place in (_place(folder, store), _before(folder, store)):
        found = _kept_in(place, office, store, now=now)
        if found is not None and any(chunk.sha256 == sha256 for chunk in found.manifest.chunks):
            with suppress(FileNotFoundError):
                return _opened(office, place, sha256)
    raise Refused(Reason.NOT_FOUND)


def _opened(office: HeadOffice, place: Path, sha256: str) -> bytes:
    try:
        sealed = (place / sha256).read_bytes()
        return AESGCM(office.keys.field).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(sha256)
        )
    except FileNotFoundError:
        raise  # what lies there now may be whole
    except (OSError, InvalidTag, ValueError) as fault:
        _forget(place)
        raise Refused(Reason.NOT_FOUND) from fault


def build(
    office: HeadOffice,
    folder: Path,
    store: int,
    *,
    now: int,
    goes_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Make the snapshot of a store in the place of the one before.

    Asks `goes_on` now and then; returns False, and leaves everything as it was, when it says no.
    """
    with office.database.read() as connection:
        scope = feeds.scope_of(connection, store)
        cursor = Cursor(epoch(connection), scope, feeds.head(connection, scope))
    with office.database.read() as connection:
        order = _order(connection, scope)
    place = _place(folder, store)
    making = place.with_name(place.name + ".new")
    _forget(making)
    making.mkdir(mode=0o700, parents=True)
    refs = []
    for start in range(0, len(order), CHUNK_MEMBERS):
        rows: list[MemberRow] = []
        for page in _pages(order[start : start + CHUNK_MEMBERS]):
            if not goes_on():
                _forget(making)
                return False
            rows += _rows(office, scope, store, page, now)
        if rows:
            refs.append(_write_part(office, making, rows))
    _sign(office, making, cursor, refs, now)
    _forget(_before(folder, store))
    if place.exists():
        place.rename(_before(folder, store))
    making.rename(place)
    return True


def _forget(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)


def _has_gone(connection: Connection, scope: str, after: int) -> bool:
    """Say whether somebody has to be forgotten who may still stand in the parts."""
    return (
        connection.execute(
            select(feed_changes.c.member_id)
            .where(feed_changes.c.scope == scope, feed_changes.c.seq > after, feed_changes.c.gone)
            .limit(1)
        ).first()
        is not None
    )


def _order(connection: Connection, scope: str) -> "array[int]":
    """The members of a scope, who visited last first; eight bytes each."""
    chosen = (
        select(feed.c.member_id)
        .join(
            balances,
            and_(
                balances.c.bucket == feed.c.bucket,
                balances.c.member_id == feed.c.member_id,
                balances.c.purse == 0,
            ),
        )
        .where(feed.c.scope == scope, ~feed.c.gone)
        .order_by(balances.c.last_visit.desc(), feed.c.member_id)
    )
    order = array("q")
    for rows in connection.execute(chosen).yield_per(_STREAMED).partitions():
        order.extend(row.member_id for row in rows)
    return order


def _pages(members: "array[int]") -> Iterator["array[int]"]:
    for start in range(0, len(members), _PAGE):
        yield members[start : start + _PAGE]


def _rows(
    office: HeadOffice, scope: str, store: int, page: "array[int]", now: int
) -> list[MemberRow]:
    with office.database.read() as connection:
        view = view_of(rulebook(connection).in_force(now), store, now=now)
        asking = Asking(_chosen(connection, scope, page))
        found = member_rows(office, connection, asking, view, {})
    return [found[member] for member in page if member in found]


def _chosen(connection: Connection, scope: str, page: "array[int]") -> Select[tuple[int, int]]:
    keys = [(bucket_of(member), member) for member in page]
    return select(feed.c.bucket, feed.c.member_id).where(
        feed.c.scope == scope,
        ~feed.c.gone,
        among(connection, (feed.c.bucket, feed.c.member_id), keys),
    )


def _write_part(office: HeadOffice, place: Path, rows: list[MemberRow]) -> ChunkRef:
    frame = pack_rows(rows)
    assert len(frame) <= CHUNK_BYTES_MAX, len(frame)
    sha256 = hashlib.sha256(frame).hexdigest()
    nonce = office.random(_NONCE_BYTES)
    sealed = AESGCM(office.keys.field).encrypt(nonce, frame, _bound(sha256))
    _write(place / sha256, nonce + sealed)
    return ChunkRef(sha256, len(frame), len(rows))


def _sign(office: HeadOffice, place: Path, cursor: Cursor, refs: list[ChunkRef], now: int) -> None:
    manifest = codec.encode(
        Manifest(
            epoch=cursor.epoch,
            scope=cursor.scope,
            cursor=write_cursor(cursor),
            made_at=now,
            members=sum(ref.members for ref in refs),
            chunks=tuple(refs),
        )
    )
    signature = signing.sign_manifest(office.keys.config, manifest)
    _write(
        place / _MANIFEST, codec.encode(Snapshot(manifest=manifest.decode(), signature=signature))
    )


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _place(folder: Path, store: int) -> Path:
    return folder / f"store-{store}"


def _before(folder: Path, store: int) -> Path:
    return folder / f"store-{store}.before"


def _bound(sha256: str) -> bytes:
    return b"snapshot" + sha256.encode()
