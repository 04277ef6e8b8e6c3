"""The window as a whole: keys do what the bar says, Esc goes back, files and pictures come in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from loyalty_desk.devices.qr_image import make_qr
from loyalty_desk.paths import places
from loyalty_desk.settings import load
from loyalty_desk.ui.pending.state import TrayState
from loyalty_desk.ui.redeem.state import ConfirmState
from loyalty_desk.ui.shell.frame import KEYS
from loyalty_desk.ui.visit.reward_grid import RewardTileView
from loyalty_desk.ui.widgets.text import Text
from tests.desk import club
from tests.devices.pictures import as_file
from tests.ui.whole_desk import WholeDesk

MARINA, CAIO = club.card_code(club.MARINA), club.card_code(club.CAIO)
TERESA = club.phone_code(club.TERESA)
ESCAPE, ALT = Qt.Key.Key_Escape, Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
F = {n: getattr(Qt.Key, f"Key_F{n}") for n in range(1, 13)}


# --- Screens --------------------------------------------------------------------------------------


def sign_in(desk: WholeDesk) -> None:
    desk.presenter.sign_in.choose(str(club.JOANA))


def identify(desk: WholeDesk) -> None:
    """Marina's visit has just been concluded."""
    visit(desk)
    desk.press(F[10])
    desk.until(lambda: desk.screen == "identify" and desk.page.recent)


def visit(desk: WholeDesk) -> None:
    if desk.screen == "sign_in":
        desk.sign_in()
    desk.scan(MARINA)
    desk.type("8640")
    desk.until(lambda: desk.draft.amount_centavos == 8_640)


def next_visit(desk: WholeDesk) -> None:
    """Caio is open, and Marina's visit could be undone."""
    identify(desk)
    desk.scan(CAIO)
    desk.type("2000")
    desk.until(lambda: desk.member == club.CAIO and desk.draft.amount_centavos == 2_000)


def enrol(desk: WholeDesk) -> None:
    desk.sign_in()
    desk.press(F[3])


def idle_notice(desk: WholeDesk) -> str:
    return desk.page.notice.title if desk.page.notice is not None else ""


def amount_notice(desk: WholeDesk) -> str:
    return desk.page.amount.notice.text if desk.page.amount.notice is not None else ""


# --- Function keys --------------------------------------------------------------------------------

ACTS: dict[tuple[str, int], Callable[[WholeDesk], object]] = {
    ("sign_in", 1): lambda desk: desk.page.pin.problem,
    ("identify", 1): lambda desk: "F10" in idle_notice(desk),
    ("identify", 2): lambda desk: desk.focus is desk.window.pages.identify.home(),
    ("identify", 3): lambda desk: desk.screen == "enrol",
    ("identify", 6): lambda desk: "XML" in idle_notice(desk),
    ("identify", 7): lambda desk: idle_notice(desk).endswith(": 0"),
    ("identify", 8): lambda desk: desk.page.recent[0].effect.startswith("Desfeito"),
    ("identify", 11): lambda desk: desk.page.tray is not None,
    ("identify", 12): lambda desk: desk.screen == "sign_in",
    ("visit", 1): lambda desk: "F10" in amount_notice(desk),
    ("visit", 2): lambda desk: desk.focus is desk.window.shell.scan_edit(),
    ("visit", 4): lambda desk: desk.focus is desk.window.pages.visit.purchase.amount.edit,
    ("visit", 5): lambda desk: isinstance(desk.focus, RewardTileView),
    ("visit", 6): lambda desk: "XML" in amount_notice(desk),
    ("visit", 7): lambda desk: amount_notice(desk).endswith(": 0"),
    ("visit", 8): lambda desk: desk.app.ledger().visits.latest(since=0, limit=1)[0].voided,
    ("visit", 9): lambda desk: "impressora" in amount_notice(desk),
    ("visit", 10): lambda desk: desk.screen == "identify",
    ("visit", 11): lambda desk: isinstance(desk.page.panel, TrayState),
    ("visit", 12): lambda desk: desk.screen == "sign_in" and desk.page.on_hold is not None,
    ("enrol", 1): lambda desk: "F10" in desk.page.welcome,
    ("enrol", 2): lambda desk: desk.focus is desk.window.shell.scan_edit(),
    ("enrol", 10): lambda desk: desk.page.problem,
    ("enrol", 11): lambda desk: desk.page.welcome == "Nada se perde.",
    ("enrol", 12): lambda desk: desk.screen == "sign_in",
}
SCREENS = {"sign_in": sign_in, "identify": identify, "visit": next_visit, "enrol": enrol}


