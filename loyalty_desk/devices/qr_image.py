"""Codes in pictures: reading them from photos and camera frames, and drawing them.

Guarantees that whatever bytes come in, the answer is texts or a refusal, within a bound on size.
Small or soft codes get two more tries: enlarged, then enlarged and sharpened. The libraries load on
first use, so a desk that never sees a picture never pays for them.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

from sync.programme.refusals import Reason, Refused

if TYPE_CHECKING:
    from PIL.Image import Image

ErrorCorrection = Literal["L", "M", "Q", "H"]

MAX_BYTES: Final = 20_000_000
MAX_PIXELS: Final = 40_000_000
QUIET_ZONE: Final = 4

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP")
# Above this a picture has pixels enough for a code; enlarging it would cost seconds.
_MAX_ENLARGED_PIXELS: Final = 2_500_000


def decode_image(data: bytes) -> list[str]:
    """The texts of all codes in a PNG, JPEG, WebP or BMP file.

    Raises `Refused`: IMAGE_UNREADABLE for anything else, damaged or too large,
    IMAGE_WITHOUT_CODE.
    """
    texts = decode(_opened(data))
    if not texts:
        raise Refused(Reason.IMAGE_WITHOUT_CODE)
    return texts


def decode(image: Image) -> list[str]:
    """The texts of all QR codes and EAN, Code 128 and ITF bar codes in `image`, maybe none.

    As it is, else enlarged twice, else sharpened as well.
    """
    for attempt in _attempts(image.convert("L")):
        texts = _texts(attempt)
        if texts:
            return texts
    return []


def make_qr(text: str, *, ec: ErrorCorrection = "M", module_px: int = 10) -> Image:
    """A QR code of `text`, black on white, modules of `module_px`, quiet zone of four modules.

    The smallest version that holds the text; digits alone take the numeric mode.
    """
    from qrcode import constants
    from qrcode.image.pil import PilImage
    from qrcode.main import QRCode

    level = {
        "L": constants.ERROR_CORRECT_L,
        "M": constants.ERROR_CORRECT_M,
        "Q": constants.ERROR_CORRECT_Q,
        "H": constants.ERROR_CORRECT_H,
    }[ec]
    code = QRCode(error_correction=level, box_size=module_px, border=QUIET_ZONE)
    code.add_data(text)
    return code.make_image(image_factory=PilImage).get_image().convert("L")


def _opened(data: bytes) -> Image:
    from PIL import Image as images

    if len(data) > MAX_BYTES:
        raise Refused(Reason.IMAGE_UNREADABLE, limit_bytes=MAX_BYTES)
    # Far too many pixels are an error, fewer a warning, which may have been made an error.
    bombs = (images.DecompressionBombError, images.DecompressionBombWarning)
    try:
        image = images.open(io.BytesIO(data), formats=_FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise Refused(Reason.IMAGE_UNREADABLE, limit_pixels=MAX_PIXELS)
        image.load()
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, *bombs):
        # What Pillow raises for damaged files, each format in its own way.
        raise Refused(Reason.IMAGE_UNREADABLE) from None
    return image


def _attempts(luma: Image) -> Iterator[Image]:
    """The picture and its improvements, each made only when the one before showed nothing."""
    from PIL.Image import Resampling
    from PIL.ImageFilter import UnsharpMask

    yield luma
    if luma.width * luma.height <= _MAX_ENLARGED_PIXELS:
        enlarged = luma.resize((2 * luma.width, 2 * luma.height), Resampling.BICUBIC)
        yield enlarged
        yield enlarged.filter(UnsharpMask(radius=3, percent=200, threshold=0))


def _texts(image: Image) -> list[str]:
    import zxingcpp

    formats = [
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.EAN13,
        zxingcpp.BarcodeFormat.EAN8,
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.ITF,
    ]
    found = zxingcpp.read_barcodes(
        image,
        formats=zxingcpp.BarcodeFormats(formats),
        text_mode=zxingcpp.TextMode.Plain,
    )
    return [code.text for code in found if code.valid]
