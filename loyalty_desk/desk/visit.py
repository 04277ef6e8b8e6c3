"""A visit: the small basket of one member — a purchase, a reward, an offer — closed by one act.

`price` forecasts while the cashier types; `conclude` writes everything in one transaction. Nothing
is written when either refuses.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import msgspec

from loyalty_desk.desk import payment
from loyalty_desk.desk.counter import Counter, Moment
from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.desk.payment import Claimant, Payment
from loyalty_desk.store.effects import Credit
from loyalty_desk.store.journal import Act
from loyalty_desk.store.visits import Visit
from sync.programme import earning, leases, rewards
from sync.programme.document import Document, Reward, Role
from sync.programme.earning import Accrual, Inputs, Purchase, PurchaseLine
from sync.programme.permissions import Act as Permitted
from sync.programme.permissions import require, require_approval
from sync.programme.refusals import Reason, Refused
from sync.programme.rewards import Situation
from sync.programme.voucher_token import VoucherToken
from sync.protocol.events import AccrualEvent, Line

_encode = msgspec.json.Encoder().encode
_accruals = msgspec.json.Decoder(Accrual)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRead:
    """A fiscal receipt at the counter: its key, and lines where they are known (from its XML)."""

    key: str
    lines: tuple[PurchaseLine, ...] = ()
    total_centavos: int = 0  # 0 = the code does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What has been entered for one member and not concluded yet.

    `reward` is a reward id (0 = none), `benefits` are free offers taken along, `lead` the staff id
    of the lead who approved the redemption with a PIN (0 = nobody). With a `voucher` the reward is
    the one that it sets aside. `cut_off` says that the server was asked for points in vain.
    """

    member: OpenMember
    amount_centavos: int = 0
    amount_confirmed: bool = False
    receipt: ReceiptRead | None = None
    reward: int = 0
    quantity: int = 1
    benefits: tuple[int, ...] = ()
    lead: int = 0
    voucher: VoucherToken | None = None
    cut_off: bool = False

    @property
    def is_empty(self) -> bool:
        """Say whether nothing has been entered."""
        return not (self.amount_centavos or self.receipt or self.reward or self.benefits)


class Concluded(msgspec.Struct, frozen=True, kw_only=True):
    """What a concluded visit did: its id, the forecast credit, what was spent, the new balance."""

    visit: str
    accrual: Accrual | None
    spent: int
    new_points: int


def price(counter: Counter, draft: Draft) -> Accrual:
    """Return what the draft's purchase is worth. Raises Refused: AMOUNT_…, MEMBER_BLOCKED."""
    moment = counter.moment()
    rules = moment.document.earning
    earning.check_amount(draft.amount_centavos, rules, confirmed=draft.amount_confirmed)
    return _priced(moment, draft, _inputs(moment, draft.member))


def _priced(moment: Moment, draft: Draft, stamped: Inputs) -> Accrual:
    return earning.evaluate(moment.document, _purchase(moment, draft), stamped)


def _inputs(moment: Moment, member: OpenMember) -> Inputs:
    """Return what is known of the member for pricing: tier, and what today's caps have used.

    Of a card whose member is not here, that is what this till has credited to it itself.
    """
    row = member.row
    earned, visits, bonus = 0, 0, dict[str, int]()
    if row is not None and row.day == moment.today:
        earned, visits, bonus = row.earned, row.visits, dict(row.bonus)
    for credit in member.effects.credits:
        if moment.day_of(credit.at) == moment.today:
            earned += credit.points
            visits += credit.visits
            for name, points in _bonus_of(credit):
                bonus[name] = bonus.get(name, 0) + points
    return Inputs(
        tier=row.tier if row is not None else "",
        earned_today=max(0, earned),
        visits_today=max(0, visits),
        bonus_today=tuple(sorted((name, max(0, points)) for name, points in bonus.items())),
    )


def situation(counter: Counter, moment: Moment, draft: Draft) -> Situation:
    """Return what the draft's rewards are judged by."""
    member = draft.member
    row = member.row
    year = moment.today[:4]
    taken_day: dict[int, int] = {}
    taken_year: dict[int, int] = {}
    own = [
        (taken.reward, moment.day_of(taken.at), taken.quantity) for taken in member.effects.taken
    ]
    for reward, when, count in (*(row.taken if row else ()), *own):
        if when == moment.today:
            taken_day[reward] = taken_day.get(reward, 0) + count
        if when[:4] == year:
            taken_year[reward] = taken_year.get(reward, 0) + count
    goods = payment.goods(counter)
    return Situation(
        at=moment.at,
        store=moment.shop.id,
        points=member.points,
        usable_here=member.with_lead,
        tier=row.tier if row else "",
        basket_centavos=draft.amount_centavos,
        birthday=row.birthday if row else "",
        stock=goods.here,
        elsewhere=goods.elsewhere,
        taken_day=taken_day,
        taken_year=taken_year,
    )