def test_every_key_that_the_bar_offers_is_known_here() -> None:
    assert set(ACTS) == {(screen, n) for screen, keys in KEYS.items() for n in keys}


@pytest.mark.parametrize(("screen", "number"), ACTS)
def test_a_key_does_what_the_bar_says(desk: WholeDesk, screen: str, number: int) -> None:
    SCREENS[screen](desk)
    assert desk.screen == screen
    if number == 4:
        desk.window.shell.scan_edit().setFocus()
    desk.press(F[number])
    desk.until(lambda: ACTS[screen, number](desk))


@pytest.mark.parametrize("screen", SCREENS)
def test_a_key_that_the_bar_does_not_offer_does_nothing(desk: WholeDesk, screen: str) -> None:
    SCREENS[screen](desk)
    before = desk.page, desk.presenter.shell(), desk.focus
    for number in set(F) - KEYS[screen]:
        desk.press(F[number])
        assert (desk.page, desk.presenter.shell(), desk.focus) == before


def test_control_z_takes_the_last_visit_back(desk: WholeDesk) -> None:
    next_visit(desk)
    desk.press(Qt.Key.Key_Z, CONTROL)
    assert desk.app.ledger().visits.latest(since=0, limit=1)[0].voided


# --- Esc ------------------------------------------------------------------------------------------


def test_escape_goes_back_one_level_at_a_time(desk: WholeDesk) -> None:
    desk.sign_in()
    desk.scan(TERESA)
    desk.type("8640")
    desk.press(Qt.Key.Key_3, ALT)
    desk.until(lambda: isinstance(desk.page.panel, ConfirmState))
    desk.press(F[11])
    assert isinstance(desk.page.panel, TrayState)

    desk.press(ESCAPE)
    assert isinstance(desk.page.panel, ConfirmState)
    desk.press(ESCAPE)
    assert desk.page.panel is None
    assert desk.focus is desk.window.pages.visit.purchase.amount.edit
    desk.press(ESCAPE)
    desk.until(lambda: desk.screen == "identify" and desk.parked == ["Em espera: Teresa"])
    assert desk.focus is desk.window.pages.identify.home()


def test_escape_empties_the_search(desk: WholeDesk) -> None:
    desk.sign_in()
    desk.type("souza")
    desk.until(lambda: desk.page.search)
    desk.press(ESCAPE)
    assert desk.page.search is None
    assert desk.window.pages.identify.home().text() == ""


def test_escape_leaves_the_text_before_the_form(desk: WholeDesk) -> None:
    enrol(desk)
    desk.presenter.enrol.read("rules")
    desk.press(ESCAPE)
    assert (desk.screen, desk.presenter.enrol.view.reading) == ("enrol", "")
    desk.press(ESCAPE)
    assert desk.screen == "identify"


def test_escape_leaves_the_search_for_a_person(desk: WholeDesk) -> None:
    desk.presenter.sign_in.search("bi")
    desk.press(ESCAPE)
    assert desk.page.search is None


# --- Where the focus belongs ----------------------------------------------------------------------


@pytest.mark.parametrize("number", range(1, 10))
def test_alt_and_a_digit_choose_a_reward_while_the_amount_has_the_focus(
    desk: WholeDesk, number: int
) -> None:
    desk.sign_in()
    desk.scan(TERESA)
    tile = desk.page.rewards.tiles[number - 1]
    desk.press(getattr(Qt.Key, f"Key_{number}"), ALT)
    if tile.is_available:
        desk.until(lambda: isinstance(desk.page.panel, ConfirmState))
        assert desk.draft.reward == int(tile.reward)
        assert desk.focus is desk.window.pages.visit.confirm.home()
    else:
        assert desk.draft.reward == 0
    assert desk.draft.amount_centavos == 0


