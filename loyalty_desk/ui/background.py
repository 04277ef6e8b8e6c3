"""Background: work off the screen's thread, answers on it.

The only room with threads. A `Background` is one worker: what is given to it runs in order, one
piece at a time, and its outcome comes back through the event loop. A refusal goes to `failed`; so
does any other fault, which the receiver raises again when it is not one it knows.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

Outcome = TypeVar("Outcome")


class Background(QObject):
    """One worker thread with a name. Answers arrive on the thread that made it."""

    _answered = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._stopped = False
        self._answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], Outcome],
        done: Callable[[Outcome], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Run `work` after everything given before; then `done` or `failed` on this thread.

        After `stop` nothing runs and nothing answers.
        """
        if self._stopped:
            return

        def answer(future: Future[Outcome]) -> None:
            if future.cancelled():
                return
            error = future.exception()
            if error is not None:
                self._answered.emit(lambda: failed(error))
            else:
                self._answered.emit(lambda: done(future.result()))

        self._executor.submit(work).add_done_callback(answer)

    def stop(self) -> None:
        """Finish what runs, drop what waits, end the thread."""
        self._stopped = True
        self._executor.shutdown(wait=True, cancel_futures=True)

    @Slot(object)
    def _deliver(self, deliver: Callable[[], None]) -> None:
        if not self._stopped:
            deliver()
