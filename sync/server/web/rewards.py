"""Rewards: what is reserved with its voucher, the catalogue, and the choice of a shop."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from sync import i18n
from sync.i18n import _
from sync.programme.document import Document, Reward, Store, Window
from sync.programme.refusals import Reason, Refused
from sync.programme.reservations import VOUCHER_MINUTES
from sync.programme.rewards import reward_numbered
from sync.programme.voucher_token import reference
from sync.server.office import reservations
from sync.server.office.documents import local, rulebook
from sync.server.office.holdings import Holding, held_by
from sync.server.office.reservation_rows import Reservation, open_reservations
from sync.server.office.stock import stock_rows
from sync.server.store.states import ReservationState
from sync.server.web import catalogue, drawing
from sync.server.web.frame import Frame, frame, store_name
from sync.server.web.site import PREFIX
from sync.server.web.visits import Answer, Fields, Visit

PLACE = f"{PREFIX}/rewards"

_FREE_SHOWN = 3
_ID_BYTES = 8
_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A reservation in words; `path` draws its voucher, empty for one that shows none."""

    id: str
    name: str
    where: str
    state: str
    is_ready: bool
    code: str
    until: str
    hours: str
    path: str
    size: int
    renewal: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A shop that can be chosen, or why not."""

    id: int
    name: str
    note: str
    is_free: bool


def rewards(visit: Visit) -> Answer:
    """Return the page of the rewards."""
    with visit.office.database.read() as connection:
        document = rulebook(connection).in_force(visit.now)
        held = held_by(connection, visit.member, now=visit.now)
        stock = catalogue.stock_at(connection, held)
        reserved = open_reservations(connection, visit.member)
    known = catalogue.goods(document, held, stock, visit.now)
    free = [good for good in known if good.is_free]
    only_free, whole = visit.query.get("show") == "free", visit.query.get("show") == "all"
    some = free if only_free else catalogue.preview(known, _FREE_SHOWN)
    chosen = visit.query.get("voucher", "")
    body = drawing.page(
        "rewards",
        frame=frame(visit, _("Rewards"), at="rewards"),
        points=i18n.number(held.shown),
        points_word=i18n.ngettext("point", "points", held.shown),
        kept=[
            _kept(visit, document, one, shows=one.voucher.hex() == chosen or (not chosen and not n))
            for n, one in enumerate(reserved)
        ],
        words=_words(),
        free=_("Can be had · {n}").format(n=len(free)),
        all=_("All · {n}").format(n=len(known)),
        only_free=only_free,
        goods=known if whole else some,
        more=_more(len(known) - len(some)) if not whole and not only_free else "",
        nothing=_("No reward yet."),
    )
    return Answer(body=body)


def _more(left: int) -> str:
    return _("See {n} more").format(n=left) if left > 0 else ""


def voucher(visit: Visit) -> Answer:
    """Return a fresh code of a reservation for the script of the page."""
    try:
        return Answer(
            body=_renewal(visit, _asked_for(visit.query.get("of", ""))),
            media_type="application/json",
        )
    except Refused:
        return Answer(status=404, body="{}", media_type="application/json")


def choose_shop(visit: Visit) -> Answer:
    """Return the page that asks in which shop a reward shall be reserved."""
    with visit.office.database.read() as connection:
        document = rulebook(connection).in_force(visit.now)
        held = held_by(connection, visit.member, now=visit.now)
        reward = _wanted(document, visit.query.get("reward", ""))
        choices = _choices(connection, document, held, reward, visit.now)
    return _shops(
        visit,
        title=_("Reserve for a shop"),
        name=reward.name,
        explained=_("The points are set aside now. Show the voucher at the till of that shop."),
        choices=choices,
        act="reserve",
        hidden={"reward": str(reward.id)},
    )


def choose_other_shop(visit: Visit) -> Answer:
    """Return the page that asks to which shop a reservation shall go."""
    asked = _asked_for(visit.query.get("of", ""))
    with visit.office.database.read() as connection:
        document = rulebook(connection).in_force(visit.now)
        kept = _one_of(open_reservations(connection, visit.member), asked)
        stock = {
            store.id: {row.reward: row.left for row in stock_rows(connection, store.id)}
            for store in document.stores
        }
    reward = reward_numbered(document.rewards, kept.reward)
    choices = [
        Choice(store.id, store.name, why, not why)
        for store in document.stores
        if store.id != kept.store
        for why in [_why_not_there(reward, store, stock[store.id])]
    ]
    return _shops(
        visit,
        title=_("Change the shop"),
        name=reward.name,
        explained=_(
            "It moves as soon as every till of {store} has said that it was not handed over there."
        ).format(store=store_name(document, kept.store)),
        choices=choices,
        act="move",
        hidden={"of": asked.hex()},
    )


def reserve(visit: Visit, fields: Fields) -> Answer:
    """Reserve a reward for the shop that was chosen."""
    made = reservations.reserve(
        visit.office,
        visit.member,
        reward=_number(fields.get("reward", "")),
        store=_number(fields.get("store", "")),
        now=visit.now,
    )
    return Answer(go_to=f"{PLACE}?voucher={made.voucher.hex()}")


def move(visit: Visit, fields: Fields) -> Answer:
    """Let a reservation go to the shop that was chosen."""
    made = reservations.move(
        visit.office,
        visit.member,
        _asked_for(fields.get("of", "")),
        store=_number(fields.get("store", "")),
        now=visit.now,
    )
    return Answer(go_to=f"{PLACE}?voucher={made.voucher.hex()}")


def cancel(visit: Visit, fields: Fields) -> Answer:
    """Give a reservation up."""
    reservations.cancel(visit.office, visit.member, _asked_for(fields.get("of", "")), now=visit.now)
    return Answer(go_to=PLACE)


def _words() -> dict[str, str]:
    return {
        "code": _("Code"),
        "until": _("Collect by"),
        "move": _("Change shop"),
        "cancel": _("Cancel"),
        "show": _("Show the voucher"),
        "take": _("Swap points"),
        "ended": _("Voucher ended. Connect to get a new one."),
        "voucher": _("Your voucher for the till"),
    }


def _kept(visit: Visit, document: Document, one: Reservation, *, shows: bool) -> Kept:
    ready = one.state is ReservationState.RESERVED and visit.now < one.keep_until
    said = _drawn(visit, one) if ready and shows else ("", 0, "")
    shop = next((store for store in document.stores if store.id == one.store), None)
    named = [reward.name for reward in document.rewards if reward.id == one.reward]
    where = _("Reserved in {store}").format(store=store_name(document, one.store))
    if one.moving_to:
        where = _("Moving from {here} to {there}").format(
            here=store_name(document, one.store), there=store_name(document, one.moving_to)
        )
    return Kept(
        id=one.voucher.hex(),
        name=named[0] if named else _("Reward"),
        where=where,
        state=_("Ready") if ready else (_("Moving") if one.moving_to else _("Ending")),
        is_ready=ready,
        code=reference(one.number),
        until=_weekday_and_day(local(one.keep_until, shop.zone if shop else document.zone)),
        hours=_hours(shop.hours) if shop else "",
        path=said[0],
        size=said[1],
        renewal=said[2],
    )


def _drawn(visit: Visit, one: Reservation) -> tuple[str, int, str]:
    """The voucher's outline and size, and when the script has to fetch the next one."""
    try:
        digits = reservations.voucher_code(visit.office, visit.member, one.voucher, now=visit.now)
    except Refused:
        return "", 0, ""
    rows = drawing.modules(digits)
    life = VOUCHER_MINUTES * _MINUTE
    renewal = {"address": f"{PREFIX}/voucher?of={one.voucher.hex()}", "seconds": life}
    return drawing.outline(rows), len(rows), msgspec.json.encode(renewal).decode()


