"""HTTP: a question to an address, and its answer or a named outcome.

Guarantees that nothing is read as an answer that the server's key has not signed for this very
question, so that a captive portal's page, half a body or an old answer is never more than Offline.
The HTTP library is imported when the first question is asked, not before the first window.
"""

import contextlib
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit

from sync.client.outcomes import Offline, Outdated, Rejected, ServerFault
from sync.programme.refusals import Reason, Refused
from sync.protocol import codec, signing, version
from sync.protocol.messages import Problem

if TYPE_CHECKING:
    import httpx

# The library would load its command line, and three libraries for it: 6 MB that no till uses.
sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))

RETRY_AFTER_MAX_S = 300.0
ANSWER_BYTES_MAX = 32 * 1024 * 1024

# Less than the server keeps a connection: never a question to one that is just being closed.
_KEPT_S = 60.0

_LOOPBACK = ("127.0.0.1", "::1", "localhost")

Message = TypeVar("Message")


class _Wire(Protocol):
    """What the HTTP library tells of an open connection."""

    def get_extra_info(self, info: str) -> object: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: to be let in, for the next bytes, for all of the answer."""

    connect: float
    read: float
    whole: float


PATIENT = Patience(connect=3.0, read=10.0, whole=60.0)
# A cashier stands waiting.
HASTY = Patience(connect=0.8, read=1.2, whole=2.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """Whatever came back: not yet known to be the server's."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """The seconds to wait that were asked for, five minutes at most; dates are not read."""
        text = self.headers.get("retry-after", "")
        return min(float(text), RETRY_AFTER_MAX_S) if text.isascii() and text.isdigit() else None

    def check(self, server_key: bytes, request_signature: str) -> None:
        """Refuse (Offline, ServerFault) what the server has not signed for this question."""
        signature = self.headers.get(signing.SERVER_SIGNATURE.lower(), "")
        try:
            signing.check_answer(
                server_key,
                signature=signature,
                request_signature=request_signature,
                body=self.body,
            )
        except Refused as refused:
            if self.status >= 500 or self.status == 429:
                raise ServerFault(self.status, self.retry_after) from refused
            raise Offline("captive") from refused

    def plain(self) -> bytes:
        """Return the body, unpacked."""
        if self.headers.get("content-encoding", "") != "zstd":
            return self.body
        return codec.unpack(self.body, limit=ANSWER_BYTES_MAX)

    def read(self, kind: type[Message]) -> Message:
        """Return the message of a good answer; raises Outdated, Rejected, ServerFault."""
        try:
            return codec.decode(self.read_bytes(), kind)
        except Refused as fault:
            raise ServerFault(self.status, self.retry_after) from fault

    def read_bytes(self) -> bytes:
        """Return the body of a good answer; raises Outdated, Rejected, ServerFault."""
        try:
            if self.status == 200:
                return self.plain()
            problem = codec.decode(self.plain(), Problem)
            reason = Reason(problem.code)
        except (Refused, ValueError) as fault:  # an answer of a later version, or of none
            raise ServerFault(self.status, self.retry_after) from fault
        if reason is Reason.VERSION_UNSUPPORTED:
            raise Outdated(server=_is_older(problem.facts))
        if reason is Reason.SERVER_FAULT:
            raise ServerFault(self.status, self.retry_after)
        raise Rejected(Refused(reason, **problem.facts), self.retry_after)


def _is_older(facts: Mapping[str, int | str]) -> bool:
    """Say whether the server's newest version is one that this side has left behind."""
    newest = facts.get("newest", version.CURRENT)
    return isinstance(newest, int) and newest < version.OLDEST


