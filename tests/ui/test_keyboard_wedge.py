"""A reader that types, at real windows: nothing it sends is left behind, nothing typed is lost."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShortcut, QWindow
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QCompleter,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from loyalty_desk.ui.scan.keyboard_wedge import KeyboardWedge
from tests.programme.receipt_builder import make_key
from tests.programme.wedge_bursts import TOKENS, US_TO_ABNT2

EAN = "7891000315507"
CARD = TOKENS[0]
RECEIPT = f"https://www.nfce.fazenda.sp.gov.br/qrcode?p={make_key()}|3|1"
PLAIN = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
KEYS = {"\r": Qt.Key.Key_Return, "\n": Qt.Key.Key_Enter, "\t": Qt.Key.Key_Tab}


class Keyboard:
    """Sends keys as the system does: to the window that has the focus, override, press, release."""

    def __init__(self) -> None:
        self.at_ms = 100_000
        self.window: QWindow | None = None
        self.shortcuts_kept_back = 0

    def hit(
        self,
        text: str,
        key: int | None = None,
        modifiers: Qt.KeyboardModifier = PLAIN,
        place: int = 0,
        repeats: bool = False,
    ) -> None:
        key = key if key is not None else KEYS.get(text, ord(text.upper()) if text else 0)
        window = QGuiApplication.focusWindow() or self.window
        for kind in (
            QEvent.Type.ShortcutOverride,
            QEvent.Type.KeyPress,
            QEvent.Type.KeyRelease,
        ):
            event = QKeyEvent(kind, key, modifiers, place, 0, 0, text, repeats)
            event.setTimestamp(self.at_ms)
            if kind is QEvent.Type.ShortcutOverride:
                event.ignore()
            QCoreApplication.sendEvent(window, event)
            if kind is QEvent.Type.ShortcutOverride:
                self.shortcuts_kept_back += event.isAccepted()

    def type(self, text: str, gap: int) -> None:
        for character in text:
            self.hit(character)
            self.at_ms += gap

    def rest(self, ms: int = 3000) -> None:
        self.at_ms += ms


@pytest.fixture
def keyboard() -> Keyboard:
    return Keyboard()


@pytest.fixture
def wedge(qapp: QApplication) -> Iterator[KeyboardWedge]:
    watching = KeyboardWedge(qapp)
    yield watching
    watching.stop()
    watching.deleteLater()


@pytest.fixture
def codes(wedge: KeyboardWedge) -> list[str]:
    seen: list[str] = []
    wedge.scanned.connect(seen.append)
    return seen


class Scene(QWidget):
    """A window with one of each: fields, a default button, a list."""

    def __init__(self) -> None:
        super().__init__()
        self.line, self.pin = QLineEdit(), QLineEdit()
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.button = QPushButton("ok")
        self.combo = QComboBox()
        self.combo.addItems(["1 um", "7 sete", "8 oito"])
        self.pressed: list[str] = []
        column = QVBoxLayout(self)
        for widget in (self.line, self.pin, self.button, self.combo):
            column.addWidget(widget)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.pressed.append(event.text())


@pytest.fixture
def scene(qtbot, keyboard: Keyboard) -> Scene:
    window = Scene()
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    keyboard.window = window.windowHandle()
    return window


@pytest.mark.parametrize("code", [EAN, CARD, RECEIPT])
@pytest.mark.parametrize("gap", [1, 8, 30])
@pytest.mark.parametrize("end", ["\r", "\t", "\r\n"])
def test_a_scan_into_a_field_leaves_it_as_it_was(
    scene: Scene, keyboard: Keyboard, codes: list[str], code: str, gap: int, end: str
) -> None:
    entered: list[str] = []
    scene.line.returnPressed.connect(lambda: entered.append(scene.line.text()))
    scene.line.setText("maria alves")
    scene.line.setSelection(9, -4)
    scene.line.setModified(True)
    scene.line.setFocus()
    keyboard.type(code + end, gap)
    assert codes == [code]
    assert scene.line.text() == "maria alves"
    assert (scene.line.selectedText(), scene.line.cursorPosition()) == (" alv", 5)
    assert scene.line.isModified()
    assert scene.line.hasFocus()
    assert entered == []


def test_a_scan_leaves_the_cursor_where_it_stood(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.line.setText("maria")
    scene.line.setCursorPosition(2)
    scene.line.setFocus()
    keyboard.type(CARD + "\r", 5)
    assert (codes, scene.line.text(), scene.line.cursorPosition()) == ([CARD], "maria", 2)
    assert not scene.line.isModified()


@pytest.mark.parametrize("gap", [90, 120, 200])
def test_what_a_person_types_stays_and_enter_arrives(
    scene: Scene, keyboard: Keyboard, codes: list[str], gap: int
) -> None:
    entered: list[str] = []
    scene.line.returnPressed.connect(lambda: entered.append(scene.line.text()))
    scene.line.setFocus()
    keyboard.type("39053344705\r", gap)
    assert codes == []
    assert entered == ["39053344705"]


def test_typing_delivered_in_one_go_after_a_stall_is_still_typing(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.line.setFocus()
    keyboard.type("joana12345\r", 120)  # handled at once; only the keys' own times are apart
    assert codes == []
    assert scene.line.text() == "joana12345"


def test_typing_and_then_a_scan_keeps_the_typing(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.line.setFocus()
    keyboard.type("mar", 130)
    keyboard.rest(400)
    keyboard.type(CARD + "\r", 5)
    keyboard.rest(400)
    keyboard.type("ia", 130)
    assert codes == [CARD]
    assert scene.line.text() == "maria"


def test_a_scan_on_a_button_presses_nothing(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    clicks: list[bool] = []
    scene.button.setDefault(True)
    scene.button.clicked.connect(lambda: clicks.append(True))
    scene.button.setFocus()
    keyboard.type(RECEIPT + "\r\n", 6)
    assert (codes, clicks, scene.pressed) == ([RECEIPT], [], [])


def test_space_still_presses_a_button_at_once(scene: Scene, keyboard: Keyboard, codes) -> None:
    clicks: list[bool] = []
    scene.button.clicked.connect(lambda: clicks.append(True))
    scene.button.setFocus()
    keyboard.hit(" ")
    assert len(clicks) == 1


def test_a_scan_without_any_focus_reaches_nobody_else(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    for widget in (scene.line, scene.pin, scene.button, scene.combo):
        widget.clearFocus()
    assert QApplication.focusWidget() is None
    keyboard.type(EAN + "\r", 3)
    assert (codes, scene.pressed) == ([EAN], [])


def test_keys_typed_where_no_field_is_arrive_in_order(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.button.setFocus()
    keyboard.type("482", 120)
    assert scene.pressed == ["4", "8", "2"]  # the third key has shown a person's pace
    keyboard.type("6", 120)
    keyboard.hit("", Qt.Key.Key_F5)
    assert scene.pressed == ["4", "8", "2", "6", ""]
    assert codes == []


def test_a_single_key_arrives_after_the_shortest_pause(
    qtbot, scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.button.setFocus()
    keyboard.hit("5")
    assert scene.pressed == []
    qtbot.waitUntil(lambda: scene.pressed == ["5"])
    assert codes == []


def test_a_key_of_another_kind_follows_the_ones_held_before_it(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.button.setFocus()
    keyboard.type("5", 20)
    keyboard.hit("", Qt.Key.Key_F10)
    assert scene.pressed == ["5", ""]


def test_a_late_key_closes_the_burst_before_it(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.button.setFocus()
    keyboard.type(CARD, 4)
    keyboard.rest()
    keyboard.type("5", 4)
    assert codes == [CARD]


def test_a_code_without_a_line_end_is_read_when_the_keys_stop(
    qtbot, scene: Scene, keyboard: Keyboard, wedge: KeyboardWedge
) -> None:
    scene.line.setFocus()
    with qtbot.waitSignal(wedge.scanned, timeout=5000) as read:
        keyboard.type(CARD, 4)
    assert read.args == [CARD]
    assert scene.line.text() == ""


def test_a_scan_over_a_list_that_dropped_down_chooses_nothing(
    qtbot, scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.combo.setFocus()
    scene.combo.showPopup()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    keyboard.type(EAN + "\r", 5)
    assert codes == [EAN]
    assert scene.combo.view().isVisible()
    assert scene.combo.currentText() == "1 um"
    scene.combo.hidePopup()


def test_a_scan_over_a_dialog_is_read_and_closes_nothing(
    qtbot, scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    dialog = QDialog(scene)
    dialog.setModal(True)
    box, field, button = QVBoxLayout(dialog), QLineEdit(), QPushButton("ok")
    box.addWidget(field)
    box.addWidget(button)
    button.setDefault(True)
    button.clicked.connect(dialog.accept)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    field.setFocus()
    keyboard.window = dialog.windowHandle()
    keyboard.type(CARD + "\r", 5)
    assert codes == [CARD]
    assert dialog.isVisible()
    assert field.text() == ""
    dialog.close()


@pytest.mark.parametrize("marked", [False, True], ids=["password", "pin"])
def test_a_pin_typed_fast_stays_in_its_field(
    scene: Scene, keyboard: Keyboard, codes: list[str], marked: bool
) -> None:
    if marked:
        scene.pin.setEchoMode(QLineEdit.EchoMode.Normal)
        scene.pin.setProperty("pin", True)
    entered: list[str] = []
    scene.pin.returnPressed.connect(lambda: entered.append(scene.pin.text()))
    scene.pin.setFocus()
    keyboard.type("482913\r", 10)
    assert (codes, entered) == ([], ["482913"])


@pytest.mark.parametrize("code", [CARD, RECEIPT])
def test_a_whole_code_leaves_even_a_pin_field(
    scene: Scene, keyboard: Keyboard, codes: list[str], code: str
) -> None:
    entered: list[str] = []
    scene.pin.returnPressed.connect(lambda: entered.append(scene.pin.text()))
    scene.pin.setMaxLength(6)
    scene.pin.setText("48")
    scene.pin.setFocus()
    keyboard.type(code + "\r", 6)
    assert (codes, entered, scene.pin.text()) == ([code], [], "48")


def test_the_same_code_at_once_again_is_only_an_echo(
    scene: Scene, keyboard: Keyboard, wedge: KeyboardWedge, codes: list[str]
) -> None:
    echoes: list[str] = []
    wedge.repeated.connect(echoes.append)
    scene.line.setFocus()
    for pause in (300, 3000, 0):
        keyboard.type(EAN + "\r", 5)
        keyboard.rest(pause)
    assert (codes, echoes) == ([EAN, EAN], [EAN])
    assert scene.line.text() == ""


def test_a_held_key_is_no_reader(scene: Scene, keyboard: Keyboard, codes: list[str]) -> None:
    scene.line.setFocus()
    keyboard.hit("7")
    for _ in range(20):
        keyboard.rest(33)
        keyboard.hit("7", repeats=True)
    keyboard.hit("\r")
    assert codes == []
    assert scene.line.text() == "7" * 21


def test_shift_going_down_is_no_part_of_a_code(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.line.setFocus()
    for character in "LD!F10":
        keyboard.hit("", Qt.Key.Key_Shift, SHIFT)
        keyboard.hit(character, modifiers=SHIFT)
        keyboard.at_ms += 5
    keyboard.hit("\r")
    assert codes == ["LD!F10"]


def test_control_keys_keep_their_meaning(scene: Scene, keyboard: Keyboard, codes) -> None:
    scene.line.setText("maria")
    scene.line.setFocus()
    keyboard.type("x", 20)
    keyboard.hit("\x01", Qt.Key.Key_A, CONTROL, place=38)
    assert scene.line.selectedText() == "mariax"
    keyboard.hit("", Qt.Key.Key_Backspace)
    assert scene.line.text() == ""


def test_a_line_feed_spelt_with_control_ends_a_code(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.line.setFocus()
    keyboard.type(EAN, 5)
    keyboard.hit("\n", Qt.Key.Key_J, CONTROL)
    assert codes == [EAN]


def test_digits_of_a_french_keyboard_are_read_by_their_place(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    seen = dict(zip("1234567890", "&é\"'(-è_çà", strict=True))
    place = dict(zip("1234567890", range(10, 20), strict=True))  # X11 counts keys from 8
    scene.line.setFocus()
    for digit in EAN:
        keyboard.hit(seen[digit], place=place[digit])
        keyboard.at_ms += 5
    keyboard.hit("\r")
    assert (codes, scene.line.text()) == ([EAN], "")


def test_an_abnt2_computer_loses_no_receipt(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.line.setFocus()
    keyboard.type(RECEIPT.translate(US_TO_ABNT2) + "\r", 6)
    assert codes == [RECEIPT.translate(US_TO_ABNT2)]
    assert scene.line.text() == ""


def test_keys_of_a_scan_do_not_fire_shortcuts(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.button.setFocus()
    keyboard.type(EAN + "\r", 5)
    assert keyboard.shortcuts_kept_back == len(EAN)  # all but the first, and Enter
    keyboard.rest()
    keyboard.hit("\r")
    assert keyboard.shortcuts_kept_back == len(EAN)
    assert scene.pressed == ["\r"]


class TestAPrefixKey:
    @pytest.fixture
    def wedge(self, qapp: QApplication) -> Iterator[KeyboardWedge]:
        watching = KeyboardWedge(qapp, prefix_key=Qt.Key.Key_F9)
        yield watching
        watching.stop()
        watching.deleteLater()

    def test_makes_a_scan_of_a_short_slow_code_in_any_field(
        self, scene: Scene, keyboard: Keyboard, codes: list[str]
    ) -> None:
        fired: list[bool] = []
        QShortcut(QKeySequence(Qt.Key.Key_F9), scene, lambda: fired.append(True))
        scene.line.setText("a")
        scene.line.setFocus()
        keyboard.hit("", Qt.Key.Key_F9)
        assert keyboard.shortcuts_kept_back == 1
        keyboard.type("42\r", 300)
        assert (codes, fired, scene.line.text()) == (["42"], [], "a")

    def test_alone_changes_nothing(
        self, qtbot, scene: Scene, keyboard: Keyboard, codes: list[str]
    ) -> None:
        scene.line.setFocus()
        keyboard.type("x", 20)
        keyboard.hit("", Qt.Key.Key_F9)
        keyboard.type("\r", 10)
        keyboard.type("y", 10)
        assert (codes, scene.line.text()) == ([], "xy")


def show_field(scene: Scene, field: QWidget) -> None:
    scene.layout().addWidget(field)
    field.show()
    field.setFocus()


@pytest.mark.parametrize("kind", [QPlainTextEdit, QTextEdit])
def test_a_page_of_text_is_restored_with_its_cursor(
    scene: Scene, keyboard: Keyboard, codes: list[str], kind: type[QPlainTextEdit | QTextEdit]
) -> None:
    page = kind()
    page.setPlainText("primeira\nsegunda")
    show_field(scene, page)
    page.moveCursor(page.textCursor().MoveOperation.End)
    page.document().setModified(True)
    keyboard.type(CARD + "\r", 5)
    assert codes == [CARD]
    assert page.toPlainText() == "primeira\nsegunda"
    assert page.textCursor().position() == 16
    assert page.document().isModified()


def test_a_spin_box_and_an_editable_list_are_restored(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    number, choice = QSpinBox(), QComboBox()
    number.setMaximum(999)
    number.setValue(12)
    show_field(scene, number)
    keyboard.type(EAN + "\r", 5)
    assert number.value() == 12
    choice.setEditable(True)
    choice.setCurrentText("loja")
    show_field(scene, choice)
    keyboard.rest()
    keyboard.type(EAN + "\r", 5)
    assert choice.currentText() == "loja"
    assert choice.count() == 0
    assert codes == [EAN, EAN]


def test_a_completer_does_not_stay_open(
    qtbot, scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.line.setCompleter(QCompleter(["78 lojas", "7 anos"]))
    scene.line.setFocus()
    keyboard.type(EAN + "\r", 5)
    assert codes == [EAN]
    assert scene.line.text() == ""
    assert not scene.line.completer().popup().isVisible()


class Amount(QLineEdit):
    """A field with a value beside its text."""

    def __init__(self) -> None:
        super().__init__()
        self.centavos = 0
        self.textEdited.connect(self._take)

    def _take(self, text: str) -> None:
        self.centavos = int(text)

    def before_scan(self) -> object:
        return self.centavos

    def after_scan(self, kept: object) -> None:
        assert isinstance(kept, int)
        self.centavos = kept


def test_a_field_with_a_value_of_its_own_puts_it_back(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    amount = Amount()
    amount.setText("8640")
    amount.centavos = 8640
    show_field(scene, amount)
    keyboard.type(EAN + "\r", 5)
    assert (codes, amount.text(), amount.centavos) == ([EAN], "8640", 8640)


def test_a_field_that_shows_only_is_no_field(
    scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    scene.line.setReadOnly(True)
    scene.line.setFocus()
    keyboard.type(EAN + "\r", 5)
    assert codes == [EAN]


def test_a_field_that_goes_away_during_a_scan_does_no_harm(
    qtbot, scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    passing = QLineEdit()
    show_field(scene, passing)
    keyboard.type(EAN[:6], 5)
    passing.deleteLater()
    QCoreApplication.sendPostedEvents(passing, QEvent.Type.DeferredDelete)
    scene.button.setFocus()
    keyboard.type(EAN[6:] + "\r", 5)
    assert codes == [EAN]


def test_a_widget_that_goes_away_takes_its_held_keys_along(
    qtbot, scene: Scene, keyboard: Keyboard, codes: list[str]
) -> None:
    passing = QPushButton("x")
    show_field(scene, passing)
    keyboard.hit("5")
    passing.deleteLater()
    QCoreApplication.sendPostedEvents(passing, QEvent.Type.DeferredDelete)
    keyboard.hit("", Qt.Key.Key_F5)
    assert codes == []


def test_after_stop_keys_are_only_keys(
    scene: Scene, keyboard: Keyboard, wedge: KeyboardWedge, codes: list[str]
) -> None:
    scene.button.setFocus()
    keyboard.hit("5")
    wedge.stop()
    assert scene.pressed == ["5"]
    scene.line.setFocus()
    keyboard.type(EAN + "\r", 5)
    assert (codes, scene.line.text()) == ([], EAN)


def test_a_label_window_without_fields_is_watched_too(
    qtbot, keyboard: Keyboard, codes: list[str]
) -> None:
    label = QLabel("Leia o código")
    qtbot.addWidget(label)
    label.show()
    label.activateWindow()
    qtbot.waitUntil(label.isActiveWindow)
    keyboard.window = label.windowHandle()
    keyboard.type(CARD + "\r", 5)
    assert codes == [CARD]
