"""The rewards as tiles: what the points can buy, and in a word why something cannot be had.

Guarantees that a tile is never hidden for being out of reach while there is room for it, and that
digits choose only while the grid has the focus.
"""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loyalty_desk.ui.visit.state import RewardsState, RewardTile
from loyalty_desk.ui.widgets.button import Tile, stand_on
from loyalty_desk.ui.widgets.control import Chip
from loyalty_desk.ui.widgets.label import Label
from loyalty_desk.ui.widgets.layout import SPRING, Breadth, column, grow, hosted, row, top
from loyalty_desk.ui.widgets.surface import Icon, IconTile, Surface
from loyalty_desk.ui.widgets.text import Prose, Run, Runs, Text
from sync.i18n import _

_ROWS, _FEWEST_ROWS = 3, 2
_LEAST_TILE, _LEAST_GAP = 88, 8
_MOST_COLUMNS = 4
_WIDE_GRID = 780  # four columns from here
_NARROW_GRID = 430  # two columns below
_NARROW_PAGE = 6
_LOW_GRID = 340  # the tighter tile below
_HEAD_GAP, _CLOSE_GAP = 8, 6
_PAD = 21  # with the border of the card
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


def _height_of(rows: int) -> int:
    """Return the height of rows of the lowest tiles."""
    return rows * _LEAST_TILE + (rows - 1) * _LEAST_GAP


class RewardTileView(Tile):
    """One reward. It can be pressed even when it is not to be had: then it explains itself."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.reward = ""
        self._icon = IconTile("gift", "accent", 38)
        self._corner = Text("", "note", "ink3", align="right")
        self._check = Icon("circle-check", "accent", 20, 2)
        self._name = Text("", "body-strong")
        self._cost = Runs(Run("", "small-strong", "ink2"))
        self._place = Text("", "small", "ink3")
        head = row(self._icon, grow(hosted(column(top(self._corner), SPRING))), gap=4)
        head.addWidget(self._check, 0, Qt.AlignmentFlag.AlignTop)
        self._column = column(head, SPRING, self._name, self._cost, self._place)
        self.setLayout(self._column)
        self._place.hide()
        stand_on(self)

    def arrange(self, is_low: bool, is_wide: bool) -> None:
        """Use the measures of a low or of a wide grid."""
        if is_wide:
            self._column.setContentsMargins(17, 17, 17, 16)
            self._icon.resize_to(48, 12, 22)
        elif is_low:
            self._column.setContentsMargins(13, 11, 13, 10)
            self._icon.resize_to(34, 10, 20)
        else:
            self._column.setContentsMargins(14, 13, 14, 12)
            self._icon.resize_to(38, 10, 20)
        self._place.setVisible(is_wide and bool(self._place.text()))

    def draw(self, tile: RewardTile) -> None:
        """Show a reward."""
        self.reward = tile.reward
        ready = tile.is_available
        self.set_look(tile.is_selected, ready)
        tone = "muted" if not ready else "on-soft" if tile.is_selected else "accent"
        self._icon.show_icon(tile.icon, tone)
        self._corner.set_text(tile.reason or tile.number)
        self._corner.setVisible(not tile.is_selected)
        self._check.setVisible(tile.is_selected)
        self._name.show_as(tile.name, tone="ink" if ready else "ink3")
        cost = Run(tile.cost, "small-strong", "ink2")
        self._cost.set_runs(cost, Run(f" {_('pts')}", "small", "ink2"))
        self._place.set_text(tile.place)
        self._tell(tile)

    def _tell(self, tile: RewardTile) -> None:
        words = [tile.name, _("{points} points").format(points=tile.cost)]
        if tile.reason:
            words += [tile.reason, _("not available")]
        elif tile.is_selected:
            words.append(_("chosen"))
        self.setAccessibleName(", ".join(words))
        self.setAccessibleDescription(tile.reason)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell that the focus went elsewhere."""
        super().focusOutEvent(event)
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave arrows and pages to the grid, and let Enter press as Space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in _STEPS or event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            event.ignore()
        else:
            super().keyPressEvent(event)


