"""Orphans: events of a member who was not known when they came, taken up when the member comes.

A restored server hears of purchases before it hears again of the enrolments they rest on, from
another till. They are kept, and take effect in the transaction that brings their member.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import msgspec
from sqlalchemy import Connection, Row, delete, select, update

from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.protocol import events as wire
from sync.protocol.events import WHOLE_MAX, AnyEvent
from sync.server.office.documents import local
from sync.server.office.epoch import FIRST_EPOCH, era
from sync.server.office.holds import hold_arrivals
from sync.server.office.posting import (
    Item,
    Knowledge,
    Outcome,
    Posting,
    gaps_of,
    past_of,
    zone_of,
)
from sync.server.office.renumbering import Renumbered
from sync.server.office.standings import Span
from sync.server.office.terminals import Caller
from sync.server.store.dialect import among
from sync.server.store.states import IncarnationState
from sync.server.store.tables import (
    events,
    incarnations,
    merchant_loss,
    orphans,
    terminals,
)

_UNKNOWN = Reason.MEMBER_UNKNOWN.value
_Life = tuple[int, int, int]  # terminal, incarnation, branch


def note_orphan(posting: Posting, item: Item, outcome: Outcome) -> None:
    """Keep in mind an event whose member is not known (yet)."""
    if outcome.code == _UNKNOWN and 0 < outcome.member <= WHOLE_MAX:
        row = {
            "bucket": bucket_of(outcome.member),
            "member_id": outcome.member,
            "event_id": item.id,
        }
        posting.book.add(orphans, row)


class Orphans:
    """The events that wait for the members whom a batch enrols."""

    def __init__(self, connection: Connection, enrolled: Iterable[int]) -> None:
        self._connection = connection
        keys = [(bucket_of(member), member) for member in sorted(set(enrolled))]
        self._rows: Sequence[Row[tuple[object, ...]]] = ()
        if keys:
            hold_arrivals(connection, keys)
            waiting = select(orphans.c.event_id).where(
                among(connection, (orphans.c.bucket, orphans.c.member_id), keys)
            )
            self._rows = connection.execute(
                select(events)
                .where(events.c.event_id.in_(waiting))
                .order_by(
                    events.c.received_at, events.c.terminal_id, events.c.incarnation, events.c.seq
                )
            ).all()

    def span(self, days: Sequence[date], zone: str) -> Span:
        """Return the days that are needed to take all of them up, beside `days`."""
        all_days = [*days, *(local(row.effective_at, zone).date() for row in self._rows)]
        return Span(min(all_days), max(all_days))

    def by_life(self) -> Mapping[_Life, list[Item]]:
        """Return the events by the journals that they came with, but for those taken back since.

        What was booked to the shop because nobody could be charged is taken out of its account.
        """
        lives: dict[_Life, list[Item]] = {}
        for row in self._rows:
            self._forget_loss(row)
            if row.voided_by is not None:
                continue
            life = (row.terminal_id, row.incarnation, row.branch)
            lives.setdefault(life, []).append(_item(row))
        return lives

    def taken_up(self, item: Item, outcome: Outcome) -> None:
        """Keep what became of an event now."""
        facts = msgspec.json.encode(outcome.facts).decode() if outcome.facts else ""
        self._connection.execute(
            update(events)
            .where(events.c.event_id == item.id)
            .values(
                bucket=bucket_of(outcome.member),
                member_id=outcome.member,
                status=outcome.status,
                code=outcome.code,
                facts=facts,
            )
        )

    def _forget_loss(self, row: Row[tuple[object, ...]]) -> None:
        for table in (merchant_loss, orphans):
            self._connection.execute(
                delete(table).where(
                    table.c.bucket == row.bucket,
                    table.c.member_id == row.member_id,
                    table.c.event_id == row.event_id,
                )
            )


def posting_of(posting: Posting, life: _Life) -> Posting:
    """Return the same posting for orphans of another journal.

    Whoever was lent points was known then. A server that had to be told of them again has been
    restored since, and may lack the lease, however whole that journal has become meanwhile.
    """
    connection = posting.connection
    terminal, incarnation, branch = life
    row = connection.execute(
        select(
            terminals.c.store_id,
            terminals.c.name,
            incarnations.c.public_key,
            incarnations.c.state,
        )
        .join(incarnations, incarnations.c.terminal_id == terminals.c.terminal_id)
        .where(terminals.c.terminal_id == terminal, incarnations.c.n == incarnation)
    ).one()
    caller = Caller(
        terminal=terminal,
        incarnation=incarnation,
        store=row.store_id,
        name=row.name,
        public_key=row.public_key,
        forked=row.state != IncarnationState.ACTIVE,
    )
    return replace(
        posting,
        caller=caller,
        zone=zone_of(posting.document, caller.store),
        knew=Knowledge(connection, caller),
        silent_since=past_of(connection, caller).silent_since,
        renumbered=Renumbered(connection, caller, branch),
        gaps=gaps_of(era(connection), whole_in=FIRST_EPOCH),
        late=True,
    )


def _item(row: Row[tuple[object, ...]]) -> Item:
    event, fault = _read(row.body)
    return Item(
        seq=row.seq,
        id=row.event_id,
        visit=row.visit_id,
        kind=row.kind,
        body=row.body,
        hash=row.hash,
        effective=row.effective_at,
        event=event,
        fault=fault,
    )


def _read(body: bytes) -> tuple[AnyEvent | None, Reason | None]:
    """What an event says, or why it is not followed: what was readable once need not be for ever.

    Its fault is its own: the member whom it waited for comes all the same.
    """
    try:
        return wire.decode(body), None
    except Refused as refused:
        return None, refused.reason
