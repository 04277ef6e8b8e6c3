"""Receipts: a fiscal receipt at the counter, from its QR code or its XML.

Online codes say nothing about the amount: they attach the receipt and the cashier types the value.
Offline codes, SAT codes and XML bring the amount, XML the lines too.
"""

from datetime import date

from loyalty_desk.desk.counter import Counter
from loyalty_desk.desk.visit import ReceiptRead
from sync.programme.document import Document
from sync.programme.earning import PurchaseLine
from sync.programme.receipt_check import check_receipt
from sync.programme.receipt_qr import ReceiptCode
from sync.programme.receipt_xml import Receipt, read_receipt_xml
from sync.programme.refusals import Reason, Refused


def from_code(counter: Counter, code: ReceiptCode) -> ReceiptRead:
    """Return the receipt a scanned code names.

    Raises Refused: RECEIPT_OTHER_COMPANY, RECEIPT_TOO_OLD, RECEIPT_IN_FUTURE,
    RECEIPT_TEST_ENVIRONMENT, RECEIPT_USED (fact `at`: when, in ms UTC).
    """
    return _taken(counter, code, total=code.total_centavos or 0)


def from_xml(counter: Counter, data: bytes) -> ReceiptRead:
    """Return the receipt in an XML file, with its lines; paid with points or vouchers is left out.

    Raises Refused like `from_code`, and every RECEIPT_… reason of `read_receipt_xml`.
    """
    receipt = read_receipt_xml(data)
    paid = receipt.paid_with_points_centavos + receipt.paid_with_gift_card_centavos
    lines = tuple(
        PurchaseLine(net_centavos=n.net_centavos, ncm=n.ncm, ean=n.ean, code=n.code)
        for n in receipt.lines
    )
    return _taken(counter, receipt, total=receipt.total_centavos - paid, lines=lines)


def _taken(
    counter: Counter,
    source: ReceiptCode | Receipt,
    *,
    total: int,
    lines: tuple[PurchaseLine, ...] = (),
) -> ReceiptRead:
    document = counter.document()
    check_receipt(
        source,
        cnpjs=companies(document),
        today=_today(counter),
        max_age_days=document.limits.receipt_days,
    )
    key = source.key.text
    used = counter.ledger.receipt_at(key)
    if used is not None:
        raise Refused(Reason.RECEIPT_USED, at=used)
    return ReceiptRead(key=key, lines=lines, total_centavos=total)


def companies(document: Document) -> frozenset[str]:
    """Return the CNPJs whose receipts earn in this programme."""
    return frozenset(store.cnpj for store in document.stores)


def _today(counter: Counter) -> date:
    return counter.local(counter.now()).date()
