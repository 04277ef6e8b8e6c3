"""Jobs: what the server does by itself, again and again, while it answers others.

A job that fails is told of and comes again in its next round; it never ends the server.
"""

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from sync.programme.refusals import Refused
from sync.server.office.head_office import HeadOffice
from sync.server.office.reservations import release_due

EVERY_SECONDS = 60

_CLOSE_SECONDS = 5
_log = logging.getLogger("loyalty_server")


class Jobs:
    """The work of every minute, on a thread of its own until `close`."""

    def __init__(self, office: HeadOffice, clock: Callable[[], int]) -> None:
        self._office = office
        self._clock = clock
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin; the first round is due at once."""
        self._thread.start()

    def close(self) -> None:
        """End after the round that is under way."""
        self._closing.set()
        self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closing.is_set():
            self.round()
            self._closing.wait(EVERY_SECONDS)

    def round(self) -> None:
        """Do everything once."""
        try:
            release_due(self._office, now=self._clock())
        except (Refused, SQLAlchemyError) as fault:
            _log.error("vouchers could not be let go: %s", type(fault).__name__)
