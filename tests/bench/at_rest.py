"""A window at rest: prints the resident memory of a bare window, or of the desk, after a while.

`python -m tests.bench.at_rest bare|desk HOME SECONDS`.
"""

import sys
import time
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Show a window, use it once, wait, print the resident memory in kB."""
    kind, home, after = arguments
    if kind == "bare":
        _bare(float(after))
    else:
        _desk(home, float(after))
    return 0


def _bare(after: float) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

    app = QApplication(["bare"])
    window = QMainWindow()
    window.setCentralWidget(QWidget())
    window.resize(1366, 768)
    window.show()
    QTimer.singleShot(int(after * 1_000), app.quit)
    app.exec()
    _say()


def _desk(home: str, after: float) -> None:
    from tests.bench.hands import Hands, Painted

    hands = Hands(home)
    painted = Painted(hands.window.shell)
    hands.until(lambda: painted.at, "the first paint")
    end = time.monotonic() + after
    hands.sign_in()
    hands.type("maria sil")
    hands.until(lambda: hands.presenter.idle.view.found, "somebody found")
    hands.rest(max(0, int((end - time.monotonic()) * 1_000)))
    _say()
    hands.close()


def _say() -> None:
    # Not at the top: the bare window is not to bear what only its measurement needs.
    from tests.bench.memory import resident_kb

    print(resident_kb(), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
