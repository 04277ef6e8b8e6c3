"""What an open member's screen shows, as final words: no Qt, no clock, no rule.

Guarantees that a state is complete: the page draws it without asking anyone anything.
"""

from dataclasses import dataclass
from typing import Literal

from loyalty_desk.ui.pending.state import TrayState
from loyalty_desk.ui.redeem.state import Ask, ConfirmState, Proof, Row

Tier = Literal["bronze", "silver", "gold", "diamond", ""]
NoticeTone = Literal["plain", "accent", "ok", "warn", "bad", "gold"]
Filter = Literal["affordable", "all"]

MOST_ATTENTION = 3
MOST_OFFERS = 3
MOST_MOVEMENTS = 4


@dataclass(frozen=True, slots=True)
class Attention:
    """One line that needs a look: "320 pontos expiram", "em 30 de novembro"."""

    icon: str
    tone: NoticeTone
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class NextReward:
    """The next reward within reach: its name, "faltam 520", the share reached (0 to 1)."""

    name: str
    missing: str
    share: float


@dataclass(frozen=True, slots=True)
class Movement:
    """One past entry, shown on wide windows: "19/11", "Ecobag Jatobá", "−900"."""

    day: str
    what: str
    points: str
    is_credit: bool = False


@dataclass(frozen=True, slots=True)
class MemberCardState:
    """The card at the left.

    `contact_short` stands where `contact` has no room. `balance_note` ("atualizando") stands
    beside the label. `offline_limit` ("600 pts") shows the box about use without connection.
    `blocked` ("Bloqueado") outlines the card.
    """

    initials: str
    name: str
    contact: str
    balance: str
    balance_label: str
    contact_short: str = ""
    tier: Tier = ""
    tier_name: str = ""
    since: str = ""
    blocked: str = ""
    balance_note: str = ""
    unit: str = ""
    offline_limit: str = ""
    next_reward: NextReward | None = None
    attention: tuple[Attention, ...] = ()
    movements: tuple[Movement, ...] = ()
    movements_total: str = ""
    can_see_statement: bool = True
    can_print: bool = True


@dataclass(frozen=True, slots=True)
class AmountNotice:
    """What is wrong or doubtful about the amount or receipt, with one way out (`action`)."""

    text: str
    tone: Literal["warn", "bad", "plain"] = "warn"
    action: str = ""


@dataclass(frozen=True, slots=True)
class AmountState:
    """The card of the purchase.

    `points` ("+153") and `unit` ("pontos", "pontos previstos") are empty until there is an amount.
    `explanation` says why in words. `notice` stands in its place. `locked` ("Espera o gerente")
    closes the field and takes the place of the receipt button. `receipt` ("Nota 1234") names the
    receipt of this visit, which can be taken out.
    """

    centavos: int = 0
    points: str = ""
    unit: str = ""
    explanation: str = ""
    notice: AmountNotice | None = None
    locked: str = ""
    receipt: str = ""
    can_read_receipt: bool = True


@dataclass(frozen=True, slots=True)
class RewardTile:
    """One reward. `number` is its digit key ("" for none), `reason` why it is not to be had.

    `reason` has room for about twelve letters; `place` is shown on wide windows only.
    """

    reward: str
    name: str
    cost: str
    icon: str
    number: str = ""
    reason: str = ""
    place: str = ""
    is_selected: bool = False

    @property
    def is_available(self) -> bool:
        """A reward with a reason can be pressed, and explains itself."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class RewardsState:
    """The grid. `limit` ("Até 600 pts") takes the place of the two filters.

    So does `is_choosing`, which says that the digits choose; a confirmation needs no filters.
    """

    tiles: tuple[RewardTile, ...] = ()
    affordable: int = 0
    filter: Filter = "affordable"
    limit: str = ""
    is_choosing: bool = False
    is_confirming: bool = False
    empty: str = ""

    @property
    def has_filters(self) -> bool:
        """Whether the two filters are shown."""
        return not (self.limit or self.is_choosing or self.is_confirming)


@dataclass(frozen=True, slots=True)
class Offer:
    """Something for this member today: an offer to use (`action`) or a mission (`share`)."""

    offer: str
    icon: str
    tone: NoticeTone
    title: str
    note: str = ""
    action: str = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class SummaryState:
    """This visit as a sum, and the one filled button: "Creditar 153", "Resgatar e concluir".

    `ask` (the leader's PIN) takes the place of the button; `proof` is a box above it.
    """

    rows: tuple[Row, ...]
    new_balance: str
    act: str
    can_act: bool = True
    new_balance_changed: bool = False
    foot: str = ""
    proof: Proof | None = None
    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class VisitState:
    """The whole screen.

    `panel` is the confirmation or the tray; it takes the right column (on wide windows it stands
    beside it). `offers_title` is "Para Marina hoje".
    """

    member: MemberCardState
    amount: AmountState
    rewards: RewardsState
    summary: SummaryState
    offers_title: str = ""
    offers: tuple[Offer, ...] = ()
    panel: ConfirmState | TrayState | None = None
