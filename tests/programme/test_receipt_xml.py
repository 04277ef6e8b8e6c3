"""Receipt files, from right ones to hostile ones."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.programme.receipt_xml import MAX_BYTES, Receipt, read_receipt_xml
from sync.programme.refusals import Reason, Refused
from tests.programme.receipt_builder import (
    NAMESPACE,
    answer_to_event,
    event,
    item,
    make_invoice,
    make_key,
    make_sat,
    make_sat_key,
    protocol,
    wrapped,
)


def processed(**changed: object) -> bytes:
    return wrapped("nfeProc", make_invoice(**changed), protocol())


def refusal_of(data: bytes) -> tuple[Reason, dict[str, int | str]]:
    with pytest.raises(Refused) as refusal:
        read_receipt_xml(data)
    return refusal.value.reason, refusal.value.facts


def nets(receipt: Receipt) -> list[int]:
    return [line.net_centavos for line in receipt.lines]


def test_a_receipt_is_read_with_its_lines() -> None:
    receipt = read_receipt_xml(
        processed(
            items=[item(discount="1.50"), item(code="2", name=" PAO \n FRANCES ", ean="SEM GTIN")],
            total="38.50",
        )
    )
    assert receipt.key.text == make_key()
    assert receipt.issued_at == datetime(2026, 8, 14, 13, 25, 10, tzinfo=UTC)
    assert receipt.issued_at.hour == 10
    assert receipt.total_centavos == 3850
    assert receipt.authorised
    first, second = receipt.lines
    assert (first.number, first.code, first.ean, first.ncm) == (
        1, "789", "7891000315507", "09012100",
    )  # fmt: skip
    assert first.quantity == Decimal(2)
    assert (first.gross_centavos, first.discount_centavos, first.net_centavos) == (2000, 150, 1850)
    assert (second.number, second.name, second.ean) == (2, "PAO FRANCES", "")


@pytest.mark.parametrize(
    "data",
    [
        make_invoice().replace("<NFe>", f"<NFe {NAMESPACE}>").encode(),
        make_invoice().encode(),
        wrapped("enviNFe", "<idLote>1</idLote>", make_invoice()),
        wrapped("nfeProc", make_invoice()),
    ],
    ids=["NFe", "NFe without namespace", "enviNFe", "nfeProc without protocol"],
)
def test_a_receipt_without_the_authoritys_protocol_is_not_authorised(data: bytes) -> None:
    receipt = read_receipt_xml(data)
    assert receipt.total_centavos == 2000
    assert not receipt.authorised


def test_a_batch_of_two_says_so() -> None:
    data = wrapped("enviNFe", make_invoice(), make_invoice())
    assert refusal_of(data) == (Reason.RECEIPT_UNREADABLE, {"field": "NFe"})


def test_a_sat_receipt_is_read_with_its_shared_discount() -> None:
    receipt = read_receipt_xml(make_sat())
    assert receipt.key.text == make_sat_key()
    assert receipt.issued_at.isoformat() == "2025-10-14T15:44:23-03:00"
    assert receipt.total_centavos == 1850
    assert nets(receipt) == [950, 900]
    assert receipt.authorised


def test_a_receipt_in_another_declared_encoding_is_read() -> None:
    text = make_invoice(items=[item(name="PÃO")])
    data = f'<?xml version="1.0" encoding="ISO-8859-1"?>{text}'.encode("latin-1")
    assert read_receipt_xml(data).lines[0].name == "PÃO"


def test_payments_by_points_and_by_gift_card_are_reported() -> None:
    receipt = read_receipt_xml(
        processed(payments=[("19", "3.00"), ("12", "2.50"), ("19", "0.94"), ("01", "20.00")])
    )
    assert receipt.paid_with_points_centavos == 394
    assert receipt.paid_with_gift_card_centavos == 250


def test_payments_of_the_older_layout_are_found() -> None:
    data = processed(payments=[("19", "3.00")])
    older = data.replace(b"<detPag>", b"").replace(b"</detPag>", b"")
    assert read_receipt_xml(older).paid_with_points_centavos == 300


def test_points_never_pay_more_than_the_total() -> None:
    assert read_receipt_xml(processed(payments=[("19", "99.00")])).paid_with_points_centavos == 2000


def test_items_that_are_not_charged_are_left_out_and_the_numbers_stay() -> None:
    receipt = read_receipt_xml(processed(items=[item(counts="0"), item(counts=None)]))
    assert [line.number for line in receipt.lines] == [2]


def test_lines_are_cut_in_proportion_to_what_was_charged() -> None:
    receipt = read_receipt_xml(processed(items=[item(gross="9.90")] * 3, total="9.91"))
    assert nets(receipt) == [331, 330, 330]
    assert [line.gross_centavos for line in receipt.lines] == [990, 990, 990]


def test_freight_earns_nothing() -> None:
    receipt = read_receipt_xml(processed(total="20.00", freight="5.00"))
    assert nets(receipt) == [1500]
    assert read_receipt_xml(processed(total="25.00", freight="5.00")).lines[0].net_centavos == 2000
    assert nets(read_receipt_xml(processed(total="4.00", freight="5.00"))) == [0]


@given(
    st.lists(st.tuples(st.integers(0, 99_999), st.integers(0, 99_999)), min_size=1, max_size=8),
    st.integers(0, 200_000),
)
@settings(max_examples=200)
def test_lines_never_add_up_to_more_than_the_total(
    amounts: Sequence[tuple[int, int]], total: int
) -> None:
    def money(centavos: int) -> str:
        return f"{centavos // 100}.{centavos % 100:02d}"

    items = [item(gross=money(max(a)), discount=money(min(a))) for a in amounts]
    receipt = read_receipt_xml(processed(items=items, total=money(total)))
    asked = sum(abs(a - b) for a, b in amounts)
    assert sum(nets(receipt)) == min(asked, total)
    assert all(0 <= line.net_centavos <= line.gross_centavos for line in receipt.lines)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"environment": "2"}, Reason.RECEIPT_TEST_ENVIRONMENT),
        ({"purpose": "4", "direction": "0"}, Reason.RECEIPT_NOT_A_SALE),
        ({"purpose": "2"}, Reason.RECEIPT_NOT_A_SALE),
        ({"direction": "0"}, Reason.RECEIPT_NOT_A_SALE),
        ({"key": make_key()[:-1] + "x"}, Reason.RECEIPT_KEY_INVALID),
        ({"key": ""}, Reason.RECEIPT_KEY_INVALID),
        ({"key": make_key()[:-1] + str((int(make_key()[-1]) + 1) % 10)},
         Reason.RECEIPT_CHECK_FAILED),
        ({"key": make_key(model="57")}, Reason.RECEIPT_MODEL_UNSUPPORTED),
    ],
)  # fmt: skip
def test_what_is_no_sale_of_ours_is_refused(changed: dict[str, str], reason: Reason) -> None:
    assert refusal_of(processed(**changed))[0] is reason


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"emission": 9}, "tpEmis"),
        ({"series": 2}, "serie"),
        ({"number": 1}, "nNF"),
        ({"model": "55"}, "mod"),
        ({"issuer": "<CNPJ>99888777000100</CNPJ>"}, "CNPJ"),
        ({"issuer": "<CPF>39053344705</CPF>"}, "CNPJ"),
        ({"issued": "2026-07-31T23:59:59-03:00"}, "dhEmi"),
    ],
)
def test_a_field_that_contradicts_the_key_is_named(changed: dict[str, object], field: str) -> None:
    assert refusal_of(processed(**changed)) == (Reason.RECEIPT_MISMATCH, {"field": field})


def test_a_protocol_of_another_receipt_is_a_contradiction() -> None:
    data = wrapped("nfeProc", make_invoice(), protocol(key=make_key(number=1)))
    assert refusal_of(data) == (Reason.RECEIPT_MISMATCH, {"field": "chNFe"})


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"device": 1}, "nserieSAT"),
        ({"number": 22}, "nCFe"),
        ({"day": "20251114"}, "dEmi"),
    ],
)
def test_a_sat_field_that_contradicts_the_key_is_named(
    changed: dict[str, object], field: str
) -> None:
    assert refusal_of(make_sat(**changed)) == (Reason.RECEIPT_MISMATCH, {"field": field})


def test_a_person_may_issue_a_receipt() -> None:
    key = make_key(cnpj="00039053344705")
    data = make_invoice(key=key, issuer="<CPF>39053344705</CPF>").encode()
    assert read_receipt_xml(data).key.cnpj == "00039053344705"


@pytest.mark.parametrize("status", ["101", "151", "155"])
def test_a_protocol_that_cancels_refuses_the_receipt(status: str) -> None:
    data = wrapped("nfeProc", make_invoice(), protocol(status))
    assert refusal_of(data) == (Reason.RECEIPT_CANCELLED, {"key": make_key()})


def test_a_denied_receipt_is_no_sale() -> None:
    data = wrapped("nfeProc", make_invoice(), protocol("110"))
    assert refusal_of(data)[0] is Reason.RECEIPT_NOT_A_SALE


@pytest.mark.parametrize("status", ["101", "135", "136", "151", "155"])
def test_a_registered_cancellation_beside_the_receipt_refuses_it(status: str) -> None:
    data = wrapped("nfeProc", make_invoice(), protocol(), answer_to_event(status))
    assert refusal_of(data) == (Reason.RECEIPT_CANCELLED, {"key": make_key()})


def test_a_cancellation_alone_says_which_receipt_it_cancels() -> None:
    data = wrapped("procEventoNFe", event(), answer_to_event(kind=None))
    assert refusal_of(data) == (Reason.RECEIPT_CANCELLED, {"key": make_key()})


def test_a_cancellation_by_substitution_says_what_replaces_the_receipt() -> None:
    other = make_key(number=1235)
    data = wrapped(
        "procEventoNFe",
        event("110112", f"<chNFeRef>{other}</chNFeRef>"),
        answer_to_event(kind="110112"),
    )
    assert refusal_of(data) == (
        Reason.RECEIPT_CANCELLED,
        {"key": make_key(), "replaced_by": other},
    )


@pytest.mark.parametrize(
    "inner",
    [
        [event()],
        [event(), answer_to_event("573")],
        [event("110110"), answer_to_event(kind="110110")],
    ],
    ids=["only asked", "rejected", "letter of correction"],
)
def test_an_event_that_cancels_nothing_is_no_sale(inner: Sequence[str]) -> None:
    assert refusal_of(wrapped("procEventoNFe", *inner))[0] is Reason.RECEIPT_NOT_A_SALE


def test_a_letter_of_correction_leaves_the_receipt_a_sale() -> None:
    data = wrapped("nfeProc", make_invoice(), protocol(), answer_to_event(kind="110110"))
    assert read_receipt_xml(data).total_centavos == 2000


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("tpAmb", "<tpAmb>1</tpAmb>"),
        ("mod", "<mod>65</mod>"),
        ("finNFe", "<finNFe>1</finNFe>"),
        ("tpNF", "<tpNF>1</tpNF>"),
        ("tpEmis", "<tpEmis>1</tpEmis>"),
        ("dhEmi", "<dhEmi>2026-08-14T10:25:10-03:00</dhEmi>"),
        ("serie", "<serie>1</serie>"),
        ("nNF", "<nNF>1234</nNF>"),
        ("CPF", "<CNPJ>11222333000181</CNPJ>"),
        ("vNF", "<vNF>20.00</vNF>"),
        ("vProd", "<vProd>20.00</vProd>"),
        ("qCom", "<qCom>2.0000</qCom>"),
        ("cProd", "<cProd>789</cProd>"),
        ("xProd", "<xProd>CAFE 500 G</xProd>"),
        ("vPag", "<vPag>20.00</vPag>"),
        ("chNFe", f"<chNFe>{make_key()}</chNFe>"),
        ("cStat", "<cStat>100</cStat>"),
        ("det", item()),
    ],
)
def test_a_missing_field_is_named(name: str, missing: str) -> None:
    data = processed()
    assert missing.encode() in data
    assert refusal_of(data.replace(missing.encode(), b"")) == (
        Reason.RECEIPT_UNREADABLE,
        {"field": name},
    )


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"issued": "ontem"}, "dhEmi"),
        ({"issued": "2026-08-14T10:25:10"}, "dhEmi"),
        ({"total": "20.005"}, "vNF"),
        ({"total": "-20.00"}, "vNF"),
        ({"items": [item(gross="NaN")]}, "vProd"),
        ({"items": [item(discount="20.01")]}, "vDesc"),
        ({"items": [item(quantity="1e3")]}, "qCom"),
        ({"series": "um"}, "serie"),
    ],
)
def test_a_field_that_cannot_be_is_named(changed: dict[str, object], field: str) -> None:
    data = wrapped("nfeProc", make_invoice(**{"series": 1, **changed}) if field != "serie"
                   else make_invoice().replace("<serie>1<", "<serie>um<"))  # fmt: skip
    assert refusal_of(data) == (Reason.RECEIPT_UNREADABLE, {"field": field})


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE NFe [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
    b"<NFe>&b;</NFe>"
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a file",
        b"\x00" * 100,
        b"<NFe>",
        BOMB,
        b'<!DOCTYPE NFe SYSTEM "file:///etc/passwd"><NFe/>',
        b'<?xml version="1.0" encoding="UTF-8"?><NFe>P\xc3O</NFe>',
        b'<?xml version="1.0" encoding="klingon"?><NFe/>',
        b'<?xml version="1.0" encoding="UTF-7"?><NFe/>',
        processed()[:-20],
    ],
)
def test_what_is_not_well_formed_or_not_harmless_is_unreadable(data: bytes) -> None:
    assert refusal_of(data) == (Reason.RECEIPT_UNREADABLE, {"field": "XML"})


def test_another_root_is_unreadable() -> None:
    assert refusal_of(b"<html/>") == (Reason.RECEIPT_UNREADABLE, {"field": "root"})


def test_a_file_above_the_limit_is_not_even_parsed() -> None:
    limit = {"limit_bytes": MAX_BYTES}
    assert refusal_of(b" " * (MAX_BYTES + 1)) == (Reason.RECEIPT_TOO_LARGE, limit)


def test_a_file_nested_to_the_limit_is_answered() -> None:
    depth = MAX_BYTES // 7
    assert refusal_of(b"<a>" * depth + b"</a>" * depth)[0] is Reason.RECEIPT_UNREADABLE


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        read_receipt_xml(data)


RIGHT = [
    processed(items=[item(discount="1.00"), item()], freight="1.00", payments=[("19", "1.00")]),
    make_sat(),
    wrapped("procEventoNFe", event(), answer_to_event()),
]


@given(
    st.sampled_from(RIGHT),
    st.integers(0, 2_000),
    st.integers(0, 12),
    st.binary(max_size=6) | st.sampled_from([b"<", b"0", b"9999999999999999", b"-1", b"</pag>"]),
)
def test_a_damaged_file_is_read_or_refused(
    data: bytes, place: int, length: int, instead: bytes
) -> None:
    place %= len(data)
    try:
        receipt = read_receipt_xml(data[:place] + instead + data[place + length :])
    except Refused:
        return
    assert 0 <= sum(nets(receipt)) <= receipt.total_centavos
