"""Windows that open and close, lots that lapse, weeks and birthdays."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync.programme.calendar import days_to_birthday, is_open, lapse_day, week_of
from sync.programme.document import Window
from tests.builders import local

NEW_YORK = ZoneInfo("America/New_York")

MORNINGS = Window(from_minute=8 * 60, to_minute=12 * 60)
FRIDAY_NIGHTS = Window(weekdays=(4,), from_minute=22 * 60, to_minute=2 * 60)
UNTIL_MIDNIGHT = Window(from_minute=22 * 60, to_minute=0)
TEN_TO_TEN = Window(from_minute=10 * 60, to_minute=10 * 60)
NOVEMBER = Window(from_day="2026-11-01", to_day="2026-11-30")
LAST_NIGHT_OF_NOVEMBER = Window(
    from_minute=22 * 60, to_minute=2 * 60, from_day="2026-11-30", to_day="2026-11-30"
)
ONE_TO_TWO = Window(from_minute=60, to_minute=120)


@pytest.mark.parametrize(
    ("window", "at", "expected"),
    [
        pytest.param(Window(), "2026-11-18 00:00", True, id="always"),
        pytest.param(Window(), "2026-11-18 23:59:59", True, id="always-to-the-last-second"),
        pytest.param(MORNINGS, "2026-11-18 07:59:59", False, id="a-second-before"),
        pytest.param(MORNINGS, "2026-11-18 08:00", True, id="as-it-begins"),
        pytest.param(MORNINGS, "2026-11-18 11:59:59", True, id="the-last-second"),
        pytest.param(MORNINGS, "2026-11-18 12:00", False, id="as-it-ends"),
        pytest.param(Window(weekdays=(2,)), "2026-11-18 09:00", True, id="its-weekday"),
        pytest.param(Window(weekdays=(0, 6)), "2026-11-18 09:00", False, id="another-weekday"),
        pytest.param(NOVEMBER, "2026-10-31 23:59", False, id="the-day-before"),
        pytest.param(NOVEMBER, "2026-11-01 00:00", True, id="first-day"),
        pytest.param(NOVEMBER, "2026-11-30 23:59", True, id="last-day"),
        pytest.param(NOVEMBER, "2026-12-01 00:00", False, id="the-day-after"),
        pytest.param(FRIDAY_NIGHTS, "2026-11-20 21:59", False, id="friday-too-early"),
        pytest.param(FRIDAY_NIGHTS, "2026-11-20 22:00", True, id="friday-night"),
        pytest.param(FRIDAY_NIGHTS, "2026-11-21 01:59", True, id="still-friday's-night"),
        pytest.param(FRIDAY_NIGHTS, "2026-11-21 02:00", False, id="the-night-is-over"),
        pytest.param(FRIDAY_NIGHTS, "2026-11-21 22:30", False, id="saturday-night"),
        pytest.param(FRIDAY_NIGHTS, "2026-11-20 01:00", False, id="thursday's-night"),
        pytest.param(UNTIL_MIDNIGHT, "2026-11-18 23:59", True, id="until-midnight"),
        pytest.param(UNTIL_MIDNIGHT, "2026-11-19 00:00", False, id="not-at-midnight"),
        pytest.param(TEN_TO_TEN, "2026-11-18 09:59", True, id="round-the-clock-before"),
        pytest.param(TEN_TO_TEN, "2026-11-18 10:00", True, id="round-the-clock-after"),
        pytest.param(LAST_NIGHT_OF_NOVEMBER, "2026-12-01 01:00", True, id="night-of-its-date"),
        pytest.param(LAST_NIGHT_OF_NOVEMBER, "2026-11-30 01:00", False, id="night-before-it"),
    ],
)
def test_a_window_is_open_from_its_first_minute_to_before_its_last(window, at, expected):
    assert is_open(window, local(at)) is expected


@pytest.mark.parametrize("fold", [0, 1], ids=["before-the-clocks-go-back", "after"])
def test_the_hour_that_daylight_saving_repeats_is_open_twice(fold):
    assert is_open(ONE_TO_TWO, local("2026-11-01 01:30", NEW_YORK, fold=fold))


def test_a_window_in_the_hour_that_daylight_saving_skips_never_opens_that_day():
    two_to_three = Window(from_minute=120, to_minute=180)
    before_the_jump = local("2026-03-08 01:59", NEW_YORK)

    after = (before_the_jump.astimezone(ZoneInfo("UTC")) + timedelta(minutes=1)).astimezone(
        NEW_YORK
    )

    assert not is_open(two_to_three, before_the_jump)
    assert not is_open(two_to_three, after)


@given(
    start=st.integers(0, 1439),
    end=st.integers(0, 1440),
    minute=st.integers(0, 1439),
)
def test_every_minute_is_either_in_a_window_or_in_the_one_that_fills_the_rest(start, end, minute):
    assume(start != end % 1440)
    at = local(f"2026-11-18 {minute // 60:02}:{minute % 60:02}")
    window = Window(from_minute=start, to_minute=end)
    rest = Window(from_minute=end % 1440, to_minute=start)

    assert is_open(window, at) != is_open(rest, at)


@pytest.mark.parametrize(
    ("on", "months", "expected"),
    [
        pytest.param("2026-11-18", 0, "", id="never"),
        pytest.param("2026-11-18", 1, "2026-12-31", id="next-month"),
        pytest.param("2026-11-01", 12, "2027-11-30", id="from-the-first"),
        pytest.param("2026-11-30", 12, "2027-11-30", id="from-the-last"),
        pytest.param("2026-12-31", 2, "2027-02-28", id="february"),
        pytest.param("2027-12-31", 2, "2028-02-29", id="february-of-a-leap-year"),
        pytest.param("2028-02-29", 12, "2029-02-28", id="from-29-february"),
        pytest.param("2026-12-01", 1, "2027-01-31", id="over-the-year"),
        pytest.param("2026-01-31", 11, "2026-12-31", id="to-december"),
    ],
)
def test_points_lapse_at_the_end_of_a_month(on, months, expected):
    assert lapse_day(date.fromisoformat(on), months) == expected


@given(on=st.dates(date(1970, 1, 1), date(2200, 1, 1)), months=st.integers(1, 600))
def test_points_live_for_at_least_the_months_promised_and_at_most_one_more(on, months):
    lapse = date.fromisoformat(lapse_day(on, months))
    passed = (lapse.year - on.year) * 12 + lapse.month - on.month

    assert passed == months
    assert (lapse + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param("2026-11-16", "2026-W47", id="monday"),
        pytest.param("2026-11-22", "2026-W47", id="sunday"),
        pytest.param("2026-11-23", "2026-W48", id="next-monday"),
        pytest.param("2027-01-03", "2026-W53", id="january-in-the-old-year's-week"),
        pytest.param("2025-12-29", "2026-W01", id="december-in-the-new-year's-week"),
    ],
)
def test_a_week_runs_from_monday_to_sunday_over_the_turn_of_the_year(on, expected):
    assert week_of(date.fromisoformat(on)) == expected


@pytest.mark.parametrize(
    ("birthday", "today", "expected"),
    [
        pytest.param("", "2026-11-18", None, id="none-known"),
        pytest.param("11-18", "2026-11-18", 0, id="today"),
        pytest.param("11-24", "2026-11-18", 6, id="next-tuesday"),
        pytest.param("11-10", "2026-11-18", -8, id="last-week"),
        pytest.param("01-02", "2026-12-30", 3, id="over-the-year"),
        pytest.param("12-30", "2026-01-02", -3, id="back-over-the-year"),
        pytest.param("02-29", "2026-03-01", 0, id="29-february-kept-on-1-march"),
        pytest.param("02-29", "2026-02-28", 1, id="29-february-is-not-28"),
        pytest.param("02-29", "2028-02-29", 0, id="29-february-in-a-leap-year"),
        pytest.param("02-29", "2100-03-01", 0, id="no-leap-year-in-2100"),
    ],
)
def test_a_birthday_is_counted_to_the_nearest_one(birthday, today, expected):
    assert days_to_birthday(birthday, date.fromisoformat(today)) == expected


@given(
    born=st.dates(date(2024, 1, 1), date(2024, 12, 31)),
    today=st.dates(date(2, 1, 1), date(9998, 1, 1)),
)
def test_the_nearest_birthday_is_never_more_than_half_a_year_away(born, today):
    away = days_to_birthday(born.strftime("%m-%d"), today)

    assert away is not None
    assert abs(away) <= 183
