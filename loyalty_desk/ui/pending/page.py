"""The tray: what needs a person first, then every record with its state, then when it is sent.

Guarantees that one row is one record, and that it says so where nothing is lost.
"""

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loyalty_desk.ui.pending.state import MOST_ACTIONS, Action, NeedsYou, TrayRow, TrayState
from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.control import Link
from loyalty_desk.ui.widgets.layout import SPRING, column, grow, hosted, row, stack, top
from loyalty_desk.ui.widgets.paint import Painted, draw_rule, painter_for
from loyalty_desk.ui.widgets.scroll import Scrolled
from loyalty_desk.ui.widgets.surface import Bar, Icon, Line, RuledRow, Surface
from loyalty_desk.ui.widgets.text import Prose, Text
from sync.i18n import _

_ROW = 50
_MORE = 34
_OFFER = 36
_INDENT, _WIDE = 32, 220


class NeedsYouBox(Surface):
    """What only a person can settle, with at most two ways to do so."""

    chosen = Signal(str, str)

    def __init__(self) -> None:
        title, text = Text("", "body-strong"), Prose("", "small", "ink2")
        icon = Icon("circle-alert", "bad", 20, 2)
        first, second = Button(), Button(kind="quiet")
        words, indent = column(title, text), QWidget()
        body = column(
            row(top(icon), grow(words), gap=12),
            10,
            row(indent, first, 8, second, SPRING),
            pad=(12, 14),
        )
        super().__init__("box-bad", body)
        self._title, self._text, self._buttons = title, text, (first, second)
        self._icon, self._indent = icon, indent
        self._event, self._names = "", [""] * MOST_ACTIONS
        for at, button in enumerate(self._buttons):
            button.let_shrink()
            button.clicked.connect(lambda _checked=False, at=at: self._choose(at))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Begin the buttons below the words; where that is too narrow, below the icon."""
        super().resizeEvent(event)
        self._indent.setFixedWidth(_INDENT if self.width() >= _WIDE else 0)

    def _choose(self, at: int) -> None:
        self.chosen.emit(self._event, self._names[at])

    def forget(self) -> None:
        """Nothing is to be settled: an answer that comes again is another one."""
        self._title.set_text("")

    def draw(self, needs: NeedsYou) -> None:
        """Show what is to be settled; an answer takes the focus when it is another one."""
        is_new = needs.is_answer and needs.title != self._title.text()
        self._event = needs.event
        self.set_look("box-plain" if needs.is_answer else "box-bad")
        self._icon.show_icon(*(("info", "accent") if needs.is_answer else ("circle-alert", "bad")))
        self._title.set_text(needs.title)
        self._text.set_text(needs.text)
        for at, button in enumerate(self._buttons):
            button.setVisible(at < len(needs.actions))
            if at < len(needs.actions):
                self._names[at] = needs.actions[at].name
                button.set_label(needs.actions[at].label)
        if is_new and needs.actions:
            self._buttons[0].setFocus(Qt.FocusReason.OtherFocusReason)


class RecordRow(RuledRow):
    """One record: state, who, what, effect, time."""

    def __init__(self) -> None:
        icon = Icon("clock", "ink3", 18)
        who, what = Text("", "body-strong"), Text("", "small", "ink3")
        effect = Text("", "body-strong", "ok", align="right", elide=False)
        time = Text("", "meta", "ink3", align="right", elide=False)
        super().__init__(_ROW, row(icon, grow(stack(who, what)), stack(effect, time), gap=12))
        self._icon, self._who, self._what = icon, who, what
        self._effect, self._time = effect, time

    def draw(self, record: TrayRow) -> None:
        """Show a record."""
        self._icon.show_icon(record.icon, "ink3")
        self._icon.setAccessibleName(record.status)
        self._who.set_text(record.who)
        self._what.set_text(record.what)
        self._effect.show_as(record.effect, tone=record.effect_tone)
        self._time.set_text(record.time)


class RecordList(QWidget):
    """As many records as fit between what stands above and below."""

    shown = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._records: tuple[TrayRow, ...] = ()
        self._rows: list[RecordRow] = []
        self._fitting = -1
        self._last = Line()
        self._last.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:
        """Return room for two records."""
        return QSize(180, 2 * _ROW + 1)

    def draw(self, records: tuple[TrayRow, ...]) -> None:
        """Show records."""
        self._records = records
        self._fitting = -1
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show more or fewer records."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        fitting = min(len(self._records), self.height() // _ROW)
        while len(self._rows) < fitting:
            made = RecordRow()
            made.setParent(self)
            self._rows.append(made)
        for at, made in enumerate(self._rows):
            made.setVisible(at < fitting)
            if at < fitting:
                made.draw(self._records[at])
                made.setGeometry(0, at * _ROW, self.width(), _ROW)
        self._last.setVisible(fitting > 0)
        self._last.setGeometry(0, fitting * _ROW, self.width(), active().border_px)
        if fitting != self._fitting:
            self._fitting = fitting
            self.shown.emit(fitting)


class TrayFoot(Painted):
    """How many more there are, the one button, when it happens by itself, and what a manager may
    ask of the till.
    """

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.more = Link()
        self.more.set_band(_MORE)
        self.retry = Button("", icon="refresh-cw", size="m-low")
        self.note = Text("", "small", "ink3", align="center")
        self._lead = hosted(column(11))
        self._lead.setFixedHeight(11)
        self.offers = tuple(Link(centred=True) for _ in range(MOST_ACTIONS))
        self._names = [""] * MOST_ACTIONS
        for at, link in enumerate(self.offers):
            link.setFixedHeight(_OFFER)
            link.set_band(_OFFER)
            link.clicked.connect(lambda _checked=False, at=at: self.asked.emit(self._names[at]))
        self.setLayout(
            column(
                self.more,
                self._lead,
                self.retry,
                6,
                self.note,
                stack(*self.offers),
                pad=(0, 20, 12, 20),
            )
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def offer(self, offers: tuple[Action, ...]) -> None:
        """Offer what can be asked of the till."""
        for at, link in enumerate(self.offers):
            link.setVisible(at < len(offers))
            if at < len(offers):
                self._names[at] = offers[at].name
                link.set_text(offers[at].label)

    def set_more(self, text: str) -> None:
        """Offer the rest ("" for nothing more)."""
        self.more.set_text(text)
        self.more.setVisible(bool(text))
        self._lead.setFixedHeight(1 if text else 11)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the border above the button."""
        painter = painter_for(self)
        y = _MORE if self.more.isVisible() else 0
        draw_rule(painter, QRect(0, y, self.width(), active().border_px))
        painter.end()


