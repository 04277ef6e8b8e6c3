"""The people who may sign in, one tile each, and the tile for everybody else.

Guarantees that a tile stays the same widget while its person changes, so that the focus never
jumps when a state is drawn.
"""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QBoxLayout, QLayout, QSizePolicy, QWidget

from loyalty_desk.ui.sign_in.state import Person
from loyalty_desk.ui.widgets.button import Tile, stand_on
from loyalty_desk.ui.widgets.label import tag
from loyalty_desk.ui.widgets.layout import grow, row, stack
from loyalty_desk.ui.widgets.surface import Avatar, Icon
from loyalty_desk.ui.widgets.text import Text
from sync.i18n import _

HEIGHT, _LEAST = 92, 56


class _PersonTile(Tile):
    """A face with words beside it; as high as drawn, lower where a strip takes the room."""

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self._avatar = Avatar("", 52, "initials-16")
        self._row: QBoxLayout
        self.setMinimumHeight(_LEAST)
        self.setMaximumHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def _fill(self, words: QWidget, *beside: QWidget) -> None:
        self._row = row(self._avatar, grow(words), *beside, gap=14, pad=(0, 19))
        self.setLayout(self._row)
        stand_on(self)

    def sizeHint(self) -> QSize:
        """Return the height as drawn."""
        return QSize(super().sizeHint().width(), HEIGHT)

    def set_compact(self, compact: bool) -> None:
        """Use less space around the words."""
        arrange(self._row, compact)
        self._avatar.setFixedSize(*((40, 40) if compact else (52, 52)))


class StaffTile(_PersonTile):
    """Initials, name, role and hours; a tag for who is at the till, a tick for who is chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.staff = ""
        self._name = Text("", "person")
        self._note = Text("", "small", "ink3")
        self._tag = tag()
        self._tick = Icon("circle-check", "accent", 22, 2)
        self._fill(stack(self._name, self._note), self._tag, self._tick)

    def show_person(self, person: Person, chosen: bool) -> None:
        """Show a person, and whether it is the chosen one."""
        self.staff = person.staff
        self._avatar.set_initials(person.initials)
        self._avatar.set_raised(chosen)
        self._name.set_text(person.name)
        self._note.set_text(person.note)
        self._tag.show_as(person.tag)
        self._tag.setVisible(bool(person.tag) and not chosen)
        self._tick.setVisible(chosen)
        self.set_look(selected=chosen)
        said = [person.name, person.note, person.tag, _("chosen") if chosen else ""]
        self.setAccessibleName(", ".join(part for part in said if part))


class OtherTile(_PersonTile):
    """The way to everybody who has no tile."""

    def __init__(self) -> None:
        title, note = _("Someone else"), _("Off shift or from another store")
        super().__init__(title)
        self.setAccessibleDescription(note)
        self._avatar.set_icon("user-plus")
        self._fill(stack(Text(title, "person"), Text(note, "small", "ink3")))


def arrange(layout: QBoxLayout, compact: bool) -> None:
    """Set the space inside a tile for the width of the window."""
    side = 13 if compact else 19
    layout.setSpacing(10 if compact else 14)
    layout.setContentsMargins(side, 0, side, 0)
    layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
