"""Confirmations: points that wait become good, because somebody answered for the purchase."""

from sqlalchemy import Connection, select

from sync.programme.ledger import Entry, Kind
from sync.programme.refusals import Reason, Refused
from sync.server.office.book import Book, Origin, own_rows
from sync.server.office.documents import local, rulebook
from sync.server.office.head_office import HeadOffice
from sync.server.office.standings import Span
from sync.server.store.tables import events, pendings

_ID_BYTES = 16


def confirm(office: HeadOffice, event: bytes, *, staff: int, now: int) -> int:
    """Let the waiting points of an event be spent; return how many they were.

    Raises Refused(NOT_FOUND) when nothing of it waits, so a repeat gives nothing twice.
    """
    with office.database.write() as connection:
        member: int | None = connection.scalar(
            select(events.c.member_id).where(events.c.event_id == event)
        )
        document = rulebook(connection).in_force(now)
        day = local(now, document.zone).date()
        book = Book(connection, Span(day, day))
        standing = book.standing(member) if member else None
        points = 0 if standing is None else _waiting(connection, standing.member, event)
        if standing is None or not points:
            raise Refused(Reason.NOT_FOUND)
        entry = Entry(
            event=office.random(_ID_BYTES), line=0, kind=Kind.ACTIVATE, points=points, of=event
        )
        origin = Origin(store=standing.home_store, staff=staff, occurred_at=now, recorded_at=now)
        book.post(standing, [entry], origin)
        book.settle(standing, document.tiers, event=entry.event, now=now)
        book.close()
        return points


def _waiting(connection: Connection, member: int, event: bytes) -> int:
    rows = connection.execute(
        select(pendings.c.points).where(*own_rows(pendings, member), pendings.c.event_id == event)
    )
    return sum(row.points for row in rows)
