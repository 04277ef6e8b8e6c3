"""So many visits in a week."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.document import Mission
from sync.programme.missions import Progress, fulfilled_by, progress

THREE_VISITS = Mission(id="three", name="Três visitas", visits_week=3, points=100)


@pytest.mark.parametrize(
    ("visits", "done", "missing"),
    [
        pytest.param(0, 0, 3, id="none"),
        pytest.param(2, 2, 1, id="one-to-go"),
        pytest.param(3, 3, 0, id="done"),
        pytest.param(9, 3, 0, id="more-than-asked"),
    ],
)
def test_progress_counts_up_to_the_target(visits, done, missing):
    made = progress(THREE_VISITS, visits)

    assert made == Progress(done=done, target=3)
    assert made.missing == missing


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param(0, False, id="first-visit"),
        pytest.param(1, False, id="second-visit"),
        pytest.param(2, True, id="third-visit"),
        pytest.param(3, False, id="fourth-visit"),
    ],
)
def test_the_visit_that_reaches_the_target_earns_the_bonus(before, expected):
    assert fulfilled_by(THREE_VISITS, before) is expected


def test_a_visit_taken_back_and_made_again_does_not_earn_the_bonus_twice():
    assert not fulfilled_by(THREE_VISITS, 2, granted=True)


@given(target=st.integers(1, 10), visits=st.integers(0, 30))
def test_a_week_of_visits_earns_the_bonus_at_most_once(target, visits):
    mission = Mission(id="m", name="m", visits_week=target, points=1)

    earned = sum(fulfilled_by(mission, before) for before in range(visits))

    assert earned == (visits >= target)
    assert (progress(mission, visits).missing == 0) == (visits >= target)
