"""All that is shown at one moment, as one value. Qt-free, and light: the first frame needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from loyalty_desk.ui.enrol.state import EnrolState
    from loyalty_desk.ui.identify.state import IdentifyState
    from loyalty_desk.ui.shell.presenter import ShellState
    from loyalty_desk.ui.sign_in.state import SignInState
    from loyalty_desk.ui.visit.state import VisitState

ScreenName = Literal["sign_in", "identify", "visit", "enrol"]


@dataclass(frozen=True, slots=True)
class Screen:
    """All that is shown. `home` counts the acts after which the focus returns to its home.

    `page` is None before the till is known.
    """

    name: ScreenName
    shell: ShellState
    page: SignInState | IdentifyState | VisitState | EnrolState | None
    home: int
