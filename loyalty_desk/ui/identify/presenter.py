"""What the idle screen says: readiness, what was found, last visits, the shift. Qt-free."""

from dataclasses import dataclass

from loyalty_desk.desk.identify import Found, Known
from loyalty_desk.desk.shift import RecentVisit, ShiftReport
from loyalty_desk.desk.sync_status import SyncStatus
from loyalty_desk.ui.identify.state import (
    Campaign,
    Figure,
    Goal,
    IdentifyState,
    Notice,
    Reader,
    Result,
    Search,
    Shift,
    Visit,
)
from loyalty_desk.ui.pending.presenter import Local
from loyalty_desk.ui.scan.reader_words import reader_words
from loyalty_desk.ui.visit.member_words import phone_of, tier_style
from sync import i18n
from sync.i18n import _, ngettext
from sync.programme.document import Document
from sync.programme.members import initials
from sync.programme.tiers import tier_named


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleView:
    """What the idle screen is made of.

    `found` answers `query`; `waiting_receipt` names the receipt that waits for its member.
    """

    query: str = ""
    query_at: int = 0
    found: Found | None = None
    recent: tuple[RecentVisit, ...] = ()
    shift: ShiftReport | None = None
    status: SyncStatus | None = None
    reader_seen: bool = False
    waiting_receipt: str = ""
    problem: str = ""
    problem_is_bad: bool = True


def identify_state(view: IdleView, document: Document, local: Local, now: int) -> IdentifyState:
    """Return the screen of a view at `now` (ms UTC)."""
    return IdentifyState(
        title=_("Ready to scan"),
        reader=Reader(*reader_words(seen=view.reader_seen)),
        recent=tuple(_visit(visit, document, now) for visit in view.recent),
        recent_empty="" if view.recent else _("No visits yet. Scan a QR to start."),
        shift=_shift(view.shift, local) if view.shift is not None else None,
        notice=_notice(view),
        query=view.query,
        query_at=view.query_at,
        search=_search(view, document, local) if view.found is not None else None,
    )


def result(known: Known, document: Document, local: Local) -> Result:
    """Return one member found."""
    row = known.row
    tier = tier_named(document.tiers, row.tier)
    return Result(
        member_id=row.id,
        initials=initials(row.name),
        name=row.name,
        contact=phone_of(row) + (f" · CPF •••.{row.cpf_mid}-••" if row.cpf_mid else ""),
        tier=tier_style(tier.style) if tier is not None else "",
        tier_name=tier.name if tier is not None else "",
        last_visit=_("Last visit {day}").format(day=i18n.day(local(row.last_visit).date()))
        if row.last_visit
        else "",
    )


def _search(view: IdleView, document: Document, local: Local) -> Search:
    found = view.found
    assert found is not None
    results = tuple(result(known, document, local) for known in found.known)
    if not results:
        digits = sum(char.isdigit() for char in view.query)
        return Search(
            nothing=_("Nobody with {query}").format(query=view.query.strip()),
            nothing_note=_("Check what was typed, or enrol a new member."),
            enrol_label=_("Enrol with this number") if digits >= 8 else "",
        )
    more = found.total > len(results)
    total = f"{found.total}+" if found.capped else str(found.total)
    words = _("{shown} of {total}").format(shown=len(results), total=total)
    return Search(results=results, total=words if more else "")


def _visit(recent: RecentVisit, document: Document, now: int) -> Visit:
    visit = recent.visit
    name = recent.name or _("Member of this card")
    left = recent.undo_seconds
    undo = _("Undo · {n} s").format(n=left) if left else ""
    return Visit(
        visit=visit.id,
        initials=initials(recent.name) or "?",
        name=name,
        effect=effect_of(recent, document),
        effect_said=effect_said(recent, document),
        age="" if undo else age(now - visit.at),
        undo=undo,
        undo_said=_("Undo the visit of {name}").format(name=name) if undo else "",
    )


