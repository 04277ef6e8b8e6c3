"""A world of chance: tills that do, in any order, whatever tills do; right ones and wrong ones."""

import random

import msgspec
from sqlalchemy import select

from sync.programme.refusals import Refused
from sync.protocol import events as wire
from sync.protocol.events import RedemptionEvent
from sync.protocol.messages import LeaseClosing, Person
from sync.server.office import leases
from sync.server.office.confirmations import confirm
from sync.server.store.tables import events
from tests.server.accounts import lost, stored
from tests.server.shop import DAY, MINUTE, NOON, enrolled_till


class World:
    """Some tills and members, and what a till may do next."""

    def __init__(self, office, chance: random.Random, *, tills: int = 3) -> None:
        self.office = office
        self.chance = chance
        self.tills = [enrolled_till(office, store=1 + n % 2, seed=n) for n in range(tills)]
        self.members = [self.tills[0].member() for _ in range(3)]
        self.leases: list = []
        self.visits: list[tuple] = []
        self.redeemed = 0
        self.at = NOON

    def step(self) -> None:
        self.at += self.chance.choice((MINUTE, 60 * MINUTE, DAY))
        self.act(self.chance.choice(self.tills))

    def act(self, till) -> None:
        till.at = max(till.at, self.at)
        self.chance.choice(
            (
                self.buy,
                self.buy,
                self.buy,
                self.borrow,
                self.redeem,
                self.redeem,
                self.redeem_without_lease,
                self.take_back,
                self.join,
                self.give_back,
                self.repeat,
                self.copy_an_event,
                self.confirm_one,
                self.push,
                self.push,
            )
        )(till)

    def buy(self, till) -> None:
        member = self.chance.choice(self.members)
        amount = self.chance.choice((50, 990, 4_000, 49_999, 80_000))
        key = self.chance.choice(("", "", f"{self.chance.randrange(4):044d}"))
        event = till.accrual(
            member,
            amount,
            receipt=key,
            evidence="receipt" if key else "typed",
            tier=self.chance.choice(("bronze", "gold", "")),
        )
        self.visits.append((till, event.id))

    def borrow(self, till) -> None:
        member = self.chance.choice(self.members)
        try:
            self.leases.append((till, till.lend(member, self.chance.choice((10, 100, 400)))))
        except Refused:
            return

    def redeem(self, till) -> None:
        held = [lease for owner, lease in self.leases if owner is till]
        if not held:
            return
        lease = self.chance.choice(held)
        points = self.chance.choice((lease.amount, lease.amount // 2, 30))
        event = till.redemption(lease.member, points, lease.id, reward=2)
        self.visits.append((till, event.id))

    def redeem_without_lease(self, till) -> None:
        event = till.redemption(self.chance.choice(self.members), 70, reward=1)
        self.visits.append((till, event.id))

    def take_back(self, till) -> None:
        if self.visits:
            till.void(self.chance.choice(self.visits)[1])

    def join(self, till) -> None:
        phone = f"1198214{self.chance.randrange(3):04d}"
        event = till.enrolment(Person(name="Ana", phone=phone))
        till.push()
        self.members.append(event.member)

    def give_back(self, till) -> None:
        held = [lease.id for owner, lease in self.leases if owner is till]
        if held:
            till.push()
            closing = LeaseClosing(leases=(self.chance.choice(held),), last_seq=till.seq)
            leases.close(self.office, till.caller, closing, now=self.at)

    def repeat(self, till) -> None:
        if till.pushed:
            first = self.chance.randint(1, till.pushed)
            till.push(first=first, last=self.chance.randint(first, till.seq))

    def copy_an_event(self, till) -> None:
        other = self.chance.choice(self.tills)
        if other.bodies:
            event = wire.decode(self.chance.choice(other.bodies))
            till.append(wire.encode(msgspec.structs.replace(event, seq=till.seq + 1)))

    def confirm_one(self, till) -> None:
        if self.visits:
            event = bytes.fromhex(self.chance.choice(self.visits)[1])
            try:
                confirm(self.office, event, staff=5, now=self.at)
            except Refused:
                return

    def push(self, till) -> None:
        till.push()

    def settle(self) -> None:
        for till in self.tills:
            till.at = self.at
            till.push()


def check_nothing_lost(world: World) -> None:
    """Every event is here once; every redeemed point was taken from a member or from the shop."""
    with world.office.database.read() as connection:
        rows = connection.execute(select(events)).all()
    recorded = {wire.decode(body).id for till in world.tills for body in till.bodies}
    assert sorted(row.event_id.hex() for row in rows) == sorted(recorded)
    kept = [wire.decode(row.body) for row in rows if row.voided_by is None]
    redeemed = sum(event.points for event in kept if isinstance(event, RedemptionEvent))
    spent = sum(one.account.spent for one in stored(world.office).values())
    assert spent + lost(world.office) == redeemed
