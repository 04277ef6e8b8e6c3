"""The programme of the simulated shops, and head office's files with it, made once per process."""

import os
import random
import shutil
import tempfile
from functools import cache
from pathlib import Path

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
    TokenKey,
)
from sync.programme.permissions import Act
from sync.server.office.documents import publish
from sync.server.office.head_office import HeadOffice
from sync.server.office.staff import Colleague, employ
from sync.server.office.stock import count_stock
from sync.server.store.database import Place, migrate, open_database
from sync.server.store.keys import CARDS_KID, PHONES_KID, VOUCHERS_KID, Keys, load_keys, make_keys
from tests import postgres

SQLITE, POSTGRESQL = "sqlite", "postgresql"

MONDAY = 1_795_428_000_000  # 23 November 2026, 07:00 in São Paulo

STORES = (1, 2, 3, 4)
COFFEE, BREAD, DISCOUNT, CAKE, BASKET = 1, 2, 3, 4, 5
COSTS = {COFFEE: 40, BREAD: 90, DISCOUNT: 200, CAKE: 400, BASKET: 1_200}
COUNTED = BREAD
LEASED_MAX = 2_000  # what a till may hold, by what a point takes off a basket at best
CASHIER, MANAGER = 1, 2  # staff numbers of a store begin at 10 × the store's

_GRANTS = {
    "cashier": (Act.CREDIT, Act.REDEEM, Act.ENROL, Act.UNDO),
    "manager": tuple(Act),
}


def staff_of(store: int, role: int) -> int:
    return store * 10 + role


def programme(keys: Keys, *, version: int = 1, rate: str = "1", valid_from: int = 0) -> Document:
    """The rules; later versions differ in the rate."""
    return Document(
        programme=7,
        name="Clube",
        version=version,
        valid_from=valid_from,
        zone="America/Sao_Paulo",
        earning=Earning(
            rate=rate,
            welcome_points=50,
            expires_months=1,
            cap_points_day=2_000,
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
        tiers=(
            Tier(id="bronze", name="Bronze", min_points=0, multiplier="1"),
            Tier(id="silver", name="Prata", min_points=600, multiplier="1.25"),
            Tier(id="gold", name="Ouro", min_points=1_500, multiplier="1.5"),
        ),
        rewards=(
            Reward(id=COFFEE, name="Café", cost=COSTS[COFFEE]),
            Reward(id=BREAD, name="Pão", cost=COSTS[BREAD]),
            Reward(
                id=DISCOUNT, name="Vale", cost=COSTS[DISCOUNT], kind="discount", value_centavos=500
            ),
            Reward(id=CAKE, name="Bolo", cost=COSTS[CAKE], per_member_day=1),
            Reward(id=BASKET, name="Cesta", cost=COSTS[BASKET], min_tier="silver"),
        ),
        stores=tuple(Store(id=store, name=f"Loja {store}", cnpj="") for store in STORES),
        categories=(Category(id="coffee", name="Café", ncm_prefixes=("0901",)),),
        missions=(Mission(id="week", name="3 visitas na semana", visits_week=3, points=100),),
        limits=Limits(
            terminal_lease_centavos=5_000,
            floor_points=60,
            floor_lead_points=200,
            floor_times_day=3,
        ),
        permissions=tuple(
            Permission(role=role, act=act.value) for role, acts in _GRANTS.items() for act in acts
        ),
        purposes=(
            Purpose(id="rules", title="Regulamento", note="", text="…", version=1, required=True),
        ),
        token_keys=(
            TokenKey(
                kid=CARDS_KID,
                public_hex=keys.cards.public_key().public_bytes_raw().hex(),
                kinds=(1, 4),
            ),
            TokenKey(
                kid=PHONES_KID,
                public_hex=keys.phones.public_key().public_bytes_raw().hex(),
                kinds=(2,),
            ),
            TokenKey(
                kid=VOUCHERS_KID,
                public_hex=keys.vouchers.public_key().public_bytes_raw().hex(),
                kinds=(3,),
            ),
        ),
    )


@cache
def ram() -> Path:
    """A folder of this process in memory, where waiting for the disk costs nothing."""
    memory = Path("/dev/shm")
    place = tempfile.mkdtemp(prefix="loyalty-simulation-", dir=memory if memory.is_dir() else None)
    import atexit

    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(place, ignore_errors=True))
    return Path(place)


@cache
def founded(engine: str) -> Place:
    """Head office's databases on the first day: migrated, with the programme and the staff."""
    chance = random.Random("head office").randbytes
    place = ram() / "founded" if engine == SQLITE else postgres.migrated_database()
    if isinstance(place, Path):
        migrate(place)
    database = open_database(place)
    office = HeadOffice(database=database, keys=load_keys(keys_folder()), random=chance)
    with database.write() as connection:
        publish(connection, office.keys, programme(office.keys), now=MONDAY)
        for store in STORES:
            people = (("cashier", CASHIER), ("manager", MANAGER))
            for role, number in people:
                person = staff_of(store, number)
                known = Colleague(id=person, store=store, name=f"{role} {store}", role=role)
                employ(office, connection, known, pin="246810")
            count_stock(connection, store, {COUNTED: 500})
    database.close()
    return place


@cache
def keys_folder() -> Path:
    """The server's keys, the same in every world."""
    folder = ram() / "server"
    folder.mkdir()
    make_keys(folder, random.Random("keys").randbytes)
    return folder


def copied(place: Place, folder: Path) -> Place:
    """A copy of databases that nobody has open; in `folder`, if they are files."""
    if isinstance(place, Path):
        shutil.copytree(place, folder)
        return folder
    return postgres.copied(place)


def dropped(place: Place) -> None:
    """Delete databases that nobody has open."""
    if isinstance(place, Path):
        shutil.rmtree(place)
    else:
        postgres.drop(place)
