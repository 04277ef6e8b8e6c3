"""Expiry: the points that lapse with the end of a programme's day, member by member, once.

Whose points are due is staged first, in one statement a bucket; then each part is worked off in a
transaction of its own. The event of a member and day has a name that follows from both, so a job
that was cut off, or that two servers run, posts nothing twice. What arrives late for a day that has
been worked off lapses with the next one.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select

from sync.programme import expiry as rules
from sync.programme.ledger import Kind
from sync.programme.members import BUCKETS, bucket_of
from sync.server.office.book import KINDS, Book, Origin
from sync.server.office.documents import local, rulebook
from sync.server.office.epoch import keep_setting, setting
from sync.server.office.head_office import HeadOffice
from sync.server.office.holds import hold_members
from sync.server.office.standings import Span
from sync.server.store.dialect import among, put_rows
from sync.server.store.tables import balances, due, ledger, lots

PART = 500

_EXPIRED_THROUGH = "expired_through"
_EXPIRE = KINDS.index(Kind.EXPIRE)

_TAKEN = balances.c.spent_total + balances.c.expired_total
_MAY_LOSE = (
    select(balances.c.bucket, balances.c.member_id)
    .join(
        lots,
        (lots.c.bucket == balances.c.bucket) & (lots.c.member_id == balances.c.member_id),
    )
    .where(
        balances.c.bucket == bindparam("of_bucket"),
        balances.c.purse == 0,
        lots.c.purse == 0,
        lots.c.expires_on != "",
        lots.c.expires_on <= bindparam("of_day"),
        balances.c.points > balances.c.leased,
    )
    .group_by(balances.c.bucket, balances.c.member_id, _TAKEN)
    .having(func.sum(lots.c.earned) > _TAKEN)
)


def expire_due(office: HeadOffice, *, now: int, part: int = PART) -> int:
    """Let lapse what was good through yesterday; return how many members lost points by it.

    Safe to repeat, and to cut off at any time.
    """
    with office.database.read() as connection:
        day = _ended_day(connection, now)
        begun = setting(connection, _EXPIRED_THROUGH)
    if begun < day.isoformat():
        for bucket in range(BUCKETS):
            with office.database.write() as connection:
                _stage(connection, bucket, day)
        with office.database.write() as connection:
            keep_setting(connection, _EXPIRED_THROUGH, day.isoformat())
    lapsed = 0
    while True:
        with office.database.write() as connection:
            worked, more = _work_off(connection, now=now, part=part)
        lapsed += more
        if not worked:
            return lapsed


def expired_through(office: HeadOffice) -> str:
    """Return the last day (ISO) whose points have been told to lapse, "" for none."""
    with office.database.read() as connection:
        return setting(connection, _EXPIRED_THROUGH)


def is_due(office: HeadOffice, *, now: int) -> bool:
    """Say whether a day has ended that has not been worked off."""
    with office.database.read() as connection:
        if not rulebook(connection).documents:
            return False
        waits = connection.execute(select(due.c.member_id).limit(1)).first()
        ended = _ended_day(connection, now).isoformat()
        return waits is not None or setting(connection, _EXPIRED_THROUGH) < ended


def _ended_day(connection: Connection, now: int) -> date:
    """The last day of the programme that is over."""
    zone = rulebook(connection).in_force(now).zone
    return local(now, zone).date() - timedelta(days=1)


def _stage(connection: Connection, bucket: int, day: date) -> None:
    """Note the members of a bucket who may lose points; what exactly is decided later."""
    rows = connection.execute(_MAY_LOSE, {"of_bucket": bucket, "of_day": day.isoformat()})
    put_rows(connection, due, [{**row._mapping, "day": day.isoformat()} for row in rows])


def _work_off(connection: Connection, *, now: int, part: int) -> tuple[int, int]:
    """Let the points of some members lapse; return how many were looked at, and how many lost."""
    staged = connection.execute(
        select(due).order_by(due.c.bucket, due.c.member_id).limit(part)
    ).all()
    if not staged:
        return 0, 0
    keys = [(row.bucket, row.member_id) for row in staged]
    hold_members(connection, (row.member_id for row in staged))
    today = local(now, rulebook(connection).in_force(now).zone).date()
    book = Book(connection, Span(today, today))
    book.read(row.member_id for row in staged)
    done = _worked_off_before(connection, [(row.member_id, row.day) for row in staged])
    lapsed = sum(
        _expire(book, row.member_id, date.fromisoformat(row.day), now=now)
        for row in staged
        if (row.member_id, row.day) not in done
    )
    connection.execute(delete(due).where(among(connection, (due.c.bucket, due.c.member_id), keys)))
    book.close()
    return len(staged), lapsed


def _worked_off_before(
    connection: Connection, staged: Sequence[tuple[int, str]]
) -> set[tuple[int, str]]:
    """Those of (member, day) whose points have lapsed for that day already."""
    named = {
        (bucket_of(member), member, rules.expiry_event(member, date.fromisoformat(day))): day
        for member, day in staged
    }
    columns = (ledger.c.bucket, ledger.c.member_id, ledger.c.event_id)
    rows = connection.execute(
        select(*columns).where(among(connection, columns, sorted(named)), ledger.c.kind == _EXPIRE)
    )
    return {(r.member_id, named[r.bucket, r.member_id, r.event_id]) for r in rows}


def _expire(book: Book, member: int, day: date, *, now: int) -> bool:
    standing = book.standing(member)
    if standing is None:
        return False
    entry = rules.expire(book.account(standing), member, day)
    if entry is None:
        return False
    origin = Origin(store=standing.home_store, occurred_at=now, recorded_at=now)
    book.post(standing, [entry], origin)
    return True
