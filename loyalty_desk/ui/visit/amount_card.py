"""The card of the purchase: the amount, what it gives and why."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from loyalty_desk.ui.visit.state import AmountNotice, AmountState
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.control import Link
from loyalty_desk.ui.widgets.field import AmountField
from loyalty_desk.ui.widgets.label import Label
from loyalty_desk.ui.widgets.layout import SPRING, Breadth, column, grow, hosted, row, wrapping
from loyalty_desk.ui.widgets.surface import Icon, Surface
from loyalty_desk.ui.widgets.text import Prose, Run, Runs, Text
from sync.i18n import _

_TWO_LINES = 2
_THREE_LINES = 3
_GAP, _PAD = 8, 20
_BESIDE = 20  # between the field and what stands at its right
_ALERT = 18
_SIGN = "receipt-text"


class AmountNoticeRow(QWidget):
    """What is doubtful about the amount, and the way out."""

    action = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._icon = Icon("triangle-alert", "warn", _ALERT, 2)
        self._words = Prose("", "small-strong", "warn", max_lines=_THREE_LINES)
        self._link = Link()
        self._link.clicked.connect(self.action)
        self.setLayout(
            row(self._icon, grow(column(SPRING, self._words, SPRING)), self._link, gap=_GAP)
        )
        wrapping(self)

    def draw(self, notice: AmountNotice) -> None:
        """Show a notice."""
        tone = "ink2" if notice.tone == "plain" else notice.tone
        self._icon.show_icon("circle-alert" if notice.tone == "bad" else "triangle-alert", tone)
        self._words.set_text((Run(notice.text, "small-strong", tone),))
        self._words.set_tone(tone)
        self._link.set_text(notice.action)
        self._link.setVisible(bool(notice.action))

    def has_room(self, room: int) -> bool:
        """Return whether all of its words are shown in this width."""
        link = 0 if self._link.isHidden() else self._link.sizeHint().width() + _GAP
        return self._words.has_room(room - _ALERT - _GAP - link)


class AttachedReceipt(QWidget):
    """The receipt of this visit by its number, and a cross that takes it out."""

    taken_out = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._receipt, self._name = "", Label("", "plain", "chip")
        words = _("Take the receipt out")
        out = Button(icon="x", kind="quiet", name=words)
        out.setFixedWidth(44)
        out.setToolTip(f"{words} (Shift+F6)")
        out.clicked.connect(self.taken_out)
        self.setLayout(row(self._name, out))

    def draw(self, receipt: str) -> None:
        """Show it where there is one."""
        self._receipt = receipt
        self.setVisible(bool(receipt))

    def fit(self, room: int) -> None:
        """Show sign and number, the number, or the sign, whichever has room in this width."""
        for words, icon in ((self._receipt, _SIGN), (self._receipt, ""), ("", _SIGN)):
            self._name.show_as(words, icon=icon)
            self._name.setMinimumWidth(self._name.sizeHint().width())
            if self.sizeHint().width() <= room:
                break
        self._name.setAccessibleName(self._receipt)
        self._name.setToolTip("" if words else self._receipt)


class AmountCard(Surface):
    """The purchase of this visit."""

    amount_changed = Signal(int)
    amount_accepted = Signal()
    amount_unreadable = Signal()
    receipt_requested = Signal()
    receipt_taken_out = Signal()
    notice_action = Signal()

    def __init__(self) -> None:
        amount = AmountField(_("Amount of the purchase"))
        receipt = Button(_("Read receipt"), _SIGN, "F6")
        locked = Label("", "plain", "chip", "lock")
        attached = AttachedReceipt()
        forecast, below, notice = Forecast(), Prose("", max_lines=_TWO_LINES), AmountNoticeRow()
        notice_below = AmountNoticeRow()
        reason = hosted(column(8, below, notice_below))
        title = Text(_("Points for this purchase"), "h2")
        layout = column(
            row(grow(title), locked, attached, receipt, gap=_GAP),
            12,
            row(amount, grow(column(SPRING, forecast, notice, SPRING)), gap=_BESIDE),
            reason,
            pad=(18, _PAD),
        )
        super().__init__("card", layout)
        self.amount, self.attached = amount, attached
        self._title, self._is_tight, self._reads = title, False, True
        self._receipt, self._locked, self._forecast = receipt, locked, forecast
        self._below, self._reason = below, reason
        self._notice, self._notice_below = notice, notice_below
        self._state = AmountState()
        wrapping(self)
        wrapping(reason)
        amount.changed.connect(self.amount_changed)
        amount.accepted.connect(self.amount_accepted)
        amount.unreadable.connect(self.amount_unreadable)
        attached.taken_out.connect(self.receipt_taken_out)
        receipt.clicked.connect(self.receipt_requested)
        notice.action.connect(self.notice_action)
        notice_below.action.connect(self.notice_action)

    def arrange(self, breadth: Breadth, has_panel: bool, is_narrow: bool) -> None:
        """Give the field the width of the drawing; less where the card is narrow."""
        wide = {Breadth.COMPACT: 208, Breadth.NORMAL: 208, Breadth.WIDE: 260}[breadth]
        self._is_tight = is_narrow or (has_panel and breadth is Breadth.COMPACT)
        if has_panel:
            wide = 195
        if self._is_tight:
            wide = 160
        self.amount.setFixedWidth(wide)
        self._receipt.set_label("" if self._is_tight else _("Read receipt"))
        self._receipt.setAccessibleName(_("Read receipt"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Look again whether there is room for everything."""
        super().resizeEvent(event)
        self._make_room()
        self._place_words()

    def _make_room(self) -> None:
        """A receipt that is in has the place of the button where both have none; F6 still acts."""
        if self.attached.isHidden():
            self._receipt.setVisible(self._reads)
            return
        room = self.width() - 2 * _PAD - self._title.sizeHint().width() - _GAP
        self.attached.fit(room)
        rest = room - self.attached.sizeHint().width() - _GAP
        self._receipt.setVisible(self._receipt.sizeHint().width() <= rest)

    def draw(self, state: AmountState) -> None:
        """Show the state."""
        self.amount.set_centavos(state.centavos)
        self.amount.setEnabled(not state.locked)
        self.amount.set_wrong(state.notice is not None and state.notice.tone == "bad")
        self._locked.show_as(state.locked)
        self._locked.setVisible(bool(state.locked))
        self.attached.draw("" if state.locked else state.receipt)
        self._reads = not state.locked
        self._make_room()
        self._receipt.setEnabled(state.can_read_receipt)
        self._forecast.draw(state, state.notice is None, self._is_tight)
        self._below.set_text(state.explanation)
        if state.notice is not None:
            for notice in (self._notice, self._notice_below):
                notice.draw(state.notice)
        self._state = state
        self._place_words()

    def _place_words(self) -> None:
        """What has no room beside the field stands under it, over the whole width of the card."""
        plain = self._state.notice is None
        under = self._is_tight or not (plain or self._notice.has_room(self._room_beside()))
        self._below.setVisible(plain)
        self._reason.setVisible(under and bool(self._state.explanation or self._state.notice))
        self._notice.setVisible(not plain and not under)
        self._notice_below.setVisible(not plain)

    def _room_beside(self) -> int:
        return self.width() - 2 * (_PAD + 1) - self.amount.maximumWidth() - _BESIDE


class Forecast(QWidget):
    """What the purchase gives, in what, and why."""

    def __init__(self) -> None:
        super().__init__()
        self._points = Runs(Run("", "forecast", "ok"))
        self._unit = Text("", "small", "ink2")
        self._explanation = Prose("", max_lines=_TWO_LINES)
        self._gap = hosted(column(3))
        self.setLayout(column(self._points, self._gap, self._unit, self._explanation))
        wrapping(self)

    def draw(self, state: AmountState, with_reason: bool, is_tight: bool) -> None:
        """Show it: where the place is tight, the unit stands under the figure."""
        points = Run(state.points, "forecast", "ok")
        if is_tight:
            self._points.set_runs(points)
        else:
            self._points.set_runs(points, Run(state.unit, "body", "ink2", 8))
        self._unit.set_text(state.unit)
        self._explanation.set_text(state.explanation)
        self._points.setVisible(bool(state.points))
        self._unit.setVisible(is_tight and bool(state.points))
        shown = with_reason and not is_tight and bool(state.explanation)
        self._explanation.setVisible(shown)
        self._gap.setVisible(shown)
