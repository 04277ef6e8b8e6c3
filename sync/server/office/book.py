"""The book: accounts while entries are posted to them, written back in sets.

Within one writing transaction it reads the accounts that events touch, posts entries to them in
memory exactly as `sync.programme.ledger.fold` counts them, and writes what changed with one
statement per table. Afterwards every stored column equals the fold of the stored entries.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TypeAlias

import msgspec
import sqlalchemy
from sqlalchemy import ColumnElement, Connection, Table, delete, select

from sync.programme.document import Tier
from sync.programme.ledger import Account, Entry, Kind, account_of
from sync.programme.members import bucket_of
from sync.programme.tiers import tier_for
from sync.server.office.account_rows import (
    balance_row,
    day_row,
    lot_row,
    pending_row,
    send_accounts,
)
from sync.server.office.feed import raise_members
from sync.server.office.owned import owned, owner
from sync.server.office.standings import Day, Span, Standing, read_day, read_standings
from sync.server.store.dialect import (
    Row,
    ahead,
    answered,
    insert_rows,
    is_shared,
    put_rows,
)
from sync.server.store.tables import events, ledger, lots, pendings, tier_changes

# The stored number of a kind is its place here: only ever append.
KINDS: tuple[Kind, ...] = (
    Kind.EARN,
    Kind.BONUS,
    Kind.IMPORT,
    Kind.ACTIVATE,
    Kind.UNEARN,
    Kind.SPEND,
    Kind.UNSPEND,
    Kind.EXPIRE,
    Kind.UNEXPIRE,
    Kind.EXTEND,
)
_Day: TypeAlias = tuple[int, str]  # a member, and the day or the lot
_Lot: TypeAlias = tuple[int, str]
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
LedgerRow: TypeAlias = sqlalchemy.Row[tuple[object, ...]]
_INTO_LOT = frozenset((Kind.EARN, Kind.BONUS, Kind.IMPORT))

_LOTS = select(lots.c.expires_on, lots.c.earned).where(*owned(lots), lots.c.purse == 0)


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What the entries of one event share: where, who, when, under which rules, and why.

    `rules` is the beginning of the document's hash, `explain` JSON: parts as (kind, ref, points).
    """

    store: int
    terminal: int = 0
    staff: int = 0
    reward: int = 0
    amount: int = 0
    reason: str = ""
    rules: bytes = bytes(8)
    explain: str = ""
    occurred_at: int
    recorded_at: int


