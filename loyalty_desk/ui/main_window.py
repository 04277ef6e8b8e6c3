"""The window: holds the shell and the screens, and carries clicks, keys, scans and files.

No feature lives here. Whatever a person does becomes one call of the counter's presenter; what
comes back is one `Screen` value, drawn as it is.
"""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QImageWriter,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from loyalty_desk.ui.counter.presenter import CounterPresenter
from loyalty_desk.ui.counter.screen import Screen
from loyalty_desk.ui.enrol.page import EnrolPage
from loyalty_desk.ui.enrol.state import EnrolState
from loyalty_desk.ui.identify.page import IdentifyPage
from loyalty_desk.ui.identify.state import IdentifyState
from loyalty_desk.ui.redeem.ask import AskBox
from loyalty_desk.ui.redeem.state import ConfirmState
from loyalty_desk.ui.scan.keyboard_wedge import KeyboardWedge
from loyalty_desk.ui.shell.page import Shell
from loyalty_desk.ui.shell.spoken import Spoken
from loyalty_desk.ui.sign_in.page import SignInPage
from loyalty_desk.ui.sign_in.state import SignInState
from loyalty_desk.ui.visit.page import VisitPage
from loyalty_desk.ui.visit.state import VisitState

_IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif")
_FILE_MAX = 20 * 1024 * 1024
_UNSEEN_MS = 1_000


@dataclass(frozen=True, slots=True)
class _Standing:
    """What decides where the focus belongs; when it changes, the focus goes there.

    `question` is the number of the question that is asked, None for none.
    """

    name: str
    home: int
    confirms: bool = False
    question: int | None = None