def test_the_hint_for_the_rewards_goes_with_the_focus(desk: WholeDesk) -> None:
    desk.sign_in()
    desk.scan(TERESA)
    desk.press(F[5])
    assert desk.page.rewards.is_choosing
    desk.press(Qt.Key.Key_Right)
    assert desk.page.rewards.is_choosing
    desk.press(F[4])
    desk.until(lambda: not desk.page.rewards.is_choosing)


def test_a_confirmation_does_not_say_that_digits_choose_before_they_do(desk: WholeDesk) -> None:
    desk.sign_in()
    desk.scan(TERESA)
    desk.press(Qt.Key.Key_1, ALT)
    desk.until(lambda: desk.presenter.visit.view.confirming)
    assert not desk.page.rewards.is_choosing
    assert not desk.page.rewards.has_filters
    desk.press(F[5])
    assert desk.page.rewards.is_choosing


def test_the_digits_of_a_leads_pin_are_the_answer_and_no_amount(desk: WholeDesk) -> None:
    desk.sign_in()
    desk.scan(TERESA)
    desk.press(Qt.Key.Key_8, ALT)
    desk.until(lambda: isinstance(desk.page.panel, ConfirmState))
    desk.press(F[10])
    desk.until(lambda: desk.page.panel.ask)
    desk.type("999999\r")
    desk.until(lambda: desk.page.panel.ask.error)
    desk.type(club.BIANCAS_PIN + "\r")
    desk.until(lambda: desk.screen == "identify")
    assert desk.app.ledger().visits.latest(since=0, limit=1)[0].amount == 0


def test_what_is_typed_at_the_frame_reaches_the_screen(desk: WholeDesk) -> None:
    sign_in(desk)
    frame = desk.window.shell.top
    pill = next(one for one in desk.stops() if frame.isAncestorOf(one))
    pill.setFocus()
    desk.type(club.JOANAS_PIN)
    desk.press(Qt.Key.Key_Return)
    desk.until(lambda: desk.screen == "identify")


def test_coming_back_from_the_till_the_desk_is_ready_to_be_typed_into(
    desk: WholeDesk, qtbot: QtBot
) -> None:
    desk.sign_in()
    next(one for one in desk.stops() if not isinstance(one, QLineEdit)).setFocus()
    till = QWidget()
    qtbot.addWidget(till)
    desk.other_windows.seen.clear()
    till.show()
    till.activateWindow()
    desk.until(till.isActiveWindow)
    desk.other_windows.seen.clear()
    till.close()
    desk.window.activateWindow()
    desk.until(desk.window.isActiveWindow)
    assert desk.focus is desk.window.pages.identify.home()


def test_enter_in_an_empty_search_asks_for_nobody(desk: WholeDesk) -> None:
    visit(desk)
    before = desk.presenter.visit.visit
    desk.press(F[2])
    desk.press(Qt.Key.Key_Return)
    assert (desk.screen, desk.presenter.visit.visit) == ("visit", before)


def test_alt_and_the_arrows_go_through_the_visits_on_hold(desk: WholeDesk) -> None:
    visit(desk)
    desk.scan(CAIO)
    desk.type("2000")
    desk.press(Qt.Key.Key_Right, ALT)
    desk.until(lambda: desk.member == club.MARINA)
    assert desk.parked == ["Em espera: Caio"]
    desk.press(Qt.Key.Key_Left, ALT)
    desk.until(lambda: desk.member == club.CAIO)


# --- Pictures, files, clipboard -------------------------------------------------------------------


def picture_of(code: str) -> bytes:
    return as_file(make_qr(code, ec="M", module_px=4))


