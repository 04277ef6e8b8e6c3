"""What the tray of pending records says: words, never codes. Qt-free."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from loyalty_desk.desk import receipts
from loyalty_desk.desk.shift import RecentVisit
from loyalty_desk.desk.sync_status import Noticed, SyncStatus
from loyalty_desk.ui.pending.conditions import NEXT, conditions
from loyalty_desk.ui.pending.state import MOST_ACTIONS, Action, NeedsYou, TrayRow, TrayState
from loyalty_desk.ui.shell.frame import Line
from loyalty_desk.ui.texts import refusal_text
from sync import i18n
from sync.i18n import N_, _, ngettext
from sync.programme.document import Document
from sync.programme.refusals import Reason, Refused

SEE, ARCHIVE = "see", "archive"

_LOST = {
    Reason.CODE_ALREADY_USED.value: N_("The voucher had been used at another till"),
    Reason.CODE_REVOKED.value: N_("The voucher had been given up"),
    Reason.CODE_UNKNOWN.value: N_("The server does not know the voucher"),
    Reason.MEMBER_UNKNOWN.value: N_("The server does not know the member"),
    Reason.MEMBER_ERASED.value: N_("The account had been deleted"),
}

Local = Callable[[int], datetime]


def tray_state(
    status: SyncStatus,
    document: Document,
    local: Local,
    *,
    line: Line,
    sending: bool,
    retry_in: int,
    now: int,
    turned: int = 0,
    answer: NeedsYou | None = None,
    offers: tuple[Action, ...] = (),
) -> TrayState:
    """Return the tray: what waits, what needs somebody, when it is tried again (`retry_in` s).

    What is wrong with the till comes before what the server said; `turned` counts how often the
    next one was asked for. What somebody asked for here is answered first. `now` is ms UTC.
    """
    connected = line.connected
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
        needs=answer or _needs(status, line, document, now, turned),
        retry=_("Try now"),
        can_retry=not connected and not sending,
        foot=_foot(connected=connected, sending=sending, retry_in=retry_in),
        offers=offers,
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


def _needs(
    status: SyncStatus, line: Line, document: Document, now: int, turned: int
) -> NeedsYou | None:
    """Return the one thing to look at now, with a way to the next where there are more."""
    wrong, notices = conditions(status, line, now=now), status.notices
    told = (*wrong, *(_noticed(one, document, len(notices)) for one in notices[:1]))
    if not told:
        return None
    at = turned % len(told)
    shown = told[at]
    if len(told) > 1 and len(shown.actions) < MOST_ACTIONS:
        onward = _("Next · {n} of {total}").format(n=at + 1, total=len(told))
        return replace(shown, actions=(*shown.actions, Action(NEXT, onward)))
    return shown


def _noticed(noticed: Noticed, document: Document, count: int) -> NeedsYou:
    title = ngettext("{n} needs you", "{n} need you", count).format(n=count)
    return NeedsYou(
        event=str(noticed.notice.seq),
        title=title,
        text=_reason(noticed, document),
        actions=(Action(SEE, _("See detail")), Action(ARCHIVE, _("Archive"))),
    )


def _reason(noticed: Noticed, document: Document) -> str:
    """Return in words what became of a record: what happened, and who bears it."""
    notice, visit = noticed.notice, noticed.visit
    name = noticed.name or _("Member of this card")
    if notice.status == "accepted_as_loss":
        return _loss(noticed, name, document)
    try:
        reason = Reason(notice.code)
    except ValueError:
        return _("The server wants a person to look at this record of {name}.").format(name=name)
    if reason is Reason.RECEIPT_USED and visit is not None and visit.receipt:
        return _(
            "Receipt {receipt} had earned points at {store}. The {points} points were not added."
        ).format(
            receipt=receipts.number_of(visit.receipt),
            store=notice.facts.get("store", _("another till")),
            points=i18n.number(visit.credited),
        )
    return refusal_text(Refused(reason, **notice.facts))


def _loss(noticed: Noticed, name: str, document: Document) -> str:
    """Return why points of a reward that was handed over are the shop's, and how many."""
    points = int(noticed.notice.facts.get("loss", 0))
    what = what_of(RecentVisit(noticed.visit, name, 0), document) if noticed.visit else _("Reward")
    why = _LOST.get(noticed.notice.code, _("The points were not there any more"))
    told = ngettext(
        "{what}, {name}: handed over. {why}: {n} point is the shop's loss.",
        "{what}, {name}: handed over. {why}: {n} points are the shop's loss.",
        points,
    )
    return told.format(what=what, name=name, why=_(why), n=i18n.number(points))


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
