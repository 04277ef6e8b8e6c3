"""The machine's clocks: the one place that reads them for the desk. And a clock that can be set."""

import secrets
import time
from datetime import datetime
from zoneinfo import ZoneInfo


class SystemClock:
    """The wall in ms UTC, a clock that never goes back, and a name for this run of both."""

    def __init__(self) -> None:
        self.boot = secrets.randbits(32)

    def now(self) -> int:
        """Return the wall clock in ms UTC."""
        return time.time_ns() // 1_000_000

    def mono(self) -> int:
        """Return ms since some instant of this run."""
        return time.monotonic_ns() // 1_000_000


class SetClock:
    """A wall that stands at a time of the day `date` (ISO) in `zone` until it is set anew."""

    def __init__(self, date: str, zone: str) -> None:
        self.boot = secrets.randbits(32)
        self._date, self._zone = date, ZoneInfo(zone)
        self._now = self._skipped = 0
        self.set("00:00")

    def set(self, time_of_day: str) -> None:
        """Set the wall to "HH:MM"; time that is skipped has passed for every clock."""
        at = datetime.fromisoformat(f"{self._date}T{time_of_day}").replace(tzinfo=self._zone)
        now = int(at.timestamp() * 1000)
        self._skipped += max(0, now - self._now) if self._now else 0
        self._now = now

    def add_seconds(self, seconds: int) -> None:
        """Let time pass."""
        self._now += seconds * 1000
        self._skipped += seconds * 1000

    def now(self) -> int:
        """Return the wall clock in ms UTC."""
        return self._now

    def mono(self) -> int:
        """Return ms since some instant of this run; it really passes, and never goes back."""
        return time.monotonic_ns() // 1_000_000 + self._skipped