def test_a_picture_of_a_code_may_be_pasted_whatever_has_the_focus(desk: WholeDesk) -> None:
    desk.sign_in()
    QGuiApplication.clipboard().setImage(QImage.fromData(picture_of(MARINA)))
    desk.press(Qt.Key.Key_V, CONTROL)
    desk.until(lambda: desk.member == club.MARINA)
    QGuiApplication.clipboard().setImage(QImage.fromData(picture_of(CAIO)))
    assert desk.focus is desk.window.pages.visit.purchase.amount.edit
    desk.press(Qt.Key.Key_V, CONTROL)
    desk.until(lambda: desk.member == club.CAIO)


def test_a_badge_may_be_pasted_at_the_sign_in(desk: WholeDesk) -> None:
    QGuiApplication.clipboard().setImage(QImage.fromData(picture_of(club.badge_code(club.JOANA))))
    desk.window.sign_in.go_home()
    desk.press(Qt.Key.Key_V, CONTROL)
    desk.until(lambda: desk.screen == "identify")


def test_text_is_pasted_into_the_field_that_has_the_focus(desk: WholeDesk) -> None:
    desk.sign_in()
    QGuiApplication.clipboard().setText("souza")
    desk.press(Qt.Key.Key_V, CONTROL)
    desk.until(lambda: desk.page.search is not None and len(desk.page.search.results) == 2)
    assert desk.window.pages.identify.home().text() == "souza"


def test_a_code_pasted_where_no_field_is_acts_like_a_scan(desk: WholeDesk) -> None:
    desk.sign_in()
    next(one for one in desk.stops() if not isinstance(one, QLineEdit)).setFocus()
    QGuiApplication.clipboard().setText(MARINA)
    desk.press(Qt.Key.Key_V, CONTROL)
    desk.until(lambda: desk.member == club.MARINA)


def test_a_receipt_is_taken_out_and_the_next_digits_are_the_amount(desk: WholeDesk) -> None:
    desk.sign_in()
    desk.scan(MARINA)
    for number, take_out in enumerate((by_key, by_cross), 1):
        desk.scan(club.offline_receipt(number))
        desk.until(lambda: desk.page.amount.points)
        assert "Tirar a nota" in [one.accessibleName() for one in desk.stops()]
        desk.press(F[5])
        take_out(desk)
        desk.until(lambda: desk.draft.receipt is None)
        assert desk.focus is desk.window.pages.visit.purchase.amount.edit
        assert amount_notice(desk) == "Nota retirada. Digite o valor."
        assert desk.focus.text() == ""
        desk.type("2000")
        desk.until(lambda: desk.draft.amount_centavos == 2_000)
    desk.scan(club.offline_receipt(1))
    desk.until(lambda: desk.page.amount.receipt == "Nota 1")
    assert desk.draft.amount_centavos == 8_640


def by_key(desk: WholeDesk) -> None:
    desk.press(F[6], Qt.KeyboardModifier.ShiftModifier)


def by_cross(desk: WholeDesk) -> None:
    cross = next(one for one in desk.stops() if one.accessibleName() == "Tirar a nota")
    QTest.mouseClick(cross, Qt.MouseButton.LeftButton)
    desk.settle()


def test_a_paste_that_is_no_amount_says_what_to_do(desk: WholeDesk) -> None:
    visit(desk)
    for text in ("-5,00", "10,00 reais", "123456789"):
        QGuiApplication.clipboard().setText(text)
        desk.press(Qt.Key.Key_V, CONTROL)
        assert amount_notice(desk) == "Digite o valor, até 8 dígitos."
        assert (desk.draft.amount_centavos, desk.focus.text()) == (8_640, "R$\u00a086,40")
        desk.press(ESCAPE)
        assert (desk.screen, amount_notice(desk)) == ("visit", "")
    QGuiApplication.clipboard().setText("R$ 1.234,56")
    desk.press(Qt.Key.Key_V, CONTROL)
    desk.until(lambda: desk.draft.amount_centavos == 123_456)


