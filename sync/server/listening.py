"""Listening: the socket that questions come in by, and how they are read from it.

Guarantees that all of a question that is not its body (its line, headers, trailers, and what frames
chunks) takes no more memory than its limit and what is read at once: the parser has no limit.
"""

import os
import socket

import uvicorn
from litestar.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024

_STOP_SECONDS = 3
_KEPT_SECONDS = 75  # terminals ask every 15 to 60 seconds, on the connection they have


class Bounded(HttpToolsProtocol):
    """HTTP on a connection, which ends when a question has more than HEAD_BYTES_MAX beside a body.

    For the body, whoever answers has a limit.
    """

    _begun = 0  # questions on this connection
    _is_coming = False
    _beside = 0  # bytes of the question that is coming, in pieces that did not end it
    _body = 0

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._begun += 1
        self._is_coming = True
        self._beside = 0

    def on_body(self, body: bytes) -> None:
        """Leave a body out of the count."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop counting."""
        self._is_coming = False
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Read what came; end the connection when it was more than there may be."""
        question, body = self._begun if self._is_coming else 0, self._body
        super().data_received(data)
        if question != self._begun or not self._is_coming or self.transport.is_closing():
            return
        self._beside += len(data) - (self._body - body)
        if self._beside > HEAD_BYTES_MAX:
            self.send_400_response("The head is too long.")


def serving(application: ASGIApp) -> uvicorn.Config:
    """Return how an application is served: without a log of its own, or a word of what serves."""
    return uvicorn.Config(
        application,
        http=Bounded,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
        timeout_keep_alive=_KEPT_SECONDS,
    )


def listening_socket(host: str, port: int) -> socket.socket:
    """Return the socket to serve on, bound, so that its port is known before anybody calls."""
    # Named as TCP, or asyncio leaves Nagle's delay on and each answer waits for 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    return listening