def effect_of(recent: RecentVisit, document: Document) -> str:
    """Return what a visit did: "+153 pts · Café grande", "Novo membro · +50 pts"."""
    visit = recent.visit
    if visit.voided:
        return _("Undone. Nothing was taken.")
    rewards = _taken(recent, document)
    points = _("{points} pts").format(points=i18n.signed(visit.credited))
    if visit.enrolled:
        return f"{_('New member')} · {points}"
    if not visit.credited and rewards:
        spent = _("{points} pts").format(points=i18n.signed(-_spent(recent)))
        return f"{', '.join(rewards)} · {spent}"
    return " · ".join((points, *rewards))


def effect_said(recent: RecentVisit, document: Document) -> str:
    """Return what a visit did in whole words, to be read aloud: "153 pontos creditados"."""
    visit = recent.visit
    if visit.voided:
        return _("Undone. Nothing was taken.")
    rewards = _taken(recent, document)
    n = visit.credited  # none at all is many in Portuguese
    added = ngettext("{n} point added", "{n} points added", n or 2).format(n=i18n.number(n))
    if visit.enrolled:
        return f"{_('New member')}, {added}"
    if not n and rewards:
        n = _spent(recent)
        used = ngettext("{n} point used", "{n} points used", n or 2).format(n=i18n.number(n))
        return ", ".join((*rewards, used))
    return ", ".join((added, *rewards))


def _taken(recent: RecentVisit, document: Document) -> list[str]:
    names = {reward.id: reward.name for reward in document.rewards}
    return [names.get(taken.reward, _("Reward")) for taken in recent.visit.taken]


def _spent(recent: RecentVisit) -> int:
    return sum(taken.points for taken in recent.visit.taken)


def age(elapsed_ms: int) -> str:
    """Return how long ago something was: "agora", "há 6 min", "há 2 h"."""
    minutes = elapsed_ms // 60_000
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("{n} min ago").format(n=minutes)
    if minutes < 24 * 60:
        return _("{n} h ago").format(n=minutes // 60)
    days = minutes // (24 * 60)
    return ngettext("{n} day ago", "{n} days ago", days).format(n=days)


def _shift(report: ShiftReport, local: Local) -> Shift:
    counts = report.counts  # none at all is many in Portuguese: "0 atendimentos"
    identified = i18n.percent(counts.visits, report.sales) if report.sales > 0 else "–"
    goal = None
    if report.goal:
        share = min(1.0, counts.enrolments / report.goal)
        rest = _("of {n}").format(n=report.goal)
        goal = Goal(_("Enrolment goal"), str(counts.enrolments), rest, share)
    campaign = report.campaign
    return Shift(
        since=_("since {time}").format(time=i18n.clock(local(report.since))),
        figures=(
            Figure(i18n.number(counts.visits), ngettext("visit", "visits", counts.visits or 2)),
            Figure(identified, _("identified sales")),
            Figure(
                i18n.number(counts.redemptions),
                ngettext("redemption", "redemptions", counts.redemptions or 2),
            ),
        ),
        goal=goal,
        campaign=Campaign(campaign.notice, campaign.detail) if campaign is not None else None,
    )


def _notice(view: IdleView) -> Notice | None:
    status = view.status
    if view.problem:
        tone, icon = ("bad", "circle-alert") if view.problem_is_bad else ("plain", "info")
        return Notice(icon, view.problem, tone="bad" if tone == "bad" else "plain")
    if view.waiting_receipt:
        return Notice("receipt-text", view.waiting_receipt, _("Scan the member now"), "plain")
    if status is not None and not status.complete:
        return _fetching(status)
    if status is not None and status.differing:
        return Notice(
            "circle-alert",
            _("The members here are not quite as the server has them"),
            _("Points count at the server. Please tell your support."),
            "plain",
        )
    return None


def _fetching(status: SyncStatus) -> Notice:
    note = _("Whoever is found can be served already")
    if status.expected:
        share = min(status.members / status.expected, 1.0)
        title = _("Fetching members {n}%").format(n=int(share * 100))
        return Notice("refresh-cw", title, note, share=share)
    words = ngettext("{n} member so far", "{n} members so far", status.members)
    return Notice(
        "refresh-cw",
        _("Fetching members"),
        f"{words.format(n=i18n.number(status.members))} · {note}",
    )
