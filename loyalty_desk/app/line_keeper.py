"""Keeps the line: a round now and then, at once after an act, later and later after failures."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from loyalty_desk.app.link import Link
from loyalty_desk.ui.background import Background
from loyalty_desk.ui.counter.presenter import LineNews
from loyalty_desk.ui.shell.frame import Outdated
from sync.client import outcomes
from sync.client.engine import RoundReport
from sync.client.outcomes import Offline, Rejected, ServerFault
from sync.client.schedule import Schedule
from sync.programme.refusals import Reason, Refused

# Without a stream of news from the server, this is how often it is asked.
POLL_SECONDS = 15.0
_CLOCK_OFF_MS = 120_000


class LineKeeper(QObject):
    """Asks the sync worker for rounds and tells `heard` what became of each."""

    def __init__(
        self,
        worker: Background,
        link: Link,
        heard: Callable[[LineNews], None],
        random01: Callable[[], float],
    ) -> None:
        super().__init__()
        self._worker = worker
        self._link = link
        self._heard = heard
        self._schedule = Schedule(random01)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.now)
        self._running = False
        self._again = False
        self._stopped = False

    def now(self) -> None:
        """Go a round as soon as the worker is free."""
        if self._stopped:
            return
        if self._running:
            self._again = True
            return
        self._running, self._again = True, False
        self._timer.stop()
        self._worker.run(self._link.round, self._done, self._failed)

    def pause(self) -> None:
        """No more rounds, the connections stay."""
        self._stopped = True
        self._timer.stop()

    def stop(self) -> None:
        """No more rounds."""
        self._stopped = True
        self._timer.stop()
        self._worker.run(self._link.close, lambda _none: None, self._failed)

    def _done(self, report: RoundReport) -> None:
        self._running = False
        self._schedule.after_success()
        off = abs(report.offset_ms)
        minutes = off // 60_000 if off > _CLOCK_OFF_MS else 0
        self._heard(LineNews(connected=True, clock_off_minutes=minutes))
        self._next(0.0 if report.more else POLL_SECONDS)

    def _failed(self, error: BaseException) -> None:
        self._running = False
        refused, wait = _named(error)
        seconds = self._schedule.after_failure(wait)
        self._heard(
            LineNews(
                connected=False,
                retry_in=int(seconds),
                revoked=refused is not None and refused.reason is Reason.TERMINAL_REVOKED,
                clock_off_minutes=_minutes(refused),
                outdated=_outdated(error),
            )
        )
        self._next(seconds)

    def _next(self, seconds: float) -> None:
        if self._stopped:
            return
        if self._again:
            self.now()
        else:
            self._timer.start(int(seconds * 1000))


def _named(error: BaseException) -> tuple[Refused | None, float | None]:
    """Return the refusal and the wait in a failure of the line; any other fault goes on as one."""
    if isinstance(error, Rejected):
        return error.refused, error.retry_after
    if isinstance(error, ServerFault):
        return None, error.retry_after
    if isinstance(error, Refused):
        return error, None
    if isinstance(error, Offline | outcomes.Outdated | ConnectionError):
        return None, None
    raise error


def _outdated(error: BaseException) -> Outdated:
    if not isinstance(error, outcomes.Outdated):
        return ""
    return "server" if error.server else "desk"


def _minutes(refused: Refused | None) -> int:
    if refused is None or refused.reason is not Reason.CLOCK_WRONG:
        return 0
    return int(refused.facts.get("minutes", 0))
