"""CPF and CNPJ as they are typed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.programme import cnpj, cpf
from sync.programme.refusals import Reason, Refused


@pytest.mark.parametrize("text", ["39053344705", "390.533.447-05", " 390 533 447/05 "])
def test_a_cpf_is_read_with_and_without_its_separators(text: str) -> None:
    assert cpf.parse_cpf(text) == cpf.Cpf("39053344705")


@pytest.mark.parametrize(
    "text",
    ["", "39053344706", "3905334470", "390533447050", "3905334470S", "٣٩٠٥٣٣٤٤٧٠٥"],
)
def test_a_wrong_cpf_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        cpf.parse_cpf(text)
    assert refusal.value.reason is Reason.CPF_INVALID


@pytest.mark.parametrize("digit", "0123456789")
def test_one_repeated_digit_is_no_cpf(digit: str) -> None:
    with pytest.raises(Refused):
        cpf.parse_cpf(digit * 11)


def test_a_screen_shows_three_digits_of_a_cpf() -> None:
    assert cpf.masked(cpf.parse_cpf("390.533.447-05")) == "•••.447-••"
    assert cpf.formatted(cpf.parse_cpf("39053344705")) == "390.533.447-05"


@given(st.text())
def test_any_text_is_a_cpf_or_refused(text: str) -> None:
    try:
        found = cpf.parse_cpf(text)
    except Refused:
        return
    assert len(found.digits) == 11


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("11222333000181", "11222333000181"),
        ("11.222.333/0001-81", "11222333000181"),
        ("12.ABC.345/01DE-35", "12ABC34501DE35"),
        ("12abc34501de35", "12ABC34501DE35"),
    ],
)
def test_a_cnpj_keeps_its_letters(text: str, plain: str) -> None:
    assert cnpj.parse_cnpj(text) == cnpj.Cnpj(plain)


@pytest.mark.parametrize(
    "text",
    ["", "11222333000182", "12ABC34501DE36", "12ABC34501DEA5", "1122233300018", "0" * 14],
)
def test_a_wrong_cnpj_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        cnpj.parse_cnpj(text)
    assert refusal.value.reason is Reason.CNPJ_INVALID


def test_a_cnpj_is_shown_as_on_paper() -> None:
    assert cnpj.formatted(cnpj.parse_cnpj("12ABC34501DE35")) == "12.ABC.345/01DE-35"


@given(st.text() | st.from_regex(r"[0-9A-Z]{12}[0-9]{2}", fullmatch=True))
@settings(max_examples=300)
def test_any_text_is_a_cnpj_or_refused(text: str) -> None:
    try:
        found = cnpj.parse_cnpj(text)
    except Refused:
        return
    assert cnpj.parse_cnpj(cnpj.formatted(found)) == found
