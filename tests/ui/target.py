"""The drawn screens as data: every text, box, line and icon that a window must paint.

Guarantees that what the rule does not measure (specks, carets, the QR code) is left out here, once.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRectF

from tests.ui.recording import Rgb, plain

TARGETS = Path(__file__).parents[1] / "mockups"
BOX_AREA = 400.0
LINE_LENGTH = 40.0
PICTURE_SIDE = 60.0  # larger pictures (the QR code) are compared by their frame


@dataclass(frozen=True, slots=True)
class WantedText:
    words: str
    x: float
    width: float
    baseline: float
    px: int
    weight: int
    color: Rgb
    alpha: float

    @property
    def name(self) -> str:
        return f"text '{self.words}' {self.x:.0f},{self.baseline:.0f}"


@dataclass(frozen=True, slots=True)
class WantedBox:
    rect: QRectF
    fill: Rgb | None
    border: Rgb | None
    radius: float

    @property
    def name(self) -> str:
        return f"box {place(self.rect)}"


@dataclass(frozen=True, slots=True)
class WantedLine:
    rect: QRectF
    color: Rgb

    @property
    def name(self) -> str:
        return f"line {place(self.rect)}"


@dataclass(frozen=True, slots=True)
class WantedIcon:
    rect: QRectF
    color: Rgb
    shape: str

    @property
    def name(self) -> str:
        return f"icon {place(self.rect)}"


@dataclass(frozen=True, slots=True)
class Target:
    """The drawn screen: everything a window must paint."""

    size: tuple[int, int]
    texts: list[WantedText]
    boxes: list[WantedBox]
    lines: list[WantedLine]
    icons: list[WantedIcon]

    @property
    def count(self) -> int:
        return len(self.texts) + len(self.boxes) + len(self.lines) + len(self.icons)


def load(screen: str, theme: str) -> Target:
    """The target of one screen; `theme` is "light" or "dark"."""
    suffix = ".dark.json" if theme == "dark" else ".json"
    return parse(json.loads((TARGETS / f"{screen}{suffix}").read_text(encoding="utf-8")))


def parse(data: dict[str, Any]) -> Target:
    """Reads a target and leaves out what the rule does not measure (specks, carets, the QR)."""
    boxes = [_box(item) for item in data["boxes"] if item["w"] * item["h"] > BOX_AREA]
    lines = [
        WantedLine(_rect(item), _color(item["color"]))
        for item in data["lines"]
        if max(item["w"], item["h"]) >= LINE_LENGTH
    ]
    icons = [
        WantedIcon(_rect(item), _color(item["color"]), item.get("shape", ""))
        for item in data["icons"]
        if item["w"] <= PICTURE_SIDE
    ]
    width, height = data["size"]
    return Target((width, height), [_text(item) for item in data["texts"]], boxes, lines, icons)


def _text(item: dict[str, Any]) -> WantedText:
    return WantedText(
        words=plain(item["text"]),
        x=item["x"],
        width=item["w"],
        baseline=item["baseline"],
        px=item["px"],
        weight=item["weight"],
        color=_color(item["color"]),
        alpha=item.get("alpha", 1.0),
    )


def _box(item: dict[str, Any]) -> WantedBox:
    border = item["border"]
    radius = min(item["radius"], item["w"] / 2, item["h"] / 2)
    return WantedBox(
        rect=_rect(item),
        fill=_color(item["fill"]) if item["fill"] else None,
        border=_color(border[1]) if border else None,
        radius=radius,
    )


def _rect(item: dict[str, Any]) -> QRectF:
    return QRectF(item["x"], item["y"], item["w"], item["h"])


def _color(text: str) -> Rgb:
    red, green, blue = (int(part) for part in text[text.index("(") + 1 : -1].split(",")[:3])
    return red, green, blue


def place(rect: QRectF) -> str:
    return f"{rect.x():.0f},{rect.y():.0f} {rect.width():.0f}x{rect.height():.0f}"
