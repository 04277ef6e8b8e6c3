"""Days and hours of the rules: windows that are open, lots that lapse, weeks, birthdays.

Every instant arrives as an aware datetime already in the zone that counts (the store's for windows
and days, the programme's for expiry): this room reads no clock and no zone file. What is asked of
the same few days again and again is kept in mind.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache

from sync.programme.document import Window


def is_open(window: Window, at: datetime) -> bool:
    """Say whether `window` is open at a store's local time.

    A window that ends at or before the minute it begins runs over midnight: its weekday and its
    dates are those of the evening it opened. Times are the clock's on the wall, so an hour that
    daylight saving repeats is open twice.
    """
    minute = at.hour * 60 + at.minute
    opened = at.date()
    over_midnight = window.to_minute <= window.from_minute
    if over_midnight and minute < window.to_minute:
        opened -= timedelta(days=1)
        in_hours = True
    else:
        in_hours = window.from_minute <= minute and (over_midnight or minute < window.to_minute)
    return (
        in_hours
        and (not window.weekdays or opened.weekday() in window.weekdays)
        and (not window.from_day or window.from_day <= opened.isoformat())
        and (not window.to_day or opened.isoformat() <= window.to_day)
    )


@lru_cache(maxsize=256)
def lapse_day(on: date, months: int) -> str:
    """Return the ISO date on which points begun on `on` lapse: a month's end; "" is never."""
    if months == 0:
        return ""
    index = on.year * 12 + on.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, monthrange(year, month)[1]).isoformat()


@lru_cache(maxsize=256)
def week_of(on: date) -> str:
    """Return the ISO week that a day belongs to, as "2026-W47"."""
    year, week, _ = on.isocalendar()
    return f"{year}-W{week:02d}"


def days_to_birthday(birthday: str, today: date) -> int | None:
    """Return the signed days from `today` to the nearest birthday ("MM-DD"), or None without one.

    29 February is kept on 1 March in other years.
    """
    if not birthday:
        return None
    month, day = int(birthday[:2]), int(birthday[3:])
    nearest = (_in_year(year, month, day) for year in (today.year - 1, today.year, today.year + 1))
    return min(((when - today).days for when in nearest), key=abs)


def _in_year(year: int, month: int, day: int) -> date:
    if (month, day) == (2, 29) and monthrange(year, 2)[1] == 28:
        return date(year, 3, 1)
    return date(year, month, day)
