"""The card of the purchase: the amount, what it gives and why."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from loyalty_desk.ui.visit.state import AmountNotice, AmountState
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.control import Link
from loyalty_desk.ui.widgets.field import AmountField
from loyalty_desk.ui.widgets.label import Label
from loyalty_desk.ui.widgets.layout import SPRING, Breadth, column, grow, row, top, wrapping
from loyalty_desk.ui.widgets.surface import Icon, Surface
from loyalty_desk.ui.widgets.text import Prose, Run, Runs, Text
from sync.i18n import _

_TWO_LINES = 2


class AmountNoticeRow(QWidget):
    """What is doubtful about the amount, and the way out."""

    action = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._icon = Icon("triangle-alert", "warn", 18, 2)
        self._words = Prose("", "small-strong", "warn", max_lines=_TWO_LINES)
        self._link = Link()
        self._link.clicked.connect(self.action)
        self.setLayout(row(top(self._icon), grow(self._words), self._link, gap=8))
        wrapping(self)

    def draw(self, notice: AmountNotice) -> None:
        """Show a notice."""
        tone = "ink2" if notice.tone == "plain" else notice.tone
        self._icon.show_icon("circle-alert" if notice.tone == "bad" else "triangle-alert", tone)
        self._words.set_text((Run(notice.text, "small-strong", tone),))
        self._words.set_tone(tone)
        self._link.set_text(notice.action)
        self._link.setVisible(bool(notice.action))


class AmountCard(Surface):
    """The purchase of this visit."""

    amount_changed = Signal(int)
    amount_accepted = Signal()
    receipt_requested = Signal()
    notice_action = Signal()

    def __init__(self) -> None:
        amount = AmountField(_("Amount of the purchase"))
        receipt = Button(_("Read receipt"), "receipt-text", "F6")
        locked = Label("", "plain", "chip", "lock")
        points, explanation = Runs(Run("", "forecast", "ok")), Prose("", max_lines=_TWO_LINES)
        notice = AmountNoticeRow()
        forecast = column(SPRING, points, 3, explanation, notice, SPRING)
        layout = column(
            row(Text(_("Points for this purchase"), "h2"), SPRING, locked, receipt),
            12,
            row(amount, grow(forecast), gap=20),
            pad=(18, 20),
        )
        super().__init__("card", layout)
        self.amount = amount
        self._receipt, self._locked, self._points = receipt, locked, points
        self._explanation, self._notice = explanation, notice
        wrapping(self)
        amount.changed.connect(self.amount_changed)
        amount.accepted.connect(self.amount_accepted)
        receipt.clicked.connect(self.receipt_requested)
        notice.action.connect(self.notice_action)

    def arrange(self, breadth: Breadth, has_panel: bool) -> None:
        """Give the field the width of the drawing."""
        wide = {Breadth.COMPACT: 208, Breadth.NORMAL: 208, Breadth.WIDE: 260}[breadth]
        if has_panel:
            wide = 150 if breadth is Breadth.COMPACT else 195
        self.amount.setFixedWidth(wide)

    def draw(self, state: AmountState) -> None:
        """Show the state."""
        self.amount.set_centavos(state.centavos)
        self.amount.setEnabled(not state.locked)
        self.amount.set_wrong(state.notice is not None and state.notice.tone == "bad")
        self._locked.show_as(state.locked)
        self._locked.setVisible(bool(state.locked))
        self._receipt.setVisible(not state.locked)
        self._receipt.setEnabled(state.can_read_receipt)
        self._points.setVisible(bool(state.points))
        self._points.set_runs(
            Run(state.points, "forecast", "ok"), Run(state.unit, "body", "ink2", 8)
        )
        self._explanation.set_text(state.explanation)
        self._explanation.setVisible(bool(state.explanation) and state.notice is None)
        self._notice.setVisible(state.notice is not None)
        if state.notice is not None:
            self._notice.draw(state.notice)