class MainWindow(QWidget):
    """The one window of the desk. `attach` a presenter once its till is open.

    `first_frame` is told once, when the window has been painted for the first time; a second after
    it was shown where nobody sees it.
    """

    first_frame = Signal()
    closed = Signal()
    image_given = Signal(bytes)
    language_requested = Signal()
    card_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Loyalty Desk")
        self.setMinimumSize(1024, 720)
        self.setAcceptDrops(True)
        self.shell = Shell()
        self.sign_in, self.identify = SignInPage(), IdentifyPage()
        self.visit, self.enrol = VisitPage(), EnrolPage()
        self.shell.add_page("sign_in", self.sign_in)
        self.shell.add_page("identify", self.identify)
        self.shell.add_page("visit", self.visit)
        self.shell.add_page("enrol", self.enrol)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.shell)
        self._presenter: CounterPresenter | None = None
        self._stands = _Standing("", -1)
        self._spoken = Spoken()
        self._is_new = True
        self.wedge: KeyboardWedge | None = None

    def attach(self, presenter: CounterPresenter) -> None:
        """Let a presenter hear everything from now on."""
        self._presenter = presenter
        self._connect_shell(presenter)
        self._connect_sign_in(presenter)
        self._connect_identify(presenter)
        self._connect_visit(presenter)
        self._connect_enrol(presenter)
        self._bind_paste()

    def listen(self, app: QApplication) -> None:
        """Hear the keyboard of the reader from now on."""
        self.wedge = KeyboardWedge(app)
        self.wedge.scanned.connect(self._scanned)

    def show_screen(self, screen: Screen) -> None:
        """Draw everything; the focus goes home after acts, never while somebody types.

        A confirmation that opens takes it, and so does a question for a PIN: digits that are the
        answer must not end up in the amount.
        """
        self.shell.draw(screen.shell)
        state = screen.page
        if isinstance(state, SignInState):
            self.sign_in.draw(state)
        elif isinstance(state, IdentifyState):
            self.identify.draw(state)
        elif isinstance(state, VisitState):
            self.visit.draw(state)
        elif isinstance(state, EnrolState):
            self.enrol.draw(state)
        else:
            return
        said = self._spoken.of(state)
        if said is not None:
            self.shell.announce(said.words, said.urgent)
        self._settle_focus(screen)

    def _settle_focus(self, screen: Screen) -> None:
        stands = _standing(screen)
        if stands != self._stands:
            self._stands = stands
            self.shell.show_page(screen.name)
            if stands.question is not None:
                self._ask_box().take_focus()

    def _ask_box(self) -> AskBox:
        confirm = self.visit.confirm
        if confirm is not None and self._stands.confirms:
            return confirm.ask_box()
        return self.visit.today.summary.ask

    def showEvent(self, event: QShowEvent) -> None:
        """Wait for the first frame, though not for ever: a covered window is not painted."""
        super().showEvent(event)
        if self._is_new:
            QTimer.singleShot(_UNSEEN_MS, self._tell_first_frame)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The screens paint themselves, right behind this; then the first frame stands."""
        super().paintEvent(event)
        if self._is_new:
            QTimer.singleShot(0, self._tell_first_frame)

    def _tell_first_frame(self) -> None:
        if self._is_new:
            self._is_new = False
            self.first_frame.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Come back from the till ready to be typed into; a field that had the focus keeps it."""
        super().changeEvent(event)
        returns = event.type() is QEvent.Type.ActivationChange and self.isActiveWindow()
        if returns and self._stands.name and not isinstance(self.focusWidget(), QLineEdit):
            self.shell.page(self._stands.name).go_home()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Put an unfinished visit on hold, as when the till is locked, and tell the app."""
        super().closeEvent(event)
        if self._presenter is not None:
            self._presenter.lock()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What is typed while the frame has the focus is meant for the screen.

        What the screen itself has left over it leaves again.
        """
        if self._stands.name:
            self.shell.page(self._stands.name).keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept a receipt's XML or a picture of a code."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        self.take(event.mimeData())

    def take(self, given: QMimeData) -> None:
        """Take an image, files or text from the clipboard or a drop."""
        if self._presenter is None:
            return
        if given.hasImage():
            image = given.imageData()
            if isinstance(image, QImage):
                self.image_given.emit(png_of(image))
        elif given.hasUrls():
            for url in given.urls():
                self._take_file(url.toLocalFile())
        elif given.hasText():
            self._scanned(given.text())

    def _take_file(self, path: str) -> None:
        file = Path(path)
        if self._presenter is None or not file.is_file():
            return
        data = file.read_bytes() if file.stat().st_size <= _FILE_MAX else b"\0" * (_FILE_MAX + 1)
        if file.suffix.lower() in _IMAGES:
            self.image_given.emit(data)
        else:
            self._presenter.receipt_file(data)
            self._await_amount()

    def _scanned(self, text: str) -> None:
        if self._presenter is not None:
            self._presenter.scanned(text)
            self._await_amount()

    def _await_amount(self) -> None:
        """After a code or receipt the next digits are the amount, wherever the focus was."""
        stands, amount = self._stands, self.visit.purchase.amount.edit
        free = stands.name == "visit" and not stands.confirms and stands.question is None
        if free and not amount.hasFocus():
            self.visit.focus_amount()

    def _connect_shell(self, presenter: CounterPresenter) -> None:
        shell = self.shell
        shell.search_submitted.connect(presenter.search_submitted)
        shell.key_pressed.connect(self._key)
        shell.place_chosen.connect(presenter.place)
        shell.tray_requested.connect(presenter.tray)
        shell.operator_requested.connect(presenter.lock)
        shell.language_requested.connect(self.language_requested)
        shell.parked_chosen.connect(presenter.unpark)
        shell.parked_stepped.connect(presenter.unpark_next)
        shell.back_requested.connect(presenter.escape)

    def _connect_sign_in(self, presenter: CounterPresenter) -> None:
        page, flow = self.sign_in, presenter.sign_in
        page.person_chosen.connect(flow.choose)
        page.pin_entered.connect(flow.pin)
        page.other_requested.connect(lambda: flow.search(""))
        page.search_changed.connect(flow.search)
        page.search_left.connect(lambda: flow.search(None))
        page.forgot_requested.connect(flow.forgot)

    def _connect_identify(self, presenter: CounterPresenter) -> None:
        page = self.identify
        page.query_changed.connect(presenter.idle.query)
        page.query_submitted.connect(presenter.search_submitted)
        page.result_chosen.connect(presenter.open_member)
        page.enrol_requested.connect(presenter.open_enrolment)
        page.undo_requested.connect(lambda _visit: presenter.undo())
        page.tray_closed.connect(presenter.escape)
        page.record_settled.connect(presenter.settle)
        page.retry_requested.connect(presenter.retry)

    def _connect_visit(self, presenter: CounterPresenter) -> None:
        page, flow = self.visit, presenter.visit
        page.amount_changed.connect(flow.amount)
        page.receipt_requested.connect(presenter.ask_for_receipt)
        page.reward_chosen.connect(lambda reward: flow.choose(int(reward)))
        page.filter_chosen.connect(flow.filter)
        page.offer_used.connect(flow.use_offer)
        page.statement_requested.connect(presenter.no_statement)
        page.print_requested.connect(presenter.no_printer)
        page.more_requested.connect(self.card_requested)
        page.act_requested.connect(presenter.conclude)
        page.answered.connect(flow.answer)
        page.panel_closed.connect(presenter.escape)
        page.fewer_requested.connect(lambda: flow.quantity(-1))
        page.more_units_requested.connect(lambda: flow.quantity(1))
        page.record_settled.connect(presenter.settle)
        page.retry_requested.connect(presenter.retry)

    def _connect_enrol(self, presenter: CounterPresenter) -> None:
        page, flow = self.enrol, presenter.enrol
        page.field_changed.connect(flow.typed)
        page.field_left.connect(flow.left)
        page.field_accepted.connect(flow.left)
        page.consent_toggled.connect(lambda purpose, _on: flow.consent(purpose))
        page.read_requested.connect(flow.read)
        page.after_toggled.connect(lambda name, _on: flow.after(name))
        page.field_action.connect(flow.act_on)
        page.conclude_requested.connect(presenter.conclude)
        page.cancel_requested.connect(presenter.escape)

    def _bind_paste(self) -> None:
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self)
        shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
        shortcut.activated.connect(self._paste)

    def _key(self, number: int) -> None:
        if self._presenter is None:
            return
        if number == 2:
            self.focus_search()
        elif number == 4 and self._stands.name == "visit":
            self.visit.focus_amount()
        elif number == 5 and self._stands.name == "visit":
            self._presenter.visit.choosing()
            self.visit.focus_rewards()
        else:
            self._presenter.key(number)

    def focus_search(self) -> None:
        """F2: the field that always listens."""
        if self._stands.name == "identify":
            self.identify.go_home()
        elif self._stands.name in ("visit", "enrol"):
            self.shell.scan_edit().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _paste(self) -> None:
        """A picture or file is taken by the desk; text goes into the field that has the focus."""
        given: QMimeData | None = QGuiApplication.clipboard().mimeData()
        if given is None:  # nothing was copied yet
            return
        focus = QApplication.focusWidget()
        paste_text = getattr(focus, "paste", None)
        if given.hasText() and not given.hasUrls() and callable(paste_text):
            paste_text()
        else:
            self.take(given)


def _standing(screen: Screen) -> _Standing:
    state = screen.page
    if not isinstance(state, VisitState):
        return _Standing(screen.name, screen.home)
    confirms = isinstance(state.panel, ConfirmState)
    ask = state.panel.ask if isinstance(state.panel, ConfirmState) else state.summary.ask
    return _Standing(screen.name, screen.home, confirms, ask.at if ask is not None else None)


def png_of(image: QImage) -> bytes:
    """Return an image as PNG bytes."""
    store = QByteArray()
    buffer = QBuffer(store)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return bytes(store.data())
