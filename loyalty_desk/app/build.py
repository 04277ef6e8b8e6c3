"""All parts of a till put together. Imported behind the first frame: most of the app hangs on it.

Nothing is started here; `DeskApp.start` does that.
"""

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QApplication

from loyalty_desk.app.arguments import Arguments
from loyalty_desk.app.clock import SetClock
from loyalty_desk.app.desk_app import DeskApp
from loyalty_desk.app.embedded_server import Address, EmbeddedServer
from loyalty_desk.app.tour import MEMBERS, Tour
from loyalty_desk.desk.counter import Clock
from loyalty_desk.paths import Places
from loyalty_desk.settings import Settings
from loyalty_desk.store.instance_lock import InstanceLock
from loyalty_desk.store.keys import Vault, system_vault
from loyalty_desk.ui.main_window import MainWindow

# The day of the drawn screens: a Saturday.
_TOUR_DAY, _TOUR_ZONE = "2026-11-21", "America/Sao_Paulo"


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


def lead_tour(
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


def _no_vault() -> Vault | None:
    return None
