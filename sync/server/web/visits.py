"""Visits: who asks, in which language, and the answer that their browser gets.

A browser keeps one secret, whether somebody is signed in or not; signing in replaces it. From it
comes the token that every form carries, so no other site can send one.
"""

import asyncio
import base64
import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from litestar import Request, Response
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie
from litestar.response import Redirect

from sync import i18n
from sync.server.office.head_office import HeadOffice
from sync.server.office.sessions import LONGEST_MS, SECRET_BYTES, signed_in
from sync.server.web.site import PREFIX, Site, neighbourhood

AnyRequest: TypeAlias = Request[Any, Any, Any]
Clock: TypeAlias = Callable[[], int]
Fields: TypeAlias = Mapping[str, str]

HTML = "text/html"
SIGN_IN = f"{PREFIX}/sign-in"

_VISITOR_SECONDS = 60 * 60
_LANGUAGE_SECONDS = 365 * 24 * 60 * 60
_log = logging.getLogger("loyalty_server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request. `member` is 0 for somebody who is not signed in; `secret` is their browser's.

    `is_new` says that the secret was made for this answer and has to be kept by the browser.
    """

    office: HeadOffice
    now: int
    language: str
    secret: bytes
    is_new: bool
    member: int
    source: str
    path: str
    query: Fields

    @property
    def token(self) -> str:
        """What a form of this browser carries."""
        return _spelt(hmac.digest(self.secret, b"loyalty-desk/form/1", "sha256"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a visit leads to: a page, bytes to keep, or another address to go to.

    `secret` is a new one for the browser, empty for one that has none any more. `afterwards` is
    done when the answer is out.
    """

    body: str | bytes = ""
    status: int = 200
    media_type: str = HTML
    headers: Fields | None = None
    go_to: str = ""
    secret: bytes | None = None
    language: str = ""
    afterwards: BackgroundTask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What turns requests into visits: the office, the clock, and where the site stands."""

    office: HeadOffice
    clock: Clock
    site: Site

    async def pass_through(
        self, request: AnyRequest, work: Callable[[Visit], Answer]
    ) -> Response[Any]:
        """Answer a request in its own language, on a thread of its own."""
        visit = await asyncio.to_thread(self._visit, request)
        answer = await asyncio.to_thread(partial(_speaking, visit, work))
        return self._response(visit, answer)

    def is_own_form(self, request: AnyRequest, visit: Visit, fields: Fields) -> bool:
        """Say whether a form was sent by a page of this site in this very browser."""
        said = (request.headers.get(n, "") for n in ("origin", "host", "sec-fetch-site"))
        if not self.site.is_own(*said):
            return False
        token = fields.get("token", "").encode("utf-8", "surrogatepass")
        return not visit.is_new and hmac.compare_digest(visit.token.encode(), token)

    def _visit(self, request: AnyRequest) -> Visit:
        now = self.clock()
        kept = _read(request.cookies.get(self.site.cookie, ""))
        return Visit(
            office=self.office,
            now=now,
            language=self._language(request),
            secret=kept or self.office.random(SECRET_BYTES),
            is_new=not kept,
            member=signed_in(self.office, kept, now=now) if kept else 0,
            source=neighbourhood(request.client.host if request.client else ""),
            path=request.url.path,
            query=dict(request.query_params),
        )

    def _language(self, request: AnyRequest) -> str:
        chosen = request.cookies.get(self.site.language_cookie, "")
        if chosen in i18n.LANGUAGES:
            return chosen
        return preferred(request.headers.get("accept-language", ""))

    def _response(self, visit: Visit, answer: Answer) -> Response[Any]:
        cookies = []
        if answer.secret is not None:
            seconds = LONGEST_MS // 1000 if answer.secret else 0
            cookies.append(self._cookie(self.site.cookie, _spelt(answer.secret), seconds))
        elif visit.is_new and not answer.go_to:
            cookies.append(self._cookie(self.site.cookie, _spelt(visit.secret), _VISITOR_SECONDS))
        if answer.language:
            name = self.site.language_cookie
            cookies.append(self._cookie(name, answer.language, _LANGUAGE_SECONDS))
        if answer.go_to:
            return Redirect(
                answer.go_to, status_code=303, cookies=cookies, background=answer.afterwards
            )
        return Response(
            answer.body,
            status_code=answer.status,
            media_type=answer.media_type,
            headers=dict(answer.headers or {}),
            cookies=cookies,
            background=answer.afterwards,
        )

    def _cookie(self, name: str, value: str, seconds: int) -> Cookie:
        return Cookie(
            key=name,
            value=value,
            max_age=seconds,
            path="/",
            secure=self.site.is_secure,
            httponly=True,
            samesite="lax",
        )


def preferred(accepted: str) -> str:
    """Return the language that an Accept-Language header likes best among those spoken here."""
    best, liked = "", 0.0
    for part in accepted[:200].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            likes = float(weight) if weight else 1.0
        except ValueError:
            continue
        if likes > liked and tag[:2].lower() in ("pt", "en"):
            best, liked = tag, likes
    return i18n.language_of(best)


def _speaking(visit: Visit, work: Callable[[Visit], Answer]) -> Answer:
    with i18n.speaking(visit.language):
        return work(visit)


def _spelt(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def _read(cookie: str) -> bytes:
    """The secret in a cookie; empty for anything that this server did not write."""
    try:
        secret = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
    except ValueError:
        return b""
    return secret if len(secret) == SECRET_BYTES and _spelt(secret) == cookie else b""
