"""Cards: the codes that members show. A card has an id of its own, never the member's."""

from datetime import UTC, datetime

from sqlalchemy import Connection, Row, select

from sync.programme.member_token import MemberToken, TokenKind, sign
from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.server.office.documents import rulebook
from sync.server.office.feed import raise_members
from sync.server.office.head_office import HeadOffice
from sync.server.store.dialect import insert_rows
from sync.server.store.keys import CARDS_KID, PHONES_KID
from sync.server.store.states import CardStatus, MemberStatus
from sync.server.store.tables import cards, members, staff

PHONE_CODE_SECONDS = 90
PHONE_CODE_EVERY_MS = 60_000

_CARD_BYTES = 8


def card_token(office: HeadOffice, member: int, *, now: int) -> tuple[bytes, str]:
    """Return the id and the 202 digits of a member's card, which is made when there is none.

    The digits of a card are always the same. Raises Refused: MEMBER_UNKNOWN, MEMBER_BLOCKED,
    MEMBER_MERGED, MEMBER_ERASED.
    """
    with office.database.write() as connection:
        _check(connection, member)
        card = _active(connection, member)
        if card is None:
            _issue(office, connection, member, now)
            raise_members(connection, {member: 0})
            card = _active(connection, member)
        assert card is not None, member
        programme = rulebook(connection).in_force(now).programme
    token = MemberToken(
        kind=TokenKind.CARD,
        key_id=CARDS_KID,
        programme=programme,
        subject=int.from_bytes(card.card_id, "big"),
        issued_at=_seconds(card.issued_at),
        life=0,
        sequence=card.print_number,
    )
    return card.card_id, sign(token, office.keys.cards)


def phone_code(office: HeadOffice, member: int, *, now: int) -> str:
    """Return a fresh code for a member's phone, good for PHONE_CODE_SECONDS.

    Raises Refused like `card_token`.
    """
    [(_, code)] = phone_codes(office, member, now=now, count=1)
    return code


def phone_codes(
    office: HeadOffice, member: int, *, now: int, count: int
) -> tuple[tuple[int, str], ...]:
    """Return codes for a member's phone: the first good from now on, each next a minute later.

    Each comes with the instant (ms UTC) from which it is to be shown, so that a phone without a
    network has a fresh one for `count` minutes. Raises Refused like `card_token`.
    """
    card, _ = card_token(office, member, now=now)
    with office.database.read() as connection:
        programme = rulebook(connection).in_force(now).programme
    codes = []
    for begins in range(now, now + count * PHONE_CODE_EVERY_MS, PHONE_CODE_EVERY_MS):
        token = MemberToken(
            kind=TokenKind.PHONE,
            key_id=PHONES_KID,
            programme=programme,
            subject=int.from_bytes(card, "big"),
            issued_at=_seconds(begins),
            life=PHONE_CODE_SECONDS,
            sequence=office.random(1)[0],
        )
        codes.append((begins, sign(token, office.keys.phones)))
    return tuple(codes)


def badge_token(office: HeadOffice, person: int, *, now: int) -> str:
    """Return the 202 digits of a person's badge; raises Refused(STAFF_UNKNOWN)."""
    with office.database.read() as connection:
        badge: bytes | None = connection.scalar(
            select(staff.c.badge).where(staff.c.staff_id == person)
        )
        programme = rulebook(connection).in_force(now).programme
    if badge is None:
        raise Refused(Reason.STAFF_UNKNOWN)
    token = MemberToken(
        kind=TokenKind.STAFF_BADGE,
        key_id=CARDS_KID,
        programme=programme,
        subject=int.from_bytes(badge, "big"),
        issued_at=_seconds(now),
        life=0,
        sequence=1,
    )
    return sign(token, office.keys.cards)


def _check(connection: Connection, member: int) -> None:
    refused = {
        MemberStatus.BLOCKED: Reason.MEMBER_BLOCKED,
        MemberStatus.MERGED: Reason.MEMBER_MERGED,
        MemberStatus.ERASED: Reason.MEMBER_ERASED,
    }
    status: int | None = connection.scalar(
        select(members.c.status).where(
            members.c.bucket == bucket_of(member), members.c.member_id == member
        )
    )
    if status is None:
        raise Refused(Reason.MEMBER_UNKNOWN)
    if status != MemberStatus.ACTIVE:
        raise Refused(refused[MemberStatus(status)])


def _active(connection: Connection, member: int) -> Row[tuple[object, ...]] | None:
    return connection.execute(
        select(cards)
        .where(
            cards.c.bucket == bucket_of(member),
            cards.c.member_id == member,
            cards.c.status == int(CardStatus.ACTIVE),
        )
        .order_by(cards.c.issued_at.desc())
        .limit(1)
    ).one_or_none()


def _issue(office: HeadOffice, connection: Connection, member: int, now: int) -> None:
    row = {
        "card_id": office.random(_CARD_BYTES),
        "bucket": bucket_of(member),
        "member_id": member,
        "status": int(CardStatus.ACTIVE),
        "replaced_by": None,
        "issued_at": now,
        "print_number": 1,
    }
    insert_rows(connection, cards, [row])


def _seconds(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)
