"""The lines of a sum, before and after, and the figure they come to."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from loyalty_desk.ui.redeem.state import MOST_ROWS, Row
from loyalty_desk.ui.widgets.label import tag
from loyalty_desk.ui.widgets.layout import SPRING, column, row
from loyalty_desk.ui.widgets.text import Text
from sync.i18n import _

_NARROW = 230
_GIVES_WAY = 5


class SumRow(QWidget):
    """A label at the left, a figure at the right, a mark when the figure changed.

    As high as it is drawn, and a little lower where room is short.
    """

    def __init__(self, height: int = 34) -> None:
        super().__init__()
        self._label = Text("", "body", "ink2")
        self._mark = tag(_("changed"), "warn")
        self._mark.hide()
        self._value = Text("", "body-strong", align="right", elide=False)
        self.setLayout(row(self._label, SPRING, self._mark, self._value, gap=8))
        self._height = height
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """Return the height of the drawing."""
        return QSize(super().sizeHint().width(), self._height)

    def minimumSizeHint(self) -> QSize:
        """Return the height that still keeps the lines apart."""
        return QSize(super().minimumSizeHint().width(), self._height - _GIVES_WAY)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Mark a change by a sign alone where the words have no room."""
        super().resizeEvent(event)
        short = self.width() < _NARROW
        self._mark.show_as("" if short else _("changed"), icon="refresh-cw" if short else "")
        self._mark.setMinimumWidth(self._mark.sizeHint().width())
        self._mark.setAccessibleName(_("changed"))

    def draw(self, line: Row) -> None:
        """Show a line."""
        self._label.show_as(line.label, tone="ink3" if line.tone == "ink3" else "ink2")
        self._value.show_as(line.value, "body-strong" if line.strong else "body", line.tone)
        self._mark.setVisible(line.changed)

    def show_total(self, label: str, value: str, role: str, changed: bool) -> None:
        """Show the figure the lines come to."""
        self._label.show_as(label, "body-strong", "ink")
        self._value.show_as(value, role, "ink")
        self._mark.setVisible(changed)


class SumRows(QWidget):
    """Up to six lines, kept and refilled."""

    def __init__(self) -> None:
        super().__init__()
        self._rows = [SumRow() for _row in range(MOST_ROWS)]
        layout: QVBoxLayout = column(*self._rows)
        self.setLayout(layout)

    def draw(self, lines: tuple[Row, ...]) -> None:
        """Show the lines."""
        for at, shown in enumerate(self._rows):
            shown.setVisible(at < len(lines))
            if at < len(lines):
                shown.draw(lines[at])
