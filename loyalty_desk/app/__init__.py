"""Puts the terminal together: the only room that knows every other, and the one with the clock."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication

from loyalty_desk.app.arguments import Arguments, parse
from loyalty_desk.app.clock import SetClock, SystemClock
from loyalty_desk.app.desk_app import DeskApp
from loyalty_desk.app.embedded_server import Address, EmbeddedServer
from loyalty_desk.app.first_window import FirstWindow
from loyalty_desk.app.tour import MEMBERS, Tour
from loyalty_desk.crash import watch
from loyalty_desk.desk.counter import Clock
from loyalty_desk.paths import Places, places
from loyalty_desk.settings import Settings, load
from loyalty_desk.store.instance_lock import InstanceLock, hold_lock
from loyalty_desk.store.keys import Vault, system_vault
from loyalty_desk.ui import theme
from loyalty_desk.ui.main_window import MainWindow
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.programme.refusals import Refused

# The day of the drawn screens: a Saturday.
_TOUR_DAY, _TOUR_ZONE = "2026-11-21", "America/Sao_Paulo"


def main(argv: Sequence[str]) -> int:
    """Run the desk until its window is closed; returns the exit code."""
    said = parse(argv)
    here = _places(said)
    here.prepare()
    settings = load(here.settings)
    app = QApplication.instance() or QApplication(["loyalty-desk"])
    assert isinstance(app, QApplication)
    app.setApplicationName("Loyalty Desk")
    i18n.speak(_language(said, settings))
    watch(here.log)
    theme.install(app, _theme(said, settings, app))
    try:
        lock = hold_lock(here.lock)
    except Refused as refused:
        FirstWindow.raise_it(here)
        sys.stderr.write(f"{refusal_text(refused)}\n")
        return 3
    window = MainWindow()
    window.resize(*said.size)
    if said.tour is not None:
        return _lead(app, window, said, here, lock)
    desk = build(app, window, said, here, settings, SystemClock())
    first = FirstWindow(here, lambda: desk.window)
    window.first_frame.connect(desk.start)
    window.show()
    try:
        return app.exec()
    finally:
        first.close()
        desk.stop()
        lock.release()


def build(
    app: QApplication,
    window: MainWindow,
    said: Arguments,
    here: Places,
    settings: Settings,
    clock: Clock,
) -> DeskApp:
    """Return the till, put together but not started."""
    embedded = None
    find: Callable[[Callable[[int], None]], Address]
    if said.demo:
        embedded = EmbeddedServer(
            here.demo / "server",
            members=said.members,
            reset=said.reset_demo,
            clock=clock.now() if isinstance(clock, SetClock) else 0,
        )
        find = embedded.start
    else:
        address = Address(said.server or settings.server_url, said.code)

        def find(_progress: Callable[[int], None]) -> Address:
            if not address.url:
                raise ConnectionError("no server is set")
            return address

    return DeskApp(
        app,
        window,
        places=here,
        clock=clock,
        vault=_no_vault if said.demo or said.home else system_vault,
        find=find,
        embedded=embedded,
    )


def _lead(
    app: QApplication, window: MainWindow, said: Arguments, here: Places, lock: InstanceLock
) -> int:
    """Lead the tour on a till of its own, and throw the till away."""
    folder = said.tour
    assert folder is not None
    clock = SetClock(_TOUR_DAY, _TOUR_ZONE)
    clock.set("06:58")
    said = replace(said, members=said.members or MEMBERS)
    desk = build(app, window, said, here, Settings(), clock)
    window.show()
    try:
        pictures = Tour(app, desk, clock, folder).run()
    finally:
        desk.stop()
        lock.release()
        shutil.rmtree(here.demo.parents[1], ignore_errors=True)
    sys.stdout.write(f"{pictures} pictures in {folder}\n")
    return 0


def _places(said: Arguments) -> Places:
    """The demo is a till of its own: it never shares a file with a real one."""
    if said.tour is not None:
        return places(root=Path(tempfile.mkdtemp(prefix="loyalty-desk-tour-")))
    if said.home is not None:
        return places(said.profile, root=said.home)
    if said.demo:
        return places(said.profile, root=places(said.profile).demo)
    return places(said.profile)


def _no_vault() -> Vault | None:
    return None


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
