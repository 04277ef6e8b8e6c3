"""Screen 05: a new member on one page, phone and name first.

Guarantees that nothing typed is lost while a state is drawn, and that consents are asked one by
one.
"""

from itertools import pairwise
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from loyalty_desk.ui.enrol.consents import ConsentList
from loyalty_desk.ui.enrol.form import FormField
from loyalty_desk.ui.enrol.side import AfterCard, ReadingCard, SelfServiceCard
from loyalty_desk.ui.enrol.state import FIELD_NAMES, EnrolState, FieldName
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.layout import SPRING, Breadth, Placed, column, grow, hosted, row
from loyalty_desk.ui.widgets.page import Page
from loyalty_desk.ui.widgets.scroll import GivingWay, Scrolled
from loyalty_desk.ui.widgets.surface import Line, Surface
from loyalty_desk.ui.widgets.text import Prose, Text
from sync.i18n import _

_SIDE_WIDTH: Final = {Breadth.COMPACT: 284, Breadth.NORMAL: 340, Breadth.WIDE: 420}
_NARROW: Final = 440  # pixels under which the buttons stand one over the other
_STACKED_FROM: Final = 220  # and from which height of the card they may
_LOW_BELOW: Final = 600  # height of the card under which gaps are saved


class EnrolPage(Page):
    """A new member. The focus belongs to the phone, or to the name once there is a phone."""

    field_changed = Signal(str, str)
    field_left = Signal(str)
    field_accepted = Signal(str)
    field_action = Signal(str)
    consent_toggled = Signal(str, bool)
    read_requested = Signal(str)
    after_toggled = Signal(str, bool)
    conclude_requested = Signal()
    cancel_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._form = _Form()
        self._service = SelfServiceCard()
        self._reading = ReadingCard()
        self._after = AfterCard()
        self._rest = hosted(column())  # keeps what follows at the top where it stands alone
        self._side_column: QVBoxLayout = column(
            grow(self._service), grow(self._reading), self._after, grow(self._rest), gap=16
        )
        self._side = hosted(self._side_column)
        self._row: QHBoxLayout = row(grow(self._form), self._side, gap=16, pad=20)
        self.setLayout(self._row)
        self._connect()

    def _connect(self) -> None:
        for field in self._form.fields.values():
            field.edited.connect(self.field_changed)
            field.field_left.connect(self.field_left)
            field.accepted.connect(self._accept)
            field.action_pressed.connect(self.field_action)
        self._form.consents.toggled.connect(self.consent_toggled)
        self._form.consents.read.connect(self.read_requested)
        self._reading.closed.connect(lambda: self.read_requested.emit(""))
        self._after.toggled.connect(self.after_toggled)
        self._form.consents.rebuilt.connect(self._chain)
        self._after.rebuilt.connect(self._chain)
        self._form.conclude.clicked.connect(self.conclude_requested)
        self._form.cancel.clicked.connect(self.cancel_requested)

    def draw(self, state: EnrolState) -> None:
        """Show the state."""
        self._form.draw(state)
        read = next((one for one in state.consents if one.full_text), None)
        self._reading.setVisible(read is not None)
        if read is not None:
            self._reading.draw(read)
        self._service.setVisible(read is None and state.self_service is not None)
        if state.self_service is not None:
            self._service.draw(state.self_service)
        self._rest.setVisible(self._service.isHidden() and self._reading.isHidden())
        self._after.setVisible(bool(state.after))
        self._after.draw(state.after)

    def _chain(self) -> None:
        """Let Tab go from the fields through the consents to the buttons, then to the side."""
        stops = [*self._form.stops(), *self._reading.stops(), *self._after.stops()]
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def home(self) -> QWidget:
        """The phone, or the name once a phone is there."""
        fields = self._form.fields
        return fields["name" if fields["phone"].field.text() else "phone"].field.edit

    def focus_field(self, name: FieldName) -> None:
        """Give the focus to one field, where something is to be corrected."""
        self._form.fields[name].field.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_breadth(self, breadth: Breadth) -> None:
        """Arrange the screen for the width of the window."""
        compact = breadth is Breadth.COMPACT
        pad, gap = (12, 12) if compact else (20, 16)
        self._row.setContentsMargins(pad, pad, pad, pad)
        self._row.setSpacing(gap)
        self._side_column.setSpacing(gap)
        self._side.setFixedWidth(_SIDE_WIDTH[breadth])
        self._form.set_compact(compact)
        self._service.set_compact(compact)

    def _accept(self, name: str) -> None:
        """Enter reports the field; unless that led elsewhere, the next field is at hand."""
        before = self.focusWidget()
        self.field_accepted.emit(name)
        if self.isVisible() and self.focusWidget() is before:
            self.focusNextChild()


