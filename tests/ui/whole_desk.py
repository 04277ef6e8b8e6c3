"""The whole desk in this process: real window, presenter, workers and encrypted files, no network.

Keys are key events sent to the window with their own times; shortcuts go the way of the system's
keys, so focus, shortcut map and the reader's filter all take part.
"""

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from loyalty_desk.app.arguments import parse
from loyalty_desk.app.build import build
from loyalty_desk.paths import places
from loyalty_desk.settings import Settings
from loyalty_desk.ui.counter.presenter import CounterPresenter
from loyalty_desk.ui.main_window import MainWindow
from loyalty_desk.ui.visit.state import VisitState
from tests.desk import club
from tests.desk.club import Till
from tests.ui.test_keyboard_wedge import PLAIN, Keyboard

READER_MS, TYPIST_MS = 6, 120
PATIENCE_MS = 20_000
_LINE_ENDS = {Qt.Key.Key_Return: "\r", Qt.Key.Key_Tab: "\t"}


@dataclass
class Seen:
    """What a scan must leave alone: the text of every field, and everything that was pressed."""

    texts: list[tuple[QLineEdit, str]]
    pressed: list[str] = field(default_factory=list)


class OtherWindows(QObject):
    """Hears of every window but the desk's own: on a till it would take the keys away."""

    def __init__(self, app: QApplication) -> None:
        super().__init__()
        self.seen: list[str] = []
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Every event of the application comes by here: asking for its class is the quickest.
        shows = isinstance(event, QShowEvent) and isinstance(watched, QWidget)
        if shows and watched.isWindow() and not isinstance(watched, MainWindow):
            self.seen.append(repr(watched))
        return False


class WholeDesk:
    """One run of the app on the Clube Jatobá's till, with Joana in a `role`. `close` ends it."""

    def __init__(
        self, app: QApplication, qtbot: QtBot, home: Path, *, role: str = "cashier"
    ) -> None:
        self._app, self._qtbot, self.home = app, qtbot, home
        till = Till(home)
        till.open_shop()
        till.pull(staff=club.the_staff(role))
        till.lend(club.TERESA, 4_000)
        till.close()
        self.clock = till.clock
        self.keyboard = Keyboard()
        self.other_windows = OtherWindows(app)
        here = places(root=home)
        said = parse(["--home", str(home)])
        window = MainWindow()
        window.resize(1366, 768)
        self.app = build(app, window, said, here, Settings(), till.clock)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
        self.app.start()
        self.until(lambda: self.app.presenter is not None)
        self.presenter: CounterPresenter = self.app.presenter
        self.until(lambda: self.presenter.sign_in.view.staff)

    def close(self) -> None:
        self._app.removeEventFilter(self.other_windows)
        self.app.stop()
        self.window.close()
        self.window.deleteLater()
        self.app.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        # What is left must go now and here: the next desk's workers may not end this one's timers.
        del self.app, self.presenter
        gc.collect()

    @property
    def window(self) -> MainWindow:
        return self.app.window

    # What stands on the screen

    @property
    def screen(self) -> str:
        return self.presenter.screen

    @property
    def page(self) -> VisitState:
        return self.presenter.page()

    @property
    def member(self) -> int:
        """Who is open, 0 for nobody."""
        draft = self.presenter.visit.draft
        return draft.member.member if draft is not None and self.screen == "visit" else 0

    @property
    def draft(self):
        return self.presenter.visit.draft

    @property
    def parked(self) -> list[str]:
        return [one.text for one in self.presenter.shell().parked]

    @property
    def focus(self) -> QWidget:
        return QApplication.focusWidget()

    def edits(self) -> list[QLineEdit]:
        return self.window.findChildren(QLineEdit)

    def stops(self) -> list[QWidget]:
        """Everything that can have the focus now."""
        return [
            one
            for one in self.window.findChildren(QWidget)
            if one.focusPolicy() is not Qt.FocusPolicy.NoFocus
            and one.isVisible()
            and one.isEnabled()
        ]

    def watch(self) -> Seen:
        """Remember every field, and hear every press from now on."""
        seen = Seen([(edit, edit.text()) for edit in self.edits()])
        for button in self.window.findChildren(QAbstractButton):
            name = f"{type(button).__name__} {button.accessibleName()}"
            button.clicked.connect(lambda _on=False, name=name: seen.pressed.append(name))
        return seen

    # What the hands do

    def until(self, holds: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(holds()), timeout=PATIENCE_MS)

    def settle(self) -> None:
        """Let the workers answer what was asked so far, and what that asked in turn."""
        for _round in range(4):
            self.app.wait_for_store()
        self._app.processEvents()

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        """Press a key as the system delivers it, shortcuts first, after a rest.

        Keys that end a reader's line go by the same clock as its codes.
        """
        self.keyboard.rest()
        if key in _LINE_ENDS:
            self.keyboard.hit(_LINE_ENDS[key])
        else:
            QTest.keyClick(self.window.windowHandle(), key, modifiers)
        self.settle()

    def type(self, text: str, gap: int = TYPIST_MS) -> None:
        """Type at a person's pace, after a rest."""
        self.keyboard.rest()
        self.keyboard.type(text, gap)
        self.settle()

    def scan(self, code: str, gap: int = READER_MS) -> None:
        """Scan at a reader's pace, after a rest."""
        self.keyboard.rest()
        self.keyboard.type(code + "\r", gap)
        self.settle()

    def sign_in(self, staff: int = club.JOANA) -> None:
        self.scan(club.badge_code(staff))
        self.until(lambda: self.screen == "identify")
