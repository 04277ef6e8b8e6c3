"""Events: what a terminal recorded, as the bytes that are hashed, stored and sent.

An event is one JSON object, encoded once, without floats; its bytes are kept and never encoded
again. Fields that repeat from event to event come first, in a fixed order, so that a batch
compresses well. Personal data is never in it: an enrolment carries the hash of its sealed payload.

Ids are lower-case hex, instants milliseconds UTC, money centavos.
"""

import hashlib
from typing import Annotated, Literal, TypeAlias

import msgspec

from sync.programme.refusals import Reason, Refused

EVENT_BYTES_MAX = 64 * 1024
WHOLE_MAX = (1 << 63) - 1  # the greatest whole number that the databases keep

Hex32: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
Hex16: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
Points: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
Whole: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=WHOLE_MAX)]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """What every event says: under which rules, by whom, when, and its place in the chain.

    `rules` are the first 8 bytes of the document's hash; `boot` names the run of the machine that
    `mono_ms` counts in; `offset_ms` is the server's clock less this one's, as last measured.
    `visit` is absent on the first event of a visit, which lends the visit its id.
    """

    rules: Hex16
    staff: Whole
    boot: Whole
    offset_ms: int = 0
    at: Whole
    mono_ms: Whole
    seq: Whole
    id: Hex32
    visit: str = ""

    @property
    def server_at(self) -> int:
        """When it happened by the server's clock, as far as the terminal knew it (ms UTC)."""
        return self.at + self.offset_ms


class Line(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """A receipt's product line: net centavos, tax in them, NCM, GTIN, the shop's code."""

    net: Whole
    tax: Whole = 0
    ncm: str = ""
    ean: str = ""
    code: str = ""


class AccrualEvent(Event, frozen=True, kw_only=True, omit_defaults=True, tag="accrual"):
    """A purchase credited to a member, or to a card whose member is not known here.

    `tier`, `earned`, `visits` and `bonus` are the inputs it was priced with; `forecast` is what the
    terminal promised. `receipt` is the 44-character access key, when one was read.
    """

    tier: str = ""
    member: Whole = 0
    card: str = ""
    amount: Whole
    evidence: Literal["typed", "receipt"] = "typed"
    receipt: str = ""
    earned: Points = 0
    visits: Points = 0
    bonus: tuple[tuple[str, int], ...] = ()
    lines: tuple[Line, ...] = ()
    forecast: Points


class RedemptionEvent(Event, frozen=True, kw_only=True, omit_defaults=True, tag="redemption"):
    """A reward handed over for points of a lease. A benefit costs nothing and names no lease.

    Instead of a lease it may name the `voucher` (hex) for which the server set the points aside, or
    say `floor`: a small reward that a terminal handed over on the shop's risk while cut off.
    `units` names the lease of the reward's units, where the shop counts them.
    """

    member: Whole
    reward: Whole
    quantity: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1
    points: Points
    lease: str = ""
    proof: Literal["none", "card", "fresh", "cpf", "lead"] = "none"
    lead: Whole = 0
    voucher: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{16})?$")] = ""
    floor: bool = False
    units: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{32})?$")] = ""


class EnrolmentEvent(Event, frozen=True, kw_only=True, omit_defaults=True, tag="enrolment"):
    """A new member. `sealed` is SHA-256(salt + payload) in hex; `card` a card given out."""

    member: Whole
    sealed: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    card: str = ""
    forecast: Points = 0


class VoidEvent(Event, frozen=True, kw_only=True, omit_defaults=True, tag="void"):
    """A whole visit taken back: within the undo window by its cashier, later with a reason."""

    target: Hex32
    reason: str = ""


AnyEvent: TypeAlias = AccrualEvent | RedemptionEvent | EnrolmentEvent | VoidEvent

_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_encoder = msgspec.json.Encoder()


def encode(event: AnyEvent) -> bytes:
    """Return the bytes of an event: made once, then stored, hashed and sent as they are."""
    return _encoder.encode(event)


def decode(body: bytes) -> AnyEvent:
    """Return the event in `body`.

    Raises Refused: EVENT_KIND_UNKNOWN for a kind from a newer terminal, else EVENT_INVALID.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, ValueError) as fault:
        reason = Reason.EVENT_KIND_UNKNOWN if _kind_is_new(body) else Reason.EVENT_INVALID
        raise Refused(reason) from fault


def visit_of(event: Event) -> str:
    """Return the id of the visit that an event belongs to."""
    return event.visit or event.id


def sealed_hash(salt: bytes, payload: bytes) -> str:
    """Return what an enrolment event says of its sealed payload."""
    return hashlib.sha256(salt + payload).hexdigest()


class _Kind(msgspec.Struct):
    kind: str


def _kind_is_new(body: bytes) -> bool:
    try:
        kind = msgspec.json.decode(body, type=_Kind).kind
    except (msgspec.MsgspecError, ValueError):
        return False
    return kind not in ("accrual", "redemption", "enrolment", "void")
