"""The slip of a pending voucher: what is on it can be read, and it fits the paper."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from loyalty_desk.devices.paper_slip import MODULE_DOTS, WIDTH, SlipFace, slip_pdf, slip_png
from loyalty_desk.devices.qr_image import decode_image

FONTS = Path(__file__).parents[2] / "resources" / "fonts"
CODE = "LDP-000700000000J6HB700000040PJM30"
FACE = SlipFace(
    club="Clube Jatobá",
    place=("Pinheiros · Caixa 02", "21/11/2026  14:26"),
    title="Vale pendente",
    promised="Ecobag Jatobá",
    price="900 pontos",
    left="Marina",
    right="Ouro",
    paragraphs=(("Este caixa está sem conexão agora.", False), ("Nada foi descontado.", True)),
    code=CODE,
    validity="Vale até 21/12/2026 em Pinheiros",
    foot=("Guarde este papel e traga na retirada.",),
)
# Where the drawing has it: the title's band, and the code in the middle (576 dots, 8 to the mm).
BAND, CODE_LEFT = (186, 244), 175


def picture(face: SlipFace = FACE) -> Image.Image:
    return Image.open(io.BytesIO(slip_png(face, FONTS)))


def ink(part: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageOps.invert(part.convert("L")).getbbox()


def test_its_code_reads_back() -> None:
    assert decode_image(slip_png(FACE, FONTS)) == [CODE]


def test_it_is_as_wide_as_the_printers_head_and_has_no_grey() -> None:
    slip = picture()
    assert slip.mode == "1"
    assert slip.width == WIDTH
    assert slip.width / slip.info["dpi"][0] * 25.4 == pytest.approx(72, abs=0.01)


def test_title_and_code_stand_where_they_are_drawn() -> None:
    slip = picture().convert("L")
    rows = [y for y in range(slip.height) if slip.getpixel((0, y)) == 0 == slip.getpixel((575, y))]
    assert (rows[0], rows[-1]) == pytest.approx(BAND, abs=3)
    edges = [ink(slip.crop((0, y, WIDTH, y + 1))) for y in range(400, slip.height)]
    code = [(edge[0], edge[2]) for edge in edges if edge and edge[2] - edge[0] == 25 * MODULE_DOTS]
    assert len(code) >= 2 * MODULE_DOTS  # the upper bars of the finder patterns at least
    assert {left for left, _right in code} == {CODE_LEFT}


def test_the_page_is_as_wide_as_the_paper() -> None:
    width = re.search(rb"/MediaBox \[ 0 0 ([0-9.]+)", slip_pdf(FACE, FONTS))[1]
    assert float(width) / 72 * 25.4 == pytest.approx(80, abs=0.01)


def test_long_words_stay_on_the_paper() -> None:
    long = "Cesta de café da manhã para a família inteira com entrega em casa " * 3
    slip = picture(
        replace(FACE, promised=long, club=long, paragraphs=((long, False),), validity=long)
    )
    assert slip.height > picture().height
    assert decode_image(slip_png(replace(FACE, paragraphs=((long, True),)), FONTS)) == [CODE]


def test_one_word_longer_than_the_paper_is_written_all_the_same() -> None:
    assert ink(picture(replace(FACE, paragraphs=(("M" * 90, False),))))


def test_the_same_slip_is_the_same_file() -> None:
    assert slip_png(FACE, FONTS) == slip_png(FACE, FONTS)
    assert slip_pdf(FACE, FONTS) == slip_pdf(FACE, FONTS)


def test_fonts_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"Inter|resource"):
        slip_png(FACE, tmp_path)
