"""The one box that tells what is special right now: loading, an old copy, a receipt that waits.

Guarantees that it says in words what still works.
"""

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from loyalty_desk.ui.identify.state import Notice
from loyalty_desk.ui.widgets.layout import column, grow, row
from loyalty_desk.ui.widgets.surface import Bar, Icon, Surface
from loyalty_desk.ui.widgets.text import Prose


class NoticeCard(Surface):
    """Icon, title, what it means, and a bar where something is under way."""

    def __init__(self) -> None:
        self._icon = Icon("info", "ink2", 20)
        self._title = Prose("", "small-strong", "ink2", max_lines=2)
        self._note = Prose("", "small", "ink2", max_lines=2)
        self._bar = Bar()
        words = column(self._title, self._note)
        line: QHBoxLayout = row(self._icon, grow(words), gap=12)
        super().__init__("box-plain", column(line, self._bar, gap=8, pad=(10, 13)))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def draw(self, notice: Notice | None) -> None:
        """Show a notice, or nothing."""
        self.setVisible(notice is not None)
        if notice is None:
            return
        ink = "ink2" if notice.tone == "plain" else notice.tone
        self.set_look(f"box-{notice.tone}")
        self._icon.show_icon(notice.icon, ink)
        self._title.set_text(notice.title)
        self._title.set_tone(ink)
        self._note.set_text(notice.note)
        self._note.set_tone(ink)
        self._note.setVisible(bool(notice.note))
        self._bar.setVisible(notice.share is not None)
        self._bar.set_share(notice.share or 0.0)
        self._bar.setAccessibleName(notice.title)
        self.setAccessibleName(" ".join(part for part in (notice.title, notice.note) if part))
