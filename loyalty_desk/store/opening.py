"""Opening: the store of a terminal, put together from its two files.

A cache that cannot be read is thrown away and filled again: nothing is lost with it. A ledger that
cannot be read is put aside and made anew from the salvage file (`watch.py`).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from loyalty_desk.paths import Places
from loyalty_desk.store import recovery
from loyalty_desk.store.cache import Cache, open_cache
from loyalty_desk.store.keys import Keys
from loyalty_desk.store.ledger import Ledger
from loyalty_desk.store.members import Members
from loyalty_desk.store.replica import StoreReplica
from loyalty_desk.store.salvage import Salvage
from loyalty_desk.store.watch import Watch, mark_hurt, open_watched
from sync.programme.refusals import Reason, Refused

# Personal data does not stay on a till that nobody connects any more.
_COPY_KEPT_MS = 30 * 24 * 3_600_000
_DISPOSABLE = (Reason.DATABASE_KEY_WRONG, Reason.DATABASE_DAMAGED, Reason.DATABASE_NEWER)


@dataclass(frozen=True, slots=True)
class Store:
    """The open store: the ledger, the cache, and the two views of both."""

    ledger: Ledger
    cache: Cache
    members: Members
    replica: StoreReplica
    watch: Watch

    def idle(self, now: int) -> None:
        """Do what waits for an idle moment, about a second after the last act."""
        fetched_at = self.cache.freshness().fetched_at
        if fetched_at and now - fetched_at > _COPY_KEPT_MS:
            self.cache.forget_members()
        acked = self.ledger.settled
        self.cache.make_durable()
        self.ledger.tidy(now, acked=acked)
        self.watch.idle(now, acked=acked)

    def close(self, now: int) -> None:
        """Tidy and close both files. Safe to repeat."""
        if not self.ledger.is_open:
            return
        try:
            with suppress(Refused):  # a full disk: what is on it stays as it is
                self.idle(now)
        finally:
            self.cache.close()
            self.ledger.close()


def open_store(
    places: Places, keys: Keys, *, random_bytes: Callable[[int], bytes], now: int
) -> Store:
    """Open a terminal's store, or make an empty one.

    Raises Refused: DATABASE_KEY_WRONG, DATABASE_NEWER, DATABASE_DAMAGED, DISK_FULL.
    """
    places.prepare()
    try:
        return _open(places, keys, random_bytes, now)
    except Refused as refused:
        hurt = refused.reason is Reason.DATABASE_DAMAGED
        if not hurt or not Salvage(places.salvage, keys.derived("salvage"), random_bytes).seq:
            raise
    # Found by what was read of it: make it anew as if it could not have been opened.
    mark_hurt(places)
    recovery.remove(places.cache)
    return _open(places, keys, random_bytes, now)


def _open(places: Places, keys: Keys, random_bytes: Callable[[int], bytes], now: int) -> Store:
    watch = open_watched(places, keys, random_bytes=random_bytes, now=now)
    ledger = watch.ledger
    try:
        cache = _readable_cache(places.cache, ledger.cache_key)
    except BaseException:
        ledger.close()
        raise
    store = Store(ledger, cache, Members(ledger, cache), StoreReplica(ledger, cache), watch)
    try:
        watch.begin(cache_acked=cache.acked_seq)
        _agree(ledger, cache)
        store.idle(now)
    except BaseException:
        cache.close()
        ledger.close()
        raise
    return store


def _agree(ledger: Ledger, cache: Cache) -> None:
    """Let both files say the same of what the pulled rows contain of this terminal's events."""
    if cache.is_new or cache.acked_seq > ledger.head().seq:
        # Whatever rows will come contain at least what the server has acknowledged before; and
        # rows that contain events which this ledger has lost do not contain its next ones.
        cache.assume(ledger.settled if cache.is_new else ledger.head().seq)
    if ledger.lives.leaving is not None:
        cache.refetch()  # an older ledger may lack documents and staff that came with a page
    if ledger.identity is not None:
        ledger.settle(cache.acked_seq, told=False)


def _readable_cache(path: Path, key: bytes) -> Cache:
    try:
        return open_cache(path, key)
    except Refused as refused:
        if refused.reason not in _DISPOSABLE:
            raise
    recovery.remove(path)
    return open_cache(path, key)
