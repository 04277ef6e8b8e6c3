"""The member screen, the confirmation and the tray: what is done arrives, what is told is drawn."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from loyalty_desk.ui import theme
from loyalty_desk.ui.pending.page import PendingTray
from loyalty_desk.ui.redeem.page import RedeemPanel
from loyalty_desk.ui.redeem.state import Ask
from loyalty_desk.ui.shell.page import Shell
from loyalty_desk.ui.visit.page import VisitPage
from loyalty_desk.ui.visit.reward_grid import RewardTileView
from loyalty_desk.ui.visit.state import RewardsState
from loyalty_desk.ui.widgets.button import Pressable
from loyalty_desk.ui.widgets.scroll import Scrolled
from sync import i18n
from tests.ui import geometry, stories
from tests.ui.recorder import record

LEFT = Qt.MouseButton.LeftButton
ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
Show = Callable[..., tuple[Shell, VisitPage]]


@pytest.fixture(autouse=True)
def _portuguese_and_light(qapp) -> Iterator[None]:
    theme.install(qapp, "light")
    i18n.speak("pt_BR")
    yield
    theme.install(qapp, "light")
    i18n.speak("pt_BR")


@pytest.fixture
def show(qtbot) -> Show:
    """Show a story with the focus at home; Python owns the window."""
    windows: list[QWidget] = []

    def shown(name: str, width: int = 1366, height: int = 768) -> tuple[Shell, VisitPage]:
        shell = stories.story(name)
        windows.append(shell)
        qtbot.addWidget(shell)
        shell.resize(width, height)
        shell.show()
        shell.activateWindow()
        qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is shell.windowHandle())
        settle()
        page = shell.page("visit")
        assert isinstance(page, VisitPage)
        page.go_home()
        return shell, page

    return shown


def settle() -> None:
    """Let posted layouts and paints happen."""
    for _pass in range(4):
        QApplication.processEvents()


def tile(page: VisitPage, reward: str) -> RewardTileView:
    return next(view for view in page.findChildren(RewardTileView) if view.reward == reward)


def button(host: QWidget, name: str) -> QAbstractButton:
    return next(
        found
        for found in host.findChildren(QAbstractButton)
        if found.isVisible() and found.accessibleName() == name
    )


def visible_buttons(host: QWidget) -> list[QAbstractButton]:
    return [found for found in host.findChildren(QAbstractButton) if found.isVisible()]


def painted(shell: Shell) -> list[tuple[str, float, float]]:
    settle()
    return sorted((text.words, text.x, text.baseline) for text in record(shell).texts)


# What is done arrives.


def test_an_amount_is_typed_where_the_focus_is(show, qtbot):
    _shell, page = show("02-membro-aberto")
    told: list[int] = []
    page.amount_changed.connect(told.append)
    page.focus_amount()
    qtbot.keyClicks(QApplication.focusWidget(), "4200")
    assert told[-1] == 4200


def test_enter_in_the_amount_accepts_it_and_concludes_nothing(show, qtbot):
    _shell, page = show("02-membro-aberto")
    with (
        qtbot.waitSignal(page.amount_accepted),
        qtbot.assertNotEmitted(page.act_requested),
    ):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)


def test_digits_in_the_amount_never_choose_a_reward(show, qtbot):
    _shell, page = show("02-membro-aberto")
    with qtbot.assertNotEmitted(page.reward_chosen):
        qtbot.keyClicks(QApplication.focusWidget(), "123456789")


def test_the_rewards_tell_that_the_focus_left_them_for_something_else(show, qtbot):
    _shell, page = show("02-membro-aberto")
    told: list[object] = []
    page.rewards_left.connect(lambda: told.append(QApplication.focusWidget()))
    page.focus_rewards()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    settle()
    assert told == []
    page.focus_amount()
    settle()

    assert told == [page.purchase.amount.edit]


def test_rewards_that_are_not_there_tell_that_they_have_no_focus(show, qtbot):
    _shell, page = show("02-membro-aberto")
    page.rewards.grid.draw(())
    with qtbot.waitSignal(page.rewards_left):
        page.focus_rewards()


def test_a_digit_chooses_a_reward_while_the_rewards_have_the_focus(show, qtbot):
    _shell, page = show("02-membro-aberto")
    page.focus_rewards()
    with qtbot.waitSignal(page.reward_chosen) as chosen:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_4)
    assert chosen.args == ["ten"]


def test_a_digit_without_a_reward_chooses_nothing(show, qtbot):
    _shell, page = show("02-membro-aberto")
    page.focus_rewards()
    with qtbot.assertNotEmitted(page.reward_chosen):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_7)


def test_alt_and_a_digit_choose_from_anywhere(show, qtbot):
    _shell, page = show("02-membro-aberto")
    with qtbot.waitSignal(page.reward_chosen) as chosen:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_2, ALT)
    assert chosen.args == ["toast"]


def test_arrows_walk_the_rewards_and_enter_opens_one(show, qtbot):
    _shell, page = show("02-membro-aberto")
    page.focus_rewards()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    focused = QApplication.focusWidget()
    assert isinstance(focused, RewardTileView)
    assert focused.is_ringed()
    with (
        qtbot.waitSignal(page.reward_chosen) as chosen,
        qtbot.assertNotEmitted(page.act_requested),
    ):
        qtbot.keyClick(focused, Qt.Key.Key_Return)
    assert chosen.args == ["tote"]


@pytest.mark.parametrize("reward", ["coffee", "oil"])
def test_a_tile_is_pressed_wherever_it_is_hit_even_when_out_of_reach(show, qtbot, reward):
    _shell, page = show("02-membro-aberto")
    view = tile(page, reward)
    for at in (QPoint(8, 8), view.rect().center(), QPoint(20, view.height() - 20)):
        target = page.rewards.grid.childAt(view.pos() + at)
        with qtbot.waitSignal(page.reward_chosen) as chosen:
            qtbot.mouseClick(target, LEFT)
        assert chosen.args == [reward]


@pytest.mark.parametrize(
    ("name", "signal", "args"),
    [
        ("Ler nota", "receipt_requested", []),
        ("Extrato", "statement_requested", []),
        ("Saldo", "print_requested", []),
        ("Mais sobre este membro", "more_requested", []),
        ("Todos · 9", "filter_chosen", ["all"]),
        ("Pode resgatar · 6", "filter_chosen", ["affordable"]),
        ("Usar: Fatia de bolo", "offer_used", ["cake"]),
        ("Creditar 153", "act_requested", []),
    ],
)
def test_every_button_of_the_screen_tells_one_thing(show, qtbot, name, signal, args):
    _shell, page = show("02-membro-aberto")
    with qtbot.waitSignal(getattr(page, signal)) as told:
        qtbot.mouseClick(button(page, name), LEFT)
    assert told.args == args


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("Voltar", "panel_closed"),
        ("Um a menos", "fewer_requested"),
        ("Um a mais", "more_units_requested"),
        ("Resgatar e concluir", "act_requested"),
    ],
)
def test_every_button_of_the_confirmation_tells_one_thing(show, qtbot, name, signal):
    _shell, page = show("03-confirmar-resgate")
    with qtbot.waitSignal(getattr(page, signal)):
        qtbot.mouseClick(button(page, name), LEFT)


def test_enter_on_the_home_of_the_confirmation_redeems_nothing(show, qtbot):
    _shell, page = show("03-confirmar-resgate")
    with qtbot.assertNotEmitted(page.act_requested):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("name", "signal", "args"),
    [
        ("Ver detalhe", "record_settled", ["receipt-009377", "detail"]),
        ("Arquivar", "record_settled", ["receipt-009377", "archive"]),
        ("Ver mais 2", "record_list_requested", []),
        ("Voltar", "panel_closed", []),
    ],
)
def test_every_button_of_the_tray_tells_one_thing(show, qtbot, name, signal, args):
    _shell, page = show("04-sem-conexao")
    with qtbot.waitSignal(getattr(page, signal)) as told:
        qtbot.mouseClick(button(page, name), LEFT)
    assert told.args == args


def test_digits_asked_for_are_answered_by_enter_and_gone_with_the_next_question(show, qtbot):
    shell, page = show("pergunta")
    ask = page.today.summary.ask
    ask.take_focus()
    qtbot.keyClicks(QApplication.focusWidget(), "12x34")
    with qtbot.waitSignal(page.answered) as told:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert told.args == ["1234"]
    state = stories.asking_visit()
    page.draw(state)
    assert ask.digits() == "1234"
    again = Ask("PIN do líder", error="PIN não confere. Restam 3.", at=1)
    page.draw(replace(state, summary=replace(state.summary, ask=again)))
    assert ask.digits() == ""
    assert "1234" not in record(shell).words()


# What is told is drawn.


@pytest.mark.parametrize("name", list(stories.STORIES))
def test_drawing_a_state_twice_changes_nothing(show, name):
    shell, page = show(name)
    before = painted(shell)
    page.draw(stories.STORIES[name][1]())
    assert painted(shell) == before


@pytest.mark.parametrize("name", list(stories.STORIES))
def test_a_screen_does_not_depend_on_what_was_shown_before(show, name):
    shell, page = show(name)
    fresh = painted(shell)
    frame, state = stories.STORIES[name]
    for other_frame, other in stories.STORIES.values():
        shell.draw(other_frame())
        page.draw(other())
        settle()
    shell.draw(frame())
    page.draw(state())
    page.go_home()
    assert painted(shell) == fresh


def test_a_window_may_change_its_width_and_come_back(show):
    shell, _page = show("02-membro-aberto")
    before = painted(shell)
    for width, height in ((1024, 768), (1920, 1080), (1366, 768)):
        shell.resize(width, height)
        settle()
    assert painted(shell) == before


def test_a_panel_takes_the_right_column_and_on_wide_windows_stands_beside_it(show):
    _shell, page = show("03-confirmar-resgate")
    assert isinstance(page.confirm, RedeemPanel)
    assert page.confirm.isVisible()
    assert not page.today.isVisible()
    _shell, page = show("03-confirmar-resgate", 1920, 1080)
    assert page.today.isVisible()
    assert not page.today.summary.act.isVisible()  # one filled button on a screen


def test_closing_the_panel_brings_the_column_back(show):
    _shell, page = show("03-confirmar-resgate")
    page.draw(stories.visit_state())
    settle()
    assert page.today.isVisible()
    assert page.confirm is not None
    assert not page.confirm.isVisible()


def test_the_tray_shows_what_fits_and_offers_the_rest(show):
    shell, page = show("04-sem-conexao", 1366, 768)
    assert isinstance(page.tray, PendingTray)
    assert "Ver mais 2" in record(shell).words()
    shell.resize(1366, 900)
    settle()
    words = record(shell).words()
    assert "Dona Rute Sampaio" in words
    assert not any(text.startswith("Ver mais") for text in words)


def test_an_empty_tray_says_when_it_was_sent(show):
    shell, page = show("04-sem-conexao")
    sent = "Tudo enviado. Última vez às 14:31."
    tray = replace(stories.tray(), rows=(), total=0, needs=None, empty=sent, retry="")
    page.draw(replace(stories.offline_visit(), panel=tray))
    settle()
    assert sent in record(shell).words()
    assert not any("precisa" in words for words in record(shell).words())


def test_where_one_page_has_no_room_the_rewards_turn_pages(show, qtbot):
    shell, page = show("02-membro-aberto", 1024)
    state = stories.visit_state()
    page.draw(replace(state, rewards=replace(state.rewards, filter="all")))
    settle()
    assert "1 de 2" in record(shell).words()
    assert "Azeite 500 ml" not in record(shell).words()
    page.focus_rewards()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_PageDown)
    settle()
    assert "Azeite 500 ml" in record(shell).words()
    qtbot.mouseClick(button(page, "2 de 2"), LEFT)
    settle()
    assert "Café grande" in record(shell).words()


@pytest.mark.parametrize("modifiers", [ALT, Qt.KeyboardModifier.NoModifier])
def test_a_digit_chooses_its_reward_on_whatever_page_it_is(show, qtbot, modifiers):
    shell, page = show("02-membro-aberto", 1024)
    every = tuple(replace(one, number=str(n)) for n, one in enumerate(stories.tiles(), 1))
    page.draw(replace(stories.visit_state(), rewards=RewardsState(every, 6, filter="all")))
    settle()
    assert "Vale R$\u00a050" not in record(shell).words()
    if modifiers is not ALT:
        page.focus_rewards()
    for key, reward, shown in (
        (Qt.Key.Key_8, "fifty", "2 de 2"),
        (Qt.Key.Key_2, "toast", "1 de 2"),
    ):
        with qtbot.waitSignal(page.reward_chosen) as chosen:
            qtbot.keyClick(QApplication.focusWidget(), key, modifiers)
        assert chosen.args == [reward]
        settle()
        assert button(page, shown).isVisible()
        assert tile(page, reward).isVisible()


def test_the_receipt_of_a_visit_can_be_taken_out_by_its_cross_and_by_a_key(show, qtbot):
    _shell, page = show("nota")
    cross = button(page, "Tirar a nota")
    assert cross.toolTip() == "Tirar a nota (Shift+F6)"
    with qtbot.waitSignal(page.receipt_taken_out):
        qtbot.mouseClick(cross, LEFT)
    with qtbot.waitSignal(page.receipt_taken_out), qtbot.assertNotEmitted(page.receipt_requested):
        qtbot.keyClick(page, Qt.Key.Key_F6, SHIFT)


@pytest.mark.parametrize("name", ["02-membro-aberto", "nota retirada", "bloqueado"])
def test_where_no_receipt_is_in_there_is_no_cross(show, name):
    _shell, page = show(name)
    assert not page.purchase.attached.isVisible()


def test_a_receipt_that_is_in_has_the_place_of_the_button_where_both_have_none(show):
    shell, page = show("nota")
    assert button(page, "Ler nota").isVisible()
    shell.resize(1024, 768)
    settle()
    assert "Nota 999999999" in record(shell).words()
    assert "Ler nota" not in [one.accessibleName() for one in visible_buttons(page)]
    shell.resize(1366, 768)
    settle()
    assert button(page, "Ler nota").isVisible()


def test_the_amount_being_typed_is_never_written_over(show, qtbot):
    _shell, page = show("02-membro-aberto")
    told: list[int] = []
    page.amount_changed.connect(told.append)
    state = stories.visit_state()
    page.amount_changed.connect(
        lambda centavos: page.draw(replace(state, amount=replace(state.amount, centavos=centavos)))
    )
    page.focus_amount()
    qtbot.keyClicks(QApplication.focusWidget(), "12345")
    assert told == [1, 12, 123, 1234, 12345]
    assert page.purchase.amount.centavos() == 12345


# For eyes, ears and hands.


def test_a_screen_reader_hears_what_a_reward_costs_and_why_it_cannot_be_had(show):
    _shell, page = show("02-membro-aberto")
    heard = QAccessible.queryAccessibleInterface(tile(page, "fifty"))
    assert heard.role() == QAccessible.Role.Button
    name = heard.text(QAccessible.Text.Name)
    assert name == "Vale R$\u00a050, 3.000 pontos, Faltam 520, indisponível"
    assert heard.text(QAccessible.Text.Description) == "Faltam 520"
    assert "indisponível" not in tile(page, "coffee").accessibleName()


@pytest.mark.parametrize("name", list(stories.STORIES))
def test_tab_reaches_every_control_and_comes_round(show, qtbot, name):
    shell, _page = show(name)
    start = QApplication.focusWidget()
    seen: list[QWidget] = []
    for _step in range(60):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        if isinstance(focused, Pressable):
            assert focused.is_ringed(), focused.accessibleName()
        seen.append(focused)
        if focused is start:
            break
    assert seen[-1] is start, "Tab does not come round"
    wanted = {
        found
        for found in shell.findChildren(Pressable)
        if found.isVisible()
        and found.isEnabled()
        and found.focusPolicy() == Qt.FocusPolicy.StrongFocus
    }
    assert {found.accessibleName() for found in wanted - set(seen)} == set()


def test_tab_goes_through_the_screen_as_it_is_read(show, qtbot):
    _shell, page = show("02-membro-aberto")
    order: list[str] = []
    page.focus_amount()
    for _step in range(5):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        order.append(QApplication.focusWidget().accessibleName())
    assert order == [
        "Pode resgatar · 6",
        "Todos · 9",
        "Café grande, 180 pontos",
        "Usar: Fatia de bolo",
        "Creditar 153",
    ]


def test_a_change_of_theme_leaves_nothing_in_the_old_colours(show, qapp):
    shell, _page = show("04-sem-conexao")
    theme.install(qapp, "dark")
    settle()
    switched = record(shell)
    fresh = record(show("04-sem-conexao")[0])
    assert [(t.words, t.color) for t in switched.texts] == [(t.words, t.color) for t in fresh.texts]
    assert [p.color for p in switched.pictures] == [p.color for p in fresh.pictures]


def processor_time_of(act: Callable[[], object], times: int) -> list[float]:
    """Return what each turn took in seconds, least first; what others do meanwhile is not in it."""

    def turn() -> float:
        start = time.process_time()
        act()
        return time.process_time() - start

    return sorted(turn() for _turn in range(times))


@pytest.fixture
def alone(qapp) -> None:
    """Do away with the windows of earlier tests: a change of theme paints them as well."""
    for window in qapp.topLevelWidgets():
        window.deleteLater()
    settle()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.mark.usefixtures("alone")
def test_a_change_of_theme_costs_no_more_than_making_the_screen_twice(show, qapp):
    names = itertools.cycle(["dark", "light"])

    def change() -> None:
        theme.install(qapp, next(names))
        settle()

    made = processor_time_of(lambda: show("04-sem-conexao"), 1)[0]
    changed = processor_time_of(change, 5)
    assert changed[0] < 2 * made


@pytest.mark.usefixtures("alone")
def test_a_member_is_painted_in_less_than_the_screen_takes_to_make(show):
    made = processor_time_of(lambda: show("02-membro-aberto"), 1)[0]
    shell, page = show("02-membro-aberto")
    states = [stories.visit_state(), stories.confirm_visit(), stories.offline_visit()]
    for state in states:  # the panels are made at their first use
        page.draw(state)
        settle()
    turns = itertools.cycle(states)

    def paint() -> None:
        page.draw(next(turns))
        settle()
        shell.grab()

    painted = processor_time_of(paint, 30)
    assert painted[27] < made


# Letters at 130, 150 and 200 % of a 1366×768 screen: the same window with fewer logical pixels.

LARGE = [(1051, 591), (911, 512), (683, 384)]


@pytest.mark.parametrize(("width", "height"), LARGE)
@pytest.mark.parametrize("name", list(stories.STORIES))
def test_large_letters_scroll_and_never_overlap(show, name, width, height):
    shell, page = show(name, width, height)
    assert (shell.width(), shell.height()) == (width, height)
    faults = [miss for miss in geometry.audit(record(shell)) if "written over" in miss.why]
    assert faults == []
    for scroll in page.findChildren(Scrolled):
        assert not scroll.isVisible() or scroll.horizontalScrollBar().maximum() == 0


@pytest.mark.parametrize(("width", "height"), LARGE)
@pytest.mark.parametrize(
    ("name", "act"),
    [("02-membro-aberto", "Creditar 153"), ("03-confirmar-resgate", "Resgatar e concluir")],
)
def test_with_large_letters_the_one_filled_button_never_scrolls(show, name, act, width, height):
    shell, page = show(name, width, height)
    filled = button(page, act)
    place = filled.rect().translated(filled.mapTo(shell, QPoint(0, 0)))
    assert shell.rect().contains(place)
    assert not any(scroll.isAncestorOf(filled) for scroll in page.findChildren(Scrolled))


@pytest.mark.parametrize(("width", "height"), LARGE)
def test_with_large_letters_the_focus_comes_into_sight(show, qtbot, width, height):
    _shell, page = show("02-membro-aberto", width, height)
    for _step in range(25):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        settle()
        for scroll in page.findChildren(Scrolled):
            if scroll.isAncestorOf(focused):
                middle = focused.mapTo(scroll, focused.rect().center())
                assert scroll.rect().contains(middle), focused.accessibleName()


@pytest.mark.parametrize(("language", "icons"), [("pt_BR", 1), ("en", 0)])
def test_the_two_buttons_under_a_member_both_have_their_icon_or_neither(show, language, icons):
    i18n.speak(language)
    _shell, page = show("02-membro-aberto")
    names = ("Extrato", "Saldo") if language == "pt_BR" else ("Statement", "Balance")

    assert [len(record(button(page, name)).pictures) for name in names] == [icons, icons]
