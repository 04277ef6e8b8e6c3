"""What the tray of pending records shows, as final words: no Qt, no clock, no rule.

Guarantees that a state is complete: the tray draws it without asking anyone anything.
"""

from dataclasses import dataclass
from typing import Literal

EffectTone = Literal["ok", "ink", "ink3"]

MOST_ACTIONS = 2


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do about a record: a name for the desk and its label."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class NeedsYou:
    """What only a person can settle: "1 precisa de você", the reason in words, what can be done.

    `is_answer`: it answers what somebody has just asked for here, so it is no alarm and takes the
    focus.
    """

    event: str
    title: str
    text: str
    actions: tuple[Action, ...] = ()
    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class TrayRow:
    """One record. `status` ("Na fila", "Enviando") is the icon in words, for a screen reader."""

    event: str
    who: str
    what: str
    effect: str
    time: str
    effect_tone: EffectTone = "ok"
    icon: str = "clock"
    status: str = ""


@dataclass(frozen=True, slots=True)
class TrayState:
    """The whole tray.

    `rows` are the newest records, `total` how many there are in all; the tray shows as many as fit
    and offers the rest. `empty` stands in their place when there are none. `foot` says when it is
    tried again, or why not. `offers` is what can be asked of the till itself, none for a cashier.
    """

    intro: str
    rows: tuple[TrayRow, ...] = ()
    total: int = 0
    empty: str = ""
    needs: NeedsYou | None = None
    retry: str = ""
    can_retry: bool = False
    foot: str = ""
    share: float | None = None
    offers: tuple[Action, ...] = ()
