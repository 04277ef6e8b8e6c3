"""The last visits of this till, the newest with its time to undo.

Guarantees that a row stays the same widget while the seconds run, so that a finger on "Undo" never
hits another visit.
"""

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from loyalty_desk.ui.identify.state import MOST_RECENT, Visit
from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.layout import SPRING, column, grow, hosted, row, stack
from loyalty_desk.ui.widgets.paint import Painted, draw_rule, painter_for
from loyalty_desk.ui.widgets.surface import Avatar, Surface
from loyalty_desk.ui.widgets.text import Prose, Text
from sync.i18n import _

ROW_HEIGHT = 62
_HEAD = 56  # border, padding, title and the gap under it
_GAP = 10


class VisitRow(Painted):
    """One visit: who, what it did, and when; or the button that takes it back."""

    undo = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._visit = ""
        self._avatar = Avatar()
        self._name = Text("", "body-strong")
        self._effect = Text("", "small", "ink3")
        self._age = Text("", "small", "ink3", elide=False)
        self._compact = False
        self._buttons = [
            Button("", icon="undo-2", size="s-tight", icon_size=17),
            Button("", size="cap"),  # without an icon, where the card is narrow
        ]
        for button in self._buttons:
            button.clicked.connect(lambda: self.undo.emit(self._visit))
        words = stack(self._name, self._effect)
        self._line = row(
            self._avatar, 2, grow(words), self._age, *self._buttons, gap=_GAP, pad=(1, 0, 0, 0)
        )
        self.setLayout(self._line)
        self.setFixedHeight(ROW_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_visit(self, visit: Visit) -> None:
        """Show a visit."""
        self._visit = visit.visit
        self._avatar.set_initials(visit.initials)
        self._name.set_text(visit.name)
        self._effect.set_text(visit.effect)
        self._effect.setAccessibleName(visit.effect_said or visit.effect)
        self._age.set_text(visit.age)
        self._age.setVisible(bool(visit.age) and not visit.undo)
        for button in self._buttons:
            button.set_label(visit.undo)
            button.setAccessibleName(visit.undo_said or visit.undo)
        self._show_button(bool(visit.undo))

    def _show_button(self, shown: bool) -> None:
        usual, short = self._buttons
        usual.setVisible(shown and not self._compact)
        short.setVisible(shown and self._compact)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the divider above."""
        painter = painter_for(self)
        draw_rule(painter, QRect(0, 0, self.width(), active().border_px))
        painter.end()

    def set_compact(self, compact: bool) -> None:
        """Leave the initials away and move closer together."""
        self._compact = compact
        self._avatar.setVisible(not compact)
        self._show_button(bool(self._buttons[0].label()))
        self._line.setSpacing(6 if compact else _GAP)


class RecentCard(Surface):
    """As many of the last visits as the height has room for."""

    undo_requested = Signal(str)

    def __init__(self) -> None:
        self._rows = [VisitRow() for _place in range(MOST_RECENT)]
        self._empty = Prose("", "small", "ink3")
        self._nothing = hosted(column(self._empty, pad=(0, 0, 12, 0)))
        self._title = Text(_("Last visits"), "h2")
        super().__init__(
            "card", column(self._title, 12, *self._rows, self._nothing, SPRING, pad=(20, 20, 8, 20))
        )
        self._count, self._room = 0, MOST_RECENT
        for one in self._rows:
            one.undo.connect(self.undo_requested)

    def draw(self, recent: tuple[Visit, ...], empty: str) -> None:
        """Show the visits, or the sentence for none."""
        self._count = min(len(recent), MOST_RECENT)
        for one, visit in zip(self._rows, recent, strict=False):
            one.show_visit(visit)
        self._empty.set_text(empty)
        self._nothing.setVisible(not recent and bool(empty))
        self._show_rows()

    def set_room(self, height: int) -> None:
        """Show no more rows than stand in `height` pixels."""
        self._room = max((height - _HEAD - 9) // ROW_HEIGHT, 1)
        self._show_rows()

    def _show_rows(self) -> None:
        for at, one in enumerate(self._rows):
            one.setVisible(at < min(self._count, self._room))

    def set_compact(self, compact: bool) -> None:
        """Use less space at the sides."""
        side = 17 if compact else 21
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(side, 21, side, 9)
        for one in self._rows:
            one.set_compact(compact)