class PendingTray(Surface):
    """The tray in the right column; F11 opens it, Esc closes it."""

    closed = Signal()
    settled = Signal(str, str)
    record_list_requested = Signal()
    retry_requested = Signal()

    def __init__(self) -> None:
        close = Button(key="Esc", kind="quiet", size="cap", name=_("Back"))
        intro, share = Prose("", "small", "ink2", max_lines=2), Bar(0.0, _("Sent so far"))
        bar = hosted(row(grow(share), pad=(8, 20, 0, 20)))
        needs, records, foot = NeedsYouBox(), RecordList(), TrayFoot()
        empty = Prose("", "body", "ink3", "center")
        above = column(
            row(grow(Text(_("Pending"), "panel")), close, pad=(16, 20, 0, 20)),
            4,
            row(grow(intro), pad=(0, 20)),
            bar,
            12,
            row(grow(needs), pad=(0, 20)),
            empty,
            grow(hosted(row(grow(records), pad=(12, 20, 0, 20)))),
        )
        super().__init__("card", column(grow(Scrolled(hosted(above))), foot))
        self._intro, self._bar, self._share, self._needs = intro, bar, share, needs
        self._records, self._empty, self._foot = records, empty, foot
        self._close = close
        self._total = 0
        self._connect()

    def _connect(self) -> None:
        self._close.clicked.connect(self.closed)
        self._needs.chosen.connect(self.settled)
        self._foot.more.clicked.connect(self.record_list_requested)
        self._foot.retry.clicked.connect(self.retry_requested)
        self._foot.asked.connect(lambda name: self.settled.emit("till", name))
        self._records.shown.connect(self._tell_rest)

    def _tell_rest(self, shown: int) -> None:
        rest = self._total - shown
        self._foot.set_more(_("See {n} more").format(n=rest) if rest > 0 else "")

    def home(self) -> QWidget:
        """Return the widget that has the focus while the tray is open."""
        return self._close

    def draw(self, state: TrayState) -> None:
        """Show the state."""
        self._total = state.total
        self._intro.set_text(state.intro)
        self._bar.setVisible(state.share is not None)
        self._share.set_share(state.share or 0.0)
        self._needs.setVisible(state.needs is not None)
        if state.needs is not None:
            self._needs.draw(state.needs)
        else:
            self._needs.forget()
        self._empty.setVisible(bool(state.empty))
        self._empty.set_text(state.empty)
        self._records.draw(state.rows)
        self._foot.retry.setVisible(bool(state.retry))
        self._foot.retry.set_label(state.retry)
        self._foot.retry.setEnabled(state.can_retry)
        self._foot.note.set_text(state.foot)
        self._foot.offer(state.offers)
