"""Consents: what a member allows, which words they were shown, and when they changed their mind.

`consents` says what holds now; `consent_proofs` is only ever added to, so that what was allowed at
any time can be shown, word for word, for as long as the law asks.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from sync.programme.document import Document, Purpose
from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.server.office.book import own_rows
from sync.server.office.documents import rulebook
from sync.server.office.head_office import HeadOffice
from sync.server.store.dialect import insert_rows, put_rows
from sync.server.store.tables import consent_proofs, consents

_ID_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a purpose is allowed: `version` of its words and when, 0 for not allowed."""

    purpose: Purpose
    version: int = 0
    given_at: int = 0

    @property
    def holds(self) -> bool:
        """Say whether it is allowed, in whatever version."""
        return self.version > 0

    @property
    def is_current(self) -> bool:
        """Say whether the words of today were accepted."""
        return self.version == self.purpose.version


def standings(connection: Connection, document: Document, member: int) -> tuple[Standing, ...]:
    """Return every purpose of the programme and whether the member allows it."""
    held: dict[str, tuple[int, int]] = {}
    for row in connection.execute(
        select(consents.c.purpose, consents.c.version, consents.c.given_at)
        .where(*own_rows(consents, member), consents.c.withdrawn_at.is_(None))
        .order_by(consents.c.version)
    ):
        held[row.purpose] = (row.version, row.given_at)
    return tuple(
        Standing(purpose=purpose, version=version, given_at=given_at)
        for purpose in document.purposes
        for version, given_at in [held.get(purpose.id, (0, 0))]
    )


def give(
    office: HeadOffice, member: int, *, purpose: str, version: int, channel: str, now: int
) -> None:
    """Note that a member accepts the words of a purpose as they are now.

    Raises Refused(NOT_FOUND) for another purpose, or for a version that is not today's: nobody
    accepts words that they were not shown.
    """
    with office.database.write() as connection:
        asked = _purpose(rulebook(connection).in_force(now), purpose)
        if asked.version != version:
            raise Refused(Reason.NOT_FOUND)
        proof = _prove(office, connection, member, asked, given=True, channel=channel, now=now)
        row = {
            "bucket": bucket_of(member),
            "member_id": member,
            "purpose": purpose,
            "version": version,
            "event_id": proof,
            "given_at": now,
            "withdrawn_at": None,
        }
        put_rows(connection, consents, [row])


def withdraw(office: HeadOffice, member: int, *, purpose: str, channel: str, now: int) -> None:
    """Note that a member does not allow a purpose any more, in any version.

    Raises Refused: NOT_FOUND, NOT_PERMITTED for what membership itself needs.
    """
    with office.database.write() as connection:
        asked = _purpose(rulebook(connection).in_force(now), purpose)
        if asked.required:
            raise Refused(Reason.NOT_PERMITTED)
        _prove(office, connection, member, asked, given=False, channel=channel, now=now)
        connection.execute(
            update(consents)
            .where(
                *own_rows(consents, member),
                consents.c.purpose == purpose,
                consents.c.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=now)
        )


def _purpose(document: Document, wanted: str) -> Purpose:
    for purpose in document.purposes:
        if purpose.id == wanted:
            return purpose
    raise Refused(Reason.NOT_FOUND)


def _prove(
    office: HeadOffice,
    connection: Connection,
    member: int,
    purpose: Purpose,
    *,
    given: bool,
    channel: str,
    now: int,
) -> bytes:
    proof = office.random(_ID_BYTES)
    row = {
        "bucket": bucket_of(member),
        "member_id": member,
        "proof_id": proof,
        "purpose": purpose.id,
        "version": purpose.version,
        "given": given,
        "words": hashlib.sha256(purpose.text.encode()).digest(),
        "channel": channel,
        "at": now,
    }
    insert_rows(connection, consent_proofs, [row])
    return proof
