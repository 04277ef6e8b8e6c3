"""One page alone, without the frame around it, drawn in the state that a test asks for."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loyalty_desk.ui import theme
from loyalty_desk.ui.widgets.page import Page

_P = TypeVar("_P", bound=Page)
_S = TypeVar("_S")


def drawer(
    make: Callable[[], _P],
    usual: Callable[[], _S],
    qapp: QApplication,
    qtbot: QtBot,
    *,
    width: int = 1278,
) -> Callable[..., _P]:
    """Return what shows the page in a state, `usual()` for none, and leaves the focus at home."""
    theme.install(qapp, "light")
    page = make()
    qtbot.addWidget(page)
    page.resize(width, 656)

    def drawn(state: _S | None = None) -> _P:
        page.draw(state or usual())
        page.show()
        page.activateWindow()
        qapp.processEvents()
        page.go_home()
        return page

    return drawn
