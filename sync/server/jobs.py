"""Jobs: what the server does by itself, again and again, while it answers others.

A job that fails is told of and comes again in its next round; it never ends the server.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from sync.programme.refusals import Refused
from sync.server.office.expiry import expire_due, is_due
from sync.server.office.head_office import HeadOffice
from sync.server.office.losses import settle_lost
from sync.server.office.overtaken import clear_due
from sync.server.office.preleases import count_due
from sync.server.office.reservations import release_due

EVERY_SECONDS = 60

_CLOSE_SECONDS = 5
_log = logging.getLogger("loyalty_server")


Job: TypeAlias = Callable[[HeadOffice, int], None]


class Jobs:
    """The work of every minute, on a thread of its own until `close`.

    `also` is what this machine needs besides, and once more at the end.
    """

    def __init__(
        self,
        office: HeadOffice,
        clock: Callable[[], int],
        *,
        also: Mapping[str, Job] = MappingProxyType({}),
    ) -> None:
        self._office = office
        self._also = also
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
        self._do(self._also)

    def _run(self) -> None:
        while not self._closing.is_set():
            self.round()
            self._closing.wait(EVERY_SECONDS)

    def round(self) -> None:
        """Do everything once."""
        self._do(_JOBS)
        self._do(self._also)

    def _do(self, jobs: Mapping[str, Job]) -> None:
        for name, job in jobs.items():
            try:
                job(self._office, self._clock())
            except (Refused, SQLAlchemyError, OSError) as fault:
                _log.error("job %s failed: %s", name, type(fault).__name__)


def _let_vouchers_go(office: HeadOffice, now: int) -> None:
    release_due(office, now=now)


def _let_points_lapse(office: HeadOffice, now: int) -> None:
    if is_due(office, now=now):
        expire_due(office, now=now)


def _give_up_lost_terminals(office: HeadOffice, now: int) -> None:
    settle_lost(office, now=now)


def _count_regulars(office: HeadOffice, now: int) -> None:
    count_due(office, now=now)


def _clear_the_feed(office: HeadOffice, now: int) -> None:
    clear_due(office, now=now)


_JOBS: Mapping[str, Job] = {
    "vouchers": _let_vouchers_go,
    "expiry": _let_points_lapse,
    "lost terminals": _give_up_lost_terminals,
    "regulars": _count_regulars,
    "feed": _clear_the_feed,
}
