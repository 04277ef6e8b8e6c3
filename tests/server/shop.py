"""A small shop for tests: a programme, a head office on real files, and tills that really push."""

import itertools
import random
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.programme.document import (
    Category,
    CategoryBonus,
    Document,
    Earning,
    Limits,
    Mission,
    Permission,
    Purpose,
    Reward,
    Store,
    Tier,
    Window,
)
from sync.programme.members import member_id
from sync.protocol import chain, codec
from sync.protocol import events as wire
from sync.protocol.events import AccrualEvent, EnrolmentEvent, RedemptionEvent, VoidEvent
from sync.protocol.messages import (
    ConsentGiven,
    EnrolRequest,
    LeaseRequest,
    LeaseRow,
    Person,
    PullAnswer,
    PushAnswer,
    Result,
    Sealed,
)
from sync.server.office import leases
from sync.server.office.deliveries import note_given
from sync.server.office.documents import rulebook
from sync.server.office.enrol import enrol, issue_code
from sync.server.office.head_office import HeadOffice
from sync.server.office.lending import lends_at_once, lent_at_once
from sync.server.office.made_rows import MadeRows
from sync.server.office.pull import page_in
from sync.server.office.push import record_push
from sync.server.office.terminals import Caller
from tests.server.loop import waited_for

NOON = 1_795_190_400_000  # Friday 20 November 2026, 12:00 in São Paulo
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def pull(office: HeadOffice, caller: Caller, *, now: int, **asked: object) -> PullAnswer:
    """Ask for a page as over HTTP: read in one snapshot, and noted when that is let go of."""
    with office.database.read() as connection:
        answer, versions = page_in(connection, office, caller, now=now, **asked)
    note_given(office, caller, versions, now=now)
    return answer


def programme(version: int = 1, **changes: object) -> Document:
    parts: dict[str, object] = {
        "programme": 7,
        "name": "Clube",
        "version": version,
        "valid_from": 0,
        "zone": "America/Sao_Paulo",
        "earning": Earning(
            rate="1",
            welcome_points=50,
            typed_visits_day=50,
            bonuses=(
                CategoryBonus(
                    id="coffee",
                    label="cafés em dobro",
                    notice="Cafés em dobro",
                    detail="",
                    category="coffee",
                    multiplier="2",
                    window=Window(from_minute=0, to_minute=720),
                ),
            ),
        ),
        "tiers": (
            Tier(id="bronze", name="Bronze", min_points=0, multiplier="1"),
            Tier(id="gold", name="Ouro", min_points=1_000, multiplier="1.5"),
        ),
        "rewards": (
            Reward(id=1, name="Café", cost=100),
            Reward(id=2, name="Vale", cost=400, kind="discount", value_centavos=1_000),
            Reward(id=3, name="Bolo", cost=0, kind="benefit", per_member_year=1),
        ),
        "stores": (
            Store(id=1, name="Pinheiros", cnpj=""),
            Store(id=2, name="Moema", cnpj=""),
        ),
        "categories": (Category(id="coffee", name="Café", ncm_prefixes=("0901",)),),
        "missions": (Mission(id="week", name="3 visitas na semana", visits_week=3, points=100),),
        "limits": Limits(),
        "permissions": (Permission(role="lead", act="void"),),
        "purposes": (Purpose(id="rules", title="Regulamento", note="", text="…", version=3),),
    }
    return Document(**(parts | changes))


def enrolled_till(
    office: HeadOffice, *, store: int = 1, now: int = NOON, seed: int = 1, name: str = "Caixa"
) -> "Till":
    """A till that went through the whole enrolment."""
    chance = random.Random(seed)
    key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
    with office.database.write() as connection:
        code = issue_code(office, connection, store=store, name=name, now=now)
    public_key = key.public_key().public_bytes_raw()
    request = EnrolRequest(code=code, public_key=public_key.hex(), name=name, protocol=1)
    answer = enrol(office, request, source="test", now=now)
    caller = Caller(
        terminal=answer.terminal,
        incarnation=answer.incarnation,
        store=store,
        name=name,
        public_key=public_key,
        forked=False,
    )
    with office.database.read() as connection:
        rules = next(iter(rulebook(connection).by_prefix))
    head = chain.first_hash(
        terminal=caller.terminal, incarnation=caller.incarnation, public_key=public_key
    )
    return Till(office, caller, key, answer.issuer, rules, head, chance)


