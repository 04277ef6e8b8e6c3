"""What the QR code of a Brazilian receipt says, whichever of its six layouts it has.

Guarantees that nothing is taken from the web address before the key, since hosts change by state
and year, and that a receipt of the test environment is refused. Codes of on-line issue carry no
amount and no day; the amount of the others is a claim until the server has matched the receipt.
The buyer's number that some layouts carry is not kept.

Layouts: NT 2015.002 (version 1), Manual de Padrões Técnicos do DANFE-NFC-e e QR Code 5.0 (version
2), NT 2025.001 (version 3), Especificação de Requisitos do SAT.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum, unique

from sync.programme.access_key import (
    OFFLINE_EMISSION,
    SAT_MODEL,
    AccessKey,
    find_access_key,
    looks_misread,
)
from sync.programme.keyboard_layout import abnt2_to_us
from sync.programme.refusals import Reason, Refused

_TEST_ENVIRONMENT = "2"
_AMOUNT = re.compile(r"[0-9]{1,11}(?:[.,][0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{1,2}")
_SAT_TIME = re.compile(r"[0-9]{14}")
# São Paulo and Ceará, the only states with SAT, have kept this offset since summer time ended.
_SAT_ZONE = timezone(timedelta(hours=-3))
_ONLINE_FIELDS = {"2": 4, "3": 2}
_OFFLINE_FIELDS = 7


@unique
class CodeLayout(StrEnum):
    """Which layout the code had."""

    KEY_ONLY = "key_only"
    V1 = "v1"
    V2_ONLINE = "v2_online"
    V2_OFFLINE = "v2_offline"
    V3_ONLINE = "v3_online"
    V3_OFFLINE = "v3_offline"
    SAT = "sat"


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """What one code says: the key always, the rest where the layout has it.

    `total_centavos` is the receipt's total; `issued_day` its date where it was issued; `issued_at`
    is aware, with the offset of that place.
    """

    key: AccessKey
    layout: CodeLayout
    total_centavos: int | None = None
    issued_day: date | None = None
    issued_at: datetime | None = None


def read_receipt_code(text: str) -> ReceiptCode:
    """The receipt that `text` names: a QR code, a bar code or a typed key.

    Text that an ABNT2 computer received from a US reader is understood as well. Raises `Refused`:
    RECEIPT_KEY_INVALID when no key is in it, RECEIPT_CHECK_FAILED when one is misread,
    RECEIPT_TEST_ENVIRONMENT, RECEIPT_MISMATCH (with the field) when a field contradicts the key,
    RECEIPT_UNREADABLE (with the field) when one cannot be what it stands for.
    """
    key = find_access_key(text)
    if key is None:
        misread = looks_misread(text)
        raise Refused(Reason.RECEIPT_CHECK_FAILED if misread else Reason.RECEIPT_KEY_INVALID)
    for spelling in (text, abnt2_to_us(text)):
        plain = spelling.upper().replace("%7C", "|")
        before, _, after = plain.partition(key.text)
        if before.endswith("CHNFE="):
            return _version_1(key, after)
        if after.startswith("|"):
            return _by_fields(key, after.split("|")[1:])
    return ReceiptCode(key, CodeLayout.KEY_ONLY)


def centavos(text: str, field: str) -> int:
    """The amount `text` (point or comma, at most two decimals) in centavos.

    Raises `Refused`: RECEIPT_UNREADABLE with the name of the field.
    """
    if not _AMOUNT.fullmatch(text):
        raise Refused(Reason.RECEIPT_UNREADABLE, field=field)
    whole, _, cents = text.replace(",", ".").partition(".")
    return int(whole) * 100 + int(cents.ljust(2, "0"))


def sat_time(text: str) -> datetime:
    """The aware moment that SAT writes as 14 digits (AAAAMMDDHHMMSS), local time of its state.

    Raises `Refused`: RECEIPT_UNREADABLE with the name of the field.
    """
    # A stricter shape than strptime's, which takes months of one digit and spaces.
    stamp = text if _SAT_TIME.fullmatch(text) else ""
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=_SAT_ZONE)
    except ValueError:
        raise Refused(Reason.RECEIPT_UNREADABLE, field="dEmi") from None


def _by_fields(key: AccessKey, fields: list[str]) -> ReceiptCode:
    if key.model == SAT_MODEL:
        return _sat(key, fields)
    version = fields[0]
    if version not in _ONLINE_FIELDS:
        return ReceiptCode(key, CodeLayout.KEY_ONLY)
    if fields[1:2] == [_TEST_ENVIRONMENT]:
        raise Refused(Reason.RECEIPT_TEST_ENVIRONMENT)
    if len(fields) == _OFFLINE_FIELDS:
        return _offline(key, fields)
    if len(fields) == _ONLINE_FIELDS[version]:
        return ReceiptCode(key, CodeLayout(f"v{version}_online"))
    return ReceiptCode(key, CodeLayout.KEY_ONLY)


def _offline(key: AccessKey, fields: list[str]) -> ReceiptCode:
    version, _, day, total = fields[:4]
    if key.emission != OFFLINE_EMISSION:
        raise Refused(Reason.RECEIPT_MISMATCH, field="tpEmis")
    try:
        issued_day = date(key.year, key.month, int(day) if _DAY.fullmatch(day) else 0)
    except ValueError:
        raise Refused(Reason.RECEIPT_UNREADABLE, field="dhEmi") from None
    return ReceiptCode(
        key,
        CodeLayout(f"v{version}_offline"),
        total_centavos=centavos(total, "vNF"),
        issued_day=issued_day,
    )


def _version_1(key: AccessKey, after: str) -> ReceiptCode:
    given = dict(pair.partition("=")[::2] for pair in after.split("&"))
    if given.get("TPAMB") == _TEST_ENVIRONMENT:
        raise Refused(Reason.RECEIPT_TEST_ENVIRONMENT)
    try:
        issued_at = datetime.fromisoformat(bytes.fromhex(given.get("DHEMI", "")).decode("ascii"))
    except ValueError:
        raise Refused(Reason.RECEIPT_UNREADABLE, field="dhEmi") from None
    return _with_time(key, CodeLayout.V1, issued_at, centavos(given.get("VNF", ""), "vNF"))


def _sat(key: AccessKey, fields: list[str]) -> ReceiptCode:
    total = centavos(fields[1] if len(fields) > 1 else "", "vCFe")
    return _with_time(key, CodeLayout.SAT, sat_time(fields[0]), total)


def _with_time(key: AccessKey, layout: CodeLayout, issued_at: datetime, total: int) -> ReceiptCode:
    if issued_at.tzinfo is None:
        raise Refused(Reason.RECEIPT_UNREADABLE, field="dhEmi")
    if (issued_at.year, issued_at.month) != (key.year, key.month):
        raise Refused(Reason.RECEIPT_MISMATCH, field="dhEmi")
    return ReceiptCode(key, layout, total, issued_at.date(), issued_at)
