"""Effects: what this terminal recorded and the pulled rows do not contain yet.

A shown balance is the pulled row plus the effects of this terminal's own events after the
acknowledgement that came with that row. Effects are signed sums: a void is the visit it takes back
with the sign turned, so it does not matter which of the two is acknowledged already.

Which events concern whom is kept in memory (`unsettled.py`); what they did is read from the
journal.
"""

from typing import TypeAlias

import msgspec

from sync.programme import ledger
from sync.protocol import events
from sync.protocol.events import AnyEvent
from sync.protocol.messages import MemberRow

Owner: TypeAlias = int | str


class Credit(msgspec.Struct, frozen=True):
    """An own accrual at `at`: its points, those of them that wait, and how many visits it is.

    Negative when it is the taking back of one. `explain` is what the desk kept beside the event.
    """

    at: int
    points: int
    pending: int
    visits: int
    explain: bytes


class Taken(msgspec.Struct, frozen=True):
    """An own redemption at `at`; quantity and points are negative when it was taken back."""

    at: int
    reward: int
    quantity: int
    points: int


class Effects(msgspec.Struct, frozen=True):
    """Signed sums of own events: active points earned, points that wait, points spent, visits.

    `unleased` were taken out of leases, or out of what was set aside for a voucher; a
    void gives points back, but not to the lease.
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


class Holding(msgspec.Struct, frozen=True):
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
        unleased = event.points if event.lease or event.voucher else 0
        return Effects(spent=event.points, unleased=unleased, taken=(taken,))
    if isinstance(event, events.EnrolmentEvent):
        return Effects(points=event.forecast)
    return NOTHING


def owner_of(event: AnyEvent) -> Owner:
    """Return whom an event belongs to: a member, or a card whose member is not known here.

    0 stands for nobody: a void belongs to the owners of what it takes back.
    """
    if isinstance(event, events.VoidEvent):
        return 0
    if isinstance(event, events.AccrualEvent) and not event.member:
        return event.card
    return event.member


def is_undone_by_void(event: AnyEvent) -> bool:
    """Say whether a void of its visit takes an event back; an enrolment stays."""
    return isinstance(event, events.AccrualEvent | events.RedemptionEvent)
