"""Acts and rows for the tests of the store: valid ones, with one fact changed at a time."""

import hashlib
import itertools
import random

from loyalty_desk.store.journal import Act
from sync.client.replica import Identity
from sync.protocol import codec
from sync.protocol.events import (
    AccrualEvent,
    EnrolmentEvent,
    Line,
    RedemptionEvent,
    VoidEvent,
    sealed_hash,
)
from sync.protocol.messages import LeaseRow, MemberRow, Person, PullAnswer

NOON = 1_795_269_600_000  # 21 November 2026, 12:00 in São Paulo
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MARINA = (7 << 40) | 12_345
CAIO = (7 << 40) | 54_321
RULES = "00112233445566ff"
SALT = bytes(32)

IDENTITY = Identity(
    terminal=3,
    incarnation=1,
    issuer=9,
    store=1,
    name="Caixa 02",
    server_key=bytes(32),
    identifier_key=bytes(range(32)),
    public_key=bytes(32),
    epoch=1,
)

_numbers = itertools.count(1)


def an_id() -> str:
    """A new event id, rising like a UUIDv7."""
    return f"{NOON:012x}7{next(_numbers):019x}"


def a_receipt() -> str:
    """A new access key, as a till counts them up."""
    return f"3526111234567800019565001{next(_numbers):019d}"


def seeded_bytes(seed: int = 1):
    """A source of bytes that is the same in every run."""
    return random.Random(seed).randbytes


def stamped(**facts):
    return {
        "rules": RULES,
        "staff": 41,
        "boot": 5,
        "at": NOON,
        "mono_ms": 1_000,
        "seq": 0,
        "id": an_id(),
    } | facts


def an_accrual(member=MARINA, points=86, *, amount=8_640, waits=False, explain=b"", **facts) -> Act:
    event = AccrualEvent(**stamped(member=member, amount=amount, forecast=points, **facts))
    return Act(event, explain=explain, waits=waits)


def three_lines() -> tuple[Line, ...]:
    return (
        Line(net=4_300, tax=620, ncm="09012100", ean="7891000100103", code="CAF01"),
        Line(net=2_900, tax=410, ncm="19059090", ean="7891000100110", code="PAO07"),
        Line(net=1_440, ncm="22021000", code="REF02"),
    )


def a_redemption(lease: bytes, points=250, *, member=MARINA, reward=1, **facts) -> Act:
    event = RedemptionEvent(
        **stamped(member=member, reward=reward, points=points, lease=lease.hex(), **facts)
    )
    return Act(event)


def a_void(target: str, **facts) -> Act:
    return Act(VoidEvent(**stamped(target=target, **facts)))


def an_enrolment(member=CAIO, *, points=50, name="Caio Nogueira", **facts) -> Act:
    person = Person(name=name, phone="11982144417", cpf="52998224725", birthday="03-14")
    payload = codec.encode(person)
    event = EnrolmentEvent(
        **stamped(member=member, sealed=sealed_hash(SALT, payload), forecast=points, **facts)
    )
    return Act(event, salt=SALT, payload=payload)


def a_lease_row(lease: bytes, amount=1_000, *, member=MARINA, spent=0, stops_at=NOON + 3 * DAY):
    return LeaseRow(lease.hex(), member, amount, spent, stops_at)


def a_row(member=MARINA, **facts) -> MemberRow:
    values = {
        "id": member,
        "version": 1,
        "name": "Marina Alves",
        "status": 0,
        "since": NOON - 300 * DAY,
        "tier": "ouro",
        "points": 1_200,
        "leased": 0,
        "pending": 0,
        "debt": 0,
        "qualifying": 3_100,
        "lapse_day": "",
        "lapse_points": 0,
        "cpf_hash": 111,
        "phone_hash": 222,
        "phone_tail": "114417",
        "cpf_mid": "247",
        "birthday": "11-23",
        "cards": ("00000000000000aa",),
        "last_visit": NOON - DAY,
    } | facts
    return MemberRow(**values)


def a_page(*members: MemberRow, acked=0, more=False, cursor="c1", **facts) -> PullAnswer:
    return PullAnswer(
        cursor=cursor, more=more, epoch=1, acked_seq=acked, now=NOON, members=members, **facts
    )


def a_lease_id(number=1) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()[:16]
