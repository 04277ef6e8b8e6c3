"""A proxy between real processes that does to requests and answers what bad networks do.

One seed decides what happens to the n-th request. What reaches the server is what a till has sent,
byte for byte; what reaches the till is an answer, half of one, somebody else's, or nothing.
"""

import contextlib
import random
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_PORTAL = b"<html><title>Wi-Fi</title><body>Entre com seu CPF para navegar</body></html>"
_LATE_S = 1.2
_SHORT_DELAY_S = 0.02

# In thousandths of all requests; whatever is left goes well.
ROUGH = {
    "lost before": 30,  # the connection is reset before anything is passed on
    "lost after": 40,  # it is passed on, and the connection is reset
    "half": 40,  # half the answer, and the end
    "doubled": 50,  # it arrives twice; the second answer is given
    "delayed": 30,
    "late": 4,  # the answer comes when nobody waits any more
    "error 500": 25,
    "error 502 after": 25,  # the server has done it, and what stands before it says 502
    "busy 429": 25,
    "portal": 30,  # a captive portal's page, with status 200
    "redirect": 15,
    "old answer": 25,  # what the server has said before
    "bit": 25,  # one bit of the answer is another
}


class _End(Exception):
    """The connection is over."""


@dataclass(frozen=True, slots=True)
class _Message:
    """A request or an answer: its first line, its headers and its body, as they came."""

    head: bytes
    body: bytes

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].partition(b"?")[0].decode()

    @property
    def whole(self) -> bytes:
        return self.head + self.body


@dataclass
class Proxy:
    """What passes between tills and a server; `faults` may be changed at any time."""

    upstream: int
    chance: random.Random
    faults: dict[str, int] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    port: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    broken: list[BaseException] = field(default_factory=list)  # of the proxy itself
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _heard: dict[str, bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def _fate(self, path: str) -> tuple[str, int]:
        with self._lock:
            at, more = self.chance.randrange(1000), self.chance.getrandbits(32)
            name = "well"
            for fault, often in self.faults.items():
                at -= often
                if at < 0:
                    name = fault
                    break
            self.fates[name] += 1
            self.asked[path] += 1
            return name, more

    def serve(self, connection: socket.socket) -> None:
        """Pass requests on until either side ends the connection."""
        upstream: socket.socket | None = None
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            upstream = socket.create_connection(("127.0.0.1", self.upstream), timeout=30)
            while True:
                self._exchange(connection, upstream)
        except (_End, OSError):  # either side has had enough: that is what we are here for
            pass
        except BaseException as fault:
            self.broken.append(fault)
            raise
        finally:
            connection.close()
            if upstream is not None:
                upstream.close()

    def _exchange(self, till: socket.socket, server: socket.socket) -> None:
        request = _read(till)
        fate, more = self._fate(request.path)
        if fate == "lost before":
            _reset(till)
        if fate in _INSTEAD:
            till.sendall(_INSTEAD[fate])
            raise _End
        server.sendall(request.whole)
        answer = _read(server)
        if fate == "doubled":
            server.sendall(request.whole)
            answer = _read(server)
        self._spoil(till, request, answer, fate, more)

    def _spoil(
        self, till: socket.socket, request: _Message, answer: _Message, fate: str, more: int
    ) -> None:
        if fate == "lost after":
            _reset(till)
        if fate == "error 502 after":
            till.sendall(_said(502, b"", "Content-Type: text/plain"))
            raise _End
        if fate in ("late", "delayed"):
            threading.Event().wait(_LATE_S if fate == "late" else _SHORT_DELAY_S)
        said = answer.whole
        if fate == "half":
            till.sendall(said[: len(answer.head) + len(answer.body) // 2])
            raise _End
        if fate == "bit" and answer.body:
            spoilt = bytearray(answer.body)
            spoilt[more % len(spoilt)] ^= 1 << more % 8
            said = answer.head + bytes(spoilt)
        if fate == "old answer":
            said = self._heard.get(request.path, said)
        self._heard[request.path] = answer.whole
        till.sendall(said)


@contextmanager
def chaos(
    upstream_url: str, seed: int, *, faults: dict[str, int], tls: ssl.SSLContext | None = None
) -> Iterator[Proxy]:
    """A proxy before the server at an address, until the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(int(upstream_url.rpartition(":")[2]), random.Random(seed), dict(faults), tls)
    proxy.port = listener.getsockname()[1]
    threads: list[threading.Thread] = []

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(30)
            threads.append(threading.Thread(target=proxy.serve, args=(connection,), daemon=True))
            threads[-1].start()

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    try:
        yield proxy
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        listener.close()
        listening.join(timeout=10)


def _read(connection: socket.socket) -> _Message:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    ]
    missing = (lengths[0] if lengths else 0) - len(body)
    while missing > 0:
        part = _some(connection)
        body += part
        missing -= len(part)
    return _Message(head + b"\r\n\r\n", body)


def _some(connection: socket.socket) -> bytes:
    part = connection.recv(262_144)
    if not part:
        raise _End
    return part


def _reset(connection: socket.socket) -> None:
    """End a connection as one that broke: with a reset, not in order."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise _End


def _said(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


_INSTEAD = {
    "error 500": _said(500, b"Internal Server Error", "Content-Type: text/plain"),
    "busy 429": _said(429, b"", "Retry-After: 2", "Content-Type: text/plain"),
    "portal": _said(200, _PORTAL, "Content-Type: text/html"),
    "redirect": _said(302, b"", "Location: http://login.example/"),
}
