"""What the enrolment screen says. Qt-free, no decisions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from loyalty_desk.desk.enrol import Form
from loyalty_desk.ui.enrol.state import After, Consent, EnrolState, Field, FieldName, Tone
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.i18n import _, ngettext
from sync.programme.document import Document, Purpose
from sync.programme.members import first_name
from sync.programme.refusals import Reason, Refused

CARD, SHARED_PHONE = "card", "shared_phone"


@dataclass(frozen=True, slots=True)
class Note:
    """What stands under a field; `action` names a button beside it, `member` whom it opens."""

    text: str
    tone: Tone = "plain"
    action: str = ""
    member: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolView:
    """What the screen is made of: the form, the notes under its fields, what is being read."""

    form: Form = field(default_factory=Form)
    notes: Mapping[FieldName, Note] = field(default_factory=dict)
    text_at: Mapping[FieldName, int] = field(default_factory=dict)
    reading: str = ""
    notice: str = ""
    problem: Refused | None = None
    busy: bool = False
    print_card: bool = False


def enrol_state(view: EnrolView, document: Document) -> EnrolState:
    """Return the screen of a view."""
    form = view.form
    name = first_name(form.name.strip())
    points = document.earning.welcome_points
    gets = ngettext("Gets {n} welcome point", "Gets {n} welcome points", points)
    return EnrolState(
        phone=_field(view, "phone", form.phone),
        name=_field(view, "name", form.name, _("What the person likes to be called")),
        cpf=_field(view, "cpf", form.cpf),
        birthday=_field(view, "birthday", form.birthday),
        accepted_title=_("What {name} accepted").format(name=name)
        if name
        else _("What the person accepted"),
        consents=tuple(_consent(view, purpose) for purpose in document.purposes),
        conclude_label=_("Enrol and add points") if points else _("Enrol"),
        can_conclude=not view.busy,
        welcome=view.notice or (gets.format(n=i18n.number(points)) if points else ""),
        problem=_problem(view.problem),
        busy=view.busy,
        after=_after(view),
    )


def _field(view: EnrolView, name: FieldName, text: str, hint: str = "") -> Field:
    note = view.notes.get(name, Note(hint))
    return Field(
        name=name,
        text=text,
        note=note.text,
        tone=note.tone,
        action=note.action,
        text_at=view.text_at.get(name, 0),
    )


def _consent(view: EnrolView, purpose: Purpose) -> Consent:
    missing = view.problem is not None and view.problem.reason is Reason.CONSENT_MISSING
    return Consent(
        purpose=purpose.id,
        title=purpose.title,
        note=purpose.note,
        ticked=purpose.id in view.form.consents,
        required=purpose.required,
        can_read=bool(purpose.text),
        full_text=purpose.text if view.reading == purpose.id else "",
        problem=_problem(view.problem) if missing and purpose.required else "",
    )


def _after(view: EnrolView) -> tuple[After, ...]:
    card = After(CARD, _("Save a card with QR"), view.print_card)
    phone = view.notes.get("phone")
    if not view.form.shared_phone and (phone is None or not phone.member):
        return (card,)
    shared = After(SHARED_PHONE, _("Two people share this phone"), view.form.shared_phone)
    return (shared, card)


def _problem(problem: Refused | None) -> str:
    return refusal_text(problem) if problem is not None else ""
