"""What the sign-in screen shows, as final words: no Qt, no clock, no rule.

Guarantees that a state is complete: the page draws it without asking anyone anything.
"""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["ok", "warn", "bad", "plain"]

MOST_TILES = 5  # the sixth place is "someone else"
MOST_FOUND = 6


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader's tag in the corner: "Leitor conectado" and its tone."""

    text: str
    tone: Tone = "ok"


@dataclass(frozen=True, slots=True)
class Person:
    """One member of staff who may sign in; `note` is role and hours, `tag` is "No caixa"."""

    staff: str
    initials: str
    name: str
    note: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class PinEntry:
    """The PIN panel of the chosen person.

    The digits themselves stay in the field. They are cleared when `attempt` or the person
    changes, so a repainted countdown never eats what is being typed. With `locked` the keypad
    is off and `problem` says for how long; a badge still signs in.
    """

    hint: str
    problem: str = ""
    attempt: int = 0
    locked: bool = False
    busy: bool = False
    most_digits: int = 8


@dataclass(frozen=True, slots=True)
class OnHold:
    """The visit that waits while the operator changes."""

    title: str
    note: str


@dataclass(frozen=True, slots=True)
class StaffSearch:
    """Someone off shift or from another store is looked for by name."""

    found: tuple[Person, ...] = ()
    nothing: str = ""


@dataclass(frozen=True, slots=True)
class SignInState:
    """The whole screen. `people` holds at most `MOST_TILES`; `chosen` is a `staff` or empty.

    `notice` is one line in words for the states without a picture (offline, staff list not yet
    here); `search` is set while "someone else" is looked for.
    """

    today: str
    reader: Reader
    people: tuple[Person, ...]
    chosen: str
    pin: PinEntry
    on_hold: OnHold | None = None
    notice: str = ""
    notice_tone: Tone = "warn"
    search: StaffSearch | None = None

    @property
    def person(self) -> Person | None:
        """The chosen person, wherever they stand; None before a choice."""
        found = self.search.found if self.search is not None else ()
        return next((one for one in (*self.people, *found) if one.staff == self.chosen), None)
