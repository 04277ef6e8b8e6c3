"""Screen 01: ready to read a code, or to search by CPF, phone or name.

Guarantees that whatever is typed on this screen arrives in the one field, and that nothing found
ever covers the keypad.
"""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLineEdit, QStackedLayout, QWidget

from loyalty_desk.ui.identify.notice import NoticeCard
from loyalty_desk.ui.identify.recent import RecentCard
from loyalty_desk.ui.identify.results import ResultList
from loyalty_desk.ui.identify.shift import ShiftCard
from loyalty_desk.ui.identify.state import IdentifyState, Search
from loyalty_desk.ui.pending.page import PendingTray
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.field import Field
from loyalty_desk.ui.widgets.keypad import KeyPad
from loyalty_desk.ui.widgets.label import Label
from loyalty_desk.ui.widgets.layout import SPRING, Breadth, column, grow, hosted, left, row
from loyalty_desk.ui.widgets.page import Page
from loyalty_desk.ui.widgets.scroll import GivingWay, Scrolled
from loyalty_desk.ui.widgets.surface import Surface
from loyalty_desk.ui.widgets.text import Text
from loyalty_desk.ui.widgets.way import Way
from sync.i18n import _

_CARET_ROOM: Final = 6  # the caret stands alone before the placeholder, as drawn
_SIDE_WIDTH: Final = {Breadth.COMPACT: 256, Breadth.NORMAL: 392, Breadth.WIDE: 460}
_PAD_WIDTH: Final = {Breadth.COMPACT: 296, Breadth.NORMAL: 352, Breadth.WIDE: 440}
_WAY_LEAST, _WAY_MOST = 56, 78
_NARROW: Final = 440  # pixels under which there is room for the words or the keypad, not both


class IdentifyPage(Page):
    """Who is the customer? The focus belongs to the field."""

    query_changed = Signal(str)
    query_submitted = Signal(str)
    result_chosen = Signal(object)
    enrol_requested = Signal()
    undo_requested = Signal(str)

    tray_closed = Signal()
    record_settled = Signal(str, str)
    retry_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._tray: PendingTray | None = None
        self._hero = _Hero()
        self._recent = RecentCard()
        self._shift = ShiftCard()
        self._side_column = column(self._recent, grow(self._shift), gap=16)
        self._side = Scrolled(GivingWay(self._side_column))
        self._row: QHBoxLayout = row(grow(self._hero), self._side, gap=16, pad=20)
        self.setLayout(self._row)
        self._connect()

    def _connect(self) -> None:
        self._hero.edited.connect(self.query_changed)
        self._hero.submitted.connect(self.query_submitted)
        self._hero.results.chosen.connect(self.result_chosen)
        self._hero.enrol.clicked.connect(self.enrol_requested)
        self._recent.undo_requested.connect(self.undo_requested)

    def draw(self, state: IdentifyState) -> None:
        """Show the state."""
        self._hero.draw(state)
        self._recent.draw(state.recent, state.recent_empty)
        self._shift.setVisible(state.shift is not None)
        if state.shift is not None:
            self._shift.draw(state.shift)
        self._share_room()
        self._draw_tray(state)

    def _draw_tray(self, state: IdentifyState) -> None:
        """The tray takes the place of the right column; it is made when it is first opened."""
        if state.tray is not None:
            if self._tray is None:
                self._tray = PendingTray()
                self._tray.closed.connect(self.tray_closed)
                self._tray.settled.connect(self.record_settled)
                self._tray.retry_requested.connect(self.retry_requested)
                self._tray.setFixedWidth(self._side.width())
                self._row.addWidget(self._tray)
            self._tray.draw(state.tray)
        if self._tray is not None:
            self._tray.setVisible(state.tray is not None)
        self._side.setVisible(state.tray is None)

    def home(self) -> QWidget:
        """The field."""
        return self._hero.field.edit

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give what is typed elsewhere on the screen to the field."""
        command = event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        if event.text() and event.text().isprintable() and not command:
            self.go_home()
            self._hero.type_in(event.text())
        else:
            super().keyPressEvent(event)

    def set_breadth(self, breadth: Breadth) -> None:
        """Arrange the screen for the width of the window."""
        compact = breadth is Breadth.COMPACT
        pad = 12 if compact else 20
        self._row.setContentsMargins(pad, pad, pad, pad)
        self._row.setSpacing(12 if compact else 16)
        self._side_column.setSpacing(12 if compact else 16)
        self._side.setFixedWidth(_SIDE_WIDTH[breadth])
        if self._tray is not None:
            self._tray.setFixedWidth(_SIDE_WIDTH[breadth])
        self._hero.set_breadth(breadth)
        self._recent.set_compact(compact)
        self._shift.set_compact(compact)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the height of the right column anew."""
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """Visits give way to the shift: it is shown whole, they are as many as stand above it."""
        spacing = self._side_column.spacing()
        margins = self._row.contentsMargins()
        room = self.height() - margins.top() - margins.bottom()
        if not self._shift.isHidden():
            room -= spacing + self._shift_height()
        self._recent.set_room(room)

    def _shift_height(self) -> int:
        layout = self._shift.layout()
        if layout is None:
            return 0
        width = self._side.width() or self._side.minimumWidth()
        return max(layout.minimumSize().height(), layout.minimumHeightForWidth(width))


