"""Leases before anybody asks: a till can redeem offline for the members it is likely to see.

Regular visitors of the store, the most frequent first, each at the one till that saw them last,
until the till holds as much as it may. Granted with a hello, at most every twelve hours; who they
are is counted once a day.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from sqlalchemy import Connection, delete, func, select

from sync.programme import leases as rules
from sync.programme.document import Document
from sync.programme.ledger import Kind
from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import LeaseRequest
from sync.server.office.book import KINDS
from sync.server.office.documents import rulebook
from sync.server.office.epoch import keep_setting, setting
from sync.server.office.feed import raise_members
from sync.server.office.head_office import DAY_MS, HOUR_MS, HeadOffice
from sync.server.office.holds import hold_members, lives_of
from sync.server.office.leases import lend
from sync.server.office.terminals import Caller
from sync.server.store.database import repeated
from sync.server.store.dialect import Row, insert_rows
from sync.server.store.states import MemberStatus
from sync.server.store.tables import balances, incarnations, leases, ledger, members, regulars

_EVERY_MS = 12 * HOUR_MS
_LONG_MS, _SHORT_MS = 60 * DAY_MS, 14 * DAY_MS
_AWAY_MS = 7 * DAY_MS
_COUNTED_MS = DAY_MS
_MOST = 500
_ID_BYTES = 16

_EARN, _SPEND = KINDS.index(Kind.EARN), KINDS.index(Kind.SPEND)


@repeated
def lend_beforehand(office: HeadOffice, caller: Caller, *, now: int) -> int:
    """Lend the caller what its regulars may want; returns how many leases were granted."""
    with office.database.read() as connection:
        if caller.forked or _was_lent(connection, caller, now=now):
            return 0
        counted = _counted(connection, caller.store)
    if now - counted.at >= _COUNTED_MS:
        count_regulars(office, caller.store, now=now)
    with office.database.write_together(holding=lives_of(caller.terminal)) as connection:
        if _was_lent(connection, caller, now=now):
            return 0
        document = rulebook(connection).in_force(now)
        cheapest = min((r.cost for r in document.rewards if r.cost and not r.retired), default=0)
        usual = _counted(connection, caller.store).usual
        lent: list[int] = []
        wanted = _regulars(connection, caller, now=now)
        hold_members(connection, wanted)
        for member in wanted:
            points = rules.beforehand(
                _available(connection, member), usual=usual, cheapest=cheapest
            )
            if not points:
                continue
            request = LeaseRequest(id=office.random(_ID_BYTES).hex(), member=member, points=points)
            try:
                lend(office, connection, caller, request, now=now, document=document)
            except Refused as refused:
                if refused.reason is Reason.LEASE_TOO_SMALL:
                    break
                continue
            lent.append(member)
        raise_members(connection, dict.fromkeys(lent, caller.store))
        return len(lent)


def count_regulars(office: HeadOffice, store: int, *, now: int) -> None:
    """Count who comes to a store and what is usually redeemed there: once a day is enough.

    The ledger is read in a snapshot, beside which others write.
    """
    with office.database.read() as connection:
        document = rulebook(connection).in_force(now)
        usual = _usual_price(connection, store, document, now=now)
        rows = _count(connection, store, now=now)
    with office.database.write() as connection:
        connection.execute(delete(regulars).where(regulars.c.store_id == store))
        insert_rows(connection, regulars, rows)
        keep_setting(connection, _setting(store), f"{now} {usual}")


def count_due(office: HeadOffice, *, now: int) -> int:
    """Count the regulars of every store where that was not done for a day; return of how many."""
    with office.database.read() as connection:
        held = rulebook(connection)
        stores = held.in_force(now).stores if held.documents else ()
        due = [s.id for s in stores if now - _counted(connection, s.id).at >= _COUNTED_MS]
    for store in due:
        count_regulars(office, store, now=now)
    return len(due)


@dataclass(frozen=True, slots=True)
class _Counted:
    """When a store's regulars were counted (ms UTC), and the usual price redeemed there."""

    at: int
    usual: int


def _counted(connection: Connection, store: int) -> _Counted:
    at, _, usual = setting(connection, _setting(store), "0 0").partition(" ")
    return _Counted(int(at), int(usual))


def _setting(store: int) -> str:
    return f"regulars:{store}"


def _was_lent(connection: Connection, caller: Caller, *, now: int) -> bool:
    last: int | None = connection.scalar(
        select(func.max(leases.c.granted_at)).where(
            leases.c.terminal_id == caller.terminal, leases.c.incarnation == caller.incarnation
        )
    )
    return last is not None and now - last < _EVERY_MS


def _usual_price(connection: Connection, store: int, document: Document, *, now: int) -> int:
    """The middle one of the prices redeemed in this store, else of the rewards on offer."""
    redeemed: Sequence[int] = connection.scalars(
        select(ledger.c.points).where(
            ledger.c.store_id == store,
            ledger.c.kind == _SPEND,
            ledger.c.points > 0,
            ledger.c.occurred_at >= now - _LONG_MS,
        )
    ).all()
    offered = [reward.cost for reward in document.rewards if reward.cost and not reward.retired]
    return median_low(redeemed or offered or [0])


def _count(connection: Connection, store: int, *, now: int) -> list[Row]:
    """Who came often or lately, and the till that saw them last."""
    rows = connection.execute(
        select(
            ledger.c.member_id,
            ledger.c.terminal_id,
            func.count(ledger.c.event_id.distinct()),
            func.max(ledger.c.occurred_at),
        )
        .where(
            ledger.c.store_id == store,
            ledger.c.kind == _EARN,
            ledger.c.occurred_at >= now - _LONG_MS,
        )
        .group_by(ledger.c.member_id, ledger.c.terminal_id)
    ).all()
    seen: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for member, till, visits, last in rows:
        seen[member].append((last, till, visits))
    counted: list[Row] = []
    for member, tills in sorted(seen.items()):
        last, till, _visits = max(tills)
        visits = sum(count for _last, _till, count in tills)
        if visits >= 2 or last >= now - _SHORT_MS:
            row = {
                "bucket": bucket_of(member),
                "member_id": member,
                "store_id": store,
                "terminal_id": till,
                "visits": visits,
                "last_at": last,
            }
            counted.append(row)
    return counted


def _regulars(connection: Connection, caller: Caller, *, now: int) -> list[int]:
    """The store's regulars who were last seen at this till, or at none that is alive."""
    others = _alive(connection, now=now) - {caller.terminal}
    return list(
        connection.scalars(
            select(regulars.c.member_id)
            .where(
                regulars.c.store_id == caller.store,
                regulars.c.terminal_id.not_in(sorted(others)),
            )
            .order_by(regulars.c.visits.desc(), regulars.c.last_at.desc(), regulars.c.member_id)
            .limit(_MOST)
        )
    )


def _alive(connection: Connection, *, now: int) -> set[int]:
    return set(
        connection.scalars(
            select(incarnations.c.terminal_id).where(incarnations.c.contact_at >= now - _AWAY_MS)
        )
    )


def _available(connection: Connection, member: int) -> int:
    available: int | None = connection.scalar(
        select(balances.c.points - balances.c.leased)
        .join(
            members,
            (members.c.bucket == balances.c.bucket) & (members.c.member_id == balances.c.member_id),
        )
        .where(
            balances.c.bucket == bucket_of(member),
            balances.c.member_id == member,
            balances.c.purse == 0,
            members.c.status == int(MemberStatus.ACTIVE),
        )
    )
    return available or 0
