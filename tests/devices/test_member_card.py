"""The member's card: what is on it can be read, by people and by readers."""

import io
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageOps

from loyalty_desk.devices.member_card import CardFace, card_pdf, card_png
from loyalty_desk.devices.qr_image import decode, decode_image
from tests.programme.wedge_bursts import TOKENS

FONTS = Path(__file__).parents[2] / "resources" / "fonts"
FACE = CardFace(
    token=TOKENS[0],
    club_name="Clube Jatobá",
    member_name="Marina Alves",
    number="JTB 9F3K 7Q2M",
    hint="Mostre no caixa em cada compra",
)
# The white panel of the code, in pixels of 0.05 mm.
PANEL = (1012, 240, 1612, 840)


def picture(face: CardFace = FACE) -> Image.Image:
    return Image.open(io.BytesIO(card_png(face, FONTS)))


def test_the_card_reads_back_to_its_token() -> None:
    assert decode_image(card_png(FACE, FONTS)) == [FACE.token]


def test_the_card_has_the_size_of_a_bank_card() -> None:
    card = picture()
    across, down = card.info["dpi"]
    assert card.width / across * 25.4 == pytest.approx(85.6, abs=0.01)
    assert card.height / down * 25.4 == pytest.approx(54.0, abs=0.01)


def test_modules_are_half_a_millimetre_and_four_of_them_stay_free_around() -> None:
    card = picture()
    code = card.crop(PANEL).convert("L").point(lambda value: 255 if value > 128 else 0)
    left, top, right, bottom = ImageOps.invert(code).getbbox()
    module = 0.5 / 25.4 * card.info["dpi"][0]
    assert (right - left) / module == pytest.approx(45, abs=0.01)  # version 7
    assert (bottom - top) / module == pytest.approx(45, abs=0.01)
    finder = [code.getpixel((left + x, top + 35)) for x in range(70)]
    edges = [x for x in range(1, 70) if finder[x] != finder[x - 1]]
    assert edges == [10, 20, 50, 60]
    quiet = card.crop(PANEL).crop((left - 40, top - 40, right + 40, bottom + 40)).convert("L")
    quiet.paste(255, (40, 40, quiet.width - 40, quiet.height - 40))
    assert quiet.getextrema() == (255, 255)


def test_the_page_has_the_size_of_the_card_and_the_same_code() -> None:
    page = card_pdf(FACE, FONTS)
    box = re.search(rb"/MediaBox \[ ?([0-9. ]+)\]", page)
    assert box is not None
    _, _, across, down = (float(value) for value in box[1].split())
    assert (across / 72 * 25.4, down / 72 * 25.4) == pytest.approx((85.6, 54.0), abs=0.01)
    start = page.index(b"\xff\xd8\xff")
    drawn = Image.open(io.BytesIO(page[start : page.index(b"endstream", start)]))
    assert drawn.size == (1712, 1080)
    assert decode(drawn) == [FACE.token]


def test_the_same_card_is_the_same_file() -> None:
    assert card_png(FACE, FONTS) == card_png(FACE, FONTS)
    assert card_pdf(FACE, FONTS) == card_pdf(FACE, FONTS)


@pytest.mark.parametrize("field", ["club_name", "member_name", "number", "hint"])
def test_each_line_is_printed_and_none_touches_the_code(field: str) -> None:
    without = picture(replace(FACE, **{field: ""}))
    changed = ImageChops.difference(picture(), without).getbbox()
    assert changed is not None
    long = replace(
        FACE, **{field: "Maria Aparecida das Graças Figueiredo de Albuquerque Neta " * 2}
    )
    for face in (FACE, long):
        drawn = picture(face).crop(PANEL)
        assert ImageChops.difference(drawn, without.crop(PANEL)).getbbox() is None
    assert decode(picture(long)) == [FACE.token]


def test_a_long_name_grows_smaller_before_it_is_cut() -> None:
    nobody = picture(replace(FACE, member_name=""))

    def printed(name: str) -> tuple[int, int]:
        drawn = ImageChops.difference(picture(replace(FACE, member_name=name)), nobody).getbbox()
        assert drawn is not None
        return drawn[2] - drawn[0], drawn[3] - drawn[1]

    (_, usual), (wide, small), (cut, smallest) = map(printed, ["M" * 4, "M" * 15, "M" * 60])
    assert usual > small > smallest
    assert max(wide, cut) <= 42.5 * 20


def test_a_scratched_card_still_reads() -> None:
    chance = random.Random(4)
    read = 0
    for _ in range(10):
        card = picture()
        pen = ImageDraw.Draw(card)
        for _ in range(5):
            x, y = chance.uniform(1090, 1500), chance.uniform(320, 720)
            reach = chance.uniform(12, 24)
            pen.ellipse((x, y, x + reach, y + reach), fill=chance.choice(["#000000", "#FFFFFF"]))
        read += decode(card) == [FACE.token]
    assert read >= 8


def test_a_card_far_from_the_camera_still_reads() -> None:
    far = picture().convert("L").rotate(17, Image.Resampling.BICUBIC, expand=True, fillcolor=90)
    share = 2.5 / 10  # pixels per module
    small = far.resize((round(far.width * share), round(far.height * share)), Image.Resampling.BOX)
    assert decode(small) == [FACE.token]


def test_without_its_fonts_no_card_is_made(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot open resource"):
        card_png(FACE, tmp_path)
