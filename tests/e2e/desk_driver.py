"""A person at the desk, for tests: the real app in a process of its own, driven line by line.

Run as `python -m tests.e2e.desk_driver HOME URL CODE`. Each line of standard input is one JSON
command, each line of standard output its JSON answer. Keys are real key events with timestamps,
sent to the window, so shortcuts, focus and the reader's filter all take part.
"""

import json
import sys
import threading
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from loyalty_desk.app.arguments import parse
from loyalty_desk.app.build import build
from loyalty_desk.app.clock import SystemClock
from loyalty_desk.app.desk_app import DeskApp
from loyalty_desk.paths import places
from loyalty_desk.settings import Settings
from loyalty_desk.ui import theme
from loyalty_desk.ui.main_window import MainWindow
from sync import i18n

TYPIST_MS, READER_MS = 140, 6
_KEYS = {
    "Enter": Qt.Key.Key_Return,
    "Escape": Qt.Key.Key_Escape,
    "Tab": Qt.Key.Key_Tab,
    **{f"F{n}": getattr(Qt.Key, f"Key_F{n}") for n in range(1, 13)},
}


class Commands(QObject):
    """Reads standard input on a thread of its own and hands each line to the window's thread."""

    given = Signal(str)

    def listen(self) -> None:
        def read() -> None:
            for line in sys.stdin:
                self.given.emit(line)
            self.given.emit('{"do": "close"}')

        threading.Thread(target=read, daemon=True).start()


class Person:
    """Hands and eyes."""

    def __init__(self, app: QApplication, desk: DeskApp) -> None:
        self._app = app
        self._desk = desk
        self._window = desk.window
        self._at = 1_000

    def act(self, line: str) -> None:
        command = json.loads(line)
        answer = getattr(self, command.pop("do"))(**command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    def press(self, key: str) -> None:
        if not self._window.isActiveWindow():
            self._window.activateWindow()
            QTest.qWaitForWindowActive(self._window)
        self._key(_KEYS[key], "\r" if key == "Enter" else "", TYPIST_MS)

    def type(self, text: str) -> None:
        for char in text:
            self._key(_code(char), char, TYPIST_MS)

    def scan(self, text: str) -> None:
        self._at += 3_000
        for char in text:
            self._key(_code(char), char, READER_MS)
        self._key(Qt.Key.Key_Return, "\r", READER_MS)

    def consent(self) -> None:
        presenter = self._desk.presenter
        assert presenter is not None
        needed = next(p.id for p in presenter.document().purposes if p.required)
        self._window.pages.enrol.consent_toggled.emit(needed, True)

    def drop(self, path: str) -> None:
        given = QMimeData()
        given.setUrls([QUrl.fromLocalFile(path)])
        self._window.take(given)

    def choose(self, staff: str) -> None:
        self._window.sign_in.person_chosen.emit(staff)

    def look(self) -> dict[str, Any]:
        """What is on the screen, read from what was drawn last."""
        presenter = self._desk.presenter
        if presenter is None:
            return {"screen": "opening"}
        seen: dict[str, Any] = {
            "screen": presenter.screen,
            "pill": presenter.shell().pill.text,
            "staff": {one.name: one.id for one in presenter.sign_in.view.staff},
            "fields": [edit.text() for edit in self._edits()],
        }
        if presenter.screen == "visit" and presenter.visit.view is not None:
            seen |= _visit(presenter.page())
        if presenter.screen == "identify":
            page = presenter.page()
            seen["recent"] = [[v.name, v.effect, v.undo] for v in page.recent]
            seen["found"] = [r.name for r in page.search.results] if page.search else []
            seen["notice"] = page.notice.title if page.notice else ""
        if presenter.screen == "enrol":
            page = presenter.page()
            seen["notes"] = {one.name: one.note for one in page.fields}
            seen["problem"] = page.problem
        return seen

    def card(self) -> None:
        self._window.pages.visit.more_requested.emit()

    def journal(self) -> list[Any]:
        """Every event of this till, as it was recorded."""
        found = self._desk.ledger().outgoing(0, 10_000)
        return [json.loads(body) for body in found.bodies] if found is not None else []

    def status(self) -> dict[str, Any]:
        ledger = self._desk.ledger()
        return {"waiting": ledger.waiting(), "head": ledger.head().seq}

    def sync(self) -> None:
        self._desk.sync_now()

    def grab(self, path: str) -> None:
        self._window.grab().save(path)

    def close(self) -> None:
        self._app.quit()

    def _edits(self) -> list[QLineEdit]:
        return [edit for edit in self._window.findChildren(QLineEdit) if edit.isVisible()]

    def _key(self, key: Qt.Key, text: str, gap_ms: int) -> None:
        self._at += gap_ms
        handle = self._window.windowHandle()
        for kind in (
            QEvent.Type.ShortcutOverride,
            QEvent.Type.KeyPress,
            QEvent.Type.KeyRelease,
        ):
            if kind is QEvent.Type.ShortcutOverride and key not in _SHORTCUTS:
                continue
            if kind is QEvent.Type.ShortcutOverride:
                QTest.keyClick(handle, key)
                return
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, 0, 0, 0, text)
            event.setTimestamp(self._at)
            QCoreApplication.sendEvent(handle, event)


_SHORTCUTS = {_KEYS[name] for name in _KEYS if name.startswith("F")} | {Qt.Key.Key_Escape}


def _code(char: str) -> Qt.Key:
    return Qt.Key(ord(char.upper())) if ord(char) < 128 else Qt.Key.Key_unknown


def _visit(page: Any) -> dict[str, Any]:
    return {
        "name": page.member.name,
        "balance": page.member.balance,
        "tier": page.member.tier_name,
        "centavos": page.amount.centavos,
        "points": page.amount.points,
        "explanation": page.amount.explanation,
        "notice": page.amount.notice.text if page.amount.notice else "",
        "act": page.summary.act,
        "panel": type(page.panel).__name__ if page.panel else "",
        "rewards": {tile.name: tile.reason for tile in page.rewards.tiles},
        "limit": page.rewards.limit,
        "proof": page.panel.proof.title if getattr(page.panel, "proof", None) else "",
        "said": page.summary.proof.note if page.summary.proof else "",
    }


def main() -> int:
    home, url, code = sys.argv[1:4]
    said = parse(["--home", home, "--server", url, "--code", code, "--lang", "pt_BR"])
    here = places(root=Path(home))
    here.prepare()
    app = QApplication(["loyalty-desk"])
    i18n.speak("pt_BR")
    theme.install(app, "light")
    window = MainWindow()
    window.resize(1366, 768)
    desk = build(app, window, said, here, Settings(), SystemClock())
    person = Person(app, desk)
    commands = Commands()
    commands.given.connect(person.act, Qt.ConnectionType.QueuedConnection)
    window.show()
    window.activateWindow()
    desk.start()
    commands.listen()
    code = app.exec()
    desk.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
