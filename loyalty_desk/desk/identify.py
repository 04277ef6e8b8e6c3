"""Identify: a scanned code, a CPF, a phone or a name becomes a member at the counter.

Everything is found in this till's own files, so it works without a network. A card whose member is
not here can still be credited: the server knows whose it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from loyalty_desk.desk import payment
from loyalty_desk.desk.counter import Counter, instant
from loyalty_desk.store.effects import Effects
from loyalty_desk.store.members import Found as Found
from loyalty_desk.store.members import Known as Known
from sync.programme import member_token
from sync.programme.cpf import Cpf, parse_cpf
from sync.programme.document import Document
from sync.programme.member_token import MemberToken, PublicKeyEntry, TokenKind
from sync.programme.phone import parse_phone
from sync.programme.refusals import Reason, Refused
from sync.programme.rewards import Proof
from sync.protocol.identifiers import identifier_hash
from sync.protocol.messages import MemberRow

RESULTS_MAX = 8

ACTIVE, BLOCKED, MERGED, ERASED = range(4)

_STRENGTH: tuple[Proof, ...] = ("none", "card", "cpf", "fresh", "lead")

_STATUS_REFUSALS = {MERGED: Reason.MEMBER_MERGED, ERASED: Reason.MEMBER_ERASED}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMember:
    """A member, or a card of one, as the counter knows them now.

    `row` is the cached projection, None for a card whose member is not here. `points` is the
    balance with this till's own unconfirmed acts, `debt` what the next points pay first;
    `usable_here` what one redemption may spend now, `with_lead` what it may once a lead approves,
    `free` what no till holds. `by_voucher`: opened by a voucher, so good even when the member is
    not here.
    `expired_code` says that the phone code was over: good for a credit, not for a redemption.
    """

    member: int
    card: str = ""
    row: MemberRow | None = None
    effects: Effects
    points: int = 0
    debt: int = 0
    usable_here: int = 0
    with_lead: int = 0
    free: int = 0
    by_voucher: bool = False
    proof: Proof = "none"
    proof_at: int = 0
    as_of: int = 0
    is_new: bool = False
    expired_code: bool = False

    @property
    def blocked(self) -> bool:
        """Say whether nothing may be credited or redeemed."""
        return self.row is not None and self.row.status == BLOCKED

    def points_after(self, change: int, *, covered: int) -> int:
        """Return the balance as it is shown after a visit: see `ledger.account_of`.

        A debt is paid first, and what tills hold for the member stays: what the shop handed over
        on its own risk beyond the rest is not taken out of that, only `covered` is.
        """
        held = self.points - self.free - covered
        return max(0, held, self.points - self.debt + change)


def by_code(counter: Counter, digits: str) -> OpenMember:
    """Return the member of a scanned card or phone code.

    Raises Refused: every CODE_… reason of `member_token.read`, MEMBER_MERGED, MEMBER_ERASED. An
    expired phone code still identifies.
    """
    token, expired = _token(counter, digits)
    if token.kind not in (TokenKind.CARD, TokenKind.PHONE):
        raise Refused(Reason.CODE_UNKNOWN)
    proof: Proof = "fresh" if token.kind is TokenKind.PHONE and not expired else "card"
    card = f"{token.subject:016x}"
    known = counter.members.by_card(card)
    opened = (
        _card_alone(counter, OpenMember(member=0, card=card, effects=Effects(), proof=proof))
        if known is None
        else open_known(counter, known, proof=proof)
    )
    return replace(opened, card=card, proof_at=counter.now(), expired_code=expired)


def by_member(counter: Counter, member: int, *, proof: Proof = "none") -> OpenMember:
    """Return a member by id, as after a search. Raises Refused: MEMBER_UNKNOWN, MEMBER_…"""
    known = counter.members.by_id(member)
    if known is None:
        raise Refused(Reason.MEMBER_UNKNOWN)
    return open_known(counter, known, proof=proof)


def chosen(counter: Counter, member: int, typed: str) -> OpenMember:
    """Return a member chosen among those found for `typed`; their CPF typed in full is a proof.

    Raises Refused: MEMBER_UNKNOWN, MEMBER_…
    """
    known = _by_cpf_text(counter, typed)
    proof: Proof = "cpf" if known and known[0].row.id == member else "none"
    return by_member(counter, member, proof=proof)


def submitted(counter: Counter, typed: str) -> OpenMember | None:
    """Return whom the Enter key opens for `typed`: the first one found, a CPF being a proof.

    None when nobody is found, and when a phone is shared: then a person has to choose.
    """
    found = search(counter, typed).known
    shared = len(found) > 1 and not any(char.isalpha() for char in typed)
    return None if not found or shared else chosen(counter, found[0].row.id, typed)


def by_cpf(counter: Counter, cpf: Cpf) -> OpenMember:
    """Return the member with this CPF: typed in full, it is a proof. Raises MEMBER_UNKNOWN."""
    known = counter.members.by_cpf(_hash(counter, "cpf", cpf.digits))
    if known is None:
        raise Refused(Reason.MEMBER_UNKNOWN)
    return open_known(counter, known, proof="cpf")


def by_phone(counter: Counter, national: str) -> tuple[Known, ...]:
    """Return whoever has this phone: nobody, one, or the people who share it."""
    return counter.members.by_phone(_hash(counter, "phone", national))


def again(counter: Counter, opened: OpenMember) -> OpenMember:
    """Return an open member with the balance of now, the proof kept.

    A card alone becomes its member once the member is here. Raises Refused: MEMBER_UNKNOWN,
    MEMBER_…
    """
    if opened.member:
        try:
            fresh = by_member(counter, opened.member, proof=opened.proof)
        except Refused as refused:
            if refused.reason is Reason.MEMBER_UNKNOWN and opened.by_voucher:
                return opened
            raise
    else:
        known = counter.members.by_card(opened.card)
        if known is None:
            return _card_alone(counter, opened)
        fresh = open_known(counter, known, proof=opened.proof)
    return replace(
        fresh,
        card=opened.card,
        by_voucher=opened.by_voucher,
        proof_at=opened.proof_at,
        expired_code=opened.expired_code,
    )


def open_known(counter: Counter, known: Known, *, proof: Proof) -> OpenMember:
    """Return an opened member, with this till's own acts added. Raises Refused: MEMBER_…"""
    row = known.row
    if row.status in _STATUS_REFUSALS:
        raise Refused(_STATUS_REFUSALS[row.status])
    held = known.holding
    usable = payment.usable(counter, row.id, held)
    return OpenMember(
        member=row.id,
        row=row,
        effects=known.effects,
        points=held.points,
        debt=held.debt,
        usable_here=usable.alone,
        with_lead=usable.with_lead,
        free=held.available,
        proof=proof,
        proof_at=counter.now() if proof != "none" else 0,
        as_of=counter.members.freshness().fetched_at,
        is_new=known.is_new,
    )


