"""What the QR codes of receipts say, all six layouts and their oddities."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.programme.access_key import AccessKey
from sync.programme.receipt_qr import CodeLayout, ReceiptCode, centavos, read_receipt_code
from sync.programme.refusals import Reason, Refused
from tests.programme.receipt_builder import make_key, make_sat_key

ONLINE = make_key()
OFFLINE = make_key(emission=9)
SAT = make_sat_key(month="2510")
HASH = "74F74F98ED070E685671C161F549B29B57483B4E"
DIGEST = "6f63573874364b5972375a6454374b44736b774e62655675694c6f3d"
ISSUED = "2026-08-27T13:25:44-03:00"
BRASILIA = timezone(timedelta(hours=-3))


def address(query: str) -> str:
    return f"https://www.nfce.fazenda.sp.gov.br/qrcode?p={query}"


def version_1(**changed: str) -> str:
    given = {
        "nVersao": "100",
        "tpAmb": "1",
        "cDest": "39053344705",
        "dhEmi": ISSUED.encode().hex(),
        "vNF": "9.90",
        "vICMS": "0.00",
        "digVal": DIGEST,
        "cIdToken": "000001",
        "cHashQRCode": HASH,
    } | changed
    pairs = "&".join(f"{name}={value}" for name, value in given.items())
    return f"http://www.dfeportal.fazenda.pr.gov.br/rest/consultaNFCe?chNFe={ONLINE}&{pairs}"


V1 = version_1()
V2_ONLINE = address(f"{ONLINE}|2|1|1|{HASH}")
V2_OFFLINE = address(f"{OFFLINE}|2|1|14|41.80|{DIGEST}|1|{HASH}")
V3_ONLINE = address(f"{ONLINE}|3|1")
V3_OFFLINE = address(f"{OFFLINE}|3|1|14|41.80|2|39053344705|{'QUJD' * 60}==")
SAT_TEXT = f"{SAT}|20251014154423|18.50|39053344705|{'QUJD' * 86}"

DAY = date(2026, 8, 14)
SAT_TIME = datetime(2025, 10, 14, 15, 44, 23, tzinfo=BRASILIA)
CASES = [
    (V1, ReceiptCode(AccessKey(ONLINE), CodeLayout.V1, 990, date(2026, 8, 27),
                     datetime.fromisoformat(ISSUED))),
    (V2_ONLINE, ReceiptCode(AccessKey(ONLINE), CodeLayout.V2_ONLINE)),
    (V2_OFFLINE, ReceiptCode(AccessKey(OFFLINE), CodeLayout.V2_OFFLINE, 4180, DAY)),
    (V3_ONLINE, ReceiptCode(AccessKey(ONLINE), CodeLayout.V3_ONLINE)),
    (V3_OFFLINE, ReceiptCode(AccessKey(OFFLINE), CodeLayout.V3_OFFLINE, 4180, DAY)),
    (SAT_TEXT, ReceiptCode(AccessKey(SAT), CodeLayout.SAT, 1850, SAT_TIME.date(), SAT_TIME)),
    (ONLINE, ReceiptCode(AccessKey(ONLINE), CodeLayout.KEY_ONLY)),
]  # fmt: skip
US_TO_ABNT2 = str.maketrans({":": "Ç", ";": "ç", "/": ";", "?": ":", "|": "}"})
names = [expected.layout.value for _, expected in CASES]


def refusal_of(text: str) -> tuple[Reason, dict[str, int | str]]:
    with pytest.raises(Refused) as refusal:
        read_receipt_code(text)
    return refusal.value.reason, refusal.value.facts


@pytest.mark.parametrize(("text", "expected"), CASES, ids=names)
def test_each_layout_says_what_it_has_and_no_more(text: str, expected: ReceiptCode) -> None:
    assert read_receipt_code(text) == expected


@pytest.mark.parametrize(("text", "expected"), CASES, ids=names)
def test_an_abnt2_computer_changes_nothing(text: str, expected: ReceiptCode) -> None:
    assert read_receipt_code(text.translate(US_TO_ABNT2)) == expected


@pytest.mark.parametrize(("text", "expected"), CASES, ids=names)
def test_caps_lock_changes_nothing(text: str, expected: ReceiptCode) -> None:
    assert read_receipt_code(text.swapcase()) == expected


@pytest.mark.parametrize(("text", "expected"), CASES[1:], ids=names[1:])
def test_an_escaped_bar_is_a_bar(text: str, expected: ReceiptCode) -> None:
    assert read_receipt_code(text.replace("|", "%7C")) == expected
    assert read_receipt_code(text.replace("|", "%7c")) == expected


def test_a_decimal_comma_is_a_point() -> None:
    code = read_receipt_code(V2_OFFLINE.replace("41.80", "41,80").replace(HASH, HASH.lower()))
    assert code.total_centavos == 4180


@pytest.mark.parametrize(
    "text",
    [
        V2_ONLINE.replace("|2|1|1|", "|2|2|1|"),
        V2_OFFLINE.replace("|2|1|14|", "|2|2|14|"),
        V3_ONLINE.replace("|3|1", "|3|2"),
        V3_OFFLINE.replace("|3|1|", "|3|2|"),
        f"{ONLINE}|2|2|cut",
        version_1(tpAmb="2"),
    ],
)
def test_a_receipt_of_the_test_environment_is_refused(text: str) -> None:
    assert refusal_of(text) == (Reason.RECEIPT_TEST_ENVIRONMENT, {})


@pytest.mark.parametrize(
    "text",
    [f"{ONLINE}|2|1|1", f"{ONLINE}|3", f"{ONLINE}|4|1", f"{ONLINE}|", f"{OFFLINE}|2|1|14|9.9|6f"],
)
def test_a_code_cut_short_still_names_its_receipt(text: str) -> None:
    code = read_receipt_code(text)
    assert code == ReceiptCode(code.key, CodeLayout.KEY_ONLY)


def test_an_amount_on_a_receipt_issued_online_is_a_contradiction() -> None:
    text = V2_OFFLINE.replace(OFFLINE, ONLINE)
    assert refusal_of(text) == (Reason.RECEIPT_MISMATCH, {"field": "tpEmis"})


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (V2_OFFLINE.replace("|14|", "|32|"), "dhEmi"),
        (V2_OFFLINE.replace("|14|", "|+4|"), "dhEmi"),
        (V2_OFFLINE.replace("|14|", f"|{'9' * 400}|"), "dhEmi"),
        (V2_OFFLINE.replace("41.80", "1.234,56"), "vNF"),
        (V2_OFFLINE.replace("41.80", "-41.80"), "vNF"),
        (V2_OFFLINE.replace("41.80", "4e9"), "vNF"),
        (version_1(dhEmi="zz"), "dhEmi"),
        (version_1(dhEmi="ff"), "dhEmi"),
        (version_1(dhEmi=b"2026-08-27T13:25:44".hex()), "dhEmi"),
        (version_1(vNF=""), "vNF"),
        (SAT_TEXT.replace("20251014154423", "2025101415442"), "dEmi"),
        (SAT_TEXT.replace("20251014154423", "20251314154423"), "dEmi"),
        (SAT_TEXT[:59], "vCFe"),
    ],
)
def test_a_field_that_cannot_be_is_named(text: str, field: str) -> None:
    assert refusal_of(text) == (Reason.RECEIPT_UNREADABLE, {"field": field})


@pytest.mark.parametrize(
    "text",
    [
        version_1(dhEmi=b"2026-07-27T13:25:44-03:00".hex()),
        SAT_TEXT.replace("20251014", "20251114"),
    ],
)
def test_a_time_outside_the_keys_month_is_a_contradiction(text: str) -> None:
    assert refusal_of(text) == (Reason.RECEIPT_MISMATCH, {"field": "dhEmi"})


def test_a_misread_key_asks_for_another_reading() -> None:
    wrong = ONLINE[:-1] + str((int(ONLINE[-1]) + 1) % 10)
    assert refusal_of(V3_ONLINE.replace(ONLINE, wrong))[0] is Reason.RECEIPT_CHECK_FAILED


def test_a_text_without_a_key_is_no_receipt() -> None:
    assert refusal_of("https://loja.example/qrcode?p=1|3|1")[0] is Reason.RECEIPT_KEY_INVALID


@given(st.integers(0, 10**13 - 1), st.sampled_from(".,"))
def test_every_amount_comes_back_in_centavos(amount: int, point: str) -> None:
    assert centavos(f"{amount // 100}{point}{amount % 100:02d}", "vNF") == amount


def test_an_amount_with_one_decimal_or_none_is_understood() -> None:
    assert centavos("7", "vNF") == 700
    assert centavos("7.5", "vNF") == 750


keys = st.sampled_from([ONLINE, OFFLINE, SAT])
tails = st.lists(st.text(max_size=8) | st.sampled_from(["1", "2", "3", "14", "9.90", "41,80"]))


@given(keys, tails, st.sampled_from(["", "p=", "chNFe=", "qualquer "]))
@settings(max_examples=400)
def test_anything_after_a_key_is_read_or_refused(key: str, tail: list[str], before: str) -> None:
    for text in ("|".join([before + key, *tail]), "&vNF=".join([before + key, *tail])):
        try:
            code = read_receipt_code(text)
        except Refused:
            continue
        assert code.issued_at is None or code.issued_at.astimezone(UTC).tzinfo is UTC


@given(st.text())
def test_any_text_is_a_receipt_or_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_receipt_code(text)
