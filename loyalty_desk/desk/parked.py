"""Parked visits: what was entered for a member waits on disk while another is served.

They wait half an hour each and survive a restart. A cashier puts at most five on hold; what a
locked till or a change of people puts aside is kept whatever waits already.
"""

import msgspec

from loyalty_desk.desk import identify
from loyalty_desk.desk.counter import Counter
from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.desk.visit import Draft, ReceiptRead
from loyalty_desk.store.effects import Effects
from loyalty_desk.store.ledger import Ledger
from loyalty_desk.store.shelf import Parked
from sync.programme.refusals import Reason, Refused
from sync.programme.rewards import Proof
from sync.programme.voucher_token import VoucherToken

PARKED_MAX = 5
KEPT_MS = 30 * 60 * 1000


class _Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str = ""
    card: str = ""
    proof: Proof = "none"
    proof_at: int = 0
    expired_code: bool = False
    amount: int = 0
    confirmed: bool = False
    receipt: ReceiptRead | None = None
    reward: int = 0
    quantity: int = 1
    benefits: tuple[int, ...] = ()
    voucher: VoucherToken | None = None


def park(
    counter: Counter, draft: Draft, *, staff: int, visit: str, whatever_waits: bool = False
) -> None:
    """Keep a draft on disk under the id of its visit. A lead's approval is not kept.

    Raises Refused: ON_HOLD_FULL when five others wait, unless `whatever_waits`. None of them makes
    room: each is somebody's purchase.
    """
    others = [held for held, _name in waiting(counter) if held != visit]
    if len(others) >= PARKED_MAX and not whatever_waits:
        raise Refused(Reason.ON_HOLD_FULL, limit=PARKED_MAX)
    member = draft.member
    body = _Body(
        name=member.row.name if member.row is not None else "",
        card=member.card,
        # A fresh phone code proves presence for now, not for later.
        proof="card" if member.proof == "fresh" else member.proof,
        proof_at=member.proof_at,
        expired_code=member.expired_code,
        amount=draft.amount_centavos,
        confirmed=draft.amount_confirmed,
        receipt=draft.receipt,
        reward=draft.reward,
        quantity=draft.quantity,
        benefits=draft.benefits,
        voucher=draft.voucher,
    )
    counter.ledger.parked.keep(
        Parked(
            id=visit,
            at=counter.clock.now(),
            staff=staff,
            member=member.member,
            body=msgspec.json.encode(body),
        )
    )


def waiting(counter: Counter) -> tuple[tuple[str, str], ...]:
    """Return (visit id, name) of what is on hold; what waited too long is let go."""
    kept = []
    for parked in counter.ledger.parked.all():
        if _is_kept(parked, counter.clock.now()):
            kept.append((parked.id, _body(parked).name))
        else:
            counter.ledger.parked.drop(parked.id)
    return tuple(kept)


def is_any_kept(ledger: Ledger, now: int) -> bool:
    """Say whether a visit is on hold that has not waited too long `now` (ms UTC)."""
    return any(_is_kept(parked, now) for parked in ledger.parked.all())


def take(counter: Counter, visit: str) -> Draft | None:
    """Return a draft from hold, its member read anew; None when it is gone.

    Raises Refused: MEMBER_…; then it stays on hold.
    """
    for parked in counter.ledger.parked.all():
        if parked.id == visit:
            draft = _draft(counter, parked)
            counter.ledger.parked.drop(visit)
            return draft
    return None


def _is_kept(parked: Parked, now: int) -> bool:
    return now - parked.at <= KEPT_MS


def _draft(counter: Counter, parked: Parked) -> Draft:
    body = _body(parked)
    opened = OpenMember(
        member=parked.member,
        card=body.card,
        effects=Effects(),
        proof=body.proof,
        proof_at=body.proof_at,
        expired_code=body.expired_code,
        by_voucher=body.voucher is not None,
    )
    return Draft(
        member=identify.again(counter, opened),
        amount_centavos=body.amount,
        amount_confirmed=body.confirmed,
        receipt=body.receipt,
        reward=body.reward,
        quantity=body.quantity,
        benefits=body.benefits,
        voucher=body.voucher,
    )


def _body(parked: Parked) -> _Body:
    return msgspec.json.decode(parked.body, type=_Body)
