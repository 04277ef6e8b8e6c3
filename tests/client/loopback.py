"""A peer on loopback that says what a test tells it to, byte for byte."""

import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Request:
    """What was asked: first line, headers in lower case, body."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Peer:
    """The peer's address and everything it was asked."""

    url: str
    asked: list[Request] = field(default_factory=list)


Script = Callable[[Request, socket.socket], None]


@contextmanager
def peer(*scripts: Script):
    """A peer that answers the n-th request with the n-th script, the last one for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    here = Peer(f"http://127.0.0.1:{listener.getsockname()[1]}")
    threads = [threading.Thread(target=_serve, args=(listener, here, scripts), daemon=True)]
    threads[0].start()
    try:
        yield here
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        listener.close()
        threads[0].join(timeout=10)


def says(status: int, body: bytes = b"", *, short_by: int = 0, **headers: str) -> Script:
    """Answer with these; `short_by` bytes of the body never come."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named.setdefault("Content-Type", "text/html")
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in named.items()]
    whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def script(request: Request, connection: socket.socket) -> None:
        connection.sendall(whole[: len(whole) - short_by])

    return script


def hangs_up(request: Request, connection: socket.socket) -> None:
    """Close the connection without a word."""


def keeps_silent(request: Request, connection: socket.socket) -> None:
    """Say nothing until the other side gives up."""
    connection.settimeout(20)
    connection.recv(1)


def drips(request: Request, connection: socket.socket) -> None:
    """Send an endless body, a byte at a time, each just in time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    connection.settimeout(0.3)
    for _ in range(30):
        try:
            connection.sendall(b"x")
            if not connection.recv(1):
                return
        except TimeoutError:
            continue
        except OSError:
            return


def _serve(listener: socket.socket, here: Peer, scripts: tuple[Script, ...]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            request = _read(connection)
            if request is not None:
                here.asked.append(request)
                scripts[min(len(here.asked), len(scripts)) - 1](request, connection)


def _read(connection: socket.socket) -> Request | None:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65_536)
        if not part:
            return None
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65_536)
    return Request(line, headers, body)
