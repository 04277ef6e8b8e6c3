"""Posting: what the events of one batch share while they take effect.

An `Item` is an event as it arrived; posting it gives an `Outcome`. The terminal only ever hears one
of four: accepted, duplicate, accepted as the shop's loss, or needs a person. What happened at the
counter is recorded in all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, unique
from functools import cached_property
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from sync.programme import calendar
from sync.programme.document import Document
from sync.programme.refusals import Reason
from sync.protocol.events import AnyEvent, Event, VoidEvent
from sync.protocol.messages import EventStatus, Sealed
from sync.server.office.book import Book, Origin
from sync.server.office.documents import Rulebook, local, store_of
from sync.server.office.epoch import ERA, Era, era_in
from sync.server.office.head_office import HeadOffice
from sync.server.office.renumbering import Renumbered
from sync.server.office.standings import Standing
from sync.server.office.terminals import OF_LIFE, OF_TERMINAL, Caller, named
from sync.server.store.questions import Found, Question
from sync.server.store.states import MemberStatus
from sync.server.store.tables import deliveries, incarnations

Facts = dict[str, int | str]

_MERGED = int(MemberStatus.MERGED)
_CLOSED: Mapping[int, Reason] = {
    MemberStatus.BLOCKED: Reason.MEMBER_BLOCKED,
    MemberStatus.ERASED: Reason.MEMBER_ERASED,
}


@unique
class Gaps(Enum):
    """What this server may lack of a journal's leases."""

    NONE = "none"
    BEING_FILLED = "being filled"  # it was restored, and lends nothing until all have pushed again
    LEFT = "left"  # it was restored, and waits no more


class Moment(NamedTuple):
    """When something happened: at the store, its ISO day and week, and the programme's day."""

    at: datetime
    day: str
    week: str
    programme_day: date


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a batch. `effective` is when it happened by the server's clock (ms UTC)."""

    seq: int
    id: bytes
    visit: bytes
    kind: str
    body: bytes
    hash: bytes
    effective: int
    event: AnyEvent | None
    fault: Reason | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an event; `member` is whose account it touched, 0 for nobody's."""

    status: EventStatus = "accepted"
    code: str = ""
    facts: Facts = {}  # each has its own
    member: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """The transaction's connection and book, the rules, and who sent the batch.

    `knew` tells since when the terminal has known a version of the programme; `silent_since` is its
    last contact before the pause that this batch ends. `late`: the events have come before, and
    take effect only now.
    """

    office: HeadOffice
    connection: Connection
    book: Book
    caller: Caller
    rulebook: Rulebook
    document: Document
    zone: str
    now: int
    knew: "Knowledge"
    silent_since: int
    person_keys: Mapping[int, bytes]
    sealed: Mapping[str, Sealed]
    renumbered: Renumbered
    gaps: Gaps
    late: bool = False
    counted_visits: set[bytes] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)  # lists of the feed that have changed

    def here(self, event: AnyEvent | None) -> AnyEvent | None:
        """Return an event with its member's number here."""
        if event is None or not self.renumbered or isinstance(event, VoidEvent):
            return event
        return msgspec.structs.replace(event, member=self.renumbered.here(event.member))

    def store_time(self, item: Item) -> datetime:
        """Return when an event happened, in the store's local time."""
        return local(item.effective, self.zone)

    def moment(self, item: Item) -> Moment:
        """Return when an event happened, as rules and counters ask for it."""
        at = self.store_time(item)
        day = at.date()
        ours = day if self.zone == self.document.zone else self.programme_day(item.effective)
        return Moment(at, day.isoformat(), calendar.week_of(day), ours)

    def programme_day(self, at: int) -> date:
        """Return the programme's day at an instant."""
        return local(at, self.document.zone).date()

    def origin(
        self,
        item: Item,
        event: Event,
        *,
        reward: int = 0,
        amount: int = 0,
        reason: str = "",
        explain: object = None,
    ) -> Origin:
        """Return what the entries of an event share."""
        return Origin(
            store=self.caller.store,
            terminal=self.caller.terminal,
            staff=event.staff,
            reward=reward,
            amount=amount,
            reason=reason,
            rules=bytes.fromhex(event.rules),
            explain="" if explain is None else msgspec.json.encode(explain).decode(),
            occurred_at=item.effective,
            recorded_at=self.now,
        )


def review(reason: Reason, *, member: int = 0, **facts: int | str) -> Outcome:
    """Return the outcome that a person has to look at."""
    return Outcome(status="needs_review", code=reason.value, facts=facts, member=member)


def account_holder(book: Book, member: int) -> Standing | Reason:
    """Return the account that events of a member go to, or why there is none.

    What still comes for a merged member goes to the one they were merged into.
    """
    standing = book.standing(member)
    while standing is not None and standing.status == _MERGED:
        standing = book.standing(standing.merged_into)
    if standing is None:
        return Reason.MEMBER_UNKNOWN
    return _CLOSED.get(standing.status, standing)


_KNOWN = select(deliveries.c.version, deliveries.c.delivered_at).where(
    deliveries.c.terminal_id == OF_TERMINAL, deliveries.c.incarnation == OF_LIFE
)
# The parts of a statement about a life that read what `past_in` takes.
PAST = (incarnations.c.contact_before, incarnations.c.epoch, *ERA)
_PAST = Question(
    select(*PAST).where(incarnations.c.terminal_id == OF_TERMINAL, incarnations.c.n == OF_LIFE)
)


class Knowledge:
    """When a life came to know each version of the programme: read only if that is asked."""

    def __init__(self, connection: Connection, caller: Caller) -> None:
        self._connection = connection
        self._caller = caller

    def since(self, version: int) -> int | None:
        """Return since when (ms UTC) a version has been known, None for one that is not."""
        return self._versions.get(version)

    @cached_property
    def _versions(self) -> Mapping[int, int]:
        rows = self._connection.execute(_KNOWN, named(self._caller))
        return {row.version: row.delivered_at for row in rows}


@dataclass(frozen=True, slots=True)
class Past:
    """The last contact of a life before its latest pause, and what the server may lack of it."""

    silent_since: int
    gaps: Gaps


def past_of(connection: Connection, caller: Caller) -> Past:
    """Return the past of the caller's life."""
    (row,) = _PAST.rows(connection, named(caller))
    return past_in(row)


def past_in(row: Found) -> Past:
    """Return the past of a life in a row that was asked for `PAST`."""
    return Past(row.contact_before, gaps_of(era_in(row), whole_in=row.epoch))


def gaps_of(current: Era, *, whole_in: int) -> Gaps:
    """Return what this server may lack of a journal that it last had as a whole in an epoch."""
    if whole_in >= current.epoch:
        return Gaps.NONE
    return Gaps.BEING_FILLED if current.recovering else Gaps.LEFT


def zone_of(document: Document, store: int) -> str:
    """Return the zone of a store's clock."""
    return store_of(document, store).zone
