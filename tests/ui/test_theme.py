"""The tables of colour and type hold what every screen relies on."""

import pytest
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QPalette
from PySide6.QtWidgets import QLineEdit, QWidget

from loyalty_desk.ui import theme
from loyalty_desk.ui.theme import ROLES, THEMES, TOKENS, Theme
from loyalty_desk.ui.widgets.scroll import ScrollArea

SOFT = ("accent", "ok", "warn", "bad", "gold", "silver", "bronze")
TEXT_PAIRS = [
    *[(ink, ground) for ink in ("ink", "ink2") for ground in ("surface", "canvas", "sunken")],
    *[("ink3", ground) for ground in ("surface", "canvas", "sunken", "hover")],
    *[(tone, "surface") for tone in SOFT],
    *[(tone, f"{tone}-soft") for tone in SOFT],
    ("on-accent", "accent"),
    ("on-accent", "accent-press"),
    ("ink2", "key"),
    ("ink2", "hover"),
]
SHAPE_PAIRS = [
    ("control", "surface"),
    ("control", "canvas"),
    ("ring", "surface"),
    ("accent", "track"),
    *[(f"chart-{n}", "surface") for n in range(1, 7)],
]


def luminance(color: QColor) -> float:
    """Relative luminance as WCAG 2.2 defines it."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = color.redF(), color.greenF(), color.blueF()
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio as WCAG 2.2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read_on_every_ground_it_stands_on(name, ink, ground, qapp):
    found = Theme(name)
    assert contrast(found.color(ink), found.color(ground)) >= 4.5


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_controls_and_charts_stand_out_from_their_ground(name, shape, ground, qapp):
    found = Theme(name)
    assert contrast(found.color(shape), found.color(ground)) >= 3.0


def test_high_contrast_text_reaches_seven_to_one(qapp):
    found = Theme("contrast")
    for ink in ("ink", "ink2", "ink3", "accent", "ok", "warn", "bad", "gold", "disabled"):
        assert contrast(found.color(ink), found.color("surface")) >= 7.0


def test_every_token_is_a_colour_in_every_theme():
    for token, values in TOKENS.items():
        assert len(values) == len(THEMES), token
        assert all(QColor(value).isValid() for value in values), token


def test_every_role_has_whole_pixels_and_a_bundled_weight():
    for role, wanted in ROLES.items():
        assert wanted.px >= 12, role
        assert wanted.line >= wanted.px, role
        assert wanted.weight in (400, 500, 600, 700), role


@pytest.mark.parametrize("name", THEMES)
def test_a_theme_is_installed_as_a_whole(name, qapp):
    found = theme.install(qapp, name)
    assert theme.active() is found
    assert qapp.palette().window().color() == found.color("canvas")
    assert qapp.styleSheet() == "", "with a sheet a screen takes twice as long to make"


def test_a_field_and_a_bar_follow_the_theme(qapp, qtbot):
    theme.install(qapp, "light")
    area = ScrollArea(QWidget())
    field = QLineEdit(area.widget())
    qtbot.addWidget(area)

    for name in ("dark", "contrast", "light"):
        found = theme.install(qapp, name)
        qapp.processEvents()
        seen = field.palette()
        disabled = seen.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        assert seen.base().color().alpha() == 0
        assert seen.text().color() == found.color("ink")
        assert disabled == found.color("disabled")
        assert area.verticalScrollBar().styleSheet() == found.bars()
        assert "$" not in found.bars()
        assert found.color("control").name() in found.bars()


def test_inter_is_bundled_in_four_weights(qapp):
    theme.install(qapp, "light")
    assert len(QFontDatabase.styles("Inter")) == 4
    for role, wanted in ROLES.items():
        font = theme.active().font(role)
        info = QFontInfo(font)
        assert (info.family(), info.pixelSize()) == ("Inter", wanted.px), role
        assert font.hintingPreference() == QFont.HintingPreference.PreferNoHinting


def test_an_icon_takes_the_colour_of_its_theme_and_the_density_of_its_screen(qapp):
    for name in THEMES:
        found = theme.install(qapp, name)
        pixmap = found.icon("clock", "warn", 20, 2.0)
        assert (pixmap.width(), pixmap.devicePixelRatio()) == (40, 2.0)
        image = pixmap.toImage()
        solid = [
            image.pixelColor(x, y)
            for x in range(40)
            for y in range(40)
            if image.pixelColor(x, y).alpha() == 255
        ]
        assert solid
        wanted = found.color("warn")
        assert all(abs(color.red() - wanted.red()) <= 2 for color in solid)


def test_an_icon_the_project_does_not_carry_is_refused(qapp):
    theme.install(qapp, "light")
    with pytest.raises(FileNotFoundError):
        theme.active().icon("no-such-icon", "ink", 20)


def test_the_system_decides_between_the_three_themes():
    assert theme.preferred(dark=False, high_contrast=False) == "light"
    assert theme.preferred(dark=True, high_contrast=False) == "dark"
    assert theme.preferred(dark=True, high_contrast=True) == "contrast"
