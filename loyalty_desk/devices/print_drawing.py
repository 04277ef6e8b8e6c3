"""What cards and slips are drawn with: the club's mark, lines that fit, and files for a printer.

Guarantees smooth edges, that a line never grows wider than its room, and that the same drawing is
the same file. All measures are pixels of the drawing.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

_SMALLEST_SHARE: Final = 0.6
# Clockwise from the right.
_RING_FROM, _RING_TO = 270, 200
_FINER: Final = 2
# Of the mark's side: the tile's corners, the ring's radius and its width.
_CORNER, _RING, _STROKE = 1.9 / 7.1, 1.6 / 7.1, 0.5 / 7.1


def png_of(drawn: Image, dpi: float) -> bytes:
    """Return the drawing as a PNG that knows its size."""
    written = io.BytesIO()
    drawn.save(written, "PNG", dpi=(dpi, dpi), optimize=True)
    return written.getvalue()


def pdf_of(drawn: Image, dpi: float, title: str) -> bytes:
    """Return the drawing as a page of its own size, to be printed at 100 %."""
    written = io.BytesIO()
    # One bit is written as it is, colour as JPEG.
    jpeg = {} if drawn.mode == "1" else {"quality": 95, "subsampling": 0}
    drawn.save(
        written,
        "PDF",
        resolution=dpi,
        **jpeg,
        title=title,
        producer="Loyalty Desk",
        # Left out: the same drawing is the same file.
        creationDate=None,
        modDate=None,
    )
    return written.getvalue()


def lettered(words: str, face: Path, size: int, room: float) -> tuple[str, FreeTypeFont]:
    """Return a line and its font: smaller where it is long, cut where it must be.

    Raises `OSError` when the font is not there.
    """
    from PIL import ImageFont as lettering

    line = " ".join(words.split())
    font = lettering.truetype(str(face), size)
    wide = font.getlength(line)
    if wide <= room:
        return line, font
    font = lettering.truetype(str(face), int(size * max(_SMALLEST_SHARE, room / wide)))
    return _cut(line, font, room), font


def draw_mark(picture: Image, at: tuple[int, int], side: int, ink: str, paper: str) -> None:
    """Draw the club's mark: an open ring and a dot on a dark tile."""
    middle = (at[0] + side / 2, at[1] + side / 2)
    corners = [_fine(edge) for edge in (*at, at[0] + side, at[1] + side)]

    def sign(pen: ImageDraw) -> None:
        open_ring(pen, middle, side * _RING, side * _STROKE)
        _disc(pen, middle, side * _STROKE)

    fill(picture, ink, lambda pen: pen.rounded_rectangle(corners, _fine(side * _CORNER), fill=255))
    fill(picture, paper, sign)


def fill(picture: Image, colour: str, shape: Callable[[ImageDraw], None]) -> None:
    """Fill a shape with smooth edges: Pillow's are hard, so it is drawn finer and shrunk."""
    from PIL import Image as images
    from PIL import ImageDraw as drawing

    mask = images.new("L", (_FINER * picture.width, _FINER * picture.height), 0)
    shape(drawing.Draw(mask))
    picture.paste(colour, (0, 0), mask.resize(picture.size, images.Resampling.BOX))


def open_ring(pen: ImageDraw, centre: tuple[float, float], radius: float, width: float) -> None:
    """Draw most of a ring with round ends, open at the upper left: a shape for `fill`."""
    x, y, outer = _fine(centre[0]), _fine(centre[1]), _fine(radius + width / 2)
    box = (x - outer, y - outer, x + outer, y + outer)
    pen.arc(box, _RING_FROM, _RING_TO, fill=255, width=_fine(width))
    for degrees in (_RING_FROM, _RING_TO):
        angle = math.radians(degrees)
        tip = (centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle))
        _disc(pen, tip, width / 2)


def _disc(pen: ImageDraw, centre: tuple[float, float], radius: float) -> None:
    x, y, reach = _fine(centre[0]), _fine(centre[1]), _fine(radius)
    pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)


def _cut(line: str, font: FreeTypeFont, room: float) -> str:
    if font.getlength(line) <= room:
        return line
    while line and font.getlength(line + "…") > room:
        line = line[:-1].rstrip()
    return line + "…"


def _fine(pixels: float) -> int:
    return round(pixels * _FINER)
