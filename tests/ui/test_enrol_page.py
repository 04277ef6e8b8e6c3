"""Enrolment: nothing typed is lost, consents are given one by one, Tab goes through all of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from loyalty_desk.ui.enrol.page import EnrolPage
from loyalty_desk.ui.enrol.side import AfterCard
from loyalty_desk.ui.enrol.state import EnrolState, Field
from loyalty_desk.ui.widgets.button import Button
from loyalty_desk.ui.widgets.control import Check
from sync.i18n import _
from tests.ui.one_page import drawer
from tests.ui.recorder import record
from tests.ui.stories_idle import enrol_state

_LEFT = Qt.MouseButton.LeftButton
Draw = Callable[..., EnrolPage]


@pytest.fixture
def draw(qapp: QApplication, qtbot: QtBot) -> Draw:
    """Shows the page in a state and leaves the focus at home."""
    return drawer(EnrolPage, enrol_state, qapp, qtbot)


def empty() -> EnrolState:
    state = enrol_state()
    return replace(state, phone=Field("phone"), name=Field("name"), can_conclude=False)


def edit(page: EnrolPage, label: str) -> QLineEdit:
    return next(one for one in page.findChildren(QLineEdit) if one.accessibleName() == label)


def button(page: EnrolPage, label: str) -> Button:
    return next(one for one in page.findChildren(Button) if one.label() == label)


def check(page: EnrolPage, title: str) -> Check:
    return next(one for one in page.findChildren(Check) if one.accessibleName() == title)


def test_the_focus_is_at_the_phone_and_at_the_name_once_a_phone_is_there(draw):
    page = draw(empty())
    assert page.focusWidget() is edit(page, _("Mobile"))
    draw()
    assert page.focusWidget() is edit(page, _("Name"))


def test_typing_is_reported_with_the_name_of_the_field(draw, qtbot):
    page = draw(empty())
    heard: list[tuple[str, str]] = []
    page.field_changed.connect(lambda name, text: heard.append((name, text)))
    qtbot.keyClicks(edit(page, _("Mobile")), "11")
    assert heard == [("phone", "1"), ("phone", "11")]


def test_enter_accepts_the_field_and_goes_to_the_next(draw, qtbot):
    page = draw(empty())
    with qtbot.waitSignal(page.field_accepted) as heard:
        qtbot.keyClick(edit(page, _("Mobile")), Qt.Key.Key_Return)
    assert heard.args == ["phone"]
    assert page.focusWidget() is edit(page, _("Name"))


def test_leaving_a_field_is_reported(draw, qtbot):
    page = draw(empty())
    with qtbot.waitSignal(page.field_left) as heard:
        qtbot.keyClick(edit(page, _("Mobile")), Qt.Key.Key_Tab)
    assert heard.args == ["phone"]


def test_a_drawn_state_never_undoes_what_is_being_typed(draw, qtbot):
    page = draw(empty())
    qtbot.keyClicks(edit(page, _("Name")), "Tere")
    draw(replace(empty(), welcome="Ganha 50 pontos"))
    assert edit(page, _("Name")).text() == "Tere"
    draw(replace(empty(), phone=Field("phone", "(11) 98214-4417", text_at=1)))
    assert edit(page, _("Mobile")).text() == "(11) 98214-4417"


def test_what_is_wrong_stands_under_its_field_and_is_told_with_it(draw):
    wrong = Field("cpf", "123", "Este CPF não é válido.", "bad", text_at=1)
    page = draw(replace(enrol_state(), cpf=wrong))
    assert "Este CPF não é válido." in record(page).words()
    assert edit(page, _("CPF")).accessibleDescription() == "Este CPF não é válido."


def test_a_duplicate_offers_to_open_the_other_account(draw, qtbot):
    taken = Field("phone", "(11) 98214-4417", "Já é de Marina A.", "warn", "Abrir", text_at=2)
    page = draw(replace(enrol_state(), phone=taken))
    with qtbot.waitSignal(page.field_action) as heard:
        qtbot.mouseClick(button(page, "Abrir"), _LEFT)
    assert heard.args == ["phone"]


def test_each_consent_has_its_own_box_and_a_drawn_state_ticks_none_by_itself(draw, qtbot):
    page = draw()
    state = enrol_state()
    heard: list[tuple[str, bool]] = []
    page.consent_toggled.connect(lambda purpose, on: heard.append((purpose, on)))
    assert check(page, state.consents[0].title).isChecked()
    assert not check(page, state.consents[1].title).isChecked()
    qtbot.mouseClick(check(page, state.consents[1].title), _LEFT)
    qtbot.mouseClick(check(page, state.consents[0].title), _LEFT)
    assert heard == [("whatsapp", True), ("rules", False)]
    draw()
    assert not check(page, state.consents[1].title).isChecked()
    assert len(heard) == 2


def test_the_rules_are_read_beside_the_form_and_closed_again(draw, qtbot):
    page = draw()
    with qtbot.waitSignal(page.read_requested) as heard:
        qtbot.mouseClick(button(page, _("Read")), _LEFT)
    assert heard.args == ["rules"]
    consents = enrol_state().consents
    draw(
        replace(
            enrol_state(),
            consents=(replace(consents[0], full_text="Um.\nDois."), *consents[1:]),
        )
    )
    assert {"Um.", "Dois."} <= set(record(page).words())
    with qtbot.waitSignal(page.read_requested) as closed:
        qtbot.mouseClick(button(page, _("Close text")), _LEFT)
    assert closed.args == [""]


def test_concluding_needs_the_state_to_allow_it(draw, qtbot):
    page = draw(empty())
    conclude = button(page, enrol_state().conclude_label)
    assert not conclude.isEnabled()
    draw()
    with qtbot.waitSignal(page.conclude_requested):
        qtbot.mouseClick(conclude, _LEFT)
    draw(replace(enrol_state(), busy=True))
    assert not conclude.isEnabled()


def test_what_follows_the_enrolment_is_chosen_by_name(draw, qtbot):
    page = draw()
    with qtbot.waitSignal(page.after_toggled) as heard:
        qtbot.mouseClick(check(page, enrol_state().after[1].title), _LEFT)
    assert heard.args == ["print", True]


def test_tab_goes_from_the_phone_through_the_consents_to_the_button(draw, qtbot):
    page = draw()
    edit(page, _("Mobile")).setFocus()
    state = enrol_state()
    wanted: list[QWidget] = [edit(page, _(name)) for name in ("Mobile", "Name", "CPF", "Birthday")]
    wanted += [check(page, state.consents[0].title), button(page, _("Read"))]
    wanted += [check(page, one.title) for one in state.consents[1:]]
    wanted += [button(page, _("Cancel")), button(page, state.conclude_label)]
    wanted += [check(page, one.title) for one in state.after]
    seen = [page.focusWidget()]
    for _step in wanted[1:]:
        qtbot.keyClick(page.focusWidget(), Qt.Key.Key_Tab)
        seen.append(page.focusWidget())
    assert [name_of(one) for one in seen] == [name_of(one) for one in wanted]


def name_of(widget: QWidget) -> str:
    return widget.accessibleName()


@pytest.mark.parametrize("size", [(1278, 656), (948, 642)], ids=["1366x768", "1024x768"])
def test_what_follows_stands_at_the_top_and_is_no_higher_than_its_words(draw, size):
    page = draw(replace(enrol_state(), self_service=None))
    page.resize(*size)
    QApplication.processEvents()

    card = next(one for one in page.findChildren(AfterCard) if one.isVisible())

    assert card.height() == card.sizeHint().height()
    assert card.mapTo(page, card.rect().topLeft()).y() == page.layout().contentsMargins().top()
