"""Members: names, birthdays and what an enrolment must hold.

Text from outside is made plain here once: no control characters, no direction marks, no markup, a
bounded length. What cannot be made plain is refused, never cut silently.
"""

import unicodedata
from collections.abc import Iterable
from datetime import date

from sync.programme.document import Purpose
from sync.programme.refusals import Reason, Refused

NAME_MAX = 80
ISSUER_SHIFT = 40

_MARKUP = frozenset("<>{}\\")


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
    """Return a name for searching: lower case, without accents ("José" → "jose")."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def initials(name: str) -> str:
    """Return up to two capitals for an avatar: "Marina Alves" → "MA"."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def first_name(name: str) -> str:
    """Return how a person is greeted: the first word of the name, "" when there is none."""
    return name.split(" ", 1)[0]


def parse_birthday(text: str) -> str:
    """Return "MM-DD" from a day and month as typed ("7/3", "07 03", "0703"), "" from nothing.

    Raises Refused(BIRTHDAY_INVALID) for anything that is no day of a leap year.
    """
    if not text.strip():
        return ""
    digits = "".join(char if char in "0123456789" else " " for char in text).split()
    if len(digits) == 1 and len(digits[0]) == 4:
        digits = [digits[0][:2], digits[0][2:]]
    if len(digits) < 2 or any(len(part) > 2 for part in digits[:2]):
        raise Refused(Reason.BIRTHDAY_INVALID)
    try:
        return date(2024, int(digits[1]), int(digits[0])).strftime("%m-%d")
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
    return member % 64
