"""Listening: the socket that questions come in by, and how they are read from it.

Guarantees that the head of a question, the part before its body, takes no more memory than its
limit and what is read at once: the parser has no limit of its own.
"""

import os
import socket

import uvicorn
from litestar.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024

_STOP_SECONDS = 3
_KEPT_SECONDS = 75  # terminals ask every 15 to 60 seconds, on the connection they have


class BoundedHead(HttpToolsProtocol):
    """HTTP on a connection, which ends when a head has not ended after HEAD_BYTES_MAX."""

    _begun = 0  # heads on this connection
    _in_head = False
    _head_bytes = 0  # of the head that is being read, in pieces that did not end it

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._begun += 1
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Stop counting: whoever answers has a limit for the body."""
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Read what came; end the connection when it was only more of a head than there may be."""
        head = self._begun if self._in_head else 0
        super().data_received(data)
        if head != self._begun or not self._in_head or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES_MAX:
            self.send_400_response("The head is too long.")


def serving(application: ASGIApp) -> uvicorn.Config:
    """Return how an application is served: without a log of its own, or a word of what serves."""
    return uvicorn.Config(
        application,
        http=BoundedHead,
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
