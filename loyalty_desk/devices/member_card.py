"""The member's card: a picture or a page of the size of a bank card (ISO/IEC 7810 ID-1).

Guarantees that the code is drawn in modules of exactly half a millimetre with a quiet zone of four,
in version 7 with error correction Q for a token, so that a scratched card still reads; that nothing
is printed on it but what is given; and that a long name grows smaller before it is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from loyalty_desk.devices import print_drawing as drawn
from loyalty_desk.devices.qr_image import make_qr

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

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
# Centre, radius and width, in pixels.
_RING_AT = ((62.5 * PIXELS_PER_MM, 27.0 * PIXELS_PER_MM), 25.2 * PIXELS_PER_MM, 7.2 * PIXELS_PER_MM)


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
    return drawn.png_of(_draw(face, fonts), DPI)


def card_pdf(face: CardFace, fonts: Path) -> bytes:
    """The card as a page of its own size, to be printed at 100 %.

    Raises `OSError` when the fonts are not there.
    """
    return drawn.pdf_of(_draw(face, fonts), DPI, face.club_name)


def _draw(face: CardFace, fonts: Path) -> Image:
    from PIL import Image as images
    from PIL import ImageDraw as drawing

    card = images.new("RGB", (_px(CARD_MM[0]), _px(CARD_MM[1])), _PAPER)
    # The large open ring behind everything.
    drawn.fill(card, _RING, lambda pen: drawn.open_ring(pen, *_RING_AT))
    mark = _px(_MARGIN_MM)
    drawn.draw_mark(card, (mark, mark), _px(_MARK_MM), _INK, _PANEL)
    pen = drawing.Draw(card)
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


def _write(
    pen: ImageDraw,
    text: str,
    face: Path,
    at_mm: tuple[float, float],
    size_mm: float,
    room_mm: float,
    colour: str,
) -> None:
    """Write one line, centred on its height."""
    line, font = drawn.lettered(text, face, _px(size_mm), _px(room_mm))
    pen.text((_px(at_mm[0]), _px(at_mm[1])), line, fill=colour, font=font, anchor="lm")


def _px(mm: float) -> int:
    return round(mm * PIXELS_PER_MM)
