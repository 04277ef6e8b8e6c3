"""The Clube Jatobá on one till: a real document, real members, a real encrypted store.

Everything arrives as it does from a server: in a pulled page that the store's own code keeps. It is
Saturday, 21 November 2026, 09:41 in São Paulo, and stays so until a test lets time pass.
"""

import random
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty_desk.desk import identify, visit, vouchers
from loyalty_desk.desk.counter import Counter, instant
from loyalty_desk.desk.visit import Concluded, Draft, ReceiptRead
from loyalty_desk.paths import places as places_of
from loyalty_desk.store.keys import load_keys
from loyalty_desk.store.opening import Store, open_store
from sync.client.replica import Identity
from sync.programme import scan_router, voucher_token
from sync.programme.access_key import check_digit
from sync.programme.document import (
    Document,
    Limits,
    Permission,
    Purpose,
    Reward,
    TokenKey,
    canonical,
    signed_part,
)
from sync.programme.member_token import MemberToken, TokenKind, sign
from sync.programme.permissions import Act
from sync.programme.voucher_token import VoucherToken
from sync.protocol.identifiers import identifier_hash
from sync.protocol.messages import (
    DocumentRow,
    LeaseRow,
    MemberRow,
    PullAnswer,
    Result,
    StaffRow,
    StockRow,
)
from sync.protocol.pin import derive
from tests import builders
from tests.programme import receipt_builder

MORNING = 1_795_264_860_000  # Saturday 21 November 2026, 09:41 in São Paulo
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

CONFIG_KEY = Ed25519PrivateKey.from_private_bytes(b"config".ljust(32, b"."))
CARDS_KEY = Ed25519PrivateKey.from_private_bytes(b"cards".ljust(32, b"."))
PHONES_KEY = Ed25519PrivateKey.from_private_bytes(b"phones".ljust(32, b"."))
STRANGERS_KEY = Ed25519PrivateKey.from_private_bytes(b"strangers".ljust(32, b"."))
VOUCHERS_KEY = Ed25519PrivateKey.from_private_bytes(b"vouchers".ljust(32, b"."))
CARDS_KID, PHONES_KID, VOUCHERS_KID = 1, 2, 3
PROGRAMME = 4711

IDENTIFIER_KEY = bytes(range(32))
IDENTITY = Identity(
    terminal=3,
    incarnation=1,
    issuer=9,
    store=1,
    name="Caixa 02",
    server_key=CONFIG_KEY.public_key().public_bytes_raw(),
    identifier_key=IDENTIFIER_KEY,
    public_key=bytes(32),
    epoch=1,
)

COFFEE, BREAD, BROWNIE, VOUCHER_10, ECOBAG, BASKET, OLIVE_OIL, VOUCHER_50, FLASK, CAKE = range(
    1, 11
)
REWARDS = (
    Reward(id=COFFEE, name="Café grande", cost=180, icon="coffee"),
    Reward(id=BREAD, name="Pão na chapa", cost=150, icon="croissant"),
    Reward(id=BROWNIE, name="Brownie", cost=320, icon="cookie"),
    Reward(
        id=VOUCHER_10,
        name="Vale R$ 10",
        cost=400,
        kind="discount",
        icon="ticket-percent",
        terms="Desconto no caixa",
        value_centavos=1_000,
    ),
    Reward(id=ECOBAG, name="Ecobag Jatobá", cost=900, icon="shopping-bag"),
    Reward(id=BASKET, name="Cesta de café", cost=2_400, min_tier="diamond"),
    Reward(id=OLIVE_OIL, name="Azeite 500 ml", cost=1_900, icon="milk"),
    Reward(id=VOUCHER_50, name="Vale R$ 50", cost=3_000, kind="discount", value_centavos=5_000),
    Reward(id=FLASK, name="Garrafa térmica", cost=3_600, icon="wine"),
    Reward(
        id=CAKE,
        name="Fatia de bolo",
        cost=0,
        kind="benefit",
        icon="cake",
        birthday_days=7,
        per_member_year=1,
    ),
)

_CASHIER = (Act.CREDIT, Act.REDEEM, Act.ENROL, Act.UNDO)
_GRANTS = {"cashier": _CASHIER, "lead": (*_CASHIER, Act.APPROVE_REDEMPTION), "manager": tuple(Act)}

