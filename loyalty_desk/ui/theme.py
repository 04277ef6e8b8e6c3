"""How the desk looks: colour tokens of three themes, type roles, tinted icons, a palette.

Guarantees that every colour and every type size of a screen comes from the two tables below, and
that each token has a value in each theme. Widgets ask `active()` whenever they paint, so a change
of theme needs no rebuilding.
"""

from dataclasses import dataclass
from functools import cache
from string import Template
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QImage, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QToolTip

from sync.paths import resources

THEMES: Final = ("light", "dark", "contrast")
FAMILY: Final = "Inter"
_STATIC_WEIGHTS: Final = ("Regular", "Medium", "SemiBold", "Bold")

# One value a theme, in the order of THEMES.
TOKENS: Final[dict[str, tuple[str, str, str]]] = {
    "canvas": ("#F4F4F1", "#0F1113", "#FFFFFF"),
    "surface": ("#FFFFFF", "#181B1E", "#FFFFFF"),
    "sunken": ("#F9F9F7", "#141719", "#FFFFFF"),
    "hover": ("#F0F0EC", "#22262A", "#FFFFFF"),
    "rail": ("#FFFFFF", "#141719", "#FFFFFF"),
    "key": ("#F4F4F1", "#22262A", "#FFFFFF"),
    "border": ("#E3E2DD", "#2B3035", "#5A5F66"),
    "control": ("#878C94", "#737A83", "#000000"),
    "track": ("#E8E7E2", "#2B3035", "#FFFFFF"),
    "grid": ("#ECEBE7", "#24282C", "#5A5F66"),
    "ring": ("#17191C", "#ECEEF0", "#000000"),
    "ink": ("#17191C", "#ECEEF0", "#000000"),
    "ink2": ("#474C54", "#C3C8CE", "#000000"),
    "ink3": ("#62686F", "#9CA3AB", "#1F2226"),
    "disabled": ("#9EA3AA", "#6B727A", "#4A4F57"),
    "accent": ("#2450D3", "#8BA6FF", "#0B2A8F"),
    "accent-press": ("#1B3FA9", "#A9BDFF", "#071C63"),
    "on-accent": ("#FFFFFF", "#0C1430", "#FFFFFF"),
    "accent-soft": ("#EBF0FD", "#1C2747", "#FFFFFF"),
    "accent-line": ("#BFCDF6", "#34467F", "#0B2A8F"),
    "ok": ("#0B7350", "#5CCB9F", "#064A33"),
    "ok-soft": ("#E3F4EC", "#12291F", "#FFFFFF"),
    "ok-line": ("#B5DFCC", "#23513F", "#064A33"),
    "warn": ("#8A5300", "#F0B95A", "#5C3700"),
    "warn-soft": ("#FFF4DF", "#2C2210", "#FFFFFF"),
    "warn-line": ("#F0D7A4", "#5A4519", "#5C3700"),
    "bad": ("#B3261E", "#FF8F85", "#7D140F"),
    "bad-soft": ("#FCECEA", "#331816", "#FFFFFF"),
    "bad-line": ("#F2C4BF", "#66302B", "#7D140F"),
    "gold": ("#7A5600", "#E7C66B", "#4A3400"),
    "gold-soft": ("#FBF1D6", "#2B2412", "#FFFFFF"),
    "gold-line": ("#E9D395", "#5A4A1C", "#4A3400"),
    "silver": ("#4D5660", "#C2CAD3", "#1F2226"),
    "silver-soft": ("#ECEFF2", "#262B30", "#FFFFFF"),
    "bronze": ("#8B4A22", "#E2A57E", "#5C3012"),
    "bronze-soft": ("#F8EAE1", "#2E1F15", "#FFFFFF"),
    "bronze-line": ("#EBCFBD", "#5C4029", "#5C3012"),
    "paper": ("#FFFFFF", "#FFFFFF", "#FFFFFF"),  # what a camera must read stays white
    "paper-ink": ("#17191C", "#17191C", "#000000"),
    "chart-1": ("#2450D3", "#8BA6FF", "#0B2A8F"),
    "chart-2": ("#C96A00", "#F0A050", "#8A4300"),
    "chart-3": ("#0E8A76", "#4CC3AE", "#064A33"),
    "chart-4": ("#8A4FB0", "#C79BE8", "#5B2A80"),
    "chart-5": ("#8B9199", "#8B9199", "#4A4F57"),
    "chart-6": ("#A98200", "#D9B84A", "#6B5200"),
}


