"""The right column: what there is for this member today, and this visit as a sum."""

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from loyalty_desk.ui.redeem.ask import AskBox
from loyalty_desk.ui.redeem.sum import SumRow, SumRows
from loyalty_desk.ui.visit.state import MOST_OFFERS, Offer, SummaryState
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.layout import SPRING, Breadth, column, grow, hosted, row, top, wrapping
from loyalty_desk.ui.widgets.notice import Answer
from loyalty_desk.ui.widgets.surface import Bar, IconTile, Line, Surface
from loyalty_desk.ui.widgets.text import Prose, Text
from sync.i18n import _

_TWO_LINES = 2
_ANY_WIDTH = 16_777_215  # Qt's own "no limit"


class OfferRow(QWidget):
    """An offer to use, or a mission and how far it is."""

    used = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._offer = ""
        self._line = Line()
        self._tile = IconTile("gift", "plain")
        self._title = Prose("", "body-strong", "ink", max_lines=_TWO_LINES)
        self._note = Prose("", "small", "ink3", max_lines=_TWO_LINES)
        self._bar = Bar()
        self._use = Button("", size="s-tight")
        self._use.clicked.connect(lambda: self.used.emit(self._offer))
        self._progress = hosted(column(7, self._bar))
        words = column(self._title, self._note, self._progress)
        self._body = row(top(self._tile), grow(words), top(self._use), gap=12)
        self._column: QVBoxLayout = column(self._line, self._body)
        self.setLayout(self._column)
        wrapping(self)

    def draw(self, offer: Offer, is_first: bool, is_last: bool) -> None:
        """Show an offer."""
        self._offer = offer.offer
        self._line.setVisible(not is_first)
        self._body.setContentsMargins(0, 10 if is_first else 12, 0, 4 if is_last else 10)
        self._tile.show_icon(offer.icon, offer.tone)
        self._title.set_text(offer.title)
        self._note.set_text(offer.note)
        self._progress.setVisible(offer.share is not None)
        self._bar.set_share(offer.share or 0.0)
        self._bar.setAccessibleName(f"{offer.title}, {offer.note}")
        self._use.setVisible(bool(offer.action))
        self._use.set_label(offer.action)
        self._use.setAccessibleName(f"{offer.action}: {offer.title}")


class OffersCard(Surface):
    """What there is for this member today."""

    used = Signal(str)

    def __init__(self) -> None:
        title = Text("", "h2")
        rows = [OfferRow() for _row in range(MOST_OFFERS)]
        super().__init__("card", column(title, 10, *rows, pad=18))
        self._title, self._rows = title, rows
        wrapping(self)
        for made in rows:
            made.used.connect(self.used)

    def draw(self, title: str, offers: tuple[Offer, ...]) -> None:
        """Show the offers."""
        self.setVisible(bool(offers))
        self._title.set_text(title)
        for at, shown in enumerate(self._rows):
            shown.setVisible(at < len(offers))
            if at < len(offers):
                shown.draw(offers[at], at == 0, at == len(offers) - 1)


class SummaryCard(Surface):
    """This visit as a sum, and the one filled button of the screen."""

    act_requested = Signal()
    answered = Signal(str)

    def __init__(self) -> None:
        rows, total = SumRows(), SumRow(38)
        proof, ask = Answer(), AskBox()
        act = Button("", key="F10", kind="primary", size="xl")
        foot = Prose("", "meta", "ink3", "center", max_lines=_TWO_LINES)
        layout = column(
            Text(_("This visit"), "h2"),
            12,
            rows,
            6,
            Line(),
            6,
            total,
            SPRING,
            proof,
            10,
            ask,
            act,
            9,
            foot,
            pad=18,
        )
        super().__init__("card", layout)
        self._rows, self._total, self._proof = rows, total, proof
        self.ask, self.act, self._foot = ask, act, foot
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        act.clicked.connect(self.act_requested)
        ask.answered.connect(self.answered)

    def set_breadth(self, breadth: Breadth) -> None:
        """Use the narrower button where the window is narrow."""
        self.act.set_size("xl-narrow" if breadth is Breadth.COMPACT else "xl")

    def draw(self, state: SummaryState) -> None:
        """Show the state."""
        self._rows.draw(state.rows)
        self._total.show_total(
            _("New balance"), state.new_balance, "total", state.new_balance_changed
        )
        self._proof.setVisible(state.proof is not None)
        if state.proof is not None:
            proof = state.proof
            self._proof.show_as(proof.tone, proof.icon, proof.title, proof.note)
        self.ask.setVisible(state.ask is not None)
        self.act.setVisible(state.ask is None)
        if state.ask is not None:
            self.ask.draw(state.ask)
        self.act.set_label(state.act)
        self.act.setEnabled(state.can_act)
        self._foot.set_text(state.foot)
        self._foot.setVisible(state.ask is None)

    def stand_back(self, back: bool) -> None:
        """Leave the act to the panel beside it, so that one button is filled on the screen."""
        if back:
            self.act.hide()
            self._foot.hide()


class TodayColumn(QWidget):
    """Offers above, the sum below."""

    def __init__(self) -> None:
        super().__init__()
        self.offers, self.summary = OffersCard(), SummaryCard()
        self._breadth, self._tight = Breadth.NORMAL, False
        self._offered, self._says_more = False, False
        self._column = column(self.offers, grow(self.summary), gap=16)
        self.setLayout(self._column)

    def draw(self, title: str, offers: tuple[Offer, ...], summary: SummaryState) -> None:
        """Show offers and sum; where room is short, a question puts the offers aside."""
        self._offered = bool(offers)
        self._says_more = summary.ask is not None or summary.proof is not None
        self.offers.draw(title, offers)
        self.summary.draw(summary)
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Look again whether there is room for everything."""
        super().resizeEvent(event)
        self._make_room()

    def event(self, event: QEvent) -> bool:
        """Look again, too, when the words of a part have become more or fewer."""
        if event.type() is QEvent.Type.LayoutRequest:
            self._make_room()
        return super().event(event)

    def _make_room(self) -> None:
        """Put the offers aside where what is said of this visit would be cut beside them."""
        aside = self._says_more and not self._tight and self._is_short()
        self.offers.setVisible(self._offered and not aside)

    def _is_short(self) -> bool:
        if self._breadth is Breadth.COMPACT:
            return True
        parts = [card.layout() for card in (self.offers, self.summary)]
        least = sum(part.minimumHeightForWidth(self.width()) for part in parts if part is not None)
        return least + self._column.spacing() > self.height()

    def set_breadth(self, breadth: Breadth) -> None:
        """Arrange the column for the width of the window."""
        self._breadth = breadth
        wide = {Breadth.COMPACT: 232, Breadth.NORMAL: 288, Breadth.WIDE: 420}[breadth]
        if not self._tight:
            self.setFixedWidth(wide)
        self._column.setSpacing(
            {Breadth.COMPACT: 12, Breadth.NORMAL: 16, Breadth.WIDE: 20}[breadth]
        )
        self.summary.set_breadth(breadth)

    def set_tight(self, tight: bool) -> None:
        """Take the width there is, where the column stands under the rewards."""
        self._tight = tight
        if tight:
            self.setMinimumWidth(0)
            self.setMaximumWidth(_ANY_WIDTH)
        else:
            self.set_breadth(self._breadth)
