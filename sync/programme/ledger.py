"""The ledger of one member: entries, and the one function that folds them into balances.

`fold` is the oracle for every stored column. It depends on the set of entries alone, never on their
order or on a clock, so a late offline event and an early one give the same account. Lots are
order-free: per expiry day the net earned points, beside one sum spent and one sum expired.

Invariant: points + pending − debt = Σ earned − Σ spent − Σ expired, and points ≥ leased ≥ 0.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, unique

NEVER = ""  # the lot of points that do not lapse


@unique
class Kind(StrEnum):
    """What an entry does. `points` of an entry are never negative: the kind gives the direction."""

    EARN = "earn"  # into a lot; waits as pending when it says so
    BONUS = "bonus"  # the same, without a purchase
    IMPORT = "import"  # the same, an opening balance
    ACTIVATE = "activate"  # the pending points of the event `of` become active
    UNEARN = "unearn"  # a returned purchase: out of the lot of its own expiry
    SPEND = "spend"
    UNSPEND = "unspend"  # a reversed redemption
    EXPIRE = "expire"
    EXTEND = "extend"  # out of the lot `from_day`, into the lot `expires_on`


_INTO_LOT = (Kind.EARN, Kind.BONUS, Kind.IMPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One posting. (event, line) names it: the same pair twice is one entry.

    `event` and `of` are 16-byte event ids; days are ISO dates, `NEVER` for lasting points.
    """

    event: bytes
    line: int
    kind: Kind
    points: int
    expires_on: str = NEVER
    from_day: str = NEVER
    of: bytes = b""
    pending: bool = False
    qualifying: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where a member stands. All in points; `lots` are (expiry day, net earned), soonest first."""

    points: int = 0
    pending: int = 0
    debt: int = 0
    leased: int = 0
    spent: int = 0
    expired: int = 0
    qualifying: int = 0
    lots: tuple[tuple[str, int], ...] = ()

    @property
    def available(self) -> int:
        """Points that nobody has been lent: what a new lease may be granted from."""
        return self.points - self.leased


def fold(entries: Iterable[Entry], *, leased: int = 0) -> Account:
    """Return the account that a set of entries amounts to, `leased` points of it being lent out.

    Points under a lease cannot be taken by a return: that part is debt until the lease closes.
    """
    unique_entries = {(entry.event, entry.line): entry for entry in entries}.values()
    active = {entry.of for entry in unique_entries if entry.kind is Kind.ACTIVATE}
    waiting = {
        entry.event for entry in unique_entries if entry.pending and entry.event not in active
    }
    lots: defaultdict[str, int] = defaultdict(int)
    pending = spent = expired = qualifying = 0
    for entry in unique_entries:
        if entry.kind in _INTO_LOT:
            qualifying += entry.qualifying
            if entry.event in waiting:
                pending += entry.points
            else:
                lots[entry.expires_on] += entry.points
        elif entry.kind is Kind.UNEARN:
            qualifying -= entry.qualifying
            if entry.of in waiting:
                pending -= entry.points
            else:
                lots[entry.expires_on] -= entry.points
        elif entry.kind is Kind.EXTEND:
            lots[entry.from_day] -= entry.points
            lots[entry.expires_on] += entry.points
        elif entry.kind is Kind.EXPIRE:
            expired += entry.points
        else:
            spent += _spending(entry)
    return account_of(
        lots=lots,
        pending=pending,
        spent=spent,
        expired=expired,
        qualifying=qualifying,
        leased=leased,
    )


def account_of(
    *,
    lots: dict[str, int],
    pending: int,
    spent: int,
    expired: int,
    qualifying: int,
    leased: int,
) -> Account:
    """Return the account of stored sums: the last step of `fold`."""
    net = sum(lots.values()) - spent - expired
    points = max(net, leased)
    return Account(
        points=points,
        pending=pending,
        debt=points - net,
        leased=leased,
        spent=spent,
        expired=expired,
        qualifying=qualifying,
        lots=tuple(sorted(((d, n) for d, n in lots.items() if n), key=_soonest_first)),
    )


def remaining(account: Account) -> tuple[tuple[str, int], ...]:
    """Return what is left in each lot when spending takes the soonest expiry first: (day, points).

    A view for statements; the sum is `points − debt` when nothing is owed, else empty.
    """
    gone = account.spent + account.expired
    left = []
    for day, earned in account.lots:
        taken = min(max(earned, 0), gone)
        gone -= taken
        if earned > taken:
            left.append((day, earned - taken))
    return tuple(left)


def next_to_expire(account: Account, *, today: date, within_days: int) -> tuple[str, int] | None:
    """Return the soonest (day, points) that lapses within so many days, or None."""
    last = (today + timedelta(days=within_days)).isoformat()
    for day, points in remaining(account):
        if day != NEVER and day <= last:
            return day, points
    return None


def to_expire(account: Account, day: date) -> int:
    """Return how many points lapse when `day` has ended: lots up to `day`, less what was taken.

    A lot is valid through the last instant of its day. Leased points do not lapse.
    """
    due = sum(points for until, points in account.lots if until != NEVER and until <= _iso(day))
    lapsing = due - account.spent - account.expired
    return max(0, min(lapsing, account.points - account.leased))


def reverse_accrual(earned: Iterable[Entry], *, event: bytes) -> tuple[Entry, ...]:
    """Return the entries that take a purchase back, each out of the lot of its own expiry."""
    return tuple(
        Entry(
            event=event,
            line=line,
            kind=Kind.UNEARN,
            points=entry.points,
            expires_on=entry.expires_on,
            of=entry.event,
            qualifying=entry.qualifying,
        )
        for line, entry in enumerate(e for e in earned if e.kind in _INTO_LOT)
    )


def reverse_redemption(
    account: Account, spent: Entry, *, event: bytes, today: date, grace_days: int, line: int = 0
) -> tuple[Entry, ...]:
    """Return the entries that give a redemption back.

    What would lapse at once, because its lots ended meanwhile, is good for `grace_days` more.
    """
    yesterday = today - timedelta(days=1)
    back = Entry(event=event, line=line, kind=Kind.UNSPEND, points=spent.points, of=spent.event)
    after = account_of(
        lots=dict(account.lots),
        pending=account.pending,
        spent=account.spent - spent.points,
        expired=account.expired,
        qualifying=account.qualifying,
        leased=account.leased,
    )
    lapsing = min(spent.points, to_expire(after, yesterday) - to_expire(account, yesterday))
    until = _iso(today + timedelta(days=grace_days))
    moved: list[Entry] = []
    for day, points in remaining(after):
        part = min(points, lapsing)
        if day == NEVER or day > _iso(yesterday) or part <= 0:
            continue
        lapsing -= part
        moved.append(
            Entry(
                event=event,
                line=line + 1 + len(moved),
                kind=Kind.EXTEND,
                points=part,
                from_day=day,
                expires_on=until,
                of=spent.event,
            )
        )
    return (back, *moved)


def _spending(entry: Entry) -> int:
    if entry.kind is Kind.SPEND:
        return entry.points
    return -entry.points if entry.kind is Kind.UNSPEND else 0


def _soonest_first(lot: tuple[str, int]) -> tuple[bool, str]:
    return lot[0] == NEVER, lot[0]


def _iso(day: date) -> str:
    return day.isoformat()
