"""An open member, step by step: amount, receipt, reward, offers, conclusion, on hold. Qt-free.

Every reading of the till happens on the store's worker; an answer that was overtaken by a newer
question is dropped.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeVar

from loyalty_desk.desk import appraise, identify, session, visit
from loyalty_desk.desk.appraise import Appraisal
from loyalty_desk.desk.visit import Concluded, Draft, ReceiptRead
from loyalty_desk.ui.counter.floor import Floor, refusal
from loyalty_desk.ui.redeem.state import Ask
from loyalty_desk.ui.texts import refusal_text
from loyalty_desk.ui.visit.presenter import VisitView, visit_state
from loyalty_desk.ui.visit.state import Filter
from sync.i18n import _
from sync.programme.refusals import Reason, Refused

Step = Literal["back", "closed", "parked"]
Answer = TypeVar("Answer")

_LEAD_REASONS = (Reason.NEEDS_LEAD,)
_PIN_REASONS = (Reason.PIN_WRONG, Reason.PIN_LOCKED, Reason.NOT_PERMITTED)


class VisitFlow:
    """The visit of one member at a time. `view` is None while nobody is open."""

    def __init__(self, floor: Floor, *, concluded: Callable[[Concluded], None]) -> None:
        self._floor = floor
        self._concluded = concluded
        self._asked = 0
        self._questions = 0
        self.view: VisitView | None = None
        self.visit = ""

    @property
    def draft(self) -> Draft | None:
        """What has been entered, or None while nobody is open."""
        return self.view.appraisal.draft if self.view is not None else None

    def open(self, draft: Draft, *, notice: str = "", visit: str = "") -> None:
        """Open a member with what was entered before (`visit` keeps the id of one on hold)."""
        counter = self._floor.counter
        self._ask(
            lambda: (visit or counter.new_id(), appraise.appraise(counter, draft)),
            lambda answer: self._opened(answer[0], answer[1], notice),
        )

    def refresh(self) -> None:
        """Read the member again, as after news from the server; the entered part stays."""
        draft, counter = self.draft, self._floor.counter
        if draft is None or self.view is None or self.view.busy:
            return

        def work() -> Appraisal:
            member = identify.again(counter, draft.member)
            return appraise.appraise(counter, replace(draft, member=member))

        self._ask(work, self._appraised)

    def change(self, draft: Draft) -> None:
        """Take a changed draft and show what it amounts to."""
        if self.view is None:
            return
        seen = replace(self.view.appraisal, draft=draft)
        self.view = replace(self.view, appraisal=seen, problem=None, notice="", ask=None)
        counter = self._floor.counter
        self._ask(lambda: appraise.appraise(counter, draft), self._appraised)

    def amount(self, centavos: int) -> None:
        """Take the amount as typed so far."""
        draft = self.draft
        if draft is not None and draft.amount_centavos != centavos:
            self.change(replace(draft, amount_centavos=centavos, amount_confirmed=False))

    def receipt(self, read: ReceiptRead) -> None:
        """Attach a receipt: it brings the amount where it says one."""
        draft = self.draft
        if draft is None:
            return
        total = read.total_centavos or draft.amount_centavos
        self.change(replace(draft, receipt=read, amount_centavos=total, amount_confirmed=False))
        if not read.total_centavos and self.view is not None:
            self.say(_("Receipt read. Type the amount."))

    def say(self, words: str) -> None:
        """Show a quiet word beside the amount."""
        if self.view is not None:
            self.view = replace(self.view, notice=words, problem=None)
            self._floor.redraw()

    def refused(self, problem: Refused) -> None:
        """Show why something could not be done; nothing entered is lost."""
        if self.view is not None:
            self.view = replace(self.view, problem=problem, busy=False)
            self._floor.redraw()

    def choose(self, reward: int) -> None:
        """Choose a reward: its confirmation opens, or the reason why not is told."""
        draft = self.draft
        if draft is None or self.view is None or draft.member.blocked:
            return
        offer = self.view.appraisal.offer(reward)
        if offer.refusal is not None:
            self.view = replace(self.view, confirming=False)
            self.refused(offer.refusal)
            return
        self.view = replace(self.view, confirming=True, tray=None)
        self.change(replace(draft, reward=reward, quantity=1, lead=0))

    def choose_numbered(self, number: int) -> None:
        """Choose the reward that stands at a digit of the grid."""
        if self.view is not None:
            tiles = visit_state(self.view).rewards.tiles
            if number <= len(tiles):
                self.choose(int(tiles[number - 1].reward))

    def quantity(self, step: int) -> None:
        """One unit more or less of the chosen reward."""
        draft = self.draft
        if draft is not None and draft.quantity + step >= 1:
            self.change(replace(draft, quantity=draft.quantity + step, lead=0))

    def use_offer(self, offer: str) -> None:
        """Take a free offer along with this visit."""
        draft = self.draft
        if draft is not None and offer.isdigit() and int(offer) not in draft.benefits:
            self.change(replace(draft, benefits=(*draft.benefits, int(offer))))

    def filter(self, chosen: Filter) -> None:
        """Show what can be had first, or all rewards in their order."""
        if self.view is not None:
            self.view = replace(self.view, filter=chosen)
            self._floor.redraw()

    def choosing(self) -> None:
        """The grid has the keys: digits choose a reward."""
        if self.view is not None:
            self.view = replace(self.view, choosing=True)
            self._floor.redraw()

    def back(self) -> Step:
        """One level back; at the top the member closes, on hold when something was entered."""
        view, draft = self.view, self.draft
        if view is None or draft is None:
            return "closed"
        if view.tray is not None:
            self.view = replace(view, tray=None)
            return "back"
        if view.confirming:
            self.view = replace(view, confirming=False, problem=None, ask=None)
            self.change(replace(draft, reward=0, quantity=1, lead=0))
            return "back"
        if view.problem is not None or view.notice or view.choosing:
            self.view = replace(view, problem=None, notice="", choosing=False)
            return "back"
        return "closed" if draft.is_empty else "parked"

    def close(self) -> None:
        """Nobody is open any more; answers still under way are dropped."""
        self._asked += 1
        self.view = None
        self.visit = ""

    def conclude(self) -> None:
        """Close the visit: borrow what the redemption needs, then record everything at once."""
        view, draft = self.view, self.draft
        if view is None or draft is None or view.busy:
            return
        if view.problem is not None and view.problem.reason is Reason.AMOUNT_UNUSUAL:
            draft = replace(draft, amount_confirmed=True)
        self.view = replace(view, busy=True, problem=None)
        self._floor.redraw()
        counter = self._floor.counter
        wanted, staff, visit_id = draft, self._floor.staff(), self.visit
        self._floor.store.run(
            lambda: visit.points_to_lease(counter, wanted, staff=staff, visit=visit_id),
            lambda points: self._borrow(wanted, points),
            self._failed,
        )

    def answer(self, digits: str) -> None:
        """A lead's PIN in answer to the question in the button's place."""
        draft, counter = self.draft, self._floor.counter
        if draft is None:
            return
        self._floor.store.run(
            lambda: session.lead_by_pin(counter, digits),
            lambda staff: self._approved(draft, staff),
            self._failed,
        )

    def approve(self, staff: int) -> None:
        """A lead's badge was scanned while their approval was asked for."""
        draft = self.draft
        if draft is not None and self.view is not None and self.view.ask is not None:
            self._approved(draft, staff)

    def _approved(self, draft: Draft, staff: int) -> None:
        self.change(replace(draft, lead=staff))
        self.conclude()

    def _borrow(self, draft: Draft, points: int) -> None:
        if points == 0:
            self._record(draft)
            return
        member = draft.member.member
        self._floor.asking.run(
            lambda: self._floor.lend(member, points),
            lambda _none: self._record(draft),
            self._failed,
        )

    def _record(self, draft: Draft) -> None:
        counter, staff, visit_id = self._floor.counter, self._floor.staff(), self.visit
        self._floor.store.run(
            lambda: visit.conclude(counter, draft, staff=staff, visit=visit_id),
            self._done,
            self._failed,
        )

    def _done(self, concluded: Concluded) -> None:
        self.close()
        self._concluded(concluded)

    def _failed(self, error: BaseException) -> None:
        problem = refusal(error)
        if self.view is None:
            return
        if problem.reason in _LEAD_REASONS and self.view.ask is None:
            self._ask_for_lead()
            return
        if self.view.ask is not None and problem.reason in _PIN_REASONS:
            self._ask_for_lead(problem)
            return
        self.refused(problem)

    def _ask_for_lead(self, problem: Refused | None = None) -> None:
        assert self.view is not None
        self._questions += 1
        ask = Ask(
            label=_("Lead's PIN"),
            hint=_("A lead approves with PIN or badge"),
            error=refusal_text(problem) if problem is not None else "",
            at=self._questions,
        )
        self.view = replace(self.view, ask=ask, busy=False, problem=None)
        self._floor.redraw()

    def _opened(self, visit_id: str, seen: Appraisal, notice: str) -> None:
        self.visit = visit_id
        self.view = VisitView(appraisal=seen, notice=notice, undo_seconds=self._floor.undo_seconds)
        self._floor.redraw()

    def _appraised(self, seen: Appraisal) -> None:
        if self.view is not None:
            self.view = replace(self.view, appraisal=seen)
            self._floor.redraw()

    def _ask(self, work: Callable[[], Answer], done: Callable[[Answer], None]) -> None:
        """Ask the store's worker; only the newest question's answer is heard."""
        self._asked += 1
        asked = self._asked

        def heard(answer: Answer) -> None:
            if asked == self._asked:
                done(answer)

        def failed(error: BaseException) -> None:
            problem = refusal(error)
            if asked == self._asked:
                self.refused(problem)

        self._floor.store.run(work, heard, failed)