class Connection:
    """A connection to one address, kept alive between questions; for one thread at a time."""

    def __init__(self, base_url: str, *, monotonic: Callable[[], float]) -> None:
        self._base_url = base_url.rstrip("/")
        self._monotonic = monotonic
        self._client: tuple[httpx.Client, httpx.URL] | None = None
        self._stream: _Wire | None = None

    def ask(
        self,
        method: str,
        target: str,
        body: bytes,
        headers: Mapping[str, str],
        patience: Patience = PATIENT,
    ) -> Answer:
        """Ask and return whatever comes back; raises Offline."""
        import httpx

        late_at = self._monotonic() + patience.whole
        client, address = self._opened()
        timeout = httpx.Timeout(patience.read, connect=patience.connect)
        asked = client.build_request(
            method,
            address,
            content=body,
            headers={"Accept-Encoding": "zstd", **headers},
            timeout=timeout,
            extensions={"target": _target(address, target)},
        )
        with _named_outcomes():
            response = client.send(asked, stream=True)
            try:
                received = bytearray()
                for part in response.iter_raw():
                    received += part
                    if len(received) > ANSWER_BYTES_MAX or self._monotonic() > late_at:
                        raise Offline("timeout")
            finally:
                response.close()
        return Answer(response.status_code, dict(response.headers), bytes(received))

    def ahead(self, ask: Callable[[], Message]) -> Callable[[], Message]:
        """Begin something that asks here, on a thread of its own; return what waits for its end.

        That returns, or raises, what `ask` does; until then nothing else may ask.
        """
        from concurrent.futures import ThreadPoolExecutor

        asking = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        answer = asking.submit(ask)
        asking.shutdown(wait=False)
        return answer.result

    @contextmanager
    def listen(
        self, target: str, headers: Mapping[str, str], *, silence: float
    ) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """Ask for what has no end: give the answer so far, and the bytes as they come.

        An answer other than 200 is whole. Silence for so many seconds, or the end of the bytes in
        the middle, raises Offline.
        """
        import httpx

        client, address = self._opened()
        asked = client.build_request(
            "GET",
            address,
            headers=headers,
            timeout=httpx.Timeout(silence, connect=PATIENT.connect),
            extensions={"target": _target(address, target)},
        )
        with _named_outcomes():
            response = client.send(asked, stream=True)
        try:
            self._stream = response.extensions["network_stream"]
            body = b""
            if response.status_code != 200:
                body = b"".join(_bounded(response.iter_raw()))
            answer = Answer(response.status_code, dict(response.headers), body)
            yield answer, _bounded(response.iter_raw(), forever=True)
        finally:
            self._stream = None
            response.close()

    def hang_up(self) -> None:
        """End a `listen` that another thread waits in, now."""
        stream = self._stream
        heard = stream.get_extra_info("socket") if stream is not None else None
        if isinstance(heard, socket.socket):
            with contextlib.suppress(OSError):
                # Of the plain socket: one of TLS would first take leave, and wait.
                socket.socket.shutdown(heard, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection. Safe to repeat; the next question opens another."""
        if self._client is not None:
            self._client[0].close()
            self._client = None

    def _opened(self) -> "tuple[httpx.Client, httpx.URL]":
        """Return what asks, and the address, read once; raises Offline."""
        if self._client is not None:
            return self._client
        import ssl

        import httpx

        parts = urlsplit(self._base_url)
        is_local = parts.hostname in _LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
            raise Offline("insecure")
        # The machine's proxy is for the world outside, not for a server on this machine.
        # Where nothing is encrypted nobody vouches for the other end: to read all authorities that
        # could would take longer than everything else here.
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client = httpx.Client(
            verify=True if parts.scheme == "https" else nobody,
            trust_env=not is_local,
            follow_redirects=False,
            limits=httpx.Limits(keepalive_expiry=_KEPT_S),
        )
        self._client = client, httpx.URL(self._base_url)
        return self._client


def _target(address: "httpx.URL", target: str) -> bytes:
    """Return what is asked for, as it was signed: a library that reads it may write it anew."""
    return address.raw_path.rstrip(b"/") + target.encode("ascii")


def _bounded(parts: Iterator[bytes], *, forever: bool = False) -> Iterator[bytes]:
    """Give the parts of a body as they come; raises Offline."""
    received = 0
    with _named_outcomes():
        for part in parts:
            received += 0 if forever else len(part)
            if received > ANSWER_BYTES_MAX:
                raise Offline("timeout")
            yield part


@contextmanager
def _named_outcomes() -> Iterator[None]:
    """Turn what the network does to us into Offline."""
    import httpx

    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as fault:
        raise Offline("unreachable") from fault
    except httpx.TimeoutException as fault:
        raise Offline("timeout") from fault
    except httpx.TransportError as fault:
        raise Offline("half") from fault