DOCUMENT = builders.a_document(
    programme=PROGRAMME,
    rewards=REWARDS,
    limits=Limits(),
    permissions=tuple(
        Permission(role=role, act=act.value) for role, acts in _GRANTS.items() for act in acts
    ),
    purposes=(
        Purpose(
            id="rules",
            title="Regulamento do clube",
            note="Necessário para participar",
            text="O Clube Jatobá dá pontos pelas compras.",
            version=3,
            required=True,
        ),
        Purpose(id="whatsapp", title="Ofertas por WhatsApp", note="", text="Autorizo.", version=1),
    ),
    token_keys=(
        TokenKey(
            kid=CARDS_KID,
            public_hex=CARDS_KEY.public_key().public_bytes_raw().hex(),
            kinds=(TokenKind.CARD, TokenKind.STAFF_BADGE),
        ),
        TokenKey(
            kid=PHONES_KID,
            public_hex=PHONES_KEY.public_key().public_bytes_raw().hex(),
            kinds=(TokenKind.PHONE,),
        ),
        TokenKey(
            kid=VOUCHERS_KID,
            public_hex=VOUCHERS_KEY.public_key().public_bytes_raw().hex(),
            kinds=(TokenKind.VOUCHER,),
        ),
    ),
)

# --- People ---------------------------------------------------------------------------------------

MARINA, CAIO, OTAVIO, LUCIA, RUI, ANA, BIA, TERESA = (7 << 40 | n for n in range(1, 9))
STRANGER_CARD = 0x00C0FFEE00C0FFEE
MARINAS_CPF = "52998224725"
CAIOS_CPF = "11144477735"
FREE_CPF = "12345678909"
# Eleven digits that are a phone and, by accident, a valid CPF too.
PHONE_LIKE_A_CPF = "11987654021"

JOANA, BIANCA, DAVI = 41, 42, 43
JOANAS_PIN, BIANCAS_PIN = "246810", "135790"
BADGES = {JOANA: 0xB0041, BIANCA: 0xB0042, DAVI: 0xB0043}


def card_of(member: int) -> int:
    """The number of a member's card."""
    return 0xCA4D_0000_0000 + (member & 0xFFFF)


def hashed(kind: str, digits: str) -> int:
    """The keyed hash under which a CPF or a phone is found."""
    return identifier_hash(IDENTIFIER_KEY, kind, digits)


def a_member(member: int, name: str, *, phone: str = "", cpf: str = "", **facts) -> MemberRow:
    """A row as the server sends it: nothing but hashes and masks of CPF and phone."""
    row = MemberRow(
        id=member,
        version=1,
        name=name,
        status=identify.ACTIVE,
        since=MORNING - 600 * DAY,
        tier="bronze",
        points=0,
        leased=0,
        pending=0,
        debt=0,
        qualifying=0,
        lapse_day="",
        lapse_points=0,
        cpf_hash=hashed("cpf", cpf),
        phone_hash=hashed("phone", phone),
        phone_tail=phone[:2] + phone[-4:],
        cpf_mid=cpf[6:9],
        birthday="",
        cards=(f"{card_of(member):016x}",),
        last_visit=MORNING - DAY,
    )
    return _with(row, facts)


def _with(row: MemberRow, facts: dict) -> MemberRow:
    names = row.__struct_fields__
    return MemberRow(**{name: facts.get(name, getattr(row, name)) for name in names})


MEMBERS = (
    a_member(
        MARINA,
        "Marina Alves",
        phone="11982144417",
        cpf=MARINAS_CPF,
        tier="gold",
        points=2_480,
        birthday="11-24",
        lapse_day="2026-11-30",
        lapse_points=320,
    ),
    a_member(CAIO, "Caio Nogueira", phone="11912345678", cpf=CAIOS_CPF, tier="silver", points=90),
    a_member(OTAVIO, "Otávio Reis", phone="11955554444", status=identify.BLOCKED, points=700),
    a_member(LUCIA, "Lúcia Prado", phone="11966665555", status=identify.MERGED),
    a_member(RUI, "Rui Antunes", status=identify.ERASED),
    a_member(ANA, "Ana Souza", phone="11933332222", points=10),
    a_member(BIA, "Beatriz Souza", phone="11933332222", points=20),
    a_member(TERESA, "Teresa Oka", phone=PHONE_LIKE_A_CPF, tier="diamond", points=9_000),
)


@lru_cache
def a_verifier(pin: str, salt: bytes) -> str:
    return derive(pin, salt).hex()


def a_person(staff: int, name: str, role: str, pin: str) -> StaffRow:
    salt = staff.to_bytes(16, "big")
    verifier, badge = a_verifier(pin, salt), f"{BADGES[staff]:016x}"
    return StaffRow(staff, name, role, salt.hex(), verifier, badge, 0, "07:00-15:00")


