"""The frame: keys act when their slot does, chips and pill tell, nothing moves."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from loyalty_desk.ui import theme
from loyalty_desk.ui.shell.page import Shell
from loyalty_desk.ui.shell.presenter import ALL_KEYS, Badge, Parked, Pill, Strip
from loyalty_desk.ui.widgets.control import KeySlot
from loyalty_desk.ui.widgets.page import Page
from sync import i18n
from tests.ui import stories
from tests.ui.recorder import record

LEFT = Qt.MouseButton.LeftButton
F_KEYS = [Qt.Key(Qt.Key.Key_F1 + n) for n in range(12)]


@pytest.fixture(autouse=True)
def _portuguese_and_light(qapp) -> Iterator[None]:
    theme.install(qapp, "light")
    i18n.speak("pt_BR")
    yield
    i18n.speak("pt_BR")


@pytest.fixture
def show(qtbot) -> Callable[..., Shell]:
    """Show a frame around an empty page; Python owns the window."""
    windows: list[QWidget] = []

    def shown(width: int = 1366, **changes: object) -> Shell:
        shell = Shell()
        windows.append(shell)
        qtbot.addWidget(shell)
        shell.add_page("empty", Page())
        shell.draw(stories.visit_shell(**changes))
        shell.resize(width, 768)
        shell.show()
        shell.activateWindow()
        qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is shell.windowHandle())
        settle()
        shell.show_page("empty")
        return shell

    return shown


def settle() -> None:
    for _pass in range(4):
        QApplication.processEvents()


def button(shell: Shell, name: str) -> QAbstractButton:
    return next(
        found
        for found in shell.findChildren(QAbstractButton)
        if found.isVisible() and found.accessibleName() == name
    )


@pytest.mark.parametrize("n", range(1, 13))
def test_a_key_acts_exactly_when_its_slot_is_enabled(show, qtbot, n):
    shell = show(keys=frozenset({n}))
    told: list[int] = []
    shell.key_pressed.connect(told.append)
    for key in F_KEYS:
        qtbot.keyClick(shell, key)
    for slot in shell.findChildren(KeySlot):
        qtbot.mouseClick(slot, LEFT)
    assert told == [n, n]


def test_control_z_is_the_undo_key_even_while_an_amount_is_typed(qtbot):
    shell = stories.story("02-membro-aberto")
    qtbot.addWidget(shell)
    shell.resize(1366, 768)
    shell.show()
    shell.activateWindow()
    qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is shell.windowHandle())
    settle()
    shell.page("visit").go_home()
    told: list[int] = []
    shell.key_pressed.connect(told.append)
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Z, control)
    assert told == [8]


def test_escape_goes_back_and_alt_arrows_step_through_visits_on_hold(show, qtbot):
    shell = show()
    with qtbot.waitSignal(shell.back_requested):
        qtbot.keyClick(shell, Qt.Key.Key_Escape)
    steps: list[int] = []
    shell.parked_stepped.connect(steps.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(shell, key, Qt.KeyboardModifier.AltModifier)
    assert steps == [1, -1]


def test_every_place_of_the_rail_tells_its_name(show, qtbot):
    shell = show(badges=(Badge("pickups", "2"),))
    told: list[str] = []
    shell.place_chosen.connect(told.append)
    for name in ("Balcão", "Retiradas 2", "Pendências", "Turno", "Contatos", "Gestão"):
        qtbot.mouseClick(button(shell, name), LEFT)
    assert told == ["counter", "pickups", "pending", "shift", "contacts", "office"]


def test_pill_operator_and_language_can_be_pressed(show, qtbot):
    shell = show(pill=Pill("7 na fila", "warn", "cloud-upload"))
    with qtbot.waitSignal(shell.tray_requested):
        qtbot.mouseClick(button(shell, "7 na fila"), LEFT)
    with qtbot.waitSignal(shell.operator_requested):
        qtbot.mouseClick(button(shell, "Operador: Joana Prado"), LEFT)
    shell.draw(stories.visit_shell(operator=None, language="Português"))
    settle()
    with qtbot.waitSignal(shell.language_requested):
        qtbot.mouseClick(button(shell, "Português"), LEFT)


def test_a_visit_on_hold_is_taken_up_by_its_chip(show, qtbot):
    shell = show(parked=(Parked("v1", "Em espera · Marina"), Parked("v2", "Em espera · Caio")))
    with qtbot.waitSignal(shell.parked_chosen) as told:
        qtbot.mouseClick(button(shell, "Em espera · Caio"), LEFT)
    assert told.args == ["v2"]


def test_where_more_wait_than_there_are_chips_the_last_one_counts_them_and_opens_the_next(
    show, qtbot
):
    parked = tuple(Parked(f"v{n}", f"Em espera · {n}") for n in range(7))
    shell = show(parked=parked)
    chip = button(shell, "Em espera · 5")
    assert chip.label() == "+2"
    with qtbot.waitSignal(shell.parked_chosen) as told:
        qtbot.mouseClick(chip, LEFT)
    assert told.args == ["v5"]
    shell.draw(stories.visit_shell(parked=parked[:6]))
    assert chip.label() == "+1"


def test_what_is_typed_in_the_scan_field_is_told_and_kept(show, qtbot):
    shell = show()
    told: list[str] = []
    shell.search_changed.connect(told.append)
    edit = shell.scan_edit()
    edit.setFocus()
    qtbot.keyClicks(edit, "mar")
    assert told == ["m", "ma", "mar"]
    shell.draw(stories.visit_shell(query="", query_at=0))
    assert edit.text() == "mar"
    shell.draw(stories.visit_shell(query="", query_at=1))
    assert edit.text() == ""


def test_enter_in_the_scan_field_submits_it(show, qtbot):
    shell = show()
    edit = shell.scan_edit()
    qtbot.keyClicks(edit, "98214")
    with qtbot.waitSignal(shell.search_submitted) as told:
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert told.args == ["98214"]


def test_the_strip_comes_and_goes_without_moving_top_bar_or_keys(show):
    shell = show()

    def places() -> list[tuple[int, int, int, int]]:
        parts = [shell.top.scan, *shell.findChildren(KeySlot)]
        return [
            (part.mapTo(shell, part.rect().topLeft()).toTuple() + part.size().toTuple())
            for part in parts
        ]

    before = places()
    shell.draw(stories.visit_shell(strip=Strip("Sem conexão desde 10:02.")))
    settle()
    assert "Sem conexão desde 10:02." in record(shell).words()
    assert places() == before
    shell.draw(stories.visit_shell())
    settle()
    assert "Sem conexão desde 10:02." not in record(shell).words()
    assert places() == before


@pytest.mark.parametrize("width", [1024, 1366, 1920])
def test_all_twelve_slots_are_there_and_apart_at_any_width(show, width):
    shell = show(width)
    slots = sorted(shell.findChildren(KeySlot), key=lambda slot: slot.x())
    assert len(slots) == len(ALL_KEYS)
    for left, right in itertools.pairwise(slots):
        assert left.geometry().right() < right.x()
    assert slots[-1].geometry().right() < width


def test_keys_stack_cap_over_word_when_words_are_long(show, qtbot):
    shell = show(1101)
    i18n.speak("en")
    shell.draw(stories.visit_shell())
    settle()
    texts = record(shell).texts
    cap = next(text for text in texts if text.words == "F6")
    word = next(text for text in texts if text.words == "Read receipt")
    assert word.baseline >= cap.baseline


def test_a_long_name_of_an_operator_is_shortened_and_pushes_nothing_out(show):
    shell = show(1024, pill=Pill("Sem conexão · 128 na fila", "warn", "wifi-off"))
    state = stories.visit_shell(pill=Pill("Sem conexão · 128 na fila", "warn", "wifi-off"))
    assert state.operator is not None
    long = replace(state.operator, name="Maria Aparecida dos Santos Albuquerque")
    shell.draw(replace(state, operator=long))
    settle()
    for text in record(shell).texts:
        assert text.x >= 0
        assert text.x + text.width <= 1024


def test_an_announcement_is_sent_without_a_screen_reader_too(show):
    shell = show()
    shell.announce("153 pontos creditados. Novo saldo 2.633.")
    shell.announce("Esta nota já pontuou.", urgent=True)


def test_an_unknown_screen_is_refused(show):
    with pytest.raises(KeyError):
        show().show_page("nowhere")
