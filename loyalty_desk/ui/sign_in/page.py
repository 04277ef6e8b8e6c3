"""Screen 14: choose the person, type the PIN or scan the badge.

Guarantees that digits always reach the PIN field, whatever has the focus, and that the PIN leaves
this screen only by `pin_entered`.
"""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QWidget

from loyalty_desk.ui.sign_in.state import OnHold, Person, PinEntry, SignInState
from loyalty_desk.ui.sign_in.tiles import OtherTile, StaffTile
from loyalty_desk.ui.widgets.control import Link
from loyalty_desk.ui.widgets.field import Field
from loyalty_desk.ui.widgets.keypad import KeyPad
from loyalty_desk.ui.widgets.label import Label
from loyalty_desk.ui.widgets.layout import (
    SPRING,
    Breadth,
    Spring,
    column,
    grow,
    hosted,
    left,
    row,
    stack,
)
from loyalty_desk.ui.widgets.page import Page
from loyalty_desk.ui.widgets.pin import PinField
from loyalty_desk.ui.widgets.scroll import GivingWay, Scrolled
from loyalty_desk.ui.widgets.surface import Avatar, Surface
from loyalty_desk.ui.widgets.text import Prose, Text
from loyalty_desk.ui.widgets.way import Way
from sync.i18n import _

_PLACES: Final = 6
_COLUMNS: Final = 2
_NARROW: Final = 440  # pixels under which the tiles stand in one column
_PAD_HIGHEST: Final = 520
_PANEL_WIDTH: Final = {Breadth.COMPACT: 324, Breadth.NORMAL: 404, Breadth.WIDE: 480}


