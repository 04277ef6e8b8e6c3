"""The ledger of one member: entries, and the one function that folds them into balances.

`fold` is the oracle for every stored column. It depends on the set of entries alone, never on their
order or on a clock, so a late offline event and an early one give the same account. Lots are
order-free: per expiry day the net earned points, beside one sum spent and one sum expired.

Invariant: points + pending − debt = Σ earned − Σ spent − Σ expired, and points ≥ leased ≥ 0.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum, unique

import msgspec

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
    UNEXPIRE = "unexpire"  # what a returned purchase had already lost by lapsing
    EXTEND = "extend"  # out of the lot `from_day`, into the lot `expires_on`


_INTO_LOT = (Kind.EARN, Kind.BONUS, Kind.IMPORT)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One posting. (event, line) names it: the same pair twice is one entry.

    `event` and `of` are 16-byte event ids; days are ISO dates, `NEVER` for lasting points. An
    UNEARN is `pending` when the entry it takes back was; an EXPIRE bears the day that had ended.
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


class Account(msgspec.Struct, frozen=True, kw_only=True):
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
    Waiting points count for no tier before they are active.
    """
    posted = _posted(entries)
    active = _activated(posted)
    lots: defaultdict[str, int] = defaultdict(int)
    pending = spent = expired = qualifying = 0
    for entry in posted:
        if entry.kind in _INTO_LOT or entry.kind is Kind.UNEARN:
            sign = -1 if entry.kind is Kind.UNEARN else 1
            if _waits(entry, active):
                pending += sign * entry.points
            else:
                lots[entry.expires_on] += sign * entry.points
                qualifying += sign * entry.qualifying
        elif entry.kind is Kind.EXTEND:
            lots[entry.from_day] -= entry.points
            lots[entry.expires_on] += entry.points
        else:
            spent += _signed(entry, Kind.SPEND, Kind.UNSPEND)
            expired += _signed(entry, Kind.EXPIRE, Kind.UNEXPIRE)
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

    A view for statements: what each day would take if nothing more happened and nothing were lent.
    Every part is positive; they sum to `points − debt`, to nothing when that is negative.
    """
    rest = account.points - account.debt
    due = -(account.spent + account.expired)
    left = []
    for day, earned in account.lots:
        due += earned
        part = min(due, rest)
        if part > 0:
            left.append((day, part))
            due -= part
            rest -= part
    return tuple(left)


def next_to_expire(account: Account, *, today: date, within_days: int) -> tuple[str, int] | None:
    """Return the soonest (day, points) that lapses from `today` on within so many days, or None."""
    last = _iso(today + timedelta(days=within_days))
    for day, points in remaining(account):
        if day != NEVER and _iso(today) <= day <= last:
            return day, points
    return None


def to_expire(account: Account, day: date) -> int:
    """Return how many points lapse when `day` has ended: lots up to `day`, less what was taken.

    A lot is valid through the last instant of its day. Leased points do not lapse.
    """
    due = sum(points for until, points in account.lots if until != NEVER and until <= _iso(day))
    lapsing = due - account.spent - account.expired
    return max(0, min(lapsing, account.points - account.leased))


def reverse_accrual(
    account: Account, earned: Iterable[Entry], *, event: bytes, today: date, line: int = 0
) -> tuple[Entry, ...]:
    """Return the entries that take a purchase back, each out of the lot of its own expiry.

    `earned` are the entries of the purchase, with its activation if there was one, and the member's
    expiries; `account` is where the member stands before; `today` is the programme's day; `line`
    numbers the first entry. What had lapsed of the purchase is given back: nobody pays for points
    that were lost.
    """
    posted = _posted(earned)
    active = _activated(posted)
    back = [
        Entry(
            event=event,
            line=number,
            kind=Kind.UNEARN,
            points=entry.points,
            expires_on=entry.expires_on,
            of=entry.event,
            pending=entry.pending,
            qualifying=entry.qualifying,
        )
        for number, entry in enumerate((e for e in posted if e.kind in _INTO_LOT), start=line)
    ]
    taken = [entry for entry in back if not _waits(entry, active)]
    for day, points in _lapsed_of(account, taken, posted, today):
        back.append(
            Entry(
                event=event,
                line=line + len(back),
                kind=Kind.UNEXPIRE,
                points=points,
                expires_on=day,
                of=taken[0].of,
            )
        )
    return tuple(back)


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
    lapsing = to_expire(after, yesterday) - to_expire(account, yesterday)
    until = _iso(today + timedelta(days=grace_days))
    moved: list[Entry] = []
    for day, points in remaining(after):
        part = min(points, lapsing)
        if not part or not _has_ended(day, today):
            break
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


def _lapsed_of(
    account: Account, taken: Iterable[Entry], posted: tuple[Entry, ...], today: date
) -> Iterator[tuple[str, int]]:
    """What of the points `taken` out of ended lots had lapsed, per lot: (day, points).

    No more than lapsed on the lot's day or later, nor than spending and lapsing have now taken too
    much out of the ended lots.
    """
    ended: defaultdict[str, int] = defaultdict(int)
    for entry in taken:
        if _has_ended(entry.expires_on, today):
            ended[entry.expires_on] += entry.points
    due = sum(n for day, n in account.lots if _has_ended(day, today)) - sum(ended.values())
    too_much = min(account.spent + account.leased - due, 0) + account.expired
    given = 0
    for day in sorted(ended, reverse=True):
        lapses = (entry for entry in posted if entry.expires_on >= day)
        lapsed = sum(_signed(entry, Kind.EXPIRE, Kind.UNEXPIRE) for entry in lapses)
        part = min(ended[day], lapsed - given, too_much - given)
        if part > 0:
            given += part
            yield day, part


def _posted(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Each entry once. Two different entries of one name are a fault of whoever made them."""
    named: dict[tuple[bytes, int], Entry] = {}
    for entry in entries:
        known = named.setdefault((entry.event, entry.line), entry)
        assert known == entry, (known, entry)
    return tuple(named.values())


def _activated(entries: Iterable[Entry]) -> frozenset[bytes]:
    return frozenset(entry.of for entry in entries if entry.kind is Kind.ACTIVATE)


def _waits(entry: Entry, active: frozenset[bytes]) -> bool:
    source = entry.of if entry.kind is Kind.UNEARN else entry.event
    return entry.pending and source not in active


def _signed(entry: Entry, plus: Kind, minus: Kind) -> int:
    if entry.kind is plus:
        return entry.points
    return -entry.points if entry.kind is minus else 0


def _has_ended(day: str, today: date) -> bool:
    return day != NEVER and day < _iso(today)


def _soonest_first(lot: tuple[str, int]) -> tuple[bool, str]:
    return lot[0] == NEVER, lot[0]


def _iso(day: date) -> str:
    return day.isoformat()
