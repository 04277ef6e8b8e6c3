"""Slips for a receipt printer: 1 bit deep, 576 dots wide, on paper of 80 mm, 8 dots to the mm.

Guarantees that the code's modules are nine dots each, that a line which is too long grows smaller
and is cut in the end, that a paragraph goes on below, and that nothing stands on it but what is
given.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from loyalty_desk.devices import print_drawing as drawn
from loyalty_desk.devices.qr_image import QUIET_ZONE, make_qr

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH: Final = 576
DOTS_PER_MM: Final = 8
DPI: Final = DOTS_PER_MM * 25.4
MODULE_DOTS: Final = 9
PAPER_MM: Final = 80

_PLAIN, _STRONG = "Inter-Medium.ttf", "Inter-Bold.ttf"
_SMALL, _LARGE = 22, 42
_LINE = 30
_TALLEST = 1600
_MARK = 64
_BETWEEN = 24
_INK, _PAPER = "black", "white"


@dataclass(frozen=True, slots=True)
class SlipFace:
    """What stands on a slip, from above: the club and where it was made, the title on black, the
    thing promised, a line with both ends, paragraphs (strong or not), the code, what follows it.
    """

    club: str
    place: tuple[str, ...]
    title: str
    promised: str
    price: str
    left: str
    right: str
    paragraphs: tuple[tuple[str, bool], ...]
    code: str
    validity: str
    foot: tuple[str, ...]


def slip_png(face: SlipFace, fonts: Path) -> bytes:
    """The slip as a PNG as wide as the printer's head. Raises OSError without the fonts."""
    return drawn.png_of(_draw(face, fonts), DPI)


def slip_pdf(face: SlipFace, fonts: Path) -> bytes:
    """The slip as a page as wide as the paper, to be printed at 100 %. Raises OSError."""
    from PIL import Image as images

    slip = _draw(face, fonts)
    page = images.new("1", (PAPER_MM * DOTS_PER_MM, slip.height), 1)
    page.paste(slip, ((page.width - slip.width) // 2, 0))
    return drawn.pdf_of(page, DPI, face.title)


def _draw(face: SlipFace, fonts: Path) -> Image:
    slip = _Slip(fonts)
    slip.mark()
    slip.centred(face.club.upper(), _SMALL, strong=True)
    for line in face.place:
        slip.centred(line, _SMALL)
    slip.banner(face.title.upper())
    slip.centred(face.promised, _LARGE, strong=True)
    slip.centred(face.price, _SMALL)
    slip.rule()
    slip.both_ends(face.left, face.right)
    slip.rule()
    for words, strong in face.paragraphs:
        slip.paragraph(words, strong=strong)
    slip.code(face.code)
    slip.centred(face.validity, _SMALL)
    slip.rule()
    for line in face.foot:
        slip.centred(line, _SMALL)
    return slip.torn_off()


class _Slip:
    """Paper that is written from above downwards; `_y` is where it goes on."""

    def __init__(self, fonts: Path) -> None:
        from PIL import Image as images
        from PIL import ImageDraw as drawing

        self._paper = images.new("L", (WIDTH, _TALLEST), _PAPER)
        self._pen: ImageDraw = drawing.Draw(self._paper)
        self._fonts = fonts
        self._y = 18

    def mark(self) -> None:
        """The club's mark."""
        drawn.draw_mark(self._paper, ((WIDTH - _MARK) // 2, self._y), _MARK, _INK, _PAPER)
        self._y += _MARK + 8

    def centred(self, words: str, size: int, *, strong: bool = False) -> None:
        """One line in the middle."""
        line, font = drawn.lettered(words, self._face(strong=strong), size, WIDTH)
        high = _LINE if size == _SMALL else size + 22
        self._pen.text((WIDTH // 2, self._y + high // 2), line, _INK, font, anchor="mm")
        self._y += high

    def banner(self, words: str) -> None:
        """The title, white on black from edge to edge."""
        high = 58
        line, font = drawn.lettered(words, self._face(strong=True), _LARGE, WIDTH)
        self._y += 6
        self._pen.rectangle((0, self._y, WIDTH - 1, self._y + high - 1), fill=_INK)
        self._pen.text((WIDTH // 2, self._y + high // 2), line, _PAPER, font, anchor="mm")
        self._y += high + 12

    def rule(self) -> None:
        """A dashed line."""
        self._y += 10
        for x in range(0, WIDTH, 8):
            self._pen.rectangle((x, self._y, x + 4, self._y + 1), fill=_INK)
        self._y += 12

    def both_ends(self, left: str, right: str) -> None:
        """Strong words at both edges, half of the line each at the most."""
        face, middle = self._face(strong=True), self._y + _LINE // 2
        for words, x, anchor in ((left, 0, "lm"), (right, WIDTH - 1, "rm")):
            line, font = drawn.lettered(words, face, _SMALL, (WIDTH - _BETWEEN) / 2)
            self._pen.text((x, middle), line, _INK, font, anchor=anchor)
        self._y += _LINE

    def paragraph(self, words: str, *, strong: bool) -> None:
        """As many lines as it takes."""
        from PIL import ImageFont as lettering

        font = lettering.truetype(str(self._face(strong=strong)), _SMALL)
        for line in _lines(words, font):
            self._pen.text((0, self._y + _LINE // 2), line, _INK, font, anchor="lm")
            self._y += _LINE
        self._y += 6

    def code(self, text: str) -> None:
        """The QR code in the middle, its quiet zone around it."""
        code = make_qr(text, ec="M", module_px=MODULE_DOTS)
        # The paper above and below is white: the quiet zone may lie there.
        top = self._y + 16 - QUIET_ZONE * MODULE_DOTS // 2
        self._paper.paste(code, ((WIDTH - code.width) // 2, top))
        self._y = top + code.height - QUIET_ZONE * MODULE_DOTS // 2 + 8

    def torn_off(self) -> Image:
        """The paper as far as it is written, black and white."""
        used = self._paper.crop((0, 0, WIDTH, self._y + 16))
        return used.point(lambda shade: 255 * (shade > 128)).convert("1")

    def _face(self, *, strong: bool) -> Path:
        return self._fonts / (_STRONG if strong else _PLAIN)


def _lines(words: str, font: FreeTypeFont) -> Iterator[str]:
    """Break words where the paper ends; the width of letters differs, so it is tried."""
    for most in range(len(words), 0, -1):
        lines = textwrap.wrap(words, most)
        if all(font.getlength(line) <= WIDTH for line in lines):
            return iter(lines)
    return iter(())
