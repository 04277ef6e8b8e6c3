"""Pull: what changed for a terminal since its cursor, with the acknowledgement that belongs to it.

Everything is read in one snapshot, so a terminal that drops its own effects up to `acked_seq` while
it takes these rows never shows a purchase twice, and never misses one. The cursor is opaque to the
terminal; one that belongs to another epoch or another scope is refused, and the terminal starts
over without losing anything of its own.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, Row, bindparam, func, or_, select

from sync.programme.document import Document
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import (
    DocumentRow,
    LeaseRow,
    PullAnswer,
    Result,
    StaffRow,
    StockRow,
)
from sync.server.office import feed as feeds
from sync.server.office.documents import (
    NEWEST,
    RULES,
    local,
    read_rules,
    rulebook,
    store_of,
)
from sync.server.office.epoch import ERA, era_in
from sync.server.office.head_office import HeadOffice
from sync.server.office.leases import held_leases
from sync.server.office.made_rows import Asked, MadeRows, Numbered, Page, Place, Rows
from sync.server.office.member_rows import Asking, View, member_rows
from sync.server.office.staff import staff_rows
from sync.server.office.stock import stock_rows
from sync.server.office.tally import tally_in
from sync.server.office.terminals import Caller
from sync.server.store.questions import Found, Question
from sync.server.store.states import FulfilmentState
from sync.server.store.tables import (
    events,
    feed_changes,
    fulfilments,
    incarnations,
    programme_documents,
    till_sales,
)

PAGE = 5_000

# Asked at every pull, also when nothing has changed: written once, and read at once.
_ACKED = select(incarnations.c.last_seq).where(
    incarnations.c.terminal_id == bindparam("of_terminal"),
    incarnations.c.n == bindparam("of_life"),
)
_CHANGED = Asking(
    # Whoever changed several times is one.
    select(feed_changes.c.bucket, feed_changes.c.member_id)
    .where(
        feed_changes.c.scope == bindparam("of_scope"),
        feed_changes.c.seq > bindparam("after"),
        feed_changes.c.seq <= bindparam("until"),
        ~feed_changes.c.gone,
    )
    .distinct()
)
_RESULTS = (
    select(events.c.seq, events.c.status, events.c.code, events.c.facts)
    .where(
        events.c.terminal_id == bindparam("of_terminal"),
        events.c.incarnation == bindparam("of_life"),
        events.c.branch == 0,
        events.c.seq > bindparam("after"),
        events.c.seq <= bindparam("until"),
        or_(events.c.status != "accepted", events.c.facts != ""),
    )
    .order_by(events.c.seq)
)
_READY = select(func.count()).where(
    fulfilments.c.store_id == bindparam("of_store"),
    fulfilments.c.state == int(FulfilmentState.READY),
)
_NOW = Question(
    select(
        *ERA,
        feeds.DIVIDED,
        RULES,
        NEWEST,
        _ACKED.scalar_subquery().label("acked"),
        _READY.scalar_subquery().label("ready"),
        *map(feeds.head_of, ("everybody", "here", "staff", "stock", "leases")),
    )
)
_SALES = Question(
    select(till_sales.c.sales).where(
        till_sales.c.terminal_id == bindparam("of_terminal"),
        till_sales.c.day == bindparam("of_day"),
    )
)


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """How far a terminal has read: the scope's number, and the state of each list."""

    epoch: int = 0
    scope: str = ""
    seq: int = 0
    staff: int = -1
    stock: int = -1
    leases: int = -1
    document: int = 0
    incarnation: int = 0
    acked: int = 0


def page_in(
    connection: Connection,
    office: HeadOffice,
    caller: Caller,
    *,
    cursor: str,
    limit: int,
    now: int,
    tally: bool = False,
    made: MadeRows | None = None,
) -> tuple[PullAnswer, Sequence[int]]:
    """Return the next page for a terminal, of at most `limit` changes, and its documents' versions.

    The connection is in one snapshot. With `tally`, the last page says what the whole copy comes to
    after it. Rows that were `made` for others need not be made again. Raises Refused:
    CURSOR_INVALID, RULES_UNKNOWN before anything is published.
    """
    made = made or MadeRows()
    answer, versions = _page(office, connection, caller, cursor, min(limit, PAGE), now, made)
    if tally and not answer.more:
        scope = feeds.scope_of(connection, caller.store)
        answer = msgspec.structs.replace(answer, tally=tally_in(connection, scope))
    return answer, versions


