"""An open member, step by step: amount, receipt, reward, offers, conclusion, on hold. Qt-free.

Every reading of the till happens on the store's worker; an answer that was overtaken by a newer
question is dropped.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeVar

from loyalty_desk.desk import appraise, identify, parked
from loyalty_desk.desk.appraise import Appraisal
from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.desk.visit import Concluded, Draft, ReceiptRead
from loyalty_desk.ui.counter.conclusion import Conclusion
from loyalty_desk.ui.counter.floor import Floor, refusal
from loyalty_desk.ui.counter.open_visit import OpenVisit
from loyalty_desk.ui.visit.presenter import VisitView, visit_state
from loyalty_desk.ui.visit.state import Filter
from sync.i18n import _
from sync.programme.refusals import Reason, Refused
from sync.programme.voucher_token import VoucherToken

Step = Literal["back", "closed", "parked"]
Answer = TypeVar("Answer")


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
        self._open = OpenVisit(floor)
        self._conclusion = Conclusion(
            floor, self._open, done=self._done, without_receipt=self._without_receipt
        )

    @property
    def view(self) -> VisitView | None:
        """The open member as the screens show it, or None while nobody is open."""
        return self._open.view

    @property
    def visit(self) -> str:
        """The id that the visit will have, or "" while nobody is open."""
        return self._open.id

    @property
    def draft(self) -> Draft | None:
        """What has been entered, or None while nobody is open."""
        return self._open.draft

    # Opening, changing, closing

    def open(self, draft: Draft, *, notice: str = "", visit: str = "", wanted: int = 0) -> None:
        """Open a member with what was entered before (`visit` keeps the id of one on hold).

        A reward that is `wanted` is chosen then as if the cashier did.
        """
        counter = self._floor.counter
        self.close()

        def answered(answer: tuple[str, Appraisal]) -> None:
            asked = self._asked

            def show() -> None:
                if asked == self._asked:
                    self._opened(answer[0], answer[1], notice)
                    if wanted:
                        self.choose(wanted)

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
        self._open.enter(draft)
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
        if not total:
            self.say(_("Receipt read. Type the amount."))
        elif not read.total_centavos:
            self.say(_("Receipt read. Check the amount."))

    def take_out_receipt(self) -> bool:
        """Take the receipt out, as one scanned by mistake; False where there is none to take."""
        draft = self.draft
        if draft is None or draft.receipt is None or self._floor.turn.is_taken:
            return False
        self._without_receipt()
        self.say(_("Receipt taken out. Type the amount."))
        return True

    def unreadable_amount(self) -> None:
        """What was pasted is no amount: say what to do; what had been entered stays."""
        self.refused(Refused(Reason.AMOUNT_NOT_A_NUMBER))

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
            self._open.show(replace(self.view, notice=words, problem=None))

    def refused(self, problem: Refused) -> None:
        """Show why something could not be done; nothing entered is lost."""
        self._open.refused(problem)

    def close(self) -> None:
        """Nobody is open any more; answers still under way are dropped."""
        self._asked += 1
        self._open.clear()

    def hold(self, then: Callable[[], None], *, whatever_waits: bool = False) -> None:
        """Put what was entered on hold, close, and go on with `then`; where it cannot be, stay.

        With `whatever_waits` there is no limit to how many are on hold.
        """
        draft, counter, held = self.draft, self._floor.counter, self.visit
        if draft is None or draft.is_empty:
            self.close()
            then()
            return
        staff = self._open.begin()

        def done(_none: None) -> None:
            self.close()
            then()
            self._floor.turn.end()

        self._floor.store.run(
            lambda: parked.park(
                counter, draft, staff=staff, visit=held, whatever_waits=whatever_waits
            ),
            done,
            lambda error: self.refused(self._open.freed(error)),
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
        self._open.view = replace(view, confirming=problem is None)
        self.change(replace(draft, reward=chosen, quantity=1, lead=0, voucher=None))
        if problem is not None:
            self._open.refused(problem, reward=reward)

    def promised(self) -> tuple[OpenMember, int] | None:
        """Return whom a reward may be promised on paper, and which; None for nobody."""
        view = self.view
        if view is None or not view.promisable:
            return None
        return view.appraisal.draft.member, view.promisable

    def voucher(self, voucher: VoucherToken) -> None:
        """The open member shows a voucher: the reward set aside for it is chosen."""
        draft, view = self.draft, self.view
        if draft is None or view is None or self._floor.turn.is_taken:
            return
        self._floor.tray_open = False
        self._open.view = replace(view, confirming=True)
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
            self._open.show(replace(self.view, filter=chosen))

    def choosing(self) -> None:
        """The grid has the keys: digits choose a reward."""
        if self.view is not None:
            self._open.show(replace(self.view, choosing=True))

    def chose(self) -> None:
        """The grid has the keys no more: digits are an amount again."""
        if self.view is not None and self.view.choosing:
            self._open.show(replace(self.view, choosing=False))

    def back(self) -> Step:
        """One level back; at the top the member closes, on hold when something was entered."""
        view, draft = self.view, self.draft
        if view is None or draft is None:
            return "closed"
        if view.confirming:
            self._open.view = replace(view, confirming=False)
            self.change(replace(draft, reward=0, quantity=1, lead=0, voucher=None))
            return "back"
        if view.problem is not None or view.notice or view.choosing:
            self._open.view = replace(view, problem=None, notice="", choosing=False)
            return "back"
        return "closed" if draft.is_empty else "parked"

    # Concluding

    def conclude(self) -> None:
        """Close the visit: borrow what the redemption needs, then record everything at once."""
        self._conclusion.conclude()

    def answer(self, digits: str) -> None:
        """A lead's PIN in answer to the question in the button's place."""
        self._conclusion.answer(digits)

    def badge(self, digits: str) -> None:
        """A badge in answer to the same question."""
        self._conclusion.badge(digits)

    def _without_receipt(self) -> None:
        """Take the receipt out, and its amount: else a second F10 could credit it once more."""
        draft = self.draft
        if draft is not None:
            self.change(replace(draft, receipt=None, amount_centavos=0, amount_confirmed=False))

    def _done(self, concluded: Concluded) -> None:
        self.close()
        self._concluded(concluded)
        self._floor.turn.end()

    # Answers

    def _opened(self, visit_id: str, seen: Appraisal, notice: str) -> None:
        self._open.id = visit_id
        view = VisitView(
            appraisal=seen,
            notice=notice,
            confirming=bool(seen.draft.reward),
            undo_seconds=self._floor.undo_seconds,
        )
        self._open.view = _still_offered(view)
        self._opened_one()

    def _appraised(self, seen: Appraisal) -> None:
        if self.view is not None:
            self._open.show(_still_offered(replace(self.view, appraisal=seen)))

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
