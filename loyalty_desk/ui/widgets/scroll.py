"""A place whose contents may be higher than it is: then, and only then, they scroll.

Guarantees that contents with enough room stand exactly as they would without it, and that what
gets the focus comes into sight and stays there when the contents around it grow.
"""

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFrame, QLayout, QScrollArea, QWidget

from loyalty_desk.ui.theme import active

_GAP = 8
_TOGETHER = "seenTogether"


def seen_together(widget: QWidget) -> None:
    """Let a widget come into sight as a whole when a part of it gets the focus."""
    widget.setProperty(_TOGETHER, True)


class ScrollArea(QScrollArea):
    """Contents that scroll up and down, never sideways, on whatever ground is behind them."""

    def __init__(self, contents: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setWidget(contents)
        for ground in (self.viewport(), contents):
            ground.setAutoFillBackground(False)
        self._dress()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _dress(self) -> None:
        bar, sheet = self.verticalScrollBar(), active().bars()
        if bar.styleSheet() != sheet:
            bar.setStyleSheet(sheet)


class Scrolled(ScrollArea):
    """Contents that scroll where they must."""

    def __init__(self, contents: QWidget, least: int = 96) -> None:
        super().__init__(contents)
        self._least = least
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.timeout.connect(
            lambda: self._bring_into_sight(None, QApplication.focusWidget())
        )
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        contents.installEventFilter(self)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._bring_into_sight)

    def _bring_into_sight(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Scroll to what gets the focus, from wherever it comes.

        Qt's own way is content with the caret of a field.
        """
        contents = self.widget()
        if now is None or contents is None or not contents.isAncestorOf(now):
            return
        bar, room = self.verticalScrollBar(), self.viewport().height()
        shown = _with_what_belongs(now, contents, room - 2 * _GAP)
        top = shown.mapTo(contents, QPoint(0, 0)).y() - _GAP
        bottom = top + shown.height() + 2 * _GAP
        bar.setValue(min(max(bar.value(), bottom - room), top))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell the layout around when the contents need another width; follow what they do."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._settled.start(0)  # behind the layout of the contents
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


def _with_what_belongs(focused: QWidget, contents: QWidget, room: int) -> QWidget:
    """Return the group that the focused widget is seen with, or itself where that is too high."""
    around: QWidget | None = focused
    while around is not None and around is not contents:
        if around.property(_TOGETHER) and around.height() <= room:
            return around
        around = around.parentWidget()
    return focused


class GivingWay(QWidget):
    """Contents that become as low as their parts may be before they scroll."""

    def __init__(self, layout: QLayout) -> None:
        super().__init__()
        self.setLayout(layout)

    def hasHeightForWidth(self) -> bool:
        """A scroll area asks then for the height below."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the least height; a widget's own answer would be the one it would rather have."""
        layout = self.layout()
        return layout.minimumHeightForWidth(width) if layout is not None else -1
