"""The window: holds the shell and the screens, and carries scans, pastes and files to the desk.

No feature lives here. Whatever a person does becomes one call of the counter's presenter; what
comes back is one `Screen` value, drawn as it is. Until the till's files are open there is the
sign-in screen only, and nothing is imported that it does not need.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QImageWriter,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from loyalty_desk.ui.screen import Screen
from loyalty_desk.ui.shell.page import Shell
from loyalty_desk.ui.sign_in.page import SignInPage
from loyalty_desk.ui.sign_in.state import SignInState

if TYPE_CHECKING:
    from loyalty_desk.ui.counter.presenter import CounterPresenter
    from loyalty_desk.ui.pages import Pages
    from loyalty_desk.ui.scan.keyboard_wedge import KeyboardWedge

_IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif")
_FILE_MAX = 20 * 1024 * 1024
_UNSEEN_MS = 1_000


class MainWindow(QWidget):
    """The one window of the desk. `attach` a presenter once its till is open.

    `first_frame` is told once, when the window has been painted for the first time; a second after
    it was shown where nobody sees it.
    """

    first_frame = Signal()
    closed = Signal()
    image_given = Signal(bytes)
    language_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Loyalty Desk")
        self.setMinimumSize(1024, 720)
        self.setAcceptDrops(True)
        self.shell = Shell()
        self.shell.language_requested.connect(self.language_requested)
        self.sign_in = SignInPage()
        self.shell.add_page("sign_in", self.sign_in)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.shell)
        self._presenter: CounterPresenter | None = None
        self._pages: Pages | None = None
        self._stands = ""
        self._is_new = True
        self.wedge: KeyboardWedge | None = None

    def attach(self, presenter: CounterPresenter, pages: Pages) -> None:
        """Let a presenter hear everything from now on."""
        self._presenter, self._pages = presenter, pages
        self._bind_paste()

    @property
    def pages(self) -> Pages:
        """Return the screens; there are none before the till is open."""
        assert self._pages is not None
        return self._pages

    def listen(self, wedge: KeyboardWedge) -> None:
        """Hear the keyboard of the reader from now on."""
        self.wedge = wedge
        wedge.scanned.connect(self._scanned)

    def show_screen(self, screen: Screen) -> None:
        """Draw everything: the whole desk, or the sign-in screen alone while there is no more."""
        if self._pages is not None:
            self._pages.show(screen)
        elif isinstance(screen.page, SignInState):
            self.shell.draw(screen.shell)
            self.sign_in.draw(screen.page)
            self.shell.show_page(screen.name)
        self._stands = screen.name if screen.page is not None else self._stands

    def showEvent(self, event: QShowEvent) -> None:
        """Wait for the first frame, though not for ever: a covered window is not painted."""
        super().showEvent(event)
        if self._is_new:
            QTimer.singleShot(_UNSEEN_MS, self._tell_first_frame)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The screens paint themselves, right behind this; then the first frame stands."""
        super().paintEvent(event)
        if self._is_new:
            QTimer.singleShot(0, self._tell_first_frame)

    def _tell_first_frame(self) -> None:
        if self._is_new:
            self._is_new = False
            self.first_frame.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Come back from the till ready to be typed into; a field that had the focus keeps it."""
        super().changeEvent(event)
        returns = event.type() is QEvent.Type.ActivationChange and self.isActiveWindow()
        if returns and self._stands and not isinstance(self.focusWidget(), QLineEdit):
            self.shell.page(self._stands).go_home()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Put an unfinished visit on hold, as when the till is locked, and tell the app."""
        super().closeEvent(event)
        if self._presenter is not None:
            self._presenter.lock()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What is typed while the frame has the focus is meant for the screen.

        What the screen itself has left over it leaves again.
        """
        if self._stands:
            self.shell.page(self._stands).keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept a receipt's XML or a picture of a code."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        self.take(event.mimeData())

    def take(self, given: QMimeData) -> None:
        """Take an image, files or text from the clipboard or a drop."""
        if self._presenter is None:
            return
        if given.hasImage():
            image = given.imageData()
            if isinstance(image, QImage):
                self.image_given.emit(png_of(image))
        elif given.hasUrls():
            for url in given.urls():
                if url.isLocalFile():
                    self._take_file(url.toLocalFile())
                else:  # a link, such as that of a receipt's code, means what it says
                    self._scanned(url.toString())
        elif given.hasText():
            self._scanned(given.text())

    def _take_file(self, path: str) -> None:
        file = Path(path)
        if self._presenter is None:
            return
        data = _contents_of(file)
        if file.suffix.lower() in _IMAGES:
            self.image_given.emit(data)
        else:
            self._presenter.receipt_file(data)
            self.pages.await_amount()

    def _scanned(self, text: str) -> None:
        if self._presenter is not None:
            self.pages.scanned(text)

    def _bind_paste(self) -> None:
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self)
        shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
        shortcut.activated.connect(self._paste)

    def _paste(self) -> None:
        """A picture or file is taken by the desk; text goes into the field that has the focus."""
        given: QMimeData | None = QGuiApplication.clipboard().mimeData()
        if given is None:  # nothing was copied yet
            return
        focus = QApplication.focusWidget()
        paste_text = getattr(focus, "paste", None)
        if given.hasText() and not given.hasUrls() and callable(paste_text):
            paste_text()
        else:
            self.take(given)


def _contents_of(file: Path) -> bytes:
    """Return what is in a file; nothing for a folder and for what cannot be read."""
    try:
        if not file.is_file():
            return b""
        if file.stat().st_size > _FILE_MAX:
            return b"\0" * (_FILE_MAX + 1)
        return file.read_bytes()
    except OSError:
        return b""


def png_of(image: QImage) -> bytes:
    """Return an image as PNG bytes."""
    store = QByteArray()
    buffer = QBuffer(store)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return bytes(store.data())
