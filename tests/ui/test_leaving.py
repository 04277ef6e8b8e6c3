"""A manager saves what was not sent, and takes the till off its machine, by keyboard alone."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loyalty_desk.app import main
from loyalty_desk.paths import places
from loyalty_desk.store.instance_lock import hold_lock
from loyalty_desk.ui import theme
from loyalty_desk.ui.main_window import MainWindow
from sync import i18n
from sync.programme.refusals import Reason
from sync.protocol.outbox_file import open_outbox
from tests.desk import club
from tests.desk.club import Till
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


def test_what_is_recorded_before_the_yes_keeps_the_till(desk: WholeDesk, tmp_path: Path) -> None:
    desk.presenter.pending.settle("till", "leave", None)
    desk.settle()
    buy(desk)
    desk.presenter.pending.settle("till", "leave_now", None)
    desk.settle()
    assert desk.window.isVisible()
    desk.app.stop()

    assert places(root=tmp_path).ledger.exists()
    assert desk.app.stayed is None


def test_a_visit_that_is_begun_while_the_desk_closes_waits_on_hold_and_keeps_the_till(
    desk: WholeDesk, tmp_path: Path
) -> None:
    desk.scan(club.card_code(club.MARINA))
    desk.presenter.pending.settle("till", "leave_now", None)
    desk.presenter.visit.amount(4_200)  # before the answer is there
    desk.until(lambda: not desk.window.isVisible())
    desk.app.stop()

    assert desk.app.stayed.reason is Reason.VISIT_UNFINISHED
    assert places(root=tmp_path).ledger.exists()


def test_a_disk_that_lets_nothing_go_keeps_the_till_whole(desk: WholeDesk, tmp_path: Path) -> None:
    here = places(root=tmp_path)
    here.ledger_hurt.mkdir()
    desk.presenter.pending.settle("till", "leave_now", None)
    desk.until(lambda: not desk.window.isVisible())
    desk.app.stop()

    assert desk.app.stayed.reason is Reason.DISK_FULL
    assert here.ledger.exists()
    assert here.cache.exists()


def test_a_till_that_could_not_go_is_told_on_the_way_out_and_can_be_opened_again(
    qapp: QApplication,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for hooked in (sys, threading):  # the programme takes these; what was there comes back
        monkeypatch.setattr(hooked, "excepthook", hooked.excepthook)
    till = Till(tmp_path)
    till.open_shop()
    till.close()
    here = places(root=tmp_path)
    looking = QTimer()

    def leave() -> None:
        for window in qapp.topLevelWidgets():
            if isinstance(window, MainWindow) and window._presenter is not None:
                looking.stop()
                here.ledger_hurt.mkdir()
                window._presenter._floor.leave()

    looking.timeout.connect(leave)
    looking.start(20)

    assert main(["--home", str(tmp_path), "--lang", "en"]) == 4
    assert "This till could not be removed." in capsys.readouterr().err
    assert '"code": "disk_full"' in here.log.read_text(encoding="utf-8")
    hold_lock(here.lock).release()
    assert here.ledger.exists()


def asked(desk: WholeDesk) -> None:
    """The question whether the till may go is asked, and the safe answer has the focus."""
    while desk.screen != "identify" or desk.page.tray is not None:
        desk.press(Qt.Key.Key_Escape)
    desk.press(F11)
    reach(desk, "Remove this till…")
    desk.press(SPACE)
    desk.until(lambda: desk.focus.accessibleName() == "Back")


def test_the_question_takes_the_focus_each_time_it_is_asked(desk: WholeDesk) -> None:
    for _time in range(3):
        asked(desk)


def test_a_members_code_opens_the_member_and_takes_the_question_back(desk: WholeDesk) -> None:
    asked(desk)
    for at in range(len(desk.stops())):
        asked(desk)
        desk.stops()[at].setFocus()
        seen = desk.watch()
        desk.scan(club.card_code(club.MARINA))
        desk.until(lambda: desk.member == club.MARINA)
        assert seen.pressed == []
        assert [edit.text() for edit, _text in seen.texts if edit.text()] == []
        desk.press(F11)
        assert desk.page.panel.needs is None
        desk.press(F11)
