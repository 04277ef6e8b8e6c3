"""The app itself, started as from the command line, with somebody looking at it.

Run as `python -m tests.e2e.app_probe ARGUMENTS…`. As soon as the window has been painted for the
first time, one JSON line says which modules are loaded. Then each line of standard input is a
question, each line of standard output its JSON answer; the end of the input closes the window.
"""

import json
import sys
import threading

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget


class Probe(QObject):
    """Looks at the one window of the app."""

    asked = Signal(str)

    def __init__(self, app: QApplication) -> None:
        super().__init__()
        self._app = app
        self._window: QWidget | None = None
        self.asked.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice the first paint; what is posted now with this priority comes right behind it."""
        if event.type() is QEvent.Type.Paint and self._window is None:
            self._app.removeEventFilter(self)
            self._window = watched.window()
            QCoreApplication.postEvent(
                self, QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority.value
            )
        return False

    def customEvent(self, _event: QEvent) -> None:
        self._say(sorted(sys.modules))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            self.asked.emit(line.strip())
        self.asked.emit("close")

    def _answer(self, question: str) -> None:
        window = next(one for one in self._app.topLevelWidgets() if one.isVisible())
        if question == "close":
            window.close()
        elif question == "minimise":
            window.showMinimized()
            self._say(window.isMinimized())
        elif question == "look":
            words = [one.text() for one in window.findChildren(QLabel) if one.isVisible()]
            buttons = window.findChildren(QAbstractButton)
            words += [one.accessibleName() for one in buttons if one.isVisible()]
            self._say({"words": words, "minimised": window.isMinimized()})

    @staticmethod
    def _say(answer: object) -> None:
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def main() -> int:
    app = QApplication(["loyalty-desk"])
    probe = Probe(app)
    from loyalty_desk.__main__ import main as run

    code = run()
    probe.deleteLater()
    return code


if __name__ == "__main__":
    sys.exit(main())
