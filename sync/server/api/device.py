"""The endpoints that terminals call. Each one decodes its message and forwards to the office.

Nothing is lent to a life that has not said hello since this process began: the server may have been
restored meanwhile, and whoever wants to borrow may be the one who can prove it.
"""

import asyncio
from functools import partial

from litestar import Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from sqlalchemy import Connection

from sync.programme.refusals import Reason, Refused
from sync.protocol import codec, signing
from sync.protocol.events import WHOLE_MAX
from sync.protocol.messages import (
    PREFIX,
    EnrolRequest,
    Hello,
    LeaseClosing,
    LeaseRequest,
    LeasesHeld,
    MemberCard,
    MemberQuery,
    Reincarnate,
)
from sync.server.api.exchange import (
    AnyRequest,
    Clock,
    Found,
    Sent,
    answer,
    exchange,
    exchange_read,
    is_signed_by,
    refusal,
    sent_by,
    whole_in,
)
from sync.server.api.nothing_new import NothingNew
from sync.server.office.cards import card_token
from sync.server.office.deliveries import note_given
from sync.server.office.enrol import enrol
from sync.server.office.head_office import HeadOffice
from sync.server.office.hello import greet
from sync.server.office.leases import close, grant
from sync.server.office.lending import lends_at_once, lent_at_once
from sync.server.office.lives import reincarnate
from sync.server.office.look_up import look_up
from sync.server.office.made_rows import MadeRows
from sync.server.office.pull import PAGE, page_in
from sync.server.office.push import record_push
from sync.server.office.terminals import Caller

_SHORT = 1_024  # bytes: what is read while everybody waits
_NAMED = (signing.TERMINAL, signing.INCARNATION)


class _Greeted:
    """The lives of terminals that have said hello to this process, as they were recognised."""

    def __init__(self) -> None:
        self._lives: dict[tuple[str, str], Caller] = {}

    def add(self, caller: Caller) -> None:
        """Note that a life has shown what it can prove."""
        self._lives[str(caller.terminal), str(caller.incarnation)] = caller

    def check(self, caller: Caller) -> None:
        """Raise Refused(HELLO_FIRST) for a life that has shown nothing yet."""
        if (str(caller.terminal), str(caller.incarnation)) not in self._lives:
            raise Refused(Reason.HELLO_FIRST)

    def who_signed(self, sent: Sent, *, now: int) -> Caller | None:
        """Return the life that a request names and that signed it, None unless it was greeted.

        What else is said of it may have changed since.
        """
        name, life = (sent.headers.get(header.lower(), "") for header in _NAMED)
        caller = self._lives.get((name, life))
        return caller if caller and is_signed_by(caller, sent, now=now) else None


def device_router(office: HeadOffice, clock: Clock) -> Router:
    """Return the routes below `/v1/device`."""
    greeted = _Greeted()
    return Router(
        path=PREFIX,
        route_handlers=[
            _enrol_route(office, clock),
            *_journal_routes(office, clock, greeted),
            _pull_route(office, clock),
            *_lease_routes(office, clock, greeted),
            *_member_routes(office, clock),
        ],
    )


def _enrol_route(office: HeadOffice, clock: Clock) -> HTTPRouteHandler:
    @post("/enrol", status_code=200)
    async def enrol_terminal(request: AnyRequest) -> ASGIResponse:
        sent = await sent_by(request)
        source = request.client.host if request.client else ""
        try:
            message = codec.decode(sent.plain, EnrolRequest)
            made = await asyncio.to_thread(
                partial(enrol, office, message, source=source, now=clock())
            )
        except Refused as refused:
            return refusal(office, sent.headers, refused)
        return answer(office, sent.headers, made)

    return enrol_terminal


