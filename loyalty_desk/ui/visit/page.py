"""The screen of an open member: card, purchase and rewards, and the column of what to do now.

Guarantees that a click or key arrives as one signal and that drawing a state twice changes nothing.
"""

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QWidget

from loyalty_desk.ui.pending.page import PendingTray
from loyalty_desk.ui.pending.state import TrayState
from loyalty_desk.ui.redeem.page import RedeemPanel
from loyalty_desk.ui.redeem.state import ConfirmState
from loyalty_desk.ui.visit.action_bar import ActionBar
from loyalty_desk.ui.visit.amount_card import AmountCard
from loyalty_desk.ui.visit.card import MemberCard
from loyalty_desk.ui.visit.reward_grid import RewardsCard
from loyalty_desk.ui.visit.state import VisitState
from loyalty_desk.ui.visit.today import TodayColumn
from loyalty_desk.ui.widgets.layout import Breadth, column, grow, hosted, row
from loyalty_desk.ui.widgets.page import Page
from loyalty_desk.ui.widgets.scroll import Scrolled

_MARGIN = {Breadth.COMPACT: 12, Breadth.NORMAL: 20, Breadth.WIDE: 24}
_GAP = {Breadth.COMPACT: 12, Breadth.NORMAL: 16, Breadth.WIDE: 20}
_NARROW_PAGE = 900
_ANY_WIDTH = 16_777_215  # Qt's own "no limit"
_PANEL = {Breadth.COMPACT: 304, Breadth.NORMAL: 372, Breadth.WIDE: 372}


