"""What the confirmation of a redemption says. Qt-free, no decisions."""

from dataclasses import replace

from loyalty_desk.desk.appraise import Appraisal
from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.ui.redeem.slip_words import way_out
from loyalty_desk.ui.redeem.state import Ask, ConfirmState, Proof, Row
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.i18n import _, ngettext
from sync.programme.members import first_name
from sync.programme.refusals import Reason, Refused
from sync.programme.voucher_token import reference

QUANTITY_MAX = 9


def confirm_state(
    seen: Appraisal,
    problem: Refused | None,
    ask: Ask | None,
    busy: bool,
    undo_seconds: int,
    *,
    promisable: int = 0,
) -> ConfirmState:
    """Return the panel for the draft's chosen reward.

    `problem` is why it cannot be concluded as it stands; `promisable` says
    which reward may be promised on paper then, 0 for none.
    """
    draft = seen.draft
    reward = seen.offer(draft.reward).reward
    cost = reward.cost * draft.quantity
    accrual = seen.accrual
    gained = accrual.points if accrual is not None and not accrual.pending else 0
    now = draft.member.points
    known = draft.member.row is not None
    rows = [Row(_("Balance now"), i18n.number(now) if known else "–", strong=False)]
    if accrual is not None:
        rows.append(purchase_row(seen))
    label = reward.name if draft.quantity == 1 else f"{draft.quantity} × {reward.name}"
    rows.append(Row(label, i18n.number(-cost)))
    words = ngettext("{n} unit", "{n} units", draft.quantity).format(n=draft.quantity)
    proof = _refused(problem, promisable) if problem is not None else proof_of(draft.member, seen)
    return ConfirmState(
        icon=reward.icon,
        name=reward.name,
        terms=_terms(seen, reward.terms),
        quantity=words,
        rows=tuple(rows),
        remains=i18n.number(now + gained - cost) if known else "–",
        act=_("Redeem and finish"),
        foot=_("You have {n} s to undo").format(n=undo_seconds),
        can_less=draft.quantity > 1,
        can_more=draft.voucher is None
        and draft.quantity < QUANTITY_MAX
        and cost + reward.cost <= draft.member.with_lead,
        proof=proof,
        ask=_without_echo(ask, proof),
        # What was refused may be tried again: a line comes back, a doubtful amount is confirmed.
        can_act=not busy,
    )


def purchase_row(seen: Appraisal) -> Row:
    """Return the line of the purchase in a sum; muted while its points do not count in it yet."""
    accrual = seen.accrual
    if accrual is None:
        return Row(_("No purchase"), "0", "ink3", strong=False)
    amount = i18n.money(seen.draft.amount_centavos)
    label = _("Purchase of {amount}").format(amount=amount)
    points = i18n.signed(accrual.points)
    if accrual.pending:
        return Row(label, points, "ink3", strong=False)
    return Row(label, points, "ok")


def proof_of(member: OpenMember, seen: Appraisal) -> Proof | None:
    """Return how the customer showed that it is them, or what is missing for this reward."""
    row = member.row
    name = first_name(row.name) if row is not None else ""
    missing = seen.unproven
    if seen.draft.voucher is not None:
        return Proof(_("Set aside for this customer"), _("The code was checked on this till"))
    if missing is not None and missing.reason is Reason.NEEDS_LEAD:
        return Proof(_("A lead approves with PIN or badge"), refusal_text(missing), "plain")
    if missing is not None and member.proof != "none":
        ask = _("Ask {name} for the QR or the CPF").format(name=name)
        return Proof(ask, refusal_text(missing), "plain")
    read = _("QR read at {time}").format(time=i18n.clock(seen.proved_at))
    if member.proof == "fresh":
        return Proof(_("{name} confirmed on the phone").format(name=name), read)
    if member.proof == "card":
        card = _("Card read at {time}").format(time=i18n.clock(seen.proved_at))
        return Proof(_("{name} showed the card").format(name=name), card)
    if member.proof == "cpf":
        return Proof(_("{name} gave the whole CPF").format(name=name))
    return Proof(
        _("Ask {name} for the QR or the CPF").format(name=name),
        _("Nothing can be redeemed without"),
        "plain",
        "shield-check",
    )


def _terms(seen: Appraisal, terms: str) -> str:
    """Return the small print: for a reward that was set aside, what people call its voucher."""
    voucher = seen.draft.voucher
    if voucher is None:
        return terms
    return _("Voucher {code}").format(code=reference(voucher.voucher))


def _without_echo(ask: Ask | None, proof: Proof | None) -> Ask | None:
    """Leave out the hint of a question where the box above says the same."""
    if ask is None or proof is None or ask.hint != proof.title:
        return ask
    return replace(ask, hint="")


def _refused(problem: Refused, promisable: int) -> Proof:
    if problem.reason is Reason.AMOUNT_UNUSUAL:
        return Proof(refusal_text(problem), tone="warn", icon="triangle-alert")
    title, note = _("Cannot be redeemed like this"), refusal_text(problem)
    if problem.reason is Reason.ON_HOLD_FULL:
        title = _("Not put on hold")
    if promisable:
        title, note = note, way_out()
    return Proof(title, note, "bad", "circle-alert")
