"""Effects: what this terminal recorded and the pulled rows do not contain yet.

A shown balance is the pulled row plus the effects of this terminal's own events after the
acknowledgement that came with that row. Effects are signed sums: a void is the visit it takes back
with the sign turned, so it does not matter which of the two is acknowledged already.

They live in memory only and are made again from the journal when it is opened.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sync.programme import ledger
from sync.protocol import events
from sync.protocol.events import AnyEvent
from sync.protocol.messages import MemberRow


@dataclass(frozen=True, slots=True)
class Credit:
    """An own accrual at `at`: its points, those of them that wait, and how many visits it is.

    Negative when it is the taking back of one. `explain` is what the desk kept beside the event.
    """

    at: int
    points: int
    pending: int
    visits: int
    explain: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """An own redemption at `at`; quantity and points are negative when it was taken back."""

    at: int
    reward: int
    quantity: int
    points: int


@dataclass(frozen=True, slots=True)
class Effects:
    """Signed sums of own events: active points earned, points that wait, points spent, visits.

    `unleased` were taken out of leases; a void gives points back, but not to the lease.
    """

    points: int = 0
    pending: int = 0
    spent: int = 0
    unleased: int = 0
    visits: int = 0
    credits: tuple[Credit, ...] = ()
    taken: tuple[Taken, ...] = ()

    def __add__(self, other: "Effects") -> "Effects":
        """Both together."""
        return Effects(
            self.points + other.points,
            self.pending + other.pending,
            self.spent + other.spent,
            self.unleased + other.unleased,
            self.visits + other.visits,
            self.credits + other.credits,
            self.taken + other.taken,
        )

    def __neg__(self) -> "Effects":
        """The taking back of these."""
        return Effects(
            -self.points,
            -self.pending,
            -self.spent,
            0,
            -self.visits,
            tuple(
                Credit(one.at, -one.points, -one.pending, -one.visits, one.explain)
                for one in self.credits
            ),
            tuple(Taken(one.at, one.reward, -one.quantity, -one.points) for one in self.taken),
        )


NOTHING = Effects()


@dataclass(frozen=True, slots=True)
class Holding:
    """What a member has, own unacknowledged events included. `leased` is lent to terminals."""

    points: int
    pending: int
    debt: int
    leased: int

    @property
    def available(self) -> int:
        """Points that nobody has been lent."""
        return self.points - self.leased


def holding(row: MemberRow, effects: Effects) -> Holding:
    """Return what a member has once the server has also seen `effects`.

    The same step as on the server (`ledger.account_of`): what is earned pays a debt first, and a
    redemption takes its points out of a lease.
    """
    account = ledger.account_of(
        lots={ledger.NEVER: row.points - row.debt + effects.points},
        pending=row.pending + effects.pending,
        spent=effects.spent,
        expired=0,
        qualifying=0,
        leased=max(0, row.leased - effects.unleased),
    )
    return Holding(account.points, account.pending, account.debt, account.leased)


def of_event(event: AnyEvent, *, waits: bool, explain: bytes) -> Effects:
    """Return the effects of one event that stands by itself; a void has none without its target."""
    if isinstance(event, events.AccrualEvent):
        active, pending = (0, event.forecast) if waits else (event.forecast, 0)
        credit = Credit(event.at, event.forecast, pending, 1, explain)
        return Effects(points=active, pending=pending, visits=1, credits=(credit,))
    if isinstance(event, events.RedemptionEvent):
        taken = Taken(event.at, event.reward, event.quantity, event.points)
        unleased = event.points if event.lease else 0
        return Effects(spent=event.points, unleased=unleased, taken=(taken,))
    if isinstance(event, events.EnrolmentEvent):
        return Effects(points=event.forecast)
    return NOTHING


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom an event belongs to: a member, or a card whose member is not known here."""

    member: int
    card: str = ""


def owner_of(event: AnyEvent) -> Owner:
    """Return whom an event belongs to; a void belongs to nobody by itself."""
    if isinstance(event, events.AccrualEvent) and not event.member:
        return Owner(0, event.card)
    return Owner(0 if isinstance(event, events.VoidEvent) else event.member)


def undone(parts: Iterable[tuple[AnyEvent, Effects]]) -> list[tuple[Owner, Effects]]:
    """Return what a void of these events does, and to whom; an enrolment is not taken back."""
    return [
        (owner_of(event), -effects)
        for event, effects in parts
        if not isinstance(event, events.EnrolmentEvent)
    ]


class OwnEffects:
    """The effects of own events since an acknowledgement, by owner.

    Not thread-safe: the ledger's lock is held around every call.
    """

    def __init__(self, acked: int) -> None:
        self.acked = acked
        self._order: deque[tuple[int, Owner]] = deque()
        self._by_owner: defaultdict[Owner, deque[tuple[int, Effects]]] = defaultdict(deque)

    def add(self, seq: int, owner: Owner, effects: Effects) -> None:
        """Add the effects of the event `seq`; sequences only ever rise."""
        if effects != NOTHING:
            self._order.append((seq, owner))
            self._by_owner[owner].append((seq, effects))

    def settle(self, acked: int) -> None:
        """Forget the effects of events up to `acked`: the pulled rows contain them."""
        self.acked = acked
        while self._order and self._order[0][0] <= acked:
            _, owner = self._order.popleft()
            held = self._by_owner[owner]
            held.popleft()
            if not held:
                del self._by_owner[owner]

    def of(self, member: int, cards: Sequence[str] = (), *, after: int) -> Effects | None:
        """Return a member's effects after the event `after`; None when some are forgotten already.

        `cards` adds what was credited to a card before its member was known here.
        """
        if after < self.acked:
            return None
        total = NOTHING
        for owner in (Owner(member), *(Owner(0, card) for card in cards)):
            for seq, effects in self._by_owner.get(owner, ()):
                if seq > after:
                    total += effects
        return total

    def members(self) -> frozenset[int]:
        """Return every member, known by id or by card, who has effects."""
        return frozenset(owner.member for owner in self._by_owner if owner.member)

    def cards(self) -> frozenset[str]:
        """Return the cards with effects whose members are not known here."""
        return frozenset(owner.card for owner in self._by_owner if owner.card)
