"""Broken input from good input, the same from the same seed.

What parsers meet at a counter is seldom noise: it is a good code with a piece cut off, doubled,
swapped or from another code. So each input is one or several such faults on a good sample.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Whole = TypeVar("Whole", str, bytes)

COUNT = int(os.environ.get("LOYALTY_FUZZ_COUNT", "100000"))
SEED = int(os.environ.get("LOYALTY_FUZZ_SEED", "20261122"))

_TEXT_PIECES = (
    "",
    "|",
    "?p=",
    "&",
    "%",
    "\x00",
    "\r",
    "\n",
    "\u202e",
    "٣",
    "９",
    "é",
    "🙂",
    "-",
    ".",
    ",",
    "e",
    "LD!F2",
    "]Q1",
    "0" * 44,
    "9" * 202,
    "999999999999999999999",
    "https://",
    "000201",
    "NaN",
    "1e999",
)
_BYTE_PIECES = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"&b;",
    b"&#0;",
    b"<![CDATA[",
    b"]]>",
    b"</infNFe>",
    b"<total>",
    b'"',
    b"\\u0000",
    b"[[[[[[[[",
    b"{}",
    b"null",
    b"-1",
    b"1e999",
    b"99999999999999999999",
    b"\xc3\x28",
    b"\n",
    b"true",
    b"<?xml version='1.0' encoding='utf-7'?>",
)


def texts(samples: Sequence[str], *, part: int = 0, count: int = COUNT) -> Iterator[str]:
    """Yield `count` broken texts; `part` gives another series."""
    chance = random.Random(f"{SEED}/{part}")
    faults: tuple[Callable[[random.Random, str, Sequence[str]], str], ...] = (
        lambda r, s, _all: _put(s, r.choice(_TEXT_PIECES), r),
        lambda r, s, _all: _put(s, chr(r.randrange(32, 0x2FF)), r),
        lambda r, s, _all: _change(s, chr(r.randrange(48, 58)), r),
        lambda r, s, _all: _cut(s, r),
        lambda r, s, _all: _swap(s, r),
        lambda r, s, others: _join(s, r.choice(others), r),
    )
    for _ in range(count):
        text = chance.choice(samples)
        for _fault in range(chance.choice((1, 1, 1, 2, 4))):
            text = chance.choice(faults)(chance, text, samples)
        yield text


def blobs(samples: Sequence[bytes], *, part: int = 0, count: int = COUNT) -> Iterator[bytes]:
    """Yield `count` broken byte strings; `part` gives another series."""
    chance = random.Random(f"{SEED}/{part}")
    faults: tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...] = (
        lambda r, s, _all: _put(s, r.choice(_BYTE_PIECES), r),
        lambda r, s, _all: _change(s, bytes((r.randrange(256),)), r),
        lambda r, s, _all: _change(s, bytes((r.randrange(48, 58),)), r),
        lambda r, s, _all: _cut(s, r),
        lambda r, s, _all: _swap(s, r),
        lambda r, s, others: _join(s, r.choice(others), r),
    )
    for _ in range(count):
        blob = chance.choice(samples)
        for _fault in range(chance.choice((1, 1, 1, 2, 4))):
            blob = chance.choice(faults)(chance, blob, samples)
        yield blob


def _put(whole: Whole, piece: Whole, chance: random.Random) -> Whole:
    at = chance.randint(0, len(whole))
    return whole[:at] + piece + whole[at:]


def _change(whole: Whole, piece: Whole, chance: random.Random) -> Whole:
    at = chance.randint(0, len(whole))
    return whole[:at] + piece + whole[at + 1 :]


def _cut(whole: Whole, chance: random.Random) -> Whole:
    start, end = sorted((chance.randint(0, len(whole)), chance.randint(0, len(whole))))
    return whole[:start] + whole[end:]


def _swap(whole: Whole, chance: random.Random) -> Whole:
    a, b, c = sorted(chance.randint(0, len(whole)) for _ in range(3))
    return whole[:a] + whole[b:c] + whole[a:b] + whole[c:]


def _join(whole: Whole, other: Whole, chance: random.Random) -> Whole:
    return whole[: chance.randint(0, len(whole))] + other[chance.randint(0, len(other)) :]
