"""The lookout: what is known of the line and of the till's own files, read again as it changes.

Qt-free. Guarantees that one drawing shows all that was found by one reading.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from loyalty_desk.desk import parked, session, sync_status
from loyalty_desk.desk.sync_status import SyncStatus
from loyalty_desk.ui.counter.floor import Floor, Place, read_place, refusal
from loyalty_desk.ui.counter.idle_flow import News
from loyalty_desk.ui.counter.paper_flow import PaperFlow
from loyalty_desk.ui.counter.stage import Flows, Stage
from loyalty_desk.ui.shell.frame import Outdated
from sync.programme.members import first_name

Held = tuple[tuple[str, str], ...]
_Found = tuple[Place | None, News | None, SyncStatus, Held]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineNews:
    """What the sync worker reports after each round or failure."""

    connected: bool
    retry_in: int = 0
    clock_off_minutes: int = 0
    revoked: bool = False
    outdated: Outdated = ""
    recovering: bool = False


class Lookout:
    """Hears of the line and reads the files. `dismissed`: who is at the till may not be there."""

    def __init__(
        self,
        floor: Floor,
        stage: Stage,
        flows: Flows,
        papers: PaperFlow,
        *,
        dismissed: Callable[[], None],
    ) -> None:
        self._floor, self._stage, self._flows, self._papers = floor, stage, flows, papers
        self._dismissed = dismissed

    def news(self, news: LineNews, *, first: bool = False) -> None:
        """The line came, went or brought something: read again what may have changed."""
        counter = self._floor.counter
        was, line = counter.connected, self._floor.line
        counter.connected = news.connected
        now = counter.clock.now()
        self._stage.retry_at = now + news.retry_in * 1000
        since = line.offline_since
        if news.connected:
            if since is not None:
                self._stage.line_is_back()
            since = None
        elif since is None and not first and self._floor.place is not None:
            since = self._floor.place.local(now)
        self._floor.line = replace(
            line,
            connected=news.connected,
            known=not first,
            revoked=news.revoked,
            outdated=news.outdated,
            recovering=news.recovering,
            clock_off_minutes=news.clock_off_minutes,
            offline_since=since,
        )
        self.refresh(reopen=was != news.connected or news.connected)

    def refresh(self, *, reopen: bool = False) -> None:
        """Read again what the frame shows and what waits; with `reopen` the open member too."""
        counter, read_idle = self._floor.counter, self._flows.idle.reading()
        staff = self._floor.session.staff if self._floor.session is not None else 0

        def work() -> _Found:
            # All at once, so that one drawing shows it all.
            place = read_place(counter)
            news = read_idle() if place is not None else None
            return place, news, sync_status.status(counter), parked.waiting(counter)

        self._floor.store.run(work, lambda found: self._refreshed(*found), self._failed)
        if staff:
            self._floor.store.run(
                lambda: session.is_dismissed(counter, staff),
                lambda gone: self._checked(staff, gone),
                self._failed,
            )
        if self._floor.place is not None and reopen:
            self._flows.visit.refresh()

    def _refreshed(
        self, place: Place | None, news: News | None, status: SyncStatus, held: Held
    ) -> None:
        arrived = self._floor.place is None and place is not None
        self._floor.place, self._stage.status, self._stage.parked = place, status, held
        if place is not None:
            self._floor.undo_seconds = place.document.limits.undo_seconds
        self._flows.sign_in.hold(tuple(first_name(name) or "…" for _visit, name in held))
        if self._floor.line.connected and not status.waiting:
            self._papers.server_knows_all()
        if news is not None:
            self._flows.idle.hear(news, status)
        if arrived:
            self._flows.sign_in.refresh()
        self._stage.redraw()

    def _checked(self, staff: int, is_dismissed: bool) -> None:
        """Whoever may not work here any more is signed out; what they began waits on hold."""
        at_the_till = self._floor.session
        if is_dismissed and at_the_till is not None and at_the_till.staff == staff:
            self._dismissed()

    def _failed(self, error: BaseException) -> None:
        self._stage.refused(refusal(error))
