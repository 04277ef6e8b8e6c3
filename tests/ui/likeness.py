"""Which icon of the project a painted picture shows, by the ink they have in common."""

import re
from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).parents[2] / "resources" / "icons"


def most_like(painted: QImage) -> Path:
    """The icon of the project whose ink lies most where the painted ink lies."""
    ink, side = _inked(painted), painted.width()

    def likeness(file: Path) -> float:
        drawn = _drawn_ink(file, side)
        return len(ink & drawn) / max(len(ink | drawn), 1)

    return max(sorted(ICONS.glob("*.svg")), key=likeness)


@cache
def _drawn_ink(file: Path, side: int) -> frozenset[int]:
    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    svg = file.read_text(encoding="utf-8").replace("currentColor", "#000000")
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(image.rect()))
    painter.end()
    return _inked(image)


def _inked(image: QImage) -> frozenset[int]:
    data = bytes(image.convertToFormat(QImage.Format.Format_ARGB32).constBits())
    return frozenset(at for at, alpha in enumerate(data[3::4]) if alpha > 100)


@cache
def icon_files(shape: str) -> frozenset[Path]:
    """The files whose drawing begins like this; the targets keep only the beginning."""
    wanted = _bare(re.sub(r">?<(/\w*)?$", "", shape))  # a closing tag may be cut in two
    found = set()
    for file in ICONS.glob("*.svg"):
        content = file.read_text(encoding="utf-8")
        inner = content[content.index(">", content.index("<svg")) + 1 :]
        if _bare(inner).startswith(wanted):
            found.add(file)
    return frozenset(found)


def _bare(markup: str) -> str:
    """Markup without spaces and without the two ways of closing an empty element."""
    return re.sub(r"\s|/(?=>)|></\w+(?=>)", "", markup)
