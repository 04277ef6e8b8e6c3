"""What the idle screen shows, as final words: no Qt, no clock, no rule.

Guarantees that a state is complete: the page draws it without asking anyone anything.
"""

from dataclasses import dataclass
from typing import Literal

from loyalty_desk.ui.pending.state import TrayState

Tone = Literal["ok", "warn", "bad", "plain"]
Tier = Literal["bronze", "silver", "gold", "diamond", ""]

MOST_RESULTS = 8
MOST_RECENT = 8


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader's tag: "Leitor conectado", "Leitor desconectado" … and its tone."""

    text: str
    tone: Tone = "ok"


@dataclass(frozen=True, slots=True)
class Notice:
    """One box that needs a look: cache loading, old copy, receipt waiting, update, lease.

    `icon` names a file of resources/icons; `share` (0 to 1) draws a bar of progress under it.
    """

    icon: str
    title: str
    note: str = ""
    tone: Tone = "plain"
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One member found. `contact` is masked; `last_visit` and `tier_name` may be empty."""

    member_id: int
    initials: str
    name: str
    contact: str
    tier: Tier = ""
    tier_name: str = ""
    last_visit: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """What was found for the typed query, or the sentence that nobody was.

    `total` ("8 de 148") is empty when all are shown. `enrol_label` replaces the words of the
    enrol button ("Cadastrar com este número") when the query can be carried over.
    """

    results: tuple[Result, ...] = ()
    total: str = ""
    nothing: str = ""
    nothing_note: str = ""
    enrol_label: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One finished visit; `undo` ("Desfazer · 12 s") is empty when its time is over.

    `effect_said` is the effect in whole words, for a screen reader.
    """

    visit: str
    initials: str
    name: str
    effect: str
    age: str = ""
    undo: str = ""
    undo_said: str = ""
    effect_said: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the shift and its word."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Goal:
    """The goal of the shift: "Meta de cadastros", "6", "de 10" and the share done (0 to 1)."""

    label: str
    done: str
    rest: str
    share: float


@dataclass(frozen=True, slots=True)
class Campaign:
    """Today's campaign in the cashier's words."""

    title: str
    note: str


@dataclass(frozen=True, slots=True)
class Shift:
    """The operator's own shift; `note` is a reminder such as the end of the shift."""

    since: str
    figures: tuple[Figure, ...] = ()
    goal: Goal | None = None
    campaign: Campaign | None = None


@dataclass(frozen=True, slots=True)
class IdentifyState:
    """The whole screen. `recent` holds at most `MOST_RECENT`, newest first; the page
    shows as many as its height has room for.

    `query` is what the field must hold; `query_at` counts the times the desk itself (not the
    cashier) changed it, so drawing a state never undoes what is being typed. `search` is None
    while nothing is typed. `recent_empty` stands where `recent` would.
    `tray` takes the place of the right column.
    """

    title: str
    reader: Reader
    recent: tuple[Visit, ...] = ()
    recent_empty: str = ""
    shift: Shift | None = None
    notice: Notice | None = None
    query: str = ""
    query_at: int = 0
    search: Search | None = None
    tray: TrayState | None = None
    has_keypad: bool = True
    can_enrol: bool = True
