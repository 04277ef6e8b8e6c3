"""The card at the left: who it is, the balance, the next reward, what needs a look."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from loyalty_desk.ui.visit.state import (
    MOST_ATTENTION,
    MOST_MOVEMENTS,
    MemberCardState,
    Movement,
    NextReward,
)
from loyalty_desk.ui.widgets.button import Button, icon_button
from loyalty_desk.ui.widgets.label import tag, tier
from loyalty_desk.ui.widgets.layout import (
    SPRING,
    Breadth,
    SoftGap,
    column,
    grow,
    hosted,
    row,
    stack,
    wrapping,
)
from loyalty_desk.ui.widgets.notice import Notice, NoticeBox
from loyalty_desk.ui.widgets.scroll import GivingWay, Scrolled
from loyalty_desk.ui.widgets.surface import Avatar, Bar, Line, RuledRow, Surface
from loyalty_desk.ui.widgets.text import Run, Runs, Text, runs_of
from sync.i18n import _

_WIDTHS = {Breadth.COMPACT: 256, Breadth.NORMAL: 312, Breadth.WIDE: 380}


class MovementRow(RuledRow):
    """One past entry: day, what, points."""

    def __init__(self) -> None:
        day = Text("", "small", "ink3", elide=False)
        day.setFixedWidth(44)
        what = Text("", "body")
        points = Text("", "body-strong", align="right", elide=False)
        super().__init__(48, row(day, grow(what), points, gap=12))
        self._day, self._what, self._points = day, what, points

    def draw(self, movement: Movement) -> None:
        """Show an entry."""
        self._day.set_text(movement.day)
        self._what.set_text(movement.what)
        self._points.show_as(movement.points, tone="ok" if movement.is_credit else "ink")


class Movements(QWidget):
    """The last entries, for windows that have the room."""

    def __init__(self) -> None:
        super().__init__()
        self._total = Text("", "small", "ink3", align="right")
        self._rows = [MovementRow() for _row in range(MOST_MOVEMENTS)]
        title = Text(_("Latest entries"), "body-strong", elide=False)
        head = row(title, grow(self._total), gap=8)
        self.setLayout(column(Line(), 8, head, 8, *self._rows))

    def draw(self, movements: tuple[Movement, ...], total: str) -> None:
        """Show the entries."""
        self._total.set_text(total)
        for at, shown in enumerate(self._rows):
            shown.setVisible(at < len(movements))
            if at < len(movements):
                shown.draw(movements[at])


class NextRewardBar(QWidget):
    """How far it is to the next reward."""

    def __init__(self) -> None:
        super().__init__()
        self._is_short = False
        self._reward: NextReward | None = None
        self._name = Runs(Run("", "small", "ink2"))
        self._missing = Text("", "small", "ink2", align="right", elide=False)
        self._bar = Bar()
        self.setLayout(column(row(grow(self._name), self._missing, gap=8), 7, self._bar))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_short(self, short: bool) -> None:
        """Leave out the words before the name where there is no room for them."""
        self._is_short = short
        self._draw()

    def draw(self, reward: NextReward) -> None:
        """Show a reward."""
        self._reward = reward
        self._draw()

    def _draw(self) -> None:
        reward = self._reward
        if reward is None:
            return
        if self._is_short:
            self._name.set_runs(Run(reward.name, "small-strong", "ink2"))
        else:
            words = _("Next reward: {reward}")
            self._name.set_runs(
                *runs_of(words, "small", "ink2", "small-strong", reward=reward.name)
            )
        self._missing.set_text(reward.missing)
        self._bar.set_share(reward.share)
        self._bar.setAccessibleName(f"{reward.name}, {reward.missing}")


class MemberCard(Surface):
    """The card of the member who is open."""

    statement_requested = Signal()
    print_requested = Signal()
    more_requested = Signal()

    def __init__(self) -> None:
        who, balance, foot = _Who(), _Balance(), _Foot()
        next_reward, movements = NextRewardBar(), Movements()
        above, line, below = hosted(column()), Line(), hosted(column())
        notices = [Notice() for _notice in range(MOST_ATTENTION)]
        below.setFixedHeight(14)
        layout = column(
            who,
            SoftGap(18),
            balance,
            SoftGap(14),
            next_reward,
            above,
            line,
            below,
            column(*notices, gap=10),
            SoftGap(14),
            movements,
            SPRING,
            SoftGap(14),
            foot,
        )
        super().__init__("card", column(Scrolled(GivingWay(layout)), pad=20))
        self._who, self._balance, self._next, self._foot = who, balance, next_reward, foot
        self._above, self._notices, self._movements = above, notices, movements
        self._breadth = Breadth.NORMAL
        self._connect()

    def _connect(self) -> None:
        self._foot.statement.clicked.connect(self.statement_requested)
        self._foot.print_out.clicked.connect(self.print_requested)
        self._foot.more.clicked.connect(self.more_requested)

    def set_breadth(self, breadth: Breadth) -> None:
        """Arrange the card for the width of the window."""
        self._breadth = breadth
        compact = breadth is Breadth.COMPACT
        self.setFixedWidth(_WIDTHS[breadth])
        pad = 17 if compact else 21
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(pad, pad, pad, pad)
        self._who.set_short(compact)
        self._next.set_short(compact)
        self._foot.rest.setVisible(not compact)

    def draw(self, state: MemberCardState) -> None:
        """Show the state."""
        self.set_look("card-bad" if state.blocked else "card")
        self._who.draw(state)
        self._balance.draw(state)
        self._next.setVisible(state.next_reward is not None)
        if state.next_reward is not None:
            self._next.draw(state.next_reward)
        self._above.setFixedHeight(16 if state.offline_limit else 18)
        for at, notice in enumerate(self._notices):
            notice.setVisible(at < len(state.attention))
            if at < len(state.attention):
                told = state.attention[at]
                notice.show_as(told.icon, told.tone, told.title, told.note)
        wide = self._breadth is Breadth.WIDE
        self._movements.setVisible(wide and bool(state.movements))
        self._movements.draw(state.movements, state.movements_total)
        self._foot.statement.setEnabled(state.can_see_statement)
        self._foot.print_out.setEnabled(state.can_print)


class _Who(QWidget):
    """Face, name, contact, tier."""

    def __init__(self) -> None:
        super().__init__()
        self._is_short = False
        self._state: MemberCardState | None = None
        self._avatar = Avatar("", 52, "initials-17")
        self._name = Text("", "member")
        self._contact = Text("", "small", "ink3")
        self._tier = tier()
        self._blocked = tag("", "bad", "ban")
        self._since = tag()
        self.setLayout(
            column(
                row(self._avatar, grow(stack(self._name, self._contact)), gap=12),
                12,
                row(self._blocked, self._tier, self._since, SPRING, gap=8),
            )
        )
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_short(self, short: bool) -> None:
        """Leave out what has no room in a narrow card."""
        self._is_short = short
        if self._state is not None:
            self.draw(self._state)

    def draw(self, state: MemberCardState) -> None:
        """Show a member."""
        self._state = state
        self._avatar.set_initials(state.initials)
        self._name.set_text(state.name)
        short = self._is_short and state.contact_short
        self._contact.set_text(state.contact_short if short else state.contact)
        self._tier.setVisible(bool(state.tier))
        if state.tier:
            self._tier.show_as(state.tier_name, state.tier)
        self._blocked.setVisible(bool(state.blocked))
        self._blocked.show_as(state.blocked)
        hidden = self._is_short or bool(state.blocked)
        self._since.setVisible(bool(state.since) and not hidden)
        self._since.show_as(state.since)


class _Balance(QWidget):
    """The one big number, how old it is, and how much of it may be used offline."""

    def __init__(self) -> None:
        super().__init__()
        self._label = Text("", "small", "ink3")
        self._note = Text("", "meta", "ink3", align="right")
        self._figure = Runs(Run("", "balance"))
        self._limit = NoticeBox("warn", "wifi-off")
        self._gap = hosted(column())
        self._gap.setFixedHeight(14)
        self.setLayout(
            column(row(self._label, grow(self._note), gap=8), self._figure, self._gap, self._limit)
        )
        wrapping(self)

    def draw(self, state: MemberCardState) -> None:
        """Show a balance."""
        self._label.set_text(state.balance_label)
        self._note.set_text(state.balance_note)
        unit = Run(state.unit or _("points"), "unit", "ink2", 8)
        self._figure.set_runs(Run(state.balance, "balance"), unit)
        self._gap.setVisible(bool(state.offline_limit))
        self._limit.setVisible(bool(state.offline_limit))
        if state.offline_limit:
            words = _("Up to {points} can be used here while offline")
            limit = state.offline_limit
            self._limit.set_runs(runs_of(words, "small-strong", "warn", "small-bold", points=limit))


class _Foot(QWidget):
    """Statement, print, and the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.statement = Button(_("Statement"), "history")
        self.print_out = Button(_("Balance"), "printer")
        self.print_out.setAccessibleDescription(_("Prints the balance"))
        self.more = icon_button("ellipsis", _("More about this member"), 40, (0, 0, 0, 4))
        self.statement.let_shrink()
        self.print_out.let_shrink()
        self.statement.show_icon_with(self.print_out)
        self.print_out.show_icon_with(self.statement)
        self.rest = hosted(row(4, self.more))
        self.setLayout(row(grow(self.statement), 8, grow(self.print_out), self.rest))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
