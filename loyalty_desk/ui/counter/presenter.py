"""The counter's conductor: which screen stands, and where a scan, a key or a click goes. Qt-free.

It decides nothing about points. One `Screen` value holds all that is shown; `show` is called with a
new one after every change.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from loyalty_desk.desk import identify, parked, receipts, session, sync_status
from loyalty_desk.desk.enrol import Enrolled
from loyalty_desk.desk.identify import OpenMember
from loyalty_desk.desk.session import Session
from loyalty_desk.desk.sync_status import SyncStatus
from loyalty_desk.desk.visit import Concluded, Draft, ReceiptRead
from loyalty_desk.ui.counter.enrol_flow import EnrolFlow
from loyalty_desk.ui.counter.floor import Floor, Place, read_place, refusal
from loyalty_desk.ui.counter.idle_flow import IdleFlow
from loyalty_desk.ui.counter.screen import PageState, Screen, Views, page_of, shell_of
from loyalty_desk.ui.counter.sign_in_flow import SignInFlow
from loyalty_desk.ui.counter.visit_flow import VisitFlow
from loyalty_desk.ui.pending.presenter import ARCHIVE
from loyalty_desk.ui.shell.frame import ScreenName
from loyalty_desk.ui.shell.presenter import ShellState
from sync.i18n import _
from sync.programme import scan_router as scans
from sync.programme.document import Document
from sync.programme.members import first_name
from sync.programme.refusals import Reason, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class LineNews:
    """What the sync worker reports after each round or failure."""

    connected: bool
    retry_in: int = 0
    clock_off_minutes: int = 0
    revoked: bool = False


class CounterPresenter:
    """Put together once by the app; every method is called on the screen's thread."""

    def __init__(
        self, floor: Floor, *, show: Callable[[Screen], None], sync_now: Callable[[], None]
    ):
        self._floor = floor
        self._show = show
        self._sync_now = sync_now
        self._home = 0
        self._parked: tuple[tuple[str, str], ...] = ()
        self._status: SyncStatus | None = None
        self._tray_open = False
        self._retry_at = 0
        self._query = ("", 0)
        self._card_for = 0  # a newcomer whose card waits until the server knows them
        self.save_card: Callable[[int], None] = lambda _member: None
        self.screen: ScreenName = "sign_in"
        floor.redraw = self.redraw
        self.sign_in = SignInFlow(floor, entered=self._entered)
        self.idle = IdleFlow(floor, opened=self.open_member)
        self.visit = VisitFlow(floor, concluded=self._concluded)
        self.enrol = EnrolFlow(floor, enrolled=self._enrolled, exists=self.open_member)

    # What the world does

    def start(self) -> None:
        """The till's files are open: read what it is and who may sign in."""
        self.news(LineNews(connected=False), first=True)
        self.sign_in.refresh()

    def preparing(self, words: str) -> None:
        """Something that takes long is under way before the till can work."""
        self.sign_in.view = replace(self.sign_in.view, notice=words)
        self.redraw()

    def news(self, news: LineNews, *, first: bool = False) -> None:
        """The line came, went or brought something: read again what may have changed."""
        counter = self._floor.counter
        was, line = counter.connected, self._floor.line
        counter.connected = news.connected
        now = counter.clock.now()
        self._retry_at = now + news.retry_in * 1000
        since = line.offline_since
        if news.connected:
            since = None
        elif since is None and not first and self._floor.place is not None:
            since = self._floor.place.local(now)
        self._floor.line = replace(
            line,
            connected=news.connected,
            known=not first,
            revoked=news.revoked,
            clock_off_minutes=news.clock_off_minutes,
            offline_since=since,
        )
        self.refresh(reopen=was != news.connected or news.connected)

    def refresh(self, *, reopen: bool = False) -> None:
        """Read again what the frame shows and what waits; with `reopen` the open member too."""
        counter = self._floor.counter

        def work() -> tuple[Place | None, SyncStatus, tuple[tuple[str, str], ...]]:
            return read_place(counter), sync_status.status(counter), parked.waiting(counter)

        self._floor.store.run(work, lambda found: self._refreshed(*found), self._failed)
        if self._floor.place is not None:
            self.idle.refresh()
            if reopen:
                self.visit.refresh()

    def tick(self) -> None:
        """A second has passed."""
        if self._floor.place is not None:
            self.idle.tick()
            self.redraw()

    def scanned(self, *texts: str) -> None:
        """A code was scanned, pasted or dropped; `texts` are the ways it may be meant."""
        self._floor.reader_seen = True
        scan = scans.route(*texts)
        if isinstance(scan, scans.CounterCommand):
            self._command(scan.name)
        elif isinstance(scan, scans.StaffBadge):
            self._badge(scan.digits)
        elif self._floor.session is None:
            self.sign_in.refused(Refused(Reason.NOT_PERMITTED))
        elif isinstance(scan, scans.MemberCode):
            self._find(lambda counter: identify.by_code(counter, scan.digits))
        elif isinstance(scan, scans.CpfTyped):
            self._find(lambda counter: identify.by_cpf(counter, scan.cpf))
        elif isinstance(scan, scans.ReceiptScan):
            code = scan.code
            self._receipt(lambda: receipts.from_code(self._floor.counter, code))
        else:
            self.refused(Refused(_stray(scan)))

    def receipt_file(self, data: bytes) -> None:
        """A receipt's XML was dropped or opened."""
        if self._floor.session is not None:
            self._receipt(lambda: receipts.from_xml(self._floor.counter, data))

    def refused(self, problem: Refused) -> None:
        """Show a refusal where the cashier looks now; nothing entered is lost."""
        if self.screen == "visit":
            self.visit.refused(problem)
        elif self.screen == "sign_in":
            self.sign_in.refused(problem)
        else:
            self._to("identify")
            self.idle.refused(problem)

    # What the cashier does

    def key(self, number: int) -> None:
        """A function key that is no matter of focus."""
        acts: dict[int, Callable[[], None]] = {
            1: self.help,
            3: self.open_enrolment,
            6: self.ask_for_receipt,
            7: self.pickups,
            8: self.undo,
            9: self.no_printer,
            10: self.conclude,
            11: self.tray,
            12: self.lock,
        }
        if self._floor.session is not None and number in acts:
            acts[number]()

    def open_member(self, member: int) -> None:
        """Open a member that was found or who exists already."""
        self._find(lambda counter: identify.by_member(counter, member))

    def search_submitted(self, text: str) -> None:
        """Enter in a search field: what was typed may be a code, else the first one found."""
        scan = scans.route(text)
        if not isinstance(scan, scans.Unknown | scans.ProductCode):
            self.scanned(text)
        elif self.screen != "identify":
            self.escape_to_search(text)
        elif self.idle.first():
            self.open_member(self.idle.first())

    def escape_to_search(self, text: str) -> None:
        """Words typed in the top bar: look for them on the idle screen, this visit on hold."""
        self._query = ("", self._query[1] + 1)
        if self.screen == "visit":
            self._leave()
        self.enrol.close()
        self._to("identify")
        self.idle.fill(text)

    def conclude(self) -> None:
        """F10: whatever this screen concludes."""
        if self.screen == "visit":
            self.visit.conclude()
        elif self.screen == "enrol":
            self.enrol.conclude()

    def escape(self) -> None:
        """One level back; an unfinished visit is put on hold, never lost."""
        if self._tray_open:
            self._tray_open = False
            self.redraw()
        elif self.screen == "visit":
            step = self.visit.back()
            if step != "back":
                self._leave()
        elif self.screen == "enrol":
            self.enrol.close()
            self._to("identify")
        elif self.screen == "identify":
            self.idle.clear()
        self._home += 1
        self.redraw()

    def open_enrolment(self) -> None:
        """F3: a newcomer, with the number that was searched for."""
        if self.screen == "identify":
            digits = "".join(char for char in self.idle.view.query if char.isdigit())
            self.enrol.open(phone=digits if len(digits) >= 8 else "")
            self.idle.clear()
            self._to("enrol")

    def undo(self) -> None:
        """F8: the last visit, whoever is open now."""
        if self.screen in ("identify", "visit"):
            self.idle.undo()

    def lock(self) -> None:
        """F12: another operator; an unfinished visit is put on hold."""
        if self.screen == "visit":
            self._leave()
        self.enrol.close()
        self._floor.session = None
        self._tray_open = False
        self._to("sign_in")
        self.sign_in.refresh(tuple(first_name(name) for _id, name in self._parked))

    def tray(self) -> None:
        """F11: what waits to be sent and what needs somebody."""
        self._tray_open = not self._tray_open
        self.refresh()
        self.redraw()
        self.redraw()

    def settle(self, event: str, action: str) -> None:
        """An answer to a record that needs somebody."""
        counter = self._floor.counter
        if action == ARCHIVE:
            self._floor.store.run(
                lambda: counter.ledger.attention.dismiss(int(event)),
                lambda _none: self.refresh(),
                self._failed,
            )

    def retry(self) -> None:
        """Try the line now."""
        self._sync_now()

    def unpark(self, visit: str) -> None:
        """Open a visit from hold."""
        counter = self._floor.counter
        if self.screen == "visit" and self.visit.visit != visit:
            self._leave()
        self._floor.store.run(
            lambda: parked.take(counter, visit),
            lambda draft: self._unparked(draft, visit),
            self._failed,
        )

    def card(self) -> None:
        """The open member's card, as files to print or send."""
        draft = self.visit.draft
        if draft is not None and draft.member.row is not None:
            self.save_card(draft.member.member)

    def help(self) -> None:
        """F1: the keys of this screen, in one sentence."""
        words = _("F2 search · F3 enrol · F4 amount · F5 rewards · F8 undo · F10 finish · Esc back")
        self.say(words)

    def ask_for_receipt(self) -> None:
        """F6: how a receipt comes in without a reader."""
        self.say(_("Scan the receipt's QR, type its 44 digits, or drop its picture or XML here."))

    def pickups(self) -> None:
        """F7: what is ready to be handed over."""
        n = self._floor.place.pickups if self._floor.place is not None else 0
        self.say(_("Rewards ready to collect in this store: {n}").format(n=n))

    def no_statement(self) -> None:
        """The statement is not on this till."""
        self.say(_("The statement opens in the office for now."))

    def place(self, name: str) -> None:
        """A place of the rail: the counter, the tray, or one that is not open on this till."""
        if name == "pending":
            self.tray()
        elif name == "pickups":
            self.pickups()
        elif name == "counter":
            self._home += 1
            self.redraw()
        else:
            self.say(_("This place is not open on this till yet."))

    def no_printer(self) -> None:
        """F9: nothing prints yet."""
        self.say(_("No printer is set up on this till."))

    def say(self, words: str) -> None:
        """Show a quiet word where the cashier looks now."""
        if self.screen == "visit":
            self.visit.say(words)
        else:
            self.idle.say(words)

    # Drawing

    def redraw(self) -> None:
        """Show the state of now."""
        self._show(Screen(self.screen, self.shell(), self.page(), self._home))

    def document(self) -> Document:
        """Return the programme in force; a question before the till is known is a fault."""
        assert self._floor.place is not None
        return self._floor.place.document

    def page(self) -> PageState | None:
        """Return the state of the screen that stands, None before the till is known."""
        return page_of(self._views())

    def shell(self) -> ShellState:
        """Return the state of the frame."""
        return shell_of(self._views())

    def _views(self) -> Views:
        return Views(
            floor=self._floor,
            name=self.screen,
            sign_in=self.sign_in.view,
            idle=self.idle.view,
            visit=self.visit.view,
            enrol=self.enrol.view,
            status=self._status,
            parked=self._parked,
            tray_open=self._tray_open,
            retry_at=self._retry_at,
            query=self._query,
        )

    # Inside

    def _to(self, screen: ScreenName) -> None:
        self.screen = screen
        self._home += 1
        self.redraw()

    def _entered(self, who: Session) -> None:
        self._floor.session = who
        self._to("identify")
        self.refresh()

    def _refreshed(
        self, place: Place | None, status: SyncStatus, held: tuple[tuple[str, str], ...]
    ) -> None:
        arrived = self._floor.place is None and place is not None
        self._floor.place, self._status, self._parked = place, status, held
        if self._card_for and self._floor.line.connected and not status.waiting:
            member, self._card_for = self._card_for, 0
            self.save_card(member)
        if arrived:
            self.sign_in.refresh()
            self.idle.refresh()
        self.redraw()

    def _find(self, work: Callable[..., OpenMember]) -> None:
        counter = self._floor.counter
        self._floor.store.run(lambda: work(counter), self._found, self._failed)

    def _found(self, member: OpenMember) -> None:
        draft = self.visit.draft
        if self.screen == "visit" and draft is not None and _same(draft.member, member):
            self.visit.change(replace(draft, member=member))
            return
        if self.screen == "visit":
            self._leave()
        self.enrol.close()
        read = self.idle.take_receipt()
        self.idle.clear()
        self._open(_with_receipt(Draft(member=member), read))

    def _open(self, draft: Draft, *, visit: str = "") -> None:
        self.visit.close()
        self.visit.open(draft, visit=visit)
        self.screen = "visit"
        self._home += 1

    def _unparked(self, draft: Draft | None, visit: str) -> None:
        if draft is not None:
            self._open(draft, visit=visit)
        self.refresh()

    def _leave(self) -> None:
        """Close the open member, on hold when something was entered."""
        draft, visit, counter = self.visit.draft, self.visit.visit, self._floor.counter
        self.visit.close()
        if draft is not None and not draft.is_empty:
            staff = self._floor.staff()
            self._floor.store.run(
                lambda: parked.park(counter, draft, staff=staff, visit=visit),
                lambda _none: self.refresh(),
                self._failed,
            )
        self._to("identify")

    def _concluded(self, concluded: Concluded) -> None:
        self._to("identify")
        self._after_act()

    def _enrolled(self, made: Enrolled, card: bool) -> None:
        self._card_for = made.member if card else 0
        self._after_act()
        self.open_member(made.member)

    def _after_act(self) -> None:
        self.refresh()
        self._sync_now()

    def _receipt(self, work: Callable[[], ReceiptRead]) -> None:
        def read(receipt: ReceiptRead) -> None:
            if self.screen == "visit":
                self.visit.receipt(receipt)
            elif self.screen == "identify":
                self.idle.wait(receipt)

        self._floor.store.run(work, read, self._failed)

    def _badge(self, digits: str) -> None:
        counter = self._floor.counter
        view = self.visit.view
        if self.screen == "visit" and view is not None and view.ask is not None:
            self._floor.store.run(
                lambda: session.lead_by_badge(counter, digits), self.visit.approve, self._failed
            )
            return
        if self._floor.session is not None:
            self.lock()
        self.sign_in.badge(digits)

    def _command(self, name: str) -> None:
        if name.startswith("F") and name[1:].isdigit():
            self.key(int(name[1:]))

    def _failed(self, error: BaseException) -> None:
        self.refused(refusal(error))


def _same(one: OpenMember, other: OpenMember) -> bool:
    return one.member == other.member and (one.member != 0 or one.card == other.card)


def _with_receipt(draft: Draft, read: ReceiptRead | None) -> Draft:
    if read is None:
        return draft
    return replace(draft, receipt=read, amount_centavos=read.total_centavos)


def _stray(scan: scans.Scan) -> Reason:
    if isinstance(scan, scans.PixCode):
        return Reason.CODE_IS_PIX
    if isinstance(scan, scans.ProductCode):
        return Reason.CODE_IS_PRODUCT
    return scan.reason if isinstance(scan, scans.Unknown) else Reason.CODE_UNKNOWN
