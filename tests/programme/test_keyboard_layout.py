"""What a US reader meant, seen through another keyboard layout."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.keyboard_layout import abnt2_to_us, us_character

# What an ABNT2 computer shows for each US key that differs and is not dead.
SEEN = {
    ":": "Ç", ";": "ç", "/": ";", "?": ":", "|": "}", "}": "{", "]": "[", "\\": "]",
    "<": "\\", ">": "|", "`": "'", "~": '"',
}  # fmt: skip


@given(st.text(alphabet=string.ascii_letters + string.digits + " -+=.,*%$&()_!@#:;/?|}]\\<>`~"))
def test_all_but_dead_keys_comes_back_from_abnt2(text: str) -> None:
    assert abnt2_to_us("".join(SEEN.get(c, c) for c in text)) == text


@pytest.mark.parametrize(
    ("code", "plain", "shifted"),
    [(2, "1", "!"), (13, "=", "+"), (16, "q", "Q"), (27, "]", "}"), (39, ";", ":"),
     (43, "\\", "|"), (44, "z", "Z"), (53, "/", "?"), (57, " ", " ")],
)  # fmt: skip
def test_a_key_is_known_by_its_place(code: int, plain: str, shifted: str) -> None:
    assert us_character(code, shift=False) == plain
    assert us_character(code, shift=True) == shifted


@pytest.mark.parametrize("code", [0, 1, 14, 15, 28, 42, 59, 86, 200])
def test_keys_without_a_character_have_none(code: int) -> None:
    assert us_character(code, shift=False) is None


def test_every_printable_character_has_its_key() -> None:
    known = {us_character(code, shift) for code in range(100) for shift in (False, True)}
    assert known - {None} == set(string.printable) - set("\t\n\r\x0b\x0c")
