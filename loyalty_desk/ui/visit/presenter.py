"""What an open member's screen says: an appraisal in final words. Qt-free, no decisions."""

from dataclasses import dataclass
from typing import Literal

from loyalty_desk.desk import pending_voucher, receipts
from loyalty_desk.desk.appraise import Appraisal
from loyalty_desk.desk.appraise import Offer as RewardOffer
from loyalty_desk.desk.visit import ReceiptRead
from loyalty_desk.ui.pending.state import TrayState
from loyalty_desk.ui.redeem.presenter import confirm_state, purchase_row
from loyalty_desk.ui.redeem.slip_words import way_out
from loyalty_desk.ui.redeem.state import Ask, Proof, Row
from loyalty_desk.ui.texts import refusal_text
from loyalty_desk.ui.visit.member_words import member_card, points_unit
from loyalty_desk.ui.visit.state import (
    AmountNotice,
    AmountState,
    Filter,
    Offer,
    RewardsState,
    RewardTile,
    SummaryState,
    VisitState,
)
from sync import i18n
from sync.i18n import _, ngettext
from sync.programme.document import Document
from sync.programme.earning import Accrual, Part
from sync.programme.members import first_name
from sync.programme.refusals import Reason, Refused

# What is said of an amount that may be right as it stands.
_MILD = (Reason.AMOUNT_UNUSUAL, Reason.AMOUNT_NOT_A_NUMBER)
_OF_THE_AMOUNT = ("AMOUNT_", "RECEIPT_", "CODE_", "IMAGE_")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    """What the screen is made of: an appraisal, and what the cashier is looking at.

    `problem` is the answer to the last act that was refused, `unrecorded` says that the act was the
    conclusion, `denied` is the reward it was about, or 0; `ask` is a question in the button's
    place; `undo_seconds` the window shown before a redemption.
    """

    appraisal: Appraisal
    filter: Filter = "affordable"
    choosing: bool = False
    confirming: bool = False
    problem: Refused | None = None
    unrecorded: bool = False
    denied: int = 0
    notice: str = ""
    ask: Ask | None = None
    tray: TrayState | None = None
    busy: bool = False
    undo_seconds: int = 15

    @property
    def promisable(self) -> int:
        """The reward that was refused and may be promised on paper, or 0."""
        return self.denied if pending_voucher.may_promise(self.problem) else 0


def visit_state(view: VisitView) -> VisitState:
    """Return the screen of a view."""
    seen = view.appraisal
    name = seen.draft.member.row.name if seen.draft.member.row is not None else ""
    panel = view.tray
    return VisitState(
        member=member_card(seen),
        amount=_amount(view),
        rewards=_rewards(view),
        summary=_summary(view),
        offers_title=_("For {name} today").format(name=first_name(name)) if name else "",
        offers=_offers(seen),
        panel=panel
        or (
            confirm_state(
                seen,
                view.problem,
                view.ask,
                view.busy,
                view.undo_seconds,
                promisable=view.promisable,
            )
            if view.confirming
            else None
        ),
    )


def _amount(view: VisitView) -> AmountState:
    seen = view.appraisal
    draft = seen.draft
    problem = seen.problem or (view.problem if _is_of_the_amount(view) else None)
    notice = None
    if problem is not None:
        tone: Literal["warn", "bad"] = "warn" if problem.reason in _MILD else "bad"
        notice = AmountNotice(refusal_text(problem), tone)
    elif view.notice:
        notice = AmountNotice(view.notice, "plain")
    elif draft.member.expired_code:
        notice = AmountNotice(refusal_text(Refused(Reason.CODE_EXPIRED)), "warn")
    accrual = seen.accrual
    return AmountState(
        centavos=draft.amount_centavos,
        points=i18n.signed(accrual.points) if accrual is not None else "",
        unit=_earned_unit(seen, accrual),
        explanation=explanation(accrual, seen.document) if accrual is not None else "",
        notice=notice,
        locked=_("Waits for the manager") if draft.member.blocked else "",
        receipt=_receipt(draft.receipt),
        can_read_receipt=not draft.member.blocked,
    )


def _receipt(read: ReceiptRead | None) -> str:
    if read is None:
        return ""
    return _("Receipt {number}").format(number=receipts.number_of(read.key))


def explanation(accrual: Accrual, document: Document) -> str:
    """Return why a purchase earns: "86 compra + 43 Ouro + 24 cafés em dobro"."""
    return " + ".join(_reason_of(part, document) for part in accrual.parts)


def _reason_of(part: Part, document: Document) -> str:
    points = i18n.number(part.points)
    if part.kind == "base":
        return _("{points} purchase").format(points=points)
    names = {tier.id: tier.name for tier in document.tiers}
    labels = {bonus.id: bonus.label for bonus in document.earning.bonuses}
    return f"{points} {(names if part.kind == 'tier' else labels)[part.ref]}"


def _earned_unit(seen: Appraisal, accrual: Accrual | None) -> str:
    if accrual is None:
        return ""
    if accrual.pending:
        return ngettext("point to confirm", "points to confirm", accrual.points)
    if not seen.connected:
        return ngettext("expected point", "expected points", accrual.points)
    return points_unit(accrual.points)


