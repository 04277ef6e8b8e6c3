"""First copies over HTTP: the manifest of a store's snapshot, and its parts one by one.

Making one takes longer than a terminal waits, so it is made by a thread of its own when somebody
asks for one that is not there; until then the answer is "none", and the terminal pulls page by
page.
"""

import logging
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from litestar import Router, get
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from sync.protocol.messages import PREFIX, Snapshot
from sync.server.api.exchange import AnyRequest, Clock, exchange
from sync.server.office import snapshot
from sync.server.office.head_office import HeadOffice
from sync.server.office.terminals import Caller

_log = logging.getLogger("loyalty_server")


class Snapshots:
    """The snapshots in a folder; made for stores with at least `least` members.

    `maker` makes them one after the other; without one, a thread does.
    """

    def __init__(
        self, office: HeadOffice, folder: Path, *, least: int, maker: Executor | None = None
    ) -> None:
        self._office = office
        self._folder = folder
        self._least = least
        self._maker = maker or ThreadPoolExecutor(max_workers=1, thread_name_prefix="snapshot")
        self._lock = threading.Lock()
        self._making: set[int] = set()
        self._closed = threading.Event()

    def offered(self, store: int, *, now: int) -> Snapshot:
        """Return a store's manifest, or none; has a new one made where that is worth it."""
        kept = snapshot.kept(self._office, self._folder, store, now=now)
        if kept is None or kept.stale:
            with self._office.database.read() as connection:
                members = snapshot.members_for(connection, store)
            if members >= self._least:
                self._make(store, now)
        return Snapshot() if kept is None else kept.answer

    def part(self, store: int, sha256: str, *, now: int) -> bytes:
        """Return a part as it travels; raises Refused(NOT_FOUND)."""
        return snapshot.part(self._office, self._folder, store, sha256, now=now)

    def close(self) -> None:
        """Stop making; what was begun is begun anew another time."""
        self._closed.set()
        self._maker.shutdown(wait=True, cancel_futures=True)

    def _make(self, store: int, now: int) -> None:
        with self._lock:
            if store in self._making or self._closed.is_set():
                return
            self._making.add(store)
        making = self._maker.submit(
            snapshot.build,
            self._office,
            self._folder,
            store,
            now=now,
            goes_on=lambda: not self._closed.is_set(),
        )
        making.add_done_callback(partial(self._made, store))

    def _made(self, store: int, making: Future[bool]) -> None:
        with self._lock:
            self._making.discard(store)
        if not making.cancelled() and (fault := making.exception()) is not None:
            _log.error("fault in making the snapshot of store %s", store, exc_info=fault)


def snapshot_router(office: HeadOffice, clock: Clock, snapshots: Snapshots) -> Router:
    """Return the routes of first copies."""

    @get("/snapshot")
    async def offer_snapshot(request: AnyRequest) -> ASGIResponse:
        def work(caller: Caller, body: bytes) -> object:
            return snapshots.offered(caller.store, now=clock())

        return await exchange(office, clock, request, work)

    @get("/snapshot/{sha256:str}")
    async def give_part(request: AnyRequest, sha256: FromPath[str]) -> ASGIResponse:
        def work(caller: Caller, body: bytes) -> object:
            return snapshots.part(caller.store, sha256, now=clock())

        return await exchange(office, clock, request, work)

    return Router(path=PREFIX, route_handlers=[offer_snapshot, give_part])
