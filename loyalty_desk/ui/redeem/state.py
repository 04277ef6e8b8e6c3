"""What the confirmation of a redemption shows, as final words: no Qt, no clock, no rule.

Guarantees that a state is complete: the panel draws it without asking anyone anything.
"""

from dataclasses import dataclass
from typing import Literal

RowTone = Literal["ink", "ink3", "ok", "warn", "bad"]
Tone = Literal["ok", "warn", "bad", "plain"]

MOST_ROWS = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sum: "Compra de R$ 86,40", "+153".

    `strong` sets the figure in the heavier weight; `changed` marks a figure that changed under
    the cashier's eyes ("mudou").
    """

    label: str
    value: str
    tone: RowTone = "ink"
    strong: bool = True
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """How the customer agreed, or what is still missing: "Marina confirmou pelo celular"."""

    title: str
    note: str = ""
    tone: Tone = "ok"
    icon: str = "shield-check"


@dataclass(frozen=True, slots=True)
class Ask:
    """A few digits asked for in place: the leader's PIN, the last digits of the CPF.

    `at` counts the questions: a new number empties the field. `error` says why the last answer
    was refused ("PIN não confere. Restam 4.").
    """

    label: str
    hint: str = ""
    digits: int = 6
    is_secret: bool = True
    error: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class ConfirmState:
    """The whole panel.

    `rows` hold at most `MOST_ROWS`. `remains_changed` marks the final balance as repriced. `act`
    is the label of the one filled button; while `ask` is there, its answer comes first.
    """

    icon: str
    name: str
    terms: str
    quantity: str
    rows: tuple[Row, ...]
    remains: str
    act: str
    foot: str = ""
    can_less: bool = False
    can_more: bool = False
    remains_changed: bool = False
    proof: Proof | None = None
    ask: Ask | None = None
    can_act: bool = True