def _journal_routes(office: HeadOffice, clock: Clock, greeted: _Greeted) -> list[HTTPRouteHandler]:
    @post("/hello", status_code=200)
    async def say_hello(request: AnyRequest) -> ASGIResponse:
        def work(caller: Caller, body: bytes) -> object:
            said = greet(office, caller, codec.decode(body, Hello), now=clock())
            greeted.add(caller)
            return said

        return await exchange(office, clock, request, work, heard_when_lost=True)

    @post("/push", status_code=200)
    async def push_events(request: AnyRequest) -> ASGIResponse:
        def work(caller: Caller, body: bytes) -> object:
            return record_push(office, caller, body, now=clock())

        return await exchange(office, clock, request, work, heard_when_lost=True)

    @post("/reincarnate", status_code=200)
    async def begin_next_life(request: AnyRequest) -> ASGIResponse:
        def work(caller: Caller, body: bytes) -> object:
            return reincarnate(office, caller, codec.decode(body, Reincarnate), now=clock())

        return await exchange(office, clock, request, work)

    return [say_hello, push_events, begin_next_life]


def _pull_route(office: HeadOffice, clock: Clock) -> HTTPRouteHandler:
    made, nothing_new = MadeRows(), NothingNew()

    @get("/pull")
    async def pull_changes(request: AnyRequest) -> ASGIResponse:
        sent, seen = await sent_by(request), office.database.data_version()
        told = nothing_new.again(sent, seen, now=clock())
        if told is not None:
            return answer(office, sent.headers, told)

        def work(connection: Connection, caller: Caller) -> Found:
            cursor = request.query_params.get("cursor", "")
            limit = max(1, min(whole_in(request, "limit", PAGE), PAGE))
            tally = request.query_params.get("tally", "") == "1"
            now = clock()
            page, versions = page_in(
                connection,
                office,
                caller,
                cursor=cursor,
                limit=limit,
                now=now,
                tally=tally,
                made=made,
            )
            if page.cursor == cursor:
                nothing_new.keep(sent, seen, caller, page)
            return page, partial(note_given, office, caller, versions, now=now)

        return await exchange_read(office, clock, sent, work)

    return pull_changes


def _lease_routes(office: HeadOffice, clock: Clock, greeted: _Greeted) -> list[HTTPRouteHandler]:
    @post("/leases", status_code=200)
    async def lend_points(request: AnyRequest) -> ASGIResponse:
        def work(caller: Caller, body: bytes) -> object:
            asked = codec.decode(body, LeaseRequest)
            greeted.check(caller)
            return grant(office, caller, asked, now=clock())

        async def at_once(sent: Sent) -> object | None:
            if len(sent.body) > _SHORT or not lends_at_once(office):
                return None
            caller = greeted.who_signed(sent, now=clock())
            if caller is None:
                return None
            asked = codec.decode(sent.body, LeaseRequest)  # one that is packed is none
            return await lent_at_once(office, caller, asked, now=clock())

        return await exchange(office, clock, request, work, at_once=at_once)

    @post("/leases/close", status_code=200)
    async def take_back_leases(request: AnyRequest) -> ASGIResponse:
        def work(caller: Caller, body: bytes) -> object:
            closing = codec.decode(body, LeaseClosing)
            return LeasesHeld(close(office, caller, closing, now=clock()))

        return await exchange(office, clock, request, work)

    return [lend_points, take_back_leases]


def _member_routes(office: HeadOffice, clock: Clock) -> list[HTTPRouteHandler]:
    @get("/cards")
    async def read_card(request: AnyRequest) -> ASGIResponse:
        def work(caller: Caller, body: bytes) -> object:
            member = whole_in(request, "member", 0)
            if not 0 < member <= WHOLE_MAX:
                raise Refused(Reason.MEMBER_UNKNOWN)
            card, token = card_token(office, member, now=clock())
            return MemberCard(member=member, card=card.hex(), token=token)

        return await exchange(office, clock, request, work)

    @post("/members", status_code=200)
    async def find_member(request: AnyRequest) -> ASGIResponse:
        def work(caller: Caller, body: bytes) -> object:
            return look_up(office, caller, codec.decode(body, MemberQuery), now=clock())

        return await exchange(office, clock, request, work)

    return [read_card, find_member]
