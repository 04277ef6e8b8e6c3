"""The on-screen keypad: ten digits, erase, and one key that goes on.

Guarantees that pressing it never takes the focus from the field it types into.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from loyalty_desk.ui.widgets.control import PadKey
from sync.i18n import _

_GAP, _LEAST = 10, 44


class KeyPad(QWidget):
    """Three columns, four rows; the keys share the space they are given."""

    digit = Signal(str)
    erased = Signal()
    entered = Signal()

    def __init__(self, go_name: str) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        erase = PadKey(icon="delete", name=_("Erase"))
        erase.clicked.connect(self.erased)
        go = PadKey(icon="arrow-right", name=go_name, primary=True)
        go.clicked.connect(self.entered)
        digits = [self._digit(n) for n in "1234567890"]
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(_GAP)
        for at, key in enumerate([*digits[:9], erase, digits[9], go]):
            grid.addWidget(key, at // 3, at % 3)
            grid.setRowStretch(at // 3, 1)
            grid.setRowMinimumHeight(at // 3, _LEAST)
            grid.setColumnStretch(at % 3, 1)
        self.setLayout(grid)

    def _digit(self, n: str) -> PadKey:
        key = PadKey(n)
        key.clicked.connect(lambda _checked=False: self.digit.emit(n))
        return key