@dataclass(frozen=True, slots=True)
class Role:
    """One use of type: size and line height in whole pixels, weight 400, 500, 600 or 700."""

    px: int
    weight: int
    line: int


ROLES: Final[dict[str, Role]] = {
    "meta": Role(12, 400, 16),
    "note": Role(12, 600, 16),
    "tag": Role(12, 600, 16),
    "key": Role(12, 600, 16),
    "rail": Role(12, 500, 14),
    "rail-on": Role(12, 600, 14),
    "small": Role(13, 400, 18),
    "small-strong": Role(13, 600, 18),
    "small-bold": Role(13, 700, 18),
    "name": Role(13, 600, 17),
    "slot": Role(13, 500, 18),
    "slot-hot": Role(13, 600, 18),
    "body": Role(14, 400, 20),
    "body-medium": Role(14, 500, 20),
    "body-strong": Role(14, 600, 20),
    "brand": Role(15, 600, 18),
    "lead": Role(15, 400, 20),
    "lead-strong": Role(15, 600, 20),
    "unit": Role(16, 400, 20),
    "person": Role(16, 600, 22),
    "h2": Role(17, 600, 22),
    "member": Role(18, 600, 22),
    "panel": Role(20, 600, 26),
    "total": Role(20, 600, 24),
    "pad": Role(22, 600, 28),
    "h1": Role(24, 600, 30),
    "figure": Role(24, 600, 30),
    "hero": Role(30, 600, 36),
    "forecast": Role(30, 600, 34),
    "balance": Role(44, 600, 50),
    "field-15": Role(15, 400, 20),
    "field-16": Role(16, 400, 20),
    "field-18": Role(18, 400, 24),
    "field-20": Role(20, 400, 26),
    "field-24": Role(24, 600, 30),
    "field-30": Role(30, 600, 36),
    "button-s": Role(14, 600, 20),
    "button-m": Role(15, 600, 20),
    "button-tall": Role(16, 600, 20),
    "button-l": Role(17, 600, 22),
    "button-xl": Role(18, 600, 22),
    "initials-16": Role(16, 600, 20),
    "initials-17": Role(17, 600, 20),
}


class Theme:
    """One of the three themes, ready to paint with. Make it with `install`."""

    def __init__(self, name: str) -> None:
        """Resolve the tokens of `name`; raises ValueError for a theme that does not exist."""
        column = THEMES.index(name)
        self.name = name
        self.is_contrast = name == "contrast"
        self.border_px = 2 if self.is_contrast else 1
        self.focus_px = 3 if self.is_contrast else 2
        self._colors = {token: QColor(values[column]) for token, values in TOKENS.items()}
        self._fonts: dict[str, QFont] = {}
        self._icons: dict[tuple[str, str, int, float, float], QPixmap] = {}

    def color(self, token: str) -> QColor:
        """Return the colour of a token; raises KeyError for an unknown one."""
        return self._colors[token]

    def font(self, role: str) -> QFont:
        """Return the font of a role, in whole pixels and without hinting."""
        found = self._fonts.get(role)
        if found is None:
            wanted = ROLES[role]
            found = QFont(FAMILY)
            found.setPixelSize(wanted.px)
            found.setWeight(QFont.Weight(wanted.weight))
            found.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            self._fonts[role] = found
        return found

    def icon(
        self, name: str, token: str, size: int, dpr: float = 1.0, stroke: float = 1.75
    ) -> QPixmap:
        """Return `resources/icons/<name>.svg` in a token's colour, rendered for this density.

        Raises FileNotFoundError when the project does not carry that icon.
        """
        key = (name, token, size, dpr, stroke)
        found = self._icons.get(key)
        if found is None:
            found = _render(name, self.color(token), size, dpr, stroke)
            self._icons[key] = found
        return found

    def bars(self) -> str:
        """Return the style sheet of scroll bars, with every `$token` replaced."""
        return Template(_bars()).substitute({name: c.name() for name, c in self._colors.items()})

    def palette(self) -> QPalette:
        """Return the palette for what Qt itself paints: windows, fields, selections."""
        palette = QPalette()
        for role, token in _PALETTE.items():
            palette.setColor(role, self.color(token))
        disabled = QPalette.ColorGroup.Disabled
        palette.setColor(disabled, QPalette.ColorRole.Text, self.color("disabled"))
        return palette

    def field_palette(self) -> QPalette:
        """Return the palette of a line edit: what stands behind it is the frame around it."""
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
        return palette


