"""What the tray of pending records says: words, never codes. Qt-free."""

from collections.abc import Callable
from datetime import datetime

from loyalty_desk.desk import receipts
from loyalty_desk.desk.shift import RecentVisit
from loyalty_desk.desk.sync_status import Noticed, SyncStatus
from loyalty_desk.ui.pending.state import Action, NeedsYou, TrayRow, TrayState
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.i18n import _, ngettext
from sync.programme.document import Document
from sync.programme.refusals import Reason, Refused

SEE, ARCHIVE = "see", "archive"

Local = Callable[[int], datetime]


def tray_state(
    status: SyncStatus,
    document: Document,
    local: Local,
    *,
    connected: bool,
    sending: bool,
    retry_in: int,
) -> TrayState:
    """Return the tray: what waits, what needs somebody, when it is tried again (`retry_in` s)."""
    n = status.records
    intro = ngettext(
        "{n} record saved on this till. Nothing is lost.",
        "{n} records saved on this till. Nothing is lost.",
        n,
    ).format(n=n)
    return TrayState(
        intro=intro if n else _("Nothing is lost."),
        rows=tuple(tray_row(visit, document, local, sending=sending) for visit in status.queued),
        total=n,
        empty="" if n else _all_sent(status, local),
        needs=_needs(status.notices[0], len(status.notices)) if status.notices else None,
        retry=_("Try now"),
        can_retry=not connected and not sending,
        foot=_foot(connected=connected, sending=sending, retry_in=retry_in),
    )


def tray_row(
    recent: RecentVisit, document: Document, local: Local, *, sending: bool = False
) -> TrayRow:
    """Return one record of the tray."""
    visit = recent.visit
    spent = -sum(taken.points for taken in visit.taken)
    net = visit.credited + spent
    return TrayRow(
        event=visit.id,
        who=recent.name or _("Member of this card"),
        what=what_of(recent, document),
        effect="" if visit.voided else i18n.signed(net),
        time=i18n.clock(local(visit.at)),
        effect_tone="ok" if net > 0 else "ink",
        icon="undo-2" if visit.voided else "clock",
        status=_("Sending") if sending else _("Waiting to be sent"),
    )


def what_of(recent: RecentVisit, document: Document) -> str:
    """Return what a visit was, in a few words: the purchase, else the reward, else the joining."""
    visit = recent.visit
    if visit.voided:
        return _("Undone")
    if visit.enrolled:
        return _("New member")
    if visit.amount:
        return _("Purchase of {amount}").format(amount=i18n.money(visit.amount))
    names = {reward.id: reward.name for reward in document.rewards}
    return ", ".join(names.get(taken.reward, _("Reward")) for taken in visit.taken)


def _needs(noticed: Noticed, count: int) -> NeedsYou:
    title = ngettext("{n} needs you", "{n} need you", count).format(n=count)
    return NeedsYou(
        event=str(noticed.notice.seq),
        title=title,
        text=_reason(noticed),
        actions=(Action(SEE, _("See detail")), Action(ARCHIVE, _("Archive"))),
    )


def _reason(noticed: Noticed) -> str:
    notice, visit = noticed.notice, noticed.visit
    try:
        reason = Reason(notice.code)
    except ValueError:
        return _("The server wants a person to look at this record of {name}.").format(
            name=noticed.name or _("Member of this card")
        )
    if reason is Reason.RECEIPT_USED and visit is not None and visit.receipt:
        return _(
            "Receipt {receipt} had earned points at {store}. The {points} points were not added."
        ).format(
            receipt=receipts.number_of(visit.receipt),
            store=notice.facts.get("store", _("another till")),
            points=i18n.number(visit.credited),
        )
    return refusal_text(Refused(reason, **notice.facts))


def _all_sent(status: SyncStatus, local: Local) -> str:
    if not status.copy_of:
        return _("All sent.")
    return _("All sent. Last at {time}.").format(time=i18n.clock(local(status.copy_of)))


def _foot(*, connected: bool, sending: bool, retry_in: int) -> str:
    if sending:
        return _("Sending now")
    if connected:
        return ""
    return _("Next try in {n} s").format(n=retry_in) if retry_in > 0 else _("Trying again")
