"""Watch: guard and salvage file round one ledger, compared at the start, kept up after acts.

Guarantees that a ledger that went back, or came from elsewhere, is brought up to what the salvage
file holds and leaves its life, with nothing lent to it, before anything is recorded in it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from loyalty_desk.paths import Places
from loyalty_desk.store import recovery, whole_file
from loyalty_desk.store.database import spoilt_is_damaged
from loyalty_desk.store.guard import Guard, Marks, doubt
from loyalty_desk.store.keys import Keys
from loyalty_desk.store.ledger import Ledger, open_ledger
from loyalty_desk.store.recovery import Held
from loyalty_desk.store.salvage import AckNote, Line, Salvage
from loyalty_desk.store.visits import DAY_MS
from sync.programme.refusals import Reason, Refused

_AT_ONCE = 2_000  # events
_CHECKED_AT_ONCE = 2_000
_TAIL = 1_000
_HURT = (Reason.DATABASE_DAMAGED, Reason.DATABASE_KEY_WRONG, Reason.EVENT_INVALID)


@dataclass(frozen=True, slots=True)
class Damage:
    """What the disk has done: when the ledger was last made anew (ms UTC, 0 for never), and how
    many events have changed since and cannot be mended.
    """

    made_anew: int = 0
    hurt: int = 0


@dataclass(slots=True)
class Watch:
    """What stands beside the open ledger. `put_aside` is where one lies that could not be read.

    `hurt` are events that the disk has changed and that nothing here can mend; `made_anew` is when
    the ledger was last made anew, in this run or an earlier one.
    """

    ledger: Ledger
    guard: Guard
    salvage: Salvage
    put_aside: Path | None
    marker: Path
    made_anew: int = 0
    trimmed_at: int = 0
    checked_at: int = 0
    checked_to: int = 0
    hurt: tuple[int, ...] = ()

    def begin(self, *, cache_acked: int) -> None:
        """Compare what is known of the ledger with it, and count this start in both places.

        `cache_acked` is the own event that the pulled rows contain: the cache may know more of this
        terminal than its ledger.
        """
        ledger, marks = self.ledger, self.marks()
        behind = self._catch_up()
        if ledger.identity is not None:
            self._check(max(0, ledger.head().seq - _TAIL), _TAIL)
            behind |= cache_acked > ledger.head().seq
            why = doubt(self.guard.marks, marks) or ("rolled_back" if behind else None)
            if why is not None:
                ledger.leave_life(why)
        seen = self.guard.marks or Marks(start=0)
        ledger.staff.at_least(seen.attempts)
        ledger.lives.count_start(max(seen.start, marks.start) + 1)
        self.guard.keep(replace(self.marks(), attempts=seen.attempts))
        ledger.leases.released = self.keep_guard
        ledger.staff.counted = self.guard.count

    def damage(self) -> Damage:
        """Return what the disk has done to this terminal's records."""
        return Damage(self.made_anew, len(self.hurt))

    def marks(self) -> Marks:
        """Return how far the ledger is."""
        ledger = self.ledger
        return Marks(
            start=ledger.lives.starts,
            incarnation=ledger.identity.incarnation if ledger.identity else 0,
            seq=ledger.head().seq,
            releases=ledger.leases.releases,
            attempts=self.guard.marks.attempts if self.guard.marks else (),
        )

    def keep_guard(self) -> None:
        """Keep how far the ledger is now; from any thread."""
        with self.guard.lock:
            self.guard.keep(self.marks())

    def idle(self, now: int, *, acked: int) -> None:
        """Write down what was recorded since; forget what the ledger has forgotten."""
        self._write_down(acked)
        self.keep_guard()
        if abs(now - self.trimmed_at) >= DAY_MS:
            self.salvage.forget(events=self.ledger.lives.oldest() - 1, payloads=acked)
            self.trimmed_at = now
        if self.ledger.identity is not None:
            self._check_on(now)

    def _check_on(self, now: int) -> None:
        """Check a part of the journal; once a day all of it, and every page beside it.

        A page that is hurt is noted: the next start makes the ledger anew.
        """
        if abs(now - self.checked_at) < DAY_MS:
            return
        try:
            last = self._check(self.checked_to, _CHECKED_AT_ONCE)
            if last > self.checked_to:
                self.checked_to = last
                return
            for small in (True, False):
                self.ledger.lives.read_all(small=small)
        except Refused as refused:
            if refused.reason is not Reason.DATABASE_DAMAGED:
                raise
            whole_file.put(self.marker, b"")
        self.checked_at, self.checked_to = now, 0

    def _check(self, after: int, limit: int) -> int:
        """Check events, mend what the salvage file has as it was; return the last one checked.

        What the server lacks and nothing can mend ends the life: no later event can be sent in it.
        """
        lives = self.ledger.lives
        found, last = lives.broken(after, limit)
        if found:
            copies = self.salvage.copies()
            self.ledger.mend(copies[one] for one in found if one in copies)
            found, last = lives.broken(after, limit)
        if found:
            self.hurt = tuple(sorted({*self.hurt, *found}))
            if found[-1] > lives.sent:
                self.ledger.leave_life("unknown")
        return last

    def _catch_up(self) -> bool:
        """Put back what only the salvage file has; say whether there was anything."""
        if self.salvage.seq <= self.ledger.head().seq:
            return False
        held = Held()
        held.add(self.salvage.lines())
        self.ledger.bring_up(held, {})
        return True

    def _write_down(self, acked: int) -> None:
        lives, salvage = self.ledger.lives, self.salvage
        notes: list[Line] = []
        if lives.identity is not None and (
            salvage.life is None or salvage.life.identity != lives.identity
        ):
            notes += lives.notes()
        if acked != salvage.acked:
            notes.append(AckNote(acked))
        salvage.append(notes)
        while salvage.seq < self.ledger.head().seq:
            events, payloads = lives.copies(salvage.seq, _AT_ONCE)
            if not events:  # they are older than anything that is kept
                break
            salvage.append([*payloads, *events])


