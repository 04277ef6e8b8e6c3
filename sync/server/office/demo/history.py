"""A year at the tills of the demo: visits, redemptions, enrolments and mistakes taken back.

Everything goes through the real door: leases are asked for, events are chained, signed and pushed,
and the server prices them. Time is cut into periods; what a member may redeem within one is what
the server knew of them at its beginning, so nobody is ever refused.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from sync.programme.document import Document
from sync.programme.earning import Inputs, Purchase, PurchaseLine, evaluate
from sync.programme.members import bucket_of
from sync.programme.rewards import reward_numbered
from sync.protocol.events import AccrualEvent, Line, RedemptionEvent, VoidEvent
from sync.protocol.messages import LeaseRequest, Person
from sync.server.office.demo.programme import (
    BASKET,
    BREAD,
    BROWNIE,
    COFFEE,
    ECOBAG,
    VOUCHER_10,
    VOUCHER_50,
)
from sync.server.office.demo.tills import Till
from sync.server.office.documents import local
from sync.server.office.feed import raise_members
from sync.server.office.head_office import DAY_MS, HeadOffice
from sync.server.office.leases import lend
from sync.server.store.dialect import Key, among, portions
from sync.server.store.tables import balances

_MANY_VISITS = 5_000
_PERIOD_MS, _LONG_PERIOD_MS = 10 * DAY_MS, 45 * DAY_MS

_REDEEMS, _TAKEN_BACK = 0.11, 0.004
_FAVOURITES = (COFFEE, BREAD, VOUCHER_10, BROWNIE, ECOBAG, BASKET, VOUCHER_50)
_LIKED = (612, 438, 391, 207, 90, 45, 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody at a counter: the till `till` of the store, or any.

    `reward` -1 leaves it to chance, 0 is none. Who `joins` becomes a member in this visit.
    """

    at: int
    member: int
    store: int
    amount: int = 0
    lines: tuple[Line, ...] = ()
    receipt: str = ""
    reward: int = -1
    till: int = -1
    joins: Person | None = None


@dataclass(slots=True)
class _Known:
    """What the server knew of a member when the period began, less what was redeemed since."""

    points: int = 0
    tier: str = "bronze"


class History:
    """Plays visits at tills, in order."""

    def __init__(
        self,
        office: HeadOffice,
        document: Document,
        tills: Sequence[Till],
        staff: Mapping[int, Sequence[int]],
        *,
        seed: int,
    ) -> None:
        self._office = office
        self._document = document
        self._staff = staff
        self._chance = random.Random(seed)
        self._tills: defaultdict[int, list[Till]] = defaultdict(list)
        for till in tills:
            self._tills[till.store].append(till)

    def play(self, visits: Sequence[Visit], *, now: int, progress: Callable[[float], None]) -> int:
        """Let all visits happen, the earliest first; return how many events they made."""
        ordered = sorted(visits, key=lambda visit: (visit.at, visit.member))
        period = _PERIOD_MS if len(ordered) > _MANY_VISITS else _LONG_PERIOD_MS
        done = events = 0
        while done < len(ordered):
            end = ordered[done].at + period
            last = done
            while last < len(ordered) and ordered[last].at < end:
                last += 1
            events += self._play_period(ordered[done:last], now=min(end, now))
            done = last
            progress(done / len(ordered))
        return events

    def _play_period(self, visits: Sequence[Visit], *, now: int) -> int:
        known = self._known({visit.member for visit in visits})
        wishes = [self._wish(visit, known[visit.member]) for visit in visits]
        tills = [self._till(visit) for visit in visits]
        leases = self._borrow(visits, wishes, tills)
        for visit, wish, lease, till in zip(visits, wishes, leases, tills, strict=True):
            self._serve(visit, wish, lease, till, known[visit.member].tier)
        return sum(till.push(now=now) for tills in self._tills.values() for till in tills)

    def _till(self, visit: Visit) -> Till:
        tills = self._tills[visit.store]
        return tills[visit.till] if visit.till >= 0 else self._chance.choice(tills)

    def _known(self, members: Iterable[int]) -> defaultdict[int, _Known]:
        known: defaultdict[int, _Known] = defaultdict(_Known)
        keys: list[Key] = [(bucket_of(member), member) for member in sorted(members)]
        with self._office.database.read() as connection:
            for part in portions(keys):
                rows = connection.execute(
                    select(
                        balances.c.member_id,
                        balances.c.tier,
                        (balances.c.points - balances.c.leased).label("available"),
                    ).where(among(connection, (balances.c.bucket, balances.c.member_id), part))
                )
                known.update({r.member_id: _Known(r.available, r.tier) for r in rows})
        return known

    def _wish(self, visit: Visit, known: _Known) -> int:
        """The reward of a visit, 0 for none."""
        wish = visit.reward
        if wish < 0:
            within = [r for r in _FAVOURITES if self._cost(r) <= known.points]
            if not within or self._chance.random() > _REDEEMS:
                return 0
            weights = _LIKED[: len(_FAVOURITES)]
            liked = [weights[_FAVOURITES.index(reward)] for reward in within]
            wish = self._chance.choices(within, liked)[0]
        if wish:
            known.points -= self._cost(wish)
        return wish

    def _borrow(
        self, visits: Sequence[Visit], wishes: Sequence[int], tills: Sequence[Till]
    ) -> list[str]:
        leases = []
        with self._office.database.write() as connection:
            for visit, wish, till in zip(visits, wishes, tills, strict=True):
                lease = till.new_id(visit.at) if wish else ""
                leases.append(lease)
                if not wish:
                    continue
                request = LeaseRequest(id=lease, member=visit.member, points=self._cost(wish))
                lend(
                    self._office,
                    connection,
                    till.caller,
                    request,
                    now=visit.at,
                    document=self._document,
                )
            borrowers = {v.member: v.store for v, wish in zip(visits, wishes, strict=True) if wish}
            raise_members(connection, borrowers)
        return leases

    def _serve(self, visit: Visit, wish: int, lease: str, till: Till, tier: str) -> None:
        staff, first = self._chance.choice(self._staff[visit.store]), ""
        if visit.joins is not None:
            joined = till.enrol(visit.joins, at=visit.at, staff=staff, member=visit.member)
            first = joined.id
        if visit.amount:
            credited = till.record(
                AccrualEvent,
                at=visit.at,
                staff=staff,
                visit=first,
                tier=tier,
                member=visit.member,
                amount=visit.amount,
                evidence="receipt" if visit.receipt else "typed",
                receipt=visit.receipt,
                lines=visit.lines,
                forecast=self._forecast(visit, tier),
            )
            first = first or credited.id
        if wish:
            till.record(
                RedemptionEvent,
                at=visit.at,
                staff=staff,
                visit=first,
                member=visit.member,
                reward=wish,
                points=self._cost(wish),
                lease=lease,
                proof="fresh",
            )
        if visit.reward < 0 and not visit.joins and self._chance.random() < _TAKEN_BACK:
            till.record(VoidEvent, at=visit.at + 9_000, staff=staff, target=first)

    def _forecast(self, visit: Visit, tier: str) -> int:
        store = self._document.stores[visit.store - 1]
        purchase = Purchase(
            paid_centavos=visit.amount,
            at=local(visit.at, store.zone),
            evidence="receipt" if visit.receipt else "typed",
            lines=tuple(PurchaseLine(net_centavos=line.net, ncm=line.ncm) for line in visit.lines),
        )
        return evaluate(self._document, purchase, Inputs(tier=tier)).points

    def _cost(self, reward: int) -> int:
        return reward_numbered(self._document.rewards, reward).cost
