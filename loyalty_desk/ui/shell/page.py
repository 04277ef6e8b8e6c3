"""The window's frame: top bar, strip, parked visits, rail, the screens, key bar.

Guarantees that scan field, key slots, sync pill and rail stand at the same place on every screen.
"""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from loyalty_desk.ui.shell.key_bar import KeyBar
from loyalty_desk.ui.shell.presenter import PLACES, PlaceName, ShellState
from loyalty_desk.ui.shell.top_bar import ParkedBar, StripBar, TopBar
from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.control import RailItem
from loyalty_desk.ui.widgets.layout import SPRING, Breadth, breadth_of, column, grow, is_tight, row
from loyalty_desk.ui.widgets.page import Page
from loyalty_desk.ui.widgets.paint import Look, Painted, draw_box, draw_rule, painter_for
from loyalty_desk.ui.widgets.surface import Surface
from sync.i18n import N_, _

_RAIL: Final[dict[PlaceName, tuple[str, str]]] = {
    "counter": (N_("Counter"), "scan-line"),
    "pickups": (N_("Pick-ups"), "package"),
    "pending": (N_("Pending"), "cloud-upload"),
    "shift": (N_("Shift"), "clock"),
    "contacts": (N_("Contacts"), "message-square-text"),
    "office": (N_("Office"), "store"),
}

_UNDO_KEY: Final = 8
_WORDY_RAIL: Final = 390  # six places with their words
_SHORT_ITEM: Final = 44
_SMALLEST: Final = QSize(683, 384)  # 1366×768 at 200 %


