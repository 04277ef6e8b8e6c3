"""Where questions come in: what is taken of a connection before anybody knows who is asking."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest
import uvicorn
from litestar import Litestar, Request, post

from sync.server import listening
from sync.server.listening import HEAD_BYTES_MAX, listening_socket, serving

TOO_LONG = b"The head is too long."


@post("/", status_code=200)
async def length(request: Request) -> str:
    return str(len(await request.body()))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    listening = listening_socket("127.0.0.1", 0)
    server = uvicorn.Server(serving(Litestar([length], openapi_config=None, logging_config=None)))
    thread = threading.Thread(target=server.run, args=([listening],))
    listening.listen()  # who calls before it is ready waits in the queue
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(20)


@contextmanager
def line_to(port: int) -> Iterator[socket.socket]:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as line:
        yield line


def said_on(line: socket.socket) -> bytes:
    """The end of what comes until the other side hangs up."""
    said = b""
    with suppress(ConnectionResetError):  # it hung up on what it had not read yet
        while part := line.recv(65_536):
            said += part
    return said.rpartition(b"\r\n")[2]


def await_one(line: socket.socket) -> None:
    """Read the answer to a body of one byte."""
    said = b""
    while not said.endswith(b"\r\n\r\n1"):
        part = line.recv(65_536)
        assert part, said
        said += part


def asked(head: bytes, body: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nhost: till\r\nconnection: close\r\n" + head + b"\r\n" + body


def test_the_socket_is_named_as_tcp():
    """Otherwise asyncio keeps Nagle's delay on, and an answer in two parts waits for 40 ms."""
    with closing(listening_socket("127.0.0.1", 0)) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_a_head_without_an_end_ends_the_connection(port):
    with line_to(port) as line:
        line.sendall(b"POST / HTTP/1.1\r\nhost: till\r\nx: ")
        with suppress(OSError):  # nobody may be listening any more
            for _ in range(16):
                line.sendall(b"a" * HEAD_BYTES_MAX)

        assert said_on(line) in (b"", TOO_LONG)


def test_the_length_of_a_body_is_not_that_of_its_head(port):
    body = b"b" * (4 * HEAD_BYTES_MAX)
    length = f"content-length: {len(body)}\r\n".encode()
    with line_to(port) as line:
        line.sendall(asked(length))
        for start in range(0, len(body), 50_000):
            line.sendall(body[start : start + 50_000])

        assert said_on(line) == str(len(body)).encode()


def test_heads_on_one_connection_are_counted_one_by_one(port):
    first = b"POST / HTTP/1.1\r\nhost: till\r\ncontent-length: 1\r\nx: " + b"a" * 40_000
    with line_to(port) as line:
        for _ in range(3):
            line.sendall(first)
            line.sendall(b"\r\n\r\nb")
            await_one(line)


@pytest.mark.parametrize("trailers", [b"a: " + b"a" * 60_000 + b"\r\n", b"a" * 60_000])
def test_what_follows_the_last_chunk_without_an_end_ends_the_connection(port, trailers):
    with line_to(port) as line:
        line.sendall(asked(b"transfer-encoding: chunked\r\n", b"1\r\nb\r\n0\r\na: "))
        with suppress(OSError):  # nobody may be listening any more
            for _ in range(16):
                line.sendall(trailers)

        assert said_on(line) in (b"", b"1", TOO_LONG)


def test_a_body_in_chunks_is_not_counted(port):
    chunk = b"8000\r\n" + b"b" * 0x8000 + b"\r\n"
    with line_to(port) as line:
        line.sendall(asked(b"transfer-encoding: chunked\r\n"))
        for _ in range(5):
            line.sendall(chunk)
        line.sendall(b"0\r\n\r\n")

        assert said_on(line) == str(5 * 0x8000).encode()


def test_a_body_that_comes_with_the_end_of_its_head_is_not_part_of_it(port, monkeypatch):
    monkeypatch.setattr(listening, "HEAD_BYTES_MAX", 1_000)  # less than is read at once
    body = b"b" * 100_000
    rest = f"TP/1.1\r\nhost: till\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    with line_to(port) as line:
        # The answer to the first question tells that the beginning of the second was read.
        line.sendall(b"POST / HTTP/1.1\r\nhost: till\r\ncontent-length: 1\r\n\r\nbPOST / HT")
        await_one(line)
        line.sendall(rest.encode() + body)

        assert said_on(line) == str(len(body)).encode()
