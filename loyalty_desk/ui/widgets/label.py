"""Short labels in a frame: key caps, tags, pills and tiers.

Guarantees that a state is never told by colour alone: a label always carries its word.
"""

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.paint import (
    KEYCAP_HEIGHT,
    Look,
    Painted,
    baseline_in,
    draw_box,
    draw_icon,
    draw_keycap,
    draw_text,
    fitted,
    keycap_width,
    painter_for,
    text_width,
)


@dataclass(frozen=True, slots=True)
class Frame:
    """The measures of a kind of label; padding includes the border."""

    height: int
    pad: int
    gap: int
    radius: int
    role: str
    icon: int
    stroke: float


FRAMES: Final[dict[str, Frame]] = {
    "tag": Frame(24, 9, 6, 7, "tag", 15, 2),
    "chip": Frame(30, 12, 6, 7, "tag", 17, 1.75),
    "limit": Frame(28, 9, 6, 7, "tag", 15, 2),
    "pill": Frame(32, 13, 7, 16, "name", 16, 2),
    "tier": Frame(26, 11, 6, 13, "name", 15, 2),
}

# What a tone is painted with: fill, border, words.
TONES: Final[dict[str, tuple[str, str | None, str]]] = {
    "plain": ("hover", None, "ink2"),
    "accent": ("accent-soft", None, "accent"),
    "ok": ("ok-soft", None, "ok"),
    "warn": ("warn-soft", None, "warn"),
    "warn-line": ("warn-soft", "warn-line", "warn"),
    "bad": ("bad-soft", None, "bad"),
    "bronze": ("bronze-soft", "bronze-line", "bronze"),
    "silver": ("silver-soft", "border", "silver"),
    "gold": ("gold-soft", "gold-line", "gold"),
    "diamond": ("accent-soft", "accent-line", "accent"),
}


def label_width(frame: Frame, text: str, icon: str) -> float:
    """Return the width of a label."""
    wide = text_width(text, active().font(frame.role)) + 2 * frame.pad
    gap = frame.gap if text else 0
    return wide + (frame.icon + gap if icon else 0)


def draw_label(
    painter: QPainter, rect: QRect, frame: Frame, tone: str, text: str, icon: str
) -> None:
    """Draw a label in `rect`, its words shortened where they do not fit."""
    fill, border, ink = TONES[tone]
    draw_box(painter, rect, Look(fill, border, 1, frame.radius))
    x = float(rect.left() + frame.pad)
    if icon:
        y = rect.top() + (rect.height() - frame.icon) / 2
        draw_icon(painter, x, y, icon, ink, frame.icon, frame.stroke)
        x += frame.icon + frame.gap
    font = active().font(frame.role)
    shown = fitted(text, font, rect.right() + 1 - frame.pad - x)
    draw_text(painter, x, baseline_in(rect.top(), rect.height(), font), shown, frame.role, ink)


class Label(Painted):
    """A tag, chip, limit, pill or tier that only tells."""

    def __init__(
        self, text: str = "", tone: str = "plain", kind: str = "tag", icon: str = ""
    ) -> None:
        super().__init__()
        self._frame = FRAMES[kind]
        self._text, self._tone, self._icon = text, tone, icon
        self.setFixedHeight(self._frame.height)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def text(self) -> str:
        """Return the words shown."""
        return self._text

    def show_as(self, text: str, tone: str | None = None, icon: str | None = None) -> None:
        """Show words, tone and icon at once; what is None stays."""
        wanted = (
            text,
            self._tone if tone is None else tone,
            self._icon if icon is None else icon,
        )
        if wanted != (self._text, self._tone, self._icon):
            self._text, self._tone, self._icon = wanted
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Return the size of the whole label."""
        wide = label_width(self._frame, self._text, self._icon)
        return QSize(math.ceil(wide - 0.01), self._frame.height)

    def minimumSizeHint(self) -> QSize:
        """Return the size it may be shortened to."""
        return QSize(min(self.sizeHint().width(), 48), self._frame.height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the label."""
        painter = painter_for(self)
        draw_label(painter, self.rect(), self._frame, self._tone, self._text, self._icon)
        painter.end()


def tag(text: str = "", tone: str = "plain", icon: str = "") -> Label:
    """Return a 24 px tag."""
    return Label(text, tone, "tag", icon)


def pill(text: str = "", tone: str = "plain", icon: str = "") -> Label:
    """Return a 32 px pill."""
    return Label(text, tone, "pill", icon)


def tier(text: str = "", tone: str = "gold") -> Label:
    """Return the badge of a tier: tone "bronze", "silver", "gold" or "diamond"."""
    return Label(text, tone, "tier", "crown")


class KeyCap(Painted):
    """The cap of a key, as a hint beside what the key does."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key
        self.setFixedSize(keycap_width(key), KEYCAP_HEIGHT)
        self.setAccessibleName(key)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cap."""
        painter = painter_for(self)
        draw_keycap(painter, 0, 0, self._key)
        painter.end()
