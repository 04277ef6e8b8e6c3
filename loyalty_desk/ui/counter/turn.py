"""One act at a time: while something is being recorded, what is asked for meanwhile waits. Qt-free.

A cashier presses F10 and scans the next customer before the answer is there. The scan must neither
close the visit that is being recorded nor be lost.
"""

from collections import deque
from collections.abc import Callable


class Turn:
    """Whose turn it is at the desk: nobody's, or that of one act that has no answer yet.

    Every `take` is followed by exactly one `end` or `fail`, whatever becomes of the act.
    """

    def __init__(self) -> None:
        self.is_taken = False
        self._waiting: deque[Callable[[], None]] = deque()

    def take(self) -> None:
        """An act begins to be recorded."""
        assert not self.is_taken, "two acts at a time"
        self.is_taken = True

    def when_free(self, act: Callable[[], None]) -> None:
        """Do `act` now, or as soon as the act under way has gone well."""
        if self.is_taken:
            self._waiting.append(act)
        else:
            act()

    def forget(self) -> None:
        """What waits is wanted no more: the till was locked."""
        self._waiting.clear()

    def end(self) -> None:
        """The act has gone well: what waited follows, in its order."""
        self.is_taken = False
        while self._waiting and not self.is_taken:
            self._waiting.popleft()()

    def fail(self) -> None:
        """The act was refused: the cashier has to see why, so what waited is let go."""
        self.is_taken = False
        self._waiting.clear()
