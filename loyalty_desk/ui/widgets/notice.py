"""Rows and boxes that tell one thing: icon, what it is, what it means.

Guarantees that their words are real labels, readable one by one by a screen reader.
"""

from PySide6.QtWidgets import QSizePolicy, QWidget

from loyalty_desk.ui.widgets.layout import SPRING, column, grow, hosted, row, stack, wrapping
from loyalty_desk.ui.widgets.surface import Icon, IconTile, Surface
from loyalty_desk.ui.widgets.text import Prose, Run, Text


class Notice(QWidget):
    """An icon tile with a title and a note beside it, at least 44 px high."""

    def __init__(
        self, icon: str = "clock", tone: str = "plain", title: str = "", note: str = ""
    ) -> None:
        super().__init__()
        self.tile = IconTile(icon, tone)
        self.title = Text(title, "body-strong")
        self.note = Text(note, "small", "ink3")
        words = stack(self.title, self.note)
        self.setLayout(row(self.tile, grow(words), gap=12))
        self.setMinimumHeight(44)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_as(self, icon: str, tone: str, title: str, note: str) -> None:
        """Show another notice."""
        self.tile.show_icon(icon, tone)
        self.title.set_text(title)
        self.note.set_text(note)
        self.note.setVisible(bool(note))


class NoticeBox(Surface):
    """A tinted box with an icon and a paragraph in its tone ("warn", "ok", "bad", "plain")."""

    def __init__(
        self, tone: str = "warn", icon: str = "wifi-off", role: str = "small-strong"
    ) -> None:
        ink = "ink2" if tone == "plain" else tone
        words = Prose("", role, ink)
        body = row(Icon(icon, ink, 18, 2), grow(words), gap=8, pad=(10, 12))
        super().__init__(f"box-{tone}", body)
        wrapping(self)
        self.words = words

    def set_runs(self, runs: tuple[Run, ...]) -> None:
        """Show a paragraph."""
        self.words.set_text(runs)


class Answer(Surface):
    """A tinted box with an icon, a strong line and a plain one below, in one tone."""

    def __init__(self) -> None:
        icon = Icon("shield-check", "ok", 20, 2)
        title = Prose("", "small-strong", "ok", max_lines=2)
        note = Prose("", "small", "ok", max_lines=2)
        body = row(icon, grow(column(title, note)), gap=12, pad=(11, 13))
        super().__init__("box-ok", body)
        wrapping(self)
        self.icon, self.title, self.note = icon, title, note

    def show_as(self, tone: str, icon: str, title: str, note: str) -> None:
        """Show another answer."""
        ink = "ink2" if tone == "plain" else tone
        self.set_look(f"box-{tone}")
        self.icon.show_icon(icon, ink)
        for words, text, role in ((self.title, title, "small-strong"), (self.note, note, "small")):
            words.set_text((Run(text, role, ink),))
            words.set_tone(ink)
        self.note.setVisible(bool(note))


def heading(title: str, *beside: QWidget, role: str = "h2") -> QWidget:
    """Return a row with a title at the left and what belongs to it at the right."""
    return hosted(row(Text(title, role), SPRING, *beside, gap=8))
