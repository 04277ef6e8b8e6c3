"""One way to go on: an icon tile, what to do and what happens, ruled off from the row above.

Guarantees that its words are real labels, readable one by one by a screen reader.
"""

from PySide6.QtCore import QRect
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.layout import SPRING, column, grow, hosted, row, stack
from loyalty_desk.ui.widgets.paint import Painted, draw_rule, painter_for
from loyalty_desk.ui.widgets.surface import IconTile
from loyalty_desk.ui.widgets.text import Prose, Text


class Way(Painted):
    """A row of fixed height; `ruled` draws the divider at its upper edge.

    Where it `wraps`, a long note goes on in a second line.
    """

    def __init__(
        self,
        icon: str,
        tone: str = "plain",
        title: str = "",
        note: str = "",
        height: int = 78,
        ruled: bool = True,
        wraps: bool = False,
    ) -> None:
        super().__init__()
        self._ruled = ruled
        self.title = Text(title, "body-strong")
        self._tile = IconTile(icon, tone, icon_size=21)
        self.note: Prose | Text
        if wraps:
            self.note = Prose(note, max_lines=2)
            words = hosted(column(SPRING, self.title, self.note, SPRING))
        else:
            self.note = Text(note, "small", "ink3")
            words = stack(self.title, self.note)
        self._row: QHBoxLayout = row(self._tile, grow(words), gap=16, pad=(int(ruled), 0, 0, 0))
        self.setLayout(self._row)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_gap(self, gap: int) -> None:
        """Change the space between the tile and the words."""
        self._row.setSpacing(gap)

    def show_as(self, title: str, note: str) -> None:
        """Show other words."""
        self.title.set_text(title)
        self.note.set_text(note)
        self.note.setVisible(bool(note))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the divider."""
        if self._ruled:
            painter = painter_for(self)
            draw_rule(painter, QRect(0, 0, self.width(), active().border_px))
            painter.end()
