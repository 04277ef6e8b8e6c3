"""Whether a receipt may earn here and now.

Guarantees one answer for a scanned code, a typed key and a read XML: issued by one of the
programme's companies, not in the future, not longer ago than the programme allows. Whether it was
used before is the ledger's to say.
"""

from calendar import monthrange
from datetime import date, timedelta

from sync.programme.access_key import SAT_MODEL, AccessKey
from sync.programme.receipt_qr import ReceiptCode
from sync.programme.receipt_xml import Receipt
from sync.programme.refusals import Reason, Refused

_SAO_PAULO = "35"
# São Paulo accepts no SAT receipt issued after December 2025 (Portaria SRE 79/2024).
_SAT_ENDED = (2025, 12)


def check_receipt(
    receipt: Receipt | ReceiptCode, *, cnpjs: frozenset[str], today: date, max_age_days: int
) -> None:
    """Return when the receipt may earn; `cnpjs` are 14 characters each, `today` the store's date.

    Where only the month of issue is known, the receipt gets the benefit of the doubt. Raises
    `Refused`: RECEIPT_OTHER_COMPANY (with the CNPJ), RECEIPT_MODEL_UNSUPPORTED for a SAT of São
    Paulo issued after its end, RECEIPT_IN_FUTURE, RECEIPT_TOO_OLD (with the limit in days).
    """
    key = receipt.key
    if key.cnpj not in cnpjs:
        raise Refused(Reason.RECEIPT_OTHER_COMPANY, cnpj=key.cnpj)
    if _is_late_sat(key):
        raise Refused(Reason.RECEIPT_MODEL_UNSUPPORTED, model=key.model)
    earliest, latest = _days_of_issue(receipt)
    if earliest > today:
        raise Refused(Reason.RECEIPT_IN_FUTURE)
    if today - latest > timedelta(days=max_age_days):
        raise Refused(Reason.RECEIPT_TOO_OLD, limit_days=max_age_days)


def _is_late_sat(key: AccessKey) -> bool:
    late = (key.year, key.month) > _SAT_ENDED
    return key.model == SAT_MODEL and key.state == _SAO_PAULO and late


def _days_of_issue(receipt: Receipt | ReceiptCode) -> tuple[date, date]:
    """The first and the last day on which it can have been issued, where it was issued."""
    day = receipt.issued_at.date() if isinstance(receipt, Receipt) else receipt.issued_day
    if day is not None:
        return day, day
    year, month = receipt.key.year, receipt.key.month
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])
