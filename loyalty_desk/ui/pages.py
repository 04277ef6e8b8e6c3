"""The screens behind the sign-in: which page draws what, and whose clicks become which verb.

They are made when the till's files are open, behind the first frame, so that a window stands at
once. Guarantees that the focus goes home after acts and never while somebody types.
"""

from dataclasses import dataclass

from PySide6.QtCore import Qt

from loyalty_desk.ui.counter.presenter import CounterPresenter
from loyalty_desk.ui.enrol.page import EnrolPage
from loyalty_desk.ui.enrol.state import EnrolState
from loyalty_desk.ui.identify.page import IdentifyPage
from loyalty_desk.ui.identify.state import IdentifyState
from loyalty_desk.ui.redeem.ask import AskBox
from loyalty_desk.ui.redeem.state import ConfirmState
from loyalty_desk.ui.screen import Screen
from loyalty_desk.ui.shell.page import Shell
from loyalty_desk.ui.shell.spoken import Spoken
from loyalty_desk.ui.sign_in.page import SignInPage
from loyalty_desk.ui.sign_in.state import SignInState
from loyalty_desk.ui.visit.page import VisitPage
from loyalty_desk.ui.visit.state import VisitState
from sync.programme.scan_router import is_command


@dataclass(frozen=True, slots=True)
class _Standing:
    """What decides where the focus belongs; when it changes, the focus goes there.

    `question` is the number of the question that is asked, None for none.
    """

    name: str
    home: int
    confirms: bool = False
    question: int | None = None


