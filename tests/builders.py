"""Valid objects with one fact changed: `a_reward(cost=0)` is a sound reward but for its price.

The programme is the one of the demo: a point per real, four tiers, coffee twice over until noon.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from sync.programme.document import (
    Category,
    CategoryBonus,
    Document,
    Earning,
    Mission,
    Permission,
    Purpose,
    Reward,
    Store,
    Tier,
    TokenKey,
    Window,
)
from sync.programme.earning import Inputs, Purchase, PurchaseLine
from sync.programme.leases import Lease
from sync.programme.ledger import Entry, Kind
from sync.programme.rewards import Situation

SAO_PAULO = ZoneInfo("America/Sao_Paulo")

COFFEE = Category(
    id="coffee", name="Cafés", ncm_prefixes=("0901",), eans=("7891000100103",), codes=("CAFE",)
)
GIFT_CARD = Category(id="gift_card", name="Vale-presente", codes=("VALE",))

COFFEE_TWICE = CategoryBonus(
    id="coffee_twice",
    label="cafés em dobro",
    notice="Cafés em dobro até 12:00",
    detail="Vale para grãos, moídos e bebidas",
    category="coffee",
    multiplier="2",
    window=Window(to_minute=12 * 60),
)

EARNING = Earning(rate="1", bonuses=(COFFEE_TWICE,), excluded=("gift_card",), welcome_points=50)

BRONZE = Tier(id="bronze", name="Bronze", min_points=0, multiplier="1", style="bronze")
SILVER = Tier(id="silver", name="Prata", min_points=1_000, multiplier="1.25", style="silver")
GOLD = Tier(id="gold", name="Ouro", min_points=2_500, multiplier="1.5", style="gold")
DIAMOND = Tier(id="diamond", name="Diamante", min_points=6_000, multiplier="2", style="diamond")

LARGE_COFFEE = Reward(id=1, name="Café grande", cost=180)
TEN_REAIS = Reward(id=2, name="Vale R$ 10", cost=700, kind="discount", value_centavos=1_000)
BIRTHDAY_CAKE = Reward(id=3, name="Fatia de bolo", cost=0, kind="benefit", birthday_days=7)

PINHEIROS = Store(id=1, name="Pinheiros", cnpj="11222333000181")
MOEMA = Store(id=2, name="Moema", cnpj="11222333000262")

DOCUMENT = Document(
    programme=1,
    name="Clube Jatobá",
    version=1,
    valid_from=0,
    zone="America/Sao_Paulo",
    earning=EARNING,
    tiers=(BRONZE, SILVER, GOLD, DIAMOND),
    rewards=(LARGE_COFFEE, TEN_REAIS, BIRTHDAY_CAKE),
    stores=(PINHEIROS, MOEMA),
    categories=(COFFEE, GIFT_CARD),
    missions=(Mission(id="three_visits", name="Três visitas", visits_week=3, points=100),),
    permissions=(
        Permission(role="cashier", act="credit"),
        Permission(role="cashier", act="redeem", points=3_000),
        Permission(role="lead", act="redeem"),
    ),
    purposes=(
        Purpose(
            id="programme",
            title="Participar do clube",
            note="Necessário para somar pontos",
            text="Concordo com o regulamento.",
            version=1,
            required=True,
        ),
        Purpose(id="news", title="Novidades", note="", text="Aceito receber.", version=1),
    ),
    token_keys=(TokenKey(kid=1, public_hex="ab" * 32, kinds=(1, 2)),),
)


def local(text: str, zone: ZoneInfo = SAO_PAULO, *, fold: int = 0) -> datetime:
    """The local time written as "2026-11-18 09:41"."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


MORNING = local("2026-11-18 09:41")  # a Wednesday
AFTERNOON = local("2026-11-18 15:20")

# R$ 86,40 of which R$ 24,00 are coffee.
BREAKFAST = (
    PurchaseLine(net_centavos=1_650, ncm="09012100"),
    PurchaseLine(net_centavos=750, code="CAFE"),
    PurchaseLine(net_centavos=6_240, ncm="19059090"),
)


def a_document(**changes: Any) -> Document:
    return replace(DOCUMENT, **changes)


def an_earning(**changes: Any) -> Earning:
    return replace(EARNING, **changes)


def a_bonus(**changes: Any) -> CategoryBonus:
    return replace(COFFEE_TWICE, **changes)


def a_tier(**changes: Any) -> Tier:
    return replace(GOLD, **changes)


def a_reward(**changes: Any) -> Reward:
    return replace(LARGE_COFFEE, **changes)


def a_store(**changes: Any) -> Store:
    return replace(PINHEIROS, **changes)


def a_purchase(**changes: Any) -> Purchase:
    """R$ 86,40, typed in the morning."""
    return structs.replace(Purchase(paid_centavos=8_640, at=MORNING), **changes)


def inputs(**changes: Any) -> Inputs:
    """A gold member on the first visit of the day."""
    return structs.replace(Inputs(tier="gold"), **changes)


def event_id(name: str | int) -> bytes:
    """Sixteen bytes that are the same for the same name, and readable in a failure."""
    return str(name).encode().rjust(16, b".")


def an_entry(kind: Kind = Kind.EARN, points: int = 100, **changes: Any) -> Entry:
    """A posting; `event` and `of` may be given as names."""
    for name in ("event", "of"):
        if isinstance(changes.get(name), str):
            changes[name] = event_id(changes[name])
    return structs.replace(
        Entry(event=event_id("event"), line=0, kind=kind, points=points), **changes
    )


def a_lease(**changes: Any) -> Lease:
    """A hundred points, of which nothing is spent, good until instant 1,000."""
    lease = Lease(id=event_id("lease"), member=1, amount=100, spent=0, stops_at=1_000)
    return replace(lease, **changes)


def a_situation(**changes: Any) -> Situation:
    """A gold member with 2,480 points and a basket of R$ 86,40 in Pinheiros, in the morning."""
    situation = Situation(
        at=MORNING,
        store=1,
        points=2_480,
        usable_here=2_480,
        tier="gold",
        basket_centavos=8_640,
        birthday="11-20",
        stock={},
        taken_day={},
        taken_year={},
    )
    return structs.replace(situation, **changes)
