"""The counter: everything an act needs, put together once and passed to each verb.

Verbs are functions of a counter and of values; they run on the store's worker and never on the
screen's thread. The clock and chance come in from outside, so a test decides both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from loyalty_desk.store.held_documents import HeldDocument
from loyalty_desk.store.ledger import Ledger
from loyalty_desk.store.members import Members
from loyalty_desk.store.watch import Damage
from sync.client.replica import Identity
from sync.programme.document import Document
from sync.programme.document import Store as Shop
from sync.programme.refusals import Reason, Refused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The parts of a UUIDv7 around its 74 bits of chance: 12 above the variant, 62 below.
_CHANCE_BYTES, _LOW_BITS = 10, (1 << 62) - 1
_VERSION, _VARIANT = 7 << 76, 0b10 << 62


def _plenty() -> int:
    return 1 << 40


class Clock(Protocol):
    """The machine's clocks: the wall in ms UTC, one that never goes back, and which run it is."""

    boot: int

    def now(self) -> int:
        """Return the wall clock in ms UTC."""

    def mono(self) -> int:
        """Return ms since some instant of this run; never goes back."""


class Moment(msgspec.Struct, frozen=True):
    """One instant at the till: what one act is decided by and stamped with.

    `wall` is this machine's clock (ms UTC), `offset_ms` how far the server's is ahead of it, `mono`
    the clock of the run `boot`; `at` is the shop's time by the server's clock, `today` its date.
    """

    rules: HeldDocument
    shop: Shop
    boot: int
    wall: int
    mono: int
    offset_ms: int
    at: datetime
    today: str

    @property
    def document(self) -> Document:
        """The programme document in force."""
        return self.rules.document

    @property
    def now(self) -> int:
        """The server's time in ms UTC, as far as this machine knows it."""
        return self.wall + self.offset_ms

    def day_of(self, at_ms: int) -> str:
        """Return the ISO date of an instant in the shop."""
        return instant(at_ms).astimezone(self.at.tzinfo).date().isoformat()


@dataclass(slots=True)
class Counter:
    """A till at work: its ledger, the members it knows, its clock and its chance.

    `connected` changes when the line goes or comes back; `entropy(n)` gives n random bytes,
    `free_bytes` says what room is left on the disk, `damage` what the disk has done to the records.
    """

    ledger: Ledger
    members: Members
    clock: Clock
    entropy: Callable[[int], bytes]
    connected: bool = False
    free_bytes: Callable[[], int] = _plenty
    damage: Callable[[], Damage] = Damage

    def rules(self) -> HeldDocument:
        """Return the rules in force. Raises Refused(RULES_UNKNOWN) before the first contact."""
        return self.ledger.document(self.now())

    def document(self) -> Document:
        """Return the programme document in force. Raises Refused(RULES_UNKNOWN)."""
        return self.rules().document

    def identity(self) -> Identity:
        """Return who this till is. Raises Refused(TERMINAL_UNKNOWN) before it is enrolled."""
        known = self.ledger.identity
        if known is None:
            raise Refused(Reason.TERMINAL_UNKNOWN)
        return known

    def shop(self) -> Shop:
        """Return the shop this till stands in. Raises Refused(RULES_UNKNOWN) without it."""
        return self._shop_in(self.document())

    def moment(self) -> Moment:
        """Return the instant of now. Raises Refused: RULES_UNKNOWN, TERMINAL_UNKNOWN."""
        clock, offset_ms = self.clock, self.ledger.offset_ms
        wall = clock.now()
        rules = self.ledger.document(wall + offset_ms)
        shop = self._shop_in(rules.document)
        at = instant(wall + offset_ms).astimezone(ZoneInfo(shop.zone))
        today = at.date().isoformat()
        return Moment(rules, shop, clock.boot, wall, clock.mono(), offset_ms, at, today)

    def now(self) -> int:
        """Return the server's time in ms UTC as far as this machine knows it."""
        return self.clock.now() + self.ledger.offset_ms

    def local(self, at_ms: int) -> datetime:
        """Return an instant as the shop's local time."""
        return instant(at_ms).astimezone(ZoneInfo(self.shop().zone))

    def new_id(self) -> str:
        """Return a fresh UUIDv7 (RFC 9562 §5.7) as 32 hex digits: made once per intention."""
        chance = int.from_bytes(self.entropy(_CHANCE_BYTES), "big")
        high, low = chance >> 68 << 64, chance & _LOW_BITS
        return f"{self.clock.now() << 80 | _VERSION | high | _VARIANT | low:032x}"

    def _shop_in(self, document: Document) -> Shop:
        number = self.identity().store
        for shop in document.stores:
            if shop.id == number:
                return shop
        raise Refused(Reason.RULES_UNKNOWN)


def instant(at_ms: int) -> datetime:
    """Return ms UTC as an aware UTC datetime, exact to the millisecond."""
    return _EPOCH + timedelta(milliseconds=at_ms)
