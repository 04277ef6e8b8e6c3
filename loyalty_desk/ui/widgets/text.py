"""Words: one line (`Text`), several sizes on one baseline (`Runs`), paragraphs (`Prose`).

Guarantees that nothing is cut: what does not fit its place ends in an ellipsis and is readable in
full by tool tip and by a screen reader.
"""

import math
from dataclasses import dataclass
from string import Formatter

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPaintEvent, QTextCharFormat, QTextLayout, QTextLine, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy

from loyalty_desk.ui.theme import ROLES, active
from loyalty_desk.ui.widgets.layout import wrapping
from loyalty_desk.ui.widgets.paint import (
    baseline_in,
    draw_text,
    fitted,
    painter_for,
    text_width,
)

_SMALLEST = 24  # pixels a shortened text may shrink to


@dataclass(frozen=True, slots=True)
class Run:
    """Some words in one role and tone; `gap` is the space before them in pixels."""

    text: str
    role: str = "body"
    tone: str = "ink"
    gap: int = 0


def runs_of(template: str, role: str, tone: str, strong: str, **values: str) -> tuple[Run, ...]:
    """Split a translated sentence at its `{names}`, whose values are set in the role `strong`."""
    found: list[Run] = []
    for words, name, _spec, _conversion in Formatter().parse(template):
        if words:
            found.append(Run(words, role, tone))
        if name:
            found.append(Run(values[name], strong, tone))
    return tuple(found)


