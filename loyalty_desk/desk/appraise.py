"""Appraise: everything the counter can say about an open member and what has been entered so far.

One reading per keystroke: the forecast, what each reward would answer, what is free today, what is
near. It writes nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from loyalty_desk.desk import visit
from loyalty_desk.desk.counter import Counter, instant
from loyalty_desk.desk.visit import Draft
from sync.programme import calendar, missions, rewards, tiers
from sync.programme.document import Document, Mission, Reward, Tier
from sync.programme.earning import Accrual
from sync.programme.missions import Progress
from sync.programme.refusals import Reason, Refused


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward and why it cannot be had now (None: it can)."""

    reward: Reward
    refusal: Refused | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """What a draft amounts to. `problem` refuses the amount; then there is no `accrual`.

    `offers` are the rewards of the grid in their order, `benefits` the free ones that may be taken
    now, `goal` the next reward out of reach; `birthday_in` counts days, negative when it was.
    `unproven` says what the member still has to prove for the chosen reward.
    """

    draft: Draft
    document: Document
    zone: ZoneInfo
    at: datetime
    as_of: datetime
    proved_at: datetime
    connected: bool
    accrual: Accrual | None
    problem: Refused | None
    offers: tuple[Offer, ...]
    benefits: tuple[Reward, ...]
    goal: Reward | None
    unproven: Refused | None
    tier: Tier | None
    missions: tuple[tuple[Mission, Progress], ...]
    birthday_in: int | None

    def local(self, at_ms: int) -> datetime:
        """Return an instant (ms UTC) as the shop's time."""
        return instant(at_ms).astimezone(self.zone)

    def offer(self, reward: int) -> Offer:
        """Return the offer of a reward. Raises Refused(REWARD_UNKNOWN)."""
        for offer in self.offers:
            if offer.reward.id == reward:
                return offer
        raise Refused(Reason.REWARD_UNKNOWN)


def appraise(counter: Counter, draft: Draft) -> Appraisal:
    """Return what the counter can say about a draft now. Raises Refused(RULES_UNKNOWN)."""
    moment = counter.moment()
    document, at = moment.document, moment.at
    accrual, problem = _accrual(counter, draft)
    judged = visit.situation(counter, moment, draft)
    row = draft.member.row
    answers = [
        Offer(reward, _refusal(reward, judged, document, draft))
        for reward in _listed(document, draft)
    ]
    return Appraisal(
        draft=draft,
        document=document,
        zone=ZoneInfo(moment.shop.zone),
        at=at,
        as_of=counter.local(draft.member.as_of),
        proved_at=counter.local(draft.member.proof_at),
        connected=counter.connected,
        accrual=accrual,
        problem=problem,
        offers=tuple(answer for answer in answers if answer.reward.kind != "benefit"),
        benefits=tuple(
            a.reward for a in answers if a.reward.kind == "benefit" and a.refusal is None
        ),
        goal=rewards.next_goal(document.rewards, draft.member.points),
        unproven=visit.missing_proof(document, draft),
        tier=tiers.tier_named(document.tiers, row.tier if row is not None else ""),
        missions=_missions(counter, draft, document, at),
        birthday_in=calendar.days_to_birthday(row.birthday, at.date()) if row is not None else None,
    )


def _accrual(counter: Counter, draft: Draft) -> tuple[Accrual | None, Refused | None]:
    if not draft.amount_centavos:
        return None, None
    try:
        # An unusual amount is forecast too: only its conclusion asks again.
        return visit.price(counter, replace(draft, amount_confirmed=True)), None
    except Refused as refused:
        return None, refused


def _listed(document: Document, draft: Draft) -> tuple[Reward, ...]:
    if draft.member.row is None:
        voucher = draft.voucher
        return tuple(r for r in document.rewards if voucher is not None and r.id == voucher.reward)
    return tuple(reward for reward in document.rewards if not reward.retired)


def _refusal(
    reward: Reward, judged: rewards.Situation, document: Document, draft: Draft
) -> Refused | None:
    if draft.member.blocked:
        return Refused(Reason.MEMBER_BLOCKED)
    try:
        if draft.voucher is not None and draft.voucher.reward == reward.id:
            rewards.check_basket(reward, draft.amount_centavos, 1)
        else:
            rewards.check(reward, judged, document.tiers)
    except Refused as refused:
        return refused
    return None


def _missions(
    counter: Counter, draft: Draft, document: Document, at: datetime
) -> tuple[tuple[Mission, Progress], ...]:
    row = draft.member.row
    if row is None:
        return ()
    week = calendar.week_of(at.date())
    done = row.week_visits if row.week == week else 0
    done += sum(
        credit.visits
        for credit in draft.member.effects.credits
        if calendar.week_of(counter.local(credit.at).date()) == week
    )
    return tuple((m, missions.progress(m, max(0, done))) for m in document.missions)
