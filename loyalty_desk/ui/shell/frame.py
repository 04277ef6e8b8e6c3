"""What the frame around the screens says: pill, strip, operator, keys that act. Qt-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from loyalty_desk.ui.screen import ScreenName
from loyalty_desk.ui.shell.presenter import Badge, Operator, Parked, Pill, ShellState, Strip
from sync import i18n
from sync.i18n import N_, _, ngettext
from sync.programme.members import initials

if TYPE_CHECKING:
    from loyalty_desk.desk.session import Session

_ROLES: Mapping[str, str] = {
    "cashier": N_("Cashier"),
    "lead": N_("Lead"),
    "manager": N_("Manager"),
    "network": N_("Network"),
    "auditor": N_("Auditor"),
}

# Each language by its own name, whichever is spoken.
_LANGUAGES: Mapping[str, str] = {"pt_BR": "Português", "en": "English"}

KEYS: Mapping[ScreenName, frozenset[int]] = {
    "sign_in": frozenset({1}),
    "identify": frozenset({1, 2, 3, 6, 7, 8, 11, 12}),
    "visit": frozenset({1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
    "enrol": frozenset({1, 2, 10, 11, 12}),
}
_STALE = timedelta(hours=24)

_HOT: Mapping[ScreenName, int] = {"sign_in": 0, "identify": 0, "visit": 10, "enrol": 10}


# Who has to be updated before the two can speak with each other again.
Outdated: TypeAlias = Literal["", "desk", "server"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The line to the server. Times are local, None when unknown.

    `sent` counts the records that went out when the line came back, for as long as that is news.
    `recovering`: the server was restored and lends nothing before it has heard of every till.
    `troubles` counts what is wrong with the till itself; `lease_ends` is when nothing can be
    redeemed any more without a line, where that is near.
    """

    connected: bool = False
    known: bool = False  # False until the first answer or failure
    waiting: int = 0
    needs: int = 0
    revoked: bool = False
    outdated: Outdated = ""
    recovering: bool = False
    clock_off_minutes: int = 0
    offline_since: datetime | None = None
    copy_of: datetime | None = None
    now: datetime | None = None
    sent: int | None = None
    troubles: int = 0
    lease_ends: datetime | None = None


def shell_state(
    *,
    programme: str,
    place_line: str,
    screen: ScreenName,
    line: Line,
    session: Session | None,
    pickups: int = 0,
    parked: tuple[Parked, ...] = (),
    tray_open: bool = False,
    query: tuple[str, int] = ("", 0),
) -> ShellState:
    """Return the frame of a screen. A locked till opens no visit, so it has no chip for one."""
    badges = []
    if pickups:
        badges.append(Badge("pickups", str(pickups)))
    if line.waiting and not line.connected:
        badges.append(Badge("pending", str(line.waiting), "warn"))
    elif needs := line.needs + line.troubles:
        badges.append(Badge("pending", str(needs), "bad"))
    return ShellState(
        programme=programme,
        place_line=place_line,
        pill=pill(line),
        operator=operator(session) if session is not None else None,
        language=_LANGUAGES[i18n.language()] if session is None else "",
        strip=strip(line),
        parked=parked if session is not None else (),
        has_scan=screen not in ("sign_in", "identify"),
        has_rail=screen != "sign_in",
        place="counter",
        badges=tuple(badges),
        keys=KEYS[screen],
        hot_key=_HOT[screen],
        query=query[0],
        query_at=query[1],
    )


def role_name(role: str) -> str:
    """Return a role in words."""
    return _(_ROLES[role])


def operator(session: Session) -> Operator:
    """Return who works here."""
    return Operator(initials(session.name), session.name, role_name(session.role))


def pill(line: Line) -> Pill:
    """Return the pill: the worst thing first, in words with an icon."""
    queue = ngettext("{n} waiting", "{n} waiting", line.waiting).format(n=line.waiting)
    if line.revoked:
        return Pill(_("Till blocked"), "bad", "ban")
    if line.outdated:
        return Pill(_("Update needed"), "bad", "circle-alert")
    if line.clock_off_minutes:
        return Pill(_("Clock is wrong"), "bad", "circle-alert")
    if not line.connected and line.known:
        words = _("Offline · {queue}").format(queue=queue) if line.waiting else _("Offline")
        return Pill(words, "warn", "wifi-off")
    needs = line.needs + line.troubles
    if needs:
        words = ngettext("{n} needs you", "{n} need you", needs).format(n=needs)
        return Pill(words, "bad", "circle-alert")
    if line.waiting and line.connected:
        return Pill(_("Sending {n}…").format(n=line.waiting), "plain", "cloud-upload")
    if line.waiting:
        return Pill(queue, "warn", "cloud-upload")
    if not line.known:
        return Pill(_("Connecting…"), "plain", "refresh-cw")
    return Pill(_("Up to date"), "ok", "circle-check")


def strip(line: Line) -> Strip | None:
    """Return the strip under the top bar, or None while all is well."""
    if line.revoked:
        return Strip(_("This till was blocked. The records are safe. Call support."), tone="bad")
    if line.outdated:
        return Strip(too_old(line.outdated), tone="bad")
    if line.clock_off_minutes:
        words = _("This till's clock is off by {n} min. Ask somebody to set it.")
        return Strip(words.format(n=line.clock_off_minutes), tone="bad", icon="clock")
    if line.connected and line.sent is not None:
        return _back(line.sent)
    if line.connected or line.offline_since is None:
        return None
    words = _("Offline since {time}. Serve as usual: everything will be sent later.")
    since, now = line.offline_since, line.now or line.offline_since
    time = i18n.clock(since)
    if since.date() != now.date():
        time = _("{day}, {time}").format(day=_day(since.date(), now.date()), time=time)
    return Strip(words.format(time=time), _lease_end(line, now) or _age_of_copy(line.copy_of, now))


def too_old(which: Outdated) -> str:
    """Return who has to be updated, and that nothing is lost."""
    if which == "desk":
        return _("This desk is too old for the server. Update it. The records are safe.")
    return _("The server is too old for this desk and has to be updated. The records are safe.")


def _back(sent: int) -> Strip:
    words = _("Back online.")
    if sent:
        words = ngettext("Back online. {n} record sent.", "Back online. {n} records sent.", sent)
    return Strip(words.format(n=i18n.number(sent)), tone="ok", icon="circle-check")


def _lease_end(line: Line, now: datetime) -> str:
    """Return until when something can be redeemed, where the end is near."""
    ends = line.lease_ends
    if ends is None:
        return ""
    if ends <= now:
        return _("Rewards need connection again")
    return _("The offline limit ends at {time}").format(time=i18n.clock(ends))


def _age_of_copy(copy_of: datetime | None, now: datetime) -> str:
    """Return of when the members are; after a day a warning that they may not be right any more."""
    if copy_of is None:
        return ""
    words = _("Members as of {day}, {time}")
    if now - copy_of > _STALE:
        words = _("Copy from {day}, {time}: may have changed")
    return words.format(day=_day(copy_of.date(), now.date()), time=i18n.clock(copy_of))


def _day(on: date, today: date) -> str:
    if on == today:
        return _("today")
    return _("yesterday") if on == today - timedelta(days=1) else i18n.day(on)
