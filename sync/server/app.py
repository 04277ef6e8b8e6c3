"""Puts the server together: the only file that reads the clock, chance, and standard streams."""

import contextlib
import gc
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from types import FrameType

import uvicorn
from litestar.types import Message, Scope
from sqlalchemy.exc import OperationalError

from sync.programme.refusals import Reason, Refused
from sync.server.api.application import application
from sync.server.api.news import Newsroom
from sync.server.api.snapshots import Snapshots
from sync.server.jobs import Jobs
from sync.server.listening import listening_socket, serving
from sync.server.office import witness
from sync.server.office.cards import badge_token, card_token
from sync.server.office.demo.build import DemoState, build, demo_state, desk_code
from sync.server.office.enrol import issue_code
from sync.server.office.expiry import expire_due, expired_through
from sync.server.office.head_office import HeadOffice
from sync.server.office.losses import CONSOLE, GRACE_DAYS, declare_found, declare_lost
from sync.server.office.outbox_import import import_outbox
from sync.server.office.recovery import awaited, end_recovery
from sync.server.settings import Settings
from sync.server.store.database import Address, Place, forget, migrate, open_database
from sync.server.store.keys import load_keys, make_keys
from sync.server.web.letters import Post, Sender, by_console, by_post
from sync.server.web.routes import member_pages
from sync.server.web.site import PREFIX, Site, harden

SNAPSHOTS = "snapshots"

_COLLECTED_AFTER = 20_000  # objects made, less those that went

_log = logging.getLogger("loyalty_server")


def run(settings: Settings) -> int:
    """Do what was asked on the command line and return the exit status."""
    try:
        return _COMMANDS[settings.command](settings)
    except Refused as refused:
        sys.stderr.write(f"loyalty-server: {refused.reason.value} {refused.facts or ''}\n")
        return 1
    except OperationalError as fault:
        # The driver's own words: they name no password.
        sys.stderr.write(f"loyalty-server: {Reason.DATABASE_DAMAGED.value} {fault.orig}\n")
        return 1
    except BrokenPipeError:
        # Whoever started us is gone.
        return 0
    finally:
        _leave_quietly()


def clock_of(settings: Settings) -> Callable[[], int]:
    """Return the clock of a run, in milliseconds UTC: the machine's, or one set for a demo."""
    if not settings.clock:
        return lambda: time.time_ns() // 1_000_000
    begun = time.monotonic_ns()
    return lambda: settings.clock + (time.monotonic_ns() - begun) // 1_000_000


def place_of(settings: Settings) -> Place:
    """Return where the databases of a run are."""
    if not settings.database:
        return settings.data
    return Address(data=settings.database, keys=settings.keys_database or settings.database)


def _migrate(settings: Settings) -> int:
    migrate(place_of(settings))
    make_keys(settings.data, secrets.token_bytes)
    return 0


def _demo(settings: Settings) -> int:
    """Make the demo's data unless it is there; a demo that was not finished begins again."""
    _migrate(settings)
    with _office(settings) as office, office.database.read() as connection:
        state = demo_state(connection)
    if settings.reset_demo or state == DemoState.UNFINISHED:
        forget(place_of(settings))
        witness.forget(settings.data)
        shutil.rmtree(settings.data / SNAPSHOTS, ignore_errors=True)
        _migrate(settings)
        state = DemoState.NOTHING
    with _office(settings) as office:
        if state == DemoState.NOTHING:
            build(office, members=settings.members, now=clock_of(settings)(), progress=_Progress())
        _say("code", desk_code(office, now=clock_of(settings)()))
    return 0


def _serve(settings: Settings) -> int:
    if settings.demo:
        _demo(settings)
    site = Site(settings.public_url)
    with _begun(settings) as office:
        listening = listening_socket(settings.host, settings.port)
        clock = clock_of(settings)
        newsroom = Newsroom(office)
        snapshots = Snapshots(office, settings.data / SNAPSHOTS, least=settings.snapshot_from)
        jobs = Jobs(
            office,
            clock,
            also={"witness": lambda office, _now: witness.renew(office, settings.data)},
        )
        config = serving(
            application(
                office,
                clock,
                snapshots=snapshots,
                newsroom=newsroom,
                pages=[member_pages(office, clock, site, _sender(settings))],
                before_send=[_hardening(site)],
            )
        )
        server = _Server(config, listening, newsroom)
        if settings.exit_on_eof:
            threading.Thread(target=server.stop_on_eof, daemon=True).start()
        own_address = f"http://{settings.host}:{server.port}"
        _say("member-page", f"{site.address or own_address}{PREFIX}/")
        jobs.start()
        try:
            server.run(sockets=[listening])
        finally:
            jobs.close()
            snapshots.close()
    return 0


def _hardening(site: Site) -> Callable[[Message, Scope], Awaitable[None]]:
    async def before_send(message: Message, scope: Scope) -> None:
        harden(site, message, scope)

    return before_send


