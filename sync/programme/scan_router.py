"""What a scanned or typed text is: member, badge, voucher, receipt, PIX, product, command.

Guarantees one answer for any text, in a fixed order, and never raises: what is none of these comes
back as `Unknown` with the reason that fits best. A payment card's number is not passed on. Nothing
here proves a code genuine; `member_token.read` and the server do.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from sync.programme import pending_voucher
from sync.programme.cpf import Cpf, parse_cpf
from sync.programme.keyboard_layout import abnt2_to_us
from sync.programme.member_token import LAYOUT as MEMBER_LAYOUT
from sync.programme.member_token import TokenKind, kind_of
from sync.programme.pending_voucher import PendingVoucher
from sync.programme.receipt_qr import ReceiptCode, read_receipt_code
from sync.programme.refusals import Reason, Refused
from sync.programme.voucher_code import parse_voucher_code
from sync.programme.voucher_token import LAYOUT as VOUCHER_LAYOUT

MAX_LENGTH = 4096

# Symbology identifiers (ISO/IEC 15424), as `]Q1` and as an ABNT2 computer shows them.
_SYMBOLOGY = re.compile(r"\A[\]\[][A-Za-z][0-9]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_COMMAND = re.compile(r"LD!([A-Z0-9-]{1,16})")
_TRAILING_TOKEN = re.compile(rf"(?<![0-9])[0-9]{{{MEMBER_LAYOUT.digits}}}\Z")
_TRAILING_VOUCHER = re.compile(rf"(?<![0-9])[0-9]{{{VOUCHER_LAYOUT.digits}}}\Z")
_LONG_NUMBER = re.compile(r"[0-9]{100,}")
# BR Code (Banco Central, Manual de Padrões para Iniciação do Pix): format first, CRC last.
_PIX = re.compile(r"000201.*6304[0-9A-F]{4}", re.IGNORECASE | re.DOTALL)
_PRODUCT = re.compile(r"[0-9]{8}|[0-9]{13}")
_VOUCHER_IN_PRINT = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
_CPF_IN_PRINT = re.compile(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}")
_PAYMENT_CARD = re.compile(r"[0-9]{13,19}")


@dataclass(frozen=True, slots=True)
class MemberCode:
    """The 202 digits of a card or a phone code, for `member_token.read`."""

    digits: str


@dataclass(frozen=True, slots=True)
class StaffBadge:
    """The 202 digits of a staff badge, for `member_token.read`."""

    digits: str


@dataclass(frozen=True, slots=True)
class VoucherCode:
    """A voucher: twelve characters to be redeemed on-line, or 202 digits when `signed`."""

    text: str
    signed: bool


@dataclass(frozen=True, slots=True)
class RewardVoucher:
    """The 251 digits of a reward that is set aside, for `voucher_token.read`."""

    digits: str


@dataclass(frozen=True, slots=True)
class PendingVoucherCode:
    """A pending voucher on paper; it says whose it is and proves nothing."""

    voucher: PendingVoucher


@dataclass(frozen=True, slots=True)
class ReceiptScan:
    """A fiscal receipt."""

    code: ReceiptCode


@dataclass(frozen=True, slots=True)
class PixCode:
    """A payment code that strayed in."""


@dataclass(frozen=True, slots=True)
class CpfTyped:
    """A person's CPF."""

    cpf: Cpf


@dataclass(frozen=True, slots=True)
class ProductCode:
    """The EAN of a product, or a number of the shop's own within that system."""

    ean: str


@dataclass(frozen=True, slots=True)
class CounterCommand:
    """A card of the counter's command sheet; `name` is what follows `LD!`."""

    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """None of the others. `text` is empty for what must not be kept, as a payment card's number."""

    text: str
    reason: Reason


Scan: TypeAlias = (
    MemberCode
    | StaffBadge
    | VoucherCode
    | RewardVoucher
    | PendingVoucherCode
    | ReceiptScan
    | PixCode
    | CpfTyped
    | ProductCode
    | CounterCommand
    | Unknown
)


_STRONG = (MemberCode, StaffBadge, RewardVoucher, PendingVoucherCode, ReceiptScan)


def route(*texts: str) -> Scan:
    """What the code is; `texts` are the ways it may have been meant, the likeliest first.

    Each is tried as it is, as a US reader's text seen by an ABNT2 computer, and in capitals.
    """
    plain = [_plain(text) for text in texts]
    for spelling in (s for text in plain for s in _spellings(text)):
        scan = _recognised(spelling)
        # A refusal for a reason is an answer: another spelling could only hide what was refused.
        if not isinstance(scan, Unknown) or scan.reason is not Reason.CODE_UNKNOWN:
            return scan
    kept = plain[0][:MAX_LENGTH] if plain else ""
    return Unknown("" if _is_payment_card(kept) else kept, Reason.CODE_UNKNOWN)


