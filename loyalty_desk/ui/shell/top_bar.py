"""The top bar and the strips under it: whose programme, the scan field, sync, operator.

Guarantees that the scan field is at the same place on every screen that has one.
"""

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from loyalty_desk.ui.shell.presenter import Operator, Parked, ShellState, Strip
from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.button import Button, Pressable, stand_on
from loyalty_desk.ui.widgets.control import Chip
from loyalty_desk.ui.widgets.field import Field
from loyalty_desk.ui.widgets.layout import SPRING, Breadth, grow, hosted, row, stack
from loyalty_desk.ui.widgets.paint import (
    Look,
    Painted,
    draw_box,
    draw_icon,
    draw_ring,
    draw_rule,
    painter_for,
)
from loyalty_desk.ui.widgets.surface import Avatar, Icon
from loyalty_desk.ui.widgets.text import Text
from sync.i18n import _

_SCAN_WIDEST = 560
_NARROW_BAR = 900
_MOST_PARKED = 5


class Logo(Painted):
    """The mark of the programme on a dark square."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(36, 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint square and mark."""
        painter = painter_for(self)
        draw_box(painter, self.rect(), Look("ink", None, 1, 9))
        draw_icon(painter, 8, 8, "logo", "surface", 20)
        painter.end()


class OperatorChip(Pressable):
    """Who works here; pressing it changes the operator."""

    def __init__(self) -> None:
        super().__init__(inset=(0, 0, 0, 0))
        self._avatar = Avatar()
        self._name = Text("", "name")
        self._role = Text("", "meta", "ink3")
        self._words = stack(self._name, self._role)
        self.setLayout(row(self._avatar, self._words, gap=10))
        self.setFixedHeight(44)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        stand_on(self)

    def set_short(self, short: bool) -> None:
        """Leave out the words; the name stays for a screen reader."""
        self._words.setVisible(not short)

    def draw(self, operator: Operator) -> None:
        """Show a person."""
        self._avatar.set_initials(operator.initials)
        self._name.set_text(operator.name)
        self._role.set_text(operator.role)
        self.setAccessibleName(_("Operator: {name}").format(name=operator.name))
        self.setAccessibleDescription(operator.role)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ring only; the words stand on it."""
        if self.is_ringed():
            painter = painter_for(self)
            draw_ring(painter, self.rect(), 9, "ring")
            painter.end()


class TopBar(Painted):
    """Brand, scan field, sync pill, operator or language."""

    search_changed = Signal(str)
    search_submitted = Signal(str)
    tray_requested = Signal()
    operator_requested = Signal()
    language_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._query_at = 0
        self.scan = Field(
            "scan",
            _("Scan or search"),
            _("Scan the QR or receipt, or type CPF, phone or name"),
            icon="scan-line",
            key="F2",
        )
        self.scan.setMaximumWidth(_SCAN_WIDEST)
        self.scan.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._programme = Text("", "brand")
        self._place = Text("", "meta", "ink3")
        brand = stack(self._programme, self._place)
        self._words, self._brand_width = brand, 268
        self._brand = hosted(row(Logo(), grow(brand), gap=12))
        self._pill = Chip("", "ok", "pill")
        self._operator = OperatorChip()
        self._language = Button("", icon="languages", size="s-tight")
        self._row = row(self._brand, self.scan, SPRING, self._pill, self._operator, self._language)
        self.setLayout(self._row)
        self._connect()

    def _connect(self) -> None:
        self.scan.edit.textChanged.connect(self.search_changed)
        self.scan.edit.returnPressed.connect(self._submit)
        self._pill.clicked.connect(self.tray_requested)
        self._operator.clicked.connect(self.operator_requested)
        self._language.clicked.connect(self.language_requested)

    def _submit(self) -> None:
        """Enter in an empty field asks for nobody."""
        if self.scan.text().strip():
            self.search_submitted.emit(self.scan.text())

    def set_breadth(self, breadth: Breadth) -> None:
        """Arrange the bar for the width of the window."""
        compact, wide = breadth is Breadth.COMPACT, breadth is Breadth.WIDE
        self.setFixedHeight({Breadth.COMPACT: 56, Breadth.NORMAL: 60, Breadth.WIDE: 64}[breadth])
        self._brand_width = 196 if compact else 456 if wide else 268
        self._brand.setFixedWidth(self._brand_width)
        self._row.setContentsMargins(12 if compact else 18, 0, 14 if compact else 20, 1)
        self._row.setSpacing(12 if compact else 16)
        self.scan.setMinimumWidth(_SCAN_WIDEST if wide else 200)
        self._operator.setMaximumWidth(180 if compact else 240)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what can be read elsewhere where the bar is narrow."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW_BAR
        self._words.setVisible(not narrow)
        self._brand.setFixedWidth(36 if narrow else self._brand_width)
        self._operator.set_short(narrow)

    def draw(self, state: ShellState) -> None:
        """Show the state."""
        self._programme.set_text(state.programme)
        self._place.set_text(state.place_line)
        self.scan.setVisible(state.has_scan)
        self._draw_query(state)
        tone = "warn-line" if state.pill.tone == "warn" else state.pill.tone
        self._pill.show_as(state.pill.text, tone, state.pill.icon)
        self._pill.setMinimumWidth(self._pill.sizeHint().width())
        self._operator.setVisible(state.operator is not None)
        if state.operator is not None:
            self._operator.draw(state.operator)
        self._language.setVisible(bool(state.language))
        self._language.set_label(state.language)

    def _draw_query(self, state: ShellState) -> None:
        if state.query_at != self._query_at:
            self._query_at = state.query_at
            self.scan.set_text(state.query)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar and its lower border."""
        painter = painter_for(self)
        draw_box(painter, self.rect(), Look("surface"))
        px = active().border_px
        draw_rule(painter, QRect(0, self.height() - px, self.width(), px))
        painter.end()


