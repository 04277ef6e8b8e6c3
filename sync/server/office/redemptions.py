"""Redemptions: what was handed over is paid by its lease; what the lease lacks, by the shop.

A redemption names the lease it spends. More than its lease holds can only come from a copied
terminal: the member keeps those points, and the shop's loss account takes them. A voucher
pays what was set aside for it, once. A redemption without either was handed over on the shop's risk
while the till was cut off: it takes what the member has left.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from sync.programme.document import Reward
from sync.programme.ledger import Entry, Kind
from sync.programme.members import bucket_of
from sync.programme.permissions import Act, require_approval
from sync.programme.refusals import Reason, Refused
from sync.programme.rewards import reward_numbered
from sync.protocol.events import RedemptionEvent
from sync.server.office.book import Book
from sync.server.office.feed import lease_list
from sync.server.office.posting import Gaps, Item, Outcome, Posting, account_holder, review
from sync.server.office.reservations import consume
from sync.server.office.staff import roles
from sync.server.office.standings import Standing
from sync.server.office.stock import move_stock
from sync.server.office.takings import Takings
from sync.server.office.units import use_units
from sync.server.store.dialect import Among, Key, Row
from sync.server.store.states import LeaseState
from sync.server.store.tables import approvals, leases, merchant_loss


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease as it stands in the transaction; `row` is the rest of what is stored."""

    holder: tuple[int, int]  # terminal and the life of it
    amount: int
    spent: int
    state: int
    row: Row


_LEASES = Among(
    (leases.c.bucket, leases.c.member_id, leases.c.lease_id),
    lambda are_named: select(leases).where(are_named),
)


class HeldLeases:
    """The leases that the redemptions of a batch name."""

    def __init__(self, connection: Connection, wanted: Iterable[RedemptionEvent]) -> None:
        keys: list[Key] = sorted(
            {(bucket_of(r.member), r.member, bytes.fromhex(r.lease)) for r in wanted if r.lease}
        )
        self._held: dict[bytes, HeldLease] = {}
        if not keys:
            return
        for row in _LEASES.rows(connection, keys):
            held = HeldLease(
                (row.terminal_id, row.incarnation),
                row.amount,
                row.spent,
                row.state,
                dict(zip(leases.c.keys(), row, strict=True)),
            )
            self._held[row.lease_id] = held

    def lacks(self, lease: bytes, *, late: bool) -> bool:
        """Say whether a lease is none that was granted, as far as this server remembers.

        For an event that took effect `late` also one that its terminal has given back since.
        """
        held = self._held.get(lease)
        return held is None or (late and held.state == LeaseState.CLOSED)

    def spend(
        self, book: Book, lease: bytes, points: int, *, holder: tuple[int, int]
    ) -> tuple[int, Reason]:
        """Take up to `points` of a lease of `holder`; return how many, and why not the rest."""
        held = self._held.get(lease)
        if held is None or held.holder != holder:
            return 0, Reason.LEASE_UNKNOWN
        if held.state != LeaseState.ACTIVE:
            return 0, Reason.LEASE_LAPSED
        taken = min(points, held.amount - held.spent)
        spent = held.spent + taken
        state = LeaseState.CLOSED if spent == held.amount else LeaseState.ACTIVE
        self._held[lease] = replace(held, spent=spent, state=int(state))
        book.put(leases, {**held.row, "spent": spent, "state": int(state)})
        return taken, Reason.LEASE_TOO_SMALL


def post_redemption(
    posting: Posting, held: HeldLeases, taken: Takings, item: Item, event: RedemptionEvent
) -> Outcome:
    """Charge a redemption that took place."""
    _note_approval(posting, item, event)
    standing = account_holder(posting.book, event.member)
    if standing is Reason.MEMBER_BLOCKED:
        standing = posting.book.standing(event.member) or standing
    if isinstance(standing, Reason):
        return _lose(posting, item, event, event.member, event.points, standing)
    charged, lack = _charge(posting, held, standing, item, event)
    entry = Entry(event=item.id, line=0, kind=Kind.SPEND, points=charged)
    posting.book.post(standing, [entry], posting.origin(item, event, reward=event.reward))
    fault = _hand_over(posting, taken, standing, item, event)
    if charged < event.points:
        return _lose(posting, item, event, standing.member, event.points - charged, lack)
    return fault or _unapproved(posting, event, standing.member) or Outcome(member=standing.member)


