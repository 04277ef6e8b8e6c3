"""Schedule: when to try again, so that a thousand terminals never come back all at once.

After a failure the wait is drawn evenly from nothing to a ceiling that doubles from 1 to 60 seconds
("full jitter"). What the server asks for is obeyed, up to five minutes.
"""

from collections.abc import Callable

IDLE_S = 15.0
_FIRST_S = 1.0
_CEILING_S = 60.0
_RETRY_AFTER_MAX_S = 300.0


class Schedule:
    """The waits between rounds. `chance` gives numbers from 0 up to, not including, 1."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._failures = 0

    def after_success(self) -> float:
        """Return the seconds until the next look for news; an act is pushed at once instead."""
        self._failures = 0
        return IDLE_S

    def after_failure(self, retry_after: float | None = None) -> float:
        """Return the seconds to wait after another failure."""
        ceiling = min(_CEILING_S, _FIRST_S * 2.0**self._failures)
        self._failures = min(self._failures + 1, 10)
        asked = min(retry_after or 0.0, _RETRY_AFTER_MAX_S)
        return asked + self._chance() * ceiling
