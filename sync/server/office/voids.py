"""Voids: a whole visit is taken back, each entry out of where it came from.

A visit's purchases and redemptions are reversed, its receipts are free again, and what it counted
for caps, limits, missions and stock is uncounted. A membership that began in it stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Row, bindparam, delete, or_, select, update

from sync.programme.ledger import Entry, Kind, reverse_accrual, reverse_redemption
from sync.programme.permissions import Act, may
from sync.programme.refusals import Reason, Refused
from sync.protocol import events as wire
from sync.protocol.events import AccrualEvent, RedemptionEvent, VoidEvent
from sync.server.office.book import KINDS, entry_in
from sync.server.office.documents import local
from sync.server.office.owned import owned, owner
from sync.server.office.posting import Item, Outcome, Posting, review, zone_of
from sync.server.office.receipts import Claims
from sync.server.office.redemptions import priced_by
from sync.server.office.staff import roles
from sync.server.office.standings import Standing
from sync.server.office.stock import move_stock
from sync.server.office.takings import Takings
from sync.server.store.tables import awards, events, ledger, merchant_loss

_VISIT_MAX = 50
_CLOCKS_MS = 5_000
_INTO_LOT = (Kind.EARN, Kind.BONUS, Kind.IMPORT)

# Each made once.
_NAMES: BindParameter[Any] = bindparam("names", expanding=True)
_EVENT = select(events).where(events.c.event_id == bindparam("of_event"))
_VISIT = (
    select(events)
    .where(
        events.c.terminal_id == bindparam("of_terminal"),
        events.c.incarnation == bindparam("of_life"),
        events.c.branch == bindparam("of_branch"),
        events.c.seq.between(bindparam("first"), bindparam("last")),
        events.c.visit_id == bindparam("of_visit"),
        events.c.kind.in_(("accrual", "redemption")),
    )
    .order_by(events.c.seq)
)
_OF_MEMBER = select(ledger).where(*owned(ledger)).order_by(ledger.c.event_id, ledger.c.line)
_ENTRIES = _OF_MEMBER.where(or_(ledger.c.event_id.in_(_NAMES), ledger.c.reverses.in_(_NAMES)))
_LAPSED = _OF_MEMBER.where(
    ledger.c.kind.in_((KINDS.index(Kind.EXPIRE), KINDS.index(Kind.UNEXPIRE)))
)
_NO_AWARDS = (
    delete(awards)
    .where(*owned(awards), awards.c.event_id.in_(_NAMES))
    .returning(awards.c.mission, awards.c.week)
)
_VOIDED = update(events).where(events.c.event_id.in_(_NAMES)).values(voided_by=bindparam("by"))
_NO_LOSS = (
    update(merchant_loss)
    .where(*owned(merchant_loss), merchant_loss.c.event_id.in_(_NAMES))
    .values(reversed_by=bindparam("by"))
)


@dataclass(frozen=True, slots=True)
class _Part:
    """An event of the visit, and the entries it made, as stored."""

    event: Row[tuple[object, ...]]
    entries: list[Row[tuple[object, ...]]]


def post_void(
    posting: Posting, claims: Claims, taken: Takings, item: Item, event: VoidEvent
) -> Outcome:
    """Take a visit back, once. The undo window and permissions were the desk's to keep; a void that
    nobody there may make takes place and is shown to a person.
    """
    posting.book.write()
    visit = _visit(posting, bytes.fromhex(event.target))
    if not visit:
        return review(Reason.NOTHING_TO_UNDO)
    member: int = visit[0].member_id
    if not posting.book.holds(member):
        # Somebody else may have taken it back since it was read: look again, now that it is held.
        posting.book.read([member])
        visit = _visit(posting, bytes.fromhex(event.target))
    if any(row.voided_by for row in visit):
        code = Reason.ALREADY_UNDONE.value
        return Outcome(status="duplicate", code=code, member=member)
    standing = posting.book.standing(member)
    if standing is not None:
        parts = _with_entries(posting, standing, visit)
        _reverse(posting, standing, parts, item, event)
        _uncount(posting, claims, taken, standing, parts, item)
        posting.book.settle(standing, posting.document.tiers, event=item.id, now=posting.now)
    _mark(posting, visit, item)
    if not _is_allowed(posting, visit, item, event):
        return review(Reason.NOT_PERMITTED, member=member, act=Act.VOID.value)
    return Outcome(member=member)


def _visit(posting: Posting, target: bytes) -> list[Row[tuple[object, ...]]]:
    """The purchases and redemptions of the visit that `target` belongs to."""
    found = posting.connection.execute(_EVENT, {"of_event": target}).first()
    if found is None:
        return []
    named = {
        "of_terminal": found.terminal_id,
        "of_life": found.incarnation,
        "of_branch": found.branch,
        "first": found.seq - _VISIT_MAX,
        "last": found.seq + _VISIT_MAX,
        "of_visit": found.visit_id,
    }
    return list(posting.connection.execute(_VISIT, named))


def _with_entries(
    posting: Posting, standing: Standing, visit: Sequence[Row[tuple[object, ...]]]
) -> list[_Part]:
    names = [row.event_id for row in visit]
    named = {**owner(standing.member), "names": names}
    stored = posting.connection.execute(_ENTRIES, named).all()
    return [
        _Part(row, [entry for entry in stored if row.event_id in (entry.event_id, entry.reverses)])
        for row in visit
    ]


def _reverse(
    posting: Posting, standing: Standing, parts: Sequence[_Part], item: Item, event: VoidEvent
) -> None:
    book, today = posting.book, posting.programme_day(posting.now)
    origin = posting.origin(item, event, reason=event.reason)
    entries = [entry_in(row) for part in parts for row in part.entries]
    earned = [entry for entry in entries if entry.kind in (*_INTO_LOT, Kind.ACTIVATE)]
    account = book.account(standing)  # first, so that what was posted before is stored
    earned += _lapses(posting, standing.member)
    back = reverse_accrual(account, earned, event=item.id, today=today)
    book.post(standing, back, origin)
    line = len(back)
    for spent in (entry for entry in entries if entry.kind is Kind.SPEND):
        given = reverse_redemption(
            book.account(standing),
            spent,
            event=item.id,
            today=today,
            grace_days=posting.document.earning.grace_days,
            line=line,
        )
        book.post(standing, given, origin)
        line += len(given)


def _lapses(posting: Posting, member: int) -> list[Entry]:
    """What has lapsed of a member's points, and what of that was given back."""
    return [entry_in(row) for row in posting.connection.execute(_LAPSED, owner(member))]


