"""Puts the terminal together: the only room that knows every other, and the one with the clock.

A window stands first: what this module imports is all that its first frame needs. The rest of the
app is imported when that has been painted.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication

from loyalty_desk.app.arguments import Arguments, parse
from loyalty_desk.app.clock import SystemClock
from loyalty_desk.app.waiting import waiting_screen
from loyalty_desk.crash import watch
from loyalty_desk.paths import Places, places
from loyalty_desk.settings import Settings, load
from loyalty_desk.store.instance_lock import InstanceLock, hold_lock
from loyalty_desk.ui import theme
from loyalty_desk.ui.main_window import MainWindow
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.i18n import _
from sync.programme.refusals import Refused

if TYPE_CHECKING:
    from loyalty_desk.app.desk_app import DeskApp
    from loyalty_desk.app.first_window import FirstWindow

_STAYED = 4


def main(argv: Sequence[str]) -> int:
    """Run the desk until its window is closed; returns the exit code.

    4 when the till was to go from this machine and could not; standard error says why.
    """
    said = parse(argv)
    here = _places(said)
    settings = load(here.settings)
    if said.without_window:
        from loyalty_desk.app import without_window

        i18n.speak(_language(said, settings))
        return without_window.run(said, here)
    here.prepare()
    app = QApplication.instance() or QApplication(["loyalty-desk"])
    assert isinstance(app, QApplication)
    app.setApplicationName("Loyalty Desk")
    i18n.speak(_language(said, settings))
    watch(here.log)
    theme.install(app, _theme(said, settings, app))
    try:
        lock = hold_lock(here.lock)
    except Refused as refused:
        return _leave_it_to_the_first(here, refused)
    window = MainWindow()
    window.resize(*said.size)
    if said.tour is not None:
        from loyalty_desk.app.build import lead_tour

        return lead_tour(app, window, said, here, lock)
    return _run(app, window, said, here, settings, lock)


def _run(
    app: QApplication,
    window: MainWindow,
    said: Arguments,
    here: Places,
    settings: Settings,
    lock: InstanceLock,
) -> int:
    clock = SystemClock()
    running: list[tuple[DeskApp, FirstWindow]] = []

    def begin() -> None:
        from loyalty_desk.app.build import build
        from loyalty_desk.app.first_window import FirstWindow

        desk = build(app, window, said, here, settings, clock)
        running.append((desk, FirstWindow(here, lambda: desk.window)))
        desk.start()

    window.first_frame.connect(begin)
    window.show_screen(waiting_screen(_("Opening this till…"), clock.now()))
    window.show()
    with ExitStack() as at_the_end:
        at_the_end.callback(lock.release)
        at_the_end.callback(_end, running)
        code = app.exec()
    for desk, _first in running:
        if desk.stayed is not None:
            why = refusal_text(desk.stayed)
            sys.stderr.write(_("This till could not be removed.") + f" {why}\n")
            return _STAYED
    return code


def _end(running: Sequence[tuple[DeskApp, FirstWindow]]) -> None:
    for desk, first in running:
        first.close()
        desk.stop()


def _leave_it_to_the_first(here: Places, refused: Refused) -> int:
    from loyalty_desk.app.first_window import FirstWindow

    FirstWindow.raise_it(here)
    sys.stderr.write(f"{refusal_text(refused)}\n")
    return 3


def _places(said: Arguments) -> Places:
    """The demo is a till of its own: it never shares a file with a real one."""
    if said.tour is not None:
        return places(root=Path(tempfile.mkdtemp(prefix="loyalty-desk-tour-")))
    if said.home is not None:
        return places(said.profile, root=said.home)
    if said.demo:
        return places(said.profile, root=places(said.profile).demo)
    return places(said.profile)


def _language(said: Arguments, settings: Settings) -> str:
    if said.lang:
        return said.lang
    if settings.language != "system":
        return settings.language
    return i18n.language_of(QLocale.system().name())


def _theme(said: Arguments, settings: Settings, app: QApplication) -> str:
    if said.theme:
        return said.theme
    if settings.theme != "system":
        return settings.theme
    dark = app.styleHints().colorScheme() is Qt.ColorScheme.Dark
    return theme.preferred(dark, high_contrast=False)
