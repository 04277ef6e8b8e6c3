"""The member's card in words: who it is, what they have, what needs a look. Qt-free."""

from datetime import date

from loyalty_desk.desk.appraise import Appraisal
from loyalty_desk.ui.visit.state import Attention, MemberCardState, NextReward, Tier
from sync import i18n
from sync.i18n import N_, _, ngettext
from sync.programme.document import Document
from sync.programme.members import initials
from sync.protocol.messages import MemberRow

_LAPSE_DAYS = 30
_BIRTHDAY_DAYS = 7

_STYLES: dict[str, Tier] = {
    "bronze": "bronze",
    "silver": "silver",
    "gold": "gold",
    "diamond": "diamond",
}

# One sentence per weekday: the preposition before it differs from day to day.
_BIRTHDAY_ON = (
    N_("Birthday on Monday"),
    N_("Birthday on Tuesday"),
    N_("Birthday on Wednesday"),
    N_("Birthday on Thursday"),
    N_("Birthday on Friday"),
    N_("Birthday on Saturday"),
    N_("Birthday on Sunday"),
)


def member_card(seen: Appraisal) -> MemberCardState:
    """Return the card of the open member, or of a card whose member is not on this till."""
    member = seen.draft.member
    row = member.row
    if row is None:
        return _unknown(_("Member of this voucher") if member.by_voucher else "")
    contact = phone_of(row)
    if row.cpf_mid:
        contact += f" · CPF •••.{row.cpf_mid}-••"
    tier = seen.tier
    since = seen.local(row.since).year if row.since else 0
    return MemberCardState(
        initials=initials(row.name),
        name=row.name,
        contact=contact,
        contact_short=phone_of(row),
        balance=i18n.number(member.points),
        balance_label=_("Balance") if seen.connected else _("Balance (may have changed)"),
        unit=points_unit(member.points),
        tier=tier_style(tier.style) if tier is not None else "",
        tier_name=tier.name if tier is not None else "",
        since=_("Member since {year}").format(year=since) if since else "",
        blocked=_("Blocked") if member.blocked else "",
        offline_limit=""
        if seen.connected
        else _("{points} pts").format(points=i18n.number(member.usable_here)),
        next_reward=_next_reward(seen) if not member.blocked else None,
        attention=_attention(seen, row) if seen.connected else _offline(seen),
        can_see_statement=not member.blocked,
        can_print=not member.blocked,
    )


def tier_style(style: str) -> Tier:
    """Return the look of a tier, "" for a plain one."""
    return _STYLES.get(style, "")


def points_unit(points: int) -> str:
    """Return "ponto" or "pontos" for a number that stands beside it."""
    return ngettext("point", "points", points)


def phone_of(row: MemberRow) -> str:
    """Return a masked phone, "(11) 9••••-4417", or "" without one."""
    tail = row.phone_tail
    return f"({tail[:2]}) 9••••-{tail[2:]}" if tail else ""


def _unknown(who: str = "") -> MemberCardState:
    note = _("The balance comes with the connection")
    return MemberCardState(
        initials="?",
        name=who or _("Member of this card"),
        contact=_("Not in this till's copy"),
        balance="–",
        balance_label=_("Balance"),
        attention=(Attention("history", "plain", _("Points can be added"), note),),
        can_see_statement=False,
        can_print=False,
    )


def _next_reward(seen: Appraisal) -> NextReward | None:
    goal, points = seen.goal, seen.draft.member.points
    if goal is None:
        return None
    left = goal.cost - points
    words = ngettext("{n} to go", "{n} to go", left).format(n=i18n.number(left))
    return NextReward(goal.name, words[:1].lower() + words[1:], max(0, points) / goal.cost)


def _attention(seen: Appraisal, row: MemberRow) -> tuple[Attention, ...]:
    lines = (_lapsing(seen, row), _birthday(seen), _pickup(seen, row))
    return tuple(line for line in lines if line is not None)


def _lapsing(seen: Appraisal, row: MemberRow) -> Attention | None:
    if not row.lapse_day or not row.lapse_points:
        return None
    day = date.fromisoformat(row.lapse_day)
    if not 0 <= (day - seen.at.date()).days <= _LAPSE_DAYS:
        return None
    title = ngettext("{n} point expires", "{n} points expire", row.lapse_points)
    return Attention(
        "clock",
        "warn",
        title.format(n=i18n.number(row.lapse_points)),
        _("on {day}").format(day=i18n.day_in_words(day)),
    )


def _birthday(seen: Appraisal) -> Attention | None:
    away = seen.birthday_in
    if away is None or abs(away) > _BIRTHDAY_DAYS:
        return None
    free = next((b.name for b in seen.benefits if b.birthday_days >= 0), "")
    note = _("{reward} is free already").format(reward=free) if free else ""
    return Attention("cake", "gold", _birthday_words(seen, away), note)


def _birthday_words(seen: Appraisal, away: int) -> str:
    if away == 0:
        return _("Birthday today")
    if away == 1:
        return _("Birthday tomorrow")
    if away < 0:
        return ngettext("Birthday {n} day ago", "Birthday {n} days ago", -away).format(n=-away)
    if away == _BIRTHDAY_DAYS:
        return _("Birthday in a week")
    return _(_BIRTHDAY_ON[(seen.at.weekday() + away) % 7])


def _pickup(seen: Appraisal, row: MemberRow) -> Attention | None:
    if not row.pickups:
        return None
    n = len(row.pickups)
    reward, place = row.pickups[0]
    title = ngettext("{n} reward to collect", "{n} rewards to collect", n).format(n=n)
    return Attention("package", "plain", title, f"{_name_of(seen.document, reward)} · {place}")


def _name_of(document: Document, reward_id: int) -> str:
    return next((r.name for r in document.rewards if r.id == reward_id), _("Reward"))


def _offline(seen: Appraisal) -> tuple[Attention, ...]:
    """How old the balance is; and what is left to offer where nothing can be used here."""
    member = seen.draft.member
    if member.usable_here or not member.points:
        return (_age(seen),)
    ways = [_("The voucher on the phone works")]
    if member.with_lead:
        points = i18n.number(member.with_lead)
        ways.append(_("with a lead up to {points} pts").format(points=points))
    title = _("The points are with another till")
    if member.free > 0:
        title = _("Nothing can be used here now")
    return (Attention("wifi-off", "warn", title, " · ".join(ways)), _age(seen))


def _age(seen: Appraisal) -> Attention:
    return Attention(
        "history",
        "plain",
        _("Balance as of {time}").format(time=i18n.clock(seen.as_of)),
        _("Last update of this card"),
    )