def _check_reward(counter: Counter, moment: Moment, draft: Draft) -> Reward:
    """Return the draft's reward once it may be redeemed, proof included.

    Raises Refused: MEMBER_NOT_HERE for a card alone, REWARD_…, NOT_ENOUGH_POINTS,
    NEEDS_CONNECTION, NEEDS_FRESH_CODE, NEEDS_LEAD.
    """
    if draft.member.member == 0:
        raise Refused(Reason.MEMBER_NOT_HERE)
    document = moment.document
    reward = rewards.reward_numbered(document.rewards, draft.reward)
    if draft.voucher is not None and draft.voucher.reward == draft.reward:
        # The server judged everything else when it set the reward aside.
        rewards.check_basket(reward, draft.amount_centavos, 1)
        return reward
    judged = situation(counter, moment, draft)
    rewards.check(reward, judged, document.tiers, quantity=draft.quantity)
    _check_proof(document, draft, reward)
    return reward


def missing_proof(document: Document, draft: Draft) -> Refused | None:
    """Return what the member still has to prove for the draft's reward, None for nothing.

    That is also a lead's word for more than a cashier may hand over here alone.
    """
    if draft.voucher is not None:
        return None
    for reward in document.rewards:
        if reward.id == draft.reward:
            try:
                _check_proof(document, draft, reward)
            except Refused as refused:
                return refused
            alone = draft.member.usable_here
            if alone < reward.cost * draft.quantity <= draft.member.with_lead and not draft.lead:
                return Refused(Reason.NEEDS_LEAD, limit=alone)
    return None


def points_to_lease(counter: Counter, draft: Draft, *, staff: int, visit: str) -> int:
    """Return how many points must be lent before the draft can be concluded, 0 for none.

    What would be refused anyway borrows nothing: where something would have to be lent, this raises
    Refused like `conclude`. Else `conclude` will say what is wrong.
    """
    if not draft.reward or draft.voucher is not None:
        return 0
    reward = rewards.reward_numbered(counter.document().rewards, draft.reward)
    points = reward.cost * draft.quantity
    held = counter.ledger.leases.of(draft.member.member)
    if points <= leases.usable(held, now=counter.now()):
        return 0
    if counter.ledger.visits.find(visit) is not None:
        return 0
    moment = counter.moment()
    _check_draft(counter, moment, draft, staff=staff)
    _check_reward(counter, moment, draft)
    return points


def units_to_lease(counter: Counter, draft: Draft) -> int:
    """Return how many units of the draft's reward must be lent before it can be concluded."""
    if not draft.reward or draft.voucher is not None or not counter.connected:
        return 0
    missing = payment.units_missing(counter, draft.reward, draft.quantity)
    return draft.quantity if missing else 0


def conclude(counter: Counter, draft: Draft, *, staff: int, visit: str) -> Concluded:
    """Record the draft as one visit: all of it, durably, or nothing.

    `visit` is the id made when the visit was opened: a repeated call is the same intention, and
    answers what was recorded. Raises Refused: NOTHING_TO_RECORD, NOT_PERMITTED, AMOUNT_…,
    MEMBER_BLOCKED, RECEIPT_USED, REWARD_…, LEASE_…, VOUCHER_…, CODE_EXPIRED, FLOOR_LIMIT_REACHED.
    """
    recorded = counter.ledger.visits.find(visit)
    if recorded is not None:
        return _concluded_before(draft, recorded)
    moment = counter.moment()
    _check_draft(counter, moment, draft, staff=staff)
    acts: list[Act] = []
    accrual = None
    if draft.amount_centavos:
        stamped = _inputs(moment, draft.member)
        accrual = _priced(moment, draft, stamped)
        acts.append(_accrual_act(moment, draft, stamped, accrual, staff=staff, event=visit))
    spent = covered = 0
    for reward, quantity in _redeemed(counter, moment, draft):
        event = counter.new_id() if acts else visit
        paid = _paid(counter, moment, draft, reward.cost * quantity)
        acts.append(
            payment.redemption(
                moment,
                reward,
                quantity,
                paid,
                units=_units(counter, moment, draft, reward, quantity),
                member=draft.member.member,
                proof=draft.member.proof,
                lead=draft.lead,
                staff=staff,
                event=event,
                visit=visit,
            )
        )
        spent += reward.cost * quantity
        covered += 0 if paid.floor else reward.cost * quantity
    counter.ledger.record(acts)
    gained = accrual.points if accrual is not None and not accrual.pending else 0
    return Concluded(
        visit=visit,
        accrual=accrual,
        spent=spent,
        new_points=draft.member.points_after(gained - spent, covered=covered),
    )


