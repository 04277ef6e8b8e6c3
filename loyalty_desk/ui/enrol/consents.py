"""What the customer agrees to: one box for each purpose, unticked, with the text to read.

Guarantees that a box is never ticked by the programme unless the state says that a person did.
"""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from loyalty_desk.ui.enrol.state import Consent
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.control import Check
from loyalty_desk.ui.widgets.layout import column, grow, row
from loyalty_desk.ui.widgets.text import Text
from sync.i18n import _

_TALL: Final = (52, 48)
_LOW: Final = (48, 44)


class ConsentRow(QWidget):
    """One purpose: its box, "Read" where there is a text, and whether it is optional."""

    toggled = Signal(str, bool)
    read = Signal(str)

    def __init__(self, consent: Consent) -> None:
        super().__init__()
        purpose, self._has_note = consent.purpose, bool(consent.note)
        self.check = Check(consent.title, consent.note)
        self.check.clicked.connect(lambda on: self.toggled.emit(purpose, on))
        self.read_button = Button(_("Read"), kind="link", size="s")
        self.read_button.setAccessibleName(f"{_('Read')}: {consent.title}")
        self.read_button.clicked.connect(lambda: self.read.emit(purpose))
        if not consent.can_read:
            self.read_button.hide()
        self._side = Text("", "small", "ink3", elide=False)
        self.setLayout(row(grow(self.check), self._side, self.read_button, gap=12))

    def draw(self, consent: Consent) -> None:
        """Show whether it is ticked, and what is missing."""
        if self.check.isChecked() != consent.ticked:
            self.check.setChecked(consent.ticked)
        side = consent.problem or ("" if consent.required else _("optional"))
        self._side.show_as(side, tone="bad" if consent.problem else "ink3")
        self._side.setVisible(bool(side))
        said = [consent.note, side]
        self.check.setAccessibleDescription(". ".join(part for part in said if part))

    def set_low(self, low: bool) -> None:
        """Be less high where the window is low."""
        tall, short = _LOW if low else _TALL
        self.check.setFixedHeight(tall if self._has_note else short)


class ConsentList(QWidget):
    """All purposes of the programme; rebuilt only when their words change."""

    toggled = Signal(str, bool)
    read = Signal(str)
    rebuilt = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ConsentRow] = []
        self._words: tuple[tuple[str, str, str], ...] = ()
        self._low = False
        self._column = column()
        self.setLayout(column(self._column))

    def draw(self, consents: tuple[Consent, ...]) -> None:
        """Show the purposes."""
        words = tuple((one.purpose, one.title, one.note) for one in consents)
        if words != self._words:
            self._words = words
            self._rebuild(consents)
        for one, consent in zip(self._rows, consents, strict=True):
            one.draw(consent)

    def _rebuild(self, consents: tuple[Consent, ...]) -> None:
        for old in self._rows:
            self._column.removeWidget(old)
            old.deleteLater()
        self._rows = [ConsentRow(consent) for consent in consents]
        for one in self._rows:
            one.toggled.connect(self.toggled)
            one.read.connect(self.read)
            one.set_low(self._low)
            self._column.addWidget(one)
        self.rebuilt.emit()

    def stops(self) -> list[QWidget]:
        """Return what Tab stops at, in order."""
        return [stop for one in self._rows for stop in (one.check, one.read_button)]

    def set_low(self, low: bool) -> None:
        """Be less high where the window is low."""
        self._low = low
        for one in self._rows:
            one.set_low(low)
