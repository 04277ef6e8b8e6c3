"""The panel that confirms a redemption: what it is, how many, what remains, who agreed.

Guarantees one filled button, whose label names the effect; Esc and the cap in the corner go back.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from loyalty_desk.ui.redeem.ask import AskBox
from loyalty_desk.ui.redeem.state import ConfirmState
from loyalty_desk.ui.redeem.sum import SumRow, SumRows
from loyalty_desk.ui.widgets.button import Button, icon_button
from loyalty_desk.ui.widgets.layout import SPRING, Breadth, column, grow, row, stack
from loyalty_desk.ui.widgets.notice import Answer
from loyalty_desk.ui.widgets.scroll import GivingWay, Scrolled
from loyalty_desk.ui.widgets.surface import IconTile, Line, Surface
from loyalty_desk.ui.widgets.text import Prose, Text
from sync.i18n import _


class RedeemPanel(Surface):
    """The confirmation in the right column."""

    closed = Signal()
    fewer = Signal()
    more = Signal()
    act_requested = Signal()
    answered = Signal(str)

    def __init__(self) -> None:
        parts = _Parts()
        super().__init__("panel", parts.layout())
        self._parts = parts
        parts.close.clicked.connect(self.closed)
        parts.less.clicked.connect(self.fewer)
        parts.plus.clicked.connect(self.more)
        parts.act.clicked.connect(self.act_requested)
        parts.ask.answered.connect(self.answered)

    def home(self) -> QWidget:
        """Return the widget that has the focus while this panel is open."""
        return self._parts.act

    def ask_box(self) -> AskBox:
        """Return the field for digits."""
        return self._parts.ask

    def set_breadth(self, breadth: Breadth) -> None:
        """Use the narrower button where the window is narrow."""
        self._parts.act.set_size("xl-narrow" if breadth is Breadth.COMPACT else "xl")

    def draw(self, state: ConfirmState) -> None:
        """Show the state."""
        parts = self._parts
        parts.icon.show_icon(state.icon, "accent")
        parts.name.set_text(state.name)
        parts.terms.set_text(state.terms)
        parts.quantity.set_text(state.quantity)
        parts.less.setEnabled(state.can_less)
        parts.plus.setEnabled(state.can_more)
        parts.rows.draw(state.rows)
        parts.remains.show_total(_("Remains"), state.remains, "figure", state.remains_changed)
        parts.act.set_label(state.act)
        parts.act.setEnabled(state.can_act)
        parts.foot.set_text(state.foot)
        self._draw_proof(state)

    def _draw_proof(self, state: ConfirmState) -> None:
        parts = self._parts
        parts.proof.setVisible(state.proof is not None)
        if state.proof is not None:
            proof = state.proof
            parts.proof.show_as(proof.tone, proof.icon, proof.title, proof.note)
        parts.ask.setVisible(state.ask is not None)
        if state.ask is not None:
            parts.ask.draw(state.ask)


class _Parts:
    """The widgets of the panel, top to bottom."""

    def __init__(self) -> None:
        self.close = Button(key="Esc", kind="quiet", size="cap", name=_("Back"))
        self.icon = IconTile("gift", "accent", 56, 14, 28)
        self.name = Text("", "h2")
        self.terms = Text("", "small", "ink3")
        self.less = icon_button("minus", _("One less"), 48, icon_size=20)
        self.quantity = Text("", "member", align="center")
        self.plus = icon_button("plus", _("One more"), 48, icon_size=20)
        self.rows = SumRows()
        self.remains = SumRow(45)
        self.proof = Answer()
        self.ask = AskBox()
        self.act = Button("", key="F10", kind="primary", size="xl")
        self.foot = Prose("", "small", "ink3", "center", max_lines=2)

    def layout(self) -> QVBoxLayout:
        """Lay them out with the gaps of the drawing; the button stays when the rest scrolls."""
        return column(grow(Scrolled(GivingWay(self._above()))), 10, self.act, 10, self.foot, pad=20)

    def _above(self) -> QVBoxLayout:
        return column(
            row(grow(Text(_("Confirm redemption"), "panel")), self.close),
            18,
            row(self.icon, grow(stack(self.name, self.terms)), gap=12),
            16,
            row(self.less, grow(self.quantity), self.plus, gap=10),
            18,
            Line(),
            10,
            self.rows,
            6,
            Line(),
            self.remains,
            10,
            self.proof,
            self.ask,
            SPRING,
        )
