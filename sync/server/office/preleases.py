"""Leases before anybody asks: a till can redeem offline for the members it is likely to see.

Regular visitors of the store, the most frequent first, each at the one till that saw them last,
until the till holds as much as it may. Granted with a hello, at most every twelve hours.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median_low

from sqlalchemy import Connection, func, select

from sync.programme import leases as rules
from sync.programme.document import Document
from sync.programme.ledger import Kind
from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import LeaseRequest
from sync.server.office.book import KINDS
from sync.server.office.documents import rulebook
from sync.server.office.feed import raise_members
from sync.server.office.head_office import DAY_MS, HOUR_MS, HeadOffice
from sync.server.office.holds import hold_members, hold_terminal
from sync.server.office.leases import lend
from sync.server.office.terminals import Caller
from sync.server.store.database import repeated
from sync.server.store.states import MemberStatus
from sync.server.store.tables import balances, incarnations, leases, ledger, members

_EVERY_MS = 12 * HOUR_MS
_LONG_MS, _SHORT_MS = 60 * DAY_MS, 14 * DAY_MS
_AWAY_MS = 7 * DAY_MS
_MOST = 500
_ID_BYTES = 16

_EARN, _SPEND = KINDS.index(Kind.EARN), KINDS.index(Kind.SPEND)


@dataclass(frozen=True, slots=True)
class _Regular:
    member: int
    visits: int
    last: int
    till: int


@repeated
def lend_beforehand(office: HeadOffice, caller: Caller, *, now: int) -> int:
    """Lend the caller what its regulars may want; returns how many leases were granted."""
    with office.database.write_together() as connection:
        hold_terminal(connection, caller.terminal)
        if caller.forked or _was_lent(connection, caller, now=now):
            return 0
        document = rulebook(connection).in_force(now)
        cheapest = min((r.cost for r in document.rewards if r.cost and not r.retired), default=0)
        usual = _usual_price(connection, caller, document, now=now)
        lent: list[int] = []
        regulars = list(_regulars(connection, caller, now=now))
        hold_members(connection, (regular.member for regular in regulars))
        for regular in regulars:
            points = rules.beforehand(
                _available(connection, regular.member), usual=usual, cheapest=cheapest
            )
            if not points:
                continue
            request = LeaseRequest(
                id=office.random(_ID_BYTES).hex(), member=regular.member, points=points
            )
            try:
                lend(office, connection, caller, request, now=now)
            except Refused as refused:
                if refused.reason is Reason.LEASE_TOO_SMALL:
                    break
                continue
            lent.append(regular.member)
        raise_members(connection, dict.fromkeys(lent, caller.store))
        return len(lent)


def _was_lent(connection: Connection, caller: Caller, *, now: int) -> bool:
    last: int | None = connection.scalar(
        select(func.max(leases.c.granted_at)).where(
            leases.c.terminal_id == caller.terminal, leases.c.incarnation == caller.incarnation
        )
    )
    return last is not None and now - last < _EVERY_MS


def _usual_price(connection: Connection, caller: Caller, document: Document, *, now: int) -> int:
    """The middle one of the prices redeemed in this store, else of the rewards on offer."""
    redeemed: Sequence[int] = connection.scalars(
        select(ledger.c.points).where(
            ledger.c.store_id == caller.store,
            ledger.c.kind == _SPEND,
            ledger.c.points > 0,
            ledger.c.occurred_at >= now - _LONG_MS,
        )
    ).all()
    offered = [reward.cost for reward in document.rewards if reward.cost and not reward.retired]
    return median_low(redeemed or offered or [0])


def _regulars(connection: Connection, caller: Caller, *, now: int) -> Iterator[_Regular]:
    """Who comes often or came lately and was last seen at this till, or at none that is alive."""
    rows = connection.execute(
        select(
            ledger.c.member_id,
            ledger.c.terminal_id,
            func.count(ledger.c.event_id.distinct()),
            func.max(ledger.c.occurred_at),
        )
        .where(
            ledger.c.store_id == caller.store,
            ledger.c.kind == _EARN,
            ledger.c.occurred_at >= now - _LONG_MS,
        )
        .group_by(ledger.c.member_id, ledger.c.terminal_id)
    ).all()
    seen: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for member, till, visits, last in rows:
        seen[member].append((last, till, visits))
    alive = _alive(connection, now=now) - {caller.terminal}
    regulars = []
    for member, tills in seen.items():
        last, till, _visits = max(tills)
        visits = sum(count for _last, _till, count in tills)
        if till not in alive and (visits >= 2 or last >= now - _SHORT_MS):
            regulars.append(_Regular(member, visits, last, till))
    regulars.sort(key=lambda one: (-one.visits, -one.last, one.member))
    yield from regulars[:_MOST]


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
