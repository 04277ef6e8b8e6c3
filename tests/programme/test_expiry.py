"""The points of a day that has ended, taken once."""

from datetime import date, timedelta
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.expiry import expire, expiry_event
from sync.programme.ledger import Kind, fold, to_expire
from tests.builders import an_entry
from tests.programme.histories import MEMBER, histories

DAY = date(2026, 11, 30)

days = st.dates(date(1970, 1, 1), date(9000, 1, 1))
member_ids = st.integers(0, (1 << 64) - 1)


def test_the_points_of_an_ended_day_lapse_in_one_entry():
    account = fold([an_entry(expires_on="2026-11-30")])

    entry = expire(account, MEMBER, DAY)

    assert entry == an_entry(
        Kind.EXPIRE, 100, event=expiry_event(MEMBER, DAY), expires_on="2026-11-30"
    )


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([], id="nothing"),
        pytest.param([an_entry()], id="lasting-points"),
        pytest.param([an_entry(expires_on="2026-12-01")], id="a-later-day"),
    ],
)
def test_where_nothing_lapses_nothing_is_posted(entries):
    assert expire(fold(entries), MEMBER, DAY) is None


def test_what_is_lent_lapses_when_it_comes_back():
    entries = [an_entry(expires_on="2026-11-30")]
    lent = expire(fold(entries, leased=100), MEMBER, DAY)

    returned = expire(fold(entries), MEMBER, DAY + timedelta(days=3))

    assert lent is None
    assert returned is not None
    assert returned.points == 100


@pytest.mark.parametrize(
    ("member", "expected"),
    [(4_711, "01a22ee6b0007f1b97b390f981ea2a32"), (5, "01a22ee6b00070babde8208ec632215d")],
)
def test_the_event_id_does_not_change_from_one_release_to_the_next(member, expected):
    assert expiry_event(member, DAY).hex() == expected


@given(member=member_ids, day=days)
def test_the_event_id_is_a_uuid_of_version_7_at_the_end_of_the_day(member, day):
    event = expiry_event(member, day)
    uuid = UUID(bytes=event)

    assert (uuid.version, uuid.variant) == (7, RFC_4122)
    ended = (day - date(1970, 1, 1) + timedelta(days=1)) // timedelta(milliseconds=1)
    assert int.from_bytes(event[:6], "big") == ended
    assert expiry_event(member, day) == event


@given(one=st.tuples(member_ids, days), other=st.tuples(member_ids, days))
def test_each_member_and_day_has_an_event_of_its_own(one, other):
    assert (expiry_event(*one) == expiry_event(*other)) == (one == other)


@given(member=histories, later=st.integers(0, 40))
def test_the_job_run_again_posts_nothing_new(member, later):
    day = member.today + timedelta(days=later)
    first = expire(member.account(), MEMBER, day)
    again = expire(member.account(), MEMBER, day)  # another server, from the same state

    member.post(*(entry for entry in (first, again) if entry))

    assert first == again
    assert to_expire(member.account(), day) == 0
    assert expire(member.account(), MEMBER, day) is None


def test_what_arrives_late_for_a_day_worked_off_lapses_with_the_next():
    on_time = an_entry(event="on time", expires_on="2026-11-30")
    late = an_entry(event="late", expires_on="2026-11-30")
    first = expire(fold([on_time]), MEMBER, DAY)
    assert first is not None

    second = expire(fold([on_time, first, late]), MEMBER, DAY + timedelta(days=1))

    assert second is not None
    assert second.points == 100
    assert second.event != first.event
    assert fold([on_time, first, late, second]).points == 0
