"""E-mail addresses: what can stand in the header of a letter, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.email_address import masked, parse_email


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("marina@example.com", "marina@example.com"),
        ("  Marina.Alves+clube@Loja.Exemplo.BR ", "marina.alves+clube@loja.exemplo.br"),
        ("o'neil@x1.example", "o'neil@x1.example"),
    ],
)
def test_an_address_is_plain_and_in_lower_case(typed, address):
    assert parse_email(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "marina",
        "marina@",
        "@example.com",
        "marina@localhost",
        "a b@example.com",
        "a..b@example.com",
        ".a@example.com",
        "a@-x.example.com",
        "a@example.1",
        "Marina <marina@example.com>",
        "marina@example.com\nBcc: all@example.com",
        "marina@example.com,eve@example.com",
        '"a b"@example.com',
        "marína@example.com",
        "a" * 65 + "@example.com",
        "a@" + "b" * 64 + ".com",
        "a@" + "b." * 130 + "com",
    ],
)
def test_what_is_no_single_plain_address_is_none(typed):
    assert parse_email(typed) == ""


@given(st.text() | st.from_regex(r"[a-z.@ \r\n<>,;:]{0,30}"))
def test_nothing_that_is_taken_can_break_a_header(typed):
    address = parse_email(typed)
    assert not set(address) & set(' \r\n\t<>,;:()\\"[]\0')
    assert address.isascii()
    assert not address or address.count("@") == 1
    assert parse_email(address) == address


def test_a_screen_shows_the_first_letter_and_the_house():
    assert masked("marina@example.com") == "m••••@example.com"
    assert masked("") == ""
