"""The rewards as a member sees them: what they can have now first, then what they save for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from sync import i18n
from sync.i18n import _
from sync.programme import rewards
from sync.programme.document import Document, Reward
from sync.programme.publishing import AMOUNT_MAX_CENTAVOS
from sync.programme.refusals import Reason, Refused
from sync.programme.rewards import Situation
from sync.server.office.documents import local, store_of
from sync.server.office.holdings import Holding
from sync.server.office.stock import stock_rows
from sync.server.web.drawing import icon_or_gift
from sync.server.web.frame import points_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """One reward in words. `why` says why it cannot be had now; empty when it can."""

    id: int
    name: str
    icon: str
    cost: int
    points: str
    points_short: str
    terms: str
    why: str
    missing: int

    @property
    def is_free(self) -> bool:
        """Say whether it can be reserved now."""
        return not self.why


def stock_at(connection: Connection, held: Holding) -> dict[int, int]:
    """Return what the member's home shop has left of counted rewards."""
    return {row.reward: row.left for row in stock_rows(connection, held.home_store)}


def goods(
    document: Document, held: Holding, stock: Mapping[int, int], now: int
) -> tuple[Good, ...]:
    """Return the programme's rewards, those that can be had in the home shop first.

    Among them the programme's own order stands; the others follow by what is missing.
    """
    offered = [r for r in document.rewards if r.kind != "benefit" and not r.retired and r.cost > 0]
    made = [_good(document, held, reward, stock, now) for reward in offered]
    free = [good for good in made if good.is_free]
    wished = [good for good in made if not good.is_free]
    return (*free, *sorted(wished, key=lambda good: (good.missing, good.cost, good.id)))


def preview(known: Sequence[Good], free: int) -> list[Good]:
    """Return the first few that can be had, and the one that is nearest to be had."""
    near = [good for good in known if good.missing][:1]
    return [*[good for good in known if good.is_free][:free], *near]


def refusal_in_words(refused: Refused) -> str:
    """Return why a reward cannot be had, as it is told to the member."""
    facts = refused.facts
    if refused.reason is Reason.NOT_ENOUGH_POINTS:
        return _("{points} to go").format(points=i18n.number(int(facts.get("missing", 0))))
    if refused.reason is Reason.REWARD_TIER_ONLY:
        return _("For tier {tier}").format(tier=facts.get("tier", ""))
    if refused.reason is Reason.REWARD_OUT_OF_STOCK:
        return _("Sold out here")
    if refused.reason is Reason.REWARD_LIMIT_REACHED:
        return _("Limit reached")
    if refused.reason is Reason.REWARD_NOT_IN_THIS_STORE:
        return _("Not in this shop")
    if refused.reason is Reason.SERVER_RECOVERING:
        return _("Reservations pause for a moment. Please try again later.")
    return _("Not now")


def _good(
    document: Document, held: Holding, reward: Reward, stock: Mapping[int, int], now: int
) -> Good:
    why, missing = _judged(document, held, reward, stock, now)
    points = i18n.number(reward.cost)
    return Good(
        id=reward.id,
        name=reward.name,
        icon=icon_or_gift(reward.icon),
        cost=reward.cost,
        points=points_in_words(reward.cost),
        points_short=_("{points} pts").format(points=points),
        terms=reward.terms,
        why=why,
        missing=missing,
    )


def _judged(
    document: Document, held: Holding, reward: Reward, stock: Mapping[int, int], now: int
) -> tuple[str, int]:
    try:
        shop = store_of(document, held.home_store)
        situation = Situation(
            at=local(now, shop.zone),
            store=shop.id,
            # What a till holds on loan is the member's as well: it can be had there.
            points=held.shown,
            usable_here=held.shown,
            tier=held.tier,
            basket_centavos=AMOUNT_MAX_CENTAVOS,
            stock=stock,
            taken_day=held.taken_day(),
            taken_year=held.taken_year(),
        )
        rewards.check(reward, situation, document.tiers)
    except Refused as refused:
        return refusal_in_words(refused), int(refused.facts.get("missing", 0))
    return "", 0
