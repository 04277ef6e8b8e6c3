"""Payment: what stands behind the points of a redemption: a lease, a voucher, or the floor limit.

Guarantees that every redemption that costs points names one of them, and that what the till says
may be used here is what it will then accept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from loyalty_desk.desk.counter import Counter, Moment
from loyalty_desk.store.effects import Holding
from loyalty_desk.store.journal import Act
from sync.programme import floor, leases
from sync.programme.document import Limits, Reward
from sync.programme.refusals import Reason, Refused
from sync.programme.reservations import SKEW_MS
from sync.programme.rewards import Proof
from sync.programme.voucher_token import VoucherToken
from sync.protocol.events import RedemptionEvent

CLOCKS_DIFFER = timedelta(milliseconds=SKEW_MS)
_ID_DIGITS = 16


class Payment(msgspec.Struct, frozen=True):
    """What a redemption names: a lease or a voucher (hex), or that it stands on the shop's risk."""

    lease: str = ""
    voucher: str = ""
    floor: bool = False


class Claimant(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays: the member, the balance shown, and what of it no till holds; who approved."""

    member: int
    points: int
    free: int
    lead: int


@dataclass(frozen=True, slots=True)
class Usable:
    """What one redemption may spend here now: by the cashier alone, and once a lead approves."""

    alone: int
    with_lead: int


def usable(counter: Counter, member: int, holding: Holding) -> Usable:
    """Return what one redemption of a member may spend at this till.

    Online the server lends exactly what is asked, from what no other till holds. Offline there is
    what it lent before, one lease at a time, or the floor limit, whichever is more.
    """
    own = counter.ledger.leases.of(member)
    if counter.connected:
        reach = min(holding.points, holding.available + sum(lease.left for lease in own))
        return Usable(reach, reach)
    lent = min(leases.usable(own, now=counter.now()), holding.points)
    limits = counter.document().limits
    if not floor.is_on(limits):
        return Usable(lent, lent)
    free = min(holding.available, holding.points)
    alone = max(lent, floor.alone(limits, free=free, used_today=used_today(counter)))
    return Usable(alone, max(alone, floor.with_lead(limits, points=holding.points)))


def used_today(counter: Counter) -> int:
    """Return how often this till has handed something over on the shop's risk since midnight."""
    midnight = counter.local(counter.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return counter.ledger.floor_uses(since=int(midnight.timestamp() * 1000))


def check_voucher(voucher: VoucherToken, *, store: int, now: int) -> None:
    """Refuse a voucher that is of another shop or whose time is over at `now` (ms, the server's).

    Raises Refused: VOUCHER_OTHER_STORE (fact `store`), CODE_EXPIRED.
    """
    if voucher.store != store:
        raise Refused(Reason.VOUCHER_OTHER_STORE, store=voucher.store)
    late = now - int((voucher.expires_at + CLOCKS_DIFFER).timestamp() * 1000)
    if late > 0:
        raise Refused(Reason.CODE_EXPIRED, seconds=late // 1000)


def voucher_id(voucher: VoucherToken) -> str:
    """Return the id of a voucher as events hold it."""
    return f"{voucher.voucher:0{_ID_DIGITS}x}"


def by_voucher(counter: Counter, moment: Moment, voucher: VoucherToken) -> Payment:
    """Pay by a voucher. Raises Refused: VOUCHER_OTHER_STORE, VOUCHER_USED (`at`), CODE_EXPIRED."""
    # A clock that went back a little must not lengthen a voucher's life.
    now = max(moment.now, counter.ledger.latest_seen)
    check_voucher(voucher, store=moment.shop.id, now=now)
    name = voucher_id(voucher)
    used = counter.ledger.voucher_at(name)
    if used is not None:
        raise Refused(Reason.VOUCHER_USED, at=used)
    return Payment(voucher=name)


def by_points(
    counter: Counter, moment: Moment, claimant: Claimant, points: int, *, cut_off: bool
) -> Payment:
    """Pay `points` out of a lease; where there is none and the till is `cut_off`, by the limit.

    Raises Refused: LEASE_TOO_SMALL (fact `left`), NEEDS_CONNECTION (fact `usable`),
    FLOOR_LIMIT_REACHED, NEEDS_LEAD.
    """
    if not points:
        return Payment()
    held = counter.ledger.leases.of(claimant.member)
    limits = moment.document.limits
    try:
        return Payment(lease=leases.fitting(held, points, now=moment.now).id.hex())
    except Refused as refused:
        if not cut_off:
            raise
        if not floor.is_on(limits):
            lent = leases.usable(held, now=moment.now)
            raise Refused(Reason.NEEDS_CONNECTION, usable=lent) from refused
    _check_floor(counter, limits, claimant, points)
    return Payment(floor=True)


def _check_floor(counter: Counter, limits: Limits, claimant: Claimant, points: int) -> None:
    floor.check(
        points,
        limits,
        free=claimant.free,
        held=claimant.points,
        used_today=used_today(counter),
        has_lead=bool(claimant.lead),
    )


class Goods(msgspec.Struct, frozen=True):
    """Units of counted rewards: what may be handed over here now, and what has to be asked for."""

    here: Mapping[int, int]
    elsewhere: Mapping[int, int]


def goods(counter: Counter) -> Goods:
    """Return what this till may hand over of each reward that the shop counts.

    Online the server lends what is free; offline there are the units it lent before, one lease at
    a time.
    """
    free = counter.members.freshness().stock
    held = {reward: counter.ledger.leases.units(reward) for reward in free}
    if counter.connected:
        lent = {reward: sum(one.left for one in own) for reward, own in held.items()}
        return Goods({reward: free[reward] + lent[reward] for reward in free}, {})
    now = counter.now()
    return Goods({reward: leases.usable(own, now=now) for reward, own in held.items()}, free)


def units_missing(counter: Counter, reward: int, quantity: int) -> bool:
    """Say whether units of a counted reward must be lent before so many can be handed over."""
    if reward not in counter.members.freshness().stock:
        return False
    return leases.usable(counter.ledger.leases.units(reward), now=counter.now()) < quantity


def units_of(counter: Counter, moment: Moment, reward: Reward, quantity: int) -> str:
    """Name the lease that units of a reward come out of, "" where the shop does not count it.

    Raises Refused(REWARD_OUT_OF_STOCK).
    """
    if reward.id not in counter.members.freshness().stock:
        return ""
    held = counter.ledger.leases.units(reward.id)
    try:
        return leases.fitting(held, quantity, now=moment.now).id.hex()
    except Refused as refused:
        raise Refused(Reason.REWARD_OUT_OF_STOCK) from refused


def redemption(
    moment: Moment,
    reward: Reward,
    quantity: int,
    paid: Payment,
    *,
    units: str,
    member: int,
    proof: Proof,
    lead: int,
    staff: int,
    event: str,
    visit: str,
) -> Act:
    """Return the act of a redemption."""
    return Act(
        event=RedemptionEvent(
            rules=moment.rules.rules,
            staff=staff,
            boot=moment.boot,
            offset_ms=moment.offset_ms,
            at=moment.wall,
            mono_ms=moment.mono,
            seq=0,
            id=event,
            visit="" if event == visit else visit,
            member=member,
            reward=reward.id,
            quantity=quantity,
            points=reward.cost * quantity,
            lease=paid.lease,
            proof="lead" if lead else proof,
            lead=lead,
            voucher=paid.voucher,
            floor=paid.floor,
            units=units,
        )
    )
