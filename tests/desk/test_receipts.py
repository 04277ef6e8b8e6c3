"""Receipts at the counter: what they bring, and a reason of its own for each that earns nothing."""

import pytest

from loyalty_desk.desk import receipts
from loyalty_desk.desk.visit import Draft
from sync.programme.refusals import Reason
from sync.programme.scan_router import ReceiptScan, Unknown, route
from tests.desk import club
from tests.desk.refusals import refuses
from tests.programme import receipt_builder


def read(till, code):
    scan = route(code)
    assert isinstance(scan, ReceiptScan), scan
    return receipts.from_code(till.counter, scan.code)


def test_a_receipt_issued_on_line_brings_its_key_but_no_amount(till):
    found = read(till, club.online_receipt())

    assert (found.key, found.total_centavos, found.lines) == (club.receipt_key(), 0, ())


def test_a_receipt_issued_off_line_brings_its_amount(till):
    assert read(till, club.offline_receipt(total="86.40")).total_centavos == 8_640


def test_a_typed_key_is_a_receipt(till):
    assert read(till, club.receipt_key()).key == club.receipt_key()


def test_an_xml_brings_amount_and_lines(till):
    found = receipts.from_xml(till.counter, club.a_receipt_xml())

    assert (found.key, found.total_centavos) == (club.receipt_key(), 8_640)
    assert [line.net_centavos for line in found.lines] == [2_400, 3_040, 3_200]


def test_what_was_paid_with_points_is_not_earned_upon(till):
    xml = club.a_receipt_xml(payments=(("19", "10.00"), ("01", "76.40")))

    assert receipts.from_xml(till.counter, xml).total_centavos == 7_640


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (club.online_receipt(cnpj="99888777000166"), Reason.RECEIPT_OTHER_COMPANY),
        (club.online_receipt(month="2609"), Reason.RECEIPT_TOO_OLD),
        (club.online_receipt(month="2612"), Reason.RECEIPT_IN_FUTURE),
        (club.offline_receipt(day=22), Reason.RECEIPT_IN_FUTURE),
    ],
)
def test_a_receipt_that_may_not_earn_here_or_now_says_why(till, code, reason):
    with refuses(reason, till):
        read(till, code)


def test_a_receipt_is_good_for_thirty_days(till):
    code = club.offline_receipt(day=1)
    till.clock.passes(10 * club.DAY)
    read(till, code)
    till.clock.passes(club.DAY)

    with refuses(Reason.RECEIPT_TOO_OLD, limit_days=30):
        read(till, code)


def test_a_code_of_the_test_environment_never_becomes_a_receipt():
    code = club.online_receipt().replace("|2|1|1|", "|2|2|1|")

    assert route(code).reason is Reason.RECEIPT_TEST_ENVIRONMENT


def test_a_key_with_a_wrong_digit_is_told_from_no_key_at_all():
    found = route(club.wrong_digit(club.receipt_key()))

    assert isinstance(found, Unknown)
    assert found.reason is Reason.RECEIPT_CHECK_FAILED


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><nfeProc>&b;</nfeProc>"""

BAD_FILES = {
    "entities": (ENTITIES, Reason.RECEIPT_UNREADABLE),
    "50 MB": (b"<x>" + b" " * 50_000_000, Reason.RECEIPT_TOO_LARGE),
    "another encoding than it says": (
        '<?xml version="1.0" encoding="UTF-8"?><nfeProc>São</nfeProc>'.encode("utf-16"),
        Reason.RECEIPT_UNREADABLE,
    ),
    "an encoding nobody knows": (
        b'<?xml version="1.0" encoding="klingon"?><nfeProc/>',
        Reason.RECEIPT_UNREADABLE,
    ),
    "nothing": (b"", Reason.RECEIPT_UNREADABLE),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), Reason.RECEIPT_UNREADABLE),
    "no receipt": (b"<html><body>oi</body></html>", Reason.RECEIPT_UNREADABLE),
    "no total": (
        club.a_receipt_xml().replace(b"<vNF>86.40</vNF>", b""),
        Reason.RECEIPT_UNREADABLE,
    ),
    "no products": (club.a_receipt_xml(items=()), Reason.RECEIPT_UNREADABLE),
    "no day": (club.a_receipt_xml(issued=""), Reason.RECEIPT_UNREADABLE),
    "test environment": (club.a_receipt_xml(environment="2"), Reason.RECEIPT_TEST_ENVIRONMENT),
    "a return": (club.a_receipt_xml(purpose="4"), Reason.RECEIPT_NOT_A_SALE),
    "a purchase of the shop": (club.a_receipt_xml(direction="0"), Reason.RECEIPT_NOT_A_SALE),
    "another number than the key's": (
        club.a_receipt_xml(key=club.receipt_key(77)),
        Reason.RECEIPT_MISMATCH,
    ),
    "another company": (
        club.a_receipt_xml(
            key=club.receipt_key(cnpj="99888777000166"), issuer="<CNPJ>99888777000166</CNPJ>"
        ),
        Reason.RECEIPT_OTHER_COMPANY,
    ),
    "too old": (
        club.a_receipt_xml(key=club.receipt_key(month="2608"), issued="2026-08-14T10:25:10-03:00"),
        Reason.RECEIPT_TOO_OLD,
    ),
    "cancelled": (
        receipt_builder.wrapped(
            "procEventoNFe", receipt_builder.event(), receipt_builder.answer_to_event()
        ),
        Reason.RECEIPT_CANCELLED,
    ),
}


@pytest.mark.parametrize(("data", "reason"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_is_no_receipt_for_here_says_why(till, data, reason):
    with refuses(reason, till):
        receipts.from_xml(till.counter, data)


def test_many_lines_of_one_product_become_one(till):
    item = receipt_builder.item(code="CAFE", ncm="09012100", gross="1.00")
    many = club.a_receipt_xml(items=(item,) * 900, total="900.00", payments=(("01", "900.00"),))

    (line,) = receipts.from_xml(till.counter, many).lines

    assert line.net_centavos == 90_000


def test_a_receipt_with_more_products_than_a_record_holds_is_refused_when_it_is_read(till):
    items = tuple(
        receipt_builder.item(code=f"{n:060d}", ncm="19059090", gross="1.00") for n in range(990)
    )
    many = club.a_receipt_xml(items=items, total="990.00", payments=(("01", "990.00"),))

    with refuses(Reason.RECEIPT_TOO_LARGE, till):
        receipts.from_xml(till.counter, many)


def test_the_largest_receipt_that_is_read_can_be_recorded(till):
    items = tuple(
        receipt_builder.item(code=f"{n:040d}", ncm="19059090", gross="1.00") for n in range(700)
    )
    many = club.a_receipt_xml(items=items, total="700.00", payments=(("01", "700.00"),))
    found = receipts.from_xml(till.counter, many)

    till.conclude(
        Draft(
            member=till.scan(club.card_code(club.MARINA)),
            receipt=found,
            amount_centavos=found.total_centavos,
        )
    )

    assert till.head == 1
