"""Accruals: a purchase is priced again by the server, in its own order, and posted.

The rules in force when it happened decide. A terminal that could not know them yet keeps its word:
its member gets what the screen promised, within the caps. The tier is the one that the terminal
stamped, if the member held it at any time since the terminal was last heard.
"""

from typing import NamedTuple

import msgspec
from sqlalchemy import bindparam, select

from sync.programme import calendar, missions
from sync.programme.document import Document
from sync.programme.earning import Accrual, Inputs, Part, Purchase, PurchaseLine, evaluate
from sync.programme.ledger import Entry, Kind
from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import AccrualEvent
from sync.server.office.documents import store_of
from sync.server.office.owned import owned, owner
from sync.server.office.posting import Item, Moment, Outcome, Posting, account_holder, review
from sync.server.office.receipts import Claim, Claims
from sync.server.office.standings import Standing
from sync.server.store.tables import awards, events, tier_changes

# Whether a member left a tier lately. Made once.
_HELD = (
    select(tier_changes.c.tier)
    .where(
        *owned(tier_changes),
        tier_changes.c.tier == bindparam("of_tier"),
        tier_changes.c.left_at >= bindparam("since"),
    )
    .limit(1)
)


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
    sale = _Sale(item, event, posting.moment(item), posting.rulebook.in_force(item.effective))
    try:
        accrual = _price(posting, standing, sale)
    except Refused as refused:
        return review(refused.reason, member=standing.member, **refused.facts)
    if event.receipt:
        claim = Claim(event=item.id, store=posting.caller.store, at=item.effective)
        claims.claim(posting.book, event.receipt, standing.member, claim)
    _credit(posting, standing, sale, accrual)
    _count(posting, standing, sale, accrual)
    posting.book.settle(standing, posting.document.tiers, event=item.id, now=posting.now)
    if accrual.points == event.forecast:
        return Outcome(member=standing.member)
    facts: dict[str, int | str] = {"points": accrual.points, "forecast": event.forecast}
    return Outcome(member=standing.member, facts=facts)


class _Sale(NamedTuple):
    """A purchase as it arrived, when that was, and the rules of its day."""

    item: Item
    event: AccrualEvent
    when: Moment
    rules: Document


def _price(posting: Posting, standing: Standing, sale: _Sale) -> Accrual:
    event, document = sale.event, sale.rules
    day = posting.book.day(standing, sale.when.day)
    accrual = evaluate(
        document,
        _purchase(event, sale.when),
        Inputs(
            tier=_tier(posting, standing, event),
            earned_today=day.earned,
            visits_today=day.visits,
            bonus_today=tuple(day.bonus.items()),
        ),
    )
    if event.forecast <= accrual.points or not _could_not_know(posting, sale):
        return accrual
    return msgspec.structs.replace(accrual, points=_capped(document, event.forecast, day.earned))


def _purchase(event: AccrualEvent, when: Moment) -> Purchase:
    return Purchase(
        paid_centavos=event.amount,
        at=when.at,
        programme_day=when.programme_day,
        evidence=event.evidence,
        lines=tuple(
            [
                PurchaseLine(
                    net_centavos=line.net,
                    tax_centavos=line.tax,
                    ncm=line.ncm,
                    ean=line.ean,
                    code=line.code,
                )
                for line in event.lines
            ]
        ),
    )


def _tier(posting: Posting, standing: Standing, event: AccrualEvent) -> str:
    if event.tier == standing.tier:
        return standing.tier
    named = {"of_tier": event.tier, "since": posting.silent_since}
    held = posting.connection.execute(_HELD, {**owner(standing.member), **named}).first()
    return standing.tier if held is None else event.tier


def _could_not_know(posting: Posting, sale: _Sale) -> bool:
    """Say whether the terminal used older rules because it had not been told of the newer."""
    used, in_force = posting.rulebook.named(sale.event.rules), sale.rules.version
    if used is None or used.version >= in_force:
        return False
    known_since = posting.knew.since(in_force)
    return known_since is None or sale.item.effective < known_since


def _capped(document: Document, points: int, earned_today: int) -> int:
    rules = document.earning
    if rules.cap_points_visit:
        points = min(points, rules.cap_points_visit)
    if rules.cap_points_day:
        points = min(points, max(0, rules.cap_points_day - earned_today))
    return points


def _credit(posting: Posting, standing: Standing, sale: _Sale, accrual: Accrual) -> None:
    event = sale.event
    entry = Entry(
        event=sale.item.id,
        line=0,
        kind=Kind.EARN,
        points=accrual.points,
        expires_on=accrual.expires_on,
        pending=accrual.pending,
        qualifying=accrual.points,
    )
    parts = accrual.parts
    explained = sum([part.points for part in parts])
    if accrual.points != explained:
        promised = Part(kind="base", ref="promised", points=accrual.points - explained)
        parts = (*parts, promised)
    origin = posting.origin(
        sale.item, event, amount=event.amount, reason=event.receipt, explain=parts
    )
    posting.book.post(standing, [entry], origin)


def _count(posting: Posting, standing: Standing, sale: _Sale, accrual: Accrual) -> None:
    """Count what caps and missions count: points and bonuses of the day, a visit once."""
    item, when = sale.item, sale.when
    day = posting.book.day(standing, when.day)
    day.earned += accrual.points
    for part in accrual.parts:
        if part.kind == "bonus":
            day.bonus[part.ref] = day.bonus.get(part.ref, 0) + part.points
    if not _is_counted(posting, item):
        posting.counted_visits.add(item.visit)
        before = standing.visits_in_week(when.week)
        day.visits += 1
        _award(posting, standing, sale, before)
    standing.last_visit = max(standing.last_visit, item.effective)
    posting.book.count_day(standing, when.day)


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


def _award(posting: Posting, standing: Standing, sale: _Sale, visits_before: int) -> None:
    item, week, rules = sale.item, sale.when.week, sale.rules
    for line, mission in enumerate(rules.missions, start=1):
        granted = (mission.id, week) in standing.awarded
        if not missions.fulfilled_by(mission, visits_before, granted=granted):
            continue
        lapse = calendar.lapse_day(sale.when.programme_day, rules.earning.expires_months)
        entry = Entry(
            event=item.id, line=line, kind=Kind.BONUS, points=mission.points, expires_on=lapse
        )
        explain = [("mission", mission.id, mission.points)]
        origin = posting.origin(item, sale.event, explain=explain)
        posting.book.post(standing, [entry], origin)
        standing.awarded.add((mission.id, week))
        row = {
            "bucket": bucket_of(standing.member),
            "member_id": standing.member,
            "mission": mission.id,
            "week": week,
            "event_id": item.id,
        }
        posting.book.add(awards, row)
