"""Signing in: digits belong to the PIN, and the PIN belongs to nobody else."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from loyalty_desk.ui.sign_in.page import SignInPage
from loyalty_desk.ui.sign_in.state import PinEntry, StaffSearch
from loyalty_desk.ui.sign_in.tiles import OtherTile, StaffTile
from loyalty_desk.ui.widgets.control import PadKey
from loyalty_desk.ui.widgets.pin import PinField
from sync.i18n import _
from tests.ui.one_page import drawer
from tests.ui.recorder import record
from tests.ui.stories_idle import sign_in_state

_LEFT = Qt.MouseButton.LeftButton
Draw = Callable[..., SignInPage]


@pytest.fixture
def draw(qapp: QApplication, qtbot: QtBot) -> Draw:
    """Shows the page in a state and leaves the focus at home."""
    return drawer(SignInPage, sign_in_state, qapp, qtbot, width=1366)


def pin_of(page: SignInPage) -> PinField:
    return page.findChild(PinField)


def tile_of(page: SignInPage, staff: str) -> StaffTile:
    return next(tile for tile in page.findChildren(StaffTile) if tile.staff == staff)


def pad_key(page: SignInPage, name: str) -> PadKey:
    return next(key for key in page.findChildren(PadKey) if key.accessibleName() == name)


def test_the_focus_is_at_the_pin(draw):
    page = draw()
    assert page.focusWidget() is pin_of(page)


def test_digits_typed_with_the_focus_on_a_person_reach_the_pin(draw, qtbot):
    page = draw()
    tile = tile_of(page, "igor")
    tile.setFocus()
    qtbot.keyClicks(tile, "4")
    qtbot.keyClicks(pin_of(page), "2")
    assert pin_of(page).text() == "42"
    assert page.focusWidget() is pin_of(page)


def test_enter_hands_the_pin_over_once(draw, qtbot):
    page = draw()
    qtbot.keyClicks(pin_of(page), "123456")
    with qtbot.waitSignal(page.pin_entered) as heard:
        qtbot.keyClick(pin_of(page), Qt.Key.Key_Return)
    assert heard.args == ["123456"]


def test_the_keypad_types_erases_and_enters_without_taking_the_focus(draw, qtbot):
    page = draw()
    for name in "1290":
        qtbot.mouseClick(pad_key(page, name), _LEFT)
    qtbot.mouseClick(pad_key(page, _("Erase")), _LEFT)
    with qtbot.waitSignal(page.pin_entered) as heard:
        qtbot.mouseClick(pad_key(page, _("Sign in")), _LEFT)
    assert heard.args == ["129"]
    assert page.focusWidget() is pin_of(page)


def test_an_empty_pin_is_not_handed_over(draw, qtbot):
    page = draw()
    with qtbot.assertNotEmitted(page.pin_entered):
        qtbot.keyClick(pin_of(page), Qt.Key.Key_Return)


def test_letters_never_enter_the_pin_and_a_pasted_pin_does(draw, qtbot, qapp):
    page = draw()
    qtbot.keyClicks(pin_of(page), "a1b2")
    assert pin_of(page).text() == "12"
    pin_of(page).clear()
    qapp.clipboard().setText("98 76")
    qtbot.keyClick(pin_of(page), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert pin_of(page).text() == "9876"


def test_the_pin_is_neither_painted_nor_told_nor_taken_for_a_scan(draw, qtbot):
    page = draw()
    qtbot.keyClicks(pin_of(page), "735191")
    assert not any("735191" in words or "●" in words for words in record(page).words())
    said = QAccessible.queryAccessibleInterface(pin_of(page))
    assert "735191" not in said.text(QAccessible.Text.Value)
    assert pin_of(page).property("pin") is True


def test_a_wrong_pin_clears_the_dots_and_a_repainted_countdown_keeps_what_is_typed(draw, qtbot):
    page = draw()
    qtbot.keyClicks(pin_of(page), "111")
    wrong = PinEntry("hint", "PIN não confere. Restam 4.", attempt=1)
    draw(replace(sign_in_state(), pin=wrong))
    assert pin_of(page).text() == ""
    qtbot.keyClicks(pin_of(page), "22")
    draw(replace(sign_in_state(), pin=wrong, today="12:05"))
    assert pin_of(page).text() == "22"
    assert "PIN não confere. Restam 4." in record(page).words()


def test_another_person_starts_with_an_empty_pin(draw, qtbot):
    page = draw()
    qtbot.keyClicks(pin_of(page), "111")
    draw(replace(sign_in_state(), chosen="igor"))
    assert pin_of(page).text() == ""


def test_a_locked_keypad_takes_no_digit_and_says_for_how_long(draw, qtbot):
    page = draw(replace(sign_in_state(), pin=PinEntry("hint", "Espere 30 s", locked=True)))
    qtbot.keyClicks(pin_of(page), "1")
    qtbot.mouseClick(pad_key(page, "1"), _LEFT)
    assert pin_of(page).text() == ""
    assert not pad_key(page, "1").isEnabled()
    assert "Espere 30 s" in record(page).words()
    assert pin_of(page).accessibleDescription() == "Espere 30 s"


@pytest.mark.parametrize(
    ("key", "staff"),
    [
        (Qt.Key.Key_Right, "igor"),
        (Qt.Key.Key_Left, "joana"),
        (Qt.Key.Key_Down, "danilo"),
        (Qt.Key.Key_Up, None),
    ],
)
def test_arrows_choose_the_person_beside_above_and_below(draw, qtbot, key, staff):
    page = draw()
    heard: list[str] = []
    page.person_chosen.connect(heard.append)
    qtbot.keyClick(pin_of(page), key)
    assert heard == ([staff] if staff else [])


def test_pressing_a_tile_chooses_the_person_and_gives_the_focus_back(draw, qtbot):
    page = draw()
    with qtbot.waitSignal(page.person_chosen) as heard:
        qtbot.mouseClick(tile_of(page, "renato"), _LEFT)
    assert heard.args == ["renato"]
    assert page.focusWidget() is pin_of(page)


def test_someone_else_is_looked_for_by_name_and_enter_takes_the_first(draw, qtbot):
    page = draw()
    with qtbot.waitSignal(page.other_requested):
        qtbot.mouseClick(page.findChild(OtherTile), _LEFT)
    joana = sign_in_state().people[0]
    draw(replace(sign_in_state(), chosen="", search=StaffSearch((joana,))))
    field = page.focusWidget()
    assert isinstance(field, QLineEdit)
    assert not isinstance(field, PinField)
    with qtbot.waitSignal(page.search_changed) as typed:
        qtbot.keyClicks(field, "j")
    assert typed.args == ["j"]
    with qtbot.waitSignal(page.person_chosen) as heard:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert heard.args == ["joana"]


def test_a_screen_reader_hears_who_is_chosen_and_who_is_at_the_till(draw):
    page = draw()
    assert tile_of(page, "joana").accessibleName() == (
        f"Joana Prado, {sign_in_state().people[0].note}, {sign_in_state().people[0].tag}"
    )
    assert tile_of(page, "bianca").accessibleName().startswith("Bianca Torres, ")
    assert tile_of(page, "bianca").is_selected()
