"""Boxes without words: cards, insets, dividers, progress bars, the tile behind an icon.

Guarantees that a box takes its colours from the active theme at every paint, so it never keeps an
old one.
"""

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLayout, QSizePolicy, QWidget

from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.paint import (
    Look,
    Painted,
    draw_box,
    draw_icon,
    draw_rule,
    draw_text_in,
    painter_for,
)

LOOKS: Final[dict[str, Look]] = {
    "canvas": Look("canvas"),
    "card": Look("surface", "border", 1, 14),
    "card-bad": Look("surface", "bad", 2, 14),
    "panel": Look("surface", "accent", 2, 14),
    "inset": Look("sunken", "border", 1, 12),
    "paper": Look("paper", "border", 1, 14),
    "box-ok": Look("ok-soft", None, 1, 10),
    "box-warn": Look("warn-soft", "warn-line", 1, 10),
    "box-bad": Look("bad-soft", "bad-line", 1, 12),
    "box-plain": Look("sunken", "border", 1, 10),
}


class Surface(Painted):
    """A box of a named look around a layout.

    The layout's margins are the padding of the drawing; the surface adds its own border to them.
    """

    def __init__(self, look: str = "card", layout: QLayout | None = None) -> None:
        super().__init__()
        self._look = LOOKS[look]
        if layout is not None:
            edge = self._look.width if self._look.border else 0
            pad = layout.contentsMargins()
            layout.setContentsMargins(
                pad.left() + edge, pad.top() + edge, pad.right() + edge, pad.bottom() + edge
            )
            self.setLayout(layout)

    def set_look(self, look: str) -> None:
        """Change the box without moving its contents."""
        if LOOKS[look] != self._look:
            self._look = LOOKS[look]
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box."""
        painter = painter_for(self)
        draw_box(painter, self.rect(), self._look)
        painter.end()


class Line(Painted):
    """A divider one pixel thick (two in high contrast), horizontal unless told otherwise."""

    def __init__(self, token: str = "border", vertical: bool = False) -> None:
        super().__init__()
        self._token = token
        self._vertical = vertical
        fixed, free = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding
        self.setSizePolicy(*((fixed, free) if vertical else (free, fixed)))

    def sizeHint(self) -> QSize:
        """Return the thickness both ways; a layout stretches one of them."""
        px = active().border_px
        return QSize(px, px)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line."""
        painter = painter_for(self)
        draw_rule(painter, self.rect(), self._token)
        painter.end()


class RuledRow(Painted):
    """One row of a list, with a divider at its upper edge."""

    def __init__(self, height: int, layout: QLayout) -> None:
        super().__init__()
        pad = layout.contentsMargins()
        layout.setContentsMargins(pad.left(), pad.top() + 1, pad.right(), pad.bottom())
        self.setLayout(layout)
        self.setFixedHeight(height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the divider."""
        painter = painter_for(self)
        draw_rule(painter, QRect(0, 0, self.width(), active().border_px))
        painter.end()


class Bar(Painted):
    """A progress bar, 8 px high; give it a name, for the number it shows is not written on it."""

    def __init__(self, share: float = 0.0, name: str = "") -> None:
        super().__init__()
        self._share = share
        self.setFixedHeight(8)
        self.setMinimumWidth(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def set_share(self, share: float) -> None:
        """Show `share`, from 0 to 1."""
        share = min(max(share, 0.0), 1.0)
        if share != self._share:
            self._share = share
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the track and what is reached of it."""
        painter = painter_for(self)
        draw_box(painter, self.rect(), Look("track", None, 1, 4))
        done = QRectF(0, 0, self.width() * self._share, self.height())
        if done.width() > 0:
            draw_box(painter, done, Look("accent", None, 1, 4))
        painter.end()


# What a tone is painted with: square, icon.
ICON_TONES: Final[dict[str, tuple[str, str]]] = {
    "plain": ("hover", "ink2"),
    "muted": ("hover", "ink3"),
    "accent": ("accent-soft", "accent"),
    "on-soft": ("surface", "accent"),
    "ok": ("ok-soft", "ok"),
    "warn": ("warn-soft", "warn"),
    "bad": ("bad-soft", "bad"),
    "gold": ("gold-soft", "gold"),
}


class IconTile(Painted):
    """An icon on a rounded square of its tone; decoration beside words that say the same."""

    def __init__(
        self, icon: str, tone: str = "plain", size: int = 40, radius: int = 10, icon_size: int = 20
    ) -> None:
        super().__init__()
        self._icon, self._tone = icon, tone
        self._radius, self._icon_size = radius, icon_size
        self.setFixedSize(size, size)

    def show_icon(self, icon: str, tone: str) -> None:
        """Change the icon and its tone."""
        if (icon, tone) != (self._icon, self._tone):
            self._icon, self._tone = icon, tone
            self.update()

    def resize_to(self, size: int, radius: int, icon_size: int) -> None:
        """Change the size of tile and icon."""
        self._radius, self._icon_size = radius, icon_size
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the square and the icon in its middle."""
        fill, ink = ICON_TONES[self._tone]
        painter = painter_for(self)
        muted = self._tone == "muted"
        draw_box(painter, self.rect(), Look(fill, None, 1, self._radius, muted))
        at = (self.width() - self._icon_size) / 2
        draw_icon(painter, at, at, self._icon, ink, self._icon_size)
        painter.end()


class Icon(Painted):
    """A bare icon in a token's colour. Give `name` only where no word beside it says the same."""

    def __init__(
        self, icon: str, token: str = "ink3", size: int = 20, stroke: float = 1.75, name: str = ""
    ) -> None:
        super().__init__()
        self._icon, self._token, self._size, self._stroke = icon, token, size, stroke
        self.setFixedSize(size, size)
        self.setAccessibleName(name)

    def show_icon(self, icon: str, token: str) -> None:
        """Change the icon and its colour."""
        if (icon, token) != (self._icon, self._token):
            self._icon, self._token = icon, token
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the icon."""
        painter = painter_for(self)
        draw_icon(painter, 0, 0, self._icon, self._token, self._size, self._stroke)
        painter.end()


class Avatar(Painted):
    """A person's initials, or an icon, on a disc."""

    def __init__(self, initials: str = "", size: int = 36, role: str = "name") -> None:
        super().__init__()
        self._initials, self._role, self._icon, self._raised = initials, role, "", False
        self.setFixedSize(size, size)

    def set_initials(self, initials: str) -> None:
        """Show other initials."""
        if initials != self._initials:
            self._initials = initials
            self.update()

    def set_icon(self, icon: str) -> None:
        """Show an icon (22 px) instead of initials."""
        self._icon = icon
        self.update()

    def set_raised(self, raised: bool) -> None:
        """Use the surface colour, for a disc on a tinted tile."""
        if raised != self._raised:
            self._raised = raised
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the disc and what stands on it."""
        painter = painter_for(self)
        contrast = "ink" if active().is_contrast else None
        fill = "surface" if self._raised else "hover"
        draw_box(painter, self.rect(), Look(fill, contrast, 1, self.width()))
        if self._icon:
            at = (self.width() - 22) / 2
            draw_icon(painter, at, at, self._icon, "ink2", 22)
        else:
            draw_text_in(painter, QRect(self.rect()), self._initials, self._role, "ink2")
        painter.end()


def see_through(*widgets: QWidget) -> None:
    """Let the mouse pass through widgets that stand on a button."""
    for widget in widgets:
        widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
