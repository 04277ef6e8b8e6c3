"""What the enrolment screen shows, as final words: no Qt, no clock, no rule.

Guarantees that a state is complete: the page draws it without asking anyone anything.
"""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "ok", "warn", "bad"]
FieldName = Literal["phone", "name", "cpf", "birthday"]

FIELD_NAMES: tuple[FieldName, ...] = ("phone", "name", "cpf", "birthday")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `note` stands under it in its `tone`; `ok` also shows the tick inside.

    `action` names a button beside the note: "Abrir cadastro", "Cadastrar mesmo assim".
    `text_at` counts the times the desk itself changed the text (a formatted number, a carried
    one), so drawing a state never undoes what is being typed.
    """

    name: FieldName
    text: str = ""
    note: str = ""
    tone: Tone = "plain"
    action: str = ""
    text_at: int = 0


@dataclass(frozen=True, slots=True)
class Consent:
    """One purpose with its own box, unticked at first; `full_text` is shown while read."""

    purpose: str
    title: str
    note: str = ""
    ticked: bool = False
    required: bool = False
    can_read: bool = False
    full_text: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class After:
    """One thing to do after the enrolment; `reason` says why it cannot be ticked."""

    name: str
    title: str
    ticked: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SelfService:
    """The customer enrols on their own phone: the rows of a QR code and the words around it.

    `modules` is empty where no code can be shown (offline); `sentence` then says why.
    """

    modules: tuple[tuple[bool, ...], ...]
    note: str
    sentence: str


@dataclass(frozen=True, slots=True)
class EnrolState:
    """The whole screen; `welcome` is "Ganha 50 pontos de boas-vindas" or what is missing.

    `problem` is a refusal of the whole form, in words, beside the button.
    """

    phone: Field
    name: Field
    cpf: Field
    birthday: Field
    accepted_title: str
    consents: tuple[Consent, ...]
    conclude_label: str
    can_conclude: bool
    welcome: str = ""
    problem: str = ""
    busy: bool = False
    after: tuple[After, ...] = ()
    self_service: SelfService | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """The four fields in their order."""
        return (self.phone, self.name, self.cpf, self.birthday)
