"""The ear: hears from the server that there is news, on a worker of its own.

It only ever brings a round forward. Where no stream lasts, the till asks at its intervals as it
would without one. Opened after a round that succeeded, so that a till that is offline does not try.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from loyalty_desk.app.link import Link
from loyalty_desk.ui.background import Background
from sync.client.outcomes import Offline, Outdated, Rejected, ServerFault
from sync.client.schedule import Listening
from sync.client.stream import News
from sync.programme.refusals import Refused


class Ear(QObject):
    """Listens when it is asked to; `told` says what was heard, `lost` that the stream ended."""

    told = Signal(object)
    lost = Signal()

    def __init__(
        self,
        worker: Background,
        link: Link,
        random01: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__()
        self._worker = worker
        self._link = link
        self._monotonic = monotonic
        self._listening = Listening(random01)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._open)
        self._asked = False
        self._began = 0.0
        self._not_before = 0.0
        self.is_open = False
        self._stopped = False
        self.told.connect(self._hears)

    def listen(self) -> None:
        """See to it that there is a stream, now or as soon as one may be tried again."""
        if self._asked or self._stopped:
            return
        self._asked = True
        self._timer.start(max(0, int((self._not_before - self._monotonic()) * 1000)))

    def stop(self) -> None:
        """End the stream, and open no more."""
        self._stopped = True
        self._timer.stop()
        self._link.deafen()

    def _open(self) -> None:
        if self._stopped:
            return
        self._began = self._monotonic()
        self._worker.run(lambda: self._link.listen(self._heard), lambda _none: None, self._ended)

    def _heard(self, news: News) -> None:
        # On the worker: the signal brings it to the window's thread.
        if news.kind != "ping" or not self.is_open:
            self.told.emit(news)

    def _hears(self, news: News) -> None:
        self.is_open = True

    def _ended(self, error: BaseException) -> None:
        if not isinstance(error, Offline | ServerFault | Outdated | Rejected | Refused):
            raise error
        now = self._monotonic()
        self._not_before = now + self._listening.after(now - self._began)
        was_open, self.is_open, self._asked = self.is_open, False, False
        if was_open and not self._stopped:
            self.lost.emit()
