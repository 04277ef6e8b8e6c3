"""The desk as a running program: window first, then the till's files, then the line.

The first frame is painted before any file is opened; the store's worker opens them, the sync
worker finds the server, the asking worker has points lent, the listening worker hears of news. All
report to the window's thread, which alone touches the screen.
"""

import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from loyalty_desk.app.ear import Ear
from loyalty_desk.app.embedded_server import Address, EmbeddedServer
from loyalty_desk.app.line_keeper import LineKeeper
from loyalty_desk.app.link import Link
from loyalty_desk.app.papers import Papers
from loyalty_desk.app.waiting import waiting_screen
from loyalty_desk.crash import log
from loyalty_desk.desk.counter import Clock, Counter
from loyalty_desk.desk.outbox import check_leave, export_outbox
from loyalty_desk.paths import Places
from loyalty_desk.settings import Language, load, save
from loyalty_desk.store.keys import Keys, Vault, load_keys
from loyalty_desk.store.ledger import Ledger
from loyalty_desk.store.opening import Store, open_store
from loyalty_desk.store.removal import remove_store
from loyalty_desk.ui.background import Background
from loyalty_desk.ui.counter.floor import Floor
from loyalty_desk.ui.counter.lookout import LineNews
from loyalty_desk.ui.counter.presenter import CounterPresenter
from loyalty_desk.ui.main_window import MainWindow
from loyalty_desk.ui.pages import Pages
from loyalty_desk.ui.scan.keyboard_wedge import KeyboardWedge
from loyalty_desk.ui.screen import Screen
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.i18n import _
from sync.programme.refusals import Reason, Refused

_IDLE_AFTER_MS = 1_000
_SECOND_MS = 1_000
_NEXT_LANGUAGE: Mapping[str, Language] = {"pt_BR": "en", "en": "pt_BR"}


