"""The end of the sum and its button in one line, for windows where the sum itself scrolls."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy

from loyalty_desk.ui.visit.state import SummaryState
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.layout import grow, row, stack
from loyalty_desk.ui.widgets.surface import Surface
from loyalty_desk.ui.widgets.text import Text
from sync.i18n import _


class ActionBar(Surface):
    """What remains, and the one filled button; never scrolls away."""

    act_requested = Signal()

    def __init__(self) -> None:
        balance = Text("", "total")
        act = Button("", key="F10", kind="primary", size="m")
        words = stack(Text(_("New balance"), "small", "ink2"), balance)
        super().__init__("card", row(grow(words), act, gap=12, pad=(5, 12)))
        self.act, self._balance = act, balance
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        act.clicked.connect(self.act_requested)

    def draw(self, state: SummaryState) -> None:
        """Show the state."""
        self._balance.set_text(state.new_balance)
        self.act.set_label(state.act)
        self.act.setEnabled(state.can_act)
