"""What people take home from a till without a line: files are written, or it is said why not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loyalty_desk.devices.qr_image import decode_image
from loyalty_desk.ui import theme
from sync import i18n
from sync.programme.pending_voucher import read
from tests.desk import club
from tests.ui.whole_desk import WholeDesk


@pytest.fixture
def desk(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[WholeDesk]:
    theme.install(qapp, "light")
    with i18n.speaking("pt_BR"):
        made = WholeDesk(qapp, qtbot, tmp_path)
        made.sign_in()
        made.scan(club.card_code(club.MARINA))
        made.until(lambda: made.member == club.MARINA)
        yield made
        made.close()


def test_f9_promises_a_reward_on_paper_and_its_code_opens_it_again(desk: WholeDesk) -> None:
    tile = next(one for one in desk.page.rewards.tiles if one.reward == str(club.ECOBAG))
    desk.press(getattr(Qt.Key, f"Key_{tile.number}"), Qt.KeyboardModifier.AltModifier)
    desk.until(lambda: desk.page.summary.proof)
    assert desk.page.summary.proof.note == "F9: vale pendente"

    desk.press(Qt.Key.Key_F9)
    desk.until(lambda: desk.page.amount.notice)

    (png,) = desk.home.rglob("slips/*.png")
    assert png.with_suffix(".pdf").exists()
    assert desk.page.amount.notice.text == f"Vale pendente salvo: {png.with_suffix('.pdf')}"
    (code,) = decode_image(png.read_bytes())
    assert (read(code).member, read(code).reward) == (club.MARINA, club.ECOBAG)
    desk.press(Qt.Key.Key_Escape)
    desk.press(Qt.Key.Key_Escape)
    assert desk.screen == "identify"
    desk.scan(code)
    desk.until(lambda: desk.member == club.MARINA and desk.page.summary.proof)


def test_a_card_without_a_line_says_what_it_takes(desk: WholeDesk) -> None:
    desk.presenter.papers.card()
    desk.until(lambda: desk.page.amount.notice)

    assert desk.page.amount.notice.text == "O cartão só pode ser feito com conexão."
    assert list(desk.home.rglob("cards/*")) == []
