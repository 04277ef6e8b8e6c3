"""The reader that types: finds scans among the keys of every window.

One of two kinds of reader; the other speaks over a serial line and needs nothing of this. A scan
works from any focus, over popups and dialogs, and leaves nothing behind: guaranteed is that text,
cursor and selection of a field are afterwards what they were before, that neither its Enter nor its
Tab reaches anything, and that what a person types arrives complete and in order.

Keys go through to a text field at once and are taken back if they were a scan. Where no text field
has the focus they are kept until it is clear who typed, at most a quarter of a second for a person,
and then handed on. A field for a PIN or a password loses only whole signed codes and receipts.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from loyalty_desk.ui.scan.text_before import TextField, is_secret, keep, text_field
from sync.programme.wedge import (
    Decision,
    Key,
    Pending,
    RepeatGuard,
    Scanned,
    Tail,
    WedgeReader,
)

_GROUP_SEPARATOR: Final = "\x1d"
_LINE_ENDS: Final = {
    Qt.Key.Key_Return: "\r",
    Qt.Key.Key_Enter: "\r",
    Qt.Key.Key_Tab: "\t",
}
# How readers spell carriage return, line feed and group separator with Control.
_WITH_CONTROL: Final = {
    Qt.Key.Key_M: "\r",
    Qt.Key.Key_J: "\n",
    Qt.Key.Key_BracketRight: _GROUP_SEPARATOR,
}
_MODIFIERS: Final = frozenset(
    {
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
        Qt.Key.Key_ScrollLock,
    }
)
_START_MARK: Final = "\x02"
_ENDS: Final = ("\r", "\n", "\t")
_NO_COMMAND: Final = Qt.KeyboardModifier.NoModifier
_ALT_GR: Final = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
_COMMANDS: Final = _ALT_GR | Qt.KeyboardModifier.MetaModifier
# X11 and Wayland count physical keys from 8, PC scan codes from 0; macOS does not tell.
_KEY_CODE_FROM: Final = {"windows": 0, "cocoa": None}
_X11_FROM = 8


@dataclass(frozen=True, slots=True)
class _Held:
    """A key kept from a widget until it is clear who typed."""

    widget: QWidget
    key: int
    modifiers: Qt.KeyboardModifier
    text: str


class KeyboardWedge(QObject):
    """Watches the keys of the application from its making until `stop`.

    `scanned` carries a code as read, for `scan_router.route`; `repeated` the same code within two
    seconds, for a quiet sign. `prefix_key` is the key a reader was set up to send first.
    """

    scanned = Signal(str)
    repeated = Signal(str)

    def __init__(self, app: QApplication, prefix_key: Qt.Key | None = None) -> None:
        super().__init__(app)
        self._app = app
        self._prefix_key = prefix_key
        self._reader = WedgeReader(_START_MARK if prefix_key is not None else "")
        self._guard = RepeatGuard()
        self._deadline_ms: float = 0
        self._is_open = False
        self._let_go = False
        self._fields: list[TextField] = []
        self._put_back: list[Callable[[], None]] = []
        self._held: list[_Held] = []
        self._settling = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_pause)
        self._code_from = _KEY_CODE_FROM.get(app.platformName(), _X11_FROM)
        app.installEventFilter(self)

    def stop(self) -> None:
        """Watch no longer; a burst under way is handed on as typing."""
        self._app.removeEventFilter(self)
        self._reader.expire()
        self._end(())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at each key once: where it reaches a window, before any widget."""
        # Every event of the application comes by here: asking for its class is the quickest.
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWindow):
            return False
        kind = event.type()
        if kind is QEvent.Type.KeyPress:
            return self._on_key(event)
        if kind is QEvent.Type.ShortcutOverride and self._claims(event):
            event.accept()
            return True
        return False

    def _claims(self, event: QKeyEvent) -> bool:
        """Whether a key must come as a key and not as a shortcut: it is part of a scan."""
        text = _text_of(event)
        if text in _ENDS:
            return self._reader.takes_line_end(event.timestamp())
        # Esc and Backspace have a text too, but no reader sends them.
        is_content = text == _GROUP_SEPARATOR or (text != "" and text.isprintable())
        return event.key() == self._prefix_key or (self._is_open and is_content)

    def _on_key(self, event: QKeyEvent) -> bool:
        """Take one key; return whether it is kept from the widgets."""
        if event.isAutoRepeat() or event.key() in _MODIFIERS:
            return False
        key, target = self._key(event), _target()
        if self._is_open and key.t_ms > self._deadline_ms:
            self._end(self._reader.expire())
        if not self._is_open and key.text == " " and text_field(target) is None:
            return False  # No code starts with a space, and a button waits for it.
        self._settling = False
        decisions = self._reader.press(key)
        pending = decisions[-1] if decisions else None
        if isinstance(pending, Pending):
            if len(decisions) > 1:
                self._end(decisions[:-1], key.t_ms)
            return self._join(pending, key, event, target)
        was_scan = self._is_open and self._end(decisions, key.t_ms)
        return Tail() in decisions or (was_scan and key.text in _ENDS)

    def _join(self, pending: Pending, key: Key, event: QKeyEvent, target: QWidget | None) -> bool:
        """Add a key to the open burst; return whether it is held back."""
        self._is_open, self._deadline_ms = True, pending.deadline_ms
        self._timer.start(max(1, math.ceil(pending.deadline_ms - key.t_ms)))
        if key.text == _START_MARK:
            return True
        field = text_field(target)
        if field is not None:
            if field not in self._fields:
                self._fields.append(field)
                self._put_back.append(keep(field))
            return False
        if pending.slow and not self._let_go:
            self._let_go = True
            self._replay()
        if self._let_go or target is None:
            return False
        self._held.append(_Held(target, event.key(), event.modifiers(), event.text()))
        return True

    def _end(self, decisions: tuple[Decision, ...], at_ms: float = 0) -> bool:
        """Finish the burst; return whether it was a scan."""
        code = None
        for decision in decisions:
            if isinstance(decision, Scanned) and self._may_take(decision):
                code = decision.text
                for back in self._put_back:
                    back()
                self._held.clear()
        self._replay()
        self._fields.clear()
        self._put_back.clear()
        self._is_open = self._let_go = False
        self._timer.stop()
        if code is not None:
            echo = self._guard.is_repeat(code, at_ms or self._deadline_ms)
            (self.repeated if echo else self.scanned).emit(code)
        return code is not None

    def _may_take(self, scan: Scanned) -> bool:
        """A PIN typed fast looks like a short code; only whole codes leave a secret field."""
        return scan.strong or not any(isValid(f) and is_secret(f) for f in self._fields)

    def _replay(self) -> None:
        """Hand the held keys on to the widgets they were for."""
        held, self._held = self._held, []
        for key in held:
            if isValid(key.widget):
                for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                    event = QKeyEvent(kind, key.key, key.modifiers, key.text)
                    QCoreApplication.sendEvent(key.widget, event)

    def _on_pause(self) -> None:
        """End the burst, once keys that came while the program was busy have been taken."""
        if not self._settling:
            self._settling = True
            self._timer.start(0)
            return
        self._end(self._reader.expire())

    def _key(self, event: QKeyEvent) -> Key:
        if event.key() == self._prefix_key:
            return Key(event.timestamp(), _START_MARK)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        text = _text_of(event)
        # A shortcut's key is none of the reader's, though it has a place on the keyboard.
        placed = self._code_from is not None and not event.modifiers() & _COMMANDS
        code = event.nativeScanCode() - (self._code_from or 0) if placed else 0
        return Key(event.timestamp(), text, code, shift)


def _text_of(event: QKeyEvent) -> str:
    """What a reader meant by the key; "" for keys that are no part of a code."""
    if event.key() in _LINE_ENDS:
        return _LINE_ENDS[Qt.Key(event.key())]
    command = event.modifiers() & _COMMANDS
    if command == Qt.KeyboardModifier.ControlModifier:
        return _WITH_CONTROL.get(Qt.Key(event.key()), "")
    # Windows spells AltGr as Control and Alt together.
    return event.text() if command in (_NO_COMMAND, _ALT_GR) else ""


def _target() -> QWidget | None:
    """The widget that the next key would reach."""
    popup = QApplication.activePopupWidget()
    if popup is not None:
        # The list of a completer writes into its field.
        return popup.focusProxy() or popup.focusWidget() or popup
    return QApplication.focusWidget() or QApplication.activeWindow()
