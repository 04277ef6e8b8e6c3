"""A QR code on white paper, for a customer's camera.

Guarantees dark on white in every theme, and edges on whole pixels.
"""

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent

from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.paint import Painted

Modules = tuple[tuple[bool, ...], ...]


class QrCode(Painted):
    """Paints the rows of a code over its whole square; the paper around it is the caller's."""

    def __init__(self, side: int, name: str) -> None:
        super().__init__()
        self._modules: Modules = ()
        self.setFixedSize(side, side)
        self.setAccessibleName(name)

    def set_modules(self, modules: Modules) -> None:
        """Show a code: rows of dark (True) and light modules."""
        if modules != self._modules:
            self._modules = modules
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint each run of dark modules as one rectangle."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), active().color("paper"))
        ink = active().color("paper-ink")
        for row, modules in enumerate(self._modules):
            for start, end in _dark_runs(modules):
                painter.fillRect(self._rect(row, start, end), ink)
        painter.end()

    def _rect(self, row: int, start: int, end: int) -> QRect:
        edges = [round(n * self.width() / len(self._modules)) for n in (start, end, row, row + 1)]
        left, right, up, down = edges
        return QRect(left, up, right - left, down - up)


def _dark_runs(modules: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Return the runs of dark modules as (first, one past the last)."""
    runs: list[tuple[int, int]] = []
    start = 0
    for at, dark in enumerate((*modules, False)):
        if not dark:
            if at > start:
                runs.append((start, at))
            start = at + 1
    return runs