class RewardGrid(QWidget):
    """Three rows of tiles, two where three have no room, in as many columns as fit, in pages.

    `left` is told when the focus has gone from the tiles to something else.
    """

    chosen = Signal(str)
    paged = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._tiles: tuple[RewardTile, ...] = ()
        self._page = 0
        self._at = 0
        # All at once, so that Tab comes to the rewards before what stands at their right.
        self._views = [self._made(at) for at in range(_ROWS * _MOST_COLUMNS)]
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(_("Rewards"))

    def draw(self, tiles: tuple[RewardTile, ...]) -> None:
        """Show rewards."""
        self._tiles = tiles
        self._place()

    def set_tight(self, tight: bool) -> None:
        """Ask for the height of all rows, where the screen around it scrolls."""
        self.setMinimumHeight(_ROWS * 104 + (_ROWS - 1) * 8 if tight else 0)

    def columns(self) -> int:
        """Return the number of columns for the present width."""
        if self.width() >= _WIDE_GRID:
            return _MOST_COLUMNS
        return 2 if self.width() < _NARROW_GRID else 3

    def capacity(self) -> int:
        """Return how many tiles one page holds."""
        return self.columns() * self.rows()

    def rows(self) -> int:
        """Return the number of rows for the present height."""
        return _ROWS if self.height() >= _height_of(_ROWS) else _FEWEST_ROWS

    def pages(self) -> int:
        """Return the number of pages."""
        return max(-(-len(self._tiles) // self.capacity()), 1)

    def page(self) -> int:
        """Return the present page, from 0."""
        return self._page

    def turn(self, step: int) -> None:
        """Show another page, round at the ends."""
        if self.pages() > 1:
            self._page = (self._page + step) % self.pages()
            self._place()

    def take_focus(self) -> None:
        """Give the focus to the tile that had it last."""
        shown = self._shown()
        if shown:
            self._focus(min(self._at, len(shown) - 1))
        else:
            self.left.emit()

    def minimumSizeHint(self) -> QSize:
        """Return room for two columns of low tiles."""
        return QSize(230, _height_of(_FEWEST_ROWS))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the tiles anew."""
        super().resizeEvent(event)
        self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose by digit, walk by arrows, turn pages."""
        if event.key() == Qt.Key.Key_PageDown:
            self.turn(1)
        elif event.key() == Qt.Key.Key_PageUp:
            self.turn(-1)
        elif event.key() in _STEPS:
            self._walk(*_STEPS[Qt.Key(event.key())])
        elif not self.choose(event.text()):
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn pages by wheel."""
        self.turn(-1 if event.angleDelta().y() > 0 else 1)
        event.accept()

    def choose(self, number: str) -> bool:
        """Choose the reward with this digit, on its page; False where there is none."""
        for at, tile in enumerate(self._tiles):
            if number and tile.number == number:
                self.turn(at // self.capacity() - self._page)
                self.chosen.emit(tile.reward)
                return True
        return False

    def _walk(self, across: int, down: int) -> None:
        wanted = self._at + across + down * self.columns()
        if 0 <= wanted < len(self._shown()):
            self._focus(wanted)

    def _focus(self, at: int) -> None:
        self._at = at
        for place, view in enumerate(self._shown()):
            policy = Qt.FocusPolicy.StrongFocus if place == at else Qt.FocusPolicy.ClickFocus
            view.setFocusPolicy(policy)
        self._shown()[at].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _visible(self) -> tuple[RewardTile, ...]:
        start = self._page * self.capacity()
        return self._tiles[start : start + self.capacity()]

    def _shown(self) -> list[RewardTileView]:
        return self._views[: len(self._visible())]

    def _place(self) -> None:
        self._page = min(self._page, self.pages() - 1)
        visible = self._visible()
        for at, view in enumerate(self._views):
            view.setVisible(at < len(visible))
            if at < len(visible):
                view.draw(visible[at])
                self._lay(view, at)
        self.paged.emit()

    def _made(self, at: int) -> RewardTileView:
        view = RewardTileView()
        view.setParent(self)
        view.setFocusPolicy(
            Qt.FocusPolicy.StrongFocus if at == self._at else Qt.FocusPolicy.ClickFocus
        )
        view.clicked.connect(lambda: self._pressed(at))
        # Later: while a state is being drawn nothing is to be told.
        view.left.connect(self._settle, Qt.ConnectionType.QueuedConnection)
        return view

    def _settle(self) -> None:
        """Another tile is the same grid, and so is a window that comes back to this one."""
        focus: QWidget | None = self.window().focusWidget()
        if focus is None or not self.isAncestorOf(focus):
            self.left.emit()

    def _pressed(self, at: int) -> None:
        self._at = at
        self.chosen.emit(self._views[at].reward)

    def _lay(self, view: RewardTileView, at: int) -> None:
        low = self.height() < _LOW_GRID
        columns, rows = self.columns(), self.rows()
        gap = _LEAST_GAP if low else 12 if columns == _MOST_COLUMNS else 10
        wide = (self.width() - (columns - 1) * gap) / columns
        high = (self.height() - (rows - 1) * gap) / rows
        x, y = (at % columns) * (wide + gap), (at // columns) * (high + gap)
        view.arrange(low, columns == _MOST_COLUMNS and not low)
        right, bottom = round(x + wide), round(y + high)
        view.setGeometry(round(x), round(y), right - round(x), bottom - round(y))


class RewardsCard(Surface):
    """The grid under its title, with two filters, a hint, or the limit without connection."""

    chosen = Signal(str)
    filter_chosen = Signal(str)

    def __init__(self) -> None:
        title = Text(_("Rewards"), "h2", elide=False)
        pager = Chip("", "plain")
        affordable, every = Chip("", "accent"), Chip("", "plain")
        limit = Label("", "warn", "limit", "wifi-off")
        hint = Text(_("1–9 chooses · arrows move"), "small", "ink3", align="right")
        grid, empty = RewardGrid(), Prose("", "body", "ink3", "center")
        head = row(title, SPRING, hint, limit, pager, affordable, every, gap=_HEAD_GAP)
        nothing = hosted(column(SPRING, empty, SPRING))
        body = column(head, grow(grid), grow(nothing), gap=0, pad=(18, 20, 20, 20))
        super().__init__("card", body)
        self.grid = grid
        self._head, self._title = head, title
        self._parts = (title, hint, limit, pager, affordable, every)
        self._body, self._pager, self._limit, self._hint = body, pager, limit, hint
        self._affordable, self._every = affordable, every
        self._empty, self._nothing = empty, nothing
        self._state = RewardsState()
        self._breadth = Breadth.NORMAL
        self._connect()

    def _connect(self) -> None:
        self.grid.chosen.connect(self.chosen)
        self.grid.paged.connect(self._draw_pager)
        self._pager.clicked.connect(lambda: self.grid.turn(1))
        for chip, name in ((self._affordable, "affordable"), (self._every, "all")):
            chip.clicked.connect(lambda _checked=False, name=name: self.filter_chosen.emit(name))

    def set_breadth(self, breadth: Breadth) -> None:
        """Remember how much room there is for tiles."""
        self._breadth = breadth
        self.draw(self._state)

    def set_tight(self, tight: bool) -> None:
        """Ask for the height of all rows, where the screen around it scrolls."""
        self.grid.set_tight(tight)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Look again how much of the head has room."""
        super().resizeEvent(event)
        self._fit_head()

    def draw(self, state: RewardsState) -> None:
        """Show the state."""
        self._state = state
        plain = state.has_filters
        self._limit.setVisible(bool(state.limit))
        self._limit.show_as(state.limit)
        self._affordable.setVisible(plain)
        self._every.setVisible(plain)
        self._nothing.setVisible(bool(state.empty))
        self._empty.set_text(state.empty)
        self.grid.setVisible(not state.empty)
        self.grid.draw(self._wanted(state, plain))

    def _wanted(self, state: RewardsState, plain: bool) -> tuple[RewardTile, ...]:
        """Where the window is narrow, one page full of what can be had is enough."""
        if self._breadth is Breadth.COMPACT and plain and state.filter == "affordable":
            ready = tuple(tile for tile in state.tiles if tile.is_available)
            if len(ready) >= _NARROW_PAGE:
                return ready
        return state.tiles

    def _arrange_head(self, has_chips: bool) -> None:
        """Chips are 44 px to press but 30 to see: the margins give the difference back."""
        spare = 7 if has_chips else 0
        self._body.setContentsMargins(_PAD, 19 - spare, _PAD, _PAD)
        self._body.setSpacing(13 - spare)

    def _draw_pager(self) -> None:
        state, pages = self._state, self.grid.pages()
        plain = state.has_filters
        self._hint.setVisible(state.is_choosing and not state.limit and pages == 1)
        self._pager.setVisible(pages > 1)
        self._arrange_head(plain or pages > 1)
        self._fit_head()

    def _fit_head(self) -> None:
        """Shorten what stands beside the title only as far as the card is too narrow for it.

        First the filters lose their numbers, then the pager says "1/2", then nothing;
        the title is the last to go.
        """
        page, pages = self.grid.page() + 1, self.grid.pages()
        can, every = self._filter_words()
        turn = _("{page} of {pages}").format(page=page, pages=pages)
        short, bare = f"{page}/{pages}", (_("Can redeem"), _("All"))
        forms = ((turn, can, every), (turn, *bare), (short, *bare), ("", *bare))
        for shown in forms:
            self._show_head(*shown, is_whole=shown is forms[0])
            if self._head_width() <= self.width() - 2 * _PAD:
                self._title.show()
                break
        else:
            self._show_head(short, *bare, is_whole=False)
            self._title.hide()
        for chip, whole in ((self._pager, turn), (self._affordable, can), (self._every, every)):
            chip.setAccessibleName(whole)
            chip.setToolTip("" if chip.label() == whole else whole)

    def _filter_words(self) -> tuple[str, str]:
        state = self._state
        can = _("Can redeem · {n}").format(n=state.affordable)
        return can, _("All · {n}").format(n=len(state.tiles))

    def _show_head(self, turn: str, can: str, every: str, *, is_whole: bool) -> None:
        on = self._state.filter == "affordable"
        self._pager.show_as(turn, "plain", "chevron-right")
        self._affordable.show_as(can, "accent" if on else "plain")
        self._every.show_as(every, "plain" if on else "accent")
        self._head.setSpacing(_HEAD_GAP if is_whole else _CLOSE_GAP)

    def _head_width(self) -> int:
        """Return what the head asks for with its title; the spring has no gap of its own."""
        shown = [part for part in self._parts if part is self._title or not part.isHidden()]
        gaps = self._head.spacing() * (len(shown) - 1)
        return sum(part.sizeHint().width() for part in shown) + gaps
