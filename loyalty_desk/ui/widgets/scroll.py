"""A place whose contents may be higher than it is: then, and only then, they scroll.

Guarantees that contents with enough room stand exactly as they would without it, and that what
gets the focus comes into sight.
"""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QWidget

_GAP = 8


class Scrolled(QScrollArea):
    """Contents that scroll up and down where they must, never sideways."""

    def __init__(self, contents: QWidget, least: int = 96) -> None:
        super().__init__()
        self._least = least
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setWidget(contents)
        contents.installEventFilter(self)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._bring_into_sight)

    def _bring_into_sight(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Scroll to what gets the focus, from wherever it comes."""
        if now is not None and self.isAncestorOf(now):
            self.ensureWidgetVisible(now, 0, _GAP)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell the layout around when the contents need another width."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        """Return the size at which nothing scrolls."""
        contents = self.widget()
        return contents.sizeHint() if contents else QSize()

    def minimumSizeHint(self) -> QSize:
        """Return the width of the contents and a height at which scrolling still makes sense."""
        contents = self.widget()
        needed = contents.minimumSizeHint() if contents else QSize()
        return QSize(needed.width(), min(needed.height(), self._least))
