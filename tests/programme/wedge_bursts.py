"""Readers and people at a keyboard, simulated from a seed.

Run as a module, it writes the recorded bursts: `python -m tests.programme.wedge_bursts`.
"""

import json
import math
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sync.programme.wedge import Decision, Key, Scanned, Typed, WedgeReader
from tests.programme.receipt_builder import make_key

DATA = Path(__file__).parent.parent / "data"
VECTORS = DATA / "wedge_vectors.json"
TOKENS = [
    vector["digits"]
    for vector in json.loads((DATA / "member_tokens.json").read_text())["vectors"]
    if "says" in vector
]
US_TO_ABNT2 = str.maketrans({":": "Ç", ";": "ç", "/": ";", "?": ":", "|": "}"})
Gap = Callable[[], float]


def steady(chance: random.Random, mean: float, stalls: float = 0, longest: float = 0) -> Gap:
    """A reader: nearly even, with a share of stalls up to `longest` ms where the radio waits."""

    def gap() -> float:
        stall = chance.uniform(0, longest) if chance.random() < stalls else 0.0
        return max(0.3, chance.gauss(mean, mean * 0.15)) + stall

    return gap


def person(chance: random.Random, mean: float) -> Gap:
    """A typist: uneven, and never faster than fingers are."""
    return lambda: max(25.0, chance.lognormvariate(math.log(mean), 0.35))


def ean13(chance: random.Random) -> str:
    body = "".join(chance.choice("0123456789") for _ in range(12))
    total = sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(body))
    return body + str(-total % 10)


def keys(text: str, gap: Gap) -> Iterator[Key]:
    at_ms = 0.0
    for character in text:
        yield Key(round(at_ms, 1), character)
        at_ms += gap()


def decisions(burst: Sequence[Key] | Iterator[Key]) -> list[Decision]:
    """Everything the reader decides about a burst, its idle end included."""
    reader = WedgeReader()
    made = [decision for key in burst for decision in reader.press(key)]
    return made + list(reader.expire())


def outcome(burst: Sequence[Key] | Iterator[Key]) -> list[list[str]]:
    """Scans and typing in turn, as `["scan", text]` or `["typed", text]`, typing joined."""
    told: list[list[str]] = []
    for decision in decisions(burst):
        if isinstance(decision, Typed) and told and told[-1][0] == "typed":
            told[-1][1] += decision.text
        elif isinstance(decision, Scanned | Typed):
            told.append(["scan" if isinstance(decision, Scanned) else "typed", decision.text])
    return told


def recorded() -> list[dict[str, object]]:
    chance = random.Random(20260814)
    ean, token = ean13(chance), TOKENS[0]
    address = f"https://www.nfce.fazenda.sp.gov.br/qrcode?p={make_key()}|3|1"
    seen = address.translate(US_TO_ABNT2)
    kinds: list[tuple[str, str, Gap, list[list[str]]]] = [
        ("usb ean 1 ms", ean + "\r", steady(chance, 1), [["scan", ean]]),
        ("usb token 8 ms", token + "\r", steady(chance, 8), [["scan", token]]),
        ("token without suffix", token, steady(chance, 4), [["scan", token]]),
        ("tab suffix", ean + "\t", steady(chance, 5), [["scan", ean]]),
        ("radio token with stalls", token + "\r", steady(chance, 30, 0.03, 180),
         [["scan", token]]),
        ("receipt address", address + "\r", steady(chance, 7), [["scan", address]]),
        ("receipt address on abnt2", seen + "\r", steady(chance, 7), [["scan", seen]]),
        ("person 140 ms", "maria\r", person(chance, 140), [["typed", "maria"]]),
        ("person cpf 90 ms", "39053344705\r", person(chance, 90), [["typed", "39053344705"]]),
        ("two scans", f"{ean}\r{ean}\r", steady(chance, 5), [["scan", ean], ["scan", ean]]),
        ("crlf suffix", ean + "\r\n", steady(chance, 5), [["scan", ean]]),
        ("five digits fast", "12345\r", steady(chance, 2), [["typed", "12345"]]),
        ("slow reader ean 60 ms", ean + "\r", steady(chance, 60), [["scan", ean]]),
        ("slow reader not an ean", "1234567890123\r", steady(chance, 60),
         [["typed", "1234567890123"]]),
    ]  # fmt: skip
    return [
        {"name": name, "keys": [[key.t_ms, key.text] for key in keys(text, gap)], "expect": expect}
        for name, text, gap, expect in kinds
    ]


if __name__ == "__main__":
    VECTORS.write_text("[\n" + ",\n".join(json.dumps(burst) for burst in recorded()) + "\n]\n")
