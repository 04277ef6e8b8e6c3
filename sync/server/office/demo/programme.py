"""The document of the demo programme: its shops, rewards, tiers, campaign, mission and consents."""

from sync.programme.document import (
    Category,
    CategoryBonus,
    Document,
    Earning,
    Mission,
    Permission,
    Purpose,
    Reward,
    Role,
    Store,
    Tier,
    TokenKey,
    Window,
)
from sync.programme.permissions import Act
from sync.server.store.keys import CARDS_KID, PHONES_KID, VOUCHERS_KID, Keys

PROGRAMME = 4711
PINHEIROS, MOEMA, SANTANA, TATUAPE, VILA_MARIANA, PERDIZES = range(1, 7)

COFFEE, BREAD, BROWNIE, VOUCHER_10, ECOBAG, BASKET, OLIVE_OIL, VOUCHER_50, FLASK, CAKE = range(
    1, 11
)

_NOON = 12 * 60
_REGULATION = (
    "O Clube Jatobá dá pontos pelas compras feitas nas lojas da rede Jatobá. Os pontos valem até o "
    "último dia do décimo segundo mês depois da compra e podem ser trocados pelos prêmios do "
    "catálogo, enquanto houver estoque. Usamos nome, celular, CPF (se informado), aniversário (se "
    "informado) e as compras identificadas apenas para pontuar, entregar prêmios e evitar fraudes. "
    "Os dados não são vendidos nem cedidos. Você pode pedir acesso, correção ou exclusão quando "
    "quiser, em qualquer loja; com a exclusão, os pontos que restarem são perdidos."
)
_WHATSAPP = (
    "Autorizo o Clube Jatobá a enviar ofertas e avisos de pontos por WhatsApp para o celular "
    "informado. Posso cancelar quando quiser, na loja ou respondendo SAIR."
)
_SMS = (
    "Autorizo o Clube Jatobá a enviar ofertas e avisos de pontos por SMS para o celular informado. "
    "Posso cancelar quando quiser, na loja ou respondendo SAIR."
)


def document(keys: Keys, *, valid_from: int) -> Document:
    """Return the demo's first document."""
    return Document(
        programme=PROGRAMME,
        name="Clube Jatobá",
        version=1,
        valid_from=valid_from,
        zone="America/Sao_Paulo",
        earning=_earning(),
        tiers=(
            Tier(id="bronze", name="Bronze", min_points=0, multiplier="1.0", style="bronze"),
            Tier(id="prata", name="Prata", min_points=600, multiplier="1.25", style="silver"),
            Tier(id="ouro", name="Ouro", min_points=1_500, multiplier="1.5", style="gold"),
            Tier(
                id="diamante", name="Diamante", min_points=4_000, multiplier="2.0", style="diamond"
            ),
        ),
        rewards=_rewards(),
        stores=_stores(),
        categories=(
            Category(
                id="cafe",
                name="Cafés",
                ncm_prefixes=("0901", "2101"),
                codes=("CAFE", "CAFE-GRANDE", "CAPPUCCINO", "ESPRESSO"),
            ),
        ),
        missions=(Mission(id="semana", name="3 visitas na semana", visits_week=3, points=100),),
        permissions=_permissions(),
        purposes=_purposes(),
        token_keys=_token_keys(keys),
    )


def _earning() -> Earning:
    return Earning(
        rate="1",
        welcome_points=50,
        bonuses=(
            CategoryBonus(
                id="cafes-em-dobro",
                label="cafés em dobro",
                notice="Cafés em dobro até 12:00",
                detail="Avise: vale para todos os níveis",
                category="cafe",
                multiplier="2",
                window=Window(from_minute=0, to_minute=_NOON),
            ),
        ),
    )


def _rewards() -> tuple[Reward, ...]:
    return (
        Reward(id=COFFEE, name="Café grande", cost=180, icon="coffee"),
        Reward(id=BREAD, name="Pão na chapa", cost=150, icon="croissant"),
        Reward(id=BROWNIE, name="Brownie", cost=320, icon="cookie"),
        Reward(
            id=VOUCHER_10,
            name="Vale R$ 10",
            cost=400,
            kind="discount",
            icon="ticket-percent",
            terms="Desconto no caixa · vale só hoje",
            value_centavos=1_000,
        ),
        Reward(id=ECOBAG, name="Ecobag Jatobá", cost=900, icon="shopping-bag"),
        Reward(id=BASKET, name="Cesta de café", cost=2_400, icon="gift"),
        Reward(id=OLIVE_OIL, name="Azeite 500 ml", cost=1_900, icon="milk"),
        Reward(
            id=VOUCHER_50,
            name="Vale R$ 50",
            cost=3_000,
            kind="discount",
            icon="ticket-percent",
            terms="Desconto no caixa · vale só hoje",
            value_centavos=5_000,
        ),
        Reward(id=FLASK, name="Garrafa térmica", cost=3_600, icon="wine"),
        Reward(
            id=CAKE,
            name="Fatia de bolo",
            cost=0,
            kind="benefit",
            icon="cake",
            terms="De aniversário",
            birthday_days=7,
            per_member_year=1,
        ),
    )


def _stores() -> tuple[Store, ...]:
    return (
        Store(id=PINHEIROS, name="Pinheiros", cnpj="11222333000181"),
        Store(id=MOEMA, name="Moema", cnpj="11222333000262"),
        Store(id=SANTANA, name="Santana", cnpj="1122233300AB08"),
        Store(id=TATUAPE, name="Tatuapé", cnpj="11222333000424"),
        Store(id=VILA_MARIANA, name="Vila Mariana", cnpj="11222333000505"),
        Store(id=PERDIZES, name="Perdizes", cnpj="11222333000696"),
    )


def _permissions() -> tuple[Permission, ...]:
    cashier = (Act.CREDIT, Act.REDEEM, Act.ENROL, Act.UNDO)
    lead = (*cashier, Act.APPROVE_REDEMPTION)
    allowed: tuple[tuple[Role, tuple[Act, ...]], ...] = (
        ("cashier", cashier),
        ("lead", lead),
        ("manager", tuple(Act)),
        ("network", tuple(Act)),
    )
    granted = [Permission(role=role, act=act.value) for role, acts in allowed for act in acts]
    return (*granted, Permission(role="lead", act=Act.VOID.value, points=2_000))


def _purposes() -> tuple[Purpose, ...]:
    return (
        Purpose(
            id="regulamento",
            title="Regulamento do clube e uso dos dados para pontuar",
            note="Necessário para participar · versão 3, de 01/10/2026",
            text=_REGULATION,
            version=3,
            required=True,
        ),
        Purpose(
            id="whatsapp",
            title="Receber ofertas por WhatsApp",
            note="",
            text=_WHATSAPP,
            version=1,
        ),
        Purpose(id="sms", title="Receber ofertas por SMS", note="", text=_SMS, version=1),
    )


def _token_keys(keys: Keys) -> tuple[TokenKey, ...]:
    pairs = (
        (CARDS_KID, keys.cards, (1, 4)),
        (PHONES_KID, keys.phones, (2,)),
        (VOUCHERS_KID, keys.vouchers, (3,)),
    )
    return tuple(
        TokenKey(kid=kid, public_hex=key.public_key().public_bytes_raw().hex(), kinds=kinds)
        for kid, key, kinds in pairs
    )
