"""What a text field held before a reader typed into it, and how to bring it back.

Guarantees that text, cursor, selection and the mark of a change are restored exactly; only the
field's undo steps are lost. `textChanged` is emitted, `textEdited` is not: who follows a field's
content listens to the former.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias, runtime_checkable

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

TextField: TypeAlias = QLineEdit | QPlainTextEdit | QTextEdit


@runtime_checkable
class KeepsMoreThanText(Protocol):
    """A field with a value beside its text, as an amount: it puts that back itself."""

    def before_scan(self) -> object:
        """Return what `after_scan` needs to undo any typing."""

    def after_scan(self, kept: object) -> None:
        """Be again as when `kept` was returned, and tell those who follow the value."""


def text_field(widget: QWidget | None) -> TextField | None:
    """The field that `widget` writes its keys into; None where keys are no text."""
    if isinstance(widget, QComboBox | QAbstractSpinBox):
        widget = widget.lineEdit()
    if not isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit) or widget.isReadOnly():
        return None
    return widget


def is_secret(field: TextField) -> bool:
    """True for a password or a PIN."""
    hidden = isinstance(field, QLineEdit) and field.echoMode() is not QLineEdit.EchoMode.Normal
    return hidden or bool(field.property("pin"))


def keep(field: TextField) -> Callable[[], None]:
    """Remember `field` as it is; the result brings it back, if it still exists."""
    back = _keep_line(field) if isinstance(field, QLineEdit) else _keep_page(field)
    return lambda: back() if isValid(field) else None


def _keep_line(edit: QLineEdit) -> Callable[[], None]:
    text, cursor, modified = edit.text(), edit.cursorPosition(), edit.isModified()
    start, length = edit.selectionStart(), edit.selectionLength()
    own = edit.before_scan() if isinstance(edit, KeepsMoreThanText) else None

    def back() -> None:
        if isinstance(edit, KeepsMoreThanText):
            edit.after_scan(own)
        if edit.text() != text:
            edit.setText(text)
        edit.setCursorPosition(cursor)
        if start >= 0:
            # A selection made backwards has its cursor at the start.
            backwards = cursor == start
            edit.setSelection(start + length * backwards, -length if backwards else length)
        edit.setModified(modified)
        completer = edit.completer()
        popup = completer.popup() if completer is not None else None
        if popup is not None:
            popup.hide()

    return back


def _keep_page(edit: QPlainTextEdit | QTextEdit) -> Callable[[], None]:
    text, modified = edit.toPlainText(), edit.document().isModified()
    anchor, position = edit.textCursor().anchor(), edit.textCursor().position()

    def back() -> None:
        if edit.toPlainText() != text:
            edit.setPlainText(text)
        cursor = edit.textCursor()
        cursor.setPosition(anchor)
        cursor.setPosition(position, QTextCursor.MoveMode.KeepAnchor)
        edit.setTextCursor(cursor)
        edit.document().setModified(modified)

    return back
