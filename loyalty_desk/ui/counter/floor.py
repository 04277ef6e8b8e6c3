"""The floor that all screens of the counter stand on: till, workers, people. Qt-free."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from loyalty_desk.desk.counter import Counter, instant
from loyalty_desk.desk.session import Session
from loyalty_desk.ui.counter.turn import Turn
from loyalty_desk.ui.shell.frame import Line
from sync.programme.document import Document
from sync.programme.refusals import Reason, Refused

Outcome = TypeVar("Outcome")


class Tasks(Protocol):
    """A worker: runs one piece after another, answers on the screen's thread."""

    def run(
        self,
        work: Callable[[], Outcome],
        done: Callable[[Outcome], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Run `work` elsewhere, then `done` or `failed` here."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the till is and under which programme it stands, read by the store's worker."""

    document: Document
    zone: ZoneInfo
    shop: str
    till: str
    pickups: int

    def local(self, at_ms: int) -> datetime:
        """Return an instant (ms UTC) as the shop's time."""
        return instant(at_ms).astimezone(self.zone)


def _nothing_saved() -> tuple[int, Path]:
    raise Refused(Reason.TERMINAL_UNKNOWN)


def _nothing_lent(_reward: int, _units: int) -> None:
    raise Refused(Reason.NEEDS_CONNECTION, usable=0)


@dataclass(slots=True)
class Floor:
    """What the flows share. `redraw` shows the state of now; `lend` borrows points of a member.

    `lend(member, points)` and `lend_units(reward, units)` run on the asking worker and raise
    Refused when they cannot. `save_outbox` runs on the store's worker and returns how many events
    it saved in which file; `leave` ends the desk and takes the till off this machine. `turn` is
    taken while an act is being recorded; `undo_seconds` follow the programme once it is known.
    """

    counter: Counter
    store: Tasks
    asking: Tasks
    lend: Callable[[int, int], None]
    undo_seconds: int
    lend_units: Callable[[int, int], None] = _nothing_lent
    save_outbox: Callable[[], tuple[int, Path]] = _nothing_saved
    leave: Callable[[], None] = field(default=lambda: None)
    redraw: Callable[[], None] = field(default=lambda: None)
    place: Place | None = None
    session: Session | None = None
    line: Line = field(default_factory=Line)
    turn: Turn = field(default_factory=Turn)
    tray_open: bool = False
    reader_seen: bool = False

    def staff(self) -> int:
        """Return who works here: an act without anybody signed in is a fault of ours."""
        assert self.session is not None
        return self.session.staff

    def now(self) -> datetime:
        """Return the shop's time of now; this machine's before the shop is known."""
        at = self.counter.clock.now()
        return self.place.local(at) if self.place is not None else instant(at).astimezone()


def read_place(counter: Counter) -> Place | None:
    """Return what the till is, or None before the first contact. Runs on the store's worker.

    Raises Refused: DATABASE_DAMAGED, DISK_FULL.
    """
    try:
        document, shop = counter.document(), counter.shop()
    except Refused as refused:
        if refused.reason in (Reason.RULES_UNKNOWN, Reason.TERMINAL_UNKNOWN):
            return None
        raise
    return Place(
        document=document,
        zone=ZoneInfo(shop.zone),
        shop=shop.name,
        till=counter.identity().name,
        pickups=counter.members.freshness().pickups,
    )


def refusal(error: BaseException) -> Refused:
    """Return the refusal that a worker answered with; any other fault goes on as one."""
    if isinstance(error, Refused):
        return error
    raise error