def is_strong(text: str) -> bool:
    """True when chance cannot have made `text`: a whole code of ours, or an access key within."""
    scan = route(text)
    if isinstance(scan, VoucherCode):
        return scan.signed
    return isinstance(scan, _STRONG)


def is_command(text: str) -> bool:
    """True for a card of the counter's command sheet: nobody types what begins like that."""
    return isinstance(route(text), CounterCommand)


def is_product(text: str) -> bool:
    """True for 13 or 8 digits whose last one checks the others (GS1)."""
    return _PRODUCT.fullmatch(text) is not None and _sum_of_digits(text, 3) % 10 == 0


def _plain(text: str) -> str:
    return _SYMBOLOGY.sub("", _CONTROL.sub("", text[: MAX_LENGTH + 1]).strip())


def _spellings(text: str) -> tuple[str, ...]:
    meant = abnt2_to_us(text)
    return text, meant, text.upper(), meant.upper()


def _recognised(text: str) -> Scan:
    if len(text) <= MAX_LENGTH:
        for recognise in _IN_ORDER:
            scan = recognise(text)
            if scan is not None:
                return scan
    return Unknown(text, Reason.CODE_UNKNOWN)


def _command(text: str) -> Scan | None:
    found = _COMMAND.fullmatch(text)
    return CounterCommand(found[1]) if found else None


def _pending(text: str) -> Scan | None:
    if not text.startswith(pending_voucher.PREFIX):
        return None
    try:
        return PendingVoucherCode(pending_voucher.read(text))
    except Refused as refusal:
        return Unknown(text, refusal.reason)


def _token(text: str) -> Scan | None:
    if not _TRAILING_TOKEN.search(text):
        cut = _LONG_NUMBER.fullmatch(text)
        return Unknown(text, Reason.CODE_INCOMPLETE) if cut else None
    try:
        digits = MEMBER_LAYOUT.digits_of(text)
        kind = kind_of(digits)
    except Refused as refusal:
        return Unknown(text, refusal.reason)
    if kind is TokenKind.STAFF_BADGE:
        return StaffBadge(digits)
    return VoucherCode(digits, True) if kind is TokenKind.VOUCHER else MemberCode(digits)


def _reward_voucher(text: str) -> Scan | None:
    if not _TRAILING_VOUCHER.search(text):
        return None
    try:
        return RewardVoucher(VOUCHER_LAYOUT.digits_of(text))
    except Refused as refusal:
        return Unknown(text, refusal.reason)


def _pix(text: str) -> Scan | None:
    return PixCode() if _PIX.fullmatch(text) else None


def _receipt(text: str) -> Scan | None:
    try:
        return ReceiptScan(read_receipt_code(text))
    except Refused as refusal:
        if refusal.reason is Reason.RECEIPT_KEY_INVALID:
            return None
        return Unknown(text, refusal.reason)


def _product(text: str) -> Scan | None:
    return ProductCode(text) if is_product(text) else None


def _voucher(text: str) -> Scan | None:
    try:
        return VoucherCode(parse_voucher_code(text), False)
    except Refused as refusal:
        in_print = _VOUCHER_IN_PRINT.fullmatch(text)
        return Unknown(text, refusal.reason) if in_print else None


def _cpf(text: str) -> Scan | None:
    try:
        return CpfTyped(parse_cpf(text))
    except Refused as refusal:
        return Unknown(text, refusal.reason) if _CPF_IN_PRINT.fullmatch(text) else None


_IN_ORDER: tuple[Callable[[str], Scan | None], ...] = (
    _command,
    _pending,
    _reward_voucher,
    _token,
    _pix,
    _receipt,
    _product,
    _voucher,
    _cpf,
)


def _is_payment_card(text: str) -> bool:
    """ISO/IEC 7812: 13 to 19 digits that pass Luhn's check, where a two-digit product is summed."""
    if _PAYMENT_CARD.fullmatch(text) is None:
        return False
    doubled = "".join(str(2 * int(digit)) for digit in text[-2::-2])
    return (_sum_of_digits(doubled, 1) + _sum_of_digits(text[-1::-2], 1)) % 10 == 0


def _sum_of_digits(text: str, weight: int) -> int:
    """The digits added up, every other one from the right but one times `weight`."""
    return sum(int(d) * (weight if i % 2 else 1) for i, d in enumerate(reversed(text)))