class DeskApp(QObject):
    """One till from start to end. `start` opens it; `stop` closes it, safely at any moment."""

    progressed = Signal(int)
    ready = Signal()

    def __init__(
        self,
        app: QApplication,
        window: MainWindow,
        *,
        places: Places,
        clock: Clock,
        vault: Callable[[], Vault | None],
        find: Callable[[Callable[[int], None]], Address],
        embedded: EmbeddedServer | None,
    ) -> None:
        super().__init__()
        self._app = app
        self.window = window
        self._places = places
        self._clock = clock
        self._vault = vault
        self._find = find
        self._embedded = embedded
        self.store_worker = Background("store", self)
        self.sync_worker = Background("sync", self)
        self.asking_worker = Background("asking", self)
        self.listening_worker = Background("listening", self)
        self._store: Store | None = None
        self._link: LineKeeper | None = None
        self.presenter: CounterPresenter | None = None
        self._unopened: Refused | None = None
        self._leaves = False
        self.stayed: Refused | None = None
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.timeout.connect(self._tidy)
        self._seconds = QTimer(self)
        self._seconds.timeout.connect(self._second)
        self.progressed.connect(self._show_progress)
        self.window.language_requested.connect(self.change_language)
        self._show_waiting()

    def start(self) -> None:
        """Open the till's files; call it when the first frame stands."""
        self.store_worker.run(self._open, self._opened, self._could_not_open)

    def stop(self) -> None:
        """End the workers, close the files, end the embedded server.

        What the store was asked for before is done: a visit goes on hold when its window closes.
        `stayed` says afterwards why a till that was to go from this machine is not all gone.
        """
        self._seconds.stop()
        if self._store is not None:
            self.wait_for_store()
        self._idle.stop()
        if self._link is not None:
            self._link.stop()
        if self._embedded is not None:
            self._embedded.stop()
        self.sync_worker.stop()
        self.asking_worker.stop()
        self.listening_worker.stop()
        self.store_worker.stop()
        if self.window.wedge is not None:
            self.window.wedge.stop()
        if self._store is not None:
            self._close(self._store)
            self._store = None

    def _close(self, store: Store) -> None:
        now = self._clock.now()
        try:
            try:
                if self._leaves:
                    # Asked again: something may have been begun since the question was answered.
                    check_leave(store.ledger, now=now)
            finally:
                store.close(now)
            if self._leaves:
                remove_store(self._places)
        except Refused as refused:
            self.stayed = refused
            log.error("not removed", extra={"code": refused.reason.value})

    def ledger(self) -> Ledger:
        """Return the open ledger; a question before the till is open is a fault of ours."""
        assert self._store is not None
        return self._store.ledger

    def sync_now(self) -> None:
        """Go a round as soon as may be."""
        self._after_act()

    def pause_line(self) -> None:
        """Go no more rounds; for the tour, whose clock is not the server's."""
        if self._link is not None:
            self._link.pause()

    def is_synced(self) -> bool:
        """Say whether all members are here and nothing waits to be sent."""
        store = self._store
        if store is None or store.ledger.waiting():
            return False
        return store.members.freshness().complete

    def change_language(self) -> None:
        """Speak the next language, now and at the next start: the window is made anew in it."""
        language = _NEXT_LANGUAGE[i18n.language()]
        i18n.speak(language)
        old, self.window = self.window, MainWindow()
        if old.wedge is not None:
            old.wedge.stop()
            old.wedge.deleteLater()
        self.window.setGeometry(old.normalGeometry() if old.isMaximized() else old.geometry())
        self.window.setWindowState(old.windowState())
        self.window.language_requested.connect(self.change_language)
        if self.presenter is None:
            self._show_waiting()
        else:
            self._give_window(self.presenter)
            self.presenter.redraw()
        self.window.show()
        self.window.activateWindow()
        old.hide()
        old.deleteLater()
        self._keep_language(language)

    def _keep_language(self, language: Language) -> None:
        place = self._places.settings

        def failed(error: BaseException) -> None:
            if not isinstance(error, OSError):
                raise error
            if self.presenter is not None:
                self.presenter.refused(Refused(Reason.DISK_FULL))

        self.store_worker.run(
            lambda: save(place, replace(load(place), language=language)),
            lambda _none: None,
            failed,
        )

    def wait_for_store(self) -> None:
        """Come back when the store's worker has done and told everything it was given so far."""
        done = QEventLoop()
        self.store_worker.run(lambda: None, lambda _none: done.quit(), self._lost)
        done.exec()

    def _open(self) -> tuple[Keys, Store]:
        random = secrets.token_bytes
        keys = load_keys(self._places, random_bytes=random, vault=self._vault())
        now = self._clock.now()
        return keys, open_store(self._places, keys, random_bytes=random, now=now)

    def _opened(self, opened: tuple[Keys, Store]) -> None:
        keys, self._store = opened
        store = self._store
        counter = Counter(
            store.ledger,
            store.members,
            self._clock,
            secrets.token_bytes,
            free_bytes=lambda: shutil.disk_usage(self._places.data).free,
            damage=store.watch.damage,
        )
        link = Link(counter, store, keys, lambda: self._find(self.progressed.emit))
        ear = Ear(self.listening_worker, link, _jitter, lambda: self._clock.mono() / 1000)
        self._link = LineKeeper(self.sync_worker, link, self._heard, _jitter, ear)
        floor = Floor(
            counter=counter,
            store=self.store_worker,
            asking=self.asking_worker,
            lend=link.borrow,
            lend_units=link.borrow_units,
            save_outbox=lambda: self._save_outbox(counter, keys),
            leave=self._leave,
            undo_seconds=15,
        )
        presenter = CounterPresenter(floor, show=self._show, sync_now=self._after_act)
        self.presenter = presenter
        papers = Papers(self.asking_worker, counter, link, self._places, presenter)
        presenter.papers.save_card = papers.card
        presenter.papers.save_slip = papers.pending
        self._give_window(presenter)
        presenter.start()
        self._seconds.start(_SECOND_MS)
        self._link.now()
        self.ready.emit()

    def _give_window(self, presenter: CounterPresenter) -> None:
        window = self.window
        window.attach(presenter, Pages(window.shell, window.sign_in, presenter))
        window.listen(KeyboardWedge(self._app))
        window.image_given.connect(self._read_image)

    def _could_not_open(self, error: BaseException) -> None:
        if not isinstance(error, Refused):
            raise error
        self._unopened = error
        self._show_waiting()

    def _show(self, screen: Screen) -> None:
        self.window.show_screen(screen)
        if not self._idle.isActive():  # a desk that is redrawn all the time is tidied all the same
            self._idle.start(_IDLE_AFTER_MS)

    def _after_act(self) -> None:
        if self._link is not None:
            self._link.now()

    def _heard(self, news: LineNews) -> None:
        if self.presenter is not None:
            self.presenter.lookout.news(news)

    def _second(self) -> None:
        if self.presenter is not None:
            self.presenter.tick()

    def _tidy(self) -> None:
        store, now = self._store, self._clock.now()
        if store is not None:
            self.store_worker.run(lambda: store.idle(now), lambda _none: None, self._untidied)

    def _untidied(self, error: BaseException) -> None:
        """What a full disk did not take waits for the next moment; the status says that it is."""
        if not isinstance(error, Refused):
            raise error

    def _read_image(self, data: bytes) -> None:
        from loyalty_desk.devices.qr_image import decode_image

        presenter = self.presenter
        assert presenter is not None

        def failed(error: BaseException) -> None:
            if not isinstance(error, Refused):
                raise error
            presenter.refused(error)

        self.store_worker.run(
            lambda: decode_image(data), lambda codes: presenter.scanned(codes[0]), failed
        )

    def _save_outbox(self, counter: Counter, keys: Keys) -> tuple[int, Path]:
        """Save what the server does not have; return how many events, and the file."""
        at = counter.local(counter.now())
        file = (
            self._places.exports / f"outbox-{counter.identity().terminal}-{at:%Y-%m-%d-%H%M%S}.txt"
        )
        now = self._clock.now()
        return export_outbox(counter.ledger, keys.signing_key, file, now=now), file

    def _leave(self) -> None:
        """Take the till off this machine: its files go when the desk has ended."""
        self._leaves = True
        self.window.close()

    def _show_progress(self, percent: int) -> None:
        words = _("Preparing the demo club: {n}%").format(n=percent)
        if self.presenter is not None:
            self.presenter.preparing(words)

    def _show_waiting(self) -> None:
        why = self._unopened
        words = refusal_text(why) if why else _("Opening this till…")
        self.window.show_screen(waiting_screen(words, self._clock.now()))

    @staticmethod
    def _lost(error: BaseException) -> None:
        raise error


def _jitter() -> float:
    return secrets.randbelow(1_000_000) / 1_000_000
