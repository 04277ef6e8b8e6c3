"""Stream: the server says "there is news", and the terminal pulls.

What comes is a hint, never data: a wrong or missing word costs a pull, or is made good by the next
one. Only that the server was asked is signed. Silence for eight seconds means that the line is
dead; the server says something every five.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.http import Connection
from sync.client.outcomes import Offline
from sync.client.replica import Identity
from sync.protocol import signing
from sync.protocol.messages import PREFIX

SILENCE_S = 8.0

_LINE_MAX = 1_000

Kind: TypeAlias = Literal["head", "lease", "revoke", "ping"]
_KINDS: dict[bytes, Kind] = {
    b"head": "head",
    b"lease": "lease",
    b"revoke": "revoke",
    b"ping": "ping",
}


@dataclass(frozen=True, slots=True)
class News:
    """What the server said: that there is news up to the number `head`, or only that it is there.

    A pull whose `head` is this number has seen it.
    """

    kind: Kind
    head: int


class NewsStream:
    """The stream of one terminal: one thread listens, any other may end it.

    `wall` gives milliseconds UTC; `offset_ms` how far the server's clock is ahead of it.
    """

    def __init__(
        self,
        base_url: str,
        *,
        identity: Identity,
        key: Ed25519PrivateKey,
        wall: Callable[[], int],
        monotonic: Callable[[], float],
        offset_ms: int,
        connection: Connection | None = None,
    ) -> None:
        self._connection = connection or Connection(base_url, monotonic=monotonic)
        self._identity = identity
        self._key = key
        self._wall = wall
        self._offset_ms = offset_ms
        self._closed = threading.Event()

    def listen(self, heard: Callable[[News], None]) -> None:
        """Say all news to `heard` until `close`.

        Raises Offline when the line is dead or the server ended the stream; ServerFault, Outdated,
        Rejected when it gives none.
        """
        target = f"{PREFIX}/stream"
        signed = signing.sign_request(
            self._key,
            terminal=self._identity.terminal,
            method="GET",
            target=target,
            body=b"",
            now=self._wall() + self._offset_ms,
            incarnation=self._identity.incarnation,
        )
        try:
            with self._connection.listen(target, signed, silence=SILENCE_S) as (answer, parts):
                answer.check(self._identity.server_key, signed[signing.SIGNATURE])
                if answer.status != 200:
                    answer.read_bytes()
                for news in _news_in(parts):
                    if self._closed.is_set():
                        return
                    heard(news)
            raise Offline("half")
        except Offline:
            if not self._closed.is_set():
                raise
        finally:
            self._connection.close()

    def close(self) -> None:
        """End the stream; `listen` comes back. Safe to repeat, from any thread."""
        self._closed.set()
        self._connection.hang_up()


def _news_in(parts: Iterator[bytes]) -> Iterator[News]:
    """Give the events in a stream (server-sent events); those of later versions are left out."""
    kind, head = b"", 0
    for line in _lines_in(parts):
        name, _, value = line.partition(b":")
        if name == b"event":
            kind = value.strip()
        elif name == b"data":
            head = int(value) if value.strip().isdigit() else 0
        elif not line:
            if kind in _KINDS:
                yield News(_KINDS[kind], head)
            kind, head = b"", 0


def _lines_in(parts: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        yield from (line.rstrip(b"\r") for line in lines)
        if len(rest) > _LINE_MAX:
            raise Offline("captive")
