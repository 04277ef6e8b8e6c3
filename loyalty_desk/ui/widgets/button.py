"""Everything that is pressed: buttons, filters, links, rail items, key slots, pad keys, tiles.

Guarantees that each is at least 44×44 pixels for the finger (the paint may be smaller, `inset`),
has a name for a screen reader, and shows a ring when the keyboard brought the focus.
"""

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.layout import Pad, margins
from loyalty_desk.ui.widgets.paint import (
    KEYCAP_HEIGHT,
    Look,
    baseline_in,
    draw_box,
    draw_icon,
    draw_keycap,
    draw_ring,
    draw_text,
    fitted,
    keycap_width,
    painter_for,
    text_width,
)

_BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class Pressable(QAbstractButton):
    """An own-painted button: focus ring, hover, theme changes, a hit area wider than its paint."""

    def __init__(self, name: str = "", inset: Pad = 0) -> None:
        super().__init__()
        self._ringed = False
        self._inset = margins(inset)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(name)

    def set_ringed(self, ringed: bool) -> None:
        """Show or hide the ring, for lists that move the focus with arrow keys."""
        self._ringed = ringed
        self.update()

    def is_ringed(self) -> bool:
        """Return whether the focus ring is visible."""
        return self._ringed and self.hasFocus()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring when the focus came by keyboard."""
        self._ringed = event.reason() in _BY_KEYBOARD
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self.update()

    def sizeHint(self) -> QSize:
        """Return what stands on it asks for, at least 44 px each way."""
        layout = self.layout()
        return (layout.sizeHint() if layout else QSize()).expandedTo(QSize(44, 44))

    def minimumSizeHint(self) -> QSize:
        """Return the least that what stands on it can do with, at least 44 px each way."""
        layout = self.layout()
        return (layout.minimumSize() if layout else QSize()).expandedTo(QSize(44, 44))

    def face(self) -> QRect:
        """Return the painted part of the widget."""
        left, up, right, down = self._inset
        return self.rect().adjusted(left, up, -right, -down)

    def with_inset(self, wide: float, high: int) -> QSize:
        """Return the widget's size for a painted part of this size."""
        left, up, right, down = self._inset
        return QSize(math.ceil(wide - 0.01) + left + right, high + up + down)

    def is_lit(self) -> bool:
        """Return whether the mouse is over it and it can be pressed."""
        return self.isEnabled() and (self.underMouse() or self.isDown())


@dataclass(frozen=True, slots=True)
class Size:
    """The measures of a button; padding excludes the 1 px border."""

    height: int
    role: str
    pad: int
    radius: int
    icon: int


SIZES: Final[dict[str, Size]] = {
    "s": Size(44, "button-s", 14, 9, 17),
    "s-tight": Size(44, "button-s", 12, 9, 18),
    "cap": Size(44, "button-s", 8, 9, 17),
    "m": Size(48, "button-m", 18, 10, 18),
    "m-low": Size(44, "button-m", 18, 10, 18),
    "tall": Size(64, "button-tall", 18, 10, 21),
    "l": Size(56, "button-l", 24, 10, 20),
    "xl": Size(64, "button-xl", 18, 12, 20),
    "xl-narrow": Size(64, "button-tall", 8, 12, 20),
}
_GAP = 10
_LEAST_PAD = 8

# What a kind is painted with: fill, border, words.
KINDS: Final[dict[str, tuple[str | None, str | None, str]]] = {
    "plain": ("surface", "control", "ink"),
    "primary": ("accent", "accent", "on-accent"),
    "quiet": (None, None, "ink2"),
    "link": (None, None, "accent"),
    "danger": ("surface", "bad-line", "bad"),
}
_HOVER: Final = {
    "plain": "hover",
    "primary": "accent-press",
    "quiet": "hover",
    "link": "hover",
    "danger": "bad-soft",
}