class StripBar(Painted):
    """One calm line under the top bar, in the tone of what it tells."""

    def __init__(self) -> None:
        super().__init__()
        self._tone = "warn"
        self._icon = Icon("wifi-off", "warn", 19, 2)
        self._text = Text("", "body-strong", "warn")
        self._side = Text("", "body-medium", "warn", align="right")
        self._side.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setLayout(row(self._icon, self._text, grow(self._side), gap=12, pad=(0, 20, 1, 20)))
        self.setFixedHeight(46)

    def draw(self, strip: Strip) -> None:
        """Show a strip."""
        tone = "ink2" if strip.tone == "plain" else strip.tone
        if strip.tone != self._tone:
            self._tone = strip.tone
            self.update()
        self._icon.show_icon(strip.icon, tone)
        self._text.show_as(strip.text, tone=tone)
        self._side.show_as(strip.side, tone=tone)
        self.setAccessibleName(strip.text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the strip and its lower border."""
        fill, line = ("sunken", "border")
        if self._tone != "plain":
            fill, line = f"{self._tone}-soft", f"{self._tone}-line"
        painter = painter_for(self)
        draw_rule(painter, self.rect(), fill)
        px = active().border_px
        draw_rule(painter, QRect(0, self.height() - px, self.width(), px), line)
        painter.end()


class ParkedBar(Painted):
    """The visits on hold, one chip each; one more for the next of those that have no chip."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._visits: list[str] = [""] * (_MOST_PARKED + 1)
        self._chips = [Chip("", "plain", "pill") for _place in self._visits]
        for at, chip in enumerate(self._chips):
            chip.clicked.connect(lambda _checked=False, at=at: self.chosen.emit(self._visits[at]))
        layout: QHBoxLayout = row(*self._chips, SPRING, gap=8, pad=(0, 20))
        self.setLayout(layout)
        self.setFixedHeight(52)

    def draw(self, parked: tuple[Parked, ...]) -> None:
        """Show the chips."""
        for at, chip in enumerate(self._chips):
            chip.setVisible(at < len(parked))
            if at < len(parked):
                more = f"+{len(parked) - at}" if at == _MOST_PARKED else ""
                self._visits[at] = parked[at].visit
                chip.show_as(more or parked[at].text, "plain", "pause")
                chip.setAccessibleName(parked[at].text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar and its lower border."""
        painter = painter_for(self)
        draw_rule(painter, self.rect(), "sunken")
        px = active().border_px
        draw_rule(painter, QRect(0, self.height() - px, self.width(), px))
        painter.end()
