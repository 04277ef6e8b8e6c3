"""A window's first paint, in a process that does nothing else: the desk's, or a bare one.

`python -m tests.bench.first_paint bare|desk HOME` prints two numbers of nanoseconds as soon as the
window has been painted, the monotonic clock and how long the thread has waited for a processor; and
ends. With `stay` as a last word it goes on until its standard input ends.

This module imports nothing that the bare window would not need anyway.
"""

import os
import sys
import time
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

SIZE = (1366, 768)


class Watch(QObject):
    """Waits until a window has been painted for the first time, and reports."""

    def __init__(self) -> None:
        super().__init__()
        self._is_told = False

    def look_at(self, window: QWidget) -> None:
        """Watch a window that is about to be shown."""
        window.windowHandle().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A window is painted, children included, while it learns that it is exposed."""
        if event.type() is QEvent.Type.Expose and not self._is_told:
            self._is_told = True
            # What is posted now with this priority comes first after the paint.
            QCoreApplication.postEvent(
                self, QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority.value
            )
        return False

    def customEvent(self, _event: QEvent) -> None:
        """The paint is done."""
        sys.stdout.write(f"{time.monotonic_ns()} {_queued_ns()}\n")
        sys.stdout.flush()
        if sys.argv[-1] != "stay":
            os._exit(0)


def _bare() -> int:
    app = QApplication(["bare"])
    watch = Watch()

    class Bare(QMainWindow):
        def showEvent(self, event: QShowEvent) -> None:
            super().showEvent(event)
            watch.look_at(self)

    window = Bare()
    window.setCentralWidget(QWidget())
    window.resize(*SIZE)
    window.show()
    return app.exec()


def _desk(home: str) -> int:
    import loyalty_desk.app as room

    watch = Watch()

    class Watched(room.MainWindow):
        def showEvent(self, event: QShowEvent) -> None:
            super().showEvent(event)
            watch.look_at(self)

    room.MainWindow = Watched
    # Nobody listens on the discard port: the till works as it does without a network.
    return room.main(["--home", home, "--server", "http://127.0.0.1:9"])


def _queued_ns() -> int:
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1])
    except OSError:
        return 0


def main(arguments: Sequence[str]) -> int:
    """Show a window."""
    return _bare() if arguments[0] == "bare" else _desk(arguments[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
