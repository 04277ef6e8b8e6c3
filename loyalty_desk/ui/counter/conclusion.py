"""Closing a visit: a lead's approval, what has to be lent, and the record. Qt-free.

A visit is concluded by one act, or refused with everything that was entered still there.
"""

from collections.abc import Callable
from dataclasses import replace

from loyalty_desk.desk import session, visit
from loyalty_desk.desk.visit import Concluded, Draft
from loyalty_desk.ui.counter.floor import Floor
from loyalty_desk.ui.counter.open_visit import OpenVisit
from loyalty_desk.ui.redeem.state import Ask
from loyalty_desk.ui.texts import refusal_text
from sync.i18n import _
from sync.programme.refusals import Reason, Refused

_NO_APPROVAL = (
    Reason.PIN_WRONG,
    Reason.PIN_LOCKED,
    Reason.NOT_PERMITTED,
    Reason.SELF_APPROVAL,
)
# Two presses so close together are one press of a nervous finger, and no answer to a question.
_ONE_PRESS_MS = 300


class Conclusion:
    """How the open visit is closed; `done` is told what was recorded.

    `without_receipt` takes the receipt out of the draft, where it must not stay.
    """

    def __init__(
        self,
        floor: Floor,
        open_visit: OpenVisit,
        *,
        done: Callable[[Concluded], None],
        without_receipt: Callable[[], None],
    ) -> None:
        self._floor = floor
        self._open = open_visit
        self._done = done
        self._without_receipt = without_receipt
        self._questions = 0
        self._doubted_at = 0
        self._staff = 0  # who began the act under way, whoever is at the till when it ends

    def conclude(self) -> None:
        """Close the visit: borrow what the redemption needs, then record everything at once."""
        view, draft = self._open.view, self._open.draft
        if view is None or draft is None or self._floor.turn.is_taken:
            return
        if view.problem is not None and view.problem.reason is Reason.AMOUNT_UNUSUAL:
            if self._floor.counter.clock.mono() - self._doubted_at < _ONE_PRESS_MS:
                return
            draft = replace(draft, amount_confirmed=True)
        self._staff = self._open.begin()
        self._conclude(draft)

    def answer(self, digits: str) -> None:
        """A lead's PIN in answer to the question in the button's place."""
        if digits:
            self._ask_who(session.lead_by_pin, digits)

    def badge(self, digits: str) -> None:
        """A badge in answer to the same question."""
        self._ask_who(session.lead_by_badge, digits)

    def _ask_who(self, recognise: Callable[..., int], digits: str) -> None:
        if self._open.view is None or self._floor.turn.is_taken:
            return
        counter = self._floor.counter
        staff = self._staff = self._open.begin()
        self._floor.store.run(
            lambda: recognise(counter, digits, actor=staff), self._approved, self._failed
        )

    def _approved(self, staff: int) -> None:
        draft = self._open.draft
        assert draft is not None
        self._conclude(replace(draft, lead=staff))

    def _conclude(self, draft: Draft) -> None:
        self._open.enter(draft)
        counter, visit_id, staff = self._floor.counter, self._open.id, self._staff
        self._floor.store.run(
            lambda: (
                visit.points_to_lease(counter, draft, staff=staff, visit=visit_id),
                visit.units_to_lease(counter, draft),
            ),
            lambda missing: self._borrow(draft, *missing),
            self._failed,
        )

    def _borrow(self, draft: Draft, points: int, units: int) -> None:
        if points == 0 and units == 0:
            self._record(draft)
            return
        floor, member, reward = self._floor, draft.member.member, draft.reward

        def ask() -> None:
            if units:
                floor.lend_units(reward, units)
            if points:
                floor.lend(member, points)

        floor.asking.run(
            ask,
            lambda _none: self._record(draft),
            lambda error: self._not_lent(draft, error),
        )

    def _not_lent(self, draft: Draft, error: BaseException) -> None:
        """Without an answer of the server the floor limit decides, with one the server does."""
        if isinstance(error, Refused) and error.reason is Reason.NEEDS_CONNECTION:
            self._record(replace(draft, cut_off=True))
        else:
            self._failed(error)

    def _record(self, draft: Draft) -> None:
        counter, visit_id, staff = self._floor.counter, self._open.id, self._staff
        self._floor.store.run(
            lambda: visit.conclude(counter, draft, staff=staff, visit=visit_id),
            self._done,
            self._failed,
        )

    def _failed(self, error: BaseException) -> None:
        problem = self._open.freed(error)
        assert self._open.view is not None  # nobody closes it while its turn is taken
        self._doubted_at = self._floor.counter.clock.mono()
        if problem.reason is Reason.NEEDS_LEAD:
            self._ask_for_lead()
        elif self._open.view.ask is not None and problem.reason in _NO_APPROVAL:
            self._ask_for_lead(problem)
        else:
            if problem.reason is Reason.RECEIPT_USED:
                # It earned while this visit waited, and would stop every F10 from now on.
                self._without_receipt()
            self._open.view = replace(self._open.view, unrecorded=True)
            self._open.refused(problem, reward=self._open.view.appraisal.draft.reward)

    def _ask_for_lead(self, problem: Refused | None = None) -> None:
        assert self._open.view is not None
        self._questions += 1
        ask = Ask(
            label=_("Lead's PIN"),
            hint=_("A lead approves with PIN or badge"),
            error=refusal_text(problem) if problem is not None else "",
            at=self._questions,
        )
        self._open.show(replace(self._open.view, ask=ask, problem=None))
