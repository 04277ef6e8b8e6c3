"""An open member, step by step: amount, receipt, reward, offers, conclusion, on hold. Qt-free.

Every reading of the till happens on the store's worker; an answer that was overtaken by a newer
question is dropped.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeVar

from loyalty_desk.desk import appraise, identify, parked, session, visit
from loyalty_desk.desk.appraise import Appraisal
from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.desk.visit import Concluded, Draft, ReceiptRead
from loyalty_desk.ui.counter.floor import Floor, refusal
from loyalty_desk.ui.redeem.state import Ask
from loyalty_desk.ui.texts import refusal_text
from loyalty_desk.ui.visit.presenter import VisitView, visit_state
from loyalty_desk.ui.visit.state import Filter
from sync.i18n import _
from sync.programme.refusals import Reason, Refused
from sync.programme.voucher_token import VoucherToken

Step = Literal["back", "closed", "parked"]
Answer = TypeVar("Answer")

_NO_APPROVAL = (
    Reason.PIN_WRONG,
    Reason.PIN_LOCKED,
    Reason.NOT_PERMITTED,
    Reason.SELF_APPROVAL,
)
# Two presses so close together are one press of a nervous finger, and no answer to a question.
_ONE_PRESS_MS = 300


class VisitFlow:
    """The visit of one member at a time. `view` is None while nobody is open.

    `opened` is told when a member can be shown, `refused` when one cannot.
    """

    def __init__(
        self,
        floor: Floor,
        *,
        opened: Callable[[], None],
        concluded: Callable[[Concluded], None],
        refused: Callable[[Refused], None],
    ) -> None:
        self._floor = floor
        self._opened_one = opened
        self._concluded = concluded
        self._could_not_open = refused
        self._asked = 0
        self._questions = 0
        self._doubted_at = 0
        self._staff = 0  # who began the act under way, whoever is at the till when it ends
        self.view: VisitView | None = None
        self.visit = ""

    @property
    def draft(self) -> Draft | None:
        """What has been entered, or None while nobody is open."""
        return self.view.appraisal.draft if self.view is not None else None

    # Opening, changing, closing

    def open(self, draft: Draft, *, notice: str = "", visit: str = "") -> None:
        """Open a member with what was entered before (`visit` keeps the id of one on hold)."""
        counter = self._floor.counter
        self.close()

        def answered(answer: tuple[str, Appraisal]) -> None:
            asked = self._asked

            def show() -> None:
                if asked == self._asked:
                    self._opened(answer[0], answer[1], notice)

            self._floor.turn.when_free(show)

        self._ask(lambda: (visit or counter.new_id(), appraise.appraise(counter, draft)), answered)

    def refresh(self) -> None:
        """Read the member again, as after news from the server; the entered part stays."""
        draft, counter = self.draft, self._floor.counter
        if draft is None or self._floor.turn.is_taken:
            return

        def work() -> Appraisal:
            member = identify.again(counter, draft.member)
            return appraise.appraise(counter, replace(draft, member=member))

        self._ask(work, self._appraised)

    def change(self, draft: Draft) -> None:
        """Take a changed draft and show what it amounts to."""
        if self.view is None:
            return
        self._enter(draft)
        counter = self._floor.counter
        self._ask(lambda: appraise.appraise(counter, draft), self._appraised)

    def amount(self, centavos: int) -> None:
        """Take the amount as typed so far."""
        draft = self.draft
        if draft is not None and draft.amount_centavos != centavos:
            self.change(replace(draft, amount_centavos=centavos, amount_confirmed=False))

    def receipt(self, read: ReceiptRead) -> None:
        """Attach a receipt: it brings the amount where it says one, else what was typed stays.

        What another receipt had brought goes with that one.
        """
        draft = self.draft
        if draft is None:
            return
        typed = draft.amount_centavos if draft.receipt in (None, read) else 0
        total = read.total_centavos or typed
        self.change(replace(draft, receipt=read, amount_centavos=total, amount_confirmed=False))
        if not read.total_centavos:
            self.say(_("Receipt read. Type the amount."))

    def shown_again(self, member: OpenMember) -> None:
        """The open member showed a card or code once more: it may prove more than before."""
        draft = self.draft
        if draft is None:
            return
        proven = identify.proven(draft.member, member)
        self.change(replace(draft, member=proven))
        if proven.expired_code:
            self.refused(Refused(Reason.CODE_EXPIRED))

    def say(self, words: str) -> None:
        """Show a quiet word beside the amount."""
        if self.view is not None:
            self.view = replace(self.view, notice=words, problem=None)
            self._floor.redraw()

    def refused(self, problem: Refused) -> None:
        """Show why something could not be done; nothing entered is lost."""
        if self.view is not None:
            self.view = replace(self.view, problem=problem)
            self._floor.redraw()

    def close(self) -> None:
        """Nobody is open any more; answers still under way are dropped."""
        self._asked += 1
        self.view = None
        self.visit = ""

    def hold(self, then: Callable[[], None], *, whatever_waits: bool = False) -> None:
        """Put what was entered on hold, close, and go on with `then`; where it cannot be, stay.

        With `whatever_waits` there is no limit to how many are on hold.
        """
        draft, counter, held = self.draft, self._floor.counter, self.visit
        if draft is None or draft.is_empty:
            self.close()
            then()
            return
        self._begin()
        staff = self._staff

        def done(_none: None) -> None:
            self.close()
            then()
            self._floor.turn.end()

        self._floor.store.run(
            lambda: parked.park(
                counter, draft, staff=staff, visit=held, whatever_waits=whatever_waits
            ),
            done,
            self._not_held,
        )

    # Rewards and offers

    def choose(self, reward: int) -> None:
        """Choose a reward: its confirmation opens, or the reason why not is told."""
        draft, view = self.draft, self.view
        if draft is None or view is None or self._floor.turn.is_taken:
            return
        self._floor.tray_open = False
        try:
            problem = view.appraisal.offer(reward).refusal
        except Refused as unknown:
            problem = unknown
        if draft.member.blocked:
            problem = Refused(Reason.MEMBER_BLOCKED)
        chosen = reward if problem is None else 0
        self.view = replace(view, confirming=problem is None)
        self.change(replace(draft, reward=chosen, quantity=1, lead=0, voucher=None))
        if problem is not None:
            self.refused(problem)

    def voucher(self, voucher: VoucherToken) -> None:
        """The open member shows a voucher: the reward set aside for it is chosen."""
        draft, view = self.draft, self.view
        if draft is None or view is None or self._floor.turn.is_taken:
            return
        self._floor.tray_open = False
        self.view = replace(view, confirming=True)
        self.change(replace(draft, reward=voucher.reward, quantity=1, lead=0, voucher=voucher))

    def choose_numbered(self, number: int) -> None:
        """Choose the reward that stands at a digit of the grid."""
        if self.view is not None:
            tiles = visit_state(self.view).rewards.tiles
            if 1 <= number <= len(tiles):
                self.choose(int(tiles[number - 1].reward))

    def quantity(self, step: int) -> None:
        """One unit more or less of the chosen reward."""
        draft = self.draft
        if draft is None or not draft.reward or self._floor.turn.is_taken:
            return
        if draft.voucher is not None:
            return
        if draft.quantity + step >= 1:
            self.change(replace(draft, quantity=draft.quantity + step, lead=0))

    def use_offer(self, offer: str) -> None:
        """Take a free offer along with this visit, or leave it again."""
        draft, view = self.draft, self.view
        if draft is None or view is None or self._floor.turn.is_taken:
            return
        offered = {str(benefit.id): benefit.id for benefit in view.appraisal.benefits}
        if offer not in offered:
            return
        taken = set(draft.benefits) ^ {offered[offer]}
        self.change(replace(draft, benefits=tuple(sorted(taken))))

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

    def chose(self) -> None:
        """The grid has the keys no more: digits are an amount again."""
        if self.view is not None and self.view.choosing:
            self.view = replace(self.view, choosing=False)
            self._floor.redraw()

    def back(self) -> Step:
        """One level back; at the top the member closes, on hold when something was entered."""
        view, draft = self.view, self.draft
        if view is None or draft is None:
            return "closed"
        if view.confirming:
            self.view = replace(view, confirming=False)
            self.change(replace(draft, reward=0, quantity=1, lead=0, voucher=None))
            return "back"
        if view.problem is not None or view.notice or view.choosing:
            self.view = replace(view, problem=None, notice="", choosing=False)
            return "back"
        return "closed" if draft.is_empty else "parked"

    # Concluding

    def conclude(self) -> None:
        """Close the visit: borrow what the redemption needs, then record everything at once."""
        view, draft = self.view, self.draft
        if view is None or draft is None or self._floor.turn.is_taken:
            return
        if view.problem is not None and view.problem.reason is Reason.AMOUNT_UNUSUAL:
            if self._floor.counter.clock.mono() - self._doubted_at < _ONE_PRESS_MS:
                return
            draft = replace(draft, amount_confirmed=True)
        self._begin()
        self._conclude(draft)

    def answer(self, digits: str) -> None:
        """A lead's PIN in answer to the question in the button's place."""
        counter = self._floor.counter
        if self.view is None or self._floor.turn.is_taken or not digits:
            return
        self._begin()
        staff = self._staff
        self._floor.store.run(
            lambda: session.lead_by_pin(counter, digits, actor=staff),
            self._approved,
            self._failed,
        )

    def badge(self, digits: str) -> None:
        """A badge in answer to the same question."""
        counter = self._floor.counter
        if self.view is None or self._floor.turn.is_taken:
            return
        self._begin()
        staff = self._staff
        self._floor.store.run(
            lambda: session.lead_by_badge(counter, digits, actor=staff),
            self._approved,
            self._failed,
        )

    def _begin(self) -> None:
        assert self.view is not None
        self._floor.turn.take()
        self._staff = self._floor.staff()
        self.view = replace(self.view, busy=True, problem=None)
        self._floor.redraw()

    def _approved(self, staff: int) -> None:
        draft = self.draft
        assert draft is not None
        self._conclude(replace(draft, lead=staff))

    def _conclude(self, draft: Draft) -> None:
        self._enter(draft)
        counter, visit_id, staff = self._floor.counter, self.visit, self._staff
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
        counter, visit_id, staff = self._floor.counter, self.visit, self._staff
        self._floor.store.run(
            lambda: visit.conclude(counter, draft, staff=staff, visit=visit_id),
            self._done,
            self._failed,
        )

    def _done(self, concluded: Concluded) -> None:
        self.close()
        self._concluded(concluded)
        self._floor.turn.end()

    def _freed(self, error: BaseException) -> Refused:
        """Free the desk first, whatever it was; then a fault of ours surfaces."""
        self._floor.turn.fail()
        if self.view is not None:
            self.view = replace(self.view, busy=False)
        self._floor.redraw()
        return refusal(error)

    def _not_held(self, error: BaseException) -> None:
        self.refused(self._freed(error))

    def _failed(self, error: BaseException) -> None:
        problem = self._freed(error)
        assert self.view is not None  # nobody closes it while its turn is taken
        self._doubted_at = self._floor.counter.clock.mono()
        if problem.reason is Reason.NEEDS_LEAD:
            self._ask_for_lead()
        elif self.view.ask is not None and problem.reason in _NO_APPROVAL:
            self._ask_for_lead(problem)
        else:
            self.view = replace(self.view, unrecorded=True)
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
        self.view = replace(self.view, ask=ask, problem=None)
        self._floor.redraw()

    # Answers

    def _enter(self, draft: Draft) -> None:
        assert self.view is not None
        seen = replace(self.view.appraisal, draft=draft)
        self.view = replace(
            self.view, appraisal=seen, problem=None, unrecorded=False, notice="", ask=None
        )

    def _opened(self, visit_id: str, seen: Appraisal, notice: str) -> None:
        self.visit = visit_id
        view = VisitView(
            appraisal=seen,
            notice=notice,
            confirming=bool(seen.draft.reward),
            undo_seconds=self._floor.undo_seconds,
        )
        self.view = _still_offered(view)
        self._opened_one()

    def _appraised(self, seen: Appraisal) -> None:
        if self.view is not None:
            self.view = _still_offered(replace(self.view, appraisal=seen))
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
            if asked != self._asked:
                return
            if self.view is None:
                self._could_not_open(problem)
            else:
                self.refused(problem)

        self._floor.store.run(work, heard, failed)


def _still_offered(view: VisitView) -> VisitView:
    """Leave what the programme does not offer any more out of the draft, and say so."""
    seen, draft = view.appraisal, view.appraisal.draft
    listed = {offer.reward.id for offer in seen.offers}
    free = {benefit.id for benefit in seen.benefits}
    benefits = tuple(benefit for benefit in draft.benefits if benefit in free)
    lost = bool(draft.reward) and draft.reward not in listed
    if not lost and benefits == draft.benefits:
        return view
    kept = replace(draft, benefits=benefits)
    if lost:
        kept = replace(kept, reward=0, quantity=1, lead=0, voucher=None)
    return replace(
        view,
        appraisal=replace(seen, draft=kept),
        confirming=view.confirming and not lost,
        ask=None if lost else view.ask,
        problem=Refused(Reason.REWARD_ENDED if lost else Reason.REWARD_NOT_NOW),
    )
