"""A real server for the member's page, on a socket of this machine, with a clock that is set."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sync.server.api.application import application
from sync.server.office.head_office import HeadOffice
from sync.server.office.sessions import begin_session
from sync.server.web.letters import Letter, Sender
from sync.server.web.routes import member_pages
from sync.server.web.site import Site, harden
from sync.server.web.visits import _spelt
from tests.server.line import Serving


@dataclass
class Clock:
    """A clock that stands where it was set."""

    now: int

    def __call__(self) -> int:
        return self.now


@dataclass
class Letters:
    """A letter box: what was sent, in order."""

    sent: list[Letter] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, letter: Letter) -> None:
        self.sent.append(letter)
        self.came.set()

    def next(self) -> Letter:
        """The letter that comes next."""
        assert self.came.wait(10), "no letter came"
        self.came.clear()
        return self.sent[-1]


@dataclass
class Served:
    """A running server."""

    office: HeadOffice
    clock: Clock
    letters: Letters
    url: str
    site: Site

    def at(self, path: str) -> str:
        return f"{self.url}/m/{path}"

    def cookie_for(self, member: int) -> dict[str, str]:
        """The cookie of a browser in which a member is signed in."""
        with self.office.database.write() as connection:
            secret = begin_session(self.office, connection, member, now=self.clock())
        return {"name": self.site.cookie, "value": _spelt(secret), "url": self.url}


@contextmanager
def serving(
    office: HeadOffice, now: int, *, site: Site | None = None, send: Sender | None = None
) -> Iterator[Served]:
    """Serve `office` at `now`, from a thread of its own."""
    clock, letters = Clock(now), Letters()
    site = site or Site()

    async def hardened(message, scope) -> None:
        harden(site, message, scope)

    app = application(
        office,
        clock,
        pages=[member_pages(office, clock, site, send or letters)],
        before_send=[hardened],
    )
    with Serving(app) as url:
        yield Served(office, clock, letters, url, site)
