"""Telephone numbers as a customer dictates them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.phone import formatted, masked, parse_phone
from sync.programme.refusals import Reason, Refused


@pytest.mark.parametrize(
    "text",
    [
        "11982144417",
        "(11) 98214-4417",
        "+55 11 98214-4417",
        "55 11 98214 4417",
        "0055 (11) 98214.4417",
        "011 98214-4417",
        " 11\u00a098214-4417 ",
    ],
)
def test_every_spelling_of_a_mobile_number_is_the_same_number(text: str) -> None:
    phone = parse_phone(text)
    assert phone.national == "11982144417"
    assert phone.is_mobile


def test_a_number_is_written_as_people_write_it() -> None:
    assert formatted(parse_phone("11982144417")) == "(11) 98214-4417"
    assert formatted(parse_phone("5532221234")) == "(55) 3222-1234"


def test_a_landline_has_eight_digits() -> None:
    phone = parse_phone("+55 (55) 3222-1234")
    assert phone.national == "5532221234"
    assert not phone.is_mobile


@pytest.mark.parametrize(
    "text",
    [
        "",
        "982144417",
        "1182144417",
        "11882144417",
        "1198214441",
        "119821444170",
        "20982144417",
        "23982144417",
        "36982144417",
        "52982144417",
        "72982144417",
        "1112345678",
        "+1 11 98214-4417",
        "11982I44417",
        "١١٩٨٢١٤٤٤١٧",
    ],
)
def test_what_nobody_in_brazil_can_dial_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_phone(text)
    assert refusal.value.reason is Reason.PHONE_INVALID


def test_a_screen_hides_the_middle_of_a_number() -> None:
    assert masked(parse_phone("11982144417")) == "(11) 9••••-4417"
    assert masked(parse_phone("1132221234")) == "(11) ••••-1234"


def test_all_sixty_seven_area_codes_are_known() -> None:
    known = 0
    for area in range(100):
        try:
            parse_phone(f"{area:02d}982144417")
        except Refused:
            continue
        known += 1
    assert known == 67


@given(st.text() | st.text(alphabet="0123456789+-() ", max_size=16))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        phone = parse_phone(text)
    except Refused:
        return
    assert parse_phone(phone.national) == phone
