"""What has to be true of a simulated world, whatever happened in it.

Nothing here asks the code under test how it counts, but for `ledger.fold`, the oracle of every
stored column.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Connection, Row, select

from loyalty_desk.store.effects import holding
from sync.programme.ledger import Account, Entry, Kind, fold
from sync.programme.tiers import tier_for
from sync.protocol.events import AccrualEvent, RedemptionEvent
from sync.server.office.book import entry_in
from sync.server.office.documents import rulebook
from sync.server.office.epoch import epoch, era
from sync.server.office.reservation_rows import OPEN
from sync.server.store.states import LeaseState
from sync.server.store.tables import (
    balances,
    events,
    feed,
    feed_changes,
    feed_heads,
    incarnations,
    leases,
    ledger,
    lots,
    members,
    merchant_loss,
    receipt_claims,
    repeats,
    reservations,
)

if TYPE_CHECKING:
    from tests.simulation.till import Till
    from tests.simulation.world import World

Found: TypeAlias = Row[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Books:
    """Everything the server has stored about points, read in one snapshot."""

    accounts: dict[int, Found]
    lots: dict[int, dict[str, int]]
    entries: dict[int, list[Entry]]
    leases: list[Found]
    set_aside: list[Found]
    losses: list[Found]
    voided: set[bytes]  # the events that were taken back
    tiers: Any
    recovering: bool


def books(connection: Connection) -> Books:
    held: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(select(lots).where(lots.c.earned != 0)):
        held[row.member_id][row.expires_on] = row.earned
    entries: defaultdict[int, list[Entry]] = defaultdict(list)
    for row in connection.execute(select(ledger)):
        entries[row.member_id].append(entry_in(row))
    return Books(
        accounts={row.member_id: row for row in connection.execute(select(balances))},
        lots=held,
        entries=entries,
        leases=list(connection.execute(select(leases))),
        set_aside=list(
            connection.execute(select(reservations).where(reservations.c.state.in_(OPEN)))
        ),
        losses=list(connection.execute(select(merchant_loss))),
        voided=set(
            connection.scalars(select(events.c.event_id).where(events.c.voided_by.is_not(None)))
        ),
        tiers=rulebook(connection).documents[-1].tiers,
        recovering=era(connection).recovering,
    )


def accounts_are_the_fold(world: "World", found: Books) -> Iterator[str]:
    """Stored columns = fold(entries), and nothing is below zero but what was returned after use.

    While a restored server hears again of redemptions, what they rest on may still be to come.
    """
    lent: defaultdict[int, int] = defaultdict(int)
    for row in found.leases:
        if not 0 <= row.spent <= row.amount:
            yield f"lease {row.lease_id.hex()} spent {row.spent} of {row.amount}"
        if row.state == LeaseState.ACTIVE:
            lent[row.member_id] += row.amount - row.spent
    for row in found.set_aside:
        lent[row.member_id] += row.points
    for member, row in found.accounts.items():
        entries = found.entries.get(member, [])
        counted = fold(entries, leased=lent[member])
        stored = _stored(row, found.lots.get(member, {}))
        if stored != counted:
            yield f"member {member}: stored {stored}, fold {counted}"
        tier = tier_for(counted.qualifying, found.tiers)
        if tier and row.tier != tier.id:
            yield f"member {member}: tier {row.tier}, should be {tier.id}"
        returned = sum(entry.points for entry in entries if entry.kind is Kind.UNEARN)
        below = row.debt > returned and not found.recovering
        if row.points < row.leased or row.leased < 0 or below:
            yield f"member {member}: points {row.points}, lent {row.leased}, debt {row.debt}"


def _stored(row: Found, held: dict[str, int]) -> Account:
    return Account(
        points=row.points,
        pending=row.pending,
        debt=row.debt,
        leased=row.leased,
        spent=row.spent_total,
        expired=row.expired_total,
        qualifying=row.tier_points,
        lots=tuple(sorted(held.items(), key=lambda lot: (lot[0] == "", lot[0]))),
    )


def every_point_is_somewhere(world: "World", found: Books) -> Iterator[str]:
    """Σ ledger = Σ balances + merchant loss: what was handed over is charged to somebody, once.

    What was taken back before its member was known here need not have been charged.
    """
    spent: defaultdict[bytes, int] = defaultdict(int)
    for entries in found.entries.values():
        for entry in entries:
            if entry.kind is Kind.SPEND:
                spent[entry.event] += entry.points
    lost = {row.event_id: row.points for row in found.losses}
    for event in world.recorded.values():
        if not isinstance(event, RedemptionEvent):
            continue
        name = bytes.fromhex(event.id)
        charged = spent[name] + lost.get(name, 0)
        if not charged and name in found.voided:
            continue
        if name in world.at_server and charged != event.points:
            yield f"{event.id}: {event.points} taken, {spent[name]} charged, {lost.get(name)} lost"
    total = sum(row.points + row.pending - row.debt for row in found.accounts.values())
    signed = sum(_sign(entry.kind) * entry.points for e in found.entries.values() for entry in e)
    if total != signed:
        yield f"balances sum to {total}, entries to {signed}"


def what_was_taken_back_is_gone(found: Books) -> Iterator[str]:
    """A visit that was taken back leaves nothing of its purchase, and gives its points back."""
    voided = found.voided
    left: defaultdict[bytes, int] = defaultdict(int)
    for entry in (entry for entries in found.entries.values() for entry in entries):
        if entry.kind in (Kind.EARN, Kind.BONUS, Kind.SPEND) and entry.event in voided:
            left[entry.event] += entry.points
        elif entry.kind in (Kind.UNEARN, Kind.UNSPEND) and entry.of in voided:
            left[entry.of] -= entry.points
    for event, points in left.items():
        if points:
            yield f"event {event.hex()} was taken back, {points} points of it were not"


def losses_are_within_bounds(world: "World", found: Books) -> Iterator[str]:
    """A copied disk costs the shop no more points than could be lent to it.

    Nothing else does but what it took on itself: the floor limit, a voucher shown at two tills.
    """
    losses: defaultdict[int, int] = defaultdict(int)
    for row in found.losses:
        event = world.recorded[row.event_id.hex()]
        assert isinstance(event, RedemptionEvent)
        if not (event.floor or event.lead or event.voucher):
            losses[row.terminal_id] += row.points
        elif event.voucher and not world.restores:
            yield from _used_twice(world, event)
    for terminal, points in losses.items():
        bound = world.double_spendable.get(terminal, 0)
        if points > bound:
            yield f"terminal {terminal} cost the shop {points}, its copies held {bound} at most"


def _sign(kind: Kind) -> int:
    if kind in (Kind.EARN, Kind.BONUS, Kind.IMPORT, Kind.UNSPEND, Kind.UNEXPIRE):
        return 1
    return -1 if kind in (Kind.UNEARN, Kind.SPEND, Kind.EXPIRE) else 0


def each_event_is_there_once(world: "World", connection: Connection) -> Iterator[str]:
    """What a cashier was told is recorded is at the server, byte for byte, and nothing else is."""
    stored = {row.event_id.hex(): row for row in connection.execute(select(events))}
    doubled = {row.event_id.hex() for row in connection.execute(select(repeats.c.event_id))}
    world.at_server = {bytes.fromhex(name) for name in stored}
    expected = {event.id: till for till in world.tills if not till.lost for event in till.events}
    for name, till in expected.items():
        if name not in stored:
            yield f"event {name} of {till.name} was recorded and is not at the server"
    for name in stored.keys() - world.recorded.keys():
        yield f"event {name} is at the server and nobody recorded it"
    if doubled and not (world.copies or world.written_off):
        yield f"repeated under another place: {sorted(doubled)}"
    for name, row in stored.items():
        if row.code == "server_fault":
            yield f"event {name} could not be followed: {row.body!r}"


def receipts_count_once(world: "World", connection: Connection) -> Iterator[str]:
    """An access key stands behind one purchase at most, and that one has claimed it."""
    active: defaultdict[str, list[str]] = defaultdict(list)
    for row in connection.execute(select(events).where(events.c.kind == "accrual")):
        event = world.recorded.get(row.event_id.hex())
        stands = row.status == "accepted" and row.voided_by is None
        if stands and isinstance(event, AccrualEvent) and event.receipt:
            active[event.receipt].append(event.id)
    for key, names in active.items():
        if len(names) > 1:
            yield f"receipt {key} counts {len(names)} times: {names}"
    claimed = {row.access_key for row in connection.execute(select(receipt_claims))}
    if unclaimed := active.keys() - claimed:
        yield f"receipts count and are not claimed: {sorted(unclaimed)}"


def the_feed_is_complete(world: "World", connection: Connection) -> Iterator[str]:
    """Each member has a place in the scope, and a number in it, none above its head."""
    heads = {row.scope: row.head for row in connection.execute(select(feed_heads))}
    rows = connection.execute(select(feed).where(feed.c.scope == "all")).all()
    known = set(connection.scalars(select(members.c.member_id)))
    if {row.member_id for row in rows} != known:
        yield f"feed: {len(rows)} of {len(known)} members"
    changes = connection.execute(select(feed_changes)).all()
    if {row.member_id for row in changes} != known:
        yield f"feed: numbers of {len({row.member_id for row in changes})} of {len(known)} members"
    if any(row.seq > heads[row.scope] for row in changes):
        yield "feed: a number above the head"


def till_shows_the_servers_balances(till: "Till", found: Books) -> Iterator[str]:
    """After a whole round a till shows what the server has, and holds the leases it was lent."""
    for member, row in found.accounts.items():
        known = till.members.by_id(member)
        if known is None:
            yield f"{till.name} does not know member {member}"
            continue
        shown = known.holding
        has = (row.points, row.pending, row.debt, row.leased)
        if (shown.points, shown.pending, shown.debt, shown.leased) != has:
            yield f"{till.name} shows {shown} of {member}, the server has {has}"
        if known.row.tier != row.tier:
            yield f"{till.name} shows tier {known.row.tier} of {member}, not {row.tier}"


def rows_and_effects_belong_together(till: "Till", connection: Connection) -> Iterator[str]:
    """Whatever was cut off: beside a row as the server has it stand the events it lacks, no other.

    So a balance shows no event twice and leaves none out, in the middle of a pull too. Rows from
    before the server was restored are of another time: their versions tell nothing.
    """
    if not till.rows_are_of(epoch(connection)):
        return
    terminal, life = till.life
    last_seq = connection.execute(
        select(incarnations.c.last_seq).where(
            incarnations.c.terminal_id == terminal, incarnations.c.n == life
        )
    ).scalar_one()
    without_effect = set(
        connection.scalars(
            select(events.c.member_id).where(
                events.c.terminal_id == terminal,
                events.c.incarnation == life,
                events.c.seq > till.ledger.settled,
                events.c.status != "accepted",
            )
        )
    )
    versions = connection.execute(select(balances.c.member_id, balances.c.version))
    for member, version in versions:
        known = till.members.by_id(member)
        if known is None or known.is_new or known.row.version != version:
            continue
        if member in without_effect:
            continue
        lacking = till.ledger.effects(member, known.row.cards, after=last_seq)
        if lacking is not None and holding(known.row, lacking) != known.holding:
            yield f"{till.name} shows {known.holding} of {member}: {known.effects}, not {lacking}"


def till_is_settled(till: "Till", found: Books, *, twin: bool) -> Iterator[str]:
    """Nothing waits, and its leases are those that the server has lent it.

    A `twin` is a copy that has recorded nothing of its own yet: two machines hold the same leases,
    and one of them may have given some back.
    """
    ledger_ = till.ledger
    head = ledger_.head().seq
    if (ledger_.waiting(), ledger_.settled) != (0, head):
        yield f"{till.name}: {ledger_.waiting()} wait, settled {ledger_.settled} of {head}"
    life = (ledger_.known.terminal, ledger_.known.incarnation)
    lent = {
        row.lease_id: (row.member_id, row.amount, row.spent)
        for row in found.leases
        if (row.terminal_id, row.incarnation) == life and row.state == LeaseState.ACTIVE
    }
    held = {
        one.id: (one.member, one.amount, one.spent)
        for member in found.accounts
        for one in ledger_.leases.of(member)
        if one.left
    }
    if lent != held and not twin:
        yield f"{till.name} holds leases {held}, was lent {lent}"


def _used_twice(world: "World", event: RedemptionEvent) -> Iterator[str]:
    uses = [
        one.id
        for one in world.recorded.values()
        if isinstance(one, RedemptionEvent) and one.voucher == event.voucher
    ]
    if len(uses) < 2:
        yield f"voucher {event.voucher} was used once, and cost the shop {event.points}"


def server_has_its_journal(till: "Till", connection: Connection) -> Iterator[str]:
    """After a whole round the server's copy of its life's journal ends where the till's does."""
    identity, head = till.ledger.known, till.ledger.head()
    row = connection.execute(
        select(incarnations.c.last_seq, incarnations.c.head_hash).where(
            incarnations.c.terminal_id == identity.terminal,
            incarnations.c.n == identity.incarnation,
        )
    ).one()
    if (row.last_seq, row.head_hash) != (head.seq, head.hash):
        yield f"{till.name} ends at {head.seq}, its journal at the server at {row.last_seq}"


def till_lost_nothing(till: "Till") -> Iterator[str]:
    """A journal only grows: what was recorded before is there."""
    if till.ledger.head().seq < len(till.events):
        yield f"{till.name} ends at {till.ledger.head().seq}, had recorded {len(till.events)}"