class Rail(Painted):
    """The places of the desk; the office stands apart at the foot."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._items: dict[PlaceName, RailItem] = {}
        self._side, self._end, self._item = 8, 12, 62
        for place in PLACES:
            label, icon = _RAIL[place]
            item = RailItem(_(label), icon)
            item.clicked.connect(lambda _checked=False, place=place: self.chosen.emit(place))
            self._items[place] = item
        places = [self._items[place] for place in PLACES if place != "office"]
        self._column: QVBoxLayout = column(*places, SPRING, self._items["office"], gap=4)
        self.setLayout(self._column)

    def set_breadth(self, breadth: Breadth) -> None:
        """Arrange the rail for the width of the window."""
        compact, wide = breadth is Breadth.COMPACT, breadth is Breadth.WIDE
        self.setFixedWidth(76 if compact else 96 if wide else 88)
        self._side, self._end = (4, 8) if compact else (10, 12) if wide else (8, 12)
        self._item = 58 if compact else 66 if wide else 62
        self._column.setContentsMargins(self._side, self._end, self._side + 1, self._end)
        for item in self._items.values():
            item.setFixedHeight(self._item)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out the words where the rail is low; names and tips stay."""
        super().resizeEvent(event)
        short = self.height() < _WORDY_RAIL
        self._column.setSpacing(1 if short else 4)
        for item in self._items.values():
            item.set_short(short)
            item.setFixedHeight(_SHORT_ITEM if short else self._item)
        if short:
            self._column.setContentsMargins(4, 0, 5, 0)
        else:
            self._column.setContentsMargins(self._side, self._end, self._side + 1, self._end)

    def draw(self, state: ShellState) -> None:
        """Show the present place and the counts."""
        badges = {badge.place: badge for badge in state.badges}
        self._items["office"].setVisible(state.has_office)
        for place, item in self._items.items():
            badge = badges.get(place)
            on = place == state.place
            if badge is None:
                item.show_as(on)
            else:
                item.show_as(on, badge.text, badge.tone)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rail and its right border."""
        painter = painter_for(self)
        draw_box(painter, self.rect(), Look("rail"))
        px = active().border_px
        draw_rule(painter, QRect(self.width() - px, 0, px, self.height()))
        painter.end()


class Shell(Surface):
    """The whole window. Add the screens once, then draw states and show one screen at a time."""

    search_changed = Signal(str)
    search_submitted = Signal(str)
    key_pressed = Signal(int)
    place_chosen = Signal(str)
    tray_requested = Signal()
    operator_requested = Signal()
    language_requested = Signal()
    parked_chosen = Signal(str)
    parked_stepped = Signal(int)
    back_requested = Signal()
    announced = Signal(str, bool)

    def __init__(self) -> None:
        top = TopBar()
        strip, parked, rail, keys = StripBar(), ParkedBar(), Rail(), KeyBar()
        stack = QStackedLayout()
        body = row(rail, grow(stack))
        super().__init__("canvas", column(top, strip, parked, grow(body), keys))
        self.top = top
        self._strip, self._parked, self._rail, self._keys = strip, parked, rail, keys
        self._stack = stack
        self._pages: dict[str, Page] = {}
        self._breadth = Breadth.NORMAL
        self._tight = False
        self.setMinimumSize(_SMALLEST)  # a window never grows because a sentence is long
        self._arrange(Breadth.NORMAL, False)
        self._connect()

    def _connect(self) -> None:
        self.top.search_changed.connect(self.search_changed)
        self.top.search_submitted.connect(self.search_submitted)
        self.top.tray_requested.connect(self.tray_requested)
        self.top.operator_requested.connect(self.operator_requested)
        self.top.language_requested.connect(self.language_requested)
        self._keys.pressed.connect(self.key_pressed)
        self._rail.chosen.connect(self.place_chosen)
        self._parked.chosen.connect(self.parked_chosen)
        self._shortcuts = [
            self._shortcut("Esc", self.back_requested.emit),
            self._shortcut("Ctrl+Z", lambda: self._keys.press(_UNDO_KEY)),
            self._shortcut("Alt+Left", lambda: self.parked_stepped.emit(-1)),
            self._shortcut("Alt+Right", lambda: self.parked_stepped.emit(1)),
        ]

    def _shortcut(self, keys: str, act: Callable[[], None]) -> QShortcut:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(act)
        return shortcut

    def scan_edit(self) -> QWidget:
        """Return the line edit of the scan field."""
        return self.top.scan.edit

    def add_page(self, name: str, page: Page) -> None:
        """Add a screen under a name of its own."""
        self._pages[name] = page
        page.set_breadth(self._breadth)
        page.set_tight(self._tight)
        self._stack.addWidget(page)

    def show_page(self, name: str) -> Page:
        """Bring a screen to the front and the focus to its home; raises KeyError if unknown."""
        page = self._pages[name]
        if self._stack.currentWidget() is not page:
            self._stack.setCurrentWidget(page)
        page.go_home()
        return page

    def page(self, name: str) -> Page:
        """Return a screen by its name; raises KeyError if unknown."""
        return self._pages[name]

    def breadth(self) -> Breadth:
        """Return the layout in use."""
        return self._breadth

    def draw(self, state: ShellState) -> None:
        """Show the state of the frame."""
        self.top.draw(state)
        self._strip.setVisible(state.strip is not None)
        if state.strip is not None:
            self._strip.draw(state.strip)
        self._parked.setVisible(bool(state.parked))
        self._parked.draw(state.parked)
        self._rail.setVisible(state.has_rail)
        self._rail.draw(state)
        self._keys.draw(state.keys, state.hot_key)

    def announce(self, words: str, urgent: bool = False) -> None:
        """Have a screen reader say `words`: when it is silent next, or at once where urgent."""
        event = QAccessibleAnnouncementEvent(self, words)
        if urgent:
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)
        self.announced.emit(words, urgent)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Change the layout with the width."""
        super().resizeEvent(event)
        wanted = breadth_of(self.width())
        tight = is_tight(self.width(), self.height())
        if (wanted, tight) != (self._breadth, self._tight):
            self._arrange(wanted, tight)

    def _arrange(self, breadth: Breadth, tight: bool) -> None:
        self._breadth, self._tight = breadth, tight
        for part in (self.top, self._rail, self._keys):
            part.set_breadth(breadth)
        for page in self._pages.values():
            page.set_breadth(breadth)
            page.set_tight(tight)
