"""The one member who is open, as screens show it: what was entered, and doubts. Qt-free."""

from dataclasses import replace

from loyalty_desk.desk.visit import Draft
from loyalty_desk.ui.counter.floor import Floor, refusal
from loyalty_desk.ui.visit.presenter import VisitView
from sync.programme.refusals import Refused


class OpenVisit:
    """What the steps of a visit share. `view` is None while nobody is open, `id` then empty."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.view: VisitView | None = None
        self.id = ""

    @property
    def draft(self) -> Draft | None:
        """What has been entered, or None while nobody is open."""
        return self.view.appraisal.draft if self.view is not None else None

    def enter(self, draft: Draft) -> None:
        """Take a changed draft; earlier doubts and questions are about another one."""
        assert self.view is not None
        seen = replace(self.view.appraisal, draft=draft)
        self.view = replace(
            self.view, appraisal=seen, problem=None, unrecorded=False, notice="", ask=None
        )

    def show(self, view: VisitView) -> None:
        """Show the open member like this."""
        self.view = view
        self._floor.redraw()

    def refused(self, problem: Refused, *, reward: int = 0) -> None:
        """Show why something could not be done, with which `reward`; nothing entered is lost."""
        if self.view is not None:
            self.show(replace(self.view, problem=problem, denied=reward))

    def clear(self) -> None:
        """Nobody is open any more."""
        self.view = None
        self.id = ""

    def begin(self) -> int:
        """Begin an act; return who is at the till, whoever it is when the act ends."""
        assert self.view is not None
        self._floor.turn.take()
        staff = self._floor.staff()
        self.show(replace(self.view, busy=True, problem=None))
        return staff

    def freed(self, error: BaseException) -> Refused:
        """Free the desk first, whatever it was; then a fault of ours surfaces."""
        self._floor.turn.fail()
        if self.view is not None:
            self.view = replace(self.view, busy=False)
        self._floor.redraw()
        return refusal(error)
