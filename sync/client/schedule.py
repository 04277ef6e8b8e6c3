"""Schedule: when to try again, so that a thousand terminals never come back all at once.

After a failure the wait is drawn evenly from nothing to a ceiling that doubles from 1 to 60 seconds
("full jitter"). What the server asks for is obeyed, up to five minutes.
"""

from collections.abc import Callable

IDLE_S = 15.0
# While the stream of news is open, this often all the same.
WATCHED_S = 60.0
_FIRST_S = 1.0
_CEILING_S = 60.0
_RETRY_AFTER_MAX_S = 300.0
_EARLY_S = 10.0
_EARLY_ENDS = 2
_WITHOUT_S = 300.0


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


class Listening:
    """When to open the stream of news again.

    One that ends early twice in a row is not for this network: then nothing is tried for some
    minutes, and the terminal asks at its intervals as if there were no stream. `chance` is as in
    `Schedule`.
    """

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._early = 0

    def after(self, lived_s: float) -> float:
        """Return the seconds to wait after a stream that lived so long."""
        self._early = self._early + 1 if lived_s < _EARLY_S else 0
        if self._early < _EARLY_ENDS:
            return self._chance() * _FIRST_S * 2
        self._early = 0
        return _WITHOUT_S * (0.5 + 0.5 * self._chance())