def search(counter: Counter, text: str) -> Found:
    """Return the members that typed text may mean: a CPF first, a phone, else words of a name."""
    if any(char.isalpha() for char in text):
        return counter.members.search(text, RESULTS_MAX)
    known = _by_cpf_text(counter, text) or _by_phone_text(counter, text)
    return Found(known=known[:RESULTS_MAX], total=len(known), capped=False)


def badge_of(counter: Counter, digits: str) -> str:
    """Return the badge id (16 hex digits) in a staff badge's code. Raises Refused: CODE_…"""
    token, expired = _token(counter, digits)
    if token.kind is not TokenKind.STAFF_BADGE or expired:
        raise Refused(Reason.CODE_UNKNOWN)
    return f"{token.subject:016x}"


def key_list(document: Document) -> Mapping[int, PublicKeyEntry]:
    """Return the keys that sign member codes, by kid. Kinds of a later version are passed over."""
    return {
        key.kid: PublicKeyEntry(
            key_id=key.kid,
            public_key=bytes.fromhex(key.public_hex),
            not_before=instant(key.not_before),
            not_after=instant(key.not_after) if key.not_after else None,
            kinds=frozenset(kind for kind in TokenKind if kind in key.kinds),
            revoked_at=instant(key.revoked_at) if key.revoked_at else None,
        )
        for key in document.token_keys
    }


def is_same(one: OpenMember, other: OpenMember) -> bool:
    """Say whether two openings are of one member: by their id, else by the card in the hand."""
    if one.member and other.member:
        return one.member == other.member
    return bool(one.card) and one.card == other.card


def proven(before: OpenMember, now: OpenMember) -> OpenMember:
    """Return a member shown again: as they are `now`, with the stronger of the two proofs."""
    if _STRENGTH.index(now.proof) >= _STRENGTH.index(before.proof):
        return replace(now, card=now.card or before.card)
    return replace(
        now,
        card=now.card or before.card,
        proof=before.proof,
        proof_at=before.proof_at,
        expired_code=before.expired_code,
    )


def _card_alone(counter: Counter, opened: OpenMember) -> OpenMember:
    effects = counter.members.card_effects(opened.card)
    return replace(opened, effects=effects, points=effects.points)


def _by_cpf_text(counter: Counter, text: str) -> tuple[Known, ...]:
    try:
        known = counter.members.by_cpf(_hash(counter, "cpf", parse_cpf(text).digits))
    except Refused:
        return ()
    return (known,) if known is not None else ()


def _by_phone_text(counter: Counter, text: str) -> tuple[Known, ...]:
    try:
        return by_phone(counter, parse_phone(text).national)
    except Refused:
        return ()


def _hash(counter: Counter, kind: Literal["cpf", "phone"], digits: str) -> int:
    return identifier_hash(counter.identity().identifier_key, kind, digits)


def _token(counter: Counter, digits: str) -> tuple[MemberToken, bool]:
    """Return the token and whether its life is over; the server's clock counts, not this one's."""
    document = counter.document()
    programme, keys = document.programme, key_list(document)
    now, skew = instant(counter.now()), timedelta(seconds=document.limits.code_skew_seconds)
    try:
        return member_token.read(digits, programme=programme, keys=keys, now=now, skew=skew), False
    except Refused as refused:
        if refused.reason is not Reason.CODE_EXPIRED:
            raise
        expired = refused
    token = member_token.read(
        digits, programme=programme, keys=keys, now=now, skew=timedelta(days=36_500)
    )
    if token.kind is not TokenKind.PHONE:
        raise expired
    return token, True
