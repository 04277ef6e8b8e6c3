"""The parts every screen is drawn with: amounts, texts that do not fit, rings, hit areas."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from loyalty_desk.ui import theme
from loyalty_desk.ui.widgets.button import SIZES, Button, Tile, icon_button, stand_on
from loyalty_desk.ui.widgets.control import Check, Chip, KeySlot, Link, PadKey, RailItem
from loyalty_desk.ui.widgets.field import AmountField, Field, centavos_of
from loyalty_desk.ui.widgets.label import KeyCap, tag
from loyalty_desk.ui.widgets.layout import Breadth, breadth_of, column, margins
from loyalty_desk.ui.widgets.surface import Bar, IconTile, Line
from loyalty_desk.ui.widgets.text import Prose, Run, Runs, Text, runs_of
from sync import i18n
from tests.ui.recorder import record


@pytest.fixture(autouse=True)
def _light(qapp) -> Iterator[None]:
    theme.install(qapp, "light")
    i18n.speak("pt_BR")
    yield
    theme.install(qapp, "light")


@pytest.fixture
def host(qtbot):
    """A window to put one widget into, at a width."""
    windows: list[QWidget] = []  # Python owns them

    def put(widget: QWidget, width: int = 0) -> QWidget:
        window = QWidget()
        layout = QVBoxLayout(window)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(widget)
        qtbot.addWidget(window)
        windows.append(window)
        if width:
            window.setFixedWidth(width)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is window.windowHandle())
        return window

    return put


def test_digits_enter_an_amount_from_the_right(host, qtbot):
    amount = AmountField("Valor")
    host(amount)
    amount.start()
    told: list[int] = []
    amount.changed.connect(told.append)
    qtbot.keyClicks(amount.edit, "8640")
    assert told == [8, 86, 864, 8640]
    assert amount.edit.text() == i18n.money(8640)


def test_backspace_takes_the_last_digit_and_delete_all(host, qtbot):
    amount = AmountField("Valor")
    host(amount)
    amount.set_centavos(8640)
    qtbot.keyClick(amount.edit, Qt.Key.Key_Backspace)
    assert amount.centavos() == 864
    qtbot.keyClick(amount.edit, Qt.Key.Key_Delete)
    assert (amount.centavos(), amount.edit.text()) == (0, "")


def test_an_amount_shown_by_the_desk_tells_nobody(host):
    amount = AmountField("Valor")
    host(amount)
    told: list[int] = []
    amount.changed.connect(told.append)
    amount.set_centavos(8640)
    amount.set_centavos(8640)
    assert told == []


def test_an_amount_holds_eight_digits_and_no_letter(host, qtbot):
    amount = AmountField("Valor")
    host(amount)
    qtbot.keyClicks(amount.edit, "1a2b3-4 56789")
    assert amount.centavos() == 12_345_678


def test_a_marked_amount_is_typed_over(host, qtbot):
    amount = AmountField("Valor")
    host(amount)
    amount.set_centavos(8640)
    amount.start()
    qtbot.keyClicks(amount.edit, "5")
    assert amount.centavos() == 5


@pytest.mark.parametrize(
    ("text", "centavos"),
    [
        ("R$ 1.234,50", 123_450),
        ("R$ 86,40", 8_640),
        ("R$\u00a086,40", 8_640),
        ("86,40\n", 8_640),
        ("86.4", 8_640),
        ("1.234,56", 123_456),
        ("86", 8_600),
        ("999.999,99", 99_999_999),
    ],
)
def test_a_pasted_amount_is_read_as_money(host, qtbot, text, centavos):
    amount = AmountField("Valor")
    host(amount)
    QGuiApplication.clipboard().setText(text)
    with qtbot.assertNotEmitted(amount.unreadable):
        qtbot.keyClick(amount.edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert amount.centavos() == centavos


@pytest.mark.parametrize(
    "text", ["-5,00", "10,00 reais", "123456789", "1.000.000,00", "R$", ",", ".", " ", "dez"]
)
def test_a_paste_that_is_no_amount_is_told_and_leaves_what_stands(host, qtbot, text):
    amount = AmountField("Valor")
    host(amount)
    amount.set_centavos(8640)
    QGuiApplication.clipboard().setText(text)
    with qtbot.waitSignal(amount.unreadable), qtbot.assertNotEmitted(amount.changed):
        qtbot.keyClick(amount.edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert amount.centavos() == 8640


def test_text_put_back_into_an_amount_puts_the_amount_back(host, qtbot):
    amount = AmountField("Valor")
    host(amount)
    amount.set_centavos(8640)
    before = amount.edit.text()
    qtbot.keyClicks(amount.edit, "77")
    amount.edit.setText(before)
    assert amount.centavos() == 8640


def test_a_long_amount_is_shown_whole_in_smaller_type(host):
    amount = AmountField("Valor")
    window = host(amount, 208)
    amount.set_centavos(99_999_999)
    painted = next(text for text in record(window).texts if "999" in text.words)
    assert painted.px < 30
    assert painted.x + painted.width <= 208 - 12


@given(st.integers(min_value=1, max_value=99_999_999))
def test_money_as_written_is_read_back(centavos):
    assert centavos_of(i18n.money(centavos)) == centavos


@pytest.mark.parametrize(
    ("text", "centavos"),
    [("86,40", 8640), ("86.4", 8640), ("86", 8600), ("1.234,50", 123_450), (" R$ 7 ", 700)],
)
def test_amounts_are_read_as_people_write_them(text, centavos):
    assert centavos_of(text) == centavos


@pytest.mark.parametrize("text", ["", "abc", "R$", "12,345,6x", "-5"])
def test_what_is_no_amount_is_none(text):
    assert centavos_of(text) is None


def test_words_that_do_not_fit_end_in_an_ellipsis_and_are_whole_in_the_tip(host):
    words = Text("Membro desde muito tempo atrás", "body")
    window = host(words, 90)
    painted = record(window).texts[0]
    assert painted.words.endswith("…")
    assert painted.x + painted.width <= 91
    assert words.toolTip() == words.text() == "Membro desde muito tempo atrás"


def test_words_that_fit_are_painted_whole_without_a_tip(host):
    words = Text("Saldo", "body")
    window = host(words, 200)
    assert record(window).words() == ["Saldo"]
    assert words.toolTip() == ""


def test_runs_share_one_baseline_and_read_as_one_sentence(host):
    shown = Runs(Run("2.480", "balance"), Run("pontos", "unit", "ink2", 8))
    window = host(shown, 300)
    figure, unit = record(window).texts
    assert figure.baseline == unit.baseline
    assert (figure.px, unit.px) == (44, 16)
    assert shown.text() == "2.480 pontos"


def test_a_sentence_is_split_at_its_names():
    runs = runs_of("Até {points} aqui", "small-strong", "warn", "small-bold", points="600 pts")
    assert [run.text for run in runs] == ["Até ", "600 pts", " aqui"]
    assert [run.role for run in runs] == ["small-strong", "small-bold", "small-strong"]


def test_a_paragraph_wraps_at_its_line_height(host):
    window = host(Prose("Um texto que precisa de mais de uma linha para caber", "small"), 150)
    lines = record(window).texts
    assert len(lines) > 1
    assert {round(b.baseline - a.baseline) for a, b in itertools.pairwise(lines)} == {18}


def test_a_paragraph_with_a_limit_ends_in_an_ellipsis(host):
    window = host(Prose("um dois três quatro cinco seis sete oito nove", max_lines=2), 90)
    lines = record(window).texts
    assert len(lines) == 2
    assert lines[-1].words.endswith("…")


def test_a_button_without_room_leaves_out_the_icon_before_it_shortens_its_words(host):
    made = Button("Extrato do membro", "history")
    window = host(made, made.sizeHint().width() - 25)
    painted = record(window)
    assert painted.words() == ["Extrato do membro"]
    assert painted.pictures == []


def test_the_ring_comes_with_the_keyboard_and_not_with_the_mouse(host, qtbot):
    made = Button("Usar")
    host(made)
    made.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not made.is_ringed()
    made.clearFocus()
    made.setFocus(Qt.FocusReason.TabFocusReason)
    assert made.is_ringed()


def test_everything_that_is_pressed_is_large_enough_and_has_a_name(host):
    tile = Tile("Prêmio")
    tile.setLayout(column(Text("x")))
    stand_on(tile)
    parts = [Button("A", size=size) for size in SIZES]
    parts += [icon_button("ellipsis", "Mais", 40, (0, 0, 0, 4)), Button(key="Esc", name="Voltar")]
    parts += [Chip("A"), Link("A"), RailItem("Balcão", "scan-line"), PadKey("1"), tile]
    parts += [Check("Aceita"), KeySlot("F1", "Ajuda")]
    for part in parts:
        hint = part.minimumSizeHint().expandedTo(part.minimumSize())
        assert min(hint.width(), hint.height()) >= 44 or isinstance(part, KeySlot), part
        assert part.accessibleName(), part


def test_a_check_is_pressed_anywhere_in_its_row(host, qtbot):
    made = Check("Receber ofertas por SMS")
    host(made, 400)
    qtbot.mouseClick(made, Qt.MouseButton.LeftButton, pos=made.rect().center())
    assert made.isChecked()
    qtbot.keyClick(made, Qt.Key.Key_Space)
    assert not made.isChecked()


def test_a_click_beside_the_text_gives_a_field_the_focus(host, qtbot):
    made = Field("form", "CPF", "000.000.000-00")
    host(made, 300)
    qtbot.mouseClick(made, Qt.MouseButton.LeftButton, pos=made.rect().topLeft())
    assert made.edit.hasFocus()


def test_a_wrong_field_is_outlined_in_the_colour_of_an_error(host):
    made = Field("form", "CPF")
    window = host(made, 300)
    made.set_wrong(True)
    pens = {shape.pen.name() for shape in record(window).shapes if shape.pen is not None}
    assert theme.active().color("bad").name() in pens


def test_lines_and_borders_double_in_high_contrast(host, qapp, qtbot):
    line = Line()
    host(line, 100)
    theme.install(qapp, "contrast")
    assert line.sizeHint().height() == 2


def test_soft_boxes_keep_an_outline_in_high_contrast(host, qapp):
    theme.install(qapp, "contrast")
    for part in (tag("Ouro", "ok"), IconTile("clock", "warn"), Bar(0.5, "x"), KeyCap("F1")):
        window = host(part)
        assert any(shape.pen is not None for shape in record(window).shapes), part


def test_a_change_of_theme_repaints_in_its_colours(host, qapp):
    window = host(Text("Saldo", "body"))
    theme.install(qapp, "dark")
    ink = theme.active().color("ink")
    assert record(window).texts[0].color == (ink.red(), ink.green(), ink.blue())


def test_a_padding_is_read_as_in_css():
    assert margins(5) == (5, 5, 5, 5)
    assert margins((1, 2)) == (2, 1, 2, 1)
    assert margins((1, 2, 3, 4)) == (4, 1, 2, 3)


def test_the_width_of_the_window_chooses_the_layout():
    widths = (1024, 1100, 1101, 1366, 1599, 1600, 1920)
    found = [breadth_of(width) for width in widths]
    assert found == [Breadth.COMPACT] * 2 + [Breadth.NORMAL] * 3 + [Breadth.WIDE] * 2
