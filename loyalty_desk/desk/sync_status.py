"""Sync status: is there a line, what waits, what needs somebody: one value for pill and tray."""

from dataclasses import dataclass

from loyalty_desk.desk.counter import Counter
from loyalty_desk.desk.shift import RecentVisit
from loyalty_desk.store.shelf import Notice
from loyalty_desk.store.visits import Visit

TRAY_MAX = 50
DISK_LOW_BYTES = 200 * 1024 * 1024
LEASE_ENDS_SOON_MS = 12 * 3_600_000


@dataclass(frozen=True, slots=True)
class Noticed:
    """What needs a person: the server's word, the member's name and the visit (None: forgotten)."""

    notice: Notice
    name: str
    visit: Visit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncStatus:
    """Where the sending stands. `waiting` counts events; times are ms UTC, 0 = never.

    `members` are here of those `expected` (0 = unknown). `differing`: they are not all as the
    server has them, although they were fetched anew. `leaving` is why this till's journal goes on
    in a new life, `stuck` counts records of earlier ones that the server would not take;
    `lease_ends` is when the last points lent to this till may no more be spent (the server's time).
    `made_anew` is when the journal was last made anew, as it could not be read; `hurt` counts
    records that the disk has changed for good.
    """

    waiting: int
    queued: tuple[RecentVisit, ...]
    notices: tuple[Noticed, ...]
    copy_of: int
    members: int
    complete: bool
    expected: int = 0
    differing: bool = False
    leaving: str = ""
    stuck: int = 0
    disk_is_low: bool = False
    lease_ends: int = 0
    made_anew: int = 0
    hurt: int = 0

    @property
    def records(self) -> int:
        """How many records wait: visits where they can be listed, events where they cannot."""
        return len(self.queued) if 0 < len(self.queued) < TRAY_MAX else self.waiting


def status(counter: Counter) -> SyncStatus:
    """Return what has not arrived at the server yet, newest first, and what needs a person."""
    waiting = counter.ledger.waiting()
    visits = counter.ledger.visits.latest(since=0, limit=TRAY_MAX) if waiting else ()
    queued = tuple(
        RecentVisit(visit, _name(counter, visit.member), 0) for visit in visits if not visit.acked
    )
    notices = tuple(
        Noticed(notice, _name(counter, notice.member), counter.ledger.visits.find(notice.visit))
        for notice in counter.ledger.attention.all()
    )
    freshness, damage = counter.members.freshness(), counter.damage()
    return SyncStatus(
        waiting=waiting,
        queued=queued,
        notices=notices,
        copy_of=freshness.fetched_at,
        members=freshness.members,
        complete=freshness.complete,
        expected=freshness.expected,
        differing=freshness.differing,
        leaving=counter.ledger.lives.leaving or "",
        stuck=counter.ledger.lives.stuck(),
        disk_is_low=counter.free_bytes() < DISK_LOW_BYTES,
        lease_ends=counter.ledger.leases.last_stop(),
        made_anew=damage.made_anew,
        hurt=damage.hurt,
    )


def _name(counter: Counter, member: int) -> str:
    known = counter.members.by_id(member) if member else None
    return known.row.name if known is not None else ""