class Book:
    """Accounts that are being posted to, in one writing transaction."""

    def __init__(self, connection: Connection, span: Span) -> None:
        self.connection = connection
        self._span = span
        self._held: dict[int, Standing | None] = {}
        self._unwritten: set[int] = set()
        self._opened: set[int] = set()
        self._ahead: set[int] = set()  # whose version counts what comes since as well
        self._days: set[_Day] = set()
        self._lots: defaultdict[_Lot, int] = defaultdict(int)
        self._new: defaultdict[Table, list[Row]] = defaultdict(list)
        self._put: defaultdict[Table, list[Row]] = defaultdict(list)
        self._touched: set[int] = set()

    def read(self, wanted: Iterable[int]) -> None:
        """Read accounts in one go that `standing` will be asked for."""
        new = {member for member in wanted if member not in self._held}
        self._held.update(dict.fromkeys(new))
        self._held.update(read_standings(self.connection, new, self._span))

    def holds(self, member: int) -> bool:
        """Say whether a member's account was read, so that nobody else changes it."""
        return member in self._held

    def standing(self, member: int) -> Standing | None:
        """Return a member's account, None for nobody."""
        if member not in self._held:
            self.read([member])
        return self._held[member]

    def open(self, standing: Standing) -> None:
        """Begin the account of a new member."""
        self._held[standing.member] = standing
        self._unwritten.add(standing.member)
        self._opened.add(standing.member)

    def account(self, standing: Standing) -> Account:
        """Return a standing as the rules see it, lots included."""
        self.write()
        rows = self.connection.execute(_LOTS, owner(standing.member))
        return account_of(
            lots={row.expires_on: row.earned for row in rows},
            pending=standing.pending,
            spent=standing.spent,
            expired=standing.expired,
            qualifying=standing.qualifying,
            leased=standing.leased,
        )

    def post(self, standing: Standing, entries: Sequence[Entry], origin: Origin) -> None:
        """Post the entries of one event."""
        for entry in entries:
            self._count(standing, entry)
            self._new[ledger].append(_ledger_row(standing.member, entry, origin))
        self.touch(standing)

    def settle(self, standing: Standing, tiers: Sequence[Tier], *, event: bytes, now: int) -> None:
        """Bring the tier up to what the account now qualifies for; good from the next visit on."""
        tier = tier_for(standing.qualifying, tiers)
        reached = tier.id if tier else ""
        if reached == standing.tier:
            return
        if standing.version:
            self._leave_tier(standing, event, now)
        standing.tier = reached
        self.touch(standing)

    def _leave_tier(self, standing: Standing, event: bytes, now: int) -> None:
        row = {
            "bucket": bucket_of(standing.member),
            "member_id": standing.member,
            "left_at": now,
            "event_id": event,
            "tier": standing.tier,
        }
        self._new[tier_changes].append(row)

    def day(self, standing: Standing, name: str) -> Day:
        """Return the counters of any day, to be changed; `count_day` says that they were."""
        if name not in standing.days and not self._span.covers(name):
            standing.days[name] = read_day(self.connection, standing.member, name)
        return standing.day(name)

    def count_day(self, standing: Standing, day: str) -> None:
        """Note that the counters of a day have changed."""
        self._days.add((standing.member, day))
        standing.last_day = max(standing.last_day, day)
        self.touch(standing)

    def touch(self, standing: Standing) -> None:
        """Note that something about a member has changed that terminals shall see."""
        self._unwritten.add(standing.member)

    def add(self, table: Table, row: Row) -> None:
        """Add a row, to be written with the others. A row of the same key is an error."""
        self._new[table].append(row)

    def put(self, table: Table, row: Row) -> None:
        """Add or replace a row, to be written with the others."""
        self._put[table].append(row)

    def write(self) -> None:
        """Write everything that has changed so far, except for the feed.

        Where rows are sent `ahead`, the next statement waits for them, and so does `close`.
        """
        entries = self._new.pop(ledger, [])
        with ahead(self.connection):
            for table, rows in self._new.items():
                insert_rows(self.connection, table, rows)
            for table, rows in self._put.items():
                put_rows(self.connection, table, rows)
        self._send(entries, self._days, self._lots, self._unwritten)
        for held in (self._new, self._put, self._days, self._lots, self._unwritten, self._ahead):
            held.clear()

    def write_ahead(self, later: Set[int]) -> None:
        """Write events and what accounts have become, where that need not be waited for.

        What others may write as well, like claims, waits: all of it goes in the order of its keys.
        So do accounts of members in `later`, who are known to change again, and of who is new.
        """
        if not is_shared(self.connection):
            return
        done = {member for member in self._unwritten - later if self._known(member).version}
        days = {key for key in self._days if key[0] in done}
        moved = {lot: points for lot, points in self._lots.items() if lot[0] in done}
        with ahead(self.connection):
            insert_rows(self.connection, events, self._new.pop(events, []))
        self._send(self._new.pop(ledger, []), days, moved, done)
        for lot in moved:
            del self._lots[lot]
        self._days -= days
        self._unwritten -= done
        self._ahead |= done

    def _send(
        self,
        entries: Sequence[Row],
        days: Iterable[_Day],
        moved: Mapping[_Lot, int],
        members: Iterable[int],
    ) -> None:
        send_accounts(
            self.connection,
            entries=entries,
            days=(day_row(m, name, self._known(m).days[name]) for m, name in sorted(days)),
            moved=(lot_row(*lot, points) for lot, points in moved.items() if points),
            accounts=(self._balance(member) for member in sorted(members)),
        )
        self._touched.update(members)

    def close(self, *, store: int = 0, divided: bool | None = None) -> None:
        """Write everything and raise the feed: the last act of the transaction.

        Members who were touched are shown to the terminals of `store`, 0 for their home store.
        `divided` is what `feed.is_divided` says, where the caller has it at hand.
        """
        self.write()
        seen_in = {}
        for member in self._touched:
            seen_in[member] = store or self._known(member).home_store
        raise_members(self.connection, seen_in, opened=self._opened, divided=divided)
        self._touched.clear()
        self._opened.clear()
        answered(self.connection)

    def _count(self, standing: Standing, entry: Entry) -> None:
        kind, points = entry.kind, entry.points
        if kind in _INTO_LOT:
            if entry.pending:
                standing.pending += points
                self._new[pendings].append(pending_row(standing.member, entry))
            else:
                self._earn(standing, entry.expires_on, points, entry.qualifying)
        elif kind is Kind.UNEARN:
            self._unearn(standing, entry)
        elif kind is Kind.EXTEND:
            self._lots[standing.member, entry.from_day] -= points
            self._lots[standing.member, entry.expires_on] += points
        elif kind is Kind.ACTIVATE:
            self._activate(standing, entry)
        else:
            _take(standing, kind, points)

    def _earn(self, standing: Standing, lot: str, points: int, qualifying: int) -> None:
        self._lots[standing.member, lot] += points
        standing.earned += points
        standing.qualifying += qualifying

    def _unearn(self, standing: Standing, entry: Entry) -> None:
        if entry.pending and self._stop_waiting(standing, entry.of, entry.expires_on):
            standing.pending -= entry.points
        else:
            self._earn(standing, entry.expires_on, -entry.points, -entry.qualifying)

    def _activate(self, standing: Standing, entry: Entry) -> None:
        """Move what still waits of an event into its lots."""
        self.write()
        waiting = self.connection.execute(
            select(pendings.c.expires_on, pendings.c.points).where(
                *own_rows(pendings, standing.member), pendings.c.event_id == entry.of
            )
        ).all()
        for row in waiting:
            self._stop_waiting(standing, entry.of, row.expires_on)
            standing.pending -= row.points
            self._earn(standing, row.expires_on, row.points, 0)
        standing.qualifying += self._qualifying_of(standing.member, entry.of) if waiting else 0

    def _qualifying_of(self, member: int, event: bytes) -> int:
        rows = self.connection.execute(
            select(ledger.c.qualifying).where(
                *own_rows(ledger, member), ledger.c.event_id == event, ledger.c.pending
            )
        )
        return sum(row.qualifying for row in rows)

    def _stop_waiting(self, standing: Standing, event: bytes, lot: str) -> bool:
        """Forget that an event's points wait; return whether they did."""
        self.write()
        gone = self.connection.execute(
            delete(pendings).where(
                *own_rows(pendings, standing.member),
                pendings.c.event_id == event,
                pendings.c.expires_on == lot,
            )
        )
        return gone.rowcount > 0

    def _known(self, member: int) -> Standing:
        standing = self._held[member]
        assert standing is not None, member
        return standing

    def _balance(self, member: int) -> Row:
        standing = self._known(member)
        standing.version += member not in self._ahead
        return balance_row(standing)


