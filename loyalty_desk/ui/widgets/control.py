"""Smaller pressable parts: filter chips, text links, rail items, key slots, pad keys, check boxes.

Guarantees the same as `button`: 44 pixels for the finger, a name, a visible focus.
"""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from loyalty_desk.ui.theme import active
from loyalty_desk.ui.widgets.button import Pressable, stand_on
from loyalty_desk.ui.widgets.label import FRAMES, draw_label, label_width
from loyalty_desk.ui.widgets.layout import grow, row, stack
from loyalty_desk.ui.widgets.paint import (
    KEYCAP_HEIGHT,
    Look,
    baseline_in,
    draw_box,
    draw_icon,
    draw_keycap,
    draw_ring,
    draw_text,
    draw_text_in,
    fitted,
    keycap_width,
    painter_for,
    text_width,
)
from loyalty_desk.ui.widgets.text import Text

_TOUCH = 44


class Chip(Pressable):
    """A label that can be pressed, such as a filter; its paint is lower than its hit area."""

    def __init__(
        self, text: str = "", tone: str = "plain", kind: str = "chip", icon: str = ""
    ) -> None:
        self._frame = FRAMES[kind]
        spare = max(_TOUCH - self._frame.height, 0)
        super().__init__(text, (spare // 2, 0, spare - spare // 2, 0))
        self._text, self._tone, self._icon = text, tone, icon
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def label(self) -> str:
        """Return the words shown."""
        return self._text

    def show_as(self, text: str, tone: str, icon: str = "") -> None:
        """Show words, tone and icon."""
        if (text, tone, icon) != (self._text, self._tone, self._icon):
            self._text, self._tone, self._icon = text, tone, icon
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Return the size of the label and its hit area."""
        wide = max(label_width(self._frame, self._text, self._icon), _TOUCH)
        return self.with_inset(wide, self._frame.height)

    def minimumSizeHint(self) -> QSize:
        """Return the size it may be shortened to."""
        whole = self.sizeHint()
        return QSize(min(whole.width(), 64), whole.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the label."""
        painter = painter_for(self)
        draw_label(painter, self.face(), self._frame, self._tone, self._text, self._icon)
        if self.is_ringed():
            draw_ring(painter, self.face(), self._frame.radius, "ring")
        painter.end()


class Link(Pressable):
    """Accent-coloured words that act; the hit area is as high as the layout gives it."""

    def __init__(self, text: str = "", role: str = "small-strong", centred: bool = False) -> None:
        super().__init__(text)
        self._text, self._role, self._centred, self._band = text, role, centred, 0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str) -> None:
        """Show other words."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def set_band(self, height: int) -> None:
        """Centre the words in the upper `height` pixels; the rest of the hit area stays empty."""
        self._band = height

    def sizeHint(self) -> QSize:
        """Return the width of the words, 44 px high."""
        wide = text_width(self._text, active().font(self._role))
        return QSize(max(round(wide + 0.5), _TOUCH), _TOUCH)

    def minimumSizeHint(self) -> QSize:
        """Return the least hit area."""
        return QSize(_TOUCH, _TOUCH)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the words."""
        painter = painter_for(self)
        font = active().font(self._role)
        shown = fitted(self._text, font, self.width())
        band = self._band or self.height()
        tone = "disabled" if not self.isEnabled() else "accent-press" if self.is_lit() else "accent"
        x = (self.width() - text_width(shown, font)) / 2 if self._centred else 0.0
        draw_text(painter, x, baseline_in(0, band, font), shown, self._role, tone)
        if self.is_ringed():
            draw_ring(painter, QRect(0, 0, self.width(), band), 6, "ring")
        painter.end()


class RailItem(Pressable):
    """One place of the desk in the rail: icon over word, with a count at its corner."""

    def __init__(self, text: str, icon: str) -> None:
        super().__init__(text)
        self._text, self._icon = text, icon
        self._on, self._badge, self._tone, self._short = False, "", "plain", False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(62)

    def set_short(self, short: bool) -> None:
        """Leave out the words; the name stays for a screen reader and as a tip."""
        if short != self._short:
            self._short = short
            self.setToolTip(self._text if short else "")
            self.update()

    def show_as(self, on: bool, badge: str = "", tone: str = "plain") -> None:
        """Show whether this is the present place, and a count ("" for none)."""
        if (on, badge, tone) != (self._on, self._badge, self._tone):
            self._on, self._badge, self._tone = on, badge, tone
            self.setAccessibleName(f"{self._text} {badge}".strip())
            self.update()

    def sizeHint(self) -> QSize:
        """Return the usual size."""
        return QSize(71, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the item."""
        painter = painter_for(self)
        rect = self.rect()
        if self._on or self.is_lit():
            draw_box(painter, rect, Look("accent-soft" if self._on else "hover", None, 1, 12))
        ink = "accent" if self._on else "ink2"
        top = (rect.height() - 22 - (0 if self._short else 5 + 14)) / 2
        draw_icon(painter, (rect.width() - 22) / 2, top, self._icon, ink, 22)
        if not self._short:
            words = QRect(0, round(top) + 27, rect.width(), 14)
            draw_text_in(painter, words, self._text, "rail-on" if self._on else "rail", ink)
        if self._badge:
            wide = max(21, round(text_width(self._badge, active().font("key"))) + 12)
            draw_badge(
                painter, QRect(rect.width() - 12 - wide, 5, wide, 21), self._badge, self._tone
            )
        if self.is_ringed():
            draw_ring(painter, rect, 12, "ring")
        painter.end()


_BADGES = {
    "plain": ("hover", "border", "ink2"),
    "warn": ("warn-soft", "warn-line", "warn"),
    "bad": ("bad", "bad", "surface"),
}


def draw_badge(painter: QPainter, rect: QRect, text: str, tone: str) -> None:
    """Draw a count in a round badge."""
    fill, border, ink = _BADGES[tone]
    draw_box(painter, rect, Look(fill, border, 1, 11))
    draw_text_in(painter, rect, text, "key", ink)


class KeySlot(Pressable):
    """One of the twelve slots of the key bar: the cap beside the word, or over it when stacked."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"{key} {text}")
        self._key, self._text, self._hot, self._stacked = key, text, False, False
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the key itself is the keyboard's way

    def show_as(self, text: str, hot: bool, stacked: bool) -> None:
        """Show the word, whether it is the next action, and how cap and word stand."""
        self._text, self._hot, self._stacked = text, hot, stacked
        self.setAccessibleName(f"{self._key} {text}")
        self.update()

    def wanted_width(self) -> float:
        """Return the width of cap and word with their padding."""
        words = text_width(self._text, active().font(self._role()))
        if self._stacked:
            return max(words, keycap_width(self._key)) + 8
        return keycap_width(self._key) + 7 + words + 14

    def _role(self) -> str:
        if self._stacked:
            return "rail-on" if self._hot else "rail"
        return "slot-hot" if self._hot else "slot"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint cap and word."""
        painter = painter_for(self)
        if self.is_lit():
            draw_box(painter, self.rect(), Look("hover", None, 1, 9))
        ink = "disabled" if not self.isEnabled() else "accent" if self._hot else "ink2"
        cap = "disabled" if not self.isEnabled() else "ink2"
        if self._stacked:
            left = (self.width() - keycap_width(self._key)) / 2
            top = (self.height() - KEYCAP_HEIGHT - 17) / 2
            draw_keycap(painter, left, top, self._key, cap)
            words = QRect(0, round(top) + KEYCAP_HEIGHT + 3, self.width(), 14)
            draw_text_in(painter, words, self._text, self._role(), ink)
        else:
            draw_keycap(painter, 7, (self.height() - KEYCAP_HEIGHT) / 2, self._key, cap)
            font = active().font(self._role())
            x = 14 + keycap_width(self._key)
            shown = fitted(self._text, font, self.width() - x)
            draw_text(painter, x, baseline_in(0, self.height(), font), shown, self._role(), ink)
        painter.end()


class PadKey(Pressable):
    """A key of an on-screen keypad: a digit, or an icon with a name."""

    def __init__(
        self, text: str = "", icon: str = "", name: str = "", primary: bool = False
    ) -> None:
        super().__init__(name or text)
        self._text, self._icon, self._primary = text, icon, primary
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the field keeps the focus while keys are hit

    def sizeHint(self) -> QSize:
        """Return a comfortable size; a grid stretches it."""
        return QSize(108, 60)

    def minimumSizeHint(self) -> QSize:
        """Return the least hit area."""
        return QSize(_TOUCH, _TOUCH)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the key."""
        painter = painter_for(self)
        ink = "on-accent" if self._primary else "ink"
        fill, border = ("accent", "accent") if self._primary else ("sunken", "border")
        if self.is_lit():
            fill = "accent-press" if self._primary else "hover"
        if not self.isEnabled():
            fill, border, ink = "sunken", "border", "disabled"
        draw_box(painter, self.rect(), Look(fill, border, 1, 12, not self.isEnabled()))
        if self._icon:
            at_x, at_y = (self.width() - 22) / 2, (self.height() - 22) / 2
            draw_icon(painter, at_x, at_y, self._icon, ink, 22)
        else:
            draw_text_in(painter, self.rect(), self._text, "pad", ink)
        painter.end()


class Check(Pressable):
    """A check box whose whole row is the target: box, words, and a note under them."""

    def __init__(
        self, text: str, note: str = "", role: str = "body-strong", height: int = 48
    ) -> None:
        super().__init__(text)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(height)
        self.setAccessibleDescription(note)
        words = [Text(text, role)] + ([Text(note, "small", "ink3")] if note else [])
        self.setLayout(row(grow(stack(*words)), pad=(0, 0, 0, 36)))
        stand_on(self)

    def sizeHint(self) -> QSize:
        """Return the size of box and words."""
        layout = self.layout()
        return QSize(layout.sizeHint().width() if layout else _TOUCH, self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        """Return the least hit area."""
        return QSize(_TOUCH, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box and its tick."""
        painter = painter_for(self)
        box = QRect(0, (self.height() - 24) // 2, 24, 24)
        on = self.isChecked()
        draw_box(
            painter, box, Look("accent" if on else "surface", "accent" if on else "control", 1, 7)
        )
        if on:
            draw_icon(painter, box.left() + 3.5, box.top() + 3.5, "check", "on-accent", 17, 2.6)
        if self.is_ringed():
            draw_ring(painter, self.rect(), 8, "ring")
        painter.end()
