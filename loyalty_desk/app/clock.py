"""The machine's clocks: the one place that reads them for the desk."""

import secrets
import time


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
