"""The counter's conductor: which screen stands, and where a scan, a key or a click goes. Qt-free.

It decides nothing about points. One `Screen` value holds all that is shown; `show` is called with a
new one after every change.
"""

from collections.abc import Callable
from dataclasses import replace

from loyalty_desk.desk import parked
from loyalty_desk.desk.enrol import Enrolled, form_for
from loyalty_desk.desk.session import Session
from loyalty_desk.desk.visit import Concluded, Draft
from loyalty_desk.ui.counter.enrol_flow import EnrolFlow
from loyalty_desk.ui.counter.floor import Floor, refusal
from loyalty_desk.ui.counter.idle_flow import IdleFlow
from loyalty_desk.ui.counter.lookout import LineNews, Lookout
from loyalty_desk.ui.counter.paper_flow import PaperFlow
from loyalty_desk.ui.counter.reception import Reception
from loyalty_desk.ui.counter.screen import PageState
from loyalty_desk.ui.counter.sign_in_flow import SignInFlow
from loyalty_desk.ui.counter.stage import Flows, Stage
from loyalty_desk.ui.counter.tray_flow import TrayFlow
from loyalty_desk.ui.counter.visit_flow import VisitFlow
from loyalty_desk.ui.screen import Screen, ScreenName
from loyalty_desk.ui.shell.frame import KEYS
from loyalty_desk.ui.shell.presenter import ShellState
from sync.i18n import _
from sync.programme.document import Document
from sync.programme.refusals import Refused