@dataclass
class Till:
    """A till's journal, as honest as the test makes it."""

    office: HeadOffice
    caller: Caller
    key: Ed25519PrivateKey
    issuer: int
    rules: str
    head: bytes
    chance: random.Random
    at: int = NOON
    staff: int = 1
    bodies: list[bytes] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    sealed: list[bytes] = field(default_factory=list)
    pushed: int = 0
    persons: itertools.count = field(default_factory=lambda: itertools.count(1))

    @property
    def seq(self) -> int:
        return len(self.bodies)

    def new_id(self) -> str:
        return (self.at << 80 | self.chance.getrandbits(80)).to_bytes(16, "big").hex()

    def accrual(self, member: int, amount: int, **more: object) -> AccrualEvent:
        facts = {"tier": "bronze", "forecast": amount // 100} | more
        return self._record(AccrualEvent, member=member, amount=amount, **facts)

    def redemption(
        self, member: int, points: int, lease: str = "", reward: int = 1, **more: object
    ) -> RedemptionEvent:
        return self._record(
            RedemptionEvent, member=member, reward=reward, points=points, lease=lease, **more
        )

    def void(self, target: str, **more: object) -> VoidEvent:
        return self._record(VoidEvent, target=target, **more)

    def enrolment(self, person: Person | None = None, **more: object) -> EnrolmentEvent:
        number = next(self.persons)
        if person is None:
            phone = f"119{self.caller.terminal:02d}{number:06d}"
            consents = (ConsentGiven(purpose="rules", version=3),)
            person = Person(name=f"Pessoa {chr(65 + number % 26)}", phone=phone, consents=consents)
        salt, payload = self.chance.randbytes(32), codec.encode(person)
        facts = {
            "member": member_id(issuer=self.issuer, random40=self.chance.getrandbits(40)),
            "sealed": wire.sealed_hash(salt, payload),
            "forecast": 50,
        } | more
        event = self._record(EnrolmentEvent, **facts)
        line = Sealed(event=event.id, salt=salt.hex(), payload=payload.decode())
        self.sealed.append(codec.encode(line))
        return event

    def member(self, **more: object) -> int:
        """A new member, known to the server."""
        event = self.enrolment(**more)
        self.push()
        return event.member

    def lend(self, member: int, points: int, *, id: str | None = None) -> LeaseRow:
        """A lease as it is had over HTTP: at once where that can be, or else step by step."""
        request = LeaseRequest(id=id or self.new_id(), member=member, points=points)
        if lends_at_once(self.office):
            lease = waited_for(lent_at_once(self.office, self.caller, request, now=self.at))
            if lease is not None:
                return lease
        return leases.grant(self.office, self.caller, request, now=self.at)

    def batch(self, first: int | None = None, last: int | None = None) -> bytes:
        """The batch of the events from `first` to `last`; by default what was not pushed yet."""
        first = self.pushed + 1 if first is None else first
        last = self.seq if last is None else last
        start = self.hashes[first - 2] if first > 1 else self.head
        return chain.seal_batch(
            key=self.key,
            from_seq=first,
            previous=start,
            head=self.hashes[last - 1] if last >= first else start,
            bodies=tuple(self.bodies[first - 1 : last]),
            sealed=tuple(self.sealed),
        )

    def push(self, **bounds: int) -> PushAnswer:
        answer = record_push(self.office, self.caller, self.batch(**bounds), now=self.at)
        self.pushed = max(self.pushed, answer.last_seq)
        return answer

    @staticmethod
    def push_as(caller: Caller, office: HeadOffice, batch: bytes, *, now: int) -> PushAnswer:
        return record_push(office, caller, batch, now=now)

    def copied(self) -> "Till":
        """Another machine with a copy of this till's disk."""
        return replace(
            self,
            chance=random.Random(99),
            bodies=list(self.bodies),
            hashes=list(self.hashes),
            sealed=list(self.sealed),
        )

    def now_known_as_forked(self) -> "Till":
        return replace(self, caller=replace(self.caller, forked=True))

    def result(self, answer: PushAnswer, event: wire.Event) -> Result | None:
        """What the answer says of one event; None: accepted as it was."""
        return next((result for result in answer.results if result.seq == event.seq), None)

    def pull(
        self, cursor: str = "", limit: int = 5_000, *, made: MadeRows | None = None
    ) -> PullAnswer:
        return pull(self.office, self.caller, cursor=cursor, limit=limit, now=self.at, made=made)

    def append(self, body: bytes) -> None:
        """Add bytes to the journal as they are."""
        previous = self.hashes[-1] if self.hashes else self.head
        self.bodies.append(body)
        self.hashes.append(chain.next_hash(previous, body))

    def _record(self, kind: type, **facts: object):
        said = {
            "rules": self.rules,
            "staff": self.staff,
            "boot": 1,
            "at": self.at,
            "mono_ms": self.at,
            "seq": self.seq + 1,
            "id": self.new_id(),
        }
        event = kind(**(said | facts))
        self.append(wire.encode(event))
        return event
