"""The few strokes all widgets are painted with: boxes, single lines of text, key caps, focus rings.

Guarantees that only this package draws text, and that it draws it with `drawText`, one call for
one run, so that what is on the screen can be read back from a recording.
"""

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from loyalty_desk.ui.theme import Theme, active

KEYCAP_HEIGHT = 24
_KEYCAP_MIN_WIDTH = 30
_KEYCAP_PAD = 8  # border included
_WIDTHS_MAX = 4_096  # some ten screens full of words
_ELLIPSIS_SLACK = 0.75  # a layout rounds widths down by less than this


@dataclass(frozen=True, slots=True)
class Look:
    """A box: fill and border tokens (None = nothing), border width and corner radius in pixels."""

    fill: str | None
    border: str | None = None
    width: int = 1
    radius: int = 0
    unavailable: bool = False  # drawn dashed where colour alone may not speak


class Painted(QWidget):
    """A widget that paints itself from the active theme.

    After a change of theme or of the enabled state every QWidget repaints by itself.
    """


def painter_for(widget: QWidget) -> QPainter:
    """Return an antialiasing painter on `widget`."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return painter


def draw_box(painter: QPainter, rect: QRect | QRectF, look: Look) -> None:
    """Fill and outline a rounded box; the border lies inside `rect`, as in CSS."""
    theme = active()
    border = _border_of(look, theme)
    width = _border_width(look, theme) if border else 0
    inset = width / 2
    painter.setPen(Qt.PenStyle.NoPen)
    if border:
        pen = QPen(theme.color(border), width)
        if look.unavailable and theme.is_contrast:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
    painter.setBrush(theme.color(look.fill) if look.fill else Qt.BrushStyle.NoBrush)
    radius = min(float(look.radius), rect.height() / 2, rect.width() / 2)
    box = QRectF(rect).adjusted(inset, inset, -inset, -inset)
    if radius:
        painter.drawRoundedRect(box, max(radius - inset, 0.0), max(radius - inset, 0.0))
    else:
        painter.drawRect(box)


def _border_of(look: Look, theme: Theme) -> str | None:
    """A soft fill is white in high contrast, so there the box keeps its shape by an outline."""
    if look.border or not theme.is_contrast or look.fill is None:
        return look.border
    return _OUTLINE_IN_CONTRAST.get(look.fill)


def _border_width(look: Look, theme: Theme) -> int:
    return max(look.width + 1, theme.border_px) if theme.is_contrast else look.width


_OUTLINE_IN_CONTRAST = {
    "accent-soft": "accent",
    "ok-soft": "ok",
    "warn-soft": "warn",
    "bad-soft": "bad",
    "gold-soft": "gold",
    "silver-soft": "silver",
    "hover": "control",
    "track": "control",
}


def draw_ring(painter: QPainter, rect: QRect, radius: int, token: str, inset: int = 0) -> None:
    """Draw the focus ring inside `rect`."""
    width = active().focus_px
    edge = inset + width / 2
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(active().color(token), width))
    rounding = max(radius - edge, 2.0)
    painter.drawRoundedRect(QRectF(rect).adjusted(edge, edge, -edge, -edge), rounding, rounding)


def draw_rule(painter: QPainter, rect: QRect, token: str = "border") -> None:
    """Draw a divider or a one-sided border."""
    painter.fillRect(rect, active().color(token))


@lru_cache(_WIDTHS_MAX)
def text_width(text: str, font: QFont) -> float:
    """Return the advance of `text` in pixels: layouts ask for the same words again and again."""
    return QFontMetricsF(font).horizontalAdvance(text)


def baseline_in(top: float, height: float, font: QFont) -> float:
    """Return the baseline of a line of text centred in a band, as a browser centres it."""
    metrics = QFontMetrics(font)
    return top + (height - metrics.ascent() - metrics.descent()) / 2 + metrics.ascent()


def fitted(text: str, font: QFont, width: float) -> str:
    """Return `text`, with its end replaced by an ellipsis where it is wider than `width`."""
    if text_width(text, font) <= width + _ELLIPSIS_SLACK:
        return text
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, max(width, 0))


def draw_text(
    painter: QPainter, x: float, baseline: float, text: str, role: str, tone: str
) -> None:
    """Draw one run of text from its left edge and baseline."""
    if not text:
        return
    theme = active()
    painter.setFont(theme.font(role))
    painter.setPen(theme.color(tone))
    painter.drawText(QPointF(x, baseline), text)


def draw_text_in(painter: QPainter, rect: QRect, text: str, role: str, tone: str) -> None:
    """Draw one run of text centred in `rect`, shortened where it does not fit."""
    font = active().font(role)
    shown = fitted(text, font, rect.width())
    x = rect.left() + (rect.width() - text_width(shown, font)) / 2
    draw_text(painter, x, baseline_in(rect.top(), rect.height(), font), shown, role, tone)


def draw_icon(
    painter: QPainter, x: float, y: float, name: str, token: str, size: int, stroke: float = 1.75
) -> None:
    """Draw a tinted icon with its top left corner at (x, y), sharp at any density."""
    device = painter.device()
    dpr = device.devicePixelRatio() if device else 1.0
    painter.drawPixmap(QPointF(x, y), active().icon(name, token, size, dpr, stroke))


def keycap_width(text: str) -> int:
    """Return the width of a key cap, border included."""
    wide = text_width(text, active().font("key")) + 2 * _KEYCAP_PAD
    return max(_KEYCAP_MIN_WIDTH, round(wide))


def draw_keycap(
    painter: QPainter, x: float, y: float, text: str, tone: str = "ink2", filled: bool = True
) -> None:
    """Draw a key cap; on a filled button (`filled` False) it takes the colour of its text."""
    theme = active()
    edge = tone if not filled else ("control" if theme.is_contrast else "border")
    box = QRectF(x, y, keycap_width(text), KEYCAP_HEIGHT)
    before = painter.opacity()
    if not filled:
        painter.setOpacity(before * 0.85)
    painter.setPen(Qt.PenStyle.NoPen)
    draw_box(painter, box, Look("key" if filled else None, edge, 1, 6, tone == "disabled"))
    foot = QRectF(box.left() + 4, box.bottom() - 2, box.width() - 8, 1)
    painter.fillRect(foot, theme.color(edge))
    font = theme.font("key")
    left = box.left() + (box.width() - text_width(text, font)) / 2
    draw_text(painter, left, baseline_in(y + 1, KEYCAP_HEIGHT - 3, font), text, "key", tone)
    painter.setOpacity(before)