class SignInPage(Page):
    """Who is at the till? The focus belongs to the PIN: call `go_home` after an act."""

    person_chosen = Signal(str)
    pin_entered = Signal(str)
    other_requested = Signal()
    search_changed = Signal(str)
    search_left = Signal()
    forgot_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._hero = _Hero()
        self._panel = _PinPanel()
        self._row = row(grow(self._hero), self._panel, gap=16, pad=20)
        self.setLayout(self._row)
        self._connect()

    def _connect(self) -> None:
        for tile in self._hero.tiles:
            tile.clicked.connect(lambda _checked=False, tile=tile: self._choose(tile.staff))
        self._hero.other.clicked.connect(self.other_requested)
        self._hero.search.edit.textChanged.connect(self.search_changed)
        self._hero.search.edit.returnPressed.connect(lambda: self._step(1))
        self._hero.back.clicked.connect(self.search_left)
        self._panel.pin.entered.connect(self.pin_entered)
        self._panel.pin.stepped.connect(self._step)
        self._panel.forgot.clicked.connect(self.forgot_requested)

    def draw(self, state: SignInState) -> None:
        """Show the state."""
        searching = state.search is not None and not self._hero.is_searching()
        self._hero.draw(state)
        self._panel.draw(state.person, state.pin)
        if searching:
            self._hero.search.setFocus()

    def home(self) -> QWidget:
        """The PIN field, or the name field while someone else is looked for."""
        if self._hero.is_searching() and not self._panel.has_person():
            return self._hero.search.edit
        return self._panel.pin

    def set_breadth(self, breadth: Breadth) -> None:
        """Arrange the screen for the width of the window."""
        compact = breadth is Breadth.COMPACT
        pad = 12 if compact else 20
        self._row.setContentsMargins(pad, pad, pad, pad)
        self._row.setSpacing(12 if compact else 16)
        self._panel.setFixedWidth(_PANEL_WIDTH[breadth])
        self._panel.set_compact(compact)
        self._hero.set_compact(compact)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give digits typed elsewhere on the screen to the PIN field."""
        if event.text().isdecimal() and event.text().isascii():
            self._panel.pin.setFocus()
            self._panel.pin.type_digit(event.text())
        else:
            super().keyPressEvent(event)

    def _choose(self, staff: str) -> None:
        self.person_chosen.emit(staff)
        self.go_home()

    def _step(self, by: int) -> None:
        staff = self._hero.neighbour(by)
        if staff:
            self.person_chosen.emit(staff)


class _Hero(Surface):
    """The left card: the question, the tiles, the badge, the visit on hold."""

    def __init__(self) -> None:
        self._today = Text("", "lead", "ink2")
        self._reader = Label("", "ok", "chip", "scan-barcode")
        head = stack(Text(_("Who is at the till?"), "hero"), self._today, gap=4)
        self.search = Field("plain", _("Name of the person"), _("Name"), icon="search")
        self.back = Link(_("Back"), "body-strong", centred=True)
        self._finder = hosted(row(grow(self.search), self.back, gap=12, pad=(0, 0, 12, 0)))
        self._nothing = Text("", "body", "ink3")
        self.tiles = [StaffTile() for _place in range(_PLACES)]
        self.other = OtherTile()
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        for at in range(_COLUMNS):
            self._grid.setColumnStretch(at, 1)
        self._notice = Prose("", "small-strong", "warn")
        self._told = hosted(column(self._notice, pad=(8, 0, 10, 0)))
        badge = Way("id-card", "accent", _("Scan your badge"), _("Signs in at once, no PIN"), 74)
        self._hold = Way("pause", "plain", height=74)
        self._head: QBoxLayout = row(grow(head), left(self._reader), gap=16)
        body = column(
            self._head,
            26,
            self._finder,
            self._nothing,
            self._grid,
            SPRING,
            self._told,
            badge,
            self._hold,
        )
        super().__init__("card", column(Scrolled(GivingWay(body)), pad=(32, 36, 10, 36)))
        # From the start, in the order of Tab; shown without a parent they would be windows.
        for tile in (*self.tiles, self.other):
            tile.setParent(self)
        self._columns = _COLUMNS
        self._chosen = ""
        self._shown: list[Person] = []

    def is_searching(self) -> bool:
        """Return whether someone without a tile is looked for."""
        return self._finder.isVisibleTo(self)

    def draw(self, state: SignInState) -> None:
        """Show the state."""
        self._today.set_text(state.today)
        self._reader.show_as(state.reader.text, state.reader.tone)
        searching = state.search is not None
        self._finder.setVisible(searching)
        if state.search is not None and not searching:
            self.search.set_text("")
        self._nothing.set_text(state.search.nothing if state.search else "")
        self._nothing.setVisible(bool(state.search and state.search.nothing))
        found = state.search.found if state.search else state.people
        self._draw_tiles(list(found)[:_PLACES], state.chosen, with_other=not searching)
        self._notice.set_text(state.notice)
        self._notice.set_tone("ink2" if state.notice_tone == "plain" else state.notice_tone)
        self._told.setVisible(bool(state.notice))
        self._draw_hold(None if searching else state.on_hold)

    def _draw_tiles(self, people: list[Person], chosen: str, with_other: bool) -> None:
        self._chosen, self._shown = chosen, people
        for at, tile in enumerate(self.tiles):
            if at < len(people):
                tile.show_person(people[at], people[at].staff == chosen)
            tile.setVisible(at < len(people))
        self.other.setVisible(with_other)
        self._arrange()

    def _arrange(self) -> None:
        """Let the tiles stand in as many columns as there is room for."""
        shown = [*self.tiles[: len(self._shown)], self.other]
        for at, tile in enumerate(shown):
            self._grid.addWidget(tile, at // self._columns, at % self._columns)
        self._grid.setColumnStretch(1, self._columns - 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put one under the other what has no room side by side."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        if (self._columns == 1) != narrow:
            self._columns = 1 if narrow else _COLUMNS
            down, along = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
            self._head.setDirection(down if narrow else along)
            self._arrange()

    def _draw_hold(self, on_hold: OnHold | None) -> None:
        self._hold.setVisible(on_hold is not None)
        if on_hold is not None:
            self._hold.show_as(on_hold.title, on_hold.note)

    def neighbour(self, by: int) -> str:
        """Return who stands `by` places after the chosen person, or "" at the edge."""
        staff = [person.staff for person in self._shown]
        if self._chosen not in staff:
            return staff[0] if staff else ""
        at = staff.index(self._chosen) + by
        return staff[at] if 0 <= at < len(staff) else ""

    def set_compact(self, compact: bool) -> None:
        """Use less space around the words."""
        layout = self.layout()
        side = 21 if compact else 37
        if layout is not None:
            layout.setContentsMargins(side, 25 if compact else 33, side, 11)
        for tile in self.tiles:
            tile.set_compact(compact)
        self.other.set_compact(compact)


class _PinPanel(Surface):
    """The right card: the chosen person, the PIN, the keypad."""

    def __init__(self) -> None:
        self._avatar = Avatar("", 52, "initials-17")
        self._name = Text("", "panel")
        self._hint = Text("", "small", "ink3")
        self.pin = PinField(_("PIN"))
        self._problem = Prose("", "small-strong", "bad")
        self._gap = hosted(column(self._problem, pad=(6, 0, 0, 0)))
        self.pad = KeyPad(_("Sign in"))
        self.pad.setMaximumHeight(_PAD_HIGHEST)
        self.forgot = Link(_("I forgot my PIN"), "body-strong", centred=True)
        body = column(
            row(self._avatar, grow(stack(self._name, self._hint)), gap=12),
            20,
            self.pin,
            self._gap,
            16,
            grow(self.pad),
            8,
            self.forgot,
            Spring(0),
        )
        super().__init__("card", column(Scrolled(GivingWay(body)), pad=(26, 28, 14, 28)))
        self._drawn: tuple[str, int] = ("", 0)
        self.pad.digit.connect(self.pin.type_digit)
        self.pad.erased.connect(self.pin.erase)
        self.pad.entered.connect(self.pin.enter)

    def has_person(self) -> bool:
        """Return whether someone is chosen."""
        return bool(self._drawn[0])

    def draw(self, person: Person | None, entry: PinEntry) -> None:
        """Show whose PIN is asked for, and what was wrong with the last one."""
        wanted = (person.staff if person else "", entry.attempt)
        if wanted != self._drawn:
            self._drawn = wanted
            self.pin.clear()
        self._avatar.set_initials(person.initials if person else "")
        self._avatar.setVisible(person is not None)
        self._name.set_text(person.name if person else "")
        self._hint.set_text(entry.hint)
        off = entry.locked or entry.busy or person is None
        self.pin.setMaxLength(entry.most_digits)
        self.pin.setReadOnly(off)
        self.pin.set_wrong(bool(entry.problem) and not entry.locked)
        self.pin.setAccessibleDescription(entry.problem or entry.hint)
        self.pad.setEnabled(not off)
        self._problem.set_text(entry.problem)
        self._gap.setVisible(bool(entry.problem))

    def set_compact(self, compact: bool) -> None:
        """Use less space around the words."""
        layout = self.layout()
        side = 17 if compact else 29
        self._avatar.setFixedSize(*((40, 40) if compact else (52, 52)))
        if layout is not None:
            layout.setContentsMargins(side, 21 if compact else 27, side, 15)