_PALETTE: Final = {
    QPalette.ColorRole.Window: "canvas",
    QPalette.ColorRole.WindowText: "ink",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "sunken",
    QPalette.ColorRole.Text: "ink",
    QPalette.ColorRole.PlaceholderText: "ink3",
    QPalette.ColorRole.Button: "surface",
    QPalette.ColorRole.ButtonText: "ink",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on-accent",
    QPalette.ColorRole.ToolTipBase: "ink",
    QPalette.ColorRole.ToolTipText: "surface",
}


class _Installed:
    """The theme in use; one per process, as there is one QApplication."""

    def __init__(self) -> None:
        self.themes: dict[str, Theme] = {}
        self.active: Theme | None = None


_installed = _Installed()


def install(app: QApplication, name: str) -> Theme:
    """Make `name` the theme of the whole application, at start or at any later time.

    Raises FileNotFoundError when the bundled fonts or the style sheet are missing.
    """
    if not _installed.themes:
        _load_fonts()
        app.setStyle("Fusion")  # what Qt paints by itself looks the same on every system
    theme = _installed.themes.setdefault(name, Theme(name))
    if _installed.active is theme:
        return theme  # a palette set again would be told to every widget again
    _installed.active = theme
    app.setFont(theme.font("body"))
    # No style sheet of the whole application: with one, every widget that gets a parent is styled
    # anew with all that is in it, and a screen takes twice as long to make.
    app.setPalette(theme.palette())
    app.setPalette(theme.field_palette(), "QLineEdit")  # type: ignore[arg-type]  # says bytes, takes str
    QToolTip.setPalette(theme.palette())
    return theme


@cache
def _bars() -> str:
    return (resources() / "style.qss").read_text(encoding="utf-8")


def active() -> Theme:
    """Return the theme in use; raises RuntimeError before `install`."""
    if _installed.active is None:
        raise RuntimeError("no theme is installed yet")
    return _installed.active


def preferred(dark: bool, high_contrast: bool) -> str:
    """Return the theme that answers what the system asks for."""
    if high_contrast:
        return "contrast"
    return "dark" if dark else "light"


def _load_fonts() -> None:
    """Register the four static files; a missing one would silently change every width."""
    for weight in _STATIC_WEIGHTS:
        path = resources() / "fonts" / f"Inter-{weight}.ttf"
        if QFontDatabase.addApplicationFont(str(path)) < 0:
            raise FileNotFoundError(path)


def _render(name: str, color: QColor, size: int, dpr: float, stroke: float) -> QPixmap:
    """Draw one SVG at device resolution, its strokes in `color`."""
    source = (resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    tinted = source.replace("currentColor", color.name()).replace(
        'stroke-width="2"', f'stroke-width="{stroke}"'
    )
    side = round(size * dpr)
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    try:
        QSvgRenderer(QByteArray(tinted.encode())).render(painter, QRectF(0, 0, side, side))
    finally:
        painter.end()
    pixmap = QPixmap.fromImage(image)
    pixmap.setDevicePixelRatio(dpr)
    return pixmap
