"""Rows and columns that read top to bottom like the drawing they reproduce.

Guarantees whole-pixel gaps: an `int` among the items is extra space, added to the gap as a margin
would be, and a widget narrower than its cell is centred unless it is placed otherwise.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

_LEFT = Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignRight
_TOP = Qt.AlignmentFlag.AlignTop
_BOTTOM = Qt.AlignmentFlag.AlignBottom
_CENTRE = Qt.AlignmentFlag.AlignHCenter

_L = TypeVar("_L", bound=QBoxLayout)


class Breadth(Enum):
    """The three layouts of the desk, chosen by the window's logical width."""

    COMPACT = auto()
    NORMAL = auto()
    WIDE = auto()


def breadth_of(width: int) -> Breadth:
    """Return the layout for a window `width` logical pixels wide."""
    if width <= 1100:
        return Breadth.COMPACT
    return Breadth.NORMAL if width < 1600 else Breadth.WIDE


def is_tight(width: int, height: int) -> bool:
    """Return whether letters are so large, or the window so small, that columns must stack."""
    return width < 1000 or height < 700


@dataclass(frozen=True, slots=True)
class Spring:
    """Space that takes what is left over."""

    stretch: int = 1


SPRING = Spring()


@dataclass(frozen=True, slots=True)
class Placed:
    """An item with its own stretch or alignment."""

    item: QWidget | QLayout
    stretch: int = 0
    alignment: Qt.AlignmentFlag | None = None


Item = QWidget | QLayout | int | Spring | Placed
Pad = int | tuple[int, int] | tuple[int, int, int, int]


def grow(item: QWidget | QLayout, stretch: int = 1) -> Placed:
    """Let the item take what is left over."""
    return Placed(item, stretch)


def left(widget: QWidget) -> Placed:
    """Keep the widget's own width, at the left."""
    return Placed(widget, 0, _LEFT)


def right(widget: QWidget) -> Placed:
    """Keep the widget's own width, at the right."""
    return Placed(widget, 0, _RIGHT)


def top(widget: QWidget) -> Placed:
    """Keep the widget's own height, at the top."""
    return Placed(widget, 0, _TOP)


def bottom(widget: QWidget) -> Placed:
    """Keep the widget's own height, at the bottom."""
    return Placed(widget, 0, _BOTTOM)


def centre(widget: QWidget) -> Placed:
    """Keep the widget's own width, in the middle."""
    return Placed(widget, 0, _CENTRE)


class SoftGap(QWidget):
    """Extra space that becomes half as much before anything has to scroll."""

    def __init__(self, height: int) -> None:
        super().__init__()
        self._height = height
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """Return the space of the drawing."""
        return QSize(0, self._height)

    def minimumSizeHint(self) -> QSize:
        """Return the space that still keeps two parts apart."""
        return QSize(0, self._height // 2)


def row(*items: Item, gap: int = 0, pad: Pad = 0) -> QHBoxLayout:
    """Lay items from left to right, vertically centred."""
    return _filled(QHBoxLayout(), items, gap, pad)


def column(*items: Item, gap: int = 0, pad: Pad = 0) -> QVBoxLayout:
    """Lay items from top to bottom."""
    return _filled(QVBoxLayout(), items, gap, pad)


def hosted(layout: QLayout) -> QWidget:
    """Return a plain widget holding `layout`, so that it can be hidden or sized as a whole."""
    host = QWidget()
    host.setLayout(layout)
    return host


def stack(*items: Item, gap: int = 0) -> QWidget:
    """Return lines of words one under the other, as high as they are and no higher."""
    host = hosted(column(*items, gap=gap))
    host.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    return host


def wrapping(widget: QWidget) -> None:
    """Let a widget be as high as its wrapped words need at the width it gets.

    A fixed policy would hold it to the height of one line.
    """
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    widget.setSizePolicy(policy)


def margins(pad: Pad) -> tuple[int, int, int, int]:
    """Read a padding as CSS does, as (left, top, right, bottom).

    One number means all sides, two mean vertical and horizontal, four start at the top, clockwise.
    """
    if isinstance(pad, int):
        return (pad, pad, pad, pad)
    if len(pad) == 2:
        return (pad[1], pad[0], pad[1], pad[0])
    return (pad[3], pad[0], pad[1], pad[2])


def _filled(layout: _L, items: tuple[Item, ...], gap: int, pad: Pad) -> _L:
    layout.setContentsMargins(*margins(pad))
    layout.setSpacing(gap)
    for item in items:
        _add(layout, item)
    return layout


def _add(layout: QBoxLayout, item: Item) -> None:
    if isinstance(item, int):
        layout.addSpacing(item)
    elif isinstance(item, Spring):
        layout.addStretch(item.stretch)
    elif isinstance(item, Placed):
        _add_placed(layout, item)
    elif isinstance(item, QLayout):
        layout.addLayout(item)
    else:
        layout.addWidget(item)


def _add_placed(layout: QBoxLayout, placed: Placed) -> None:
    if isinstance(placed.item, QLayout):
        layout.addLayout(placed.item, placed.stretch)
    elif placed.alignment is None:
        layout.addWidget(placed.item, placed.stretch)
    else:
        layout.addWidget(placed.item, placed.stretch, placed.alignment)
