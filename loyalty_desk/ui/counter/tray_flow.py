"""The tray at work: what needs somebody, and what a manager asks of the till itself. Qt-free."""

from collections.abc import Callable
from dataclasses import dataclass

from loyalty_desk.desk import outbox
from loyalty_desk.desk.sync_status import SyncStatus
from loyalty_desk.ui.counter.floor import Floor, refusal
from loyalty_desk.ui.pending import till_words
from loyalty_desk.ui.pending.conditions import NEXT
from loyalty_desk.ui.pending.presenter import ARCHIVE, SEE
from loyalty_desk.ui.pending.state import NeedsYou
from loyalty_desk.ui.pending.till_words import BACK, EXPORT, LEAVE, LEAVE_NOW
from sync.programme.refusals import Reason


@dataclass(frozen=True, slots=True)
class TrayView:
    """What the tray shows beside the records: how often the next question was asked for, and the
    answer to what a manager asked.
    """

    turned: int = 0
    answer: NeedsYou | None = None


class TrayFlow:
    """What is done in the tray. `see` opens a member, `refresh` reads again what waits."""

    def __init__(
        self, floor: Floor, *, see: Callable[[int], None], refresh: Callable[[], None]
    ) -> None:
        self._floor = floor
        self._see = see
        self._refresh = refresh
        self._asked = 0
        self.view = TrayView()

    def toggle(self) -> None:
        """Open the tray as it was never opened before, or close it."""
        self._floor.tray_open = not self._floor.tray_open
        self._asked += 1
        self.view = TrayView()

    def settle(self, event: str, action: str, status: SyncStatus | None) -> None:
        """Do what was chosen about `event`; `status` is what the tray shows."""
        if action == NEXT:
            self._show(TrayView(turned=self.view.turned + 1))
        elif action == ARCHIVE:
            self._archive(int(event))
        elif action == SEE and status is not None:
            for noticed in status.notices:
                if str(noticed.notice.seq) == event:
                    self._see(noticed.notice.member)
        else:
            self._of_the_till(action)

    def _of_the_till(self, action: str) -> None:
        asked: dict[str, Callable[[], None]] = {
            BACK: lambda: self._show(TrayView()),
            EXPORT: self._export,
            LEAVE: self._ask_to_leave,
            LEAVE_NOW: self._floor.leave,
        }
        if action in asked:
            self._asked += 1
            asked[action]()

    def _archive(self, event: int) -> None:
        attention = self._floor.counter.ledger.attention
        self._floor.store.run(
            lambda: attention.dismiss(event), lambda _none: self._refresh(), self._failed
        )

    def _export(self) -> None:
        self._say(till_words.saving())
        answered = self._answering()
        self._floor.store.run(
            self._floor.save_outbox,
            lambda saved: answered(till_words.saved(*saved)),
            lambda error: answered(till_words.not_done(refusal(error))),
        )

    def _ask_to_leave(self) -> None:
        counter, answered = self._floor.counter, self._answering()
        role = self._floor.session.role if self._floor.session is not None else "cashier"

        def failed(error: BaseException) -> None:
            problem = refusal(error)
            if problem.reason is Reason.EVENTS_WAIT:
                answered(till_words.must_wait(int(problem.facts["events"])))
            else:
                answered(till_words.not_done(problem))

        self._floor.store.run(
            lambda: outbox.ask_to_leave(counter, role),
            lambda _none: answered(till_words.may_leave()),
            failed,
        )

    def _answering(self) -> Callable[[NeedsYou], None]:
        """Return what shows an answer, unless something else was asked meanwhile."""
        asked = self._asked

        def show(words: NeedsYou) -> None:
            if asked == self._asked:
                self._say(words)

        return show

    def _say(self, words: NeedsYou) -> None:
        self._show(TrayView(answer=words))

    def _show(self, view: TrayView) -> None:
        self.view = view
        self._floor.redraw()

    def _failed(self, error: BaseException) -> None:
        self._say(till_words.not_done(refusal(error)))