def _check_draft(counter: Counter, moment: Moment, draft: Draft, *, staff: int) -> None:
    """Refuse what cannot be concluded whatever the server lends.

    Raises Refused: NOTHING_TO_RECORD, MEMBER_BLOCKED, AMOUNT_…, NOT_PERMITTED, STAFF_UNKNOWN,
    STAFF_BLOCKED, SELF_APPROVAL.
    """
    if draft.is_empty:
        raise Refused(Reason.NOTHING_TO_RECORD)
    if draft.member.blocked:
        raise Refused(Reason.MEMBER_BLOCKED)
    role = cast("Role", counter.ledger.staff.by_id(staff).role)
    if draft.amount_centavos or draft.receipt is not None:
        require(moment.document, role, Permitted.CREDIT)
        rules = moment.document.earning
        earning.check_amount(draft.amount_centavos, rules, confirmed=draft.amount_confirmed)
    if (draft.reward or draft.benefits) and not draft.lead:
        require(moment.document, role, Permitted.REDEEM)
    if draft.lead:
        require_approval(
            moment.document,
            Permitted.APPROVE_REDEMPTION,
            actor=staff,
            approver=draft.lead,
            role=cast("Role", counter.ledger.staff.by_id(draft.lead).role),
        )


def _check_proof(document: Document, draft: Draft, reward: Reward) -> None:
    proof = "lead" if draft.lead else draft.member.proof
    rewards.check_proof(
        reward.cost * draft.quantity,
        proof,
        document.limits,
        fresh_code_only=reward.fresh_code_only,
    )


def _concluded_before(draft: Draft, recorded: Visit) -> Concluded:
    accrual = None
    if recorded.explain:
        accrual = _accruals.decode(recorded.explain)
    return Concluded(
        visit=recorded.id,
        accrual=accrual,
        spent=sum(taken.points for taken in recorded.taken),
        new_points=draft.member.points,
    )


def _bonus_of(credit: Credit) -> Iterator[tuple[str, int]]:
    """What each bonus gave in a credit of this till; taken away again when it was undone."""
    if credit.explain:
        accrual = _accruals.decode(credit.explain)
        yield from (
            (part.ref, part.points * credit.visits)
            for part in accrual.parts
            if part.kind == "bonus"
        )


def _redeemed(counter: Counter, moment: Moment, draft: Draft) -> list[tuple[Reward, int]]:
    chosen = [(_check_reward(counter, moment, draft), draft.quantity)] if draft.reward else []
    for benefit in draft.benefits:
        one = replace(draft, reward=benefit, quantity=1)
        chosen.append((_check_reward(counter, moment, one), 1))
    return chosen


def _purchase(moment: Moment, draft: Draft) -> Purchase:
    receipt = draft.receipt
    return Purchase(
        paid_centavos=draft.amount_centavos,
        at=moment.at,
        evidence="receipt" if receipt is not None else "typed",
        lines=receipt.lines if receipt is not None else (),
    )


def line_of(line: PurchaseLine) -> Line:
    """Return a product line as events hold it."""
    return Line(
        net=line.net_centavos, tax=line.tax_centavos, ncm=line.ncm, ean=line.ean, code=line.code
    )


def _accrual_act(
    moment: Moment, draft: Draft, stamped: Inputs, accrual: Accrual, *, staff: int, event: str
) -> Act:
    member, receipt = draft.member, draft.receipt
    lines = receipt.lines if receipt is not None else ()
    return Act(
        event=AccrualEvent(
            rules=moment.rules.rules,
            staff=staff,
            boot=moment.boot,
            offset_ms=moment.offset_ms,
            at=moment.wall,
            mono_ms=moment.mono,
            seq=0,
            id=event,
            tier=stamped.tier,
            member=member.member,
            card=member.card if not member.member else "",
            amount=draft.amount_centavos,
            evidence="receipt" if receipt is not None else "typed",
            receipt=receipt.key if receipt is not None else "",
            earned=stamped.earned_today,
            visits=stamped.visits_today,
            bonus=stamped.bonus_today,
            lines=tuple([line_of(one) for one in lines]),
            forecast=accrual.points,
        ),
        explain=_encode(accrual),
        waits=accrual.pending,
    )


def _paid(counter: Counter, moment: Moment, draft: Draft, points: int) -> Payment:
    """Return what pays. Raises Refused: LEASE_TOO_SMALL, VOUCHER_…, FLOOR_LIMIT_REACHED, …"""
    if points and draft.voucher is not None:
        return payment.by_voucher(counter, moment, draft.voucher)
    member = draft.member
    claimant = Claimant(
        member=member.member, points=member.points, free=member.free, lead=draft.lead
    )
    cut_off = draft.cut_off or not counter.connected
    return payment.by_points(counter, moment, claimant, points, cut_off=cut_off)


def _units(counter: Counter, moment: Moment, draft: Draft, reward: Reward, quantity: int) -> str:
    """Name the lease of units; a voucher's unit was taken out of the stock when it was made."""
    if draft.voucher is not None and draft.voucher.reward == reward.id:
        return ""
    return payment.units_of(counter, moment, reward, quantity)