class VisitPage(Page):
    """The member screen. Connect its signals, then draw states."""

    amount_changed = Signal(int)
    amount_accepted = Signal()
    amount_action = Signal()
    amount_unreadable = Signal()
    receipt_requested = Signal()
    receipt_taken_out = Signal()
    reward_chosen = Signal(str)
    rewards_left = Signal()
    filter_chosen = Signal(str)
    offer_used = Signal(str)
    statement_requested = Signal()
    print_requested = Signal()
    more_requested = Signal()
    act_requested = Signal()
    answered = Signal(str)
    panel_closed = Signal()
    fewer_requested = Signal()
    more_units_requested = Signal()
    record_settled = Signal(str, str)
    record_list_requested = Signal()
    retry_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._breadth, self._tight = Breadth.NORMAL, False
        self._state: VisitState | None = None
        self.member, self.purchase, self.rewards = MemberCard(), AmountCard(), RewardsCard()
        self.today = TodayColumn()
        self.confirm: RedeemPanel | None = None
        self.tray: PendingTray | None = None
        self.action = ActionBar()
        self._middle = column(self.purchase, grow(self.rewards))
        self._scroll = Scrolled(hosted(self._middle), 120)
        self._centre = column(grow(self._scroll), self.action)
        self._row = row(self.member, grow(self._centre), self.today)
        self.setLayout(self._row)
        self._connect()
        self._shortcuts = [self._digit(n) for n in range(1, 10)]
        self._shortcuts.append(self._take_out())
        self.set_breadth(Breadth.NORMAL)

    def _connect(self) -> None:
        self.member.statement_requested.connect(self.statement_requested)
        self.member.print_requested.connect(self.print_requested)
        self.member.more_requested.connect(self.more_requested)
        self.purchase.amount_changed.connect(self.amount_changed)
        self.purchase.amount_accepted.connect(self.amount_accepted)
        self.purchase.amount_unreadable.connect(self.amount_unreadable)
        self.purchase.receipt_requested.connect(self.receipt_requested)
        self.purchase.receipt_taken_out.connect(self.receipt_taken_out)
        self.purchase.notice_action.connect(self.amount_action)
        self.rewards.chosen.connect(self.reward_chosen)
        self.rewards.grid.left.connect(self.rewards_left)
        self.rewards.filter_chosen.connect(self.filter_chosen)
        self.today.offers.used.connect(self.offer_used)
        self.today.summary.act_requested.connect(self.act_requested)
        self.action.act_requested.connect(self.act_requested)
        self.today.summary.answered.connect(self.answered)

    def _digit(self, n: int) -> QShortcut:
        """Let Alt and a digit choose a reward wherever the focus is."""
        shortcut = QShortcut(QKeySequence(f"Alt+{n}"), self)
        shortcut.activated.connect(lambda: self.rewards.grid.choose(str(n)))
        return shortcut

    def _take_out(self) -> QShortcut:
        """Let Shift and the key of receipts take one out wherever the focus is."""
        shortcut = QShortcut(QKeySequence("Shift+F6"), self)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(self.receipt_taken_out)
        return shortcut

    def home(self) -> QWidget:
        """Return the amount, the button of an open confirmation, or the field that asks."""
        state = self._state
        if state is not None and isinstance(state.panel, ConfirmState) and self.confirm:
            return self.confirm.home()
        return self.purchase.amount.edit

    def focus_amount(self) -> None:
        """Take the focus to the amount, ready to be typed over (F4)."""
        self.purchase.amount.start()

    def focus_rewards(self) -> None:
        """Take the focus to the rewards, so that digits choose (F5)."""
        self.rewards.grid.take_focus()

    def set_breadth(self, breadth: Breadth) -> None:
        """Arrange the screen for the width of the window."""
        self._breadth = breadth
        margin, gap = _MARGIN[breadth], _GAP[breadth]
        self._row.setContentsMargins(margin, margin, margin, margin)
        for layout in (self._row, self._middle, self._centre):
            layout.setSpacing(gap)
        for part in (self.member, self.rewards, self.today):
            part.set_breadth(breadth)
        if self.confirm is not None:
            self.confirm.set_breadth(breadth)
        if self._state is not None:
            self.draw(self._state)

    def set_tight(self, tight: bool) -> None:
        """Put the right column under the rewards, where everything scrolls but the button."""
        if tight != self._tight:
            self._tight = tight
            if tight:
                self._row.removeWidget(self.today)
                self._middle.addWidget(self.today)
            else:
                self._middle.removeWidget(self.today)
                self._row.insertWidget(2, self.today)
            self.rewards.set_tight(tight)
        self.today.set_tight(tight)
        if self._state is not None:
            self.draw(self._state)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the amount the room there is."""
        super().resizeEvent(event)
        self._arrange_purchase()

    def _arrange_purchase(self) -> None:
        has_panel = self._state is not None and self._state.panel is not None
        narrow = self._tight and self.width() < _NARROW_PAGE
        self.purchase.arrange(self._breadth, has_panel, narrow)

    def draw(self, state: VisitState) -> None:
        """Show the state."""
        self._state = state
        self._arrange_purchase()
        self.member.draw(state.member)
        self.purchase.draw(state.amount)
        self.rewards.draw(state.rewards)
        self.today.draw(state.offers_title, state.offers, state.summary)
        self.action.draw(state.summary)
        self._draw_panel(state)

    def _draw_panel(self, state: VisitState) -> None:
        if isinstance(state.panel, ConfirmState):
            self._confirm_panel().draw(state.panel)
        elif isinstance(state.panel, TrayState):
            self._pending_tray().draw(state.panel)
        self._place(self.confirm, isinstance(state.panel, ConfirmState))
        self._place(self.tray, isinstance(state.panel, TrayState))
        alone = state.panel is None
        asks = state.summary.ask is not None
        self._scroll.setVisible(alone or not self._tight)
        self._row.setStretch(1, 1 if alone or not self._tight else 0)
        self.action.setVisible(self._tight and alone and not asks)
        self.today.setVisible(self._tight or self._breadth is Breadth.WIDE or alone)
        self.today.summary.stand_back(not alone or (self._tight and not asks))

    def _place(self, panel: QWidget | None, shown: bool) -> None:
        if panel is None:
            return
        panel.setVisible(shown)
        if self._tight:
            panel.setMinimumWidth(0)
            panel.setMaximumWidth(_ANY_WIDTH)
        else:
            panel.setFixedWidth(_PANEL[self._breadth])

    def _confirm_panel(self) -> RedeemPanel:
        """Make the panel when it is first needed."""
        if self.confirm is None:
            made = RedeemPanel()
            made.closed.connect(self.panel_closed)
            made.fewer.connect(self.fewer_requested)
            made.more.connect(self.more_units_requested)
            made.act_requested.connect(self.act_requested)
            made.answered.connect(self.answered)
            made.set_breadth(self._breadth)
            self._row.addWidget(made, 1)
            self.confirm = made
        return self.confirm

    def _pending_tray(self) -> PendingTray:
        """Make the tray when it is first needed."""
        if self.tray is None:
            made = PendingTray()
            made.closed.connect(self.panel_closed)
            made.settled.connect(self.record_settled)
            made.record_list_requested.connect(self.record_list_requested)
            made.retry_requested.connect(self.retry_requested)
            self._row.addWidget(made, 1)
            self.tray = made
        return self.tray
