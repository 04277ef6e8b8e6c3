"""Enrolling a newcomer, step by step. Qt-free.

Fields are checked when they are complete or left, never while they are being typed.
"""

from collections.abc import Callable
from dataclasses import replace

from loyalty_desk.desk import enrol
from loyalty_desk.desk.enrol import Enrolled, Form
from loyalty_desk.ui.counter.floor import Floor, refusal
from loyalty_desk.ui.enrol.presenter import SHARED_PHONE, EnrolView, Note
from loyalty_desk.ui.enrol.state import FIELD_NAMES, FieldName
from loyalty_desk.ui.texts import refusal_text
from sync.i18n import _
from sync.programme import cpf, phone
from sync.programme.members import first_name, parse_birthday
from sync.programme.refusals import Reason, Refused

_FIELD_OF: dict[Reason, FieldName] = {
    Reason.PHONE_INVALID: "phone",
    Reason.NAME_MISSING: "name",
    Reason.NAME_TOO_LONG: "name",
    Reason.NAME_NOT_TEXT: "name",
    Reason.CPF_INVALID: "cpf",
    Reason.BIRTHDAY_INVALID: "birthday",
}
_COMPLETE_DIGITS = 11


class EnrolFlow:
    """One form at a time. `view` is None while no form is open."""

    def __init__(
        self,
        floor: Floor,
        *,
        enrolled: Callable[[Enrolled, bool], None],
        exists: Callable[[int], None],
    ) -> None:
        self._floor = floor
        self._enrolled = enrolled
        self._exists = exists
        self._event = ""
        self._forms = 0
        self._writes = 0  # how often the desk itself wrote into a field
        self.view: EnrolView | None = None

    def open(self, form: Form) -> None:
        """Open a form, with what was searched for carried over."""
        self._event = self._floor.counter.new_id()
        self._forms += 1
        self._writes += 1
        self.view = EnrolView(form=form, text_at=dict.fromkeys(FIELD_NAMES, self._writes))
        for name in FIELD_NAMES:
            self.left(name)

    def close(self) -> None:
        """Leave the form."""
        self.view = None

    def back(self) -> bool:
        """Leave the text that is being read; False when there is only the form to leave."""
        if self.view is None or not self.view.reading:
            return False
        self.view = replace(self.view, reading="")
        return True

    def say(self, words: str) -> None:
        """Show a quiet word beside the button."""
        if self.view is not None:
            self.view = replace(self.view, notice=words, problem=None)
            self._floor.redraw()

    def refused(self, problem: Refused) -> None:
        """Show why something could not be done; nothing typed is lost."""
        if self.view is None:
            return
        self.view = replace(self.view, problem=problem)
        name = _FIELD_OF.get(problem.reason)
        if name is not None:
            self._show(name, Note(refusal_text(problem), "bad"))
        self._floor.redraw()

    def typed(self, name: FieldName, text: str) -> None:
        """Take a field as typed so far; its old note goes."""
        if self.view is None:
            return
        form = _with(self.view.form, name, text)
        notes = {key: note for key, note in self.view.notes.items() if key != name}
        self.view = replace(self.view, form=form, notes=notes, problem=None, notice="")
        digits = sum(char.isdigit() for char in text)
        if name in ("phone", "cpf") and digits == _COMPLETE_DIGITS:
            self.left(name)
        self._floor.redraw()

    def left(self, name: FieldName) -> None:
        """A field is complete or was left: check it, where something stands in it."""
        view = self.view
        if view is None:
            return
        text = getattr(view.form, name)
        if not text.strip():
            return
        text = self._tidied(view, name, text)
        if name == "birthday":
            self._note_of(name, lambda: (parse_birthday(text), None)[1])
        elif name == "phone":
            self._note_of(name, lambda: self._phone_note(text))
        elif name == "cpf":
            self._note_of(name, lambda: self._cpf_note(text))

    def _tidied(self, view: EnrolView, name: FieldName, text: str) -> str:
        """Write a complete number as people write it; return what stands in the field."""
        written = _written(name, text)
        if written != text:
            self._writes += 1
            form = replace(_with(view.form, name, written), shared_phone=view.form.shared_phone)
            self.view = replace(view, form=form, text_at={**view.text_at, name: self._writes})
        return written

    def consent(self, purpose: str) -> None:
        """Tick or untick a consent."""
        if self.view is None:
            return
        given = set(self.view.form.consents) ^ {purpose}
        form = replace(self.view.form, consents=tuple(sorted(given)))
        self.view = replace(self.view, form=form, problem=None)
        self._floor.redraw()

    def read(self, purpose: str) -> None:
        """Show or hide the whole text of a purpose."""
        if self.view is not None:
            reading = "" if self.view.reading == purpose else purpose
            self.view = replace(self.view, reading=reading)
            self._floor.redraw()

    def after(self, name: str) -> None:
        """Tick or untick what is to be done afterwards, or that two people share a phone."""
        view = self.view
        if view is None:
            return
        if name == SHARED_PHONE:
            form = replace(view.form, shared_phone=not view.form.shared_phone)
            self.view = replace(view, form=form, problem=None)
        else:
            self.view = replace(view, print_card=not view.print_card)
        self._floor.redraw()

    def act_on(self, name: FieldName) -> None:
        """The button beside a field's note: open who has this number already."""
        note = self.view.notes.get(name) if self.view is not None else None
        if note is not None and note.member:
            self._exists(note.member)

    def conclude(self) -> None:
        """Record the newcomer; what is wrong is told under its field."""
        view = self.view
        if view is None or self._floor.turn.is_taken:
            return
        self._floor.turn.take()
        self.view = replace(view, busy=True, problem=None, notice="")
        self._floor.redraw()
        counter, staff, event = self._floor.counter, self._floor.staff(), self._event
        form, card = view.form, view.print_card
        self._floor.store.run(
            lambda: enrol.enrol(counter, form, staff=staff, event=event),
            lambda made: self._done(made, card),
            self._failed,
        )

    def _done(self, made: Enrolled, card: bool) -> None:
        self.close()
        self._enrolled(made, card)
        self._floor.turn.end()

    def _failed(self, error: BaseException) -> None:
        """Free the desk first, whatever it was; then say why, or let a fault of ours surface."""
        self._floor.turn.fail()
        if self.view is not None:
            self.view = replace(self.view, busy=False)
        self._floor.redraw()
        problem = refusal(error)
        self.refused(problem)
        if problem.reason is Reason.MEMBER_EXISTS:
            self.left("phone")
            self.left("cpf")

    def _phone_note(self, text: str) -> Note | None:
        owner = enrol.owner_of_phone(self._floor.counter, text)
        if owner is None:
            return Note(_("No one with this number yet"), "ok")
        return _owned(owner.row.name, owner.row.id)

    def _cpf_note(self, text: str) -> Note | None:
        owner = enrol.owner_of_cpf(self._floor.counter, text)
        if owner is None or owner.row is None:
            return None
        return _owned(owner.row.name, owner.member)

    def _note_of(self, name: FieldName, work: Callable[[], Note | None]) -> None:
        asked = getattr(self.view.form, name) if self.view is not None else ""
        form = self._forms

        def heard(note: Note | None) -> None:
            if self.view is None or form != self._forms or not note:
                return
            if getattr(self.view.form, name) == asked:
                self._show(name, note)
                self._floor.redraw()

        def failed(error: BaseException) -> None:
            heard(Note(refusal_text(refusal(error)), "bad"))

        self._floor.store.run(work, heard, failed)

    def _show(self, name: FieldName, note: Note) -> None:
        if self.view is not None:
            self.view = replace(self.view, notes={**self.view.notes, name: note})


def _written(name: FieldName, text: str) -> str:
    try:
        if name == "phone":
            return phone.formatted(phone.parse_phone(text))
        if name == "cpf":
            return cpf.formatted(cpf.parse_cpf(text))
    except Refused:
        pass  # the note under the field says what is wrong
    return text


def _owned(name: str, member: int) -> Note:
    words = _("Belongs to {name} already").format(name=first_name(name))
    return Note(words, "warn", _("Open"), member)


def _with(form: Form, name: FieldName, text: str) -> Form:
    if name == "phone":
        # Whom two people share it with is said anew of another number.
        return replace(form, phone=text, shared_phone=False)
    if name == "name":
        return replace(form, name=text)
    if name == "cpf":
        return replace(form, cpf=text)
    return replace(form, birthday=text)
