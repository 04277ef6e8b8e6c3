"""Retention: what the server has had for long enough that this terminal may forget it.

Guarantees that whatever a terminal recorded is here for ninety days after the server had it, so
that a server restored from a copy is given it again. They are days on which the server was heard,
told apart by its clock: neither a till's clock that is set wrong nor one leap of the server's own
forgets anything early.
"""

import msgspec

from loyalty_desk.store import meta
from loyalty_desk.store.database import Connection
from loyalty_desk.store.visits import DAY_MS

RETENTION_DAYS = 90


class _Day(msgspec.Struct, frozen=True, array_like=True):
    """Up to which event the server had everything at `at` (ms UTC, its clock)."""

    at: int
    acked: int


_NOTHING = _Day(0, 0)
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

    def note(self, connection: Connection, acked: int) -> None:
        """Note that the server has all events up to `acked`, once a day of the server's."""
        today = _Day(self.heard_at, acked)
        if not today.at or (self._noted and abs(today.at - self._noted[-1].at) < DAY_MS):
            return
        self._noted = (*self._noted, today)[-RETENTION_DAYS - 1 :]
        meta.keep(connection, acked_days=msgspec.json.encode(self._noted))

    @property
    def before(self) -> int:
        """What was before this (ms UTC, the server's clock) is past the retention; 0 for none."""
        return self._oldest.at

    @property
    def passed(self) -> int:
        """The event up to which everything is past the retention, 0 for none."""
        return self._oldest.acked

    @property
    def _oldest(self) -> _Day:
        return self._noted[0] if len(self._noted) > RETENTION_DAYS else _NOTHING
