"""Retention: what the server has had for long enough that this terminal may forget it.

Guarantees that whatever a terminal recorded is here for ninety days after the server had it, so
that a server restored from a copy is given it again. Counted by the server's clock alone: a clock
that is set wrong at the till forgets nothing early.
"""

from itertools import takewhile

import msgspec

from loyalty_desk.store import meta
from loyalty_desk.store.database import Connection
from loyalty_desk.store.visits import DAY_MS

RETENTION_DAYS = 90
_RETENTION_MS = RETENTION_DAYS * DAY_MS


class _Day(msgspec.Struct, frozen=True, array_like=True):
    """Up to which event the server had everything at `at` (ms UTC, its clock)."""

    at: int
    acked: int


_days = msgspec.json.Decoder(tuple[_Day, ...])


class Retention:
    """One note a day of how far the server has this journal; for whoever holds the ledger's lock.

    `heard_at` is the server's time when it was last heard (ms UTC), 0 for never.
    """

    def __init__(self) -> None:
        self.heard_at = 0
        self._noted: tuple[_Day, ...] = ()

    def load(self, connection: Connection) -> None:
        """Read what was noted."""
        self._noted = _days.decode(meta.value(connection, "acked_days", b"[]"))
        self.heard_at = self._noted[-1].at if self._noted else 0

    def note(self, connection: Connection, acked: int) -> None:
        """Note that the server has all events up to `acked`, once a day of the server's."""
        if not self.heard_at or (self._noted and self.heard_at - self._noted[-1].at < DAY_MS):
            return
        noted = (*self._noted, _Day(self.heard_at, acked))
        over = len(list(takewhile(lambda day: day.at <= self.before, noted)))
        self._noted = noted[max(0, over - 1) :]
        meta.keep(connection, acked_days=msgspec.json.encode(self._noted))

    @property
    def before(self) -> int:
        """Since when the retention runs (ms UTC)."""
        return self.heard_at - _RETENTION_MS

    @property
    def passed(self) -> int:
        """The event up to which everything has been with the server for longer than that."""
        return max((day.acked for day in self._noted if day.at <= self.before), default=0)
