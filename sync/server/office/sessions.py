"""Sessions: browsers in which a member is signed in.

The browser keeps a secret, the server only its hash: whoever copies the database signs in nowhere.
A session ends by itself when it was not used for thirty days, or after half a year.
"""

import hashlib

from sqlalchemy import Connection, delete, or_, select, update

from sync.programme.members import bucket_of
from sync.server.office.head_office import DAY_MS, HOUR_MS, HeadOffice
from sync.server.store.dialect import insert_rows
from sync.server.store.states import MemberStatus
from sync.server.store.tables import members, web_sessions

SECRET_BYTES = 32
IDLE_MS = 30 * DAY_MS
LONGEST_MS = 180 * DAY_MS

_MAY_LOOK = (int(MemberStatus.ACTIVE), int(MemberStatus.BLOCKED))


def begin_session(office: HeadOffice, connection: Connection, member: int, *, now: int) -> bytes:
    """Sign a member in and return the secret for their browser. Forgets sessions that ended."""
    connection.execute(
        delete(web_sessions).where(
            or_(
                web_sessions.c.seen_at < now - IDLE_MS,
                web_sessions.c.began_at < now - LONGEST_MS,
            )
        )
    )
    secret = office.random(SECRET_BYTES)
    row = {"secret": _kept(secret), "of_member": member, "began_at": now, "seen_at": now}
    insert_rows(connection, web_sessions, [row])
    return secret


def signed_in(office: HeadOffice, secret: bytes, *, now: int) -> int:
    """Return whose session a secret opens, 0 for nobody's."""
    with office.database.read() as connection:
        row = _session(connection, secret, now)
    if row is None:
        return 0
    member, seen_at = row
    if now - seen_at > HOUR_MS:
        with office.database.write() as connection:
            connection.execute(
                update(web_sessions)
                .where(web_sessions.c.secret == _kept(secret))
                .values(seen_at=now)
            )
    return member


def end_session(office: HeadOffice, secret: bytes) -> None:
    """Sign out one browser."""
    with office.database.write() as connection:
        connection.execute(delete(web_sessions).where(web_sessions.c.secret == _kept(secret)))


def end_all(office: HeadOffice, member: int) -> int:
    """Sign a member out everywhere; return in how many browsers they were."""
    with office.database.write() as connection:
        gone = connection.execute(delete(web_sessions).where(web_sessions.c.of_member == member))
    return gone.rowcount


def _session(connection: Connection, secret: bytes, now: int) -> tuple[int, int] | None:
    """Whose session it is and when it was last used."""
    row = connection.execute(
        select(web_sessions.c.of_member, web_sessions.c.seen_at).where(
            web_sessions.c.secret == _kept(secret),
            web_sessions.c.seen_at >= now - IDLE_MS,
            web_sessions.c.began_at >= now - LONGEST_MS,
        )
    ).one_or_none()
    if row is None:
        return None
    status: int | None = connection.scalar(
        select(members.c.status).where(
            members.c.bucket == bucket_of(row.of_member), members.c.member_id == row.of_member
        )
    )
    return (row.of_member, row.seen_at) if status in _MAY_LOOK else None


def _kept(secret: bytes) -> bytes:
    return hashlib.sha256(b"loyalty-desk/session/1\0" + secret).digest()
