"""Opening: the store of a terminal, put together from its two files.

A cache that cannot be read is thrown away and filled again: nothing is lost with it. A ledger that
cannot be read is never touched: that is a refusal, and somebody has to look.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loyalty_desk.paths import Places
from loyalty_desk.store.cache import Cache, open_cache
from loyalty_desk.store.keys import Keys
from loyalty_desk.store.ledger import Ledger, open_ledger
from loyalty_desk.store.members import Members
from loyalty_desk.store.replica import StoreReplica
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

    def idle(self, now: int) -> None:
        """Do what waits for an idle moment, about a second after the last act."""
        fetched_at = self.cache.freshness().fetched_at
        if fetched_at and now - fetched_at > _COPY_KEPT_MS:
            self.cache.forget_members()
        acked = self.ledger.settled
        self.cache.make_durable()
        self.ledger.tidy(now, acked=acked)

    def close(self, now: int) -> None:
        """Tidy and close both files. Safe to repeat."""
        if not self.ledger.is_open:
            return
        try:
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
    ledger = open_ledger(places.ledger, keys.database, keys.pepper, random_bytes=random_bytes)
    try:
        cache = _readable_cache(places.cache, ledger.cache_key)
    except BaseException:
        ledger.close()
        raise
    if cache.is_new:
        # Whatever rows will come contain at least what the server has acknowledged before.
        cache.assume(ledger.settled)
    elif ledger.identity is not None:
        ledger.settle(cache.acked_seq)
    store = Store(ledger, cache, Members(ledger, cache), StoreReplica(ledger, cache))
    store.idle(now)
    return store


def _readable_cache(path: Path, key: bytes) -> Cache:
    try:
        return open_cache(path, key)
    except Refused as refused:
        if refused.reason not in _DISPOSABLE:
            raise
    for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        file.unlink(missing_ok=True)
    return open_cache(path, key)
