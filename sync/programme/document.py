"""The programme document: everything that can change a decision, as one immutable value.

The server publishes it as canonical bytes (JSON, sorted keys, no floats) with a SHA-256 hash and
the configuration key's Ed25519 signature; a terminal that holds the same hash decides the same way.
Rates are decimal strings, points and centavos whole numbers, instants milliseconds UTC. Stock,
images and leases are not in it: they change without a new version.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from sync.programme import signatures
from sync.programme.refusals import Reason, Refused

HASH_PREFIX_BYTES = 8
_SIGNED = b"loyalty-desk/document/1\0"

Basis: TypeAlias = Literal["paid", "without_tax"]
Evidence: TypeAlias = Literal["typed", "receipt", "feed"]
Role: TypeAlias = Literal["cashier", "lead", "manager", "network", "auditor"]
RewardKind: TypeAlias = Literal["item", "discount", "benefit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When something is on: weekdays (Monday = 0, empty = all), local times, local dates inclusive.

    `from_minute` and `to_minute` count from local midnight; `to_minute` is exclusive, and one at or
    before `from_minute` is of the next morning.
    """

    weekdays: tuple[int, ...] = ()
    from_minute: int = 0
    to_minute: int = 24 * 60
    from_day: str = ""  # ISO dates, empty = open
    to_day: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A group of products, known on a receipt line by NCM prefix, GTIN or the shop's code."""

    id: str
    name: str
    ncm_prefixes: tuple[str, ...] = ()
    eans: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryBonus:
    """While its window is open, lines of a category earn the base rate `multiplier` times over.

    It multiplies the base only, never the part that the tier adds. `cap_points_day` bounds what one
    member gains from it on one local day (0 = no cap).
    """

    id: str
    label: str  # in the programme's language, lower case: "cafés em dobro"
    notice: str  # what the desk announces: "Cafés em dobro até 12:00"
    detail: str
    category: str
    multiplier: str
    window: Window = Window()
    cap_points_day: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Earning:
    """How purchases earn.

    `rate` is points per real. `excluded` names categories that earn nothing. The caps bound one
    visit and one member's local day (0 = none). Above `typed_limit_centavos` a visit, or from the
    visit after `typed_visits_day` on, a typed amount waits for a manager as pending points.
    """

    rate: str
    basis: Basis = "paid"
    excluded: tuple[str, ...] = ()
    bonuses: tuple[CategoryBonus, ...] = ()
    cap_points_visit: int = 0
    cap_points_day: int = 0
    evidence: Evidence = "typed"
    typed_limit_centavos: int = 50_000
    typed_visits_day: int = 3
    absurd_centavos: int = 1_000_000
    unusual_centavos: int = 100_000
    welcome_points: int = 0
    expires_months: int = 12  # points lapse at the end of this month after the month they began
    grace_days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A level; held from `min_points` qualifying points on. `multiplier` applies to the base."""

    id: str
    name: str
    min_points: int
    multiplier: str
    style: Literal["plain", "bronze", "silver", "gold", "diamond"] = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """What points buy. `cost` in points; `value_centavos` is what it takes off a basket.

    A `benefit` costs nothing and is not in the grid: it is offered when its condition holds
    (`birthday_days`: so many days around the member's birthday).
    """

    id: int
    name: str
    cost: int
    kind: RewardKind = "item"
    icon: str = "gift"
    terms: str = ""
    value_centavos: int = 0
    stores: tuple[int, ...] = ()  # empty = all
    window: Window = Window()
    min_tier: str = ""
    min_basket_centavos: int = 0
    max_basket_percent: int = 0  # 0 = no limit
    per_member_day: int = 0
    per_member_year: int = 0
    birthday_days: int = -1
    fresh_code_only: bool = False
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission:
    """So many visits in a calendar week earn a bonus."""

    id: str
    name: str
    visits_week: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A shop: CNPJ (14 characters, letters allowed), IANA zone, enrolment goal of a shift.

    `hours` are those in which it is open, told to members; a window of whole days tells nothing.
    """

    id: int
    name: str
    cnpj: str
    zone: str = "America/Sao_Paulo"
    enrolment_goal: int = 10
    hours: Window = Window()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the desk. Proof of a redemption: card alone, fresh code or CPF, lead's PIN.

    Cut off and lent too little, a till hands over rewards of up to `floor_points` on the shop's
    risk, `floor_times_day` a day, and up to `floor_lead_points` once a lead approves (0 = never).
    """

    card_alone_points: int = 500
    fresh_code_points: int = 3_000
    terminal_lease_centavos: int = 100_000
    lease_hours: int = 72
    undo_seconds: int = 15
    receipt_days: int = 30
    stale_hours: int = 24
    code_skew_seconds: int = 60
    floor_points: int = 0
    floor_lead_points: int = 0
    floor_times_day: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A role may do `act`, alone up to `points` (0 = without limit)."""

    role: Role
    act: str
    points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a person consents to. `text` is the versioned wording; required ones gate enrolment."""

    id: str
    title: str
    note: str
    text: str
    version: int
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """A public key that signs member codes: Ed25519 in hex, token kinds, validity in ms UTC."""

    kid: int
    public_hex: str
    kinds: tuple[int, ...]
    not_before: int = 0
    not_after: int = 0  # 0 = open
    revoked_at: int = 0  # 0 = never


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One version of the programme, in force from `valid_from` (ms UTC) until a newer one is."""

    programme: int
    name: str
    version: int
    valid_from: int
    zone: str
    earning: Earning
    tiers: tuple[Tier, ...]
    rewards: tuple[Reward, ...]
    stores: tuple[Store, ...]
    categories: tuple[Category, ...] = ()
    missions: tuple[Mission, ...] = ()
    limits: Limits = Limits()
    permissions: tuple[Permission, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    token_keys: tuple[TokenKey, ...] = ()
    currency: str = "BRL"
    phone_country: str = "55"


def canonical(document: Document) -> bytes:
    """Return the one byte form of `document`: JSON with sorted keys, whole numbers and strings."""
    return msgspec.json.encode(document, order="sorted")


def document_hash(body: bytes) -> bytes:
    """Return the 32-byte SHA-256 that names a published document."""
    return hashlib.sha256(body).digest()


def signed_part(body: bytes) -> bytes:
    """Return the bytes that the configuration key signs for a document."""
    return _SIGNED + document_hash(body)


def open_document(body: bytes, signature: bytes, config_key: bytes) -> Document:
    """Return the document in `body` once the configuration key's signature holds.

    Raises Refused(DOCUMENT_FORGED) when the signature fails or the bytes are no document.
    """
    if not signatures.holds(config_key, signature, signed_part(body)):
        raise Refused(Reason.DOCUMENT_FORGED)
    try:
        return msgspec.json.decode(body, type=Document)
    except (ValueError, msgspec.MsgspecError) as fault:
        raise Refused(Reason.DOCUMENT_FORGED) from fault


def in_force(documents: tuple[Document, ...], at: int) -> Document:
    """Return the newest document whose `valid_from` is not after `at` (ms UTC).

    Raises Refused(RULES_UNKNOWN) when there is none.
    """
    newest = None
    for held in documents:
        if held.valid_from <= at and (newest is None or _order(held) > _order(newest)):
            newest = held
    if newest is None:
        raise Refused(Reason.RULES_UNKNOWN)
    return newest


def _order(held: Document) -> tuple[int, int]:
    return held.valid_from, held.version
