"""The twelve characters of a voucher."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.refusals import Reason, Refused
from sync.programme.voucher_code import check_character, formatted, parse_voucher_code

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
bodies = st.text(alphabet=ALPHABET, min_size=11, max_size=11)


@pytest.mark.parametrize(
    ("body", "check"), [("K7M2Q9XDT", "E"), ("000000001", "2"), ("ZZZZZZZZZ", "X")]
)
def test_the_check_character_is_the_known_one(body: str, check: str) -> None:
    assert check_character(body) == check


def test_a_code_is_read_as_people_write_it() -> None:
    body = "01A2B3C4D5E"
    code = body + check_character(body)
    written = formatted(code).lower().replace("0", "o").replace("1", "l")
    assert written[4] == "-"
    assert parse_voucher_code(f" {written} ") == code
    assert parse_voucher_code(code.replace("1", "i")) == code


@pytest.mark.parametrize("text", ["", "K7M2", "K7M2Q9XDTEEEE", "K7M2-Q9XD-TU00", "ã" * 12])
def test_another_shape_is_incomplete(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_voucher_code(text)
    assert refusal.value.reason is Reason.CODE_INCOMPLETE


@given(bodies, st.integers(0, 11), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(body: str, place: int, character: str) -> None:
    code = body + check_character(body)
    changed = code[:place] + character + code[place + 1 :]
    if changed == code:
        assert parse_voucher_code(changed) == code
        return
    with pytest.raises(Refused) as refusal:
        parse_voucher_code(changed)
    assert refusal.value.reason is Reason.CODE_CHECK_FAILED


@given(bodies)
def test_two_swapped_characters_are_noticed_wherever_they_stand(body: str) -> None:
    code = body + check_character(body)
    for first, second in combinations(range(12), 2):
        swapped = list(code)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        if code[first] != code[second]:
            with pytest.raises(Refused):
                parse_voucher_code("".join(swapped))


@given(st.text())
def test_any_text_is_a_code_or_refused(text: str) -> None:
    try:
        code = parse_voucher_code(text)
    except Refused:
        return
    assert len(code) == 12
