"""Hands: a person and a reader at the real desk, for the measurements that need both.

Keys are key events sent to the window, with times, at the pace of a reader or at once; shortcuts,
focus and the reader's filter all take part.
"""

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from loyalty_desk.app.arguments import parse
from loyalty_desk.app.build import build
from loyalty_desk.app.clock import SystemClock
from loyalty_desk.app.desk_app import DeskApp
from loyalty_desk.paths import places
from loyalty_desk.settings import Settings
from loyalty_desk.ui import theme
from loyalty_desk.ui.main_window import MainWindow
from sync import i18n
from tests.bench import programme
from tests.bench.first_paint import SIZE

READER_MS = 4
_PATIENCE_MS = 20_000
_NOBODY = "http://127.0.0.1:9"  # the discard port: nobody listens


class Painted(QObject):
    """Tells when a widget has been painted, children included (nanoseconds)."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self._is_told = False
        self.at = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A paint of the widget has begun; what is posted now comes first behind it."""
        if event.type() is QEvent.Type.Paint and not self._is_told:
            self._is_told = True
            QCoreApplication.postEvent(
                self, QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority.value
            )
        return False

    def customEvent(self, _event: QEvent) -> None:
        """The paint is done."""
        self._is_told = False
        self.at = time.perf_counter_ns()


class Hands:
    """The real desk on the till at `home`, and what is done to it."""

    def __init__(self, home: str, server: str = _NOBODY, code: str = "") -> None:
        self.app = QApplication(["loyalty-desk"])
        i18n.speak("pt_BR")
        theme.install(self.app, "light")
        self.window = MainWindow()
        self.window.resize(*SIZE)
        here = places(root=Path(home))
        here.prepare()
        said = parse(["--home", home, "--server", server, "--code", code])
        self.desk: DeskApp = build(self.app, self.window, said, here, Settings(), SystemClock())
        self._at = 1_000
        self.window.show()
        self.desk.start()

    def close(self) -> None:
        """Close the desk."""
        self.desk.stop()

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Let the desk work, as idle as it can be, until something holds."""
        if holds():
            return
        loop, glance, end = QEventLoop(), QTimer(), time.monotonic() + _PATIENCE_MS / 1_000
        glance.timeout.connect(lambda: loop.quit() if holds() or time.monotonic() > end else None)
        glance.start(2)
        loop.exec()
        glance.stop()
        assert holds(), f"never came: {what}"

    def rest(self, ms: int) -> None:
        """Let the desk work for a while."""
        over: list[bool] = []
        QTimer.singleShot(ms, lambda: over.append(True))
        self.until(lambda: over, "the end of a rest")

    def sign_in(self) -> None:
        """Sign the cashier in by PIN."""
        self.until(lambda: self.desk.presenter, "the open till")
        sign_in = self.presenter.sign_in
        self.until(lambda: sign_in.view.staff, "the cashier on the list")
        self.window.activateWindow()
        self.until(self.window.isActiveWindow, "the window's turn")
        self.window.sign_in.person_chosen.emit(str(programme.CASHIER))
        self.type(programme.PIN)
        self.key(Qt.Key.Key_Return, "\r")
        self.until(lambda: self.presenter.screen == "identify", "the idle desk")

    @property
    def presenter(self):  # what decides the screen; Qt-free, so it may be read at any time
        """Return the desk's presenter."""
        assert self.desk.presenter is not None
        return self.desk.presenter

    def type(self, text: str) -> None:
        """Type as a person does, without waiting."""
        for char in text:
            self.key(Qt.Key(ord(char.upper())), char, 140)

    def scan(self, digits: str) -> int:
        """Scan at a reader's pace; return when the last key was handed over (nanoseconds).

        A reader does not wait for a busy desk: what is due by then comes all at once.
        """
        self._at += 3_000
        began, left, handed = time.perf_counter_ns(), list(digits), [0]
        first = self._at

        def hand_over() -> None:
            due = (time.perf_counter_ns() - began) // (READER_MS * 1_000_000)
            while left and len(digits) - len(left) <= due:
                char = left.pop(0)
                self.key(Qt.Key(ord(char)), char, READER_MS)
            if not left and not handed[0] and len(digits) < due:
                handed[0] = time.perf_counter_ns()
                self.key(Qt.Key.Key_Return, "\r", READER_MS)

        pace = QTimer()
        pace.setTimerType(Qt.TimerType.PreciseTimer)
        pace.timeout.connect(hand_over)
        pace.start(READER_MS)
        self.until(lambda: handed[0], "the end of a scan")
        pace.stop()
        assert self._at - first == (len(digits) + 1) * READER_MS
        return handed[0]

    def press_f10(self) -> int:
        """Press F10; return when (nanoseconds)."""
        from PySide6.QtTest import QTest  # some MB that a desk at rest is not to bear

        began = time.perf_counter_ns()
        QTest.keyClick(self.window.windowHandle(), Qt.Key.Key_F10)
        return began

    def key(self, key: Qt.Key, text: str, gap_ms: int = 140) -> None:
        """Press and release one key, `gap_ms` after the one before by its timestamp."""
        self._at += gap_ms
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, 0, 0, 0, text)
            event.setTimestamp(self._at)
            QCoreApplication.sendEvent(self.window.windowHandle(), event)