def _sender(settings: Settings) -> Sender:
    """Return how one-time codes reach members; raises ValueError for an address that is none."""
    if not settings.smtp:
        return by_console(_say)
    host, _, port = settings.smtp.rpartition(":")
    post = Post(host=host, port=int(port), sender=settings.smtp_from, user=settings.smtp_user)
    return by_post(post)


def _code(settings: Settings) -> int:
    with _office(settings) as office, office.database.write() as connection:
        code = issue_code(
            office, connection, store=settings.store, name=settings.name, now=clock_of(settings)()
        )
    _say("code", code)
    return 0


def _card(settings: Settings) -> int:
    with _office(settings) as office:
        _, token = card_token(office, settings.member, now=clock_of(settings)())
    _say("card", token)
    return 0


def _badge(settings: Settings) -> int:
    with _office(settings) as office:
        _say("badge", badge_token(office, settings.staff, now=clock_of(settings)()))
    return 0


def _expire(settings: Settings) -> int:
    with _begun(settings) as office:
        _say("lapsed", expire_due(office, now=clock_of(settings)()))
        _say("through", expired_through(office))
    return 0


def _lost(settings: Settings) -> int:
    """Declare a terminal lost; whoever has the server's console may."""
    with _office(settings) as office:
        written_off = declare_lost(
            office,
            settings.terminal,
            staff=CONSOLE,
            now=clock_of(settings)(),
            grace_days=0 if settings.at_once else GRACE_DAYS,
        )
    _say("written-off", written_off)
    return 0


def _found(settings: Settings) -> int:
    with _office(settings) as office:
        declare_found(office, settings.terminal, staff=CONSOLE, now=clock_of(settings)())
    return 0


def _import_outbox(settings: Settings) -> int:
    body = settings.file.read_bytes()
    with _begun(settings) as office:
        imported = import_outbox(office, body, now=clock_of(settings)())
    _say("batches", imported.batches)
    for reason in imported.refused:
        _say("refused", reason.value)
    return 1 if imported.refused else 0


def _end_recovery(settings: Settings) -> int:
    with _office(settings) as office:
        _say("waited-for", " ".join(map(str, awaited(office))) or "-")
        _say("ended", int(end_recovery(office, staff=CONSOLE, now=clock_of(settings)())))
    return 0


_COMMANDS = {
    "serve": _serve,
    "migrate": _migrate,
    "demo": _demo,
    "code": _code,
    "card": _card,
    "badge": _badge,
    "expire": _expire,
    "terminal-lost": _lost,
    "terminal-found": _found,
    "import-outbox": _import_outbox,
    "end-recovery": _end_recovery,
}


@contextlib.contextmanager
def _office(settings: Settings) -> Iterator[HeadOffice]:
    database = open_database(place_of(settings))
    try:
        yield HeadOffice(
            database=database, keys=load_keys(settings.data), random=secrets.token_bytes
        )
    finally:
        database.close()


@contextlib.contextmanager
def _begun(settings: Settings) -> Iterator[HeadOffice]:
    """Give the office once it is known whether its database was put back from a copy."""
    with _office(settings) as office:
        try:
            if witness.look_back(office, settings.data, now=clock_of(settings)()):
                _say("restored", "from a copy")
        except OSError as fault:
            _log.error("the mark beside the database cannot be kept: %s", fault.strerror)
        yield office


def _say(word: str, value: object) -> None:
    """Tell whoever started the server, at once."""
    sys.stdout.write(f"{word} {value}\n")
    sys.stdout.flush()


def _leave_quietly() -> None:
    """Let the interpreter's last flush succeed, also when nobody reads what is left."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Progress:
    """Says each percentage once."""

    def __init__(self) -> None:
        self._said = -1

    def __call__(self, percent: int) -> None:
        if percent > self._said:
            self._said = percent
            _say("progress", percent)


class _Server(uvicorn.Server):
    """A server that says when it is ready, and ends in order when it is told to."""

    def __init__(
        self, config: uvicorn.Config, listening: socket.socket, newsroom: Newsroom
    ) -> None:
        super().__init__(config)
        self._newsroom = newsroom
        self.port: int = listening.getsockname()[1]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if not self.started:
            return
        # What was loaded stays: the collector looks only at what questions leave behind.
        gc.freeze()
        # Once a large page, not twenty times: its rows are plain values, which no cycle can hold.
        gc.set_threshold(_COLLECTED_AFTER)
        try:
            _say("ready", self.port)
        except BrokenPipeError:  # nobody is listening any more: end as on a signal
            self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams first: nobody waits for an answer that never ends."""
        await self._newsroom.close()
        await super().shutdown(sockets=sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal and return, where uvicorn would raise it again."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        yield

    def stop_on_eof(self) -> None:
        """Stop when standard input ends: whoever started the server has gone.

        Read past `sys.stdin`, whose lock this thread would still hold when the interpreter ends.
        """
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        self.should_exit = True

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.should_exit = True
