"""What every screen is: a widget that draws one state and has one home for the focus."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from loyalty_desk.ui.widgets.layout import Breadth


class Page(QWidget):
    """A screen in the body of the shell.

    A page draws what it is given by its own `draw(state)` and reports what was done by signals.
    """

    def home(self) -> QWidget:
        """Return the widget the focus returns to after every act."""
        return self

    def go_home(self) -> None:
        """Give the focus to the home of this screen."""
        self.home().setFocus(Qt.FocusReason.OtherFocusReason)

    def set_breadth(self, breadth: Breadth) -> None:
        """Arrange the screen for the width of the window; the shell calls it."""

    def set_tight(self, tight: bool) -> None:
        """Stack what stands side by side where letters are very large; the shell calls it."""
