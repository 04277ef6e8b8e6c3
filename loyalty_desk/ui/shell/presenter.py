"""What the frame around every screen shows, as final words: no Qt, no clock, no rule.

Guarantees that a state is complete: the shell draws it without asking anyone anything.
"""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["ok", "plain", "warn", "bad"]
PlaceName = Literal["counter", "pickups", "pending", "shift", "contacts", "office"]

PLACES: tuple[PlaceName, ...] = ("counter", "pickups", "pending", "shift", "contacts", "office")
ALL_KEYS: frozenset[int] = frozenset(range(1, 13))


@dataclass(frozen=True, slots=True)
class Pill:
    """The synchronisation pill: "Sincronizado", "7 na fila", "Sem conexão · 7 na fila" …"""

    text: str
    tone: Tone = "ok"
    icon: str = "circle-check"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who works at this till."""

    initials: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The strip under the top bar; `side` stands at its right end and gives way first."""

    text: str
    side: str = ""
    tone: Tone = "warn"
    icon: str = "wifi-off"


@dataclass(frozen=True, slots=True)
class Badge:
    """A count at a place of the rail."""

    place: PlaceName
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Parked:
    """One visit on hold: its id and what the chip says ("Em espera · Marina")."""

    visit: str
    text: str


@dataclass(frozen=True, slots=True)
class ShellState:
    """The whole frame.

    `keys` are the function keys that act now, `hot_key` the one that does the next thing.
    `language` ("Português") stands in the operator's place where nobody is signed in. `query` is
    what the scan field must hold; `query_at` counts the times the desk itself changed it, so
    drawing a state never undoes what is being typed.
    """

    programme: str
    place_line: str
    pill: Pill
    operator: Operator | None = None
    language: str = ""
    strip: Strip | None = None
    parked: tuple[Parked, ...] = ()
    has_scan: bool = True
    has_rail: bool = True
    has_office: bool = True
    place: PlaceName = "counter"
    badges: tuple[Badge, ...] = ()
    keys: frozenset[int] = ALL_KEYS
    hot_key: int = 0
    query: str = ""
    query_at: int = 0
