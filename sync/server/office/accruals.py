"""Accruals: a purchase is priced again by the server, in its own order, and posted.

The rules in force when it happened decide. A terminal that could not know them yet keeps its word:
its member gets what the screen promised, within the caps. The tier is the one that the terminal
stamped, if the member held it at any time since the terminal was last heard.
"""

from datetime import datetime

import msgspec
from sqlalchemy import select

from sync.programme import calendar, missions
from sync.programme.document import Document
from sync.programme.earning import Accrual, Inputs, Purchase, PurchaseLine, evaluate
from sync.programme.ledger import Entry, Kind
from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import AccrualEvent
from sync.server.office.documents import store_of
from sync.server.office.posting import Item, Outcome, Posting, account_holder, review
from sync.server.office.receipts import Claim, Claims
from sync.server.office.standings import Standing
from sync.server.store.tables import awards, events, tier_changes


def post_accrual(
    posting: Posting, claims: Claims, item: Item, event: AccrualEvent, member: int
) -> Outcome:
    """Credit a purchase to `member`, 0 when the card names nobody here."""
    standing = account_holder(posting.book, member)
    if isinstance(standing, Reason):
        return review(standing, member=member)
    used = claims.holder(event.receipt) if event.receipt else None
    if used is not None:
        name = store_of(posting.document, used.store).name
        return review(Reason.RECEIPT_USED, member=standing.member, store=name, at=used.at)
    try:
        accrual = _price(posting, standing, item, event)
    except Refused as refused:
        return review(refused.reason, member=standing.member, **refused.facts)
    if event.receipt:
        claim = Claim(event=item.id, store=posting.caller.store, at=item.effective)
        claims.claim(posting.book, event.receipt, standing.member, claim)
    _credit(posting, standing, item, event, accrual)
    _count(posting, standing, item, event, accrual)
    posting.book.settle(standing, posting.document.tiers, event=item.id, now=posting.now)
    if accrual.points == event.forecast:
        return Outcome(member=standing.member)
    facts: dict[str, int | str] = {"points": accrual.points, "forecast": event.forecast}
    return Outcome(member=standing.member, facts=facts)


def _price(posting: Posting, standing: Standing, item: Item, event: AccrualEvent) -> Accrual:
    document = posting.rulebook.in_force(item.effective)
    at = posting.store_time(item)
    day = posting.book.day(standing, at.date().isoformat())
    accrual = evaluate(
        document,
        _purchase(posting, event, item, at),
        Inputs(
            tier=_tier(posting, standing, event),
            earned_today=day.earned,
            visits_today=day.visits,
            bonus_today=tuple(day.bonus.items()),
        ),
    )
    if event.forecast <= accrual.points or not _could_not_know(posting, item, event, document):
        return accrual
    return msgspec.structs.replace(accrual, points=_capped(document, event.forecast, day.earned))


def _purchase(posting: Posting, event: AccrualEvent, item: Item, at: datetime) -> Purchase:
    return Purchase(
        paid_centavos=event.amount,
        at=at,
        programme_day=posting.programme_day(item.effective),
        evidence=event.evidence,
        lines=tuple(
            PurchaseLine(
                net_centavos=line.net,
                tax_centavos=line.tax,
                ncm=line.ncm,
                ean=line.ean,
                code=line.code,
            )
            for line in event.lines
        ),
    )


def _tier(posting: Posting, standing: Standing, event: AccrualEvent) -> str:
    if event.tier == standing.tier:
        return standing.tier
    held = posting.connection.execute(
        select(tier_changes.c.tier)
        .where(
            tier_changes.c.bucket == bucket_of(standing.member),
            tier_changes.c.member_id == standing.member,
            tier_changes.c.tier == event.tier,
            tier_changes.c.left_at >= posting.silent_since,
        )
        .limit(1)
    ).first()
    return standing.tier if held is None else event.tier


def _could_not_know(posting: Posting, item: Item, event: AccrualEvent, in_force: Document) -> bool:
    """Say whether the terminal used older rules because it had not been told of the newer."""
    used = posting.rulebook.named(event.rules)
    if used is None or used.version >= in_force.version:
        return False
    return item.effective < posting.knew.get(in_force.version, posting.now + 1)


def _capped(document: Document, points: int, earned_today: int) -> int:
    rules = document.earning
    if rules.cap_points_visit:
        points = min(points, rules.cap_points_visit)
    if rules.cap_points_day:
        points = min(points, max(0, rules.cap_points_day - earned_today))
    return points


def _credit(
    posting: Posting, standing: Standing, item: Item, event: AccrualEvent, accrual: Accrual
) -> None:
    entry = Entry(
        event=item.id,
        line=0,
        kind=Kind.EARN,
        points=accrual.points,
        expires_on=accrual.expires_on,
        pending=accrual.pending,
        qualifying=accrual.points,
    )
    parts = [(part.kind, part.ref, part.points) for part in accrual.parts]
    explained = sum(points for _, _, points in parts)
    if accrual.points != explained:
        parts.append(("base", "promised", accrual.points - explained))
    origin = posting.origin(item, event, amount=event.amount, reason=event.receipt, explain=parts)
    posting.book.post(standing, [entry], origin)


def _count(
    posting: Posting, standing: Standing, item: Item, event: AccrualEvent, accrual: Accrual
) -> None:
    """Count what caps and missions count: points and bonuses of the day, a visit once."""
    at = posting.store_time(item)
    name, week = at.date().isoformat(), calendar.week_of(at.date())
    day = posting.book.day(standing, name)
    day.earned += accrual.points
    for part in accrual.parts:
        if part.kind == "bonus":
            day.bonus[part.ref] = day.bonus.get(part.ref, 0) + part.points
    if not _is_counted(posting, item):
        posting.counted_visits.add(item.visit)
        before = standing.visits_in_week(week)
        day.visits += 1
        _award(posting, standing, item, event, before, week)
    standing.last_visit = max(standing.last_visit, item.effective)
    posting.book.count_day(standing, name)


def _is_counted(posting: Posting, item: Item) -> bool:
    """Say whether an earlier accrual of the same visit has counted it."""
    if item.visit == item.id or item.visit in posting.counted_visits:
        return item.visit in posting.counted_visits
    caller = posting.caller
    found = posting.connection.execute(
        select(events.c.seq)
        .where(
            events.c.terminal_id == caller.terminal,
            events.c.incarnation == caller.incarnation,
            events.c.seq.between(item.seq - 50, item.seq - 1),
            events.c.visit_id == item.visit,
            events.c.kind == "accrual",
            events.c.status == "accepted",
        )
        .limit(1)
    ).first()
    return found is not None


def _award(
    posting: Posting,
    standing: Standing,
    item: Item,
    event: AccrualEvent,
    visits_before: int,
    week: str,
) -> None:
    document = posting.rulebook.in_force(item.effective)
    lapse = calendar.lapse_day(
        posting.programme_day(item.effective), document.earning.expires_months
    )
    for line, mission in enumerate(document.missions, start=1):
        granted = (mission.id, week) in standing.awarded
        if not missions.fulfilled_by(mission, visits_before, granted=granted):
            continue
        entry = Entry(
            event=item.id, line=line, kind=Kind.BONUS, points=mission.points, expires_on=lapse
        )
        explain = [("mission", mission.id, mission.points)]
        posting.book.post(standing, [entry], posting.origin(item, event, explain=explain))
        standing.awarded.add((mission.id, week))
        row = {
            "bucket": bucket_of(standing.member),
            "member_id": standing.member,
            "mission": mission.id,
            "week": week,
            "event_id": item.id,
        }
        posting.book.add(awards, row)
