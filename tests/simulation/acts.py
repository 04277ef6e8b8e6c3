"""What is done at the counters of a simulation: the desk's own verbs, with drawn values.

A refusal is an answer like any other; every other exception is a fault of the programme.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from loyalty_desk.desk import enrol, identify, lend, undo, visit, vouchers
from loyalty_desk.desk.visit import Draft, ReceiptRead
from loyalty_desk.store.journal import Act
from sync.programme.cpf import Cpf
from sync.programme.earning import PurchaseLine
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import AccrualEvent, RedemptionEvent, VoidEvent, visit_of
from tests.programme.receipt_builder import make_key
from tests.simulation import shop
from tests.simulation.people import Person
from tests.simulation.till import Till

if TYPE_CHECKING:
    from tests.simulation.world import World

_UNDO_SECONDS = 15


def credit(world: "World", till: Till) -> str:
    """A purchase, sometimes with its receipt, sometimes with a receipt that was shown before."""
    draft = Draft(
        member=_opened(world, till, _somebody(world)),
        amount_centavos=_amount(world),
        amount_confirmed=True,
        receipt=_receipt(world),
    )
    return _concluded(till, draft)


def redeem(world: "World", till: Till) -> str:
    """A reward, alone or with a purchase; points are borrowed for it where there is a line."""
    chance = world.chance
    member = _opened(world, till, _somebody(world), proven=True)
    reward = _reward(world, member.usable_here)
    draft = Draft(
        member=member,
        amount_centavos=_amount(world) if chance.random() < 0.3 else 0,
        amount_confirmed=True,
        reward=reward,
        quantity=chance.choice((1, 1, 1, 2)),
    )
    visit_id = till.counter.new_id()
    staff = _cashier(till)
    points = visit.points_to_lease(till.counter, draft, staff=staff, visit=visit_id)
    if points:
        try:
            lend.borrow(till.counter, till.asking, till.store.replica, draft.member.member, points)
        except Refused as refused:
            if refused.reason is not Reason.NEEDS_CONNECTION:
                raise
            till.counter.connected = False
            draft = replace(draft, cut_off=True)
        draft = replace(draft, member=identify.again(till.counter, draft.member))
    if not till.counter.connected and chance.random() < 0.1:
        draft = replace(draft, lead=shop.staff_of(till.store_number, shop.MANAGER))
    return _concluded(till, draft, visit_id=visit_id)


def take_voucher(world: "World", till: Till) -> str:
    """A reward that was set aside is handed over; now and then its code is shown once more."""
    if not world.vouchers:
        return "nothing"
    digits = world.chance.choice(world.vouchers[-4:])[0]
    shown = vouchers.shown(till.counter, digits)
    draft = Draft(member=shown.member, reward=shown.voucher.reward, voucher=shown.voucher)
    return _concluded(till, draft)


def join(world: "World", till: Till) -> str:
    """Somebody becomes a member; now and then somebody who is one already, of another till."""
    chance = world.chance
    again = bool(world.people.members) and chance.random() < 0.1
    person = chance.choice(world.people.members) if again else world.people.somebody_new()
    form = enrol.Form(
        name=person.name,
        phone=person.phone,
        cpf=person.cpf if chance.random() < 0.7 else "",
        consents=("rules",),
    )
    done = enrol.enrol(till.counter, form, staff=_cashier(till), event=till.counter.new_id())
    world.people.members.append(Person(person.name, person.phone, form.cpf, member=done.member))
    return f"{done.member} {done.points}"


def take_back(world: "World", till: Till) -> str:
    """F8, mostly right after the act, sometimes when it has been pushed already."""
    counter = till.counter
    if world.chance.random() < 0.85:
        doing = world.chance.choice((credit, credit, redeem))
        doing(world, till)
    if counter.connected and world.chance.random() < 0.3:
        till.round()
    undone = undo.undo_last(counter, staff=_cashier(till), window_seconds=_UNDO_SECONDS)
    return undone.id


def bring_back(world: "World", till: Till) -> str:
    """A purchase is returned days later: the manager takes its whole visit back."""
    past = [one for one in till.events if isinstance(one, AccrualEvent | RedemptionEvent)]
    if not past:
        return "nothing"
    target = visit_of(world.chance.choice(past))
    counter = till.counter
    event = VoidEvent(
        rules=counter.rules().rules,
        staff=shop.staff_of(till.store_number, shop.MANAGER),
        boot=counter.clock.boot,
        offset_ms=counter.ledger.offset_ms,
        at=counter.clock.now(),
        mono_ms=counter.clock.mono(),
        seq=0,
        id=counter.new_id(),
        target=target,
        reason="devolução",
    )
    counter.ledger.record([Act(event=event)])
    return target


ACTS: tuple[tuple[Callable[["World", Till], str], int], ...] = (
    (credit, 55),
    (redeem, 28),
    (take_voucher, 6),
    (join, 5),
    (take_back, 6),
    (bring_back, 4),
)


def _concluded(till: Till, draft: Draft, *, visit_id: str = "") -> str:
    visit_id = visit_id or till.counter.new_id()
    known = till.members.by_id(draft.member.member) if draft.member.member else None
    done = visit.conclude(till.counter, draft, staff=_cashier(till), visit=visit_id)
    if known is not None:
        shown = till.points(draft.member.member)
        assert shown == done.new_points, (till.name, known.holding, shown, done)
    return f"{done.visit} {done.spent} {done.new_points}"


def _somebody(world: "World") -> Person:
    """A few people come all the time, so that tills meet over them."""
    members = world.people.members
    if world.chance.random() < 0.5:
        return members[world.chance.randrange(min(3, len(members)))]
    return world.chance.choice(members)


def _opened(
    world: "World", till: Till, person: Person, *, proven: bool = False
) -> identify.OpenMember:
    chance = world.chance
    if person.card and chance.random() < 0.4:
        return identify.by_code(till.counter, person.card)
    if person.cpf and (proven or chance.random() < 0.5):
        return identify.by_cpf(till.counter, Cpf(person.cpf))
    return identify.by_member(till.counter, person.member, proof="cpf" if proven else "none")


def _reward(world: "World", usable: int) -> int:
    """Mostly one that the points are enough for."""
    costs = shop.COSTS
    within = [reward for reward, cost in costs.items() if cost <= usable]
    return world.chance.choice(within if within and world.chance.random() < 0.9 else list(costs))


def _amount(world: "World") -> int:
    return world.chance.choice((500, 1_234, 2_990, 8_640, 15_000, 60_000))


def _receipt(world: "World") -> ReceiptRead | None:
    chance = world.chance
    at = chance.random()
    if at > 0.25:
        return None
    if at < 0.07 and world.receipts:
        return chance.choice(world.receipts[-6:])
    world.receipts_made += 1
    lines: tuple[PurchaseLine, ...] = ()
    if chance.random() < 0.5:
        lines = (PurchaseLine(net_centavos=700, ncm="09012100"),)
    receipt = ReceiptRead(key=make_key(number=world.receipts_made), lines=lines)
    world.receipts.append(receipt)
    return receipt


def _cashier(till: Till) -> int:
    return shop.staff_of(till.store_number, shop.CASHIER)
