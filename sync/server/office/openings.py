"""Openings: members who come from an older system, with the balance they had there.

Thousands at a time: one statement per table. Each balance is one IMPORT entry, so an imported
member's account folds like any other.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from sync.programme.document import Document
from sync.programme.ledger import Entry, Kind
from sync.programme.members import bucket_of
from sync.programme.tiers import tier_for
from sync.server.office.book import Book, Origin
from sync.server.office.documents import local
from sync.server.office.head_office import HeadOffice
from sync.server.office.persons import Details, make_keys, person_row, value_hash
from sync.server.office.standings import Span, Standing
from sync.server.store.dialect import insert_rows
from sync.server.store.states import CardStatus, IdentifierKind, MemberStatus
from sync.server.store.tables import cards, identifiers, members, persons

_CARD_BYTES = 8
_EVENT = b"loyalty-desk/import/1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A member to take over. `points` lapse on `expires_on`; `qualifying` decides the tier."""

    member: int
    name: str
    details: Details
    home_store: int
    enrolled_at: int
    status: MemberStatus = MemberStatus.ACTIVE
    points: int = 0
    expires_on: str = ""
    qualifying: int = 0
    last_visit: int = 0
    with_card: bool = field(default=True)


def open_accounts(
    office: HeadOffice,
    connection: Connection,
    openings: Sequence[Opening],
    document: Document,
    *,
    now: int,
) -> None:
    """Begin the accounts of new members with the balances they bring. The last act of `connection`.

    Raises IntegrityError when a member, CPF or phone is here already.
    """
    keys = make_keys(office, (opening.member for opening in openings))
    insert_rows(connection, members, [_member_row(opening) for opening in openings])
    insert_rows(
        connection,
        persons,
        [person_row(office, o.member, keys[o.member], o.details) for o in openings],
    )
    insert_rows(connection, identifiers, [r for o in openings for r in _identifiers(office, o)])
    insert_rows(
        connection,
        cards,
        [_card_row(office, opening, now) for opening in openings if opening.with_card],
    )
    day = local(now, document.zone).date()
    book = Book(connection, Span(day, day))
    for opening in openings:
        _open(book, opening, document, now)
    book.close()


def import_event(member: int, at: int) -> bytes:
    """Return the id of the event that takes a member over: the same however often it is tried."""
    named = hashlib.sha256(_EVENT + member.to_bytes(8, "big")).digest()
    chance = int.from_bytes(named[:10], "big") & ((1 << 76) - 1)
    version, variant = 7 << 76, 0b10 << 62
    low = chance & ((1 << 62) - 1)
    high = (chance >> 62 & ((1 << 12) - 1)) << 64
    return (at << 80 | version | high | variant | low).to_bytes(16, "big")


def _open(book: Book, opening: Opening, document: Document, now: int) -> None:
    tier = tier_for(opening.qualifying, document.tiers)
    standing = Standing(
        member=opening.member,
        status=int(opening.status),
        home_store=opening.home_store,
        tier=tier.id if tier else "",
        last_visit=opening.last_visit,
    )
    book.open(standing)
    if not opening.points and not opening.qualifying:
        return
    entry = Entry(
        event=import_event(opening.member, now),
        line=0,
        kind=Kind.IMPORT,
        points=opening.points,
        expires_on=opening.expires_on,
        qualifying=opening.qualifying,
    )
    origin = Origin(store=opening.home_store, occurred_at=now, recorded_at=now)
    book.post(standing, [entry], origin)


def _member_row(opening: Opening) -> dict[str, object]:
    return {
        "bucket": bucket_of(opening.member),
        "member_id": opening.member,
        "home_store": opening.home_store,
        "status": int(opening.status),
        "display_name": opening.name,
        "enrolled_at": opening.enrolled_at,
        "merged_into": None,
    }


def _identifiers(office: HeadOffice, opening: Opening) -> list[dict[str, object]]:
    told = {
        IdentifierKind.CPF: opening.details.cpf,
        IdentifierKind.PHONE: opening.details.phone,
        IdentifierKind.EMAIL: opening.details.email,
    }
    return [
        {
            "value_hash": value_hash(office.keys.identifiers, kind, digits),
            "kind": int(kind),
            "bucket": bucket_of(opening.member),
            "member_id": opening.member,
        }
        for kind, digits in told.items()
        if digits
    ]


def _card_row(office: HeadOffice, opening: Opening, now: int) -> dict[str, object]:
    return {
        "card_id": office.random(_CARD_BYTES),
        "bucket": bucket_of(opening.member),
        "member_id": opening.member,
        "status": int(CardStatus.ACTIVE),
        "replaced_by": None,
        "issued_at": now,
        "print_number": 1,
    }