def _rewards(view: VisitView) -> RewardsState:
    seen = view.appraisal
    offers = seen.offers
    if view.filter == "affordable":
        offers = tuple(sorted(offers, key=lambda offer: offer.refusal is not None))
    limit = ""
    if not seen.connected and seen.draft.member.row is not None:
        limit = _("Up to {points} pts").format(points=i18n.number(seen.draft.member.usable_here))
    return RewardsState(
        tiles=tuple(_tile(offer, number, view) for number, offer in enumerate(offers, start=1)),
        affordable=sum(offer.refusal is None for offer in offers),
        filter=view.filter,
        limit=limit,
        is_choosing=view.choosing,
        is_confirming=view.confirming,
        empty="" if offers else _("The rewards appear when this member is on the till."),
    )


def _tile(offer: RewardOffer, number: int, view: VisitView) -> RewardTile:
    reward = offer.reward
    return RewardTile(
        reward=str(reward.id),
        name=reward.name,
        cost=i18n.number(reward.cost),
        icon=reward.icon,
        number=str(number) if number <= 9 else "",
        reason=short_reason(offer.refusal) if offer.refusal is not None else "",
        is_selected=view.confirming and view.appraisal.draft.reward == reward.id,
    )


def short_reason(refused: Refused) -> str:
    """Return in about twelve letters why a reward is not to be had."""
    facts = refused.facts
    if refused.reason is Reason.NOT_ENOUGH_POINTS:
        return missing(int(facts["missing"]))
    if refused.reason is Reason.REWARD_TIER_ONLY:
        return _("Only {tier}").format(tier=facts["tier"])
    if refused.reason is Reason.REWARD_BASKET_TOO_SMALL:
        return _("From {amount}").format(amount=i18n.money(int(facts["centavos"])))
    words = {
        Reason.REWARD_OUT_OF_STOCK: _("Out of stock"),
        Reason.NEEDS_CONNECTION: _("Needs a line"),
        Reason.REWARD_NOT_NOW: _("Not now"),
        Reason.REWARD_NOT_IN_THIS_STORE: _("Other store"),
        Reason.REWARD_LIMIT_REACHED: _("Used already"),
        Reason.REWARD_ABOVE_BASKET_SHARE: _("Small purchase"),
        Reason.MEMBER_BLOCKED: _("Blocked"),
        Reason.REWARD_ENDED: _("Ended"),
    }
    return words.get(refused.reason, _("Not now"))


def missing(points: int) -> str:
    """Return "Faltam 520" for a tile."""
    return ngettext("{n} to go", "{n} to go", points).format(n=i18n.number(points))


def _offers(seen: Appraisal) -> tuple[Offer, ...]:
    taken = seen.draft.benefits
    benefits = tuple(
        Offer(
            offer=str(benefit.id),
            icon=benefit.icon,
            tone="gold",
            title=benefit.name,
            note=_("In this visit") if benefit.id in taken else benefit.terms,
            action=_("Undo") if benefit.id in taken else _("Use"),
        )
        for benefit in seen.benefits
    )
    missions = tuple(
        Offer(
            offer=mission.id,
            icon="target",
            tone="plain",
            title=mission.name,
            note=_("Done this week")
            if progress.missing == 0
            else ngettext(
                "{n} to go · earns {points} points",
                "{n} to go · earns {points} points",
                progress.missing,
            ).format(n=progress.missing, points=i18n.number(mission.points)),
            share=progress.done / progress.target,
        )
        for mission, progress in seen.missions
    )
    return benefits + missions


def _summary(view: VisitView) -> SummaryState:
    seen = view.appraisal
    draft = seen.draft
    accrual = seen.accrual
    gained = accrual.points if accrual is not None else 0
    counted = gained if accrual is not None and not accrual.pending else 0
    known = draft.member.row is not None
    return SummaryState(
        rows=(purchase_row(seen), _benefit_row(seen)),
        new_balance=i18n.number(draft.member.points + counted) if known else "–",
        act=_act(draft.amount_centavos, gained, draft.benefits),
        can_act=not draft.is_empty and not view.busy and not draft.member.blocked,
        foot=_("Or scan the next QR: this one waits"),
        proof=_refused(view),
        ask=view.ask if not view.confirming else None,
    )


def _is_of_the_amount(view: VisitView) -> bool:
    """Say whether the last refusal is told at the purchase: about amount, receipt or code."""
    return (
        view.problem is not None
        and not view.confirming
        and view.problem.reason.name.startswith(_OF_THE_AMOUNT)
    )


def _refused(view: VisitView) -> Proof | None:
    problem = view.problem
    if problem is None or view.confirming or _is_of_the_amount(view):
        return None
    words = refusal_text(problem)
    title, note = words, ""
    if view.promisable:
        # How many points can be used stands beside the balance; here is room for a line of each.
        title, note = _("Needs connection"), way_out()
    if view.unrecorded:
        title, note = _("Visit not recorded"), words
    if problem.reason is Reason.ON_HOLD_FULL:
        title, note = _("Not put on hold"), words
    return Proof(title, note, "bad", "circle-alert")


def _benefit_row(seen: Appraisal) -> Row:
    names = [b.name for b in seen.benefits if b.id in seen.draft.benefits]
    if names:
        return Row(", ".join(names), "0", "ink")
    return Row(_("No redemption"), "0", "ink3", strong=False)


def _act(centavos: int, points: int, benefits: tuple[int, ...]) -> str:
    if centavos and points:
        return _("Add {points}").format(points=i18n.number(points))
    return _("Hand over and finish") if benefits else _("Finish")