def view_of(document: Document, store: int, *, now: int) -> View:
    """Return from where a store looks at its members."""
    zone = store_of(document, store).zone
    return View(
        store=store,
        store_day=local(now, zone).date(),
        programme_day=local(now, document.zone).date(),
    )


def _page(
    office: HeadOffice,
    connection: Connection,
    caller: Caller,
    text: str,
    limit: int,
    now: int,
    made: MadeRows,
) -> tuple[PullAnswer, list[int]]:
    current = _now(connection, caller, now=now)
    now_epoch, acked = era_in(current).epoch, current.acked
    scope = feeds.store_scope(caller.store) if current.divided else feeds.ALL_MEMBERS
    held = read_cursor(text) if text else Cursor(epoch=now_epoch, scope=scope)
    if (held.epoch, held.scope) != (now_epoch, scope):
        raise Refused(Reason.CURSOR_INVALID)
    document = read_rules(current) or rulebook(connection).in_force(now)
    view = view_of(document, caller.store, now=now)
    lists = _Lists(connection, caller, held, current)
    if held.seq > lists.head or (held.incarnation == caller.incarnation and held.acked > acked):
        raise Refused(Reason.CURSOR_INVALID)  # it was given before this server was restored
    asked = Asked(Place(now_epoch, scope, view), held.seq, limit)
    page = _MembersOfPage(office, connection, asked, lists.head).put_together(made)
    papers = _documents(connection, held.document, document, current.newest_version)
    done = Cursor(
        epoch=now_epoch,
        scope=scope,
        seq=page.last,
        staff=lists.staff_head,
        stock=lists.stock_head,
        leases=lists.lease_head,
        document=max((paper.version for paper in papers), default=held.document),
        incarnation=caller.incarnation,
        acked=acked,
    )
    answer = PullAnswer(
        cursor=write_cursor(done),
        more=page.more,
        epoch=now_epoch,
        acked_seq=acked,
        now=now,
        members=page.members,
        gone=page.gone,
        staff=lists.staff(office),
        stock=lists.stock(),
        leases=lists.leases(),
        lent=lists.lent,
        documents=tuple(DocumentRow(p.body.decode(), p.signature.hex()) for p in papers),
        results=_results(connection, caller, held, acked),
        sales=_sales(connection, caller, view),
        pickups=current.ready,
        head=lists.sum + current.newest_version,
    )
    return answer, [paper.version for paper in papers]


def _now(connection: Connection, caller: Caller, *, now: int) -> Found:
    """How things stand for a terminal, in one row."""
    named = {
        "at": now,
        "of_terminal": caller.terminal,
        "of_life": caller.incarnation,
        "of_store": caller.store,
        "everybody": feeds.ALL_MEMBERS,
        "here": feeds.store_scope(caller.store),
        "staff": feeds.staff_list(caller.store),
        "stock": feeds.stock_list(caller.store),
        "leases": feeds.lease_list(caller.terminal),
    }
    (current,) = _NOW.rows(connection, named)
    return current


class _Lists:
    """The lists that travel whole, when their head has moved."""

    def __init__(
        self,
        connection: Connection,
        caller: Caller,
        held: Cursor,
        current: Found,
    ) -> None:
        self._connection = connection
        self._caller = caller
        self._held = held
        self.head: int = current.here if current.divided else current.everybody
        self.staff_head: int = current.staff
        self.stock_head: int = current.stock
        self.lease_head: int = current.leases
        self.sum = self.head + self.staff_head + self.stock_head + self.lease_head

    def staff(self, office: HeadOffice) -> tuple[StaffRow, ...]:
        if self.staff_head == self._held.staff:
            return ()
        return staff_rows(office, self._connection, self._caller.store)

    def stock(self) -> tuple[StockRow, ...]:
        if self.stock_head == self._held.stock:
            return ()
        return stock_rows(self._connection, self._caller.store)

    @property
    def lent(self) -> bool:
        return self.lease_head != self._held.leases

    def leases(self) -> tuple[LeaseRow, ...]:
        if not self.lent:
            return ()
        return held_leases(self._connection, self._caller)