class _Hero(Surface):
    """The left card: title, field, the ways to identify or what was found, the keypad."""

    edited = Signal(str)
    submitted = Signal(str)

    def __init__(self) -> None:
        self._query_at = 0
        self._title = Text("", "hero")
        self._reader = Label("", "ok", "chip", "scan-barcode")
        self.field = Field(
            "hero",
            _("CPF, phone or name"),
            _("CPF, phone or name"),
            icon="scan-line",
            key="F2",
        )
        self.field.edit.setTextMargins(_CARET_ROOM, 0, 0, 0)
        self._ways = [
            Way("qr-code", "accent", _("Member's QR"), _("Opens the account at once"), ruled=False),
            Way("receipt-text", "plain", _("Receipt's QR"), _("Fills the amount; then the member")),
            Way("ticket-percent", "plain", _("Reward code"), _("Checks and hands over the reward")),
        ]
        self._notice = NoticeCard()
        hints = hosted(column(*self._ways, SPRING, self._notice))
        self.results = ResultList()
        self._stack = QStackedLayout()
        ways_or_results = hosted(self._stack)
        self._stack.addWidget(hints)
        self._stack.addWidget(self.results)
        self.enrol = Button("", icon="user-plus", key="F3", size="tall")
        self.enrol.let_shrink()
        self.pad = KeyPad(_("Search"))
        self._has_keypad = True
        self._head: QBoxLayout = row(grow(self._title), left(self._reader), gap=16)
        self._lower = row(
            grow(hosted(column(grow(ways_or_results), self.enrol, gap=10))), self.pad, gap=40
        )
        body = column(self._head, 22, self.field, 24, grow(self._lower))
        super().__init__("card", column(Scrolled(GivingWay(body)), pad=(32, 36)))
        self._connect()

    def _connect(self) -> None:
        self.field.edit.textChanged.connect(self.edited)
        self.field.edit.returnPressed.connect(self._submit)
        self.field.edit.installEventFilter(self)
        self.pad.digit.connect(self.type_in)
        self.pad.erased.connect(self._erase)
        self.pad.entered.connect(self._submit)
        self.results.left_upwards.connect(
            lambda: self.field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        )

    def draw(self, state: IdentifyState) -> None:
        """Show the state; the field is written only when the desk itself changed the query."""
        self._title.set_text(state.title)
        self._reader.show_as(state.reader.text, state.reader.tone)
        if state.query_at != self._query_at:
            self._query_at = state.query_at
            self.field.set_text(state.query)
        self._notice.draw(state.notice)
        self._has_keypad = state.has_keypad
        self._draw_search(state)
        self._fit()

    def _draw_search(self, state: IdentifyState) -> None:
        search = state.search
        self._stack.setCurrentIndex(0 if search is None else 1)
        self.results.draw(search or Search())
        label = search.enrol_label if search is not None else ""
        self.enrol.set_label(label or _("Enrol a member"))
        found = search is not None and bool(search.results)
        self.enrol.setVisible(state.can_enrol and not found)

    def type_in(self, words: str) -> None:
        """Type into the field as by the keyboard."""
        self.field.edit.insert(words)

    def _erase(self) -> None:
        self.field.edit.backspace()

    def _submit(self) -> None:
        """Enter in an empty field asks for nobody."""
        if self.field.text().strip():
            self.submitted.emit(self.field.text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow down go from the field into the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            down = event.key() == Qt.Key.Key_Down and isinstance(watched, QLineEdit)
            if down and self._stack.currentIndex() == 1:
                self.results.enter_from_above()
                return True
        return super().eventFilter(watched, event)

    def set_breadth(self, breadth: Breadth) -> None:
        """Arrange the card for the width of the window."""
        compact = breadth is Breadth.COMPACT
        layout = self.layout()
        side = 21 if compact else 37
        if layout is not None:
            layout.setContentsMargins(side, 25 if compact else 33, side, 25 if compact else 33)
        self.pad.setFixedWidth(_PAD_WIDTH[breadth])
        self._lower.setSpacing(20 if compact else 40)
        for way in self._ways:
            way.set_gap(12 if compact else 16)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the ways into the height there is."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Make the three ways lower where a notice or a strip needs the room."""
        narrow = self.width() < _NARROW
        down, along = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._head.setDirection(down if narrow else along)
        self.pad.setVisible(self._has_keypad and not narrow)
        for part in (self._title, self._reader):  # what was found has the room first
            part.setVisible(not narrow or self._stack.currentIndex() == 0)
        margins = self.contentsMargins()
        layout = self.layout()
        if layout is not None:
            margins = layout.contentsMargins()
        room = self.height() - margins.top() - margins.bottom() - 36 - 22 - 68 - 24
        if not self.enrol.isHidden():
            room -= 64 + 10
        if not self._notice.isHidden():
            room -= self._notice.sizeHint().height()
        for way in self._ways:
            way.setFixedHeight(min(max(room // 3, _WAY_LEAST), _WAY_MOST))
