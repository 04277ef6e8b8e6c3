"""Telling a reader that types from a person who types."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.programme.wedge import (
    Key,
    Pending,
    RepeatGuard,
    Scanned,
    Tail,
    Typed,
    WedgeReader,
)
from tests.programme.receipt_builder import make_key
from tests.programme.wedge_bursts import (
    TOKENS,
    VECTORS,
    Gap,
    decisions,
    ean13,
    keys,
    outcome,
    person,
    steady,
)

EAN = "7891000315507"


@pytest.mark.parametrize("burst", json.loads(VECTORS.read_text()), ids=lambda burst: burst["name"])
def test_a_recorded_burst_is_told_for_what_it_was(burst) -> None:
    assert outcome(Key(at_ms, text) for at_ms, text in burst["keys"]) == burst["expect"]


def captured(gap: Gap, chance: random.Random, rounds: int = 60) -> list[float]:
    """Per cent of whole product codes, receipt keys and tokens read from end to end."""
    makers = (
        lambda: ean13(chance),
        lambda: make_key(number=chance.randrange(10**9)),
        lambda: chance.choice(TOKENS),
    )
    shares = []
    for make in makers:
        codes = [make() for _ in range(rounds)]
        whole = sum(outcome(keys(code + "\r", gap)) == [["scan", code]] for code in codes)
        shares.append(100 * whole / rounds)
    return shares


@pytest.mark.parametrize(
    ("mean", "stalls", "longest", "at_least"),
    [
        (1, 0, 0, 100),
        (8, 0, 0, 100),
        (15, 0, 0, 100),
        (20, 0.02, 80, 98),
        (30, 0.02, 80, 95),
        (30, 0.01, 200, 90),
        (50, 0, 0, 98),
    ],
)
def test_readers_by_cable_and_by_radio_are_captured(
    mean: float, stalls: float, longest: float, at_least: float
) -> None:
    chance = random.Random(11)
    assert min(captured(steady(chance, mean, stalls, longest), chance)) >= at_least


@pytest.mark.parametrize("mean", [200, 110, 85])
def test_what_a_person_types_is_typing_unless_it_is_a_whole_code(mean: float) -> None:
    chance = random.Random(12)
    gap = person(chance, mean)
    for text in ["maria", "joana silva", "39053344705", "11982144417", "8640", "carlos"] * 60:
        assert outcome(keys(text + "\r", gap)) == [["typed", text]]


def test_a_typed_product_code_means_the_same_as_a_scanned_one() -> None:
    assert outcome(keys(EAN + "\r", steady(random.Random(1), 70))) == [["scan", EAN]]
    assert outcome(keys(EAN + "\r", person(random.Random(1), 140))) == [["typed", EAN]]


def test_a_product_code_at_an_uneven_pace_is_typing() -> None:
    burst = [Key(60.0 * i + (100 if i > 6 else 0), c) for i, c in enumerate(EAN + "\r")]
    assert outcome(burst) == [["typed", EAN]]


def test_a_strong_code_says_so() -> None:
    assert decisions(keys(TOKENS[0] + "\r", lambda: 60))[-1] == Scanned(TOKENS[0], True)
    assert decisions(keys(EAN + "\r", lambda: 5))[-1] == Scanned(EAN, False)


def test_a_strong_code_at_a_persons_pace_is_typing() -> None:
    assert outcome(keys(make_key() + "\r", lambda: 120)) == [["typed", make_key()]]


def test_a_fast_code_that_means_nothing_here_is_still_a_scan() -> None:
    assert outcome(keys("ABC-999-XYZ\r", lambda: 4)) == [["scan", "ABC-999-XYZ"]]


def test_a_pause_after_a_code_without_suffix_ends_it() -> None:
    reader = WedgeReader()
    for key in keys("12345678", lambda: 5):
        waiting = reader.press(key)
    assert waiting == (Pending(35 + 1500),)
    later = reader.press(Key(1536, "x"))
    assert later == (Scanned("12345678", False), Pending(1536 + 150))


def test_patience_grows_with_proof_of_a_reader() -> None:
    reader = WedgeReader()
    waits = []
    for at_ms, character in enumerate(TOKENS[0]):
        (pending,) = reader.press(Key(at_ms, character))
        waits.append(pending.deadline_ms - at_ms)
    assert waits[:2] == [150, 150]
    assert waits[2:7] == [250] * 5
    assert waits[7:199] == [1500] * 192
    assert waits[199:] == [250] * 3


def test_a_slow_hand_is_let_go_early() -> None:
    reader = WedgeReader()
    slow = []
    for at_ms in (0, 100, 200, 300):
        (pending,) = reader.press(Key(at_ms, "a"))
        slow.append(pending.slow)
    assert slow == [False, False, True, True]
    assert pending.deadline_ms == 450


def test_a_reader_knows_whether_a_line_end_would_be_a_scans() -> None:
    reader = WedgeReader()
    told = [reader.takes_line_end(0)]
    for key in keys(EAN[:7] + "\r", lambda: 5):
        reader.press(key)
        told.append(reader.takes_line_end(key.t_ms))
    assert told == [False] * 6 + [True] * 3
    assert not reader.takes_line_end(1000)


def test_a_line_end_alone_is_nobodys_business() -> None:
    assert WedgeReader().press(Key(0, "\r")) == ()


def test_the_second_half_of_a_line_end_is_a_tail_only_at_once() -> None:
    reader = WedgeReader()
    for key in keys(EAN + "\r", lambda: 5):
        reader.press(key)
    assert reader.press(Key(66, "\n")) == (Tail(),)
    assert reader.press(Key(400, "\r")) == ()


def test_enter_after_typing_has_no_tail() -> None:
    reader = WedgeReader()
    for key in keys("12\r", lambda: 120):
        last = reader.press(key)
    assert last == (Typed("12"),)
    assert reader.press(Key(250, "\r")) == ()


@pytest.mark.parametrize("key", [Key(40, ""), Key(40, "\x08"), Key(40, "", 59), Key(40, "\x1b")])
def test_a_key_without_a_character_ends_a_burst_and_stays_outside(key: Key) -> None:
    reader = WedgeReader()
    reader.press(Key(0, "a"))
    assert reader.press(key) == (Typed("a"),)
    assert reader.press(key) == ()


def test_group_separators_belong_to_a_code() -> None:
    assert outcome(keys("]C1ABC\x1d12345\r", lambda: 5)) == [["scan", "]C1ABC\x1d12345"]]


# Where `[LD!` stands on a US keyboard: Linux key codes, and whether Shift is held.
COMMAND = [(26, False), (38, True), (32, True), (2, True), (33, True), (2, False), (11, False)]


def test_keys_that_are_dead_in_the_layout_are_read_by_their_place() -> None:
    seen = ["", "L", "D", "!", "F", "1", "0"]
    burst = [Key(5.0 * i, seen[i], *place) for i, place in enumerate(COMMAND)]
    assert outcome([*burst, Key(40, "\r")]) == [["scan", "LD!F10"]]


@pytest.mark.parametrize(
    ("typed", "gap", "kind"),
    [
        ("LD!F3\r", 6, "scan"),
        ("LD!F3\r", 60, "typed"),
        ("LD!F3", 6, "typed"),
        ("12345\r", 6, "typed"),
    ],
)
def test_the_shortest_command_card_is_a_scan_at_a_readers_pace_with_its_line_end(
    typed: str, gap: int, kind: str
) -> None:
    assert outcome(keys(typed, lambda: gap))[0][0] == kind


def test_digits_of_a_french_keyboard_are_read_by_place() -> None:
    seen = dict(zip("1234567890", "&é\"'(-è_çà", strict=True))
    place = dict(zip("1234567890", range(2, 12), strict=True))
    burst = [Key(5.0 * i, seen[digit], place[digit]) for i, digit in enumerate(EAN)]
    assert outcome([*burst, Key(70, "\r")]) == [["scan", EAN]]
    token = [Key(60.0 * i, seen[digit], place[digit]) for i, digit in enumerate(TOKENS[0])]
    assert decisions(token)[-1] == Scanned(TOKENS[0], True)


def test_a_start_mark_makes_a_scan_of_any_pace() -> None:
    reader = WedgeReader(prefix="\x02")
    assert reader.press(Key(0, "7")) == (Pending(150),)
    assert reader.press(Key(10, "\x02")) == (Typed("7"), Pending(1510))
    reader.press(Key(900, "a"))
    assert reader.press(Key(1800, "b")) == (Pending(3300),)
    assert reader.press(Key(2600, "\r")) == (Scanned("ab", False),)
    reader.press(Key(5000, "\x02"))
    assert reader.press(Key(5100, "\r")) == ()


def test_a_start_mark_is_kept_waiting_only_so_long() -> None:
    reader = WedgeReader(prefix="\x02")
    reader.press(Key(0, "\x02"))
    reader.press(Key(10, "a"))
    assert reader.press(Key(1511, "b")) == (Scanned("a", False), Pending(1661))


def test_an_endless_burst_is_let_go() -> None:
    made = decisions(keys("x" * 5000, lambda: 60))
    assert [len(d.text) for d in made if isinstance(d, Typed)] == [4096, 904]


def test_the_echo_of_a_code_is_heard_once_in_two_seconds() -> None:
    guard = RepeatGuard()
    codes = [("a", 0), ("a", 1999), ("b", 1999), ("a", 2000)]
    assert [guard.is_repeat(text, at_ms) for text, at_ms in codes] == [False, True, False, False]
    assert not guard.is_repeat("a", 4000)


strokes = st.lists(
    st.tuples(
        st.floats(0, 400),
        st.characters(min_codepoint=32, max_codepoint=255)
        | st.sampled_from("0123456789\r\t\n\x08"),
        st.integers(0, 80),
        st.booleans(),
    ),
    max_size=60,
)


@given(strokes, st.sampled_from(["", "\x02", "0"]))
@settings(max_examples=150)
def test_every_character_ends_in_exactly_one_decision(pressed, prefix: str) -> None:
    reader = WedgeReader(prefix)
    at_ms, sent, decided = 0.0, [], []
    for gap, text, code, shift in pressed:
        at_ms += gap
        if text.isprintable() and text != prefix:
            sent.append(text)
        decided.extend(reader.press(Key(at_ms, text, 0 if text == " " else code, shift)))
    decided.extend(reader.expire())
    said = [d.text for d in decided if isinstance(d, Scanned | Typed)]
    assert sum(map(len, said)) == len(sent)
