"""The idle desk: one field for everything typed, rows that stay where the finger is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loyalty_desk.ui.identify.page import IdentifyPage
from loyalty_desk.ui.identify.recent import VisitRow
from loyalty_desk.ui.identify.results import ResultRow
from loyalty_desk.ui.identify.state import Notice, Search, Visit
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.control import PadKey
from loyalty_desk.ui.widgets.surface import Bar
from sync.i18n import _
from tests.ui.one_page import drawer
from tests.ui.recorder import record
from tests.ui.stories_idle import found, idle_state, recent

_LEFT = Qt.MouseButton.LeftButton
Draw = Callable[..., IdentifyPage]


@pytest.fixture
def draw(qapp: QApplication, qtbot: QtBot) -> Draw:
    """Shows the page in a state and leaves the focus at home."""
    return drawer(IdentifyPage, idle_state, qapp, qtbot)


def field_of(page: IdentifyPage):
    return page.home()


def button(page: IdentifyPage, label: str) -> Button:
    return next(one for one in page.findChildren(Button) if one.label() == label)


def pad_key(page: IdentifyPage, name: str) -> PadKey:
    return next(key for key in page.findChildren(PadKey) if key.accessibleName() == name)


def rows(page: IdentifyPage) -> list[ResultRow]:
    return [row for row in page.findChildren(ResultRow) if row.isVisible()]


def test_each_letter_typed_asks_and_enter_submits(draw, qtbot):
    page = draw()
    heard: list[str] = []
    page.query_changed.connect(heard.append)
    qtbot.keyClicks(field_of(page), "jo")
    with qtbot.waitSignal(page.query_submitted) as submitted:
        qtbot.keyClick(field_of(page), Qt.Key.Key_Return)
    assert heard == ["j", "jo"]
    assert submitted.args == ["jo"]


def test_the_keypad_types_into_the_field_and_never_takes_the_focus(draw, qtbot):
    page = draw()
    heard: list[str] = []
    page.query_changed.connect(heard.append)
    for name in ("9", "8", "2"):
        qtbot.mouseClick(pad_key(page, name), _LEFT)
    qtbot.mouseClick(pad_key(page, _("Erase")), _LEFT)
    assert heard == ["9", "98", "982", "98"]
    with qtbot.waitSignal(page.query_submitted) as submitted:
        qtbot.mouseClick(pad_key(page, _("Search")), _LEFT)
    assert submitted.args == ["98"]
    assert page.focusWidget() is field_of(page)


def test_what_is_typed_with_the_focus_elsewhere_arrives_in_the_field(draw, qtbot):
    page = draw()
    elsewhere = button(page, _("Enrol a member"))
    elsewhere.setFocus()
    qtbot.keyClicks(elsewhere, "M")
    assert field_of(page).text() == "M"
    assert page.focusWidget() is field_of(page)


def test_a_drawn_state_never_undoes_what_is_being_typed(draw, qtbot):
    page = draw()
    qtbot.keyClicks(field_of(page), "mari")
    draw(replace(idle_state(), query="mar", search=Search(results=found(2))))
    assert field_of(page).text() == "mari"
    draw(replace(idle_state(), query="", query_at=1))
    assert field_of(page).text() == ""


def test_the_arrow_down_goes_into_the_list_and_enter_opens_the_member(draw, qtbot):
    page = draw(replace(idle_state(), search=Search(results=found(3))))
    qtbot.keyClick(field_of(page), Qt.Key.Key_Down)
    assert page.focusWidget() is rows(page)[0]
    assert rows(page)[0].is_ringed()
    qtbot.keyClick(rows(page)[0], Qt.Key.Key_Down)
    with qtbot.waitSignal(page.result_chosen) as heard:
        qtbot.keyClick(rows(page)[1], Qt.Key.Key_Return)
    assert heard.args == [(7 << 40) + 1]


def test_the_arrow_up_on_the_first_row_goes_back_to_the_field(draw, qtbot):
    page = draw(replace(idle_state(), search=Search(results=found(3))))
    qtbot.keyClick(field_of(page), Qt.Key.Key_Down)
    qtbot.keyClick(rows(page)[0], Qt.Key.Key_Up)
    assert page.focusWidget() is field_of(page)


def test_no_more_than_eight_members_are_shown(draw):
    page = draw(replace(idle_state(), search=Search(results=found(12))))
    assert len(rows(page)) == 8


def test_nobody_found_offers_to_enrol_with_what_was_typed(draw, qtbot):
    search = Search(nothing="Ninguém com 98214-4417", enrol_label="Cadastrar com este número")
    page = draw(replace(idle_state(), query="98214-4417", query_at=1, search=search))
    assert "Ninguém com 98214-4417" in record(page).words()
    with qtbot.waitSignal(page.enrol_requested):
        qtbot.mouseClick(button(page, "Cadastrar com este número"), _LEFT)


def test_a_member_found_takes_the_place_of_the_enrol_button(draw):
    page = draw(replace(idle_state(), search=Search(results=found(1))))
    assert not button(page, _("Enrol a member")).isVisible()


def test_undo_names_its_visit_and_stays_the_same_button_while_seconds_run(draw, qtbot):
    page = draw()
    undo = button(page, recent()[0].undo)
    later = (replace(recent()[0], undo="Desfazer · 11 s"), *recent()[1:])
    draw(replace(idle_state(), recent=later))
    assert undo.label() == "Desfazer · 11 s"
    with qtbot.waitSignal(page.undo_requested) as heard:
        qtbot.mouseClick(undo, _LEFT)
    assert heard.args == ["v4"]


def test_the_first_day_says_how_to_begin(draw):
    page = draw(replace(idle_state(), recent=(), recent_empty="Leia um QR para começar."))
    assert "Leia um QR para começar." in record(page).words()


def test_a_higher_window_shows_more_visits(draw, qapp):
    many = tuple(Visit(f"v{n}", "AB", f"Ana {n}", "+1 pt", "há 1 min") for n in range(8))
    page = draw(replace(idle_state(), recent=many))
    few = len([row for row in page.findChildren(VisitRow) if row.isVisible()])
    page.resize(1278, 960)
    qapp.processEvents()
    more = len([row for row in page.findChildren(VisitRow) if row.isVisible()])
    assert few == 4
    assert more == 8


def test_progress_is_drawn_and_told(draw):
    page = draw(
        replace(idle_state(), notice=Notice("refresh-cw", "Baixando membros 62%", share=0.62))
    )
    names = [bar.accessibleName() for bar in page.findChildren(Bar) if bar.isVisible()]
    assert "Baixando membros 62%" in names
    assert "Baixando membros 62%" in record(page).words()


def test_no_number_of_a_member_is_told_in_full(draw):
    page = draw(replace(idle_state(), search=Search(results=found(3))))
    assert rows(page)[0].accessibleName().startswith("Marina Alves, (11) •••••-4417")


def test_the_ends_of_phone_and_cpf_are_whole_beside_the_longest_tier(draw):
    state = replace(idle_state(), search=Search(results=found(4)))
    words = record(draw(state)).words()

    assert sum(text.endswith("432-••") for text in words) == 4


def test_what_to_do_when_nobody_was_found_is_told_to_its_end(draw):
    told = "Confira o que foi digitado ou cadastre um novo membro."
    state = replace(idle_state(), search=Search(nothing="Ninguém", nothing_note=told))
    words = " ".join(record(draw(state)).words())

    assert told in words