class Pages:
    """All screens of one window, heard by one presenter."""

    def __init__(self, shell: Shell, sign_in: SignInPage, presenter: CounterPresenter) -> None:
        self._shell, self._presenter = shell, presenter
        self.sign_in, self.identify = sign_in, IdentifyPage()
        self.visit, self.enrol = VisitPage(), EnrolPage()
        shell.add_page("identify", self.identify)
        shell.add_page("visit", self.visit)
        shell.add_page("enrol", self.enrol)
        self._stands = _Standing("", -1)
        self._spoken = Spoken()
        self._connect_shell()
        self._connect_sign_in()
        self._connect_identify()
        self._connect_visit()
        self._connect_enrol()
        presenter.press = self.key

    def show(self, screen: Screen) -> None:
        """Draw everything; the focus goes home after acts, never while somebody types.

        A confirmation that opens takes it, and so does a question for a PIN: digits that are the
        answer must not end up in the amount.
        """
        self._shell.draw(screen.shell)
        if not self._draw(screen):
            return
        said = self._spoken.of(screen.page)
        if said is not None:
            self._shell.announce(said.words, said.urgent)
        stands = _standing(screen)
        if stands != self._stands:
            self._stands = stands
            self._shell.show_page(screen.name)
            if stands.question is not None:
                self._ask_box().take_focus()

    def key(self, number: int) -> None:
        """A function key, from the keyboard, the key bar or a card of the command sheet."""
        if number == 2:
            self._focus_search()
        elif number == 4 and self._stands.name == "visit":
            self.visit.focus_amount()
        elif number == 5 and self._stands.name == "visit":
            self._presenter.visit.choosing()
            self.visit.focus_rewards()
        else:
            self._presenter.key(number)

    def scanned(self, text: str) -> None:
        """A code came in; a card of the command sheet leaves the focus to the key it presses."""
        self._presenter.scanned(text)
        if not is_command(text):
            self.await_amount()

    def take_out_receipt(self) -> None:
        """Shift+F6: the visit goes on without its receipt; the next digits are the amount."""
        if self._presenter.visit.take_out_receipt():
            self.visit.focus_amount()

    def await_amount(self) -> None:
        """After a code or receipt the next digits are the amount, wherever the focus was."""
        stands, amount = self._stands, self.visit.purchase.amount.edit
        free = stands.name == "visit" and not stands.confirms and stands.question is None
        if free and not amount.hasFocus():
            self.visit.focus_amount()

    def _draw(self, screen: Screen) -> bool:
        state = screen.page
        if isinstance(state, SignInState):
            self.sign_in.draw(state)
        elif isinstance(state, IdentifyState):
            self.identify.draw(state)
        elif isinstance(state, VisitState):
            self.visit.draw(state)
        elif isinstance(state, EnrolState):
            self.enrol.draw(state)
        return state is not None

    def _ask_box(self) -> AskBox:
        confirm = self.visit.confirm
        if confirm is not None and self._stands.confirms:
            return confirm.ask_box()
        return self.visit.today.summary.ask

    def _focus_search(self) -> None:
        """F2: the field that always listens."""
        if self._stands.name == "identify":
            self.identify.go_home()
        elif self._stands.name in ("visit", "enrol"):
            self._shell.scan_edit().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _connect_shell(self) -> None:
        shell, presenter = self._shell, self._presenter
        shell.search_submitted.connect(presenter.search_submitted)
        shell.key_pressed.connect(self.key)
        shell.place_chosen.connect(presenter.place)
        shell.tray_requested.connect(presenter.tray)
        shell.operator_requested.connect(presenter.lock)
        shell.parked_chosen.connect(presenter.unpark)
        shell.parked_stepped.connect(presenter.unpark_next)
        shell.back_requested.connect(presenter.escape)

    def _connect_sign_in(self) -> None:
        page, flow = self.sign_in, self._presenter.sign_in
        page.person_chosen.connect(flow.choose)
        page.pin_entered.connect(flow.pin)
        page.other_requested.connect(lambda: flow.search(""))
        page.search_changed.connect(flow.search)
        page.search_left.connect(lambda: flow.search(None))
        page.forgot_requested.connect(flow.forgot)

    def _connect_identify(self) -> None:
        page, presenter = self.identify, self._presenter
        page.query_changed.connect(presenter.idle.query)
        page.query_submitted.connect(presenter.search_submitted)
        page.result_chosen.connect(presenter.open_member)
        page.enrol_requested.connect(presenter.open_enrolment)
        page.undo_requested.connect(lambda _visit: presenter.undo())
        page.tray_closed.connect(presenter.escape)
        page.record_settled.connect(presenter.settle)
        page.retry_requested.connect(presenter.retry)

    def _connect_visit(self) -> None:
        page, presenter, flow = self.visit, self._presenter, self._presenter.visit
        page.amount_changed.connect(flow.amount)
        page.amount_unreadable.connect(flow.unreadable_amount)
        page.receipt_requested.connect(presenter.ask_for_receipt)
        page.receipt_taken_out.connect(self.take_out_receipt)
        page.reward_chosen.connect(lambda reward: flow.choose(int(reward)))
        page.rewards_left.connect(flow.chose)
        page.filter_chosen.connect(flow.filter)
        page.offer_used.connect(flow.use_offer)
        page.statement_requested.connect(presenter.no_statement)
        page.print_requested.connect(presenter.papers.balance)
        page.more_requested.connect(presenter.papers.card)
        page.act_requested.connect(presenter.conclude)
        page.answered.connect(flow.answer)
        page.panel_closed.connect(presenter.escape)
        page.fewer_requested.connect(lambda: flow.quantity(-1))
        page.more_units_requested.connect(lambda: flow.quantity(1))
        page.record_settled.connect(presenter.settle)
        page.retry_requested.connect(presenter.retry)

    def _connect_enrol(self) -> None:
        page, presenter, flow = self.enrol, self._presenter, self._presenter.enrol
        page.field_changed.connect(flow.typed)
        page.field_left.connect(flow.left)
        page.field_accepted.connect(flow.left)
        page.consent_toggled.connect(lambda purpose, _on: flow.consent(purpose))
        page.read_requested.connect(flow.read)
        page.after_toggled.connect(lambda name, _on: flow.after(name))
        page.field_action.connect(flow.act_on)
        page.conclude_requested.connect(presenter.conclude)
        page.cancel_requested.connect(presenter.escape)


def _standing(screen: Screen) -> _Standing:
    state = screen.page
    if not isinstance(state, VisitState):
        return _Standing(screen.name, screen.home)
    confirms = isinstance(state.panel, ConfirmState)
    ask = state.panel.ask if isinstance(state.panel, ConfirmState) else state.summary.ask
    return _Standing(screen.name, screen.home, confirms, ask.at if ask is not None else None)