class CounterPresenter:
    """Put together once by the app; every method is called on the screen's thread."""

    def __init__(
        self, floor: Floor, *, show: Callable[[Screen], None], sync_now: Callable[[], None]
    ):
        self._floor = floor
        self._sync_now = sync_now
        self.press: Callable[[int], None] = self.key  # the window adds keys that move the focus
        self.sign_in = SignInFlow(floor, entered=self._entered)
        self.idle = IdleFlow(floor, undone=self._undone, refused=self.refused)
        self.visit = VisitFlow(
            floor, opened=self._opened, concluded=self._concluded, refused=self.refused
        )
        self.papers = PaperFlow(self.visit, say=self.say)
        self.enrol = EnrolFlow(floor, enrolled=self._enrolled, exists=self.open_member)
        self.pending = TrayFlow(
            floor,
            see=self.open_member,
            refresh=lambda: self.lookout.refresh(),
            serving=self._is_serving,
        )
        flows = Flows(self.sign_in, self.idle, self.visit, self.enrol, self.pending)
        self._stage = Stage(floor, flows, show=show, refresh=lambda: self.lookout.refresh())
        self.lookout = Lookout(floor, self._stage, flows, self.papers, dismissed=self.lock)
        self._reception = Reception(
            floor, self._stage, flows, command=self._command, relieved=self._relieved
        )
        floor.redraw = self.redraw

    @property
    def screen(self) -> ScreenName:
        """Which screen stands."""
        return self._stage.screen

    # What the world does

    def start(self) -> None:
        """The till's files are open: read what it is and who may sign in."""
        self.lookout.news(LineNews(connected=False), first=True)
        self.sign_in.refresh()

    def preparing(self, words: str) -> None:
        """Something that takes long is under way before the till can work."""
        self.sign_in.view = replace(self.sign_in.view, notice=words)
        self.redraw()

    def tick(self) -> None:
        """A second has passed."""
        if self._floor.place is not None:
            self.idle.tick()
            self.redraw()

    def scanned(self, *texts: str) -> None:
        """A code was scanned, pasted or dropped; `texts` are the ways it may be meant."""
        self._floor.reader_seen = True
        self._reception.scan(*texts)

    def receipt_file(self, data: bytes) -> None:
        """A receipt's XML was dropped or opened."""
        self._reception.receipt_file(data)

    def refused(self, problem: Refused) -> None:
        """Show a refusal where the cashier looks now; nothing entered is lost."""
        self._stage.refused(problem)

    # What the cashier does

    def key(self, number: int) -> None:
        """A function key that is no matter of focus; it acts where the frame says so."""
        acts: dict[int, Callable[[], None]] = {
            1: self.help,
            3: self.open_enrolment,
            6: self.ask_for_receipt,
            7: self.pickups,
            8: self.undo,
            9: self.papers.print_out,
            10: self.conclude,
            11: self.tray,
            12: self.lock,
        }
        if number in KEYS[self.screen] and number in acts:
            acts[number]()

    def open_member(self, member: int) -> None:
        """Open a member that was found or who exists already."""
        self._reception.open_member(member)

    def search_submitted(self, text: str) -> None:
        """Enter in a search field: what was typed may be a code, else the first one found."""
        self._reception.submit(text)

    def conclude(self) -> None:
        """F10: whatever this screen concludes; a confirmation that is covered is shown first."""
        view = self.visit.view
        if self._floor.tray_open and view is not None and view.confirming:
            self._floor.tray_open = False
            self.redraw()
        elif self.screen == "visit":
            self.visit.conclude()
        elif self.screen == "enrol":
            self.enrol.conclude()

    def escape(self) -> None:
        """One level back; an unfinished visit is put on hold, never lost."""
        if self._floor.turn.is_taken:
            return
        if self.screen == "sign_in":
            self.sign_in.search(None)
        elif self._floor.tray_open:
            self.pending.close()
        elif self.screen == "visit":
            if self.visit.back() != "back":
                self._stage.leave(lambda: self._stage.to("identify"))
        elif self.screen == "enrol":
            if not self.enrol.back():
                self.enrol.close()
                self._stage.to("identify")
        else:
            self.idle.clear()
        self._stage.go_home()

    def open_enrolment(self) -> None:
        """F3: a newcomer, with the number or the name that was searched for."""
        if self.screen == "identify":
            self._reception.forget()
            self.visit.close()
            self._floor.tray_open = False
            self.enrol.open(form_for(self.idle.view.query))
            self.idle.clear()
            self._stage.to("enrol")

    def undo(self) -> None:
        """F8: the last visit, whoever is open now."""
        if self.screen in ("identify", "visit"):
            self._floor.turn.when_free(self.idle.undo)

    def lock(self) -> None:
        """F12: another operator. At once: a visit goes on hold meanwhile, a form stays as it is."""
        if self._floor.session is None:
            return
        self._reception.forget()
        self._floor.turn.forget()
        if not self._floor.turn.is_taken:
            self.visit.hold(self._put_aside, whatever_waits=True)
        self.idle.clear()
        self.pending.close()
        self._floor.session = None
        self._stage.to("sign_in")
        self.sign_in.locked()

    def tray(self) -> None:
        """F11: what waits to be sent and what needs somebody."""
        if self._floor.session is None:
            return
        if self.screen == "enrol":
            shown = self._stage.tray()
            if shown is not None:
                self.enrol.say(shown.needs.text if shown.needs is not None else shown.intro)
            return
        self.pending.toggle()
        self.lookout.refresh()
        self.redraw()

    def settle(self, event: str, action: str) -> None:
        """An answer to a record that needs somebody, or something asked of the till itself."""
        self.pending.settle(event, action, self._stage.status)

    def retry(self) -> None:
        """Try the line now."""
        self._sync_now()

    def unpark(self, visit: str) -> None:
        """Open a visit from hold."""
        counter = self._floor.counter

        def take() -> None:
            self._floor.store.run(
                lambda: parked.take(counter, visit),
                lambda draft: self._unparked(draft, visit),
                self._failed,
            )

        if self._floor.session is not None and visit != self.visit.visit:
            self._reception.forget()
            # One goes on hold and one comes back from there: as many as before.
            self._floor.turn.when_free(lambda: self._stage.leave(take, whatever_waits=True))

    def unpark_next(self, step: int) -> None:
        """The next or the previous visit on hold."""
        held = [visit for visit, _name in self._stage.parked]
        if held:
            at = held.index(self.visit.visit) if self.visit.visit in held else -1
            self.unpark(held[(at + step) % len(held)])

    def help(self) -> None:
        """F1: the keys of this screen, in one sentence."""
        if self.screen == "sign_in":
            self.sign_in.forgot()
        else:
            self.say(
                _("F2 search · F3 enrol · F4 amount · F5 rewards · F8 undo · F10 finish · Esc back")
            )

    def ask_for_receipt(self) -> None:
        """F6: how a receipt comes in without a reader, or how the one that is in goes out."""
        draft = self.visit.draft
        if self.screen == "visit" and draft is not None and draft.receipt is not None:
            self.say(_("Shift+F6 takes it out. Another scan replaces it."))
            return
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
            self._stage.go_home()
        else:
            self.say(_("This place is not open on this till yet."))

    def say(self, words: str) -> None:
        """Show a quiet word where the cashier looks now."""
        self._stage.say(words)

    # Drawing

    def redraw(self) -> None:
        """Show the state of now."""
        self._stage.redraw()

    def document(self) -> Document:
        """Return the programme in force; a question before the till is known is a fault."""
        assert self._floor.place is not None
        return self._floor.place.document

    def page(self) -> PageState | None:
        """Return the state of the screen that stands, None before the till is known."""
        return self._stage.page()

    def shell(self) -> ShellState:
        """Return the state of the frame."""
        return self._stage.shell()

    # Inside

    def _is_serving(self) -> bool:
        draft = self.visit.draft
        return draft is not None and not draft.is_empty

    def _entered(self, who: Session) -> None:
        """Somebody is at the till: what the one before left open stands there still."""
        self._floor.session = who
        if self.visit.view is not None:
            self._stage.to("visit")
        else:
            self._stage.to("enrol" if self.enrol.view is not None else "identify")
        self.lookout.refresh()

    def _opened(self) -> None:
        """The member can be shown: only now does their screen stand, with a receipt that waited."""
        self.enrol.close()
        self.idle.clear()
        self._floor.tray_open = False
        self._stage.to("visit")
        draft = self.visit.draft
        read = self.idle.take_receipt() if draft is not None and draft.receipt is None else None
        if read is not None:
            self.visit.receipt(read)

    def _unparked(self, draft: Draft | None, visit: str) -> None:
        if draft is not None:
            self.visit.open(draft, visit=visit)
        self.lookout.refresh()

    def _put_aside(self) -> None:
        """The visit of a locked till is closed; whoever came back meanwhile sees the idle desk."""
        if self.screen == "visit":
            self._stage.to("identify")
        self.lookout.refresh()

    def _concluded(self, concluded: Concluded) -> None:
        if self.screen == "visit":
            self._stage.to("identify")
        self._after_act()

    def _enrolled(self, made: Enrolled, card: bool) -> None:
        self.papers.card_later(made.member if card else 0)
        if self.screen == "enrol":
            self._stage.to("identify")
            if not self._reception.is_looking:  # else the next customer has been scanned already
                self.open_member(made.member)
        self._after_act()

    def _undone(self) -> None:
        self.say(_("Undone. Nothing was taken."))
        self.visit.refresh()
        self._after_act()

    def _after_act(self) -> None:
        self.lookout.refresh()
        self._sync_now()

    def _relieved(self, who: Session) -> None:
        """Somebody took over the till with a badge: nothing asked before is theirs to answer."""
        self.pending.close()
        self._floor.session = who
        self.sign_in.relieved(who)
        self._stage.to(self.screen)
        self.lookout.refresh()

    def _command(self, name: str) -> None:
        """A card of the command sheet presses its key; where that does nothing, it is said."""
        keys = {f"F{number}": number for number in KEYS[self.screen]}
        if name in keys:
            self.press(keys[name])
        else:
            self.say(_("This card does nothing here."))

    def _failed(self, error: BaseException) -> None:
        self.refused(refusal(error))
