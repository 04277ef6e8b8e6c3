"""Head office in a simulation: the real interface, office and files, killed at any commit.

Packets go through the server's own ASGI application, on one thread: what it would do on a worker
thread is done at once, so that a run repeats itself.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

from sqlalchemy import event

from sync.client.http import Answer
from sync.server.api.application import application
from sync.server.api.snapshots import Snapshots
from sync.server.jobs import Jobs
from sync.server.office.enrol import issue_code
from sync.server.office.head_office import HeadOffice
from sync.server.store.database import Database, Place, open_database
from sync.server.store.keys import load_keys
from tests.simulation import shop
from tests.simulation.clock import Time


class Unforeseen(Exception):
    """The server answered 500: nobody had thought of what happened in it."""


class Killed(BaseException):
    """The server's process is gone in the middle of something."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A request on its way: as it was sent, headers in lower case."""

    method: str
    target: str
    body: bytes
    headers: dict[str, str]


class Central:
    """The server, on a copy of the databases in `founded`.

    It makes first copies for stores with `copies_from` members or more; 0 for one that cannot.
    """

    def __init__(
        self,
        folder: Path,
        founded: Place,
        time: Time,
        chance: random.Random,
        *,
        copies_from: int,
    ) -> None:
        self._folder = folder
        self._copies_from = copies_from
        self._copies = 0
        self._place = self._copy_of(founded)
        self._backup: Place | None = None
        self._time = time
        self._chance = chance
        self._commits_left = 0  # until it dies; 0 for never
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(_Inline())
        self._start()

    def _start(self) -> None:
        database = open_database(self._place)
        for engine in (database.writing, database.keys_writing):
            event.listen(engine, "commit", self._about_to_commit)
        self.office = HeadOffice(
            database=database, keys=load_keys(shop.keys_folder()), random=self._chance.randbytes
        )
        copies = None
        if self._copies_from:
            folder = self._folder.with_name("copies")
            copies = Snapshots(self.office, folder, least=self._copies_from, maker=_Inline())
        self._application = application(self.office, lambda: self._time.now, snapshots=copies)

    def _copy_of(self, place: Place) -> Place:
        self._copies += 1
        return shop.copied(place, self._folder.with_name(f"{self._folder.name}{self._copies}"))

    @property
    def database(self) -> Database:
        return self.office.database

    def restart(self) -> None:
        self.database.close()
        self._start()

    @property
    def has_backup(self) -> bool:
        return self._backup is not None

    def back_up(self) -> None:
        """Copy the databases aside."""
        if self._backup is not None:
            shop.dropped(self._backup)
        self.database.close()
        self._backup = self._copy_of(self._place)
        self._start()

    def go_back(self) -> None:
        """Go on with the last copy."""
        assert self._backup is not None
        self.database.close()
        shop.dropped(self._place)
        self._place = self._copy_of(self._backup)
        self._start()

    def close(self) -> None:
        self.database.close()
        for place in (self._place, self._backup):
            if place is not None:
                shop.dropped(place)
        self._loop.close()

    @contextmanager
    def dying(self, commits: int) -> Iterator[None]:
        """Let the process be killed right before its n-th commit from here on."""
        self._commits_left = commits
        try:
            yield
        finally:
            self._commits_left = 0

    def _about_to_commit(self, connection: object) -> None:
        if self._commits_left:
            self._commits_left -= 1
            if not self._commits_left:
                raise Killed

    def answer(self, packet: Packet) -> Answer:
        """Answer a packet. Raises Unforeseen; Killed, after which it has to be started again."""
        with _foreseen():
            return self._loop.run_until_complete(self._answered(packet))

    def do_jobs(self) -> None:
        """Do once what the server does by itself every minute. Raises Unforeseen, Killed."""
        with _foreseen():
            Jobs(self.office, lambda: self._time.now).round()

    async def _answered(self, packet: Packet) -> Answer:
        path, _, query = packet.target.partition("?")
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": packet.method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), text.encode()) for name, text in packet.headers.items()],
            "client": ("simulation", 1),
            "server": ("127.0.0.1", 1),
            "extensions": {},
        }
        asked = [{"type": "http.request", "body": packet.body, "more_body": False}]
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return asked.pop() if asked else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        await self._application(scope, receive, send)
        headers = {name.decode().lower(): text.decode() for name, text in said[0]["headers"]}
        headers["date"] = formatdate(self._time.now / 1000, usegmt=True)
        body = b"".join(message.get("body", b"") for message in said[1:])
        return Answer(said[0]["status"], headers, body)

    def new_code(self, store: int, name: str) -> str:
        with self.database.write() as connection:
            return issue_code(self.office, connection, store=store, name=name, now=self._time.now)


class _Log(logging.Handler):
    """Keeps what the server logs as a fault of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(logging.Formatter().format(record))


_unforeseen = _Log()
logging.getLogger("loyalty_server").addHandler(_unforeseen)


@contextmanager
def _foreseen() -> Iterator[None]:
    _unforeseen.said.clear()
    yield
    if _unforeseen.said:
        raise Unforeseen("\n".join(_unforeseen.said))


class _Inline(ThreadPoolExecutor):
    """Does at once, on the caller's thread, what it is given to do."""

    def submit(self, work: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*values, **named))
        return done