def _uncount(
    posting: Posting,
    claims: Claims,
    taken: Takings,
    standing: Standing,
    parts: Sequence[_Part],
    item: Item,
) -> None:
    taken.read([standing.member])
    counted = set()
    for part in parts:
        body = wire.decode(part.event.body)
        if isinstance(body, AccrualEvent):
            if body.receipt:
                claims.release(body.receipt, part.event.event_id, by=item.id)
            counted.update(_uncount_day(posting, standing, part))
        else:
            assert isinstance(body, RedemptionEvent), body  # as it was asked for
            _take_back(posting, taken, standing, part, body)
    for day in counted:  # the visit counted once, on one day
        standing.days[day].visits = max(0, standing.days[day].visits - 1)
    _take_awards(posting, standing, parts)


def _uncount_day(posting: Posting, standing: Standing, part: _Part) -> set[str]:
    earned = [row for row in part.entries if KINDS[row.kind] is Kind.EARN]
    days = set()
    for row in earned:
        zone = zone_of(posting.document, row.store_id)
        name = local(row.occurred_at, zone).date().isoformat()
        day = posting.book.day(standing, name)
        day.earned = max(0, day.earned - row.points)
        for kind, ref, points in msgspec.json.decode(row.explain, type=list[tuple[str, str, int]]):
            if kind == "bonus":
                day.bonus[ref] = max(0, day.bonus.get(ref, 0) - points)
        posting.book.count_day(standing, name)
        days.add(name)
    return days


def _take_back(
    posting: Posting, taken: Takings, standing: Standing, part: _Part, body: RedemptionEvent
) -> None:
    for row in (row for row in part.entries if KINDS[row.kind] is Kind.SPEND):
        moved = move_stock(posting.connection, row.store_id, body.reward, body.quantity)
        posting.lists.update(moved)
        try:
            reward = priced_by(posting, part.event.effective_at, body)
        except Refused:
            continue  # a reward that no document knows was not limited either
        on = local(row.occurred_at, zone_of(posting.document, row.store_id)).date()
        taken.add(posting.book, standing.member, reward, on, -body.quantity)


def _take_awards(posting: Posting, standing: Standing, parts: Sequence[_Part]) -> None:
    named = {**owner(standing.member), "names": [part.event.event_id for part in parts]}
    gone = posting.connection.execute(_NO_AWARDS, named).all()
    standing.awarded.difference_update((row.mission, row.week) for row in gone)


def _mark(posting: Posting, visit: Sequence[Row[tuple[object, ...]]], item: Item) -> None:
    names = [row.event_id for row in visit]
    named = {"names": names, "by": item.id}
    posting.connection.execute(_VOIDED, named)
    for member in {row.member_id for row in visit}:
        posting.connection.execute(_NO_LOSS, {**owner(member), **named})


def _is_allowed(
    posting: Posting, visit: Sequence[Row[tuple[object, ...]]], item: Item, event: VoidEvent
) -> bool:
    """Say whether it was within the undo window, or by somebody who may void."""
    window = posting.document.limits.undo_seconds * 1000 + _CLOCKS_MS
    if item.effective - visit[-1].effective_at <= window:
        return True
    role = roles(posting.connection, posting.caller.store).get(event.staff)
    points = sum(_points(row) for row in visit)
    return role is not None and may(posting.document, role, Act.VOID, points=points)


def _points(row: Row[tuple[object, ...]]) -> int:
    body = wire.decode(row.body)
    if isinstance(body, AccrualEvent):
        return body.forecast
    return body.points if isinstance(body, RedemptionEvent) else 0
