"""The demo's tills: terminals with keys and journals of their own, that really push."""

import random
from collections.abc import Callable
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.protocol import chain, codec
from sync.protocol import events as wire
from sync.protocol.events import AnyEvent, EnrolmentEvent
from sync.protocol.messages import Person, Sealed
from sync.server.office.enrol import add_terminal, begin_life
from sync.server.office.head_office import HeadOffice
from sync.server.office.push import record_push
from sync.server.office.terminals import Caller

AnEvent = TypeVar("AnEvent", bound=AnyEvent)

WELCOME = 50  # what the demo programme gives a new member

_SALT_BYTES = 32


class Till:
    """A terminal of the demo. Its journal goes to the server through the same door as any other."""

    def __init__(
        self, office: HeadOffice, *, store: int, name: str, rules: str, opened_at: int, seed: int
    ) -> None:
        self.store = store
        self._office = office
        self._chance = random.Random(seed)
        self._opened_at = opened_at
        self._key = Ed25519PrivateKey.from_private_bytes(self._chance.randbytes(32))
        public_key = self._key.public_key().public_bytes_raw()
        with office.database.write() as connection:
            terminal = add_terminal(connection, store=store, name=name, now=opened_at)
            life = begin_life(connection, terminal, public_key, now=opened_at)
        self.caller = Caller(
            terminal=terminal,
            incarnation=life,
            store=store,
            name=name,
            public_key=public_key,
            forked=False,
        )
        self._rules = rules
        self._seq = 0
        self._head = chain.first_hash(terminal=terminal, incarnation=life, public_key=public_key)
        self._bodies: list[bytes] = []
        self._sealed: list[bytes] = []

    def record(
        self, kind: Callable[..., AnEvent], *, at: int, staff: int, **facts: object
    ) -> AnEvent:
        """Take an event that happened at `at` into the journal and return it."""
        self._seq += 1
        event = kind(
            rules=self._rules,
            staff=staff,
            boot=1,
            at=at,
            mono_ms=max(0, at - self._opened_at),
            seq=self._seq,
            id=self.new_id(at),
            **facts,
        )
        self._bodies.append(wire.encode(event))
        return event

    def enrol(self, person: Person, *, at: int, staff: int, member: int) -> EnrolmentEvent:
        """Record a new member; the personal data travels beside the event."""
        salt, payload = self._chance.randbytes(_SALT_BYTES), codec.encode(person)
        event = self.record(
            EnrolmentEvent,
            at=at,
            staff=staff,
            member=member,
            sealed=wire.sealed_hash(salt, payload),
            forecast=WELCOME,
        )
        sealed = Sealed(event=event.id, salt=salt.hex(), payload=payload.decode())
        self._sealed.append(codec.encode(sealed))
        return event

    def push(self, *, now: int) -> int:
        """Send everything recorded, in batches; return how many events that were."""
        sent, first = len(self._bodies), self._seq - len(self._bodies) + 1
        for start in range(0, sent, chain.BATCH_EVENTS_MAX):
            bodies = tuple(self._bodies[start : start + chain.BATCH_EVENTS_MAX])
            head = chain.chain(self._head, bodies)[-1]
            batch = chain.seal_batch(
                key=self._key,
                from_seq=first + start,
                previous=self._head,
                head=head,
                bodies=bodies,
                sealed=tuple(self._sealed),
            )
            record_push(self._office, self.caller, batch, now=now)
            self._head = head
        self._bodies.clear()
        self._sealed.clear()
        return sent

    def new_id(self, at: int) -> str:
        """Return a new id in the form of a UUIDv7 (RFC 9562): the time, then chance."""
        high, low = self._chance.getrandbits(12), self._chance.getrandbits(62)
        return f"{at << 80 | 7 << 76 | high << 64 | 0b10 << 62 | low:032x}"
