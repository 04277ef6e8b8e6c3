"""The operator's own shift: figures, goal, today's campaign.

Guarantees that the numbers of the desk are seen by the one who works there, and by nobody else.
"""

from typing import Final

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from loyalty_desk.ui.identify.state import Campaign, Figure, Goal, Shift
from loyalty_desk.ui.widgets.layout import SPRING, column, grow, hosted, row
from loyalty_desk.ui.widgets.surface import Bar, Icon, Surface
from loyalty_desk.ui.widgets.text import Prose, Run, Runs, Text
from sync.i18n import _

_MOST_FIGURES: Final = 3


class _FigureView(QWidget):
    """A number over its word, or before it where the card is narrow."""

    def __init__(self) -> None:
        super().__init__()
        self._value = Text("", "figure", elide=False)
        self._label = Text("", "small", "ink3")
        self._box: QBoxLayout = column(self._value, self._label)
        self.setLayout(self._box)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_figure(self, figure: Figure) -> None:
        self._value.set_text(figure.value)
        self._label.set_text(figure.label)

    def set_compact(self, compact: bool) -> None:
        direction = QBoxLayout.Direction
        self._box.setDirection(direction.RightToLeft if compact else direction.TopToBottom)
        self._box.setStretch(1, int(compact))
        role = "body-strong" if compact else "figure"
        self._value.show_as(self._value.runs()[0].text, role)


class ShiftCard(Surface):
    """The card of the running shift."""

    def __init__(self) -> None:
        self._since = Text("", "small", "ink3", align="right")
        self._figures = [_FigureView() for _place in range(_MOST_FIGURES)]
        one, two, three = self._figures
        self._line: QHBoxLayout = row(one, SPRING, two, SPRING, three)
        self._goal_label = Text("", "small-strong", "ink2")
        self._goal_done = Runs(Run("", "small-strong", "ink2"), align="right", elide=False)
        self._bar = Bar()
        self._goal = hosted(
            column(row(grow(self._goal_label), self._goal_done, gap=8), 7, self._bar)
        )
        self._campaign = _CampaignBox()
        head = row(Text(_("Your shift"), "h2", elide=False), grow(self._since), gap=8)
        super().__init__(
            "card",
            column(head, 14, self._line, 16, self._goal, SPRING, self._campaign, pad=20),
        )

    def draw(self, shift: Shift) -> None:
        """Show the shift."""
        self._since.set_text(shift.since)
        for at, view in enumerate(self._figures):
            view.setVisible(at < len(shift.figures))
            if at < len(shift.figures):
                view.show_figure(shift.figures[at])
        self._draw_goal(shift.goal)
        self._campaign.setVisible(shift.campaign is not None)
        if shift.campaign is not None:
            self._campaign.draw(shift.campaign)

    def _draw_goal(self, goal: Goal | None) -> None:
        self._goal.setVisible(goal is not None)
        if goal is None:
            return
        self._goal_label.set_text(goal.label)
        self._goal_done.set_runs(
            Run(goal.done, "small-strong", "ink2"), Run(f" {goal.rest}", "small", "ink2")
        )
        self._bar.set_share(goal.share)
        self._bar.setAccessibleName(f"{goal.label}: {goal.done} {goal.rest}")

    def set_compact(self, compact: bool) -> None:
        """Set the figures one under the other where the card is narrow."""
        direction = QBoxLayout.Direction
        self._line.setDirection(direction.TopToBottom if compact else direction.LeftToRight)
        self._line.setSpacing(4 if compact else 0)
        for view in self._figures:
            view.set_compact(compact)
        side = 17 if compact else 21
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(side, side, side, side)


class _CampaignBox(Surface):
    """What to tell customers today."""

    def __init__(self) -> None:
        self._title = Prose("", "small-strong", "ink", max_lines=2)
        self._note = Prose("", "small", "ink3", max_lines=2)
        words = column(self._title, self._note)
        icon = Icon("megaphone", "accent", 20)
        super().__init__("inset", row(icon, grow(words), gap=12, pad=(11, 14)))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def draw(self, campaign: Campaign) -> None:
        """Show a campaign."""
        self._title.set_text(campaign.title)
        self._note.set_text(campaign.note)
        self._note.setVisible(bool(campaign.note))
