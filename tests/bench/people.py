"""The members of the bench: as many as wanted, the same in every run, told by their number.

Names are as frequent as at a Brazilian counter: one member in sixteen is a Maria, one in six has
Silva among two surnames, the n-th name of the lists is n times rarer, and the rest, more than half,
is a long tail of rare names (census of 2022, IBGE, "Nomes no Brasil"). Ids, cards and hashes are
spread like random ones.
"""

import bisect
import itertools
import random
from collections.abc import Iterator
from pathlib import Path

from sync.programme.members import member_id
from sync.protocol.identifiers import identifier_hash
from sync.protocol.messages import MemberRow
from tests.bench.programme import IDENTIFIER_KEY

DAY_MS = 24 * 60 * 60 * 1000

_TIERS = ((0, "bronze"), (1_000, "silver"), (2_500, "gold"), (6_000, "diamond"))
_ISSUERS = 40
_MARIA, _SILVA = 0.06, 0.084  # how many of all draws are the first name of each list
_RARE_NAMES = 4_000
_ONSETS = (
    "b",
    "br",
    "c",
    "cl",
    "d",
    "f",
    "g",
    "gr",
    "j",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "z",
)
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ei")


def member_of(number: int) -> int:
    """Return the id of member `number`."""
    return member_id(issuer=100 + number % _ISSUERS, random40=_spread(number, 40))


def card_of(number: int) -> int:
    """Return the card of member `number`, an unsigned 64-bit number."""
    return _spread(number, 64)


def cpf_of(number: int) -> str:
    """Return the CPF of member `number`: eleven digits that check."""
    nine = f"{number * 387_420_489 % 10**9:09d}"
    ten = nine + _digit(nine)
    return ten + _digit(ten)


def rows(members: int, *, now: int) -> Iterator[MemberRow]:
    """Return the rows of the first `members` members; who was here last comes last."""
    chance = random.Random(20_261_121)
    draw_first = _drawn("first_names.txt", _MARIA, chance)
    draw_surname = _drawn("surnames.txt", _SILVA, chance)
    for number in range(members):
        name = f"{next(draw_first)} {next(draw_surname)} {next(draw_surname)}"
        yield _row(number, name, now - (members - number) * DAY_MS * 90 // members)


def _row(number: int, name: str, last_visit: int) -> MemberRow:
    qualifying = number * 7_919 % 9_000
    cpf = cpf_of(number)
    return MemberRow(
        id=member_of(number),
        version=1 + number % 60,
        name=name,
        status=0,
        since=last_visit - (1 + number % 900) * DAY_MS,
        tier=_TIERS[bisect.bisect_right(_TIERS, (qualifying, "~")) - 1][1],
        points=8_000 + number * 104_729 % 6_000,
        leased=0,
        pending=0,
        debt=0,
        qualifying=qualifying,
        lapse_day="2026-12-31" if number % 4 == 0 else "",
        lapse_points=number % 300 if number % 4 == 0 else 0,
        cpf_hash=identifier_hash(IDENTIFIER_KEY, "cpf", cpf),
        phone_hash=identifier_hash(IDENTIFIER_KEY, "phone", f"11{900_000_000 + number:09d}"),
        phone_tail=f"11{number % 10_000:04d}",
        cpf_mid=cpf[6:9],
        birthday=f"{1 + number % 12:02d}-{1 + number % 28:02d}",
        cards=(f"{card_of(number):016x}",),
        last_visit=last_visit,
    )


def _spread(number: int, bits: int) -> int:
    """Multiplying by an odd number scatters 0, 1, 2 … over all values, each met once."""
    return (number + 1) * 0x9E37_79B9_7F4A_7C15 % (1 << bits)


def _drawn(file: str, first: float, chance: random.Random) -> Iterator[str]:
    """Draw names for ever: the file's n-th with a chance of `first`/n (Zipf), else a rare one."""
    names = Path(__file__).with_name(file).read_text(encoding="utf-8").split()
    rare = sorted({_rare(chance) for _ in range(_RARE_NAMES)})
    weights = [first / rank for rank in range(1, len(names) + 1)]
    left = 1.0 - sum(weights)
    each = list(itertools.accumulate([*weights, *(left / len(rare) for _ in rare)]))
    while True:
        yield from chance.choices((*names, *rare), cum_weights=each, k=1_000)


def _rare(chance: random.Random) -> str:
    syllables = chance.randint(2, 4)
    sounds = (chance.choice(_ONSETS) + chance.choice(_VOWELS) for _ in range(syllables))
    return "".join(sounds).capitalize() + chance.choice(("", "n", "r", "s"))


def _digit(digits: str) -> str:
    rest = sum(
        int(digit) * weight for digit, weight in zip(digits[::-1], range(2, 13), strict=False)
    )
    return str(0 if rest % 11 < 2 else 11 - rest % 11)
