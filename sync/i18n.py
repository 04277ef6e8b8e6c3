"""Words and numbers in the language of the shop: one catalogue for screens, slips and web pages.

Message ids are English sentences with `{name}` placeholders; the catalogues lie in
`resources/i18n`. Numbers, money and dates are written by the few functions here, without Qt, so
that a slip and a screen always show the same text.
"""

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

from sync.paths import resources

DOMAIN = "loyalty_desk"
LANGUAGES = ("pt_BR", "en")
MINUS = "\N{MINUS SIGN}"
NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Language:
    """How one language writes numbers and dates."""

    tag: str
    thousands: str
    decimal: str
    date_order: str  # strftime pattern of a full date
    day_month: str  # strftime pattern of a date without its year


_PORTUGUESE = Language("pt_BR", ".", ",", "%d/%m/%Y", "%d/%m")
_ENGLISH = Language("en", ",", ".", "%d %b %Y", "%d %b")


@dataclass(slots=True)
class _Speech:
    """A language and its catalogue."""

    language: Language = _PORTUGUESE
    catalogue: _gettext.NullTranslations = field(default_factory=_gettext.NullTranslations)


# One per process, since a desk speaks one language at a time; a server that answers many people at
# once says for each answer which one is theirs.
_speech = _Speech()
_of_this_answer: ContextVar[_Speech | None] = ContextVar("_of_this_answer", default=None)


def language_of(system: str | None) -> str:
    """Return the catalogue for a system's language tag: pt_BR unless it is an English one."""
    return "en" if (system or "").lower().startswith("en") else "pt_BR"


def speak(tag: str) -> None:
    """Use the language `tag` ("pt_BR" or "en") from now on; raises FileNotFoundError without it."""
    _speech.language, _speech.catalogue = _language(tag), _catalogue(tag)


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Use the language `tag` inside the block, for this thread and task alone.

    Raises FileNotFoundError without it.
    """
    before = _of_this_answer.set(_Speech(_language(tag), _catalogue(tag)))
    try:
        yield
    finally:
        _of_this_answer.reset(before)


def language() -> str:
    """Return the tag of the language in use."""
    return _in_use().language.tag


def _in_use() -> _Speech:
    return _of_this_answer.get() or _speech


def _language(tag: str) -> Language:
    return _ENGLISH if tag == "en" else _PORTUGUESE


@cache
def _catalogue(tag: str) -> _gettext.NullTranslations:
    return _gettext.translation(DOMAIN, localedir=str(resources() / "i18n"), languages=[tag])


def _(message: str) -> str:
    """Return `message` in the language in use."""
    return _in_use().catalogue.gettext(message)


def ngettext(one: str, many: str, n: int) -> str:
    """Return the plural form for `n` in the language in use; `{n}` is left for the caller."""
    return _in_use().catalogue.ngettext(one, many, n)


def N_(message: str) -> str:
    """Mark `message` for the catalogue without translating it here."""
    return message


def number(n: int) -> str:
    """Write a whole number: 2480 → "2.480" in pt-BR, with the true minus sign."""
    digits = f"{abs(n):,}".replace(",", _in_use().language.thousands)
    return f"{MINUS}{digits}" if n < 0 else digits


def signed(n: int) -> str:
    """Write a whole number with its sign: 153 → "+153", −400 → "−400", 0 → "0"."""
    return f"+{number(n)}" if n > 0 else number(n)


def money(centavos: int) -> str:
    """Write centavos as reais: 8640 → "R$ 86,40" in pt-BR (with a no-break space)."""
    reais, rest = divmod(abs(centavos), 100)
    sign = MINUS if centavos < 0 else ""
    return f"{sign}R${NBSP}{number(reais)}{_in_use().language.decimal}{rest:02d}"


def percent(part: int, whole: int) -> str:
    """Write a share as a whole per cent, rounded half up: (16, 25) → "64%"."""
    return f"{(200 * part + whole) // (2 * whole)}%" if whole else "–"


def day(on: date) -> str:
    """Write a date: "21/11/2026" or "21 Nov 2026"."""
    return on.strftime(_in_use().language.date_order)


def day_and_month(on: date) -> str:
    """Write a date without its year: "30/11" or "30 Nov"."""
    return on.strftime(_in_use().language.day_month)


def day_in_words(on: date) -> str:
    """Write a day and its month: "30 de novembro" or "30 November"."""
    return _("{day} {month}").format(day=on.day, month=month_name(on.month))


def long_day(on: date) -> str:
    """Write a day with its weekday: "Sábado, 21 de novembro" or "Saturday, 21 November"."""
    name = weekday_name(on.weekday())
    return f"{name[:1].upper()}{name[1:]}, {day_in_words(on)}"


def clock(at: datetime) -> str:
    """Write the time of day of a local datetime: "10:02"."""
    return at.strftime("%H:%M")


def weekday_name(weekday: int) -> str:
    """Return the name of a weekday, Monday = 0, in lower case where the language does so."""
    return (
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    )[weekday]


def month_name(month: int) -> str:
    """Return the name of a month, January = 1."""
    return (
        _("January"),
        _("February"),
        _("March"),
        _("April"),
        _("May"),
        _("June"),
        _("July"),
        _("August"),
        _("September"),
        _("October"),
        _("November"),
        _("December"),
    )[month - 1]
