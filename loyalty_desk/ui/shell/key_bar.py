"""The twelve function keys at the foot of every screen: always there, never at another place.

Guarantees that a key acts exactly when its slot is enabled, by key and by finger alike.
"""

from typing import Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeySequence, QPaintEvent, QResizeEvent, QShortcut

from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.control import KeySlot
from loyalty_desk.ui.widgets.layout import Breadth
from loyalty_desk.ui.widgets.paint import Look, Painted, draw_box, draw_rule, painter_for
from sync.i18n import N_, _

LABELS: Final = (
    N_("Help"),
    N_("Search"),
    N_("Enrol"),
    N_("Amount"),
    N_("Redeem"),
    N_("Read receipt"),
    N_("Pick-ups"),
    N_("Undo"),
    N_("Print"),
    N_("Finish"),
    N_("Pending"),
    N_("Operator"),
)
_HEIGHTS: Final = {Breadth.COMPACT: 58, Breadth.NORMAL: 52, Breadth.WIDE: 56}
_A_ROW: Final = 6
_ENDS: Final = {Breadth.COMPACT: 6, Breadth.NORMAL: 12, Breadth.WIDE: 20}


class KeyBar(Painted):
    """Twelve slots spread over the width; stacked (cap over word) where the window is narrow."""

    pressed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._breadth = Breadth.NORMAL
        self._hot = 0
        self._slots: list[KeySlot] = []
        for at, label in enumerate(LABELS):
            slot = KeySlot(f"F{at + 1}", _(label))
            slot.setParent(self)
            slot.clicked.connect(lambda _checked=False, n=at + 1: self.press(n))
            self._slots.append(slot)
        self._shortcuts = [self._shortcut(n) for n in range(1, len(LABELS) + 1)]

    def _shortcut(self, n: int) -> QShortcut:
        shortcut = QShortcut(QKeySequence(Qt.Key.Key_F1 + n - 1), self)
        shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(lambda: self.press(n))
        return shortcut

    def press(self, n: int) -> None:
        """Press key `n`; nothing happens while its slot is disabled."""
        if self._slots[n - 1].isEnabled():
            self.pressed.emit(n)

    def set_breadth(self, breadth: Breadth) -> None:
        """Arrange the bar for the width of the window."""
        self._breadth = breadth
        self.setFixedHeight(_HEIGHTS[breadth])
        self._place()

    def draw(self, enabled: frozenset[int], hot: int) -> None:
        """Show which keys act, and which one does the next thing."""
        self._hot = hot
        for at, slot in enumerate(self._slots):
            slot.setEnabled(at + 1 in enabled)
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Spread the slots anew."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        stacked = self._breadth is Breadth.COMPACT
        room = self.width() - 2 * _ENDS[self._breadth]
        if not stacked and sum(self._widths(False)) > room:
            stacked = True
        if stacked and sum(self._widths(True)) > room:
            self._place_rows(room)
        else:
            self._place_row(room, stacked)

    def _place_row(self, room: int, stacked: bool) -> None:
        widths = self._widths(stacked)
        gap = (room - sum(widths)) / (len(widths) - 1)
        height = 52 if stacked else 44
        top = 1 + (self.height() - 1 - height) // 2
        x = float(_ENDS[self._breadth])
        for slot, wide in zip(self._slots, widths, strict=True):
            slot.setGeometry(round(x), top, round(wide + 0.5), height)
            x += wide + gap

    def _place_rows(self, room: int) -> None:
        """Very large letters: two rows of six."""
        self._widths(False)
        wide, high = room / _A_ROW, (self.height() - 1) / 2
        for at, slot in enumerate(self._slots):
            x, y = _ENDS[self._breadth] + (at % _A_ROW) * wide, 1 + (at // _A_ROW) * high
            slot.setGeometry(round(x), round(y), int(wide), int(high))

    def _widths(self, stacked: bool) -> list[float]:
        widths = []
        for at, slot in enumerate(self._slots):
            slot.show_as(_(LABELS[at]), at + 1 == self._hot, stacked)
            widths.append(max(slot.wanted_width(), 44.0))
        return widths

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar and its upper border."""
        painter = painter_for(self)
        draw_box(painter, self.rect(), Look("surface"))
        draw_rule(painter, QRect(0, 0, self.width(), active().border_px))
        painter.end()