def the_staff(joana: str = "cashier") -> tuple[StaffRow, ...]:
    """Everybody, Joana in a role."""
    return (
        a_person(JOANA, "Joana Prado", joana, JOANAS_PIN),
        a_person(BIANCA, "Bianca Torres", "lead", BIANCAS_PIN),
        a_person(DAVI, "Davi Lemos", "auditor", JOANAS_PIN),
    )


# --- Codes and receipts ---------------------------------------------------------------------------


def a_code(
    kind: TokenKind,
    subject: int,
    *,
    at: int = MORNING,
    life: int = 0,
    key: Ed25519PrivateKey = CARDS_KEY,
    kid: int = CARDS_KID,
    programme: int = PROGRAMME,
) -> str:
    """The digits of a signed code."""
    token = MemberToken(
        kind=kind,
        key_id=kid,
        programme=programme,
        subject=subject,
        issued_at=instant(at) - timedelta(milliseconds=at % 1_000),
        life=life,
        sequence=1,
    )
    return sign(token, key)


def card_code(member: int) -> str:
    """The QR of a member's card."""
    return a_code(TokenKind.CARD, card_of(member), at=MORNING - 30 * DAY)


def stranger_card_code() -> str:
    """The QR of a genuine card whose member is not on this till."""
    return a_code(TokenKind.CARD, STRANGER_CARD, at=MORNING - DAY)


def phone_code(member: int, *, at: int = MORNING) -> str:
    """The QR on a member's phone, good for 90 seconds from `at`."""
    return a_code(TokenKind.PHONE, card_of(member), at=at, life=90, key=PHONES_KEY, kid=PHONES_KID)


def voucher_code(
    member: int = MARINA,
    *,
    reward: int = ECOBAG,
    points: int = 900,
    store: int = 1,
    at: int = MORNING,
    voucher: int = 0x7E57_0000_0000_0001,
    key: Ed25519PrivateKey = VOUCHERS_KEY,
) -> str:
    """The QR of a reward that a member set aside, good for ten minutes from `at`."""
    token = VoucherToken(
        key_id=VOUCHERS_KID,
        programme=PROGRAMME,
        voucher=voucher,
        issued_at=instant(at) - timedelta(milliseconds=at % 1_000),
        minutes=10,
        member=member,
        store=store,
        reward=reward,
        points=points,
    )
    return voucher_token.sign(token, key)


def badge_code(staff: int) -> str:
    """The QR of a person's badge."""
    return a_code(TokenKind.STAFF_BADGE, BADGES[staff], at=MORNING - 30 * DAY)


def receipt_key(number: int = 1234, *, month: str = "2611", cnpj: str = "11222333000181") -> str:
    return receipt_builder.make_key(month=month, cnpj=cnpj, number=number)


def online_receipt(number: int = 1234, **facts: str) -> str:
    """The QR of a receipt issued on-line: it says no amount."""
    key = receipt_key(number, **facts)
    return f"http://www.fazenda.sp.gov.br/nfce/qrcode?p={key}|2|1|1|{'A' * 40}"


def offline_receipt(number: int = 1234, *, total: str = "86.40", day: int = 21) -> str:
    """The QR of a receipt issued off-line: it says amount and day."""
    key = receipt_builder.make_key(month="2611", number=number, emission=9)
    return (
        f"http://www.fazenda.sp.gov.br/nfce/qrcode?p={key}|2|1|{day:02d}|{total}"
        f"|{'b' * 40}|1|{'A' * 40}"
    )


def a_receipt_xml(number: int = 1234, **facts) -> bytes:
    """R$ 86,40, of which R$ 24,00 are coffee."""
    key = facts.pop("key", None) or receipt_key(number)
    items = (
        receipt_builder.item(code="CAFE", ncm="09012100", gross="24.00"),
        receipt_builder.item(code="PAO", ncm="19059090", gross="30.40"),
        receipt_builder.item(code="BROWNIE", ncm="19059090", gross="32.00"),
    )
    invoice = receipt_builder.make_invoice(
        **{
            "key": key,
            "number": number,
            "items": items,
            "total": "86.40",
            "payments": (("01", "86.40"),),
            "issued": "2026-11-21T09:40:12-03:00",
        }
        | facts
    )
    return receipt_builder.wrapped("nfeProc", invoice, receipt_builder.protocol(key=key))


def wrong_digit(key: str) -> str:
    """A receipt's key with another check digit."""
    right = check_digit(key[:43])
    return key[:43] + str((int(right) + 1) % 10)


# --- The till -------------------------------------------------------------------------------------


