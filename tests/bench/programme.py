"""The club of the bench: a document with everything that pricing has to look at, and its keys.

A category bonus with a cap, caps of visit and day, four tiers, nine rewards, one benefit. Nothing
depends on the hour at which the bench runs.
"""

import hashlib
from datetime import timedelta

import uuid_utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty_desk.desk.counter import instant
from loyalty_desk.store.journal import Act
from sync.client.replica import Identity
from sync.programme import access_key, document, member_token
from sync.programme.document import Document, Permission, Reward, TokenKey, Window
from sync.programme.earning import PurchaseLine
from sync.programme.member_token import MemberToken, TokenKind
from sync.protocol.events import AccrualEvent, Line
from sync.protocol.messages import DocumentRow, StaffRow
from sync.protocol.pin import derive
from tests.builders import BIRTHDAY_CAKE, a_bonus, a_document, a_reward, an_earning

PIN = "246810"
CASHIER = 41
STORE = 1
COFFEE = 1  # the reward that a visit of the bench takes
COFFEE_POINTS = 180

_RULES = "00112233445566ff"  # an older version of the programme

CONFIG_KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"bench config").digest())
CARD_KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"bench cards").digest())
IDENTIFIER_KEY = hashlib.sha256(b"bench identifiers").digest()

# R$ 86,40 in three lines, of which R$ 24,00 are coffee.
LINES = (
    PurchaseLine(net_centavos=1_650, tax_centavos=240, ncm="09012100", ean="7891000100103"),
    PurchaseLine(net_centavos=750, tax_centavos=110, code="CAFE"),
    PurchaseLine(net_centavos=6_240, tax_centavos=900, ncm="19059090", ean="7891000100110"),
)
PAID_CENTAVOS = 8_640

_PRICES = (("Vale R$ 10", 700), ("Pão de queijo", 150), ("Cappuccino", 260), ("Torta", 480))
_DEARER = (("Caneca", 900), ("Moedor", 2_400), ("Vale R$ 50", 3_200), ("Garrafa térmica", 4_200))


def club() -> Document:
    """Return the programme document of the bench."""
    rewards = tuple(
        a_reward(id=number, name=name, cost=cost)
        for number, (name, cost) in enumerate((*_PRICES, *_DEARER), start=2)
    )
    return a_document(
        programme=4711,
        earning=an_earning(
            bonuses=(a_bonus(window=Window(), cap_points_day=200),),
            cap_points_visit=5_000,
            cap_points_day=8_000,
        ),
        rewards=(_coffee(), *rewards, BIRTHDAY_CAKE_AS_BENEFIT),
        token_keys=(
            TokenKey(
                kid=1, public_hex=CARD_KEY.public_key().public_bytes_raw().hex(), kinds=(1, 2)
            ),
        ),
        permissions=(
            Permission(role="cashier", act="credit"),
            Permission(role="cashier", act="redeem"),
            Permission(role="cashier", act="undo"),
        ),
    )


def published() -> DocumentRow:
    """Return the document as a pull brings it: canonical and signed."""
    body = document.canonical(club())
    return DocumentRow(body.decode(), CONFIG_KEY.sign(document.signed_part(body)).hex())


def identity(public_key: bytes) -> Identity:
    """Return who the till of the bench is."""
    return Identity(
        terminal=3,
        incarnation=1,
        issuer=9,
        store=STORE,
        name="Caixa 02",
        server_key=CONFIG_KEY.public_key().public_bytes_raw(),
        identifier_key=IDENTIFIER_KEY,
        public_key=public_key,
        epoch=1,
    )


def cashier() -> StaffRow:
    """Return who works at the till."""
    salt = bytes(16)
    return StaffRow(
        id=CASHIER,
        name="Bia Rocha",
        role="cashier",
        salt=salt.hex(),
        verifier=derive(PIN, salt).hex(),
        badge="",
        status=0,
        shift="07:00-15:00",
    )


def old_visit(member: int, number: int, *, at: int) -> Act:
    """Return a credit with a receipt of three lines, as the journal has it from weeks ago."""
    lines = tuple(
        Line(net=n.net_centavos, tax=n.tax_centavos, ncm=n.ncm, ean=n.ean, code=n.code)
        for n in LINES
    )
    event = AccrualEvent(
        rules=_RULES,
        staff=CASHIER,
        boot=1,
        at=at,
        mono_ms=at % 100_000_000,
        seq=0,
        id=uuid_utils.uuid7(nanoseconds=at * 1_000_000).hex,
        tier="gold",
        member=member,
        amount=PAID_CENTAVOS,
        evidence="receipt",
        receipt=receipt_key(number),
        lines=lines,
        forecast=153,
    )
    return Act(event, explain=b"0" * 300)


def card_digits(card: int, *, now: int) -> str:
    """Return the 202 digits that a reader types for a member's card."""
    token = MemberToken(
        kind=TokenKind.CARD,
        key_id=1,
        programme=club().programme,
        subject=card,
        issued_at=instant(now).replace(microsecond=0) - timedelta(days=90),
        life=0,
        sequence=1,
    )
    return member_token.sign(token, CARD_KEY)


def receipt_key(number: int) -> str:
    """Return the access key of the till's receipt `number`: rising, but for its random code."""
    chance = int.from_bytes(hashlib.sha256(number.to_bytes(8, "big")).digest()[:8], "big")
    body = f"35261111222333000181650010{number % 10**8:08d}1{chance % 10**8:08d}"
    return body + access_key.check_digit(body)


def _coffee() -> Reward:
    return a_reward(id=COFFEE, cost=COFFEE_POINTS)


BIRTHDAY_CAKE_AS_BENEFIT = a_reward(
    id=10, name=BIRTHDAY_CAKE.name, cost=0, kind="benefit", birthday_days=7
)
