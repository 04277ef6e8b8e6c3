"""Keeps the line: a round now and then, at once after an act, later and later after failures."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from loyalty_desk.app.ear import Ear
from loyalty_desk.app.link import Link
from loyalty_desk.ui.background import Background
from loyalty_desk.ui.counter.lookout import LineNews
from loyalty_desk.ui.shell.frame import Outdated
from sync.client import outcomes
from sync.client.engine import RoundReport
from sync.client.outcomes import Offline, Rejected, ServerFault
from sync.client.schedule import IDLE_S, WATCHED_S, Schedule
from sync.client.stream import News
from sync.programme.refusals import Reason, Refused

_CLOCK_OFF_MS = 120_000


class LineKeeper(QObject):
    """Asks the sync worker for rounds and tells `heard` what became of each.

    What the `ear` hears brings a round forward; while it hears nothing wrong, rounds without a
    reason are rare.
    """

    def __init__(
        self,
        worker: Background,
        link: Link,
        heard: Callable[[LineNews], None],
        random01: Callable[[], float],
        ear: Ear,
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
        self._ear = ear
        self._head = -1  # the number up to which everything was pulled
        self._wanted: int | None = None  # the number that was heard of since the round began
        ear.told.connect(self.hear)
        ear.lost.connect(self.now)

    def now(self) -> None:
        """Go a round as soon as the worker is free."""
        if self._stopped:
            return
        if self._running:
            self._again = True
            return
        self._running, self._again, self._wanted = True, False, None
        self._timer.stop()
        self._worker.run(self._link.round, self._done, self._failed)

    def hear(self, news: News) -> None:
        """Go a round for news that was not pulled yet."""
        if news.kind == "ping":
            return
        self._wanted = news.head
        if not self._running and news.head != self._head:
            self.now()

    def pause(self) -> None:
        """No more rounds, the connections stay."""
        self._stopped = True
        self._ear.stop()
        self._timer.stop()

    def stop(self) -> None:
        """No more rounds."""
        self._stopped = True
        self._ear.stop()
        self._timer.stop()
        self._worker.run(self._link.close, lambda _none: None, self._failed)

    def _done(self, report: RoundReport) -> None:
        self._running = False
        self._schedule.after_success()
        off = abs(report.offset_ms)
        minutes = off // 60_000 if off > _CLOCK_OFF_MS else 0
        self._heard(
            LineNews(connected=True, clock_off_minutes=minutes, recovering=report.recovering)
        )
        self._head = report.head
        if not self._stopped:
            self._ear.listen()
        idle = WATCHED_S if self._ear.is_open else IDLE_S
        self._next(0.0 if report.more else idle)

    def _failed(self, error: BaseException) -> None:
        self._running, self._wanted = False, None
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
        if self._again or self._wanted not in (None, self._head):
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
