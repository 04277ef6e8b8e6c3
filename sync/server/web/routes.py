"""The addresses below `/m`: which page or act each one is, and who may ask for it."""

import logging
from collections.abc import Callable
from typing import Any, TypeAlias

from litestar import Request, Response, Router, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from sync import i18n
from sync.i18n import _
from sync.programme.refusals import Reason, Refused
from sync.server.office.head_office import HeadOffice
from sync.server.web import account, catalogue, drawing, home, rewards, signing_in, statement
from sync.server.web.files import FOLDER, KEPT, files
from sync.server.web.frame import frame
from sync.server.web.letters import Sender
from sync.server.web.signing_in import Reception
from sync.server.web.site import PREFIX, Site
from sync.server.web.visits import (
    HTML,
    SIGN_IN,
    Answer,
    AnyRequest,
    Clock,
    Door,
    Fields,
    Visit,
    preferred,
)

Page: TypeAlias = Callable[[Visit], Answer]
Act: TypeAlias = Callable[[Visit, Fields], Answer]

_FORM_BYTES_MAX = 16 * 1024
_log = logging.getLogger("loyalty_server")

_PAGES: dict[str, Page] = {
    "/": home.home,
    "/rewards": rewards.rewards,
    "/reserve": rewards.choose_shop,
    "/move": rewards.choose_other_shop,
    "/missions": home.missions,
    "/statement": statement.statement,
    "/statement.csv": statement.download,
    "/account": account.account,
    "/notices": account.notices,
    "/help": account.help_page,
    "/codes": home.codes,
    "/voucher": rewards.voucher,
}
_ACTS: dict[str, Act] = {
    "/reserve": rewards.reserve,
    "/move": rewards.move,
    "/cancel": rewards.cancel,
    "/consent": account.allow,
    "/sign-out": signing_in.leave,
}


def member_pages(office: HeadOffice, clock: Clock, site: Site, send: Sender) -> Router:
    """Return the routes below `/m`; `send` brings members their codes."""
    door = Door(office=office, clock=clock, site=site)
    reception = Reception(send)
    open_pages: dict[str, Page] = {"/sign-in": signing_in.who, "/code": signing_in.code}
    open_acts: dict[str, Act] = {
        "/sign-in": reception.ask,
        "/code": signing_in.enter,
        "/language": account.speak,
    }
    return Router(
        path=PREFIX,
        route_handlers=[
            _file_route(),
            *(_page_route(door, path, page, members=True) for path, page in _PAGES.items()),
            *(_page_route(door, path, page, members=False) for path, page in open_pages.items()),
            *(_act_route(door, path, act, members=True) for path, act in _ACTS.items()),
            *(_act_route(door, path, act, members=False) for path, act in open_acts.items()),
            _lost_route(door),
        ],
        request_max_body_size=_FORM_BYTES_MAX,
        exception_handlers={HTTPException: _http_error, Exception: _fault},
    )


def _page_route(door: Door, path: str, page: Page, *, members: bool) -> HTTPRouteHandler:
    @get(path)
    async def show(request: AnyRequest) -> Response[Any]:
        return await door.pass_through(request, _guarded(door, request, page, members=members))

    return show


def _act_route(door: Door, path: str, act: Act, *, members: bool) -> HTTPRouteHandler:
    @post(path, status_code=200)
    async def do(request: AnyRequest) -> Response[Any]:
        fields = await _fields(request)

        def work(visit: Visit) -> Answer:
            if not door.is_own_form(request, visit, fields):
                return _said(visit, 403, _("This form is too old. Open the page anew."))
            return act(visit, fields)

        return await door.pass_through(request, _guarded(door, request, work, members=members))

    return do


def _guarded(door: Door, request: AnyRequest, page: Page, *, members: bool) -> Page:
    """A page that only members see, of a site that stands where it should."""

    def guarded(visit: Visit) -> Answer:
        if not door.site.is_here(request.headers.get("host", "")):
            return _said(visit, 421, _("This page is not to be found here."))
        if members and not visit.member:
            return Answer(go_to=SIGN_IN)
        try:
            return page(visit)
        except Refused as refused:
            return _refused(visit, refused)

    return guarded


async def _fields(request: AnyRequest) -> dict[str, str]:
    """The fields of a plain form; nothing of any other body."""
    if request.content_type[0] != RequestEncodingType.URL_ENCODED:
        return {}
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _refused(visit: Visit, refused: Refused) -> Answer:
    if refused.reason in (Reason.NOT_FOUND, Reason.REWARD_UNKNOWN, Reason.CURSOR_INVALID):
        return _said(visit, 404, _("This page is not to be found here."))
    if refused.reason in (Reason.MEMBER_BLOCKED, Reason.MEMBER_MERGED, Reason.MEMBER_ERASED):
        return _said(visit, 409, _("Your account needs a look. Please talk to the shop."))
    return _said(visit, 409, catalogue.refusal_in_words(refused))


def _said(visit: Visit, status: int, sentence: str) -> Answer:
    body = drawing.page("message", frame=frame(visit, sentence), sentence=sentence)
    return Answer(body=body, status=status)


def _file_route() -> HTTPRouteHandler:
    @get(f"{FOLDER.removeprefix(PREFIX)}/{{name:str}}")
    async def file(request: AnyRequest) -> Response[bytes]:
        found = files().get(str(request.path_params["name"]))
        if found is None:
            return Response(b"", status_code=404, media_type="text/plain")
        headers = {"Cache-Control": KEPT, "Vary": "Accept-Encoding"}
        unpacks = "gzip" in request.headers.get("accept-encoding", "")
        if found.packed and unpacks:
            headers["Content-Encoding"] = "gzip"
            return Response(found.packed, media_type=found.media_type, headers=headers)
        return Response(found.plain, media_type=found.media_type, headers=headers)

    return file


def _lost_route(door: Door) -> HTTPRouteHandler:
    @get("/{rest:path}")
    async def lost(request: AnyRequest) -> Response[Any]:
        def page(visit: Visit) -> Answer:
            return _said(visit, 404, _("This page is not to be found here."))

        return await door.pass_through(request, page)

    return lost


def _http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    return _plain(request, error.status_code)


def _fault(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    # The path holds no personal data: who somebody is travels in the body and in the cookie.
    _log.error("fault in %s %s", request.method, request.url.path, exc_info=error)
    return _plain(request, 500)


def _plain(request: Request[Any, Any, Any], status: int) -> Response[str]:
    """The page of an error that no visit could answer: nothing is read for it."""
    with i18n.speaking(preferred(request.headers.get("accept-language", ""))):
        sentence = _("That did not work. Please try again.")
        language = "en" if i18n.language() == "en" else "pt-BR"
    body = drawing.page("fault", language=language, sentence=sentence)
    return Response(body, status_code=status, media_type=HTML)
