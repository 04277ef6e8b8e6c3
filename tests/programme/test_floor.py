"""What a till may hand over on the shop's risk while it is cut off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme import floor
from sync.programme.document import Limits
from sync.programme.refusals import Reason, Refused

ON = Limits(floor_points=200, floor_lead_points=500, floor_times_day=3)
OFF = Limits()


def refusal(points, limits=ON, *, free=1_000, held=1_000, used=0, lead=False):
    try:
        floor.check(points, limits, free=free, held=held, used_today=used, has_lead=lead)
    except Refused as refused:
        return refused.reason, dict(refused.facts)
    return None


def test_a_programme_takes_no_risk_until_it_says_so():
    assert not floor.is_on(OFF)
    assert floor.is_on(ON)
    assert floor.is_on(Limits(floor_lead_points=1))
    assert refusal(1, OFF, lead=True) == (Reason.FLOOR_LIMIT_REACHED, {"left": 0})


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        ({"points": 200}, None),
        ({"points": 201}, (Reason.NEEDS_LEAD, {"limit": 200})),
        ({"points": 201, "lead": True}, None),
        ({"points": 500, "lead": True}, None),
        ({"points": 501, "lead": True}, (Reason.FLOOR_LIMIT_REACHED, {"left": 500})),
        ({"points": 100, "used": 2}, None),
        ({"points": 100, "used": 3}, (Reason.NEEDS_LEAD, {"limit": 0})),
        ({"points": 100, "used": 3, "lead": True}, None),
        ({"points": 100, "free": 99}, (Reason.NEEDS_LEAD, {"limit": 99})),
        ({"points": 100, "free": -5}, (Reason.NEEDS_LEAD, {"limit": 0})),
        ({"points": 100, "held": 99, "lead": True}, (Reason.FLOOR_LIMIT_REACHED, {"left": 99})),
    ],
)
def test_small_rewards_few_a_day_and_a_lead_beyond(case, answer):
    assert refusal(**case) == answer


@given(
    st.integers(1, 2_000),
    st.integers(-500, 2_000),
    st.integers(0, 2_000),
    st.integers(0, 6),
    st.booleans(),
)
def test_what_the_till_says_may_be_used_is_what_it_accepts(points, free, held, used, lead):
    said = floor.alone(ON, free=min(free, held), used_today=used)
    if lead:
        said = max(said, floor.with_lead(ON, points=held))

    assert (refusal(points, free=free, held=held, used=used, lead=lead) is None) == (points <= said)
