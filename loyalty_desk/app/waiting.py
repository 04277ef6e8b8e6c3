"""The first frame: the sign-in screen before anything is known, or why it stays so."""

from datetime import UTC, datetime

from loyalty_desk.ui.screen import Screen
from loyalty_desk.ui.shell.frame import Line, shell_state
from loyalty_desk.ui.sign_in.presenter import SignInView, sign_in_state


def waiting_screen(words: str, now: int) -> Screen:
    """Return the sign-in screen at `now` (ms UTC): nobody to choose, and `words` instead."""
    here = datetime.fromtimestamp(now // 1000, UTC).astimezone()
    shell = shell_state(
        programme="Loyalty Desk", place_line="", screen="sign_in", line=Line(), session=None
    )
    return Screen("sign_in", shell, sign_in_state(SignInView(notice=words), here), 0)
