"""One desk a profile: a second start raises the window of the first and ends."""

import hashlib
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from loyalty_desk.paths import Places
from loyalty_desk.ui.main_window import MainWindow

_WAIT_MS = 500


class FirstWindow:
    """Listens on a local socket for later starts of the same profile, and raises `window()`."""

    def __init__(self, here: Places, window: Callable[[], MainWindow]) -> None:
        self._window = window
        self._server = QLocalServer()
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        # The lock is ours, so a socket left behind by a crash has no owner.
        QLocalServer.removeServer(_name(here))
        self._server.listen(_name(here))
        self._server.newConnection.connect(self._raise)

    def close(self) -> None:
        """Listen no longer."""
        self._server.close()

    @staticmethod
    def raise_it(here: Places) -> bool:
        """Ask the first start to show its window; returns whether it heard."""
        socket = QLocalSocket()
        socket.connectToServer(_name(here))
        heard = socket.waitForConnected(_WAIT_MS)
        socket.close()
        return heard

    def _raise(self) -> None:
        while self._server.hasPendingConnections():
            self._server.nextPendingConnection().close()
        window = self._window()
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()


def _name(here: Places) -> str:
    place = hashlib.sha256(str(here.data.resolve()).encode()).hexdigest()[:16]
    return f"loyalty-desk-{place}"
