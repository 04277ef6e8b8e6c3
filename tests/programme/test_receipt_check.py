"""Whether a receipt may earn here and now."""

from datetime import date

import pytest

from sync.programme.receipt_check import check_receipt
from sync.programme.receipt_qr import read_receipt_code
from sync.programme.receipt_xml import read_receipt_xml
from sync.programme.refusals import Reason, Refused
from tests.programme.receipt_builder import CNPJ, make_invoice, make_key, make_sat, make_sat_key

MONTH_ONLY = read_receipt_code(make_key(month="2608"))
WITH_DAY = read_receipt_code(f"{make_key(month='2608', emission=9)}|2|1|14|9.90|00|1|00")
FROM_XML = read_receipt_xml(make_invoice().encode())
SAT = read_receipt_xml(make_sat())
LATE_SAT = read_receipt_code(make_sat_key(month="2601"))


def reason_for(receipt, today: date, cnpjs: frozenset[str] = frozenset({CNPJ})) -> Reason | None:
    try:
        check_receipt(receipt, cnpjs=cnpjs, today=today, max_age_days=7)
    except Refused as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize("receipt", [WITH_DAY, FROM_XML], ids=["code", "xml"])
@pytest.mark.parametrize(
    ("today", "reason"),
    [
        (date(2026, 8, 13), Reason.RECEIPT_IN_FUTURE),
        (date(2026, 8, 14), None),
        (date(2026, 8, 21), None),
        (date(2026, 8, 22), Reason.RECEIPT_TOO_OLD),
    ],
)
def test_a_receipt_earns_from_its_day_until_its_age_limit(
    receipt, today: date, reason: Reason | None
) -> None:
    assert reason_for(receipt, today) is reason


@pytest.mark.parametrize(
    ("today", "reason"),
    [
        (date(2026, 7, 31), Reason.RECEIPT_IN_FUTURE),
        (date(2026, 8, 1), None),
        (date(2026, 9, 7), None),
        (date(2026, 9, 8), Reason.RECEIPT_TOO_OLD),
    ],
)
def test_a_key_alone_gets_the_benefit_of_its_whole_month(
    today: date, reason: Reason | None
) -> None:
    assert reason_for(MONTH_ONLY, today) is reason


def test_the_refusal_of_an_old_receipt_names_the_limit() -> None:
    with pytest.raises(Refused) as refusal:
        check_receipt(FROM_XML, cnpjs=frozenset({CNPJ}), today=date(2027, 1, 1), max_age_days=7)
    assert refusal.value.facts == {"limit_days": 7}


def test_a_receipt_of_another_company_is_refused_by_its_cnpj() -> None:
    with pytest.raises(Refused) as refusal:
        check_receipt(FROM_XML, cnpjs=frozenset(), today=date(2026, 8, 14), max_age_days=7)
    assert refusal.value.reason is Reason.RECEIPT_OTHER_COMPANY
    assert refusal.value.facts == {"cnpj": CNPJ}


def test_a_sat_of_sao_paulo_counts_until_the_end_of_2025() -> None:
    assert reason_for(SAT, date(2025, 10, 14)) is None
    assert reason_for(LATE_SAT, date(2026, 1, 2)) is Reason.RECEIPT_MODEL_UNSUPPORTED
