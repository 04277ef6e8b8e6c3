"""Puts the terminal together: the only room that knows every other, and the one with the clock."""

import sys
from collections.abc import Callable, Sequence

from PySide6.QtCore import QLocale, Qt, QTimer
from PySide6.QtWidgets import QApplication

from loyalty_desk.app.arguments import Arguments, parse
from loyalty_desk.app.clock import SystemClock
from loyalty_desk.app.desk_app import DeskApp
from loyalty_desk.app.embedded_server import Address, EmbeddedServer
from loyalty_desk.app.first_window import FirstWindow
from loyalty_desk.crash import watch
from loyalty_desk.paths import Places, places
from loyalty_desk.settings import Settings, load
from loyalty_desk.store.instance_lock import hold_lock
from loyalty_desk.store.keys import Vault, system_vault
from loyalty_desk.ui import theme
from loyalty_desk.ui.main_window import MainWindow
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.programme.refusals import Refused


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
    desk = build(app, window, said, here, settings)
    first = FirstWindow(here, window)
    window.show()
    QTimer.singleShot(0, desk.start)
    try:
        return app.exec()
    finally:
        first.close()
        desk.stop()
        lock.release()


def build(
    app: QApplication, window: MainWindow, said: Arguments, here: Places, settings: Settings
) -> DeskApp:
    """Return the till, put together but not started."""
    embedded = None
    find: Callable[[Callable[[int], None]], Address]
    if said.demo:
        embedded = EmbeddedServer(here.demo / "server", members=said.members, reset=said.reset_demo)
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
        clock=SystemClock(),
        vault=_no_vault if said.demo or said.home else system_vault,
        find=find,
        embedded=embedded,
    )


def _places(said: Arguments) -> Places:
    """The demo is a till of its own: it never shares a file with a real one."""
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
