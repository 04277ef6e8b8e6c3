"""Members as head office handles them: blocked, let go on, or forgotten."""

from sqlalchemy import Connection, delete, select, update

from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.server.office.audit import note
from sync.server.office.feed import raise_members
from sync.server.office.head_office import HeadOffice
from sync.server.office.persons import destroy_key
from sync.server.store.database import repeated
from sync.server.store.states import CardStatus, MemberStatus
from sync.server.store.tables import balances, cards, consents, identifiers, members, persons


def block(office: HeadOffice, member: int, *, staff: int, now: int) -> None:
    """Stop crediting and lending until somebody has looked. Raises Refused: MEMBER_…"""
    _change(office, member, MemberStatus.BLOCKED, act="block", staff=staff, now=now)


def unblock(office: HeadOffice, member: int, *, staff: int, now: int) -> None:
    """Let a blocked member go on. Raises Refused: MEMBER_…"""
    _change(office, member, MemberStatus.ACTIVE, act="unblock", staff=staff, now=now)


def erase(office: HeadOffice, member: int, *, staff: int, now: int) -> None:
    """Forget who a member is (LGPD, art. 18): the account stays as numbers about nobody.

    Their key goes first, so that copies of the database say nothing either; terminals are told to
    forget the row. Raises Refused: MEMBER_UNKNOWN, MEMBER_MERGED, MEMBER_ERASED.
    """
    with office.database.read() as connection:
        _check(connection, member)
    destroy_key(office, member)
    _erase(office, member, staff=staff, now=now)


@repeated
def _erase(office: HeadOffice, member: int, *, staff: int, now: int) -> None:
    with office.database.write() as connection:
        _set_status(connection, member, MemberStatus.ERASED, display_name="")
        for table in (persons, identifiers):
            connection.execute(
                delete(table).where(
                    table.c.bucket == bucket_of(member), table.c.member_id == member
                )
            )
        _withdraw(connection, member, now)
        _note(office, connection, member, "erase", staff, now)
        raise_members(connection, {member: 0}, gone=frozenset({member}))


def _change(
    office: HeadOffice, member: int, status: MemberStatus, *, act: str, staff: int, now: int
) -> None:
    with office.database.write() as connection:
        _check(connection, member)
        _set_status(connection, member, status)
        _note(office, connection, member, act, staff, now)
        raise_members(connection, {member: 0})


def _check(connection: Connection, member: int) -> None:
    refused = {
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
    if MemberStatus(status) in refused:
        raise Refused(refused[MemberStatus(status)])


def _set_status(connection: Connection, member: int, status: MemberStatus, **more: str) -> None:
    connection.execute(
        update(members)
        .where(members.c.bucket == bucket_of(member), members.c.member_id == member)
        .values(status=int(status), **more)
    )
    connection.execute(
        update(balances)
        .where(balances.c.bucket == bucket_of(member), balances.c.member_id == member)
        .values(version=balances.c.version + 1)
    )


def _withdraw(connection: Connection, member: int, now: int) -> None:
    connection.execute(
        update(cards)
        .where(cards.c.bucket == bucket_of(member), cards.c.member_id == member)
        .values(status=int(CardStatus.LOST))
    )
    connection.execute(
        update(consents)
        .where(consents.c.bucket == bucket_of(member), consents.c.member_id == member)
        .values(withdrawn_at=now)
    )


def _note(
    office: HeadOffice, connection: Connection, member: int, act: str, staff: int, now: int
) -> None:
    note(
        office,
        connection,
        at=now,
        actor=f"staff:{staff}",
        act=act,
        subject=f"member:{member}",
        facts={},
    )
