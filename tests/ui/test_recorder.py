"""The measuring tool itself: a sound window passes, and each fault put into it is caught."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.ui import geometry
from tests.ui.geometry import Miss
from tests.ui.recorder import record
from tests.ui.target import Target, parse

RESOURCES = Path(__file__).parents[2] / "resources"
GIFT = '<path d="M12 7v14"></path>'
INK, MUTED, ACCENT, LINE = "#17191C", "#62686F", "#2450D3", "#E3E2DD"


@dataclass(frozen=True)
class Drawing:
    """A small screen by its numbers; a fault is one number changed."""

    left: int = 20
    top: int = 20
    padding: int = 20
    gap: int = 16
    button: int = 44
    radius: int = 14
    border: str = LINE
    family: str = "Inter"
    weight: int = 600
    ink: str = INK
    icon: int = 20
    icon_color: str = ACCENT
    label_width: int = 120
    label_height: int = 20
    icons: bool = True
    icon_file: str = "gift"
    stray: bool = False
    lid: bool = False
    line: bool = True


class Icon(QLabel):
    """An icon of the project, tinted."""

    def __init__(self, parent: QWidget, name: str, side: int, color: str) -> None:
        super().__init__(parent)
        svg = (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        tinted = svg.replace("currentColor", color).encode()
        QSvgRenderer(QByteArray(tinted)).render(painter, QRectF(0, 0, side, side))
        painter.end()
        self.setPixmap(pixmap)
        self.resize(side, side)


@pytest.fixture(scope="module", autouse=True)
def _inter(qapp: object) -> None:
    for name in ("Regular", "Medium", "SemiBold", "Bold"):
        assert QFontDatabase.addApplicationFont(str(RESOURCES / "fonts" / f"Inter-{name}.ttf")) >= 0


@pytest.fixture
def windows(qtbot: QtBot) -> Iterator[list[QWidget]]:
    kept: list[QWidget] = []
    yield kept
    for window in kept:
        window.close()
        window.deleteLater()


def build(drawing: Drawing) -> QWidget:
    d = drawing
    window = QWidget()
    window.resize(480, 320)
    window.setStyleSheet("QWidget#window { background: #F4F4F1; }")
    window.setObjectName("window")
    card = QFrame(window)
    card.setGeometry(d.left, d.top, 240, 200)
    card.setStyleSheet(
        f"QFrame#card {{ background: #FFFFFF; border: 1px solid {d.border};"
        f" border-radius: {d.radius}px; }}"
    )
    card.setObjectName("card")
    inside = d.padding + 1
    label(card, d, "Marina Alves", inside, inside, d.weight, d.ink)
    label(card, d, "+153 pts · Café grande", inside, inside + 24, 400, MUTED, width=180)
    if d.line:
        rule = QFrame(card)
        rule.setGeometry(inside, inside + 60, 200, 1)
        rule.setStyleSheet(f"background: {LINE};")
    if d.icons:
        Icon(card, d.icon_file, d.icon, d.icon_color).move(inside, inside + 72)
    button = QFrame(window)
    button.setGeometry(d.left + 240 + d.gap, d.top, 160, d.button)
    button.setStyleSheet(f"background: {ACCENT}; border-radius: 9px;")
    label(button, d, "Creditar 153", 20, (d.button - 20) // 2, 600, "#FFFFFF")
    if d.stray:
        label(window, d, "stray", 20, 280, 400, INK)
    if d.lid:
        lid = QFrame(window)
        lid.setGeometry(d.left + 240, 0, 240, 320)
        lid.setStyleSheet("background: #F4F4F1;")
    return window


def label(
    parent: QWidget, d: Drawing, words: str, x: int, y: int, weight: int, color: str, width: int = 0
) -> None:
    text = QLabel(words, parent)
    text.setFont(font(d.family, weight))
    text.setStyleSheet(f"color: {color}; background: transparent; border: 0;")
    text.setIndent(0)
    text.setGeometry(x, y, width or d.label_width, d.label_height)


def font(family: str, weight: int) -> QFont:
    wanted = QFont(family)
    wanted.setPixelSize(14)
    wanted.setWeight(QFont.Weight(weight))
    wanted.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return wanted


def text_item(words: str, x: float, y: float, weight: int, color: str) -> dict[str, object]:
    metrics = QFontMetricsF(font("Inter", weight))
    baseline = y + (20 - metrics.ascent() - metrics.descent()) / 2 + metrics.ascent()
    return {
        "text": words,
        "x": x,
        "w": metrics.horizontalAdvance(words),
        "baseline": baseline,
        "px": 14,
        "weight": weight,
        "color": css(color),
    }


def css(color: str) -> str:
    shade = QColor(color)
    return f"rgb({shade.red()}, {shade.green()}, {shade.blue()})"


def box(place: tuple[int, int, int, int], fill: str, border: str | None, radius: int) -> object:
    x, y, w, h = place
    edge = [1, css(border)] if border else None
    return {"x": x, "y": y, "w": w, "h": h, "fill": css(fill), "border": edge, "radius": radius}


@pytest.fixture
def target(_inter: None) -> Target:
    """The same screen written down as numbers, as a browser would report it."""
    return parse(
        {
            "size": [480, 320],
            "texts": [
                text_item("Marina Alves", 41, 41, 600, INK),
                text_item("+153 pts · Café grande", 41, 65, 400, MUTED),
                text_item("Creditar 153", 296, 32, 600, "#FFFFFF"),
            ],
            "boxes": [
                box((0, 0, 480, 320), "#F4F4F1", None, 0),
                box((20, 20, 240, 200), "#FFFFFF", LINE, 14),
                box((276, 20, 160, 44), ACCENT, None, 9),
            ],
            "lines": [{"x": 41, "y": 101, "w": 200, "h": 1, "color": css(LINE)}],
            "icons": [{"x": 41, "y": 113, "w": 20, "h": 20, "color": css(ACCENT), "shape": GIFT}],
        }
    )


def misses(windows: list[QWidget], target: Target, drawing: Drawing) -> list[Miss]:
    window = build(drawing)
    windows.append(window)
    return geometry.compare(record(window), target)


def test_the_window_as_drawn_has_no_miss(windows: list[QWidget], target: Target) -> None:
    assert misses(windows, target, Drawing()) == []


@pytest.mark.parametrize(
    ("fault", "kind", "least"),
    [
        ({"left": 25}, "text", 3),
        ({"top": 23}, "text", 3),
        ({"padding": 16}, "text", 2),
        ({"button": 40}, "box", 1),
        ({"gap": 20}, "box", 1),
        ({"family": "Sans Serif"}, "text", 3),
        ({"label_height": 26}, "text", 3),
        ({"weight": 500}, "text", 1),
        ({"ink": "#18191C"}, "text", 1),
        ({"icons": False}, "icon", 1),
        ({"icon_color": MUTED}, "icon", 1),
        ({"icon": 24}, "icon", 1),
        ({"icon_file": "cake"}, "icon", 1),
        ({"radius": 0}, "box", 1),
        ({"border": "#BFCDF6"}, "box", 1),
        ({"lid": True}, "text", 1),
        ({"label_width": 60}, "text", 1),
        ({"stray": True}, "text", 1),
        ({"line": False}, "line", 1),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else str(value),
)
def test_a_fault_put_into_the_window_is_caught(
    windows: list[QWidget], target: Target, fault: dict[str, object], kind: str, least: int
) -> None:
    found = misses(windows, target, replace(Drawing(), **fault))
    assert len([miss for miss in found if miss.item.startswith(kind)]) >= least


def test_the_miss_says_what_is_wrong(windows: list[QWidget], target: Target) -> None:
    lidded = [str(miss) for miss in misses(windows, target, Drawing(lid=True))]
    assert any("'Creditar 153'" in line and "covered" in line for line in lidded)
    narrow = [str(miss) for miss in misses(windows, target, Drawing(label_width=60))]
    assert any("'Marina Alves'" in line and "cut" in line for line in narrow)
    stray = [str(miss) for miss in misses(windows, target, Drawing(stray=True))]
    assert any("'stray'" in line and "not drawn" in line for line in stray)


def test_two_pixels_are_within_the_tolerance(windows: list[QWidget], target: Target) -> None:
    assert misses(windows, target, Drawing(left=22)) == []


def test_a_text_inside_a_line_edit_is_read(windows: list[QWidget], qtbot: QtBot) -> None:
    field = QLineEdit()
    windows.append(field)
    field.resize(200, 40)
    field.setPlaceholderText("CPF, celular ou nome")
    assert record(field).words() == ["CPF, celular ou nome"]
    field.setText("R$\u00a086,40")
    assert record(field).words() == ["R$ 86,40"]


def test_a_rich_text_gives_one_entry_for_each_format_run(
    windows: list[QWidget], qtbot: QtBot
) -> None:
    words = QLabel("<b>6</b> de 10")
    windows.append(words)
    words.resize(200, 40)
    assert record(words).words() == ["6", "de 10"]


def test_two_texts_on_one_place_are_reported(windows: list[QWidget], qtbot: QtBot) -> None:
    window = QWidget()
    windows.append(window)
    window.resize(200, 60)
    for words in ("first", "second"):
        label(window, Drawing(), words, 10, 10, 400, INK)
    assert any("written over" in miss.why for miss in geometry.audit(record(window)))


def test_a_box_that_its_place_cuts_off_is_reported(windows: list[QWidget], qtbot: QtBot) -> None:
    window = QWidget()
    windows.append(window)
    window.resize(200, 60)
    box = QFrame(window)
    box.setGeometry(10, 10, 120, 80)
    box.setStyleSheet(f"background: {ACCENT};")
    assert any("cut" in miss.why for miss in geometry.audit(record(window)))


def test_inter_has_its_four_styles_under_one_family() -> None:
    assert set(QFontDatabase.styles("Inter")) == {"Regular", "Medium", "SemiBold", "Bold"}


def test_a_listed_difference_that_matches_fails_and_an_unlisted_one_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "differences.toml").write_text(
        '[[difference]]\nscreen = "s"\nthemes = ["light"]\nitem = "text a"\nreason = "because"\n'
    )
    monkeypatch.setattr(geometry, "TARGETS", tmp_path)
    listed, other = Miss("text a", "left 9 for 3"), Miss("text b", "not painted")
    assert geometry.settle([listed], "s", "light", count=100).holds
    assert not geometry.settle([], "s", "light", count=100).holds
    assert not geometry.settle([listed, other], "s", "light", count=100).holds
    assert not geometry.settle([listed], "s", "dark", count=100).holds
    assert not geometry.settle([listed], "s", "light", count=10).holds
