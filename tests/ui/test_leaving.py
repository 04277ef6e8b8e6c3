"""A manager saves what was not sent, and takes the till off its machine, by keyboard alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loyalty_desk.paths import places
from loyalty_desk.ui import theme
from sync import i18n
from sync.protocol.outbox_file import open_outbox
from tests.desk import club
from tests.ui.whole_desk import WholeDesk

TAB, SPACE, F11 = Qt.Key.Key_Tab, Qt.Key.Key_Space, Qt.Key.Key_F11


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = i18n.language()
    i18n.speak("en")
    yield
    i18n.speak(before)


@pytest.fixture
def desk(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[WholeDesk]:
    theme.install(qapp, "light")
    made = WholeDesk(qapp, qtbot, tmp_path, role="manager")
    made.sign_in()
    yield made
    made.close()


def reach(desk: WholeDesk, name: str) -> None:
    """Walk with Tab until something of that name has the focus."""
    for _step in range(60):
        if desk.focus is not None and desk.focus.accessibleName() == name:
            return
        desk.press(TAB)
    raise AssertionError(f"{name} cannot be reached")


def buy(desk: WholeDesk) -> None:
    desk.scan(club.card_code(club.MARINA))
    desk.type("4200")
    desk.press(Qt.Key.Key_F10)


def test_a_till_that_has_sent_everything_is_gone_from_the_machine(
    desk: WholeDesk, tmp_path: Path
) -> None:
    here = places(root=tmp_path)
    desk.press(F11)
    reach(desk, "Remove this till…")
    desk.press(SPACE)
    desk.until(lambda: desk.focus.accessibleName() == "Back")
    reach(desk, "Remove")
    desk.press(SPACE)

    desk.until(lambda: not desk.window.isVisible())
    desk.app.stop()
    assert not here.ledger.exists()
    assert not here.cache.exists()
    assert not here.salvage.exists()
    assert here.settings.parent.exists()


def test_a_till_with_something_to_send_stays_and_saves_it_in_a_file(
    desk: WholeDesk, tmp_path: Path
) -> None:
    here = places(root=tmp_path)
    buy(desk)
    desk.press(F11)
    reach(desk, "Remove this till…")
    desk.press(SPACE)
    desk.until(lambda: desk.focus.accessibleName() == "Export")
    desk.press(SPACE)

    desk.until(lambda: desk.focus.accessibleName() == "Back")
    (file,) = here.exports.iterdir()
    assert len(open_outbox(file.read_bytes())[1]) == 1
    assert desk.window.isVisible()
    desk.app.stop()
    assert here.ledger.exists()


def test_what_is_recorded_after_the_yes_keeps_the_till(desk: WholeDesk, tmp_path: Path) -> None:
    desk.presenter.pending.settle("till", "leave", None)
    desk.settle()
    buy(desk)
    desk.presenter.pending.settle("till", "leave_now", None)
    desk.app.stop()

    assert places(root=tmp_path).ledger.exists()
