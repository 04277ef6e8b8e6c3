"""The description of the interface, written by hand: signed bodies are read as bytes.

The schemas come from the messages themselves, so they cannot differ from what is spoken.
"""

from collections.abc import Mapping

import msgspec

from sync.protocol import signing
from sync.protocol.messages import (
    PREFIX,
    PROBLEM,
    EnrolAnswer,
    EnrolRequest,
    Hello,
    HelloAnswer,
    LeaseClosing,
    LeaseRequest,
    LeaseRow,
    LeasesHeld,
    MemberCard,
    MemberQuery,
    Problem,
    PullAnswer,
    PushAnswer,
    Reincarnate,
    ReincarnateAnswer,
    Snapshot,
)
from sync.server.api.exchange import JSON, PACKED
from sync.server.api.news import EVENTS

_REF = "#/components/schemas/{name}"
_HEADERS = (signing.TERMINAL, signing.TIME, signing.SIGNATURE)
_BATCH = (
    "A zstd frame of lines: the batch header (base64url of sequence, count, previous hash, head "
    "hash and signature), one event a line, then the sealed payloads."
)


def description() -> Mapping[str, object]:
    """Return the OpenAPI 3.1 document of this server."""
    messages = (
        *(EnrolRequest, EnrolAnswer, Hello, HelloAnswer, PushAnswer, PullAnswer, LeaseRequest),
        *(
            Reincarnate,
            ReincarnateAnswer,
            LeaseRow,
            LeaseClosing,
            LeasesHeld,
            MemberQuery,
            MemberCard,
            Snapshot,
            Problem,
        ),
    )
    _, schemas = msgspec.json.schema_components(messages, ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Loyalty Desk", "version": "1"},
        "paths": {
            f"{PREFIX}/enrol": _posted("Enrol a terminal", EnrolRequest, EnrolAnswer, signed=False),
            f"{PREFIX}/hello": _posted("Say where the journal ends", Hello, HelloAnswer),
            f"{PREFIX}/push": _pushed(),
            f"{PREFIX}/pull": _got(
                "Pull changes",
                PullAnswer,
                {"cursor": "string", "limit": "integer", "tally": "integer"},
            ),
            f"{PREFIX}/snapshot": _got("Ask for a first copy in parts", Snapshot, {}),
            f"{PREFIX}/snapshot/{{sha256}}": _streamed(
                "Fetch a part of a first copy: a zstd frame of columns", PACKED, path="sha256"
            ),
            f"{PREFIX}/stream": _streamed(
                "Hear of news: events head, lease, revoke, ping; the signature is over no body",
                EVENTS,
            ),
            f"{PREFIX}/reincarnate": _posted("Begin the next life", Reincarnate, ReincarnateAnswer),
            f"{PREFIX}/leases": _posted("Borrow points", LeaseRequest, LeaseRow),
            f"{PREFIX}/leases/close": _posted("Give leases back", LeaseClosing, LeasesHeld),
            f"{PREFIX}/cards": _got("Read a member's card", MemberCard, {"member": "integer"}),
            f"{PREFIX}/members": _posted("Look a member up", MemberQuery, PullAnswer),
            "/healthz": {
                "get": {"summary": "Is it up?", "responses": {"200": {"description": "Yes"}}}
            },
            "/openapi.json": {
                "get": {"summary": "This document", "responses": {"200": {"description": "JSON"}}}
            },
        },
        "components": {"schemas": schemas},
    }


def _posted(summary: str, body: type, answer: type, *, signed: bool = True) -> dict[str, object]:
    content = {JSON: {"schema": _named(body)}}
    return {"post": _operation(summary, answer, signed=signed, body={"content": content})}


def _pushed() -> dict[str, object]:
    content = {"application/x-ndjson": {"schema": {"type": "string", "description": _BATCH}}}
    return {"post": _operation("Push events", PushAnswer, body={"content": content})}


def _streamed(summary: str, media: str, *, path: str = "") -> dict[str, object]:
    """Describe an answer that is no JSON, with one parameter in the path at most."""
    parameters = [_parameter(name, "header", "string", required=True) for name in _HEADERS]
    parameters += [_parameter(path, "path", "string", required=True)] if path else []
    whole = {
        "description": "The answer, signed",
        "headers": {signing.SERVER_SIGNATURE: {"schema": {"type": "string"}}},
        "content": {media: {"schema": {"type": "string"}}},
    }
    refused = {
        "description": "A refusal (RFC 9457), signed",
        "content": {PROBLEM: {"schema": _named(Problem)}},
    }
    responses = {"200": whole, "default": refused}
    return {"get": {"summary": summary, "parameters": parameters, "responses": responses}}


def _got(summary: str, answer: type, query: Mapping[str, str]) -> dict[str, object]:
    return {"get": _operation(summary, answer, query=query)}


def _operation(
    summary: str,
    answer: type,
    *,
    signed: bool = True,
    body: Mapping[str, object] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, object]:
    headers = _HEADERS if signed else ()
    parameters = [_parameter(name, "header", "string", required=True) for name in headers]
    parameters += [_parameter(name, "query", kind) for name, kind in (query or {}).items()]
    operation: dict[str, object] = {
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "The answer, signed",
                "headers": {signing.SERVER_SIGNATURE: {"schema": {"type": "string"}}},
                "content": {JSON: {"schema": _named(answer)}},
            },
            "default": {
                "description": "A refusal (RFC 9457), signed",
                "content": {PROBLEM: {"schema": _named(Problem)}},
            },
        },
    }
    return operation | ({"requestBody": {**body, "required": True}} if body else {})


def _parameter(name: str, place: str, kind: str, *, required: bool = False) -> dict[str, object]:
    return {"name": name, "in": place, "required": required, "schema": {"type": kind}}


def _named(message: type) -> dict[str, str]:
    return {"$ref": _REF.format(name=message.__name__)}