class Runs(QLabel):
    """Runs of text on one common baseline, in one line as high as the tallest role."""

    def __init__(self, *runs: Run, align: str = "left", elide: bool = True) -> None:
        super().__init__()
        self._align, self._elide = align, elide
        self._runs: tuple[Run, ...] = ()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setIndent(0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_runs(*runs)

    def runs(self) -> tuple[Run, ...]:
        """Return what is shown."""
        return self._runs

    def set_runs(self, *runs: Run) -> None:
        """Show other runs; cheap when nothing changed."""
        if runs == self._runs:
            return
        self._runs = runs
        self.setText(self._plain())
        self.setFont(active().font(max((r.role for r in runs), key=lambda r: ROLES[r].px)))
        self.setFixedHeight(max(ROLES[run.role].line for run in runs))
        self.updateGeometry()
        self.update()

    def _plain(self) -> str:
        words = ""
        for run in self._runs:
            words += f" {run.text}" if run.gap and words else run.text
        return words

    def _advance(self) -> float:
        theme = active()
        return sum(run.gap + text_width(run.text, theme.font(run.role)) for run in self._runs)

    def sizeHint(self) -> QSize:
        """Return the size of the whole text."""
        self.ensurePolished()
        return QSize(math.ceil(self._advance() - 0.01), self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        """Return the size that may be shortened to."""
        whole = self.sizeHint()
        return QSize(min(whole.width(), _SMALLEST), whole.height()) if self._elide else whole

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the runs, the last that fits in part shortened."""
        painter = painter_for(self)
        room = float(self.width())
        x = self._start(room)
        self._tell_whole(room)
        baseline = self._baseline()
        for run in self._runs:
            x += run.gap
            font = active().font(run.role)
            shown = fitted(run.text, font, room - x)
            draw_text(painter, x, baseline, shown, run.role, run.tone)
            if shown != run.text:
                break
            x += text_width(run.text, font)
        painter.end()

    def _start(self, room: float) -> float:
        spare = max(room - self._advance(), 0.0)
        return {"left": 0.0, "center": spare / 2, "right": spare}[self._align]

    def _tell_whole(self, room: float) -> None:
        hidden = self._advance() > room + 1
        tip = self.text() if hidden else ""
        if tip != self.toolTip():
            self.setToolTip(tip)

    def _baseline(self) -> float:
        tallest = max((run.role for run in self._runs), key=lambda role: ROLES[role].px)
        return baseline_in(0, self.height(), active().font(tallest))


class Text(Runs):
    """One line of words in one role and tone."""

    def __init__(
        self,
        text: str = "",
        role: str = "body",
        tone: str = "ink",
        align: str = "left",
        elide: bool = True,
    ) -> None:
        super().__init__(Run(text, role, tone), align=align, elide=elide)

    def set_text(self, text: str) -> None:
        """Show other words."""
        self.show_as(text)

    def set_tone(self, tone: str) -> None:
        """Show the same words in another colour token."""
        self.show_as(self.runs()[0].text, tone=tone)

    def show_as(self, text: str, role: str | None = None, tone: str | None = None) -> None:
        """Show words, role and tone at once; what is None stays."""
        now = self.runs()[0]
        self.set_runs(Run(text, role or now.role, tone or now.tone))


class Prose(QLabel):
    """A paragraph that wraps at the line height of its role; weights may change within it."""

    def __init__(
        self,
        text: str | tuple[Run, ...] = "",
        role: str = "small",
        tone: str = "ink3",
        align: str = "left",
        max_lines: int = 0,
    ) -> None:
        super().__init__()
        self._role, self._tone, self._align, self._max = role, tone, align, max_lines
        self._runs: tuple[Run, ...] = ()
        self._counts: dict[int, int] = {}  # lines by width: a layout asks many times
        self.setTextFormat(Qt.TextFormat.PlainText)
        wrapping(self)
        self.set_text(text)

    def set_text(self, text: str | tuple[Run, ...]) -> None:
        """Show another paragraph: plain words, or runs of one size."""
        runs = text if isinstance(text, tuple) else (Run(text, self._role, self._tone),)
        if runs != self._runs:
            self._runs = runs
            self._counts.clear()
            self.setFont(active().font(self._role))
            self.setText("".join(run.text for run in runs))
            self.updateGeometry()
            self.update()

    def set_tone(self, tone: str) -> None:
        """Show the same words in another colour token."""
        if tone != self._tone:
            self._tone = tone
            self.update()

    def hasHeightForWidth(self) -> bool:
        """A narrower paragraph is higher."""
        return True

    def has_room(self, width: int) -> bool:
        """Return whether every word is shown at `width`, none shortened."""
        layout, lines = self._lines(width)
        cut = bool(lines) and self._is_cut(len(lines) - 1, lines[-1])
        del layout  # the lines are read out of it
        return not cut

    def heightForWidth(self, width: int) -> int:
        """Return the height of all lines at `width`."""
        if width not in self._counts:
            self._counts[width] = max(len(self._lines(width)[1]), 1)
        return self._counts[width] * ROLES[self._role].line

    def sizeHint(self) -> QSize:
        """Return the size of the paragraph in one line."""
        theme = active()
        wide = sum(text_width(run.text, theme.font(run.role)) for run in self._runs)
        return QSize(math.ceil(wide), ROLES[self._role].line)

    def minimumSizeHint(self) -> QSize:
        """Return the least a layout may give."""
        return QSize(min(self.sizeHint().width(), 2 * _SMALLEST), ROLES[self._role].line)

    def _lines(self, width: int) -> tuple[QTextLayout, list[QTextLine]]:
        layout = QTextLayout(self.text(), active().font(self._role))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        layout.setTextOption(option)
        layout.setFormats(self._formats())
        lines: list[QTextLine] = []
        layout.beginLayout()
        while not self._full(lines) and (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            lines.append(line)
        layout.endLayout()
        return layout, lines

    def _full(self, lines: list[QTextLine]) -> bool:
        return bool(self._max) and len(lines) >= self._max

    def _formats(self) -> list[QTextLayout.FormatRange]:
        found, start = [], 0
        for run in self._runs:
            part = QTextLayout.FormatRange()
            part.start, part.length = start, len(run.text)
            shape = QTextCharFormat()
            shape.setFont(active().font(run.role))
            part.format = shape
            found.append(part)
            start += len(run.text)
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines at the role's pitch; the last allowed one is shortened."""
        painter = painter_for(self)
        painter.setPen(active().color(self._tone))
        layout, lines = self._lines(self.width())
        pitch, font = ROLES[self._role].line, active().font(self._role)
        for at, line in enumerate(lines):
            baseline = baseline_in(at * pitch, pitch, font)
            if self._is_cut(at, line):
                rest = fitted(self.text()[line.textStart() :], font, self.width())
                draw_text(painter, self._start(text_width(rest, font)), baseline, rest, self._role,
                          self._tone)  # fmt: skip
                continue
            at_x = self._start(line.naturalTextWidth())
            line.draw(painter, QPointF(at_x, baseline - line.ascent()))
        del layout
        painter.end()

    def _is_cut(self, at: int, line: QTextLine) -> bool:
        ends_at = line.textStart() + line.textLength()
        return bool(self._max) and at == self._max - 1 and ends_at < len(self.text())

    def _start(self, wide: float) -> float:
        spare = max(self.width() - wide, 0.0)
        return {"left": 0.0, "center": spare / 2, "right": spare}[self._align]
