"""Codes in pictures: read from photos and frames, drawn to be read again."""

import random
import subprocess
import sys

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from loyalty_desk.devices.qr_image import MAX_BYTES, MAX_PIXELS, decode, decode_image, make_qr
from sync.programme.refusals import Reason, Refused
from tests.devices.pictures import as_file, frame
from tests.programme.receipt_builder import make_key
from tests.programme.wedge_bursts import TOKENS

CARD = TOKENS[0]


def refusal_of(data: bytes) -> tuple[Reason, dict[str, int | str]]:
    with pytest.raises(Refused) as refusal:
        decode_image(data)
    return refusal.value.reason, refusal.value.facts


@pytest.mark.parametrize(
    ("text", "ec", "version"),
    [
        (CARD, "M", 5),
        (CARD, "Q", 7),
        ("HTTPS://F.LOJA.BR/" + CARD, "M", 6),
        ("LD!F10", "H", 1),
        ("LD!F10", "L", 1),
    ],
)
def test_a_code_is_drawn_as_small_as_its_text_allows(text: str, ec, version: int) -> None:
    image = make_qr(text, ec=ec, module_px=4)
    assert image.size == ((17 + 4 * version + 8) * 4,) * 2
    assert image.getextrema() == (0, 255)
    assert decode(image) == [text]


def test_a_code_has_a_quiet_zone_of_four_modules() -> None:
    image = make_qr(CARD, module_px=5)
    dark = ImageOps.invert(image).getbbox()
    assert dark == (20, 20, image.width - 20, image.height - 20)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "1", "RGBA"])
def test_each_kind_of_file_is_read(kind: str, mode: str) -> None:
    if kind == "JPEG" and mode == "RGBA":
        mode = "CMYK"
    if kind == "WEBP" and mode == "1":
        mode = "P"
    assert decode_image(as_file(make_qr(CARD, module_px=4).convert(mode), kind)) == [CARD]


def test_a_picture_of_a_kind_we_do_not_read_is_unreadable() -> None:
    assert refusal_of(as_file(make_qr(CARD, module_px=4), "TIFF"))[0] is Reason.IMAGE_UNREADABLE


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (zxingcpp.BarcodeFormat.EAN13, "7891000315507"),
        (zxingcpp.BarcodeFormat.EAN8, "78912939"),
        (zxingcpp.BarcodeFormat.Code128, make_key()),
        (zxingcpp.BarcodeFormat.ITF, make_key()),
    ],
)
def test_bar_codes_are_read_too(kind: zxingcpp.BarcodeFormat, text: str) -> None:
    drawn = zxingcpp.create_barcode(text, kind).to_image(scale=3, add_quiet_zones=True)
    assert decode(Image.fromarray(drawn)) == [text]


def test_all_codes_of_a_picture_are_read() -> None:
    both = Image.new("L", (900, 450), 255)
    both.paste(make_qr(CARD), (0, 0))
    both.paste(make_qr("LD!F10"), (500, 50))
    assert sorted(decode_image(as_file(both))) == sorted([CARD, "LD!F10"])


@pytest.mark.parametrize(
    ("what", "at_least"),
    [
        ({"px_per_module": 1.8}, 19),
        ({"px_per_module": 3, "blur": 0.5}, 18),
        ({"px_per_module": 3, "noise": 0.3}, 19),
    ],
    ids=["small", "soft", "noisy"],
)
def test_a_poor_frame_gets_more_tries(what: dict[str, float], at_least: int) -> None:
    chance = random.Random(3)
    frames = [frame(CARD, chance=chance, **what) for _ in range(20)]
    at_once = sum(any(c.text == CARD for c in zxingcpp.read_barcodes(f)) for f in frames)
    at_last = sum(decode(f) == [CARD] for f in frames)
    assert at_once < at_last
    assert at_last >= at_least


def test_a_picture_without_a_code_says_so() -> None:
    assert refusal_of(as_file(Image.new("L", (320, 240), 200))) == (
        Reason.IMAGE_WITHOUT_CODE,
        {},
    )
    assert decode(Image.new("L", (2000, 2000), 200)) == []


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", b"BM" + bytes(60)])
def test_bytes_that_are_no_picture_are_unreadable(data: bytes) -> None:
    assert refusal_of(data) == (Reason.IMAGE_UNREADABLE, {})


def test_a_picture_cut_short_is_unreadable() -> None:
    data = as_file(make_qr(CARD))
    assert refusal_of(data[: len(data) // 2])[0] is Reason.IMAGE_UNREADABLE


def test_a_file_or_a_picture_above_the_limit_is_not_decoded() -> None:
    assert refusal_of(bytes(MAX_BYTES + 1)) == (
        Reason.IMAGE_UNREADABLE,
        {"limit_bytes": MAX_BYTES},
    )
    wide = as_file(Image.new("1", (MAX_PIXELS // 1000 + 1, 1000)))
    assert refusal_of(wide) == (Reason.IMAGE_UNREADABLE, {"limit_pixels": MAX_PIXELS})


@pytest.mark.parametrize("side", [10_000, 20_000])
def test_a_picture_made_to_fill_the_memory_is_unreadable(side: int) -> None:
    small = bytearray(as_file(Image.new("1", (8, 8)), "BMP"))
    small[18:26] = side.to_bytes(4, "little") * 2
    assert refusal_of(bytes(small))[0] is Reason.IMAGE_UNREADABLE


FILES = [
    as_file(make_qr("12345678", module_px=2).convert("RGB"), kind)
    for kind in ("PNG", "JPEG", "WEBP", "BMP")
]


@given(st.sampled_from(FILES), st.integers(0, 10**6), st.binary(max_size=8), st.integers(0, 8))
@settings(max_examples=400)
def test_a_damaged_file_is_read_or_refused(
    data: bytes, place: int, instead: bytes, length: int
) -> None:
    place %= min(len(data), 400)
    try:
        texts = decode_image(data[:place] + instead + data[place + length :])
    except Refused:
        return
    assert texts


def test_the_picture_libraries_load_on_first_use_only() -> None:
    program = (
        "import sys, loyalty_desk.devices.qr_image, loyalty_desk.devices.member_card;"
        "sys.exit(bool({'PIL', 'qrcode', 'zxingcpp'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_frame_in_memory_needs_no_file() -> None:
    luma = make_qr(CARD, module_px=3)
    again = Image.frombytes("L", luma.size, luma.tobytes())
    assert decode(again) == [CARD]
