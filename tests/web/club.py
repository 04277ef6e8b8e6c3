"""Marina and her club, as the member's page is drawn: Saturday 21 November 2026, 09:41."""

from dataclasses import replace

from sqlalchemy import update

from sync.programme.document import (
    CategoryBonus,
    Document,
    Earning,
    Purpose,
    Reward,
    Store,
    Tier,
    TokenKey,
    Window,
)
from sync.programme.ledger import Entry, Kind
from sync.server.office.book import Book, Origin
from sync.server.office.demo.people import cpf_of
from sync.server.office.documents import local, prefix_of, publish, rulebook
from sync.server.office.head_office import HeadOffice
from sync.server.office.openings import Opening, open_accounts
from sync.server.office.persons import Details
from sync.server.office.standings import Span
from sync.server.store.dialect import insert_rows, put_rows
from sync.server.store.keys import CARDS_KID, PHONES_KID, VOUCHERS_KID
from sync.server.store.states import ReservationState
from sync.server.store.tables import balances, lots, reservations
from tests.server.shop import programme

NOW = 1_795_264_860_000  # 21 November 2026, 09:41 in São Paulo
DAY = 24 * 60 * 60 * 1000
MARINA = 4_242_424_242
EMAIL, PHONE, CPF = "marina@example.com", "11973514417", cpf_of(345_672_917)
PINHEIROS, MOEMA = 1, 2
COFFEE, VOUCHER_10, BASKET, BREAD, BROWNIE, ECOBAG, VOUCHER_50, FLASK, DINNER = range(1, 10)
VOUCHER = (7 << 25 | 19 << 20 | 4 << 15 | 23 << 10 | 29 << 5 | 2 | 5 << 40).to_bytes(8, "big")


def club(office: HeadOffice, number: int = 1, **changes: object) -> Document:
    """The programme of the pictures."""
    hours = Window(from_minute=7 * 60, to_minute=21 * 60)
    keys = office.keys
    signing = ((CARDS_KID, keys.cards, (1, 4)), (PHONES_KID, keys.phones, (2,)))
    signing = (*signing, (VOUCHERS_KID, keys.vouchers, (3,)))
    parts: dict[str, object] = {
        "name": "Clube Jatobá",
        "programme": 4711,
        "earning": Earning(
            rate="1",
            bonuses=(
                CategoryBonus(
                    id="coffee",
                    label="cafés em dobro",
                    notice="Cafés em dobro",
                    detail="",
                    category="coffee",
                    multiplier="2",
                ),
            ),
        ),
        "tiers": (
            Tier(id="bronze", name="Bronze", min_points=0, multiplier="1", style="bronze"),
            Tier(id="gold", name="Ouro", min_points=1_500, multiplier="1.5", style="gold"),
        ),
        "rewards": rewards(),
        "stores": (
            Store(id=PINHEIROS, name="Pinheiros", cnpj="", hours=hours),
            Store(id=MOEMA, name="Moema", cnpj=""),
        ),
        "purposes": (
            Purpose(
                id="rules", title="Regulamento", note="", text="Regras…", version=3, required=True
            ),
            Purpose(
                id="whatsapp", title="Ofertas por WhatsApp", note="", text="Autorizo…", version=1
            ),
        ),
        "token_keys": tuple(
            TokenKey(kid=kid, public_hex=key.public_key().public_bytes_raw().hex(), kinds=kinds)
            for kid, key, kinds in signing
        ),
    }
    return programme(number, **(parts | changes))


def rewards() -> tuple[Reward, ...]:
    discount = {"kind": "discount", "icon": "ticket-percent"}
    return (
        Reward(id=COFFEE, name="Café grande", cost=180, icon="coffee"),
        Reward(id=VOUCHER_10, name="Vale R$ 10", cost=400, value_centavos=1_000, **discount),
        Reward(id=BASKET, name="Cesta de café", cost=2_400, icon="gift"),
        Reward(id=BREAD, name="Pão na chapa", cost=150, icon="croissant"),
        Reward(id=BROWNIE, name="Brownie", cost=320, icon="cookie"),
        Reward(id=ECOBAG, name="Ecobag Jatobá", cost=900, icon="gift"),
        Reward(id=VOUCHER_50, name="Vale R$ 50", cost=3_000, value_centavos=5_000, **discount),
        Reward(id=FLASK, name="Garrafa térmica", cost=3_600, icon="wine"),
        Reward(id=DINNER, name="Jantar", cost=9_000, icon="gift"),
    )