class _Form(Surface):
    """The left card."""

    def __init__(self) -> None:
        self.fields = {
            "phone": FormField("phone", _("Mobile"), "(00) 00000-0000", optional=False),
            "name": FormField("name", _("Name"), "", optional=False),
            "cpf": FormField("cpf", _("CPF"), "000.000.000-00", optional=True),
            "birthday": FormField("birthday", _("Birthday"), _("day / month"), optional=True),
        }
        self._head = Text(_("New member"), "h1", elide=False)
        hint = Text(_("Only mobile and name are required"), "body", "ink3", align="right")
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        for at, name in enumerate(FIELD_NAMES):
            place = Qt.AlignmentFlag.AlignTop
            self._grid.addWidget(self.fields[name], at // 2, at % 2, place)
            self._grid.setColumnStretch(at % 2, 1)
        self._accepted = Text("", "lead-strong")
        self.consents = ConsentList()
        self._gaps = [hosted(column()) for _place in range(4)]
        one, two, three, four = self._gaps
        self._body: QVBoxLayout = column(
            row(self._head, grow(hint), gap=16),
            one,
            self._grid,
            two,
            Line(),
            three,
            self._accepted,
            four,
            self.consents,
            SPRING,
            pad=(26, 32, 0, 32),
        )
        self.cancel = Button(_("Cancel"), key="Esc", size="m")
        self._welcome = Prose("", "small", "ink3", align="right", max_lines=3)
        self.conclude = Button("", key="F10", kind="primary", size="l")
        welcome = Placed(self._welcome, 1, Qt.AlignmentFlag.AlignVCenter)
        self._foot: QHBoxLayout = row(self.cancel, welcome, self.conclude, gap=12, pad=(16, 32))
        super().__init__("card", column(grow(Scrolled(GivingWay(self._body))), Line(), self._foot))
        self._side, self._low = 32, False
        self._arrange()

    def draw(self, state: EnrolState) -> None:
        """Show the state."""
        for field in state.fields:
            self.fields[field.name].draw(field)
        self._accepted.set_text(state.accepted_title)
        self.consents.draw(state.consents)
        wrong = bool(state.problem)
        self._welcome.set_text(state.problem or state.welcome)
        self._welcome.set_tone("bad" if wrong else "ink3")
        self.conclude.set_label(state.conclude_label)
        self.conclude.setEnabled(state.can_conclude and not state.busy)

    def stops(self) -> list[QWidget]:
        """Return what Tab stops at, in order.

        A field is named by its frame: Qt takes the frame and what is in it as one. Left where it
        was made, the frame would lead Tab back to its field, and the walk would never end.
        """
        fields: list[QWidget] = [self.fields[name].field for name in FIELD_NAMES]
        return [*fields, *self.consents.stops(), self.cancel, self.conclude]

    def set_compact(self, compact: bool) -> None:
        """Use less space at the sides."""
        self._side = 20 if compact else 32
        self._arrange()

    def set_low(self, low: bool) -> None:
        """Use less space between the rows where the window is low."""
        if low != self._low:
            self._low = low
            self._arrange()

    def _arrange(self) -> None:
        low = self._low
        for gap, high in zip(self._gaps, (12, 12, 8, 0) if low else (22, 22, 16, 6), strict=True):
            gap.setFixedHeight(high)
        self._grid.setVerticalSpacing(10 if low else 18)
        self._grid.setHorizontalSpacing(20)
        self._body.setContentsMargins(self._side, 14 if low else 26, self._side, 0)
        foot = 10 if low else 16
        self._foot.setContentsMargins(self._side, foot, self._side, foot)
        self.consents.set_low(low)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Save space where the window is low, and put one button over the other where narrow."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW and self.height() >= _STACKED_FROM
        up, along = QBoxLayout.Direction.BottomToTop, QBoxLayout.Direction.LeftToRight
        self._foot.setDirection(up if narrow else along)
        self._foot.setSpacing(6 if narrow else 12)
        self.set_low(self.height() < _LOW_BELOW)
