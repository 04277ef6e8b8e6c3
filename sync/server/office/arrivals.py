"""Arrivals: a batch as it came in, checked, with each event decoded as far as it can be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from sync.programme.refusals import Reason, Refused
from sync.protocol import chain
from sync.protocol import events as wire
from sync.protocol.events import (
    AccrualEvent,
    AnyEvent,
    EnrolmentEvent,
    Hex32,
    RedemptionEvent,
)
from sync.protocol.messages import Sealed
from sync.server.office.head_office import DAY_MS
from sync.server.office.posting import Item
from sync.server.office.terminals import Caller

AWAY_DAYS_MAX = 90

_ID = re.compile("[0-9a-f]{32}")
_CARD = re.compile("[0-9a-f]{16}")
_KEY_MAX = 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A batch that closes and was signed by the caller."""

    batch: chain.Batch
    hashes: Sequence[bytes]
    items: Sequence[Item]


class _Named(msgspec.Struct):
    """What any event says, also one of a kind that is not known here."""

    id: Hex32
    visit: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A batch that closes and was signed by the caller; none of its events is read yet."""

    batch: chain.Batch
    hashes: Sequence[bytes]

    @property
    def last_seq(self) -> int:
        """The place of its last event."""
        return self.batch.from_seq + len(self.hashes) - 1


def checked(body: bytes, caller: Caller) -> Checked:
    """Return the batch in `body`.

    Raises Refused: BATCH_UNREADABLE, BATCH_TOO_LARGE, CHAIN_BROKEN, SIGNATURE_INVALID.
    """
    batch = chain.open_batch(body)
    if batch.from_seq < 1:
        raise Refused(Reason.BATCH_UNREADABLE)
    return Checked(batch=batch, hashes=chain.check_batch(batch, caller.public_key))


def arrived(sent: Checked, *, now: int) -> Arrival:
    """Return a batch with its events, each read as far as it can be."""
    placed = enumerate(zip(sent.batch.bodies, sent.hashes, strict=True), sent.batch.from_seq)
    items = [_item(seq, body, digest, now) for seq, (body, digest) in placed]
    return Arrival(batch=sent.batch, hashes=sent.hashes, items=items)


def sealed_in(arrival: Arrival) -> dict[str, Sealed]:
    """Return the sealed payloads of a batch by event id. A line that is none is passed over."""
    found = {}
    for line in arrival.batch.sealed:
        try:
            sealed = msgspec.json.decode(line, type=Sealed)
        except (msgspec.MsgspecError, ValueError):
            continue
        found[sealed.event] = sealed
    return found


def _item(seq: int, body: bytes, digest: bytes, now: int) -> Item:
    try:
        event = wire.decode(body)
    except Refused as refused:
        return _raw(seq, body, digest, now, refused.reason)
    if event.seq != seq or len(body) > wire.EVENT_BYTES_MAX or not _is_sound(event):
        return _raw(seq, body, digest, now, Reason.EVENT_INVALID)
    return Item(
        seq=seq,
        id=bytes.fromhex(event.id),
        visit=bytes.fromhex(wire.visit_of(event)),
        kind=_kind(event),
        body=body,
        hash=digest,
        effective=_effective(event, now),
        event=event,
    )


def _raw(seq: int, body: bytes, digest: bytes, now: int, fault: Reason) -> Item:
    """An event that cannot be followed, under its own id if it has one."""
    try:
        named = msgspec.json.decode(body, type=_Named)
    except (msgspec.MsgspecError, ValueError):
        named = _Named(id=digest[:16].hex())
    return Item(
        seq=seq,
        id=bytes.fromhex(named.id),
        visit=bytes.fromhex(named.visit if _ID.fullmatch(named.visit) else named.id),
        # Not every database can hold every character.
        kind="".join(filter(str.isprintable, named.kind))[:20],
        body=body,
        hash=digest,
        effective=now,
        event=None,
        fault=fault,
    )


def _effective(event: AnyEvent, now: int) -> int:
    """When it happened by this server's clock: not ahead of it, nor longer ago than any absence."""
    return max(now - AWAY_DAYS_MAX * DAY_MS, min(event.server_at, now))


def _is_sound(event: AnyEvent) -> bool:
    """Say whether the ids in an event have their form; the rest was checked on decoding."""
    if event.visit and not _ID.fullmatch(event.visit):
        return False
    if isinstance(event, AccrualEvent):
        return len(event.receipt) <= _KEY_MAX and _is_card(event.card)
    if isinstance(event, RedemptionEvent):
        return event.lease == "" or _ID.fullmatch(event.lease) is not None
    if isinstance(event, EnrolmentEvent):
        return event.member > 0 and _is_card(event.card)
    return True


def _is_card(text: str) -> bool:
    return text == "" or _CARD.fullmatch(text) is not None


def _kind(event: AnyEvent) -> str:
    tag = type(event).__struct_config__.tag
    return str(tag)
