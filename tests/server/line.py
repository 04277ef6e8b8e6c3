"""A terminal's line to a server in a thread of its own, over HTTP."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import uvicorn
from sqlalchemy import Engine, event

from sync.protocol import codec, signing
from sync.protocol.messages import Hello, HelloAnswer, Problem, PullAnswer
from sync.server.api.application import application
from sync.server.api.news import Newsroom
from sync.server.api.snapshots import Snapshots
from sync.server.listening import listening_socket, serving
from tests.server.shop import NOON

PREFIX = "/v1/device"


class Serving(uvicorn.Server):
    """A server in a thread, up when it says so, and gone as soon as it is not asked any more.

    Left alone it would look every tenth of a second whether to end, and then wait another one.
    """

    def __init__(self, app) -> None:
        super().__init__(serving(app))
        self._up = threading.Event()
        self._ended = asyncio.Event()
        self._listening = listening_socket("127.0.0.1", 0)
        self._thread = threading.Thread(target=self.run, args=([self._listening],), daemon=True)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        self._up.set()
        await self._ended.wait()

    async def shutdown(self, sockets=None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)  # their ends are told to them in the next turn
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)  # in its own time
        else:
            await self.lifespan.shutdown()

    def __enter__(self) -> str:
        self._thread.start()
        assert self._up.wait(20)
        host, port = self._listening.getsockname()
        return f"http://{host}:{port}"

    def __exit__(self, *fault: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(20)
        assert not self._thread.is_alive(), "the server does not end"


def plain_http(url: str, **options) -> httpx.Client:
    """Whoever asks a server here over plain HTTP, for which no certificates need be loaded."""
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.Client(base_url=url, verify=nobody, **options)


class Line:
    """A terminal's line to the server, with everything signed unless a test says otherwise."""

    def __init__(self, client: httpx.Client, office, till) -> None:
        self.client = client
        self.office = office
        self.till = till
        self.server_key = office.keys.config.public_key().public_bytes_raw()

    def send(self, method: str, path: str, body: bytes = b"", **changes) -> httpx.Response:
        target = PREFIX + path
        headers = signing.sign_request(
            changes.pop("key", self.till.key),
            terminal=changes.pop("terminal", self.till.caller.terminal),
            method=method,
            target=changes.pop("signed_target", target),
            body=changes.pop("signed_body", body),
            now=changes.pop("now", NOON),
            incarnation=changes.pop("life", 0),
        )
        headers |= changes.pop("headers", {})
        return self.client.request(method, target, content=body, headers=headers)

    def ask(self, path: str, message: msgspec.Struct, kind: type):
        response = self.send("POST", path, codec.encode(message))
        assert response.status_code == 200, response.text
        return codec.decode(response.content, kind)

    def greet(self) -> HelloAnswer:
        till = self.till
        hello = Hello(protocol=1, app="0.1.0", epoch=1, last_seq=till.pushed, head=till.head.hex())
        return self.ask("/hello", hello, HelloAnswer)

    def pull(self, query: str = "", kind: type = PullAnswer):
        response = self.send("GET", "/pull" + query)
        assert response.status_code == 200, response.text
        return codec.decode(response.content, kind)


def whole_application(office, clock):
    """The application with first copies, which nobody here is large enough for, and news."""
    snapshots = Snapshots(office, Path("nowhere"), least=1_000_000)
    return application(office, clock, snapshots=snapshots, newsroom=Newsroom(office))


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    said = codec.decode(response.content, Problem)
    assert said.status == response.status_code
    assert said.title
    return said.status, said.code


@contextmanager
def asked_of(engine: Engine) -> Iterator[list[int]]:
    """What grows with each time that somebody takes a connection of an engine."""
    times: list[int] = []

    def note(*_connection: object) -> None:
        times.append(1)

    event.listen(engine, "checkout", note)
    try:
        yield times
    finally:
        event.remove(engine, "checkout", note)
