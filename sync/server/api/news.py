"""The stream of news (server-sent events): "there is something to pull", and nothing else.

    event: head      data: the number that the next pull's `head` will reach
    event: lease     the same, when the terminal's leases changed: it is asked for one back
    event: revoke    this terminal is blocked; the stream ends
    event: ping      every five seconds, so that silence means that the line is dead

What it says is a hint: all that counts comes with signed answers. Guarantees that a change that was
committed before an event was sent is seen by a pull after it. Whoever commits in this process rings
the bell; what other processes commit is seen within a second.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from litestar import Response, Router, get
from litestar.response import Stream

from sync.programme.refusals import Reason, Refused
from sync.protocol import signing
from sync.protocol.messages import PREFIX
from sync.server.api.exchange import (
    AnyRequest,
    Clock,
    as_response,
    recognised,
    refusal,
    sent_by,
)
from sync.server.office.head_office import HeadOffice
from sync.server.office.news import News, news_for
from sync.server.office.terminals import Caller

PING_S = 5.0
LOOK_S = 1.0

EVENTS = "text/event-stream"
_PING = b"event: ping\ndata:\n\n"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Listener:
    """One terminal's open stream: what it was told, what is to be told."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.is_over = False
        self._told: News | None = None
        self._news: News | None = None
        self._changed = asyncio.Event()

    def hear(self, news: News) -> None:
        """Have `news` told, if it is any."""
        if news != self._news:
            self._news = news
            self._changed.set()

    def end(self) -> None:
        """Have the stream ended."""
        self.is_over = True
        self._changed.set()

    async def next_lines(self) -> bytes:
        """Return what to send next: at the latest, after five seconds, that this is alive."""
        try:
            await asyncio.wait_for(self._changed.wait(), PING_S)
        except TimeoutError:
            return _PING
        self._changed.clear()
        news, told, self._told = self._news, self._told, self._news
        if news is None or self.is_over:
            return b""
        if news.revoked:
            self.is_over = True
            return b"event: revoke\ndata:\n\n"
        kind = "head" if told is None or told.leases == news.leases else "lease"
        return f"event: {kind}\ndata: {news.head}\n\n".encode()


class Newsroom:
    """All open streams of this process. Used on the event loop; only `ring` from any thread."""

    def __init__(self, office: HeadOffice) -> None:
        self._office = office
        self._listeners: dict[tuple[int, int], Listener] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._closed = False

    def ring(self) -> None:
        """Say that something was committed; may be called from any thread."""
        if self._loop is not None and self._listeners:
            self._loop.call_soon_threadsafe(self._rung.set)

    async def stream(self, caller: Caller) -> AsyncIterator[bytes]:
        """Give a terminal's events until it goes away; its next stream ends this one."""
        listener = Listener(caller)
        place = (caller.terminal, caller.incarnation)
        self._open(place, listener)
        try:
            while not listener.is_over:
                yield await listener.next_lines()
        finally:
            if self._listeners.get(place) is listener:
                del self._listeners[place]

    async def close(self) -> None:
        """End all streams, and take no more."""
        self._closed = True
        for listener in self._listeners.values():
            listener.end()
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching

    def _open(self, place: tuple[int, int], listener: Listener) -> None:
        if self._closed:
            listener.end()
            return
        if place in self._listeners:
            self._listeners[place].end()
        self._listeners[place] = listener
        self._loop = asyncio.get_running_loop()
        self._rung.set()
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        """Look for news when the bell rings, and each second, while anybody listens."""
        try:
            await self._watch_on()
        finally:
            # Whoever cannot be told of news any more is not left to believe that there is none.
            for listener in self._listeners.values():
                listener.end()

    async def _watch_on(self) -> None:
        while self._listeners:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), LOOK_S)
            self._rung.clear()
            listeners = list(self._listeners.values())
            callers = [listener.caller for listener in listeners]
            found = await asyncio.to_thread(self._read, callers)
            for listener, news in zip(listeners, found, strict=True):
                listener.hear(news)

    def _read(self, callers: list[Caller]) -> list[News]:
        with self._office.database.read() as connection:
            return news_for(connection, callers)


def news_router(office: HeadOffice, clock: Clock, newsroom: Newsroom) -> Router:
    """Return the route of the stream."""

    @get("/stream")
    async def stream_news(request: AnyRequest) -> Response[bytes] | Stream:
        sent = await sent_by(request)
        try:
            caller = await asyncio.to_thread(recognised, office, clock, sent)
            if caller.lost:
                raise Refused(Reason.TERMINAL_REVOKED)
        except Refused as refused:
            return as_response(refusal(office, sent.headers, refused))
        signature = signing.sign_answer(
            office.keys.config,
            request_signature=sent.headers.get(signing.SIGNATURE.lower(), ""),
            body=b"",
        )
        return Stream(
            newsroom.stream(caller),
            media_type=EVENTS,
            headers={**_HEADERS, signing.SERVER_SIGNATURE: signature},
        )

    return Router(path=PREFIX, route_handlers=[stream_news])