class Wall:
    """Clocks that stand until a test lets time pass."""

    def __init__(self) -> None:
        self.boot = 5
        self._now, self._mono = MORNING, 1_000

    def now(self) -> int:
        return self._now

    def mono(self) -> int:
        return self._mono

    def passes(self, ms: int) -> None:
        self._now += ms
        self._mono += ms

    def is_set_back(self, ms: int) -> None:
        self._now -= ms


def a_page(**facts) -> PullAnswer:
    values = {"cursor": "c1", "more": False, "epoch": 1, "acked_seq": 0, "now": MORNING} | facts
    return PullAnswer(**values)


def signed(document: Document) -> DocumentRow:
    """A document as it is published: canonical bytes and the configuration key's signature."""
    body = canonical(document)
    return DocumentRow(body.decode(), CONFIG_KEY.sign(signed_part(body)).hex())


class Till:
    """One till on a folder. `reopen` ends the run and starts another on the same files."""

    def __init__(self, folder) -> None:
        self.places = places_of(root=folder)
        self.places.prepare()
        self._chance = random.Random(1).randbytes
        self.keys = load_keys(self.places, random_bytes=self._chance, vault=None)
        self.clock = Wall()
        self._pages = 0
        self.store: Store = self._open()
        self.counter = Counter(self.store.ledger, self.store.members, self.clock, self._chance)

    def _open(self) -> Store:
        return open_store(self.places, self.keys, random_bytes=self._chance, now=self.clock.now())

    def reopen(self) -> None:
        self.store.close(self.clock.now())
        self.store = self._open()
        self.counter = Counter(self.store.ledger, self.store.members, self.clock, self._chance)

    def close(self) -> None:
        self.store.close(self.clock.now())

    def enrol_terminal(self) -> None:
        self.store.ledger.enrolled(IDENTITY)

    def pull(self, **facts) -> None:
        """Keep a page as the sync engine does."""
        self._pages += 1
        now = self.clock.now()
        page = a_page(cursor=f"c{self._pages}", now=now, **facts)
        self.store.replica.keep_page(page, asked_at=now, now=now)

    def hear(self, *results: Result) -> None:
        """The server's word on what was sent, with everything acknowledged."""
        seq = self.store.ledger.head().seq
        self.store.ledger.sent(seq)
        self.pull(acked_seq=seq, results=results)

    def publish(self, document: Document) -> None:
        """A newer version of the programme arrives."""
        version = self.counter.document().version + 1
        self.pull(documents=(signed(replace(document, version=version)),))

    def open_shop(self) -> None:
        """Everything a first synchronisation brings."""
        self.enrol_terminal()
        self.pull(
            documents=(signed(DOCUMENT),),
            staff=the_staff(),
            members=MEMBERS,
            stock=(StockRow(BREAD, 0), StockRow(COFFEE, 12)),
        )
        self.lend_units(COFFEE, 12)

    def lend(self, member: int, points: int) -> None:
        """The server lends points to this till."""
        row = LeaseRow(self.counter.new_id(), member, points, 0, self.clock.now() + 72 * HOUR)
        self.store.replica.keep_lease(row, now=self.clock.now())

    def lend_units(self, reward: int, units: int) -> None:
        """The server lends units of a counted reward to this till."""
        stops = self.clock.now() + 72 * HOUR
        row = LeaseRow(self.counter.new_id(), 0, units, 0, stops, reward=reward)
        self.store.replica.keep_lease(row, now=self.clock.now())

    @property
    def head(self) -> int:
        """How many events have been recorded."""
        return self.store.ledger.head().seq

    # What a cashier does, without a screen

    def scan(self, code: str) -> identify.OpenMember:
        found = scan_router.route(code)
        assert isinstance(found, scan_router.MemberCode), found
        return identify.by_code(self.counter, found.digits)

    def voucher(self, code: str) -> Draft:
        """A voucher is scanned: its reward is chosen for its member."""
        found = scan_router.route(code)
        assert isinstance(found, scan_router.RewardVoucher), found
        shown = vouchers.shown(self.counter, found.digits)
        return Draft(member=shown.member, reward=shown.voucher.reward, voucher=shown.voucher)

    def conclude(self, draft: Draft, *, visit_id: str = "", staff: int = JOANA) -> Concluded:
        visit_id = visit_id or self.counter.new_id()
        return visit.conclude(self.counter, draft, staff=staff, visit=visit_id)

    def credit(
        self, member: identify.OpenMember, centavos: int, receipt: ReceiptRead | None = None
    ) -> Concluded:
        return self.conclude(Draft(member=member, amount_centavos=centavos, receipt=receipt))

    def points_of(self, member: int) -> int:
        return identify.by_member(self.counter, member).points
