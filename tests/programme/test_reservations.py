"""What was set aside for a voucher is free only when no till can still bring it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.reservations import SKEW_MS, TillLife, may_be_freed

ISSUED, ENDS = 1_000_000, 1_600_000
OVER = ENDS + SKEW_MS
TOLD = TillLife(began=1, told_at=OVER + 1, drained=True)


def freed(*lives: TillLife, now: int = OVER + 1, ends: int = ENDS) -> bool:
    return may_be_freed(lives, issued=ISSUED, ends=ends, now=now)


def test_a_voucher_that_nobody_saw_is_free_at_once():
    assert freed(TillLife(began=1), now=5, ends=0)


def test_a_shop_without_tills_frees_when_no_clock_can_take_the_voucher_any_more():
    assert not freed(now=OVER)
    assert freed(now=OVER + 1)


@pytest.mark.parametrize(
    ("life", "free"),
    [
        pytest.param(TOLD, True, id="told everything after the end"),
        pytest.param(TillLife(began=1, told_at=OVER, drained=True), False, id="too early"),
        pytest.param(TillLife(began=1, told_at=OVER + 1), False, id="not drained"),
        pytest.param(TillLife(began=1), False, id="never heard"),
        pytest.param(TillLife(began=1, lost=True), True, id="declared lost"),
        pytest.param(TillLife(began=OVER + 1), True, id="began afterwards"),
        pytest.param(TillLife(began=OVER), False, id="began just in time"),
        pytest.param(TillLife(began=1, replaced=ISSUED), True, id="replaced before"),
        pytest.param(TillLife(began=1, replaced=ISSUED + 1), False, id="replaced meanwhile"),
    ],
)
def test_one_till_alone_decides(life, free):
    assert freed(life) is free


def test_one_silent_till_holds_what_all_others_let_go():
    assert freed(TOLD, TOLD)
    assert not freed(TOLD, TillLife(began=1), TOLD)


lives = st.builds(
    TillLife,
    began=st.integers(1, 3_000_000),
    replaced=st.just(0) | st.integers(1, 3_000_000),
    told_at=st.just(0) | st.integers(1, 3_000_000),
    drained=st.booleans(),
    lost=st.booleans(),
)


@given(st.lists(lives, max_size=5), st.integers(1, 3_000_000))
def test_nothing_is_free_while_a_till_that_was_in_use_can_still_bring_the_voucher(known, now):
    """The rule again, from the side of a till that took the voucher and said nothing yet."""
    holders = [
        life
        for life in known
        if not life.lost
        and life.began <= OVER
        and (not life.replaced or life.replaced > ISSUED)
        and not (life.drained and life.told_at > OVER)
    ]
    assert freed(*known, now=now) is (now > OVER and not holders)


@given(st.lists(lives, max_size=4), st.integers(1, 3_000_000))
def test_the_order_of_the_tills_does_not_matter(known, now):
    answers = {freed(*order, now=now) for order in itertools.permutations(known)}
    assert len(answers) == 1
