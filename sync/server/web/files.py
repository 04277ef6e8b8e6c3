"""The files that pages bring along: style, script and font, named after what is in them.

A file's address changes with its bytes, so a browser may keep it for ever and never asks again.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sync.paths import resources
from sync.server.web.site import PREFIX

FOLDER = f"{PREFIX}/files"
KEPT = "public, max-age=31536000, immutable"

_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "woff2": "font/woff2",
    "svg": "image/svg+xml",
}
_NAMES = ("inter.woff2", "member.js", "member.css", "icon.svg")
_HASH_DIGITS = 12
_FONT = b"inter.woff2"


@dataclass(frozen=True, slots=True)
class File:
    """One file. `packed` is what a browser gets that can unpack gzip; empty: the same bytes."""

    address: str
    media_type: str
    plain: bytes
    packed: bytes


@cache
def files() -> Mapping[str, File]:
    """Return every file by the last part of its address."""
    made: dict[str, File] = {}
    font = ""
    for name in _NAMES:
        plain = (resources() / "web" / name).read_bytes()
        if name.endswith(".css"):
            plain = plain.replace(_FONT, font.encode())  # the style names the font
        stem, _, kind = name.partition(".")
        called = f"{stem}-{hashlib.sha256(plain).hexdigest()[:_HASH_DIGITS]}.{kind}"
        font = font or called
        packed = b"" if kind == "woff2" else gzip.compress(plain, 9, mtime=0)
        made[called] = File(f"{FOLDER}/{called}", _TYPES[kind], plain, packed)
    return made


@cache
def address_of(name: str) -> str:
    """Return the address of a file by its plain name: "member.css"."""
    stem, _, kind = name.partition(".")
    [found] = [f for n, f in files().items() if n.startswith(f"{stem}-") and n.endswith(f".{kind}")]
    return found.address
