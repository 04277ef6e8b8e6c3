"""Home: the code for the till, what lapses, what can be had, and how a mission stands."""

from dataclasses import dataclass
from datetime import date

import msgspec

from sync import i18n
from sync.i18n import _
from sync.programme.document import Document
from sync.programme.members import first_name
from sync.programme.missions import progress
from sync.programme.refusals import Refused
from sync.server.office.cards import phone_codes
from sync.server.office.documents import rulebook
from sync.server.office.head_office import HeadOffice
from sync.server.office.holdings import Holding, held_by
from sync.server.web import catalogue, drawing
from sync.server.web.frame import frame, points_in_words, tier_of
from sync.server.web.site import PREFIX
from sync.server.web.visits import Answer, Visit

CODES_AHEAD = 10
LAPSE_DAYS = 60

_TILES = 2


@dataclass(frozen=True, slots=True)
class Mission:
    """A mission and how far the member is; `percent` in whole steps."""

    name: str
    done: str
    percent: int
    worth: str


def home(visit: Visit) -> Answer:
    """Return the first page of a signed-in member."""
    with visit.office.database.read() as connection:
        document = rulebook(connection).in_force(visit.now)
        held = held_by(connection, visit.member, now=visit.now)
        stock = catalogue.stock_at(connection, held)
    tier = tier_of(document, held.tier)
    lapse = held.lapsing(LAPSE_DAYS)
    goods = catalogue.goods(document, held, stock, visit.now)
    body = drawing.page(
        "home",
        frame=frame(visit, document.name, at="home"),
        greeting=_("Hi, {name}").format(name=first_name(held.name)),
        notices=_("Notices"),
        your_points=_("Your points"),
        points=i18n.number(held.shown),
        tier_name=tier.name if tier else "",
        tier_style=tier.style if tier else "plain",
        code=_code(visit),
        lapsing=_lapsing(lapse),
        rewards_for_you=_("Rewards for you"),
        see_all=_("See all"),
        tiles=catalogue.preview(goods, _TILES),
        can_word=_("Can be redeemed"),
        missions=missions_of(document, held)[:1],
    )
    return Answer(body=body)


def codes(visit: Visit) -> Answer:
    """Return the codes of the next minutes for the script of the page."""
    try:
        ahead = _ahead(visit.office, visit.member, visit.now)
    except Refused:
        return Answer(status=403, body="{}", media_type="application/json")
    said = msgspec.json.encode({"now": visit.now, "codes": ahead})
    return Answer(body=said, media_type="application/json")


def missions_of(document: Document, held: Holding) -> list[Mission]:
    """Return the missions of this week."""
    made = []
    for mission in document.missions:
        stands = progress(mission, held.week_visits)
        made.append(
            Mission(
                name=mission.name,
                done=_("{done} of {target}").format(done=stands.done, target=stands.target),
                percent=100 * stands.done // stands.target,
                worth=_("{points} for you").format(points=points_in_words(mission.points)),
            )
        )
    return made


def missions(visit: Visit) -> Answer:
    """Return the page of the missions."""
    with visit.office.database.read() as connection:
        document = rulebook(connection).in_force(visit.now)
        held = held_by(connection, visit.member, now=visit.now)
    body = drawing.page(
        "missions",
        frame=frame(visit, _("Missions"), at="missions"),
        missions=missions_of(document, held),
        nothing=_("No mission this week."),
        explained=_("Counted from Monday to Sunday."),
    )
    return Answer(body=body)


def _code(visit: Visit) -> dict[str, object] | None:
    """What the code's frame shows; None for a member to whom none is given."""
    try:
        ahead = phone_codes(visit.office, visit.member, now=visit.now, count=CODES_AHEAD)
    except Refused:
        return None
    drawn = [(begins, drawing.modules(digits)) for begins, digits in ahead]
    return {
        "size": len(drawn[0][1]),
        "path": drawing.outline(drawn[0][1]),
        "ahead": msgspec.json.encode(
            {"now": visit.now, "codes": [(at, drawing.packed(rows)) for at, rows in drawn]}
        ).decode(),
        "address": f"{PREFIX}/codes",
        "name": _("Your code for the till"),
        "show": _("Show it at the till"),
        "renews": _("New code in {seconds} s"),
        "first": _("New code in {seconds} s").format(seconds=60),
        "ended": _("Code ended. Connect to get a new one."),
    }


def _ahead(office: HeadOffice, member: int, now: int) -> list[tuple[int, str]]:
    ahead = phone_codes(office, member, now=now, count=CODES_AHEAD)
    return [(begins, drawing.packed(drawing.modules(digits))) for begins, digits in ahead]


def _lapsing(lapse: tuple[str, int] | None) -> dict[str, str] | None:
    if lapse is None:
        return None
    day, points = lapse
    return {
        "points": points_in_words(points),
        "when": i18n.ngettext("lapses on {day}", "lapse on {day}", points).format(
            day=i18n.day_and_month(date.fromisoformat(day))
        ),
        "use": _("Use"),
    }
