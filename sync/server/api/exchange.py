"""One signed exchange: check the request, do the work, sign the answer.

The order is fixed: the body is bounded before anything is computed, its signature holds before it
is unpacked, and it is unpacked before it is parsed. Every answer to a terminal is signed, refusals
too; without the signature a terminal takes an answer for somebody else's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from litestar import Request, Response
from litestar.response.base import ASGIResponse
from sqlalchemy import Connection

from sync.programme.refusals import Reason, Refused
from sync.protocol import codec, signing
from sync.protocol.chain import BATCH_BYTES_MAX
from sync.protocol.messages import PROBLEM, Problem
from sync.server.api.problems import problem_of, waiting
from sync.server.office.head_office import HeadOffice
from sync.server.office.terminals import Caller, recognise

WIRE_BYTES_MAX = 2 * 1024 * 1024

JSON = "application/json"
PACKED = "application/zstd"
_ZSTD = "zstd"
_PACKED_FROM = 1024

AnyRequest: TypeAlias = Request[Any, Any, Any]
Clock: TypeAlias = Callable[[], int]
Work: TypeAlias = Callable[[Caller, bytes], object]
AtOnce: TypeAlias = Callable[["Sent"], Awaitable[object | None]]
# What was read, and what is to be done when the snapshot has been let go of.
Found: TypeAlias = tuple[object, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it was sent: headers in lower case, target and body not decoded."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def plain(self) -> bytes:
        """The body, unpacked; raises Refused: BATCH_TOO_LARGE, BATCH_UNREADABLE."""
        if self.headers.get("content-encoding", "") != _ZSTD:
            return self.body
        return codec.unpack(self.body, limit=BATCH_BYTES_MAX)


async def sent_by(request: AnyRequest) -> Sent:
    """Return what was sent. A body above the limit ends here, in an answer 413; of a GET there is
    none.
    """
    scope = request.scope
    query: bytes = scope["query_string"]
    target: bytes = scope["raw_path"].partition(b"?")[0] + (b"?" + query if query else b"")
    return Sent(
        method=request.method,
        target=target.decode("ascii", "replace"),
        headers={
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        },
        body=b"" if request.method == "GET" else await request.body(),
    )


def whole_in(request: AnyRequest, name: str, default: int) -> int:
    """Return a whole number of the query; raises Refused(BATCH_UNREADABLE) for anything else."""
    text = request.query_params.get(name, "")
    try:
        return int(text) if text else default
    except ValueError as fault:
        raise Refused(Reason.BATCH_UNREADABLE) from fault


async def exchange(
    office: HeadOffice,
    clock: Clock,
    request: AnyRequest,
    work: Work,
    *,
    heard_when_lost: bool = False,
    at_once: AtOnce | None = None,
) -> ASGIResponse:
    """Answer a terminal's signed request with what `work` returns, or with its refusal.

    One that was declared lost may only say what it has to say: `heard_when_lost`. What is done `at
    once` is done by somebody who looks himself who signed; where that is not to be had, or refused,
    it is as if nobody had tried.
    """
    sent = await sent_by(request)

    if at_once is not None:
        with suppress(Refused):
            done = await at_once(sent)
            if done is not None:
                return answer(office, sent.headers, done)

    def said() -> object:
        caller = recognised(office, clock, sent)
        if not heard_when_lost:
            _check_told(caller)
        return work(caller, sent.plain)

    return await _answered(office, sent, said)


async def exchange_read(
    office: HeadOffice,
    clock: Clock,
    sent: Sent,
    work: Callable[[Connection, Caller], Found],
) -> ASGIResponse:
    """Answer like `exchange`, where the work is to read: in the snapshot that knows the caller."""

    def said() -> object:
        with office.database.read() as connection:
            caller = _signed_by(connection, clock, sent)
            _check_told(caller)
            message, afterwards = work(connection, caller)
        afterwards()
        return message

    return await _answered(office, sent, said)


def _check_told(caller: Caller) -> None:
    """Refuse (TERMINAL_REVOKED) to tell anything to a terminal that was declared lost."""
    if caller.lost:
        raise Refused(Reason.TERMINAL_REVOKED)


async def _answered(office: HeadOffice, sent: Sent, said: Callable[[], object]) -> ASGIResponse:
    def run() -> ASGIResponse:
        try:
            return answer(office, sent.headers, said())
        except Refused as refused:
            return refusal(office, sent.headers, refused)

    return await asyncio.to_thread(run)


def recognised(office: HeadOffice, clock: Clock, sent: Sent) -> Caller:
    """Return the terminal that signed a request; raises Refused like `terminals.recognise`."""
    with office.database.read_once() as connection:
        return _signed_by(connection, clock, sent)


def is_signed_by(caller: Caller, sent: Sent, *, now: int) -> bool:
    """Say whether a terminal as it was `recognised` before signed this request as well."""
    try:
        signing.check_request(
            caller.public_key,
            headers=sent.headers,
            method=sent.method,
            target=sent.target,
            body=sent.body,
            now=now,
        )
    except Refused:
        return False
    return True


def _signed_by(connection: Connection, clock: Clock, sent: Sent) -> Caller:
    return recognise(
        connection,
        sent.headers,
        method=sent.method,
        target=sent.target,
        body=sent.body,
        now=clock(),
    )


def answer(office: HeadOffice, headers: dict[str, str], message: object) -> ASGIResponse:
    """Return a signed answer, packed when the terminal reads that and it is worth it.

    Bytes go as they are: they are packed already.
    """
    if isinstance(message, bytes):
        return _signed(office, headers, message, status=200, media=PACKED)
    return _signed(office, headers, msgspec.json.encode(message), status=200, media=JSON)


def refusal(office: HeadOffice, headers: dict[str, str], refused: Refused) -> ASGIResponse:
    """Return a signed refusal."""
    return _problem(office, headers, problem_of(refused))


def failure(office: HeadOffice, request: AnyRequest, problem: Problem) -> Response[bytes]:
    """Return a signed answer to a request that no route could follow."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return as_response(_problem(office, headers, problem))


def as_response(whole: ASGIResponse) -> Response[bytes]:
    """Return an answer for where the library takes nothing that is ready to go out."""
    return Response(whole.body, status_code=whole.status_code, headers=dict(whole.headers.items()))


def _problem(office: HeadOffice, headers: dict[str, str], problem: Problem) -> ASGIResponse:
    body = msgspec.json.encode(problem)
    response = _signed(office, headers, body, status=problem.status, media=PROBLEM)
    response.headers.update(waiting(problem))
    return response


def _signed(
    office: HeadOffice, headers: dict[str, str], body: bytes, *, status: int, media: str
) -> ASGIResponse:
    extra = {}
    if media != PACKED and len(body) > _PACKED_FROM and _ZSTD in headers.get("accept-encoding", ""):
        body = codec.pack(body)
        extra["Content-Encoding"] = _ZSTD
    extra[signing.SERVER_SIGNATURE] = signing.sign_answer(
        office.keys.config,
        request_signature=headers.get(signing.SIGNATURE.lower(), ""),
        body=body,
    )
    return ASGIResponse(body=body, status_code=status, media_type=media, headers=extra)
