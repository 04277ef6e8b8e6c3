"""A whole desk for a test: its window, its files and everything between, in Portuguese."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loyalty_desk.ui import theme
from sync import i18n
from tests.ui.whole_desk import WholeDesk


@pytest.fixture
def portuguese() -> Iterator[None]:
    before = i18n.language()
    i18n.speak("pt_BR")
    yield
    i18n.speak(before)


@pytest.fixture
def desk(portuguese: None, qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[WholeDesk]:
    theme.install(qapp, "light")
    made = WholeDesk(qapp, qtbot, tmp_path)
    yield made
    QGuiApplication.clipboard().clear()
    made.close()
    assert made.other_windows.seen == []
