"""A simulated world: some tills, head office, a network between them, and what goes wrong.

One seed decides everything: who comes, what is done, which message is lost, when a process dies. A
world draws a few kinds of faults for itself, so that runs differ in kind and not only in order.
"""

import random
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from loyalty_desk.desk.visit import ReceiptRead
from sync.client.outcomes import Offline, Outdated, Rejected, ServerFault
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import AnyEvent
from tests.simulation import checks, shop
from tests.simulation.acts import ACTS
from tests.simulation.central import Central
from tests.simulation.clock import TillClock, Time
from tests.simulation.network import CALM, Network, Weather
from tests.simulation.people import People
from tests.simulation.till import Died, Till
from tests.simulation.trace import Trace

ROUNDS_MAX = 3  # of each till, from the moment that all links are up
_OUTCOMES = (Offline, ServerFault, Outdated, Rejected)


class Violation(Exception):
    """Something that has to be true is not."""


@dataclass(slots=True)
class Faults:
    """Which kinds of faults happen in a world, and how often: in thousandths of all steps."""

    weather: bool = False
    cuts: int = 0
    crashes: int = 0
    clocks: int = 0
    lost: int = 0


@dataclass(slots=True)
class World:
    """A world in the middle of its time; `recorded` is what any cashier was told is recorded."""

    seed: int
    folder: Path
    chance: random.Random = field(init=False)
    trace: Trace = field(default_factory=Trace)
    tills: list[Till] = field(default_factory=list)
    recorded: dict[str, AnyEvent] = field(default_factory=dict)
    at_server: set[bytes] = field(default_factory=set)
    receipts: list[ReceiptRead] = field(default_factory=list)
    receipts_made: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    may_lose: bool = False
    faults: Faults = field(init=False)
    people: People = field(init=False)
    time: Time = field(init=False)
    central: Central = field(init=False)
    network: Network = field(init=False)
    _weights: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"world {self.seed}")
        self.folder.mkdir(parents=True)
        self.time = Time(shop.MONDAY + self.chance.randrange(20 * 3_600_000))
        self.central = Central(
            self.folder / "central", shop.founded(), self.time, self._own_chance("central")
        )
        self.network = Network(self.central, self.time, self._own_chance("network"), self.trace)
        self.people = People(self._own_chance("people"))
        self.people.open(self.central, self.chance.randrange(3, 13), now=self.time.now)
        for number in range(_tills(self.chance)):
            self._add_till(number)
        self.faults = _faults(self.chance)

    def _own_chance(self, name: str) -> random.Random:
        return random.Random(f"{name} {self.seed}")

    def _add_till(self, number: int) -> None:
        chance = self._own_chance(f"till {number}")
        ahead = chance.choice((0, 0, 400, -700, 90_000, -3_600_000))
        clock = TillClock(self.time, ahead_ms=ahead, boot=chance.getrandbits(32))
        store = shop.STORES[number % 4] if number >= 2 else shop.STORES[0]
        name = f"till{number}"
        till = Till(name, self.folder / name, self.network, store=store, clock=clock, chance=chance)
        till.enrol(self.central.new_code(store, name))
        self.tills.append(till)
        till.round()

    # --- Running ----------------------------------------------------------------------------------

    def run(self, events: int) -> None:
        """Live until `events` events are recorded, then let everything come to rest, and check."""
        while len(self.recorded) < events:
            self.step()
        self.come_to_rest()

    def step(self) -> None:
        """One thing happens."""
        self.time.pass_by(self._pause())
        at = self.chance.randrange(1000)
        for weight, happening in self._happenings():
            at -= weight
            if at < 0:
                self._count(happening.__name__.strip("_"))
                happening()
                return
        self._act()

    def _happenings(self) -> Iterable[tuple[int, Callable[[], None]]]:
        faults = self.faults
        return (
            (110, self._sync),
            (20, self._idle),
            (15, self._deliver_late),
            (faults.cuts, self._cut_or_mend),
            (faults.crashes, self._crash),
            (faults.clocks, self._set_a_clock),
            (8 if faults.weather else 0, self._change_weather),
            (4, self._head_office_acts),
            (faults.lost, self._lose_a_till),
            (2, self._check_books),
        )

    def _pause(self) -> int:
        return self.chance.choice((800, 5_000, 5_000, 20_000, 60_000, 600_000, 5_400_000))

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def _working(self) -> Till | None:
        able = [till for till in self.tills if not till.lost]
        till = self.chance.choice(able)
        if till.dead:
            self._start(till)
        return till

    # --- What is done -----------------------------------------------------------------------------

    def _act(self) -> None:
        till = self._working()
        assert till is not None
        act = self.chance.choices(*zip(*ACTS, strict=True))[0]
        self._do(till, act.__name__, lambda: act(self, till))
        self._take_note(till)

    def _do(self, till: Till, name: str, work: Callable[[], object]) -> None:
        """Do something at a till; in a world of crashes it may die in the middle of it."""
        dies = self.faults.crashes and self.chance.randrange(1000) < self.faults.crashes
        commits, after = self.chance.randrange(1, 4), self.chance.random() < 0.5
        try:
            if dies:
                with till.dying(commits, after=after):
                    said = work()
            else:
                said = work()
        except Refused as refused:
            said = f"refused {refused.reason.value}"
            self._count(f"{name} refused")
        except _OUTCOMES as outcome:
            said = f"{type(outcome).__name__} {outcome}"
        except Died:
            said = "died"
            self._count("died")
            till.die()
            self._start(till)
        self.trace.note(till.name, name, said)

    def _take_note(self, till: Till) -> None:
        """What is in the journal now has been recorded, also when nobody was told any more."""
        self._fail_if(checks.till_lost_nothing(till))
        for event in till.seen():
            self.recorded[event.id] = event

    def _sync(self) -> None:
        till = self._working()
        assert till is not None
        self._do(till, "round", lambda: self._round(till))
        self._take_note(till)

    def _round(self, till: Till) -> str:
        report = till.round()
        assert report is not None
        if report.trouble is not None:
            raise Violation(f"{till.name}: {report.trouble.value}")
        if self.chance.random() < 0.1:
            with self.central.database.read() as connection:
                found = checks.books(connection)
            self._fail_if(checks.till_shows_the_servers_balances(till, found))
        return f"{report.pushed} {report.pulled} {report.closed}"

    def _idle(self) -> None:
        till = self._working()
        assert till is not None
        self._do(till, "idle", lambda: till.store.idle(till.clock.now()))

    def _head_office_acts(self) -> None:
        self.trace.note("head office", self.chance.random())

    # --- What goes wrong --------------------------------------------------------------------------

    def _deliver_late(self) -> None:
        self.network.deliver_late(self.chance.randrange(1, 4))

    def _cut_or_mend(self) -> None:
        till = self._working()
        assert till is not None
        cut = self.network.cut_off
        cut.symmetric_difference_update({till.name})
        self.trace.note("cut off", *sorted(cut))

    def _change_weather(self) -> None:
        draw = self.chance.choice
        self.network.weather = draw(
            (
                CALM,
                Weather(lost=60, unheard=60, twice=60, late=40, wrong=40, killed=10),
                Weather(unheard=300),
                Weather(late=200, twice=200),
                Weather(wrong=250),
                Weather(killed=80),
            )
        )
        self.trace.note(self.network.weather)

    def _crash(self) -> None:
        till = self._working()
        assert till is not None
        if self.chance.random() < 0.5:
            till.die()
        else:
            till.switch_off()
        self.trace.note(till.name, "off")
        if self.chance.random() < 0.8:
            self._start(till)

    def _start(self, till: Till) -> None:
        till.start()
        self._fail_if(checks.till_lost_nothing(till))

    def _set_a_clock(self) -> None:
        till = self._working()
        assert till is not None
        jump = self.chance.choice((-150_000, 150_000, 3_600_000, -3_600_000, -3 * 86_400_000))
        till.clock.ahead_ms = 0 if self.chance.random() < 0.4 else till.clock.ahead_ms + jump
        self.trace.note(till.name, "clock", till.clock.ahead_ms)

    def _lose_a_till(self) -> None:
        able = [till for till in self.tills if not till.lost]
        if len(able) < 3:
            return
        till = self.chance.choice(able)
        till.lost = True
        till.die()
        self.may_lose = True
        self.trace.note(till.name, "lost")

    # --- Rest -------------------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        """All links are up: everything converges within three rounds of each till, and adds up."""
        self.network.weather = CALM
        self.network.cut_off.clear()
        self.network.deliver_all()
        living = [till for till in self.tills if not till.lost]
        for till in living:
            if till.dead:
                self._start(till)
        crashes, self.faults = self.faults, replace(self.faults, crashes=0)
        for _ in range(ROUNDS_MAX):
            for till in living:
                self._do(till, "round", lambda till=till: self._round(till))
                self._take_note(till)
        self.faults = crashes
        self._check_books()
        with self.central.database.read() as connection:
            self._fail_if(checks.each_event_is_there_once(self, connection))
            self._fail_if(checks.receipts_count_once(self, connection))
            self._fail_if(checks.the_feed_is_complete(self, connection))
            found = checks.books(connection)
        self._fail_if(checks.every_point_is_somewhere(self, found))
        for till in living:
            self._fail_if(checks.till_is_settled(till, found))
            self._fail_if(checks.till_shows_the_servers_balances(till, found))
        self.trace.note("at rest", len(self.recorded))

    def _check_books(self) -> None:
        with self.central.database.read() as connection:
            found = checks.books(connection)
        self._fail_if(checks.accounts_are_the_fold(self, found))

    @staticmethod
    def _fail_if(problems: Iterable[str]) -> None:
        listed = list(problems)
        if listed:
            raise Violation("\n".join(listed))

    def close(self) -> None:
        for till in self.tills:
            till.die()
        self.central.close()
        shutil.rmtree(self.folder)


def _tills(chance: random.Random) -> int:
    """Two to sixteen, mostly few."""
    return min(16, 2 + int(chance.expovariate(0.35)))


def _faults(chance: random.Random) -> Faults:
    return Faults(
        weather=chance.random() < 0.7,
        cuts=chance.choice((0, 10, 40)),
        crashes=chance.choice((0, 0, 15)),
        clocks=chance.choice((0, 0, 8)),
        lost=chance.choice((0, 0, 0, 2)),
    )


__all__ = ["Reason", "Violation", "World"]