def open_club(office: HeadOffice, document: Document, *, name: str = "Marina Alves") -> str:
    """Publish the programme and begin Marina's account; return how events name the document."""
    details = Details(cpf=CPF, phone=PHONE, email=EMAIL)
    opening = Opening(
        member=MARINA,
        name=name,
        details=details,
        home_store=PINHEIROS,
        enrolled_at=NOW - 900 * DAY,
        qualifying=1_600,
    )
    with office.database.write() as connection:
        rules = prefix_of(publish(connection, office.keys, document, now=NOW - 1_000 * DAY))
        open_accounts(office, connection, [opening], document, now=NOW - 300 * DAY)
    return rules


def give_points(
    office: HeadOffice, held: dict[str, int], *, spent: int = 0, leased: int = 0
) -> None:
    """Set what an account holds, without lines in its statement: what was before the ledger."""
    total = sum(held.values())
    with office.database.write() as connection:
        put_rows(
            connection,
            lots,
            [
                {
                    "bucket": MARINA % 64,
                    "member_id": MARINA,
                    "purse": 0,
                    "expires_on": day,
                    "earned": points,
                }
                for day, points in held.items()
            ],
        )
        connection.execute(
            update(balances).values(
                points=total - spent, leased=leased, earned_total=total, spent_total=spent
            )
        )


def post(office: HeadOffice, entry: Entry, **origin: object) -> None:
    """Post one entry to Marina's account."""
    said = {"store": PINHEIROS, "occurred_at": NOW, "recorded_at": NOW} | origin
    with office.database.write() as connection:
        zone = rulebook(connection).in_force(NOW).zone
        day = local(int(said["occurred_at"]), zone).date()
        book = Book(connection, Span(day, day))
        book.post(book.standing(MARINA), [entry], Origin(**said))
        book.close()


def purchase(office: HeadOffice, rules: str, *, at: int = NOW, event: bytes = b"\1" * 16) -> None:
    """R$ 86,40 with coffees in them: 153 points, and why."""
    entry = Entry(event=event, line=0, kind=Kind.EARN, points=153, expires_on="2027-11-30")
    explain = '[["base","",86],["tier","gold",43],["bonus","coffee",24]]'
    rules_bytes = bytes.fromhex(rules)
    post(office, entry, amount=8_640, rules=rules_bytes, explain=explain, occurred_at=at)


def redemption(office: HeadOffice, reward: int, points: int, *, at: int) -> None:
    event = at.to_bytes(16, "big")
    entry = Entry(event=event, line=0, kind=Kind.SPEND, points=points)
    post(office, entry, reward=reward, store=MOEMA, occurred_at=at)


def mission(office: HeadOffice, *, at: int) -> None:
    entry = Entry(
        event=at.to_bytes(16, "big"), line=1, kind=Kind.BONUS, points=100, expires_on="2027-11-30"
    )
    post(office, entry, explain='[["mission","week",100]]', occurred_at=at)


def put_aside(office: HeadOffice, *, at: int, keep_until: int, reward: int = ECOBAG) -> None:
    """A reservation as it stands after its codes were shown."""
    row = {
        "bucket": MARINA % 64,
        "member_id": MARINA,
        "voucher": VOUCHER,
        "reward_id": reward,
        "store_id": PINHEIROS,
        "points": 900,
        "from_stock": False,
        "state": int(ReservationState.RESERVED),
        "moving_to": 0,
        "reserved_at": at,
        "keep_until": keep_until,
        "shown_at": 0,
        "ends_at": 0,
        "ended_at": 0,
        "event_id": None,
    }
    with office.database.write() as connection:
        insert_rows(connection, reservations, [row])


def renamed(document: Document, name: str) -> Document:
    """The same programme, in which every word that people write is `name`."""
    return replace(
        document,
        name=name,
        rewards=tuple(replace(r, name=name, terms=name) for r in document.rewards),
        stores=tuple(replace(s, name=name) for s in document.stores),
        tiers=tuple(replace(t, name=name) for t in document.tiers),
        missions=tuple(replace(m, name=name) for m in document.missions),
        purposes=tuple(replace(p, title=name, text=name) for p in document.purposes),
    )
