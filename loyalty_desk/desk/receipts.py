"""Receipts: a fiscal receipt at the counter, from its QR code or its XML.

Online codes say nothing about the amount: they attach the receipt and the cashier types the value.
Offline codes, SAT codes and XML bring the amount, XML the lines too.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from loyalty_desk.desk.counter import Counter
from loyalty_desk.desk.visit import ReceiptRead, line_of
from sync.programme.access_key import AccessKey
from sync.programme.document import Document
from sync.programme.earning import PurchaseLine
from sync.programme.receipt_check import check_receipt
from sync.programme.receipt_qr import ReceiptCode
from sync.programme.receipt_xml import Receipt, ReceiptLine, read_receipt_xml
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import EVENT_BYTES_MAX

_LINES_BYTES_MAX = EVENT_BYTES_MAX - 2_048  # the rest of the event needs a few hundred bytes


def from_code(counter: Counter, code: ReceiptCode) -> ReceiptRead:
    """Return the receipt a scanned code names.

    Raises Refused: RECEIPT_OTHER_COMPANY, RECEIPT_TOO_OLD, RECEIPT_IN_FUTURE,
    RECEIPT_TEST_ENVIRONMENT, RECEIPT_USED (fact `at`: when, in ms UTC).
    """
    return _taken(counter, code, total=code.total_centavos or 0)


def from_xml(counter: Counter, data: bytes) -> ReceiptRead:
    """Return the receipt in an XML file, with its lines; paid with points or vouchers is left out.

    Raises Refused like `from_code`, and every RECEIPT_… reason of `read_receipt_xml`;
    RECEIPT_TOO_LARGE also for more products than one record holds.
    """
    receipt = read_receipt_xml(data)
    paid = receipt.paid_with_points_centavos + receipt.paid_with_gift_card_centavos
    lines = _by_product(receipt.lines)
    if len(msgspec.json.encode([line_of(one) for one in lines])) > _LINES_BYTES_MAX:
        raise Refused(Reason.RECEIPT_TOO_LARGE)
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


def _by_product(lines: Sequence[ReceiptLine]) -> tuple[PurchaseLine, ...]:
    """Add up the lines of one product: the same points, in a shorter record."""
    net: dict[tuple[str, str, str], int] = {}
    for line in lines:
        product = (line.ncm, line.ean, line.code)
        net[product] = net.get(product, 0) + line.net_centavos
    return tuple(
        PurchaseLine(net_centavos=centavos, ncm=ncm, ean=ean, code=code)
        for (ncm, ean, code), centavos in net.items()
    )


def number_of(key: str) -> str:
    """Return the number that is printed on the receipt of a key."""
    return str(AccessKey(key).number)


def companies(document: Document) -> frozenset[str]:
    """Return the CNPJs whose receipts earn in this programme."""
    return frozenset(store.cnpj for store in document.stores)


def _today(counter: Counter) -> date:
    return counter.local(counter.now()).date()
