"""The tray at work: what needs somebody, and what a manager asks of the till itself. Qt-free."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec

from loyalty_desk.desk import outbox
from loyalty_desk.desk.sync_status import SyncStatus
from loyalty_desk.ui.counter.floor import Floor, refusal
from loyalty_desk.ui.pending import till_words
from loyalty_desk.ui.pending.conditions import NEXT
from loyalty_desk.ui.pending.presenter import ARCHIVE, SEE
from loyalty_desk.ui.pending.state import NeedsYou
from loyalty_desk.ui.pending.till_words import BACK, EXPORT, LEAVE, LEAVE_NOW
from sync.programme.document import Role
from sync.programme.refusals import Reason

Question = ParamSpec("Question")


@dataclass(frozen=True, slots=True)
class TrayView:
    """What the tray shows beside the records: how often the next question was asked for, and the
    answer to what a manager asked.
    """

    turned: int = 0
    answer: NeedsYou | None = None


class TrayFlow:
    """What is done in the tray. `see` opens a member, `refresh` reads again what waits, `serving`
    says whether a visit has been begun.
    """

    def __init__(
        self,
        floor: Floor,
        *,
        see: Callable[[int], None],
        refresh: Callable[[], None],
        serving: Callable[[], bool],
    ) -> None:
        self._floor = floor
        self._see = see
        self._refresh = refresh
        self._serving = serving
        self._asked = 0
        self.view = TrayView()

    def toggle(self) -> None:
        """Open the tray as it was never opened before, or close it."""
        was_open = self._floor.tray_open
        self.close()
        self._floor.tray_open = not was_open

    def close(self) -> None:
        """Close the tray: what was asked in it is over, and its answer is not heard any more."""
        self._floor.tray_open = False
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
            LEAVE: lambda: self._ask_to_leave(lambda: self._say(till_words.may_leave())),
            LEAVE_NOW: lambda: self._ask_to_leave(self._floor.leave),
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
        counter, role, answered = self._floor.counter, self._role(), self._unless_over(self._say)

        def save() -> tuple[int, Path]:
            outbox.ask_to_export(counter, role)
            return self._floor.save_outbox()

        self._say(till_words.saving())
        self._floor.store.run(
            save,
            lambda saved: answered(till_words.saved(*saved)),
            lambda error: answered(till_words.not_done(refusal(error))),
        )

    def _ask_to_leave(self, allowed: Callable[[], None]) -> None:
        """Ask whether whoever is here now may take the till away now; if so, do `allowed`."""
        counter, role, serving = self._floor.counter, self._role(), self._serving()
        go_on, answered = self._unless_over(allowed), self._unless_over(self._say)

        def failed(error: BaseException) -> None:
            problem = refusal(error)
            if problem.reason is Reason.EVENTS_WAIT:
                answered(till_words.must_wait(int(problem.facts["events"])))
            else:
                answered(till_words.not_done(problem))

        self._floor.store.run(
            lambda: outbox.ask_to_leave(counter, role, serving=serving),
            lambda _none: go_on(),
            failed,
        )

    def _role(self) -> Role:
        return self._floor.session.role if self._floor.session is not None else "cashier"

    def _unless_over(self, act: Callable[Question, None]) -> Callable[Question, None]:
        """Return `act`, which does nothing once something else is asked or the tray is closed."""
        asked = self._asked

        def do(*given: Question.args, **named: Question.kwargs) -> None:
            if asked == self._asked:
                act(*given, **named)

        return do

    def _say(self, words: NeedsYou) -> None:
        self._show(TrayView(answer=words))

    def _show(self, view: TrayView) -> None:
        self.view = view
        self._floor.redraw()

    def _failed(self, error: BaseException) -> None:
        self._say(till_words.not_done(refusal(error)))
