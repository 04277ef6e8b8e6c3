"""The member's card: a picture or a page of the size of a bank card (ISO/IEC 7810 ID-1).

Guarantees that the code is drawn in modules of exactly half a millimetre with a quiet zone of four,
in version 7 with error correction Q for a token, so that a scratched card still reads; that nothing
is printed on it but what is given; and that a long name grows smaller before it is cut.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from loyalty_desk.devices.qr_image import make_qr

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

# One pixel is 0.05 mm, which makes card and modules whole numbers of pixels.
PIXELS_PER_MM: Final = 20
DPI: Final = 508
MODULE_PX: Final = 10
CARD_MM: Final = (85.6, 54.0)

_PAPER: Final = "#F4F4F1"
_RING: Final = "#E8E7E2"
_PANEL: Final = "#FFFFFF"
_PANEL_EDGE: Final = "#E2E1DB"
_INK: Final = "#17191C"
_INK_2: Final = "#45494F"

_MARGIN_MM = 5.4
_MARK_MM = 7.1
_PANEL_MM = 30.0
_PANEL_RIGHT_MM = 5.0
_TEXT_WIDTH_MM = 42.5
_SMALLEST_SHARE = 0.6
# Clockwise from the right.
_RING_FROM, _RING_TO = 270, 200
_FINER = 2


@dataclass(frozen=True, slots=True)
class CardFace:
    """What stands on a card. `number` is what a person can read out, `hint` a line of advice."""

    token: str
    club_name: str
    member_name: str
    number: str
    hint: str


def card_png(face: CardFace, fonts: Path) -> bytes:
    """The card as a PNG that knows its size; `fonts` is the folder with the Inter faces.

    Raises `OSError` when the fonts are not there.
    """
    written = io.BytesIO()
    _draw(face, fonts).save(written, "PNG", dpi=(DPI, DPI), optimize=True)
    return written.getvalue()


def card_pdf(face: CardFace, fonts: Path) -> bytes:
    """The card as a page of its own size, to be printed at 100 %.

    Raises `OSError` when the fonts are not there.
    """
    written = io.BytesIO()
    _draw(face, fonts).save(
        written,
        "PDF",
        resolution=DPI,
        quality=95,
        subsampling=0,
        title=face.club_name,
        producer="Loyalty Desk",
        # Left out: the same card is the same file.
        creationDate=None,
        modDate=None,
    )
    return written.getvalue()


def _draw(face: CardFace, fonts: Path) -> Image:
    from PIL import Image as images
    from PIL import ImageDraw as drawing

    card = images.new("RGB", (_px(CARD_MM[0]), _px(CARD_MM[1])), _PAPER)
    _draw_ring(card)
    pen = drawing.Draw(card)
    _draw_mark(card)
    _draw_code(card, pen, face.token)
    strong, plain = fonts / "Inter-SemiBold.ttf", fonts / "Inter-Regular.ttf"
    beside_mark = _MARGIN_MM + _MARK_MM + 1.7
    room = CARD_MM[0] - beside_mark - _PANEL_RIGHT_MM
    middle = _MARGIN_MM + _MARK_MM / 2
    _write(pen, face.club_name, strong, (beside_mark, middle), 3.5, room, _INK)
    _write(pen, face.member_name, strong, (_MARGIN_MM, 37.5), 4.0, _TEXT_WIDTH_MM, _INK)
    _write(pen, face.number, plain, (_MARGIN_MM, 42.2), 2.5, _TEXT_WIDTH_MM, _INK_2)
    _write(pen, face.hint, plain, (_MARGIN_MM, 47.4), 2.2, _TEXT_WIDTH_MM, _INK_2)
    return card


def _draw_code(card: Image, pen: ImageDraw, token: str) -> None:
    code = make_qr(token, ec="Q", module_px=MODULE_PX)
    side = max(_px(_PANEL_MM), code.width)
    left = card.width - _px(_PANEL_RIGHT_MM) - side
    top = (card.height - side) // 2
    box = (left, top, left + side - 1, top + side - 1)
    pen.rounded_rectangle(box, _px(2.5), fill=_PANEL, outline=_PANEL_EDGE, width=3)
    inset = (side - code.width) // 2
    card.paste(code.convert("RGB"), (left + inset, top + inset))


def _draw_ring(card: Image) -> None:
    """The large open ring behind everything."""
    _fill(card, _RING, lambda pen: _open_ring(pen, (62.5, 27.0), 25.2, 7.2))


def _draw_mark(card: Image) -> None:
    """The club's mark: a ring and a dot on a dark tile."""
    start, end = _fine(_MARGIN_MM), _fine(_MARGIN_MM + _MARK_MM)
    middle = _MARGIN_MM + _MARK_MM / 2

    def tile(pen: ImageDraw) -> None:
        pen.rounded_rectangle((start, start, end, end), _fine(1.9), fill=255)

    def sign(pen: ImageDraw) -> None:
        _open_ring(pen, (middle, middle), 1.6, 0.5)
        _disc(pen, (middle, middle), 0.5)

    _fill(card, _INK, tile)
    _fill(card, _PANEL, sign)


def _fill(card: Image, colour: str, shape: Callable[[ImageDraw], None]) -> None:
    """Fill a shape with smooth edges: Pillow's are hard, so it is drawn finer and shrunk."""
    from PIL import Image as images
    from PIL import ImageDraw as drawing

    mask = images.new("L", (_FINER * card.width, _FINER * card.height), 0)
    shape(drawing.Draw(mask))
    card.paste(colour, (0, 0), mask.resize(card.size, images.Resampling.BOX))


def _open_ring(pen: ImageDraw, centre: tuple[float, float], radius: float, width: float) -> None:
    """Most of a ring with round ends, open at the upper left; measures in mm."""
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


def _write(
    pen: ImageDraw,
    text: str,
    face: Path,
    at_mm: tuple[float, float],
    size_mm: float,
    room_mm: float,
    colour: str,
) -> None:
    """Write one line, centred on its height, smaller where it is long, cut where it must be."""
    from PIL import ImageFont as lettering

    line = " ".join(text.split())
    room = _px(room_mm)
    font = lettering.truetype(str(face), _px(size_mm))
    wide = font.getlength(line)
    if wide > room:
        share = max(_SMALLEST_SHARE, room / wide)
        font = lettering.truetype(str(face), int(_px(size_mm) * share))
        line = _cut(line, font, room)
    pen.text((_px(at_mm[0]), _px(at_mm[1])), line, fill=colour, font=font, anchor="lm")


def _cut(line: str, font: FreeTypeFont, room: int) -> str:
    if font.getlength(line) <= room:
        return line
    while line and font.getlength(line + "…") > room:
        line = line[:-1].rstrip()
    return line + "…"


def _px(mm: float) -> int:
    return round(mm * PIXELS_PER_MM)


def _fine(mm: float) -> int:
    return round(mm * PIXELS_PER_MM * _FINER)
