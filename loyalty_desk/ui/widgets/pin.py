"""The field for a PIN: dots in a frame, digits only, never read out and never taken for a scan.

Guarantees that it carries the property `pin`, by which the filter that watches for scanners leaves
it alone, and that no digit is ever painted.
"""

from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QPaintEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy

from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.field import pastes_no_text
from loyalty_desk.ui.widgets.paint import Look, draw_box, draw_rule, painter_for

_HEIGHT = 60
_DOT, _GAP, _CARET_WIDE, _CARET_HIGH = 12, 14, 2, 26
_DIGITS: Final = "0123456789"
_STEPS: Final = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: -2,
    Qt.Key.Key_Down: 2,
}


class PinField(QLineEdit):
    """Takes digits, Backspace and paste; Enter says `entered`, arrow keys say `stepped`.

    `stepped` carries −1, 1 (left, right), −2 or 2 (up, down), for a grid of two columns.
    """

    entered = Signal(str)
    stepped = Signal(int)

    def __init__(self, name: str, most_digits: int = 8) -> None:
        super().__init__()
        self._wrong = False
        self.setProperty("pin", True)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setMaxLength(most_digits)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhSensitiveData
        )
        self.setAccessibleName(name)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAcceptDrops(False)
        self.textChanged.connect(self.update)

    def event(self, event: QEvent) -> bool:
        """Leave a picture that is pasted to the desk: it may show a badge."""
        if pastes_no_text(event):
            event.ignore()
            return False
        return super().event(event)

    def type_digit(self, digit: str) -> None:
        """Add a digit as if it had been typed; nothing happens while the field is locked."""
        if not self.isReadOnly():
            self.end(False)
            self.insert(digit)

    def erase(self) -> None:
        """Take the last digit back."""
        if not self.isReadOnly():
            self.end(False)
            self.backspace()

    def enter(self) -> None:
        """Say that the PIN is complete, unless nothing is typed or the field is locked."""
        if self.text() and not self.isReadOnly():
            self.entered.emit(self.text())

    def set_wrong(self, wrong: bool) -> None:
        """Outline the field in the colour of an error; say the reason in words beside it."""
        if wrong != self._wrong:
            self._wrong = wrong
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take what belongs to a PIN and leave every other key to the window."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self._paste()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.enter()
        elif event.key() == Qt.Key.Key_Backspace:
            self.erase()
        elif event.key() in _STEPS and not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.stepped.emit(_STEPS[Qt.Key(event.key())])
        elif event.text() and event.text() in _DIGITS:
            self.type_digit(event.text())
        else:
            event.ignore()

    def _paste(self) -> None:
        for sign in QApplication.clipboard().text():
            if sign in _DIGITS:
                self.type_digit(sign)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show no menu: a PIN is not copied."""
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        """Repaint after a change of theme or state."""
        super().changeEvent(event)
        self.update()

    def sizeHint(self) -> QSize:
        """Return a width for eight dots."""
        return QSize(8 * (_DOT + _GAP) + 48, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Return the least width that is still a field."""
        return QSize(160, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame, one dot for each digit, and the caret behind the last."""
        painter = painter_for(self)
        border, width = self._border()
        fill = "sunken" if self.isReadOnly() else "surface"
        draw_box(painter, self.rect(), Look(fill, border, width, 12))
        dots = len(self.text())
        x = (self.width() - dots * (_DOT + _GAP) - _CARET_WIDE) / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(active().color("ink"))
        for _dot in range(dots):
            painter.drawEllipse(QRectF(x, (self.height() - _DOT) / 2, _DOT, _DOT))
            x += _DOT + _GAP
        if self.hasFocus() and not self.isReadOnly():
            top = (self.height() - _CARET_HIGH) / 2
            caret = QRectF(x, top, _CARET_WIDE, _CARET_HIGH).toRect()
            draw_rule(painter, caret, "ink")
        painter.end()

    def _border(self) -> tuple[str, int]:
        if self._wrong:
            return ("bad", 2)
        if self.isReadOnly():
            return ("border", 1)
        return ("accent", 2) if self.hasFocus() else ("control", 1)
