"""The web application: its routes, and how errors that no route foresaw are answered."""

import logging
from collections.abc import Sequence
from functools import cache

import msgspec
from litestar import Litestar, Response, Router, get
from litestar.exceptions import HTTPException
from litestar.types import BeforeMessageSendHookHandler

from sync.server.api.device import device_router
from sync.server.api.exchange import JSON, WIRE_BYTES_MAX, AnyRequest, Clock, failure
from sync.server.api.news import Newsroom, news_router
from sync.server.api.openapi import description
from sync.server.api.problems import problem_for
from sync.server.api.snapshots import Snapshots, snapshot_router
from sync.server.office.head_office import HeadOffice

_log = logging.getLogger("loyalty_server")


@cache
def _description() -> bytes:
    return msgspec.json.encode(description())


def application(
    office: HeadOffice,
    clock: Clock,
    *,
    snapshots: Snapshots | None = None,
    newsroom: Newsroom | None = None,
    pages: Sequence[Router] = (),
    before_send: Sequence[BeforeMessageSendHookHandler] = (),
) -> Litestar:
    """Return the application that serves `office`; without `snapshots`, no first copies, and
    without a `newsroom` no stream of news.

    `pages` are for people, and `before_send` sees every answer that goes out.
    """
    routers = [device_router(office, clock), *pages]
    if snapshots is not None:
        routers.append(snapshot_router(office, clock, snapshots))
    if newsroom is not None:
        routers.append(news_router(office, clock, newsroom))

    @get("/healthz")
    async def healthz() -> Response[bytes]:
        return Response(b'{"status":"ok"}', media_type=JSON)

    @get("/openapi.json")
    async def openapi() -> Response[bytes]:
        return Response(_description(), media_type=JSON)

    def http_error(request: AnyRequest, error: HTTPException) -> Response[bytes]:
        response = failure(office, request, problem_for(error.status_code))
        response.headers.update(error.headers or {})
        return response

    def fault(request: AnyRequest, error: Exception) -> Response[bytes]:
        # The path holds no personal data: what a member is asked for by travels in the body.
        _log.error("fault in %s %s", request.method, request.url.path, exc_info=error)
        return failure(office, request, problem_for(500))

    async def ring(request: AnyRequest) -> None:
        if newsroom is not None and request.method != "GET":
            newsroom.ring()

    return Litestar(
        route_handlers=[healthz, openapi, *routers],
        before_send=[*before_send],
        after_response=ring,
        exception_handlers={HTTPException: http_error, Exception: fault},
        request_max_body_size=WIRE_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
    )