def _renewal(visit: Visit, voucher: bytes) -> bytes:
    digits = reservations.voucher_code(visit.office, visit.member, voucher, now=visit.now)
    rows = drawing.modules(digits)
    return msgspec.json.encode({"code": drawing.packed(rows), "size": len(rows)})


def _shops(
    visit: Visit,
    *,
    title: str,
    name: str,
    explained: str,
    choices: list[Choice],
    act: str,
    hidden: Fields,
) -> Answer:
    drawn: Frame = frame(visit, title, at="rewards")
    body = drawing.page(
        "shops",
        frame=drawn,
        name=name,
        explained=explained,
        choices=choices,
        address=f"{PREFIX}/{act}",
        hidden=hidden,
        choose=_("Choose"),
    )
    return Answer(body=body)


def _choices(
    connection: Connection, document: Document, held: Holding, reward: Reward, now: int
) -> list[Choice]:
    """Every shop, that of the member first, with the reason where it cannot be."""
    made = []
    for store in sorted(document.stores, key=lambda store: store.id != held.home_store):
        try:
            reservations.check_reservable(
                connection, document, held, reward, store=store.id, now=now
            )
        except Refused as refused:
            made.append(Choice(store.id, store.name, _why_not(refused, held), False))
        else:
            made.append(Choice(store.id, store.name, _hours(store.hours), True))
    return made


def _why_not(refused: Refused, held: Holding) -> str:
    lent = held.shown - held.available
    if refused.reason is Reason.NOT_ENOUGH_POINTS and lent >= int(refused.facts["missing"]):
        return _("A till holds {points} of your points for now").format(points=i18n.number(lent))
    return catalogue.refusal_in_words(refused)


def _why_not_there(reward: Reward, store: Store, stock: dict[int, int]) -> str:
    if reward.stores and store.id not in reward.stores:
        return _("Not in this shop")
    return _("Sold out here") if stock.get(reward.id, 1) < 1 else ""


def _wanted(document: Document, said: str) -> Reward:
    return reward_numbered(document.rewards, _number(said))


def _one_of(kept: list[Reservation], voucher: bytes) -> Reservation:
    for one in kept:
        if one.voucher == voucher:
            return one
    raise Refused(Reason.NOT_FOUND)


def _weekday_and_day(at: datetime) -> str:
    return f"{i18n.weekday_name(at.weekday())}, {i18n.day_and_month(at.date())}"


def _hours(hours: Window) -> str:
    """When a shop is open, "" for one that does not say."""
    if hours == Window():
        return ""
    opens, closes = (f"{m // 60:02d}:{m % 60:02d}" for m in (hours.from_minute, hours.to_minute))
    return _("{opens} to {closes}").format(opens=opens, closes=closes)


def _asked_for(said: str) -> bytes:
    try:
        voucher = bytes.fromhex(said)
    except ValueError as fault:
        raise Refused(Reason.NOT_FOUND) from fault
    if len(voucher) != _ID_BYTES:
        raise Refused(Reason.NOT_FOUND)
    return voucher


def _number(said: str) -> int:
    if not (said.isascii() and said.isdecimal() and len(said) < 10):
        raise Refused(Reason.NOT_FOUND)
    return int(said)
