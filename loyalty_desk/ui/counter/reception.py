"""The reception: whoever and whatever comes to the counter, scanned, typed or dropped. Qt-free.

A code is routed by what it is and by what stands on the screen. Nothing that comes while an act is
being recorded disturbs it, an answer that was overtaken is dropped, and a locked till opens nobody.
"""

from collections.abc import Callable

from loyalty_desk.desk import identify, pending_voucher, receipts, session, vouchers
from loyalty_desk.desk.counter import Counter
from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.desk.pending_voucher import Wanted
from loyalty_desk.desk.session import Session
from loyalty_desk.desk.visit import Draft, ReceiptRead
from loyalty_desk.desk.vouchers import Shown
from loyalty_desk.ui.counter.floor import Floor, refusal
from loyalty_desk.ui.counter.stage import Flows, Stage
from sync.i18n import _
from sync.programme import scan_router as scans
from sync.programme.refusals import Reason, Refused


class Reception:
    """Receives. `command` runs a card of the counter's command sheet, `relieved` a new operator."""

    def __init__(
        self,
        floor: Floor,
        stage: Stage,
        flows: Flows,
        *,
        command: Callable[[str], None],
        relieved: Callable[[Session], None],
    ) -> None:
        self._floor = floor
        self._stage = stage
        self._flows = flows
        self._command = command
        self._relieved = relieved
        self._asked = self._answered = 0

    @property
    def is_looking(self) -> bool:
        """Say whether somebody is being looked for."""
        return self._asked != self._answered

    def forget(self) -> None:
        """Whoever is being looked for is wanted no more."""
        self._asked += 1
        self._answered = self._asked

    def scan(self, *texts: str) -> None:
        """Take a scanned code; `texts` are the ways it may be meant."""
        self._take(scans.route(*texts))

    def submit(self, text: str) -> None:
        """Take what was typed into a search field: a code, else words to look for."""
        if self._floor.session is None:
            return
        scan = scans.route(text)
        words = _is_words(scan)
        if words and self._stage.screen != "identify":
            self._search(text)
            return
        self._stage.clear_scan_field()
        if words or isinstance(scan, scans.CpfTyped):
            self._find(lambda counter: identify.submitted(counter, text))
        else:
            self._take(scan)

    def open_member(self, member: int) -> None:
        """Open a member that was found, or who exists already."""
        typed = self._flows.idle.view.query if self._stage.screen == "identify" else ""
        self._find(lambda counter: identify.chosen(counter, member, typed))

    def receipt_file(self, data: bytes) -> None:
        """Take a receipt's XML."""
        if self._floor.session is not None:
            self._receipt(lambda: receipts.from_xml(self._floor.counter, data))

    def _take(self, scan: scans.Scan) -> None:
        if isinstance(scan, scans.CounterCommand):
            self._command(scan.name)
        elif isinstance(scan, scans.StaffBadge):
            self._badge(scan.digits)
        elif self._floor.session is None:
            self._stage.say(_("Sign in first, then scan again."))
        elif isinstance(scan, scans.MemberCode):
            self._find(lambda counter: identify.by_code(counter, scan.digits))
        elif isinstance(scan, scans.RewardVoucher):
            self._find(lambda counter: vouchers.shown(counter, scan.digits))
        elif isinstance(scan, scans.PendingVoucherCode):
            self._find(lambda counter: pending_voucher.shown(counter, scan.voucher))
        elif isinstance(scan, scans.CpfTyped):
            self._find(lambda counter: identify.by_cpf(counter, scan.cpf))
        elif isinstance(scan, scans.ReceiptScan):
            code = scan.code
            self._receipt(lambda: receipts.from_code(self._floor.counter, code))
        else:
            self._stage.refused(Refused(_stray(scan)))

    # Members

    def _search(self, text: str) -> None:
        """Words typed in the top bar: look for them on the idle screen, this visit on hold."""

        def search() -> None:
            self._flows.enrol.close()
            self._stage.to("identify")
            self._flows.idle.fill(text)

        self._stage.clear_scan_field()
        self._floor.turn.when_free(lambda: self._stage.leave(search))

    def _find(self, work: Callable[[Counter], OpenMember | Shown | Wanted | None]) -> None:
        if self._floor.session is None:
            return
        self._asked += 1
        asked, counter = self._asked, self._floor.counter

        def met(found: OpenMember | Shown | Wanted | None) -> None:
            if asked != self._asked:
                return
            self._answered = asked
            if isinstance(found, Shown):
                self._brought(found)
            elif isinstance(found, Wanted):
                self._wanted(found)
            else:
                self._met(found)

        def failed(error: BaseException) -> None:
            if asked != self._asked:
                refusal(error)  # a fault of ours surfaces, however old the question
                return
            self._answered = asked
            self._stage.refused(refusal(error))

        self._floor.store.run(
            lambda: work(counter),
            lambda member: self._floor.turn.when_free(lambda: met(member)),
            failed,
        )

    def _met(self, member: OpenMember | None) -> None:
        draft = self._flows.visit.draft
        if member is None:
            if self._stage.screen != "identify":  # there the list says that nobody was found
                self._stage.refused(Refused(Reason.MEMBER_UNKNOWN))
        elif draft is not None and identify.is_same(draft.member, member):
            self._flows.visit.shown_again(member)
        else:
            self._stage.leave(lambda: self._flows.visit.open(Draft(member=member)))

    def _brought(self, shown: Shown) -> None:
        """A voucher: its reward is chosen for its member, at once if they are open already."""
        draft = self._flows.visit.draft
        if draft is not None and identify.is_same(draft.member, shown.member):
            self._flows.visit.voucher(shown.voucher)
            return
        reward = shown.voucher.reward
        brought = Draft(member=shown.member, reward=reward, voucher=shown.voucher)
        self._stage.leave(lambda: self._flows.visit.open(brought))

    def _wanted(self, wanted: Wanted) -> None:
        """A pending voucher: its reward is chosen for its member, whose proof is yet to be seen."""
        draft = self._flows.visit.draft
        if draft is not None and identify.is_same(draft.member, wanted.member):
            self._flows.visit.choose(wanted.reward)
            return
        draft = Draft(member=wanted.member)
        self._stage.leave(lambda: self._flows.visit.open(draft, wanted=wanted.reward))

    # Receipts

    def _receipt(self, work: Callable[[], ReceiptRead]) -> None:
        self._floor.store.run(
            work,
            lambda read: self._floor.turn.when_free(lambda: self._received(read)),
            lambda error: self._stage.refused(refusal(error)),
        )

    def _received(self, read: ReceiptRead) -> None:
        if self._stage.screen == "visit":
            self._flows.visit.receipt(read)
        elif self._floor.session is not None:
            self._flows.idle.wait(read)
            if self._stage.screen == "enrol":
                self._flows.enrol.say(self._flows.idle.view.waiting_receipt)

    # People of the shop

    def _badge(self, digits: str) -> None:
        """A badge signs in, answers the question for a lead, or takes over the till."""
        counter, view = self._floor.counter, self._flows.visit.view
        if self._floor.session is None:
            self._flows.sign_in.badge(digits)
        elif self._stage.screen == "visit" and view is not None and view.ask is not None:
            self._flows.visit.badge(digits)
        elif self._stage.screen == "enrol":
            self._stage.say(_("Press F12 first, then scan the badge."))
        else:
            self._floor.store.run(
                lambda: session.by_badge(counter, digits),
                lambda who: self._floor.turn.when_free(lambda: self._shown_badge(who)),
                lambda error: self._stage.refused(refusal(error)),
            )

    def _shown_badge(self, who: Session) -> None:
        """An empty visit stays open for whoever takes over, any other goes on hold."""
        draft = self._flows.visit.draft
        if self._floor.session is None or who.staff == self._floor.staff():
            return
        if draft is None or draft.is_empty:
            self._relieved(who)
        else:
            self._stage.leave(lambda: self._relieved(who), whatever_waits=True)


def _is_words(scan: scans.Scan) -> bool:
    """Say whether typed text is no code but words or a number to look for."""
    if isinstance(scan, scans.VoucherCode):
        return not scan.signed
    if isinstance(scan, scans.Unknown):
        return scan.reason is Reason.CODE_UNKNOWN
    return isinstance(scan, scans.ProductCode)


def _stray(scan: scans.Scan) -> Reason:
    if isinstance(scan, scans.PixCode):
        return Reason.CODE_IS_PIX
    if isinstance(scan, scans.ProductCode):
        return Reason.CODE_IS_PRODUCT
    return scan.reason if isinstance(scan, scans.Unknown) else Reason.CODE_UNKNOWN