def _charge(
    posting: Posting, held: HeldLeases, standing: Standing, item: Item, event: RedemptionEvent
) -> tuple[int, Reason]:
    if event.voucher:
        return _charge_voucher(posting, standing, item, event)
    if not event.lease:
        left = standing.points - standing.leased
        return min(event.points, left), Reason.NOT_ENOUGH_POINTS
    lease = bytes.fromhex(event.lease)
    if posting.gaps is not Gaps.NONE and held.lacks(lease, late=posting.late):
        return _charge_forgotten(posting, standing, event.points)
    charged, lack = held.spend(
        posting.book,
        lease,
        event.points,
        holder=(posting.caller.terminal, posting.caller.incarnation),
    )
    standing.leased -= charged
    posting.lists.add(lease_list(posting.caller.terminal))
    return charged, lack


def _charge_voucher(
    posting: Posting, standing: Standing, item: Item, event: RedemptionEvent
) -> tuple[int, Reason]:
    """Take what was set aside for a voucher. Was it in time or not: it was handed over."""
    held, fault = consume(
        posting.connection,
        member=standing.member,
        voucher=bytes.fromhex(event.voucher),
        store=posting.caller.store,
        event=item.id,
        now=posting.now,
        lists=posting.lists,
    )
    standing.leased -= held
    return min(event.points, held), fault or Reason.NOT_ENOUGH_POINTS


def _charge_forgotten(posting: Posting, standing: Standing, points: int) -> tuple[int, Reason]:
    """Charge what a lease covered that this server has forgotten: it was restored from a copy.

    While tills push again what it lost, all of it: what it rests on comes from another till, and
    nobody is lent anything before.
    """
    if posting.gaps is Gaps.BEING_FILLED:
        return points, Reason.LEASE_UNKNOWN
    return min(points, max(0, standing.net - standing.leased)), Reason.LEASE_UNKNOWN


def _hand_over(
    posting: Posting, taken: Takings, standing: Standing, item: Item, event: RedemptionEvent
) -> Outcome | None:
    """Count goods and limits; return what a person should look at."""
    store, member = posting.caller.store, standing.member
    if event.units:
        lease = bytes.fromhex(event.units)
        posting.lists.update(
            use_units(posting.connection, posting.caller, event.reward, lease, event.quantity)
        )
    posting.lists.update(move_stock(posting.connection, store, event.reward, -event.quantity))
    try:
        reward = priced_by(posting, item.effective, event)
    except Refused as refused:
        return review(refused.reason, member=member)
    on = posting.store_time(item).date()
    taken.add(posting.book, member, reward, on, event.quantity)
    if limit := taken.excess(member, reward, on):
        return review(Reason.REWARD_LIMIT_REACHED, member=member, limit=limit)
    missing = reward.cost * event.quantity - event.points
    if missing > 0:
        return review(Reason.NOT_ENOUGH_POINTS, member=member, missing=missing)
    return None


def priced_by(posting: Posting, at: int, event: RedemptionEvent) -> Reward:
    """Return the reward under the rules that the terminal used; raises Refused(REWARD_UNKNOWN)."""
    document = posting.rulebook.named(event.rules) or posting.rulebook.in_force(at)
    return reward_numbered(document.rewards, event.reward)


def _lose(
    posting: Posting, item: Item, event: RedemptionEvent, member: int, points: int, why: Reason
) -> Outcome:
    """Book to the shop what no member can be charged for."""
    if points:
        row = {
            "bucket": bucket_of(member),
            "member_id": member,
            "event_id": item.id,
            "store_id": posting.caller.store,
            "terminal_id": posting.caller.terminal,
            "points": points,
            "reason": why.value,
            "booked_at": posting.now,
            "reversed_by": None,
        }
        posting.book.add(merchant_loss, row)
    return Outcome(status="accepted_as_loss", code=why.value, facts={"loss": points}, member=member)


def _unapproved(posting: Posting, event: RedemptionEvent, member: int) -> Outcome | None:
    """Return what a person should look at where the approval is none; the goods are gone."""
    if not event.lead:
        return None
    role = roles(posting.connection, posting.caller.store).get(event.lead)
    if role is None:
        return review(Reason.STAFF_UNKNOWN, member=member)
    try:
        require_approval(
            posting.document,
            Act.APPROVE_REDEMPTION,
            actor=event.staff,
            approver=event.lead,
            role=role,
            points=event.points,
        )
    except Refused as refused:
        return review(refused.reason, member=member)
    return None


def _note_approval(posting: Posting, item: Item, event: RedemptionEvent) -> None:
    if not event.lead:
        return
    row = {
        "event_id": item.id,
        "staff_id": event.staff,
        "approver_id": event.lead,
        "act": Act.APPROVE_REDEMPTION.value,
        "points": event.points,
        "approved_at": item.effective,
    }
    posting.book.put(approvals, row)