class Button(Pressable):
    """A button of a kind and a size, with icon, words and key cap as one centred group."""

    def __init__(
        self,
        text: str = "",
        icon: str = "",
        key: str = "",
        kind: str = "plain",
        size: str = "s",
        inset: Pad = 0,
        name: str = "",
        icon_size: int = 0,
    ) -> None:
        super().__init__(name or text, inset)
        self._label, self._icon, self._key = text, icon, key
        self._kind, self._size = kind, SIZES[size]
        self._icon_size = icon_size or self._size.icon
        self._beside: Button | None = None
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)

    def let_shrink(self) -> None:
        """Let a narrow row shorten the words; without this they keep their room."""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_icon_with(self, other: "Button") -> None:
        """Leave the icon away where `other` has no room for its own: both have one, or none."""
        self._beside = other

    def label(self) -> str:
        """Return the words on the button."""
        return self._label

    def set_label(self, text: str, key: str | None = None) -> None:
        """Show other words, and another key cap where `key` is given ("" for none)."""
        wanted_key = self._key if key is None else key
        if (text, wanted_key) != (self._label, self._key):
            self._label, self._key = text, wanted_key
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def set_kind(self, kind: str) -> None:
        """Change the kind."""
        if kind != self._kind:
            self._kind = kind
            self.update()

    def set_size(self, size: str) -> None:
        """Change the size."""
        if SIZES[size] != self._size:
            self._size = SIZES[size]
            self._icon_size = self._size.icon
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Return the size of the whole group and its padding."""
        wide = max(self._group() + 2 * (self._size.pad + 1), 44)
        return self.with_inset(wide, self._size.height)

    def minimumSizeHint(self) -> QSize:
        """Return the size the words may be shortened to, never under 44 px."""
        whole = self.sizeHint()
        return QSize(
            min(whole.width(), max(44, whole.width() - self._words() + 24)), whole.height()
        )

    def _words(self) -> int:
        return math.ceil(text_width(self._label, active().font(self._size.role)))

    def _parts(self) -> list[float]:
        parts: list[float] = [self._icon_size] if self._icon else []
        if self._label:
            parts.append(text_width(self._label, active().font(self._size.role)))
        if self._key:
            parts.append(keycap_width(self._key))
        return parts

    def _group(self) -> float:
        parts = self._parts()
        return sum(parts) + _GAP * max(len(parts) - 1, 0)

    def has_icon_room(self) -> bool:
        """Return whether the icon stands beside the words at the present width."""
        return not self._label or self._group() <= self.face().width() - 2 * _LEAST_PAD

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the button in its present state."""
        painter = painter_for(self)
        face = self.face()
        fill, border, ink = self._colors()
        off = not self.isEnabled()
        draw_box(painter, face, Look(fill, border, 1, self._size.radius, off))
        self._paint_group(painter, face, ink)
        if self.is_ringed():
            filled = self._kind == "primary" and not off
            draw_ring(
                painter, face, self._size.radius, *(("on-accent", 3) if filled else ("ring",))
            )
        painter.end()

    def _colors(self) -> tuple[str | None, str | None, str]:
        fill, border, ink = KINDS[self._kind]
        if not self.isEnabled():
            bare = self._kind in ("quiet", "link")
            return (None if bare else "sunken", None if bare else "border", "disabled")
        if self.is_lit():
            fill = _HOVER[self._kind]
            border = fill if self._kind == "primary" else border
        return (fill, border, ink)

    def _paint_group(self, painter: QPainter, face: QRect, ink: str) -> None:
        group = self._group()
        has_icon = bool(self._icon)
        both = self._beside is None or self._beside.has_icon_room()
        if has_icon and not (both and self.has_icon_room()):
            has_icon = False  # the words say it, so they have the room first
            group -= self._icon_size + _GAP
        wide = min(group, face.width() - 8.0)
        spare = group - wide
        x = face.left() + (face.width() - wide) / 2
        if has_icon:
            y = face.top() + (face.height() - self._icon_size) / 2
            draw_icon(painter, x, y, self._icon, ink, self._icon_size)
            x += self._icon_size + _GAP
        if self._label:
            font = active().font(self._size.role)
            whole = text_width(self._label, font)
            shown = fitted(self._label, font, whole - spare) if spare > 0 else self._label
            baseline = baseline_in(face.top(), face.height(), font)
            draw_text(painter, x, baseline, shown, self._size.role, ink)
            x += min(whole, text_width(shown, font)) + _GAP
        if self._key:
            cap = face.top() + (face.height() - KEYCAP_HEIGHT) / 2
            own = self._kind == "primary" or not self.isEnabled()
            filled = self._kind != "primary" or not self.isEnabled()
            draw_keycap(painter, x, cap, self._key, ink if own else "ink2", filled)


def icon_button(
    icon: str, name: str, size: int = 44, inset: Pad = 0, icon_size: int = 18
) -> Button:
    """Return a square plain button with only an icon; `name` is what a screen reader says."""
    made = Button(icon=icon, name=name, inset=inset, icon_size=icon_size)
    left, up, right, down = margins(inset)
    made.setFixedSize(size + left + right, max(size, 44) + up + down)
    return made


class Tile(Pressable):
    """A pressable box on which other widgets stand; `selected` outlines it in the accent.

    The layout's margins are the padding of the drawing without its 1 px border.
    """

    def __init__(self, name: str = "", radius: int = 12) -> None:
        super().__init__(name)
        self._radius = radius
        self._selected = False
        self._available = True
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def is_selected(self) -> bool:
        """Return whether it is the chosen one."""
        return self._selected

    def set_look(self, selected: bool = False, available: bool = True) -> None:
        """Show it as chosen, or as not to be had now (it can still be pressed: it explains)."""
        if (selected, available) != (self._selected, self._available):
            self._selected, self._available = selected, available
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box."""
        painter = painter_for(self)
        draw_box(painter, self.rect(), self._box())
        if self.is_ringed():
            draw_ring(painter, self.rect(), self._radius, "ring")
        painter.end()

    def _box(self) -> Look:
        if self._selected:
            return Look("accent-soft", "accent", 2, self._radius)
        if not self._available or not self.isEnabled():
            return Look("sunken", "border", 1, self._radius, True)
        return Look("hover" if self.is_lit() else "surface", "border", 1, self._radius)


def stand_on(tile: QWidget) -> None:
    """Let the mouse pass through everything that stands on a tile."""
    for child in tile.findChildren(QWidget):
        child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