@dataclass(frozen=True, slots=True)
class _MembersOfPage:
    """The members of a page, for who sees the feed up to `head`."""

    office: HeadOffice
    connection: Connection
    asked: Asked
    head: int

    def put_together(self, made: MadeRows) -> Page:
        """Return the page: the one that was made, or else of rows that were made or are read."""
        if self.asked.after >= self.head:
            return Page(self.asked.after, more=False, members=(), gone=())
        page = made.page(self.asked, self.head)
        if page is None:
            page = self._anew(made)
            made.keep_page(self.asked, self.head, page)
        return page

    def _anew(self, made: MadeRows) -> Page:
        place, after, limit = self.asked
        changed = feeds.behind(self.connection, place.scope, after, limit + 1)
        more, changed = len(changed) > limit, changed[:limit]
        last = changed[-1][0] if changed else after
        between = {"of_scope": place.scope, "after": after, "until": last}
        gone = feeds.gone(self.connection, between)
        made.forget(gone)
        numbered = {member: seq for seq, member in changed if member not in gone}
        rows = self._made(made, numbered, last)
        if rows is None:
            rows = self._read(numbered, between)
            made.keep(place, self.head, rows)
        members = tuple([row for row in map(rows.get, numbered) if row is not None])
        return Page(last, more, members, tuple(gone))

    def _made(self, made: MadeRows, numbered: Numbered, last: int) -> Rows | None:
        found = made.of(self.asked.place, numbered, self.head)
        if found is None:
            return None
        rows, at_head = found
        # Who has changed since then has a number behind it, which a later page may tell of.
        after, scope = max(at_head, last), self.asked.place.scope
        since = feeds.behind(self.connection, scope, after, PAGE) if after < self.head else ()
        is_right = len(since) < PAGE and all(member not in rows for _, member in since)
        return rows if is_right else None

    def _read(self, numbered: Numbered, between: Mapping[str, object]) -> Rows:
        view = self.asked.place.view
        rows = member_rows(self.office, self.connection, _CHANGED, view, between)
        return {member: rows.get(member) for member in numbered}


def _documents(
    connection: Connection, after: int, document: Document, newest: int
) -> list[Row[tuple[object, ...]]]:
    if after >= newest:
        return []
    # A terminal that knows none needs no history: the one in force, and those to come.
    first = after + 1 if after else document.version
    return list(
        connection.execute(
            select(
                programme_documents.c.version,
                programme_documents.c.body,
                programme_documents.c.signature,
            )
            .where(programme_documents.c.version >= first)
            .order_by(programme_documents.c.version)
        )
    )


def acked_seq(connection: Connection, caller: Caller) -> int:
    """Return up to where the server has the caller's journal."""
    named = {"of_terminal": caller.terminal, "of_life": caller.incarnation}
    acked: int = connection.execute(_ACKED, named).scalar_one()
    return acked


def _results(
    connection: Connection, caller: Caller, held: Cursor, acked: int
) -> tuple[Result, ...]:
    after = held.acked if held.incarnation == caller.incarnation else 0
    if after >= acked:
        return ()
    named = {
        "of_terminal": caller.terminal,
        "of_life": caller.incarnation,
        "after": after,
        "until": acked,
    }
    rows = connection.execute(_RESULTS, named)
    return tuple(
        Result(
            seq=row.seq,
            status=row.status,
            code=row.code,
            facts=msgspec.json.decode(row.facts, type=dict[str, int | str]) if row.facts else {},
        )
        for row in rows
    )


def _sales(connection: Connection, caller: Caller, view: View) -> int:
    named = {"of_terminal": caller.terminal, "of_day": view.store_day.isoformat()}
    found = _SALES.one_or_none(connection, named)
    return -1 if found is None else found.sales


def write_cursor(cursor: Cursor) -> str:
    """Return a cursor as terminals carry it."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def read_cursor(text: str) -> Cursor:
    """Return what `write_cursor` wrote; raises Refused(CURSOR_INVALID)."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        return msgspec.json.decode(raw, type=Cursor)
    except (binascii.Error, msgspec.MsgspecError, ValueError) as fault:
        raise Refused(Reason.CURSOR_INVALID) from fault
