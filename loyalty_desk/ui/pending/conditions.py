"""What is wrong with the till itself, each in words a shop understands, the worst first. Qt-free.

A condition says what happened, what still works, and what to do; it goes away by itself when it is
over, so nobody has to dismiss it.
"""

from collections.abc import Iterator

from loyalty_desk.desk.sync_status import LEASE_ENDS_SOON_MS, SyncStatus
from loyalty_desk.ui.pending.state import NeedsYou
from loyalty_desk.ui.shell.frame import Line, too_old
from sync import i18n
from sync.i18n import N_, _, ngettext

NEXT = "next"

MANY_RECORDS = 500
REPAIR_IS_NEWS_MS = 7 * 24 * 3_600_000

_LEFT_BEHIND = {
    "rolled_back": N_("The records of this till were put back to an earlier day."),
    "copied": N_("The records of this till were copied from another machine."),
    "forked": N_("Another machine works with a copy of this till's records."),
    "unknown": N_("This till cannot tell whether its records are whole."),
}


def conditions(status: SyncStatus, line: Line, *, now: int) -> tuple[NeedsYou, ...]:
    """Return what a person should see to, none while all is well. `now` is ms UTC."""
    return tuple(_found(status, line, now))


def _found(status: SyncStatus, line: Line, now: int) -> Iterator[NeedsYou]:
    if line.revoked:
        yield _about(
            "revoked", _("This till was blocked"), _("The records are safe. Call support.")
        )
    if status.leaving:
        yield _left(status.leaving)
    if status.stuck:
        yield _stuck(status.stuck)
    yield from _damaged(status, now)
    if line.outdated:
        yield _about("outdated", _("Update needed"), too_old(line.outdated))
    if line.clock_off_minutes:
        yield _clock(line.clock_off_minutes)
    if status.disk_is_low:
        yield _about(
            "disk",
            _("The disk is nearly full"),
            _("Free some space on this machine. What is recorded is safe, new records need room."),
        )
    if line.connected and line.recovering:
        yield _about(
            "recovering",
            _("The server was restored"),
            _("It collects what every till has. Points count; rewards need a moment. Stay online."),
        )
    if not line.connected:
        yield from _cut_off(status, now)


def _damaged(status: SyncStatus, now: int) -> Iterator[NeedsYou]:
    if status.hurt:
        words = ngettext(
            "{n} record was changed by the disk. The server's copy stands. Replace the disk.",
            "{n} records were changed by the disk. The server's copy stands. Replace the disk.",
            status.hurt,
        )
        yield _about("hurt", _("The disk makes mistakes"), words.format(n=i18n.number(status.hurt)))
    elif now - status.made_anew < REPAIR_IS_NEWS_MS:
        yield _about(
            "made_anew",
            _("The records were damaged"),
            _("They were made anew from this till's second file. Have the disk checked."),
        )


def _cut_off(status: SyncStatus, now: int) -> Iterator[NeedsYou]:
    if status.waiting > MANY_RECORDS:
        words = _(
            "{n} records wait on this till alone. Connect it today: its disk is their only copy."
        )
        yield _about(
            "many",
            _("Many records wait"),
            words.format(n=i18n.number(status.waiting)),
        )
    left = status.lease_ends - now
    if status.lease_ends and left <= 0:
        yield _about(
            "leases_over",
            _("Rewards need connection again"),
            _("The time for redeeming offline is over. Points can be added as before."),
        )
    elif status.lease_ends and left <= LEASE_ENDS_SOON_MS:
        hours = max(1, left // 3_600_000)
        words = ngettext(
            "Without connection rewards can be given for {n} more hour.",
            "Without connection rewards can be given for {n} more hours.",
            hours,
        )
        yield _about(
            "leases_end",
            _("The offline limit ends soon"),
            words.format(n=hours),
        )


def _left(why: str) -> NeedsYou:
    safe = _("Nothing recorded is lost. It goes on by itself at the next connection.")
    return _about("left", _("This till starts its records anew"), f"{_(_LEFT_BEHIND[why])} {safe}")


def _stuck(records: int) -> NeedsYou:
    words = ngettext(
        "{n} record of before could not be sent. It is safe here. Call support.",
        "{n} records of before could not be sent. They are safe here. Call support.",
        records,
    )
    return _about("stuck", _("Records could not be sent"), words.format(n=i18n.number(records)))


def _clock(minutes: int) -> NeedsYou:
    words = _("It is off by {n} min. Set it; until then nothing can be redeemed offline.")
    return _about(
        "clock",
        _("This till's clock is wrong"),
        words.format(n=i18n.number(minutes)),
    )


def _about(name: str, title: str, text: str) -> NeedsYou:
    return NeedsYou(event=name, title=title, text=text)
