"""Pictures as cameras take them, made from a seed: turned, small, soft, noisy."""

import io
import random

from PIL import Image, ImageFilter

from loyalty_desk.devices.qr_image import make_qr


def as_file(image: Image.Image, kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    image.save(written, kind)
    return written.getvalue()


def frame(
    text: str, px_per_module: float, chance: random.Random, blur: float = 0, noise: float = 0
) -> Image.Image:
    """A code on grey paper, turned by chance, `px_per_module` large; `blur` is in modules."""
    sharp = make_qr(text, ec="M", module_px=8)
    paper = Image.new("L", (sharp.width + 160, sharp.height + 160), 225)
    paper.paste(sharp.point(lambda value: 40 if value < 128 else 225), (80, 80))
    turned = paper.rotate(chance.uniform(0, 360), Image.Resampling.BICUBIC, fillcolor=225)
    side = round(turned.width * px_per_module / 8)
    small = turned.resize((side, side), Image.Resampling.BOX)
    if blur:
        small = small.filter(ImageFilter.GaussianBlur(blur * px_per_module))
    if noise:
        small = Image.blend(small, Image.effect_noise(small.size, 120), noise)
    return small
