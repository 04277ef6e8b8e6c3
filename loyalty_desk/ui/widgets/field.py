"""Fields to type in: a frame of our own around a bare line edit, and the field for an amount.

Guarantees that text stands where the drawing has it, that the frame shows focus and error, and
that an amount is always whole centavos.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QObject, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QWidget

from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.label import KeyCap
from loyalty_desk.ui.widgets.layout import grow, row
from loyalty_desk.ui.widgets.paint import Look, Painted, draw_box, painter_for, text_width
from loyalty_desk.ui.widgets.surface import Icon
from sync.i18n import money

_QT_INNER_MARGIN = 2  # what QLineEdit keeps free at both ends of its text
_MOST_DIGITS = 8
_DIGITS: Final = "0123456789"
_AMOUNT_ROLES: Final = ("field-30", "field-24", "field-20", "field-16")


@dataclass(frozen=True, slots=True)
class Shape:
    """The measures of a kind of field; paddings include a 1 px border."""

    height: int
    role: str
    left: int
    right: int
    gap: int
    radius: int
    icon: int


SHAPES: Final[dict[str, Shape]] = {
    "scan": Shape(44, "field-15", 15, 9, 10, 10, 20),
    "hero": Shape(68, "field-20", 22, 18, 14, 14, 26),
    "form": Shape(54, "field-18", 15, 15, 10, 10, 20),
    "plain": Shape(48, "field-16", 15, 15, 10, 10, 18),
    "amount": Shape(64, "field-30", 15, 15, 10, 12, 20),
}


class Field(Painted):
    """A framed line edit with an optional icon before it and anything after it.

    `edit` is the QLineEdit itself: connect to its signals, set its text and its validator.
    """

    def __init__(
        self,
        kind: str = "form",
        name: str = "",
        placeholder: str = "",
        icon: str = "",
        key: str = "",
        after: QWidget | None = None,
        edit: QLineEdit | None = None,
    ) -> None:
        super().__init__()
        shape = SHAPES[kind]
        self._shape, self._wrong = shape, False
        self.edit = edit or QLineEdit()
        self._dress(name, placeholder)
        items: list[QWidget] = [Icon(icon, "ink3", shape.icon)] if icon else []
        tail = after or (KeyCap(key) if key else None)
        inner = shape.left - (0 if icon else _QT_INNER_MARGIN)
        gap = shape.gap - (_QT_INNER_MARGIN if icon or tail else 0)
        ends = [tail] if tail else []
        self.setLayout(row(*items, grow(self.edit), *ends, gap=gap, pad=(0, shape.right, 0, inner)))
        self.setFixedHeight(shape.height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.edit)
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def _dress(self, name: str, placeholder: str) -> None:
        self.edit.setFrame(False)
        self.edit.setFont(active().font(self._shape.role))
        self.edit.setPlaceholderText(placeholder)
        self.edit.setAccessibleName(name or placeholder)
        self.edit.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.edit.setMinimumWidth(24)
        self.edit.setAcceptDrops(False)  # what is dropped is for the desk, wherever it falls
        self.edit.installEventFilter(self)

    def text(self) -> str:
        """Return what is typed."""
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Show `text` without telling anyone; the caret stays where nothing changed."""
        if text != self.edit.text():
            with QSignalBlocker(self.edit):
                self.edit.setText(text)

    def set_wrong(self, wrong: bool) -> None:
        """Outline the field in the colour of an error; say the reason in words beside it."""
        if wrong != self._wrong:
            self._wrong = wrong
            self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Repaint the frame with the focus; leave pasted pictures and files to the desk."""
        if isinstance(event, QFocusEvent):
            self.update()
        if pastes_no_text(event):
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Give the line edit the focus wherever the frame is hit."""
        self.edit.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def sizeHint(self) -> QSize:
        """Return the width at which the placeholder is readable in full."""
        layout = self.layout()
        around = layout.sizeHint().width() - self.edit.sizeHint().width() if layout else 0
        words = text_width(self.edit.placeholderText(), active().font(self._shape.role))
        return QSize(math.ceil(words) + 1 + 2 * _QT_INNER_MARGIN + around, self._shape.height)

    def minimumSizeHint(self) -> QSize:
        """Return the least width that is still a field."""
        return QSize(96, self._shape.height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame."""
        painter = painter_for(self)
        border, width = self._border()
        fill = "surface" if self.isEnabled() else "sunken"
        draw_box(painter, self.rect(), Look(fill, border, width, self._shape.radius))
        painter.end()

    def _border(self) -> tuple[str, int]:
        if not self.isEnabled():
            return ("border", 1)
        if self._wrong:
            return ("bad", 2)
        return ("accent", 2) if self.edit.hasFocus() else ("control", 1)


def pastes_no_text(event: QEvent) -> bool:
    """Return whether a field is asked if it wants a paste, and a picture or a file is pasted."""
    if not isinstance(event, QKeyEvent) or event.type() is not QEvent.Type.ShortcutOverride:
        return False
    if not event.matches(QKeySequence.StandardKey.Paste):
        return False
    given: QMimeData | None = QApplication.clipboard().mimeData()  # None where nothing was copied
    return given is not None and (given.hasUrls() or not given.hasText())


def centavos_of(text: str) -> int | None:
    """Read a pasted amount in centavos: "86,40", "R$ 1.234,50", "86.4", "86"; None if it is none.

    The last comma or point followed by one or two digits at the end is the decimal sign. What has
    more digits than can be typed is none.
    """
    found = re.fullmatch(r"(?:R\$)?([0-9.,]*?)(?:[.,]([0-9]{1,2}))?", re.sub(r"\s", "", text))
    if found is None:
        return None
    whole, cents = re.sub(r"[.,]", "", found[1]), found[2] or ""
    if not whole and not cents:
        return None
    centavos = int(whole + cents.ljust(2, "0"))
    return centavos if _is_typed(centavos) else None


def _is_typed(centavos: int) -> bool:
    """Say whether an amount has no more digits than the field takes."""
    return len(str(centavos)) <= _MOST_DIGITS


class _CentsEdit(QLineEdit):
    """Digits enter from the right as centavos; nothing else is taken.

    The amount is read back from the text, so whoever sets the text (a reader's trace taken away,
    for one) sets the amount as well. `unreadable` is told when a paste is no amount.
    """

    changed = Signal(int)
    unreadable = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._told = 0
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setAcceptDrops(False)
        self.textChanged.connect(self._tell)
        self.textEdited.connect(self._tidy)

    def centavos(self) -> int:
        """Return the amount shown; 0 when nothing is."""
        digits = "".join(sign for sign in self.text() if sign in _DIGITS)
        return int(digits or "0")

    def show_centavos(self, centavos: int) -> None:
        """Show an amount without telling anyone."""
        self._told = centavos
        self.setText(money(centavos) if centavos else "")

    def event(self, event: QEvent) -> bool:
        """Leave Ctrl+Z to the desk: there is nothing to undo in an amount."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.matches(QKeySequence.StandardKey.Undo)
        ):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take digits, Backspace, Delete and paste; leave the rest to the window."""
        typed = event.text()
        if event.matches(QKeySequence.StandardKey.Paste):
            self._paste()
        elif typed and typed in _DIGITS:
            self._take(self._kept() * 10 + int(typed))
        elif event.key() == Qt.Key.Key_Backspace:
            self._take(self._kept() // 10)
        elif event.key() == Qt.Key.Key_Delete:
            self._take(0)
        elif typed and typed.isprintable():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _kept(self) -> int:
        return 0 if self.hasSelectedText() else self.centavos()

    def _paste(self) -> None:
        pasted = centavos_of(QApplication.clipboard().text())
        if pasted is None:
            self.unreadable.emit()
        else:
            self._take(pasted)

    def _take(self, centavos: int) -> None:
        if _is_typed(centavos):
            self.setText(money(centavos) if centavos else "")

    def _tidy(self) -> None:
        """Write as money what came in by another way, such as an input method."""
        centavos = self.centavos() % 10**_MOST_DIGITS
        self.setText(money(centavos) if centavos else "")

    def _tell(self) -> None:
        if self.centavos() != self._told:
            self._told = self.centavos()
            self.changed.emit(self._told)


class AmountField(Field):
    """The field for the amount of a purchase: digits go to centavos, 8640 becomes R$ 86,40."""

    changed = Signal(int)
    accepted = Signal()
    unreadable = Signal()

    def __init__(self, name: str) -> None:
        cents = _CentsEdit()
        super().__init__("amount", name, money(0), edit=cents)
        self._cents = cents
        self._cents.textChanged.connect(self._fit)
        self._cents.changed.connect(self.changed)
        self._cents.unreadable.connect(self.unreadable)
        self._cents.returnPressed.connect(self.accepted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use a smaller size of type where a long amount has no room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.edit.width() - 2 * _QT_INNER_MARGIN - 2
        shown = self.edit.text() or self.edit.placeholderText()
        for role in _AMOUNT_ROLES:
            if text_width(shown, active().font(role)) <= room:
                break
        if self.edit.font() != active().font(role):
            self.edit.setFont(active().font(role))

    def centavos(self) -> int:
        """Return the amount; 0 when nothing is entered."""
        return self._cents.centavos()

    def set_centavos(self, centavos: int) -> None:
        """Show an amount; nothing is emitted, and nothing moves when it is shown already."""
        if centavos != self._cents.centavos():
            self._cents.show_centavos(centavos)

    def start(self) -> None:
        """Take the focus, the amount selected so that the next digit starts a new one."""
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.edit.selectAll()
