"""Members: names, birthdays and what an enrolment must hold.

Text from outside is made plain here once: no control characters, no direction marks, no markup, a
bounded length. What cannot be made plain is refused, never cut silently.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from sync.programme.document import Purpose
from sync.programme.refusals import Reason, Refused

NAME_MAX = 80
ISSUER_SHIFT = 40
BUCKETS = 64

_MARKUP = frozenset("<>{}\\")
_DIGITS_TOGETHER = re.compile(r"[0-9]{4}(?:[0-9]{4})?")
_BIRTHDAY = re.compile(r"([0-9]{1,2})[ ./-]+([0-9]{1,2})(?:[ ./-]+[0-9]{2,4})?[ ./-]*")


def clean_name(text: str) -> str:
    """Return a name in normal form (NFC, single spaces).

    Raises Refused: NAME_TOO_LONG, NAME_NOT_TEXT for markup, control or direction characters,
    NAME_MISSING when no letter is left.
    """
    if len(text) > 4 * NAME_MAX:
        raise Refused(Reason.NAME_TOO_LONG, limit=NAME_MAX)
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    if any(char in _MARKUP or unicodedata.category(char)[0] == "C" for char in plain):
        raise Refused(Reason.NAME_NOT_TEXT)
    if len(plain) > NAME_MAX:
        raise Refused(Reason.NAME_TOO_LONG, limit=NAME_MAX)
    if not any(char.isalpha() for char in plain):
        raise Refused(Reason.NAME_MISSING)
    return plain


def folded(name: str) -> str:
    """Return a name for searching: lower case, without accents ("José" → "jose").

    What is folded stays as it is when folded again.
    """
    # Two rounds: a letter may only become a capital, or gain a mark, in the first one.
    for _ in range(2):
        decomposed = unicodedata.normalize("NFKD", name.casefold())
        name = "".join(char for char in decomposed if not unicodedata.combining(char))
    return name


def initials(name: str) -> str:
    """Return up to two capitals for an avatar: "Marina Alves" → "MA"."""
    return "".join(word[0].upper()[0] for word in name.split()[:2])


def first_name(name: str) -> str:
    """Return how a person is greeted: the first word of the name, "" when there is none."""
    return name.split(" ", 1)[0]


def parse_birthday(text: str) -> str:
    """Return "MM-DD" from a day and month as typed ("7/3", "07 03", "0703"), "" from nothing.

    A year behind them is passed over. Raises Refused(BIRTHDAY_INVALID) for anything that is no day
    of a leap year.
    """
    plain = text.strip()
    if not plain:
        return ""
    if _DIGITS_TOGETHER.fullmatch(plain):
        plain = f"{plain[:2]}/{plain[2:4]}"
    typed = _BIRTHDAY.fullmatch(plain)
    if typed is None:
        raise Refused(Reason.BIRTHDAY_INVALID)
    try:
        return date(2024, int(typed[2]), int(typed[1])).strftime("%m-%d")
    except ValueError as fault:
        raise Refused(Reason.BIRTHDAY_INVALID) from fault


def check_consents(given: Iterable[str], purposes: Iterable[Purpose]) -> None:
    """Refuse an enrolment without a required consent: Refused(CONSENT_MISSING, purpose=title)."""
    accepted = set(given)
    for purpose in purposes:
        if purpose.required and purpose.id not in accepted:
            raise Refused(Reason.CONSENT_MISSING, purpose=purpose.title)


def member_id(*, issuer: int, random40: int) -> int:
    """Return a 62-bit member id: the incarnation's issuer number above 40 random bits."""
    assert 0 <= issuer < 1 << 22, issuer
    assert 0 <= random40 < 1 << ISSUER_SHIFT, random40
    return issuer << ISSUER_SHIFT | random40


def bucket_of(member: int) -> int:
    """Return the virtual shard of a member: kept for ever, part of every key of member tables."""
    return member % BUCKETS
