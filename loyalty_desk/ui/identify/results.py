"""Who was found for what is typed: at most eight rows, or the sentence that nobody was.

Guarantees that the list never covers anything: it takes the place of the hints, beside the keypad.
"""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loyalty_desk.ui.identify.state import MOST_RESULTS, Result, Search
from loyalty_desk.ui.widgets.button import Tile, stand_on
from loyalty_desk.ui.widgets.label import Label
from loyalty_desk.ui.widgets.layout import Spring, column, grow, row, stack
from loyalty_desk.ui.widgets.surface import Avatar
from loyalty_desk.ui.widgets.text import Text
from loyalty_desk.ui.widgets.way import Way

_ROW_LEAST, _ROW_MOST = 44, 56
_GAP, _TOTAL_HEIGHT = 2, 20
_WIDE = 560  # pixels from which a row has room for the last visit
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ResultRow(Tile):
    """One member: initials, name, masked contact, tier."""

    chosen = Signal(object)
    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__(radius=10)
        self._member_id = 0
        self._avatar = Avatar()
        self._name = Text("", "body-strong")
        self._contact = Text("", "small", "ink3")
        self._last_visit = Text("", "small", "ink3", align="right", elide=False)
        self._tier = Label("", "gold", "tag", "crown")
        words = stack(self._name, self._contact)
        self.setLayout(
            row(self._avatar, grow(words), self._last_visit, self._tier, gap=10, pad=(0, 8))
        )
        self.setMinimumHeight(_ROW_LEAST)
        self.setMaximumHeight(_ROW_MOST)
        self.clicked.connect(lambda: self.chosen.emit(self._member_id))
        stand_on(self)

    def show_result(self, found: Result) -> None:
        """Show a member."""
        self._member_id = found.member_id
        self._avatar.set_initials(found.initials)
        self._name.set_text(found.name)
        self._contact.set_text(found.contact)
        self._last_visit.set_text(found.last_visit)
        self._tier.show_as(found.tier_name, found.tier or "plain")
        self._tier.setVisible(bool(found.tier_name))
        said = (found.name, found.contact, found.tier_name, found.last_visit)
        self.setAccessibleName(", ".join(part for part in said if part))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the last visit to the accessible name, and the crown away, where it is narrow."""
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        self._last_visit.setVisible(wide)
        self._tier.show_as(self._tier.text(), icon="crown" if wide else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; arrows move within the list and back to the field."""
        key = Qt.Key(event.key())
        if key in _ENTER:
            self.click()
        elif key in _STEPS:
            self.stepped.emit(_STEPS[key])
        else:
            super().keyPressEvent(event)


class ResultList(QWidget):
    """The rows, and a line that says how many more there are."""

    chosen = Signal(object)
    left_upwards = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows = [ResultRow() for _place in range(MOST_RESULTS)]
        self._total = Text("", "small", "ink3")
        self._nothing = Way("search", "plain", ruled=False, wraps=True)
        self.setLayout(column(self._nothing, *self._rows, self._total, Spring(0), gap=_GAP))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._found: tuple[Result, ...] = ()
        self._count = 0
        for at, one in enumerate(self._rows):
            one.chosen.connect(self.chosen)
            one.stepped.connect(lambda by, at=at: self._step(at + by))

    def draw(self, search: Search) -> None:
        """Show what was found."""
        self._found = search.results[:MOST_RESULTS]
        for one, found in zip(self._rows, self._found, strict=False):
            one.show_result(found)
        self._total.set_text(search.total)
        self._total.setVisible(bool(search.total and self._found))
        self._nothing.show_as(search.nothing, search.nothing_note)
        self._nothing.setVisible(not self._found and bool(search.nothing))
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Ask for one row only: where the window is low, fewer rows are shown."""
        return QSize(_ROW_LEAST, _ROW_LEAST)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many rows as stand in the height."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.height() - (0 if self._total.isHidden() else _TOTAL_HEIGHT)
        self._count = min(len(self._found), max((room + _GAP) // (_ROW_LEAST + _GAP), 1))
        for at, one in enumerate(self._rows):
            one.setVisible(at < self._count)

    def enter_from_above(self) -> None:
        """Give the focus to the first row, if there is one."""
        self._step(0)

    def _step(self, to: int) -> None:
        if to < 0:
            self.left_upwards.emit()
        elif to < self._count:
            self._rows[to].setFocus(Qt.FocusReason.TabFocusReason)