def entries_of(connection: Connection, member: int) -> list[Entry]:
    """Return all of a member's entries as the rules know them."""
    rows = connection.execute(
        select(ledger).where(*own_rows(ledger, member)).order_by(ledger.c.event_id, ledger.c.line)
    )
    return [entry_in(row) for row in rows]


def entry_in(row: LedgerRow) -> Entry:
    """Return a row of `ledger` as the rules know it."""
    return Entry(
        event=row.event_id,
        line=row.line,
        kind=KINDS[row.kind],
        points=row.points,
        expires_on=row.expires_on,
        from_day=row.from_day,
        of=row.reverses or b"",
        pending=row.pending,
        qualifying=row.qualifying,
    )


def _take(standing: Standing, kind: Kind, points: int) -> None:
    if kind is Kind.SPEND:
        standing.spent += points
    elif kind is Kind.UNSPEND:
        standing.spent -= points
    elif kind is Kind.EXPIRE:
        standing.expired += points
    else:
        standing.expired -= points


def own_rows(table: Table, member: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions for a member's rows in one of the members' tables."""
    return table.c.bucket == bucket_of(member), table.c.member_id == member


def _ledger_row(member: int, entry: Entry, origin: Origin) -> Row:
    return {
        "bucket": bucket_of(member),
        "member_id": member,
        "event_id": entry.event,
        "line": entry.line,
        "purse": 0,
        "kind": _NUMBERS[entry.kind],
        "points": entry.points,
        "qualifying": entry.qualifying,
        "expires_on": entry.expires_on,
        "from_day": entry.from_day,
        "reverses": entry.of or None,
        "pending": entry.pending,
        "store_id": origin.store,
        "terminal_id": origin.terminal,
        "staff_id": origin.staff,
        "reward_id": origin.reward,
        "amount_cents": origin.amount,
        "reason": origin.reason,
        "rules": origin.rules,
        "explain": origin.explain,
        "occurred_at": origin.occurred_at,
        "recorded_at": origin.recorded_at,
    }
