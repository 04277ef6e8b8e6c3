"""The frame of every page: language, title, the five places at the bottom, and numbers in words."""

from dataclasses import dataclass
from datetime import date

from sync import i18n
from sync.i18n import _
from sync.programme.document import Document, Tier
from sync.programme.ledger import NEVER
from sync.server.office.documents import local
from sync.server.web.site import PREFIX
from sync.server.web.visits import Visit


@dataclass(frozen=True, slots=True)
class Place:
    """One of the places at the bottom of a page."""

    name: str
    address: str
    icon: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every page shows or carries around its own content."""

    language: str
    title: str
    token: str
    places: tuple[Place, ...]
    back: str
    other_language: str
    other_language_name: str
    path: str


def frame(visit: Visit, title: str, *, at: str = "") -> Frame:
    """Return the frame of a page; `at` is the place that it belongs to."""
    english = visit.language == "en"
    return Frame(
        language="en" if english else "pt-BR",
        title=title,
        token=visit.token,
        places=_places(at) if visit.member else (),
        back=_("Back"),
        other_language="pt_BR" if english else "en",
        other_language_name="Português" if english else "English",
        path=visit.path,
    )


def _places(at: str) -> tuple[Place, ...]:
    named = (
        (_("Home"), "", "qr-code"),
        (_("Rewards"), "rewards", "gift"),
        (_("Missions"), "missions", "target"),
        (_("Statement"), "statement", "history"),
        (_("Account"), "account", "user"),
    )
    return tuple(
        Place(name, f"{PREFIX}/{path}", icon, (path or "home") == at) for name, path, icon in named
    )


def points_in_words(points: int) -> str:
    """Return "1 point" or "2,480 points"."""
    return i18n.ngettext("{n} point", "{n} points", points).format(n=i18n.number(points))


def lapse_in_words(day: str, today: date) -> str:
    """Return the day up to which points are good: with its year when it is not this one's."""
    if day == NEVER:
        return _("no end")
    on = date.fromisoformat(day)
    said = i18n.day_and_month(on) if on.year == today.year else i18n.day(on)
    return _("until {day}").format(day=said)


def tier_of(document: Document, name: str) -> Tier | None:
    """Return the tier that a member holds."""
    return next((tier for tier in document.tiers if tier.id == name), None)


def store_name(document: Document, store: int) -> str:
    """Return the name of a shop, "" for one that is gone."""
    return next((known.name for known in document.stores if known.id == store), "")


def clock_of(document: Document, store: int, at: int) -> str:
    """Return the time of day of an instant in a shop."""
    zone = next((known.zone for known in document.stores if known.id == store), document.zone)
    return i18n.clock(local(at, zone))
