"""A few digits asked for in place, where a dialog would hide the customer's card."""

from PySide6.QtCore import QRegularExpression, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QLineEdit, QWidget

from loyalty_desk.ui.redeem.state import Ask
from loyalty_desk.ui.widgets.field import Field
from loyalty_desk.ui.widgets.layout import SPRING, column, row
from loyalty_desk.ui.widgets.scroll import seen_together
from loyalty_desk.ui.widgets.text import Text


class AskBox(QWidget):
    """A label, a field for digits, and the reason why the last answer was refused."""

    answered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._at = -1
        self._label = Text("", "name", "ink2", elide=False)
        self._hint = Text("", "small", "ink3")
        self._field = Field("plain")
        self._error = Text("", "small", "bad")
        self.setLayout(
            column(row(self._label, SPRING, self._hint, gap=8), self._field, self._error, gap=6)
        )
        self._field.edit.returnPressed.connect(self._answer)
        seen_together(self)

    def _answer(self) -> None:
        if self._field.text():
            self.answered.emit(self._field.text())

    def digits(self) -> str:
        """Return what is typed so far."""
        return self._field.text()

    def take_focus(self) -> None:
        """Give the focus to the field."""
        self._field.edit.setFocus()

    def draw(self, ask: Ask) -> None:
        """Show a question; a new one empties the field."""
        self._label.set_text(ask.label)
        self._hint.set_text(ask.hint)
        edit = self._field.edit
        edit.setAccessibleName(ask.label)
        edit.setAccessibleDescription(ask.error)
        mode = QLineEdit.EchoMode.Password if ask.is_secret else QLineEdit.EchoMode.Normal
        edit.setEchoMode(mode)
        if ask.at != self._at:
            self._at = ask.at
            edit.clear()
            digits = QRegularExpression(f"[0-9]{{0,{ask.digits}}}")
            edit.setValidator(QRegularExpressionValidator(digits, edit))
        self._field.set_wrong(bool(ask.error))
        self._error.set_text(ask.error)
        self._error.setVisible(bool(ask.error))
