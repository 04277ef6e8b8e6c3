"""Beside the form: the code for the customer's own phone, the text being read, what follows.

Guarantees that a text is read in place, without covering the form.
"""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from loyalty_desk.ui.enrol.state import After, Consent, SelfService
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.control import Check
from loyalty_desk.ui.widgets.layout import SPRING, centre, column, grow, hosted
from loyalty_desk.ui.widgets.qr import QrCode
from loyalty_desk.ui.widgets.scroll import ScrollArea
from loyalty_desk.ui.widgets.surface import Surface
from loyalty_desk.ui.widgets.text import Prose, Text
from sync.i18n import _

_QR_SIDE = 188
_PAD = 25
_TITLE_HEIGHT = 22 + 6 + 18  # title, gap, note
_CODE_HEIGHT = 18 + 2 * 15 + _QR_SIDE  # gap, paper, code
_LINE_SEPARATOR = "\N{LINE SEPARATOR}"


class SelfServiceCard(Surface):
    """The customer does it on their own phone."""

    def __init__(self) -> None:
        self._note = Text("", "small", "ink3", align="center")
        self._code = QrCode(_QR_SIDE, _("Code for the customer's phone"))
        self._paper = Surface("paper", column(self._code, pad=14))
        self._sentence = Prose("", "small", "ink2", align="center")
        self._under = hosted(column(self._sentence, pad=(18, 0, 0, 0)))
        title = Text(_("Or let the customer do it"), "h2", align="center")
        frame = hosted(column(centre(self._paper), pad=(18, 0, 0, 0)))
        self._frame = frame
        super().__init__(
            "card",
            column(
                SPRING,
                title,
                6,
                self._note,
                frame,
                self._under,
                SPRING,
                pad=24,
            ),
        )

    def draw(self, state: SelfService) -> None:
        """Show the code, or why there is none."""
        self._note.set_text(state.note)
        self._sentence.set_text(state.sentence)
        self._code.set_modules(state.modules)
        self._frame.setVisible(bool(state.modules))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the sentence away where the code needs the height."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """A code that is cut cannot be read; the words around it can be said."""
        if self._frame.isHidden():
            self._under.setVisible(True)
            return
        edges = self.contentsRect().width() - 2 * _PAD
        words = _TITLE_HEIGHT + 18 + self._sentence.heightForWidth(edges)
        self._under.setVisible(self.height() >= 2 * _PAD + words + _CODE_HEIGHT)

    def set_compact(self, compact: bool) -> None:
        """Use less space at the sides."""
        side = 21 if compact else 25
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(side, 25, side, 25)


class ReadingCard(Surface):
    """The whole text of one purpose."""

    closed = Signal()

    def __init__(self) -> None:
        self._title = Prose("", "body-strong", "ink")
        self._text = Prose("", "small", "ink2")
        self._area = ScrollArea(hosted(column(self._text, SPRING, pad=(0, 8, 0, 0))))
        self._close = Button(_("Close text"), size="s")
        super().__init__("card", column(self._title, 12, grow(self._area), 12, self._close, pad=20))
        self._close.clicked.connect(self.closed)

    def draw(self, consent: Consent) -> None:
        """Show the text of a purpose."""
        self._title.set_text(consent.title)
        self._text.set_text(consent.full_text.replace("\n", _LINE_SEPARATOR))
        self._area.setAccessibleName(consent.title)

    def stops(self) -> list[QWidget]:
        """Return what Tab stops at, in order."""
        return [self._area, self._close]


class AfterCard(Surface):
    """What happens once the member exists."""

    toggled = Signal(str, bool)
    rebuilt = Signal()

    def __init__(self) -> None:
        self._checks: list[Check] = []
        self._words: tuple[tuple[str, str, str], ...] = ()
        self._column = column()
        title = Text(_("After enrolling"), "body-strong")
        super().__init__("card", column(title, 4, self._column, pad=(18, 20)))

    def draw(self, after: tuple[After, ...]) -> None:
        """Show the choices; rebuilt only when their words change."""
        words = tuple((one.name, one.title, one.reason) for one in after)
        if words != self._words:
            self._words = words
            self._rebuild(after)
        for check, one in zip(self._checks, after, strict=True):
            check.setEnabled(not one.reason)
            check.setChecked(one.ticked)

    def _rebuild(self, after: tuple[After, ...]) -> None:
        for old in self._checks:
            self._column.removeWidget(old)
            old.deleteLater()
        self._checks = [Check(one.title, one.reason, "body") for one in after]
        for check, one in zip(self._checks, after, strict=True):
            check.clicked.connect(lambda on, name=one.name: self.toggled.emit(name, on))
            self._column.addWidget(check)
        self.rebuilt.emit()

    def stops(self) -> list[QWidget]:
        """Return what Tab stops at, in order."""
        return list(self._checks)
