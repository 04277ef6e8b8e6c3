"""One field of the enrolment: label over frame, and one line under it in words.

Guarantees that the line under a field is read with the field by a screen reader.
"""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loyalty_desk.ui.enrol.state import Field as FieldState
from loyalty_desk.ui.enrol.state import FieldName
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.field import Field
from loyalty_desk.ui.widgets.layout import column, grow, hosted, row
from loyalty_desk.ui.widgets.scroll import seen_together
from loyalty_desk.ui.widgets.surface import Icon
from loyalty_desk.ui.widgets.text import Text
from sync.i18n import _

_NOTE_TONES: Final = {"plain": "ink3", "ok": "ok", "warn": "warn", "bad": "bad"}
_STILL_HERE: Final = (
    Qt.FocusReason.ActiveWindowFocusReason,
    Qt.FocusReason.PopupFocusReason,
)
_SIGNS: Final = {
    "ok": ("circle-check", "ok"),
    "warn": ("triangle-alert", "warn"),
    "bad": ("circle-alert", "bad"),
}


class FormField(QWidget):
    """A labelled field that reports what is typed, when it is left and when Enter is pressed."""

    edited = Signal(str, str)
    field_left = Signal(str)
    accepted = Signal(str)
    action_pressed = Signal(str)

    def __init__(self, name: FieldName, label: str, placeholder: str, optional: bool) -> None:
        super().__init__()
        self._name, self._text_at = name, 0
        self._sign = Icon("circle-check", "ok", 20, 2)
        self._action = Button("", kind="link", size="cap")
        self._after = hosted(row(self._action, self._sign, gap=4))
        self.field = Field("form", label, placeholder, after=self._after)
        self._note = Text("", "small", "ink3")
        self._under = hosted(column(self._note, pad=(6, 0, 0, 0)))
        hint = Text(_("optional"), "small", "ink3", elide=False)
        if not optional:
            hint.hide()
        head = row(grow(Text(label, "small-strong", "ink2")), hint, gap=8, pad=(1, 0))
        self.setLayout(column(head, 6, self.field, self._under))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        seen_together(self)
        self._connect()

    def _connect(self) -> None:
        edit = self.field.edit
        edit.installEventFilter(self)
        edit.textChanged.connect(lambda text: self.edited.emit(self._name, text))
        edit.returnPressed.connect(lambda: self.accepted.emit(self._name))
        self._action.clicked.connect(lambda: self.action_pressed.emit(self._name))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Report that the field was left, though not when another window came to the front."""
        if (
            isinstance(event, QFocusEvent)
            and event.type() == QEvent.Type.FocusOut
            and event.reason() not in _STILL_HERE
        ):
            self.field_left.emit(self._name)
        return super().eventFilter(watched, event)

    def draw(self, state: FieldState) -> None:
        """Show the state; the text is written only when the desk itself changed it."""
        if state.text_at != self._text_at:
            self._text_at = state.text_at
            self.field.set_text(state.text)
        sign = _SIGNS.get(state.tone)
        self._sign.setVisible(sign is not None)
        if sign is not None:
            self._sign.show_icon(*sign)
        self._action.set_label(state.action)
        self._action.setVisible(bool(state.action))
        self._after.setVisible(sign is not None or bool(state.action))
        self.field.set_wrong(state.tone == "bad")
        self.field.edit.setAccessibleDescription(state.note)
        self._note.show_as(state.note, tone=_NOTE_TONES[state.tone])
        self._under.setVisible(bool(state.note))
