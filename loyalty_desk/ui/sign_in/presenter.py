"""What the sign-in screen says. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loyalty_desk.ui.scan.reader_words import reader_words
from loyalty_desk.ui.shell.frame import role_name
from loyalty_desk.ui.sign_in.state import (
    MOST_FOUND,
    MOST_TILES,
    OnHold,
    Person,
    PinEntry,
    Reader,
    SignInState,
    StaffSearch,
)
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.i18n import _, ngettext
from sync.programme.members import folded, initials
from sync.programme.refusals import Reason, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from loyalty_desk.desk.session import Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    """What the screen is made of.

    `parked` names whose visits wait; `present` is at the till. `notice` stands while nobody can be
    chosen yet, `said` answers what was just done.
    """

    staff: tuple[Staff, ...] = ()
    chosen: int = 0
    present: int = 0
    problem: Refused | None = None
    attempt: int = 0
    busy: bool = False
    searching: bool = False
    query: str = ""
    parked: tuple[str, ...] = ()
    reader_seen: bool = False
    notice: str = ""
    said: str = ""


def sign_in_state(view: SignInView, now: datetime) -> SignInState:
    """Return the screen of a view at a local time."""
    tiles = view.staff[:MOST_TILES]
    return SignInState(
        today=f"{i18n.long_day(now.date())}, {i18n.clock(now)}",
        reader=Reader(*reader_words(seen=view.reader_seen)),
        people=tuple(_person(one, view.present) for one in tiles),
        chosen=str(view.chosen) if view.chosen else "",
        pin=_pin(view),
        on_hold=_on_hold(view.parked) if view.parked else None,
        notice=view.said or ("" if view.staff else view.notice or _waiting()),
        notice_tone="plain" if view.said else "warn",
        search=_found(view) if view.searching else None,
    )


def _waiting() -> str:
    return _("The list of people comes with the first connection.")


def _person(staff: Staff, present: int) -> Person:
    role = role_name(staff.role)
    return Person(
        staff=str(staff.id),
        initials=initials(staff.name),
        name=staff.name,
        note=f"{role} · {hours(staff.shift)}" if staff.shift else role,
        tag=_("At the till") if staff.id == present else "",
    )


def hours(shift: str) -> str:
    """Return a shift in words: "07:00-15:00" → "07:00 às 15:00"."""
    start, _dash, end = shift.partition("-")
    return _("{start} to {end}").format(start=start, end=end) if end else shift


def _pin(view: SignInView) -> PinEntry:
    problem = view.problem
    return PinEntry(
        hint=_("Type your PIN · arrows change the person"),
        problem=refusal_text(problem) if problem is not None else "",
        attempt=view.attempt,
        locked=problem is not None and problem.reason is Reason.PIN_LOCKED,
        busy=view.busy,
    )


def _on_hold(parked: tuple[str, ...]) -> OnHold:
    title = ngettext("{n} visit on hold", "{n} visits on hold", len(parked))
    note = _("{name} · goes on here after the change").format(name=", ".join(parked))
    return OnHold(title.format(n=len(parked)), note)


def _found(view: SignInView) -> StaffSearch:
    wanted = folded(view.query.strip())
    others = view.staff[MOST_TILES:] if not wanted else view.staff
    found = [one for one in others if wanted in folded(one.name)][:MOST_FOUND]
    return StaffSearch(
        found=tuple(_person(one, view.present) for one in found),
        nothing="" if found else _("Nobody of that name may sign in at this store."),
    )
