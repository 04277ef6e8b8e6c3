"""The stage: which screen stands, what it shows, and where a word or a refusal is said. Qt-free.

Every change ends in one `Screen` value that is given to `show`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from loyalty_desk.desk.sync_status import SyncStatus
from loyalty_desk.ui.counter.enrol_flow import EnrolFlow
from loyalty_desk.ui.counter.floor import Floor
from loyalty_desk.ui.counter.idle_flow import IdleFlow
from loyalty_desk.ui.counter.screen import PageState, Views, page_of, shell_of, tray_of
from loyalty_desk.ui.counter.sign_in_flow import SignInFlow
from loyalty_desk.ui.counter.tray_flow import TrayFlow
from loyalty_desk.ui.counter.visit_flow import VisitFlow
from loyalty_desk.ui.pending.state import TrayState
from loyalty_desk.ui.screen import Screen, ScreenName
from loyalty_desk.ui.shell.presenter import ShellState
from sync.programme.refusals import Refused

_BACK_MS = 5_000


@dataclass(frozen=True, slots=True)
class Flows:
    """One flow for each screen."""

    sign_in: SignInFlow
    idle: IdleFlow
    visit: VisitFlow
    enrol: EnrolFlow
    pending: TrayFlow


class Stage:
    """What stands. `status` and `parked` are what the store's worker found last."""

    def __init__(
        self,
        floor: Floor,
        flows: Flows,
        *,
        show: Callable[[Screen], None],
        refresh: Callable[[], None],
    ) -> None:
        self._floor = floor
        self._flows = flows
        self._show = show
        self._refresh = refresh
        self._home = 0
        self._query_at = 0
        self.screen: ScreenName = "sign_in"
        self.status: SyncStatus | None = None
        self.parked: tuple[tuple[str, str], ...] = ()
        self.retry_at = 0
        self._back_until = 0
        self._waited = 0

    def line_is_back(self) -> None:
        """Say for some seconds that there is a line again, and how many records went out."""
        self._back_until = self._floor.counter.clock.mono() + _BACK_MS
        self._waited = self.status.records if self.status is not None else 0

    def to(self, screen: ScreenName) -> None:
        """Let another screen stand; the focus goes home."""
        self.screen = screen
        self._home += 1
        self.redraw()

    def go_home(self) -> None:
        """Bring the focus home."""
        self._home += 1
        self.redraw()

    def clear_scan_field(self) -> None:
        """Empty the field of the top bar: what was typed there is being seen to."""
        self._query_at += 1

    def leave(self, then: Callable[[], None], *, whatever_waits: bool = False) -> None:
        """Close the open member, on hold when something was entered, and go on with `then`.

        Where it cannot be put on hold it stays open and says so, and `then` is not done. With
        `whatever_waits` there is no limit to how many are on hold.
        """
        draft = self._flows.visit.draft
        parks = draft is not None and not draft.is_empty

        def left() -> None:
            if self.screen == "visit":
                self.screen = "identify"
            then()
            if parks:
                self._refresh()

        self._flows.visit.hold(left, whatever_waits=whatever_waits)

    def say(self, words: str) -> None:
        """Show a quiet word where the cashier looks now."""
        if self.screen == "visit":
            self._flows.visit.say(words)
        elif self.screen == "enrol":
            self._flows.enrol.say(words)
        elif self.screen == "sign_in":
            self._flows.sign_in.say(words)
        else:
            self._flows.idle.say(words)

    def refused(self, problem: Refused) -> None:
        """Show a refusal where the cashier looks now; nothing entered is lost."""
        if self.screen == "visit":
            self._flows.visit.refused(problem)
        elif self.screen == "enrol":
            self._flows.enrol.refused(problem)
        elif self.screen == "sign_in":
            self._flows.sign_in.refused(problem)
        else:
            self._home += 1
            self._flows.idle.refused(problem)

    def redraw(self) -> None:
        """Show the state of now."""
        self._show(Screen(self.screen, self.shell(), self.page(), self._home))

    def page(self) -> PageState | None:
        """Return the state of the screen that stands, None before the till is known."""
        return page_of(self._views())

    def shell(self) -> ShellState:
        """Return the state of the frame."""
        return shell_of(self._views())

    def tray(self) -> TrayState | None:
        """Return the state of the tray, open or not; None before the till is known."""
        return tray_of(self._views())

    def _views(self) -> Views:
        return Views(
            floor=self._floor,
            name=self.screen,
            sign_in=self._flows.sign_in.view,
            idle=self._flows.idle.view,
            visit=self._flows.visit.view,
            enrol=self._flows.enrol.view,
            tray=self._flows.pending.view,
            status=self.status,
            parked=self.parked,
            retry_at=self.retry_at,
            query=("", self._query_at),
            sent=self._sent(),
        )

    def _sent(self) -> int | None:
        if self._floor.counter.clock.mono() >= self._back_until:
            return None
        waits = self.status.records if self.status is not None else 0
        return max(0, self._waited - waits)