def open_watched(
    places: Places, keys: Keys, *, random_bytes: Callable[[int], bytes], now: int
) -> Watch:
    """Open the ledger, made anew from the salvage file when it cannot be read or is gone.

    Raises Refused: DATABASE_KEY_WRONG, DATABASE_NEWER, DISK_FULL, and DATABASE_DAMAGED when there
    is nothing to make it from.
    """
    guard = Guard(places.guard, keys.derived("guard"))
    salvage = Salvage(places.salvage, keys.derived("salvage"), random_bytes)
    fresh = places.ledger_anew
    if fresh.exists() and not places.ledger.exists():
        fresh.replace(places.ledger)
    marker = places.ledger_hurt
    aside = None
    try:
        if salvage.seq and (marker.exists() or not places.ledger.exists()):
            raise Refused(Reason.DATABASE_DAMAGED)
        ledger = _sound(_opened(places.ledger, keys, random_bytes))
    except Refused as refused:
        if refused.reason not in _HURT or not salvage.seq:
            raise
        aside = _rebuild(places.ledger, fresh, keys, salvage, random_bytes, now)
        ledger = _opened(places.ledger, keys, random_bytes)
        marker.unlink(missing_ok=True)
    return Watch(ledger, guard, salvage, aside, marker, recovery.last_put_aside(places.ledger))


def mark_hurt(places: Places) -> None:
    """Note that the ledger has to be made anew at the next opening."""
    whole_file.put(places.ledger_hurt, b"")


def _sound(ledger: Ledger) -> Ledger:
    """Return a ledger whose small tables can all be read; raises Refused(DATABASE_DAMAGED)."""
    try:
        with spoilt_is_damaged():
            ledger.lives.read_all(small=True)
    except BaseException:
        ledger.close()
        raise
    return ledger


def _opened(path: Path, keys: Keys, random_bytes: Callable[[int], bytes]) -> Ledger:
    return open_ledger(path, keys.database, keys.pepper, random_bytes=random_bytes)


def _rebuild(
    path: Path,
    fresh: Path,
    keys: Keys,
    salvage: Salvage,
    random_bytes: Callable[[int], bytes],
    now: int,
) -> Path:
    """Make a ledger of what can be read, in the place of one that cannot be."""
    recovery.remove(fresh)
    held = Held()
    lines, beside = recovery.readable(path, keys.database, salvage.seq)
    held.add(lines)
    held.add(salvage.lines())
    held.add(line for line in lines if isinstance(line, AckNote))
    ledger = _opened(fresh, keys, random_bytes)
    try:
        ledger.bring_up(held, beside)
        ledger.leave_life("rolled_back")
    finally:
        ledger.close()
    aside = recovery.put_aside(path, now)
    fresh.replace(path)
    whole_file.settle(path.parent)
    return aside
