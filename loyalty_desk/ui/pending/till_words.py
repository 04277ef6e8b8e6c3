"""What is said about the till itself when a manager saves its records or takes it away. Qt-free."""

import re
from pathlib import Path

from loyalty_desk.ui.pending.state import Action, NeedsYou
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.i18n import _, ngettext
from sync.programme.refusals import Refused

EXPORT, LEAVE, LEAVE_NOW, BACK = "export", "leave", "leave_now", "back"


def offers(*, unsent: bool) -> tuple[Action, ...]:
    """Return what a manager may ask for in the tray."""
    leave = Action(LEAVE, _("Remove this till…"))
    return (Action(EXPORT, _("Export records…")), leave) if unsent else (leave,)


def may_leave() -> NeedsYou:
    """Return the question before the till goes: everything is sent."""
    return _told(
        _("Remove this till?"),
        _(
            "All is sent. Members and records are deleted on this machine, and the desk closes. To "
            "work here again it takes a new activation code."
        ),
        Action(BACK, _("Back")),
        Action(LEAVE_NOW, _("Remove")),
    )


def must_wait(events: int) -> NeedsYou:
    """Return why the till may not go, and the two ways out."""
    words = ngettext(
        "{n} record has not been sent and would be lost. Connect this till until everything is "
        "sent, or export the records.",
        "{n} records have not been sent and would be lost. Connect this till until everything is "
        "sent, or export the records.",
        events,
    )
    return _told(
        _("Not yet"),
        words.format(n=i18n.number(events)),
        Action(EXPORT, _("Export")),
        Action(BACK, _("Back")),
    )


def saving() -> NeedsYou:
    """Return what stands while the records are written."""
    return _told(_("Saving…"), _("You can go on serving."))


def saved(events: int, file: Path) -> NeedsYou:
    """Return where the records are, and what is to be done with them."""
    title = ngettext("{n} record saved", "{n} records saved", events)
    words = _("Have this file read at the server. The records stay on this till too. {path}")
    text = words.format(path=_breakable(str(file)))
    return _told(title.format(n=i18n.number(events)), text, Action(BACK, _("Back")))


def not_done(problem: Refused) -> NeedsYou:
    """Return why it could not be done."""
    return _told(_("Nothing was changed"), refusal_text(problem), Action(BACK, _("Back")))


def _breakable(path: str) -> str:
    """A path that may be continued on the next line behind each of its parts."""
    return re.sub(r"([/\\_-])", "\\1\u200b", path)


def _told(title: str, text: str, *actions: Action) -> NeedsYou:
    return NeedsYou(event="till", title=title, text=text, actions=actions, is_answer=True)
