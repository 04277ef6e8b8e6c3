"""Drawing pages: templates that escape everything, icons, and QR codes as they stand.

Words and numbers arrive as final strings. Whatever a member, a shop or an attacker wrote is shown
as text; the only markup that a template lets through is that of `icon`, which is a file of ours.
"""

import base64
import re
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sync.paths import resources
from sync.server.web.files import address_of

# Which of the eight patterns hides the runs of a code best costs more than drawing it ten times;
# every reader takes any of them.
_PATTERN = 3
_INNER = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def page(template: str, **state: object) -> str:
    """Return a page: `template` filled with `state`."""
    return _templates().get_template(f"{template}.html").render(**state)


def modules(digits: str) -> tuple[tuple[bool, ...], ...]:
    """Return the QR code of digits as rows of dark modules, level M, without its margin."""
    # Only where one is drawn: it brings a picture library along that nothing here needs.
    import qrcode

    symbol = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0, mask_pattern=_PATTERN)
    symbol.add_data(digits)
    symbol.make()
    return tuple(tuple(bool(dark) for dark in row) for row in symbol.get_matrix())


def packed(rows: tuple[tuple[bool, ...], ...]) -> str:
    """Return rows as text for the script: bits row by row, base64."""
    bits = "".join("1" if dark else "0" for row in rows for dark in row)
    whole = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return base64.b64encode(int(whole, 2).to_bytes(len(whole) // 8, "big")).decode()


def outline(rows: tuple[tuple[bool, ...], ...]) -> str:
    """Return the dark modules as an SVG path: one rectangle for each run of them."""
    parts = []
    for y, row in enumerate(rows):
        start = 0
        for x, dark in enumerate((*row, False)):
            if dark:
                continue
            if x > start:
                parts.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            start = x + 1
    return "".join(parts)


@cache
def icon(name: str, side: int, line: str = "1.75") -> str:
    """Return an icon of the project, decoration beside words."""
    shape = _shape(name)
    box = "0 0 20 20" if name == "logo" else "0 0 24 24"
    return (
        f'<svg class="i" width="{side}" height="{side}" viewBox="{box}" fill="none" '
        f'stroke="currentColor" stroke-width="{line}" stroke-linecap="round" '
        f'stroke-linejoin="round" aria-hidden="true">{shape}</svg>'
    )


@cache
def icon_or_gift(name: str) -> str:
    """Return the name of an icon that is here; a reward may ask for one that is not."""
    plain = re.fullmatch(r"[a-z0-9-]+", name)
    known = plain is not None and (resources() / "icons" / f"{name}.svg").is_file()
    return name if known else "gift"


@cache
def _shape(name: str) -> str:
    found = _INNER.search((resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8"))
    assert found is not None, name
    return re.sub(r">\s+<", "><", found[1].strip())


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resources() / "web" / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(icon=icon, file=address_of)
    return environment