def drop(desk: WholeDesk, given: QMimeData) -> None:
    copies, left, none = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(QPoint(400, 300), copies, given, left, none)
    QApplication.sendEvent(desk.window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(desk.window, QDropEvent(QPointF(400, 300), copies, given, left, none))


def files(*paths: Path) -> QMimeData:
    given = QMimeData()
    given.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return given


def test_a_picture_may_be_dropped(desk: WholeDesk, tmp_path: Path) -> None:
    desk.sign_in()
    picture = tmp_path / "código.png"
    picture.write_bytes(picture_of(MARINA))
    drop(desk, files(picture))
    desk.until(lambda: desk.member == club.MARINA)


def test_a_receipts_xml_may_be_dropped(desk: WholeDesk, tmp_path: Path) -> None:
    desk.sign_in()
    desk.scan(MARINA)
    xml = tmp_path / "nota.xml"
    xml.write_bytes(club.a_receipt_xml())
    drop(desk, files(xml))
    desk.until(lambda: desk.draft.amount_centavos == 8_640)
    assert desk.draft.receipt.key == club.receipt_key()


def test_what_is_no_code_is_refused_in_words(desk: WholeDesk, tmp_path: Path) -> None:
    desk.sign_in()
    for name in ("foto.png", "nota.xml"):
        nothing = tmp_path / name
        nothing.write_bytes(b"nothing")
        desk.press(ESCAPE)
        drop(desk, files(nothing))
        desk.until(lambda: idle_notice(desk))
        assert desk.screen == "identify"


@pytest.mark.parametrize("name", ["", "gone.xml", "gone.png"])
def test_what_cannot_be_read_is_refused_in_words_too(
    desk: WholeDesk, tmp_path: Path, name: str
) -> None:
    desk.sign_in()
    drop(desk, files(tmp_path / name))
    desk.until(lambda: idle_notice(desk).startswith("Este arquivo não é uma "))


def test_the_link_of_a_receipts_code_may_be_dropped(desk: WholeDesk) -> None:
    desk.sign_in()
    desk.scan(MARINA)
    given = QMimeData()
    given.setUrls([QUrl(club.offline_receipt())])
    assert not given.urls()[0].isLocalFile()
    drop(desk, given)
    desk.until(lambda: desk.draft.amount_centavos == 8_640)


def test_no_field_takes_what_is_dropped_away_from_the_desk(desk: WholeDesk) -> None:
    assert [edit for edit in desk.edits() if edit.acceptDrops()] == []


# --- Words aloud, languages, closing --------------------------------------------------------------


def test_the_outcome_of_a_visit_is_told_once(desk: WholeDesk) -> None:
    said: list[tuple[str, bool]] = []
    desk.window.shell.announced.connect(lambda words, urgent: said.append((words, urgent)))
    identify(desk)
    for _second in range(3):
        desk.presenter.tick()
    assert said == [("Marina Alves: 129 pontos creditados. Novo saldo 2.609.", False)]
    desk.press(F[8])
    desk.until(lambda: len(said) == 2)
    assert said[1] == ("Marina Alves: Desfeito. Nada foi cobrado.", False)


def test_a_refusal_is_told_at_once(desk: WholeDesk) -> None:
    desk.sign_in()
    said: list[tuple[str, bool]] = []
    desk.window.shell.announced.connect(lambda words, urgent: said.append((words, urgent)))
    desk.scan(MARINA[:-1] + ("0" if MARINA[-1] != "0" else "1"))
    desk.presenter.tick()
    assert said == [(idle_notice(desk), True)]


def test_a_wrong_pin_is_told_each_time(desk: WholeDesk) -> None:
    sign_in(desk)
    desk.window.sign_in.go_home()
    said: list[str] = []
    desk.window.shell.announced.connect(lambda words, _urgent: said.append(words))
    for attempt in (1, 2):
        desk.type("000000\r")
        desk.until(lambda wanted=attempt: len(said) == wanted)
    assert [words[:15] for words in said] == ["PIN não confere"] * 2


def test_the_language_changes_on_the_sign_in_screen_and_stays(desk: WholeDesk) -> None:
    desk.clock.passes(1_000)
    before, place = desk.window, desk.window.geometry()
    chip = next(one for one in desk.stops() if one.accessibleName() == "Português")
    chip.click()
    desk.until(lambda: desk.window is not before and desk.window.isActiveWindow())
    assert desk.presenter.shell().language == "English"
    assert any(one.accessibleName() == "English" for one in desk.stops())
    assert desk.window.geometry() == place
    desk.until(lambda: load(places(root=desk.home).settings).language == "en")

    sign_in(desk)
    desk.window.sign_in.go_home()
    desk.type(club.JOANAS_PIN)
    desk.press(Qt.Key.Key_Return)
    desk.until(lambda: desk.screen == "identify")
    assert desk.page.title == "Ready to scan"
    desk.scan(MARINA)
    desk.until(lambda: desk.member == club.MARINA)
    desk.press(ESCAPE)
    desk.press(F[11])
    assert desk.page.tray is not None


def test_closing_the_window_puts_an_unfinished_visit_on_hold(desk: WholeDesk) -> None:
    visit(desk)
    closed: list[bool] = []
    desk.window.closed.connect(lambda: closed.append(True))
    desk.window.close()
    desk.app.stop()
    assert closed == [True]

    till = club.Till(desk.home)
    assert [one.member for one in till.store.ledger.parked.all()] == [club.MARINA]
    till.close()


@pytest.mark.parametrize("size", [(1366, 768), (1024, 768)], ids=["1366", "1024"])
def test_the_question_for_a_lead_is_in_sight(desk: WholeDesk, size: tuple[int, int]) -> None:
    desk.window.resize(*size)
    desk.sign_in()
    desk.scan(TERESA)
    desk.type("8640")
    desk.press(Qt.Key.Key_8, ALT)
    if not isinstance(desk.page.panel, ConfirmState):
        desk.presenter.visit.choose(club.FLASK)
    desk.until(lambda: isinstance(desk.page.panel, ConfirmState))
    desk.press(F[10])
    desk.until(lambda: desk.page.panel.ask)
    field = desk.focus
    assert isinstance(field, QLineEdit)
    assert field.accessibleName() == "PIN do líder"
    desk.until(lambda: field.visibleRegion().boundingRect() == field.rect())


@pytest.mark.parametrize("size", [(1366, 768), (1024, 768)], ids=["1366", "1024"])
def test_the_reason_why_a_pin_is_refused_is_in_sight(
    desk: WholeDesk, size: tuple[int, int]
) -> None:
    desk.window.resize(*size)
    visit(desk)
    desk.scan(TERESA)  # without connection, and with a visit on hold, there is little room
    desk.type("8640")
    desk.presenter.visit.choose(club.FLASK)
    desk.until(lambda: isinstance(desk.page.panel, ConfirmState))
    desk.press(F[10])
    desk.until(lambda: desk.page.panel.ask)
    desk.type("111111")
    desk.press(Qt.Key.Key_Return)
    desk.until(lambda: desk.page.panel.ask.error)

    said = next(
        one for one in desk.window.findChildren(Text) if one.text() == desk.page.panel.ask.error
    )
    desk.until(lambda: said.visibleRegion().boundingRect() == said.rect())


@pytest.mark.parametrize("size", [(1366, 768), (1024, 768)], ids=["1366", "1024"])
def test_a_members_card_is_whole_without_connection_and_with_a_visit_on_hold(
    desk: WholeDesk, size: tuple[int, int]
) -> None:
    desk.window.resize(*size)
    visit(desk)
    desk.scan(CAIO)
    desk.until(lambda: desk.member == club.CAIO and desk.parked)

    card = desk.window.pages.visit.member
    shown = [one for one in card.findChildren(QAbstractButton) if one.isVisible()]
    assert len(shown) >= 2
    desk.until(lambda: all(one.visibleRegion().boundingRect() == one.rect() for one in shown))
