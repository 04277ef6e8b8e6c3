"""Publishing: what is asked of a programme document before any terminal is given it.

A document that passes `validate` can be read back by every terminal and holds nothing that the
rules have no answer for: no reference into the void, no rate that takes points away, no window that
never opens. A signed document is not asked again.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from decimal import Decimal

import msgspec

from sync.programme.cnpj import parse_cnpj
from sync.programme.document import (
    Document,
    Earning,
    Limits,
    Permission,
    Purpose,
    Reward,
    Store,
    Tier,
    TokenKey,
    Window,
    canonical,
)
from sync.programme.permissions import Act
from sync.programme.refusals import Refused

# Together these keep the points of one purchase below 2**53, what JSON readers agree on.
RATE_MAX = 10_000
MULTIPLIER_MAX = 100
AMOUNT_MAX_CENTAVOS = 10_000_000_000
BONUSES_MAX = 50

EXPIRES_MONTHS_MAX = 1_200
UNDO_SECONDS = (5, 60)
TERMINAL_LEASE_CENTAVOS_MAX = 500_000
PROGRAMME_MAX = 0xFFFF  # two bytes of a member code
KEY_ID_MAX = 0xFF  # one byte of it

_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]{1,6})?")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
_DIGITS = re.compile(r"[0-9]+")
_MINUTES = 24 * 60

_Faults = Iterator[str]


def validate(document: Document) -> None:
    """Refuse a document that no terminal should ever get.

    Raises ValueError that names every fault, each with its place.
    """
    faults = list(_unreadable(document)) or list(_faults(document))
    if faults:
        raise ValueError("; ".join(faults))


def _unreadable(document: Document) -> _Faults:
    """What a terminal could not read back: a word or a type that the document does not know."""
    try:
        same = msgspec.json.decode(canonical(document), type=Document) == document
    except (msgspec.MsgspecError, TypeError, ValueError) as fault:
        yield f"cannot be read back: {fault}"
    else:
        if not same:
            yield "reads back as another document"


def _faults(document: Document) -> _Faults:
    yield from _head(document)
    yield from _categories(document)
    yield from _earning(document.earning, {category.id for category in document.categories})
    yield from _tiers(document.tiers)
    yield from _rewards(document)
    yield from _stores(document.stores)
    yield from _missions(document)
    yield from _limits(document.limits)
    yield from _permissions(document.permissions)
    yield from _purposes(document.purposes)
    yield from _token_keys(document.token_keys)


def _head(document: Document) -> _Faults:
    yield from _between("programme", document.programme, 0, PROGRAMME_MAX)
    yield from _named("name", document.name)
    yield from _at_least("version", document.version, 1)
    yield from _at_least("valid_from", document.valid_from, 0)
    yield from _zone("zone", document.zone)
    yield from _matches("currency", document.currency, re.compile("[A-Z]{3}"))
    yield from _matches("phone_country", document.phone_country, _DIGITS)


def _categories(document: Document) -> _Faults:
    yield from _once("category", (category.id for category in document.categories))
    for category in document.categories:
        place = f"category {category.id!r}"
        yield from _named(f"{place}: id", category.id)
        for prefix in category.ncm_prefixes:
            yield from _matches(f"{place}: NCM prefix", prefix, _DIGITS)
        for ean in category.eans:
            yield from _matches(f"{place}: GTIN", ean, _DIGITS)
        for code in category.codes:
            yield from _named(f"{place}: code", code)


def _earning(earning: Earning, categories: set[str]) -> _Faults:
    yield from _rate("earning: rate", earning.rate, 0, RATE_MAX)
    for name in earning.excluded:
        yield from _known("earning: excluded category", name, categories)
    for place, number in (
        ("cap of a visit", earning.cap_points_visit),
        ("cap of a day", earning.cap_points_day),
        ("typed limit", earning.typed_limit_centavos),
        ("typed visits", earning.typed_visits_day),
        ("welcome points", earning.welcome_points),
        ("grace days", earning.grace_days),
    ):
        yield from _at_least(f"earning: {place}", number, 0)
    yield from _at_least("earning: unusual amount", earning.unusual_centavos, 1)
    yield from _between(
        "earning: absurd amount",
        earning.absurd_centavos,
        earning.unusual_centavos,
        AMOUNT_MAX_CENTAVOS,
    )
    yield from _between("earning: months to live", earning.expires_months, 0, EXPIRES_MONTHS_MAX)
    yield from _bonuses(earning, categories)


def _bonuses(earning: Earning, categories: set[str]) -> _Faults:
    yield from _between("earning: number of bonuses", len(earning.bonuses), 0, BONUSES_MAX)
    yield from _once("bonus", (bonus.id for bonus in earning.bonuses))
    for bonus in earning.bonuses:
        place = f"bonus {bonus.id!r}"
        yield from _named(f"{place}: id", bonus.id)
        yield from _named(f"{place}: label", bonus.label)
        yield from _known(f"{place}: category", bonus.category, categories)
        yield from _rate(f"{place}: multiplier", bonus.multiplier, 1, MULTIPLIER_MAX)
        yield from _at_least(f"{place}: cap of a day", bonus.cap_points_day, 0)
        yield from _window(place, bonus.window)


def _tiers(tiers: tuple[Tier, ...]) -> _Faults:
    yield from _once("tier", (tier.id for tier in tiers))
    yield from _once("tier: minimum", (tier.min_points for tier in tiers))
    if tiers and min(tier.min_points for tier in tiers) != 0:
        yield "tiers: the lowest does not begin at 0"
    for tier in tiers:
        place = f"tier {tier.id!r}"
        yield from _named(f"{place}: id", tier.id)
        yield from _named(f"{place}: name", tier.name)
        yield from _rate(f"{place}: multiplier", tier.multiplier, 1, MULTIPLIER_MAX)


def _rewards(document: Document) -> _Faults:
    tiers = {"", *(tier.id for tier in document.tiers)}
    stores = {store.id for store in document.stores}
    yield from _once("reward", (reward.id for reward in document.rewards))
    for reward in document.rewards:
        place = f"reward {reward.id}"
        yield from _named(f"{place}: name", reward.name)
        yield from _known(f"{place}: tier", reward.min_tier, tiers)
        for store in reward.stores:
            yield from _known(f"{place}: store", store, stores)
        yield from _reward_numbers(place, reward)
        yield from _window(place, reward.window)


def _reward_numbers(place: str, reward: Reward) -> _Faults:
    yield from _at_least(f"{place}: id", reward.id, 1)
    if reward.kind == "benefit":
        yield from _between(f"{place}: cost of a benefit", reward.cost, 0, 0)
    else:
        yield from _at_least(f"{place}: cost", reward.cost, 1)
    worth = 1 if reward.kind == "discount" else 0
    yield from _at_least(f"{place}: value", reward.value_centavos, worth)
    yield from _at_least(f"{place}: smallest basket", reward.min_basket_centavos, 0)
    yield from _between(f"{place}: share of the basket", reward.max_basket_percent, 0, 100)
    yield from _at_least(f"{place}: limit of a day", reward.per_member_day, 0)
    yield from _at_least(f"{place}: limit of a year", reward.per_member_year, 0)
    yield from _between(f"{place}: birthday days", reward.birthday_days, -1, 182)


def _stores(stores: tuple[Store, ...]) -> _Faults:
    yield from _once("store", (store.id for store in stores))
    for store in stores:
        place = f"store {store.id}"
        yield from _at_least(f"{place}: id", store.id, 1)
        yield from _named(f"{place}: name", store.name)
        yield from _zone(f"{place}: zone", store.zone)
        yield from _cnpj(f"{place}: CNPJ", store.cnpj)
        yield from _at_least(f"{place}: enrolment goal", store.enrolment_goal, 0)
        yield from _window(place, store.hours)


def _missions(document: Document) -> _Faults:
    yield from _once("mission", (mission.id for mission in document.missions))
    for mission in document.missions:
        place = f"mission {mission.id!r}"
        yield from _named(f"{place}: id", mission.id)
        yield from _named(f"{place}: name", mission.name)
        yield from _at_least(f"{place}: visits", mission.visits_week, 1)
        yield from _at_least(f"{place}: points", mission.points, 1)


def _limits(limits: Limits) -> _Faults:
    yield from _at_least("limits: card alone", limits.card_alone_points, 0)
    yield from _at_least("limits: fresh code", limits.fresh_code_points, limits.card_alone_points)
    yield from _between(
        "limits: leases of a terminal",
        limits.terminal_lease_centavos,
        0,
        TERMINAL_LEASE_CENTAVOS_MAX,
    )
    yield from _between("limits: undo seconds", limits.undo_seconds, *UNDO_SECONDS)
    for place, number in (
        ("lease hours", limits.lease_hours),
        ("receipt days", limits.receipt_days),
        ("stale hours", limits.stale_hours),
    ):
        yield from _at_least(f"limits: {place}", number, 1)
    yield from _at_least("limits: code skew", limits.code_skew_seconds, 0)
    yield from _at_least("limits: floor", limits.floor_points, 0)
    yield from _at_least("limits: floor with a lead", limits.floor_lead_points, 0)
    yield from _at_least("limits: floor a day", limits.floor_times_day, 0)


def _permissions(permissions: tuple[Permission, ...]) -> _Faults:
    yield from _once("permission", ((grant.role, grant.act) for grant in permissions))
    acts = {act.value for act in Act}
    for grant in permissions:
        place = f"permission of {grant.role}"
        yield from _known(f"{place}: act", grant.act, acts)
        yield from _at_least(f"{place} to {grant.act}: points", grant.points, 0)


def _purposes(purposes: tuple[Purpose, ...]) -> _Faults:
    yield from _once("purpose", (purpose.id for purpose in purposes))
    for purpose in purposes:
        place = f"purpose {purpose.id!r}"
        yield from _named(f"{place}: id", purpose.id)
        yield from _named(f"{place}: title", purpose.title)
        yield from _named(f"{place}: text", purpose.text)
        yield from _at_least(f"{place}: version", purpose.version, 1)


def _token_keys(keys: tuple[TokenKey, ...]) -> _Faults:
    yield from _once("token key", (key.kid for key in keys))
    for key in keys:
        place = f"token key {key.kid}"
        yield from _between(f"{place}: id", key.kid, 0, KEY_ID_MAX)
        yield from _matches(f"{place}: public key", key.public_hex, re.compile("[0-9a-f]{64}"))
        if not key.kinds:
            yield f"{place}: signs nothing"
        yield from _at_least(f"{place}: first instant", key.not_before, 0)
        if key.not_after:
            yield from _at_least(f"{place}: last instant", key.not_after, key.not_before)
        yield from _at_least(f"{place}: revoked", key.revoked_at, 0)


def _window(place: str, window: Window) -> _Faults:
    if any(not 0 <= weekday <= 6 for weekday in window.weekdays):
        yield f"{place}: window: {list(window.weekdays)} are no weekdays"
    yield from _between(f"{place}: window: from minute", window.from_minute, 0, _MINUTES - 1)
    yield from _between(f"{place}: window: to minute", window.to_minute, 0, _MINUTES)
    if window.from_minute == window.to_minute:
        yield f"{place}: window: begins and ends at the same minute"
    days = [day for day in (window.from_day, window.to_day) if day]
    if not all(_is_day(day) for day in days):
        yield f"{place}: window: {days} are no ISO dates"
    elif days != sorted(days):
        yield f"{place}: window: ends before it begins"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _cnpj(place: str, text: str) -> _Faults:
    """A shop may have none; one that it has must be found on its receipts."""
    try:
        same = not text or parse_cnpj(text).text == text
    except Refused:
        same = False
    if not same:
        yield f"{place}: {text!r} is none in its plain form"


def _zone(place: str, zone: str) -> _Faults:
    yield from _matches(place, zone, _ZONE)


def _rate(place: str, text: str, least: int, most: int) -> _Faults:
    if not _DECIMAL.fullmatch(text):
        yield f"{place}: {text!r} is no decimal number"
    elif not least <= Decimal(text) <= most:
        yield f"{place}: {text} is not from {least} to {most}"


def _at_least(place: str, number: int, least: int) -> _Faults:
    if number < least:
        yield f"{place}: {number} is less than {least}"


def _between(place: str, number: int, least: int, most: int) -> _Faults:
    if not least <= number <= most:
        yield f"{place}: {number} is not from {least} to {most}"


def _named(place: str, text: str) -> _Faults:
    if not text.strip():
        yield f"{place}: empty"


def _matches(place: str, text: str, shape: re.Pattern[str]) -> _Faults:
    if not shape.fullmatch(text):
        yield f"{place}: {text!r} has not the right form"


def _known(place: str, name: Hashable, known: Iterable[Hashable]) -> _Faults:
    if name not in known:
        yield f"{place}: {name!r} is unknown"


def _once(place: str, names: Iterable[Hashable]) -> _Faults:
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{place}: {name!r} is there {times} times"
