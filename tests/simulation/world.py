"""A simulated world: some tills, head office, a network between them, and what goes wrong.

One seed decides everything: who comes, what is done, which message is lost, when a process dies. A
world draws a few kinds of faults for itself, so that runs differ in kind and not only in order.
"""

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from loyalty_desk.desk.visit import ReceiptRead
from sync.client.outcomes import Offline, Outdated, Rejected, ServerFault
from sync.programme.refusals import Refused
from sync.protocol.events import AnyEvent
from sync.server.office.epoch import epoch
from tests.simulation import checks, head_office, mishaps, shop
from tests.simulation.acts import ACTS
from tests.simulation.central import Central
from tests.simulation.clock import TillClock, Time
from tests.simulation.network import CALM, Network
from tests.simulation.people import People
from tests.simulation.till import Died, Till
from tests.simulation.trace import Trace

ROUNDS_MAX = 3  # of each till, from the moment that all links are up
_PACES = (12, 25, 75)  # from some eighty acts between two rounds to ten
_OUTCOMES = (Offline, ServerFault, Outdated, Rejected)


class Violation(Exception):
    """Something that has to be true is not."""


@dataclass(slots=True)
class World:
    """A world in the middle of its time; `recorded` is what any cashier was told is recorded."""

    seed: int
    folder: Path
    kinds: tuple[str, ...] = mishaps.KINDS
    engine: str = shop.SQLITE
    chance: random.Random = field(init=False)
    trace: Trace = field(default_factory=Trace)
    tills: list[Till] = field(default_factory=list)
    recorded: dict[str, AnyEvent] = field(default_factory=dict)
    at_server: set[bytes] = field(default_factory=set)
    receipts: list[ReceiptRead] = field(default_factory=list)
    receipts_made: int = 0
    vouchers: list[tuple[str, int, bytes]] = field(default_factory=list)  # code, member, id
    counts: dict[str, int] = field(default_factory=dict)
    copies: int = 0  # how often a till's disk was copied or went back
    double_spendable: dict[int, int] = field(default_factory=dict)  # by terminal, in points
    blocked: set[int] = field(default_factory=set)
    written_off: set[str] = field(default_factory=set)
    version: int = 1
    restores: int = 0
    forgotten: int = 0  # the epoch that head office is in since it went back, until it notices
    at_rest: bool = False
    faults: mishaps.Faults = field(init=False)
    pace: int = field(init=False)  # how often a till has a round, in thousandths of all steps
    people: People = field(init=False)
    time: Time = field(init=False)
    central: Central = field(init=False)
    network: Network = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"world {self.seed}")
        self.folder.mkdir(parents=True)
        self.time = Time(shop.MONDAY + self.chance.randrange(20 * 3_600_000))
        self.central = Central(
            self.folder / "central",
            shop.founded(self.engine),
            self.time,
            self._own_chance("central"),
            copies_from=self.chance.choice((0, 1, 8, 1_000)),
        )
        self.network = Network(self.central, self.time, self._own_chance("network"), self.trace)
        self.people = People(self._own_chance("people"))
        self.faults = mishaps.drawn(self.chance, self.kinds)
        self.pace = self.chance.choice(_PACES)

    def _own_chance(self, name: str) -> random.Random:
        return random.Random(f"{name} {self.seed}")

    def _add_till(self, number: int) -> None:
        chance = self._own_chance(f"till {number}")
        ahead = chance.choice((0, 0, 400, -700, 90_000, -3_600_000))
        clock = TillClock(self.time, ahead_ms=ahead, boot=chance.getrandbits(32))
        store = shop.STORES[number % 4] if number >= 2 else shop.STORES[0]
        name = f"till{number}"
        till = Till(name, self.folder / name, self.network, store=store, clock=clock, chance=chance)
        till.open()
        till.enrol(self.central.new_code(store, name))
        self.tills.append(till)
        till.round()

    # --- Running ----------------------------------------------------------------------------------

    def run(self, events: int) -> None:
        """Live until `events` events are recorded, then let everything come to rest, and check."""
        self.people.open(self.central, self.chance.randrange(3, 13), now=self.time.now)
        for number in range(_tills(self.chance)):
            self._add_till(number)
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
                if happening is not World._sync:
                    self._count(happening.__name__.strip("_"))
                happening(self)
                return
        self._act()

    def _happenings(self) -> Iterable[tuple[int, Callable[["World"], None]]]:
        faults = self.faults
        return (
            (self.pace, World._sync),
            (20, World._idle),
            (20, head_office.act),
            (2, World._check_books),
            (15, mishaps.deliver_late),
            (faults.weather, mishaps.change_weather),
            (faults.cuts, mishaps.cut_or_mend),
            (faults.crashes, mishaps.end_a_process),
            (faults.clocks, mishaps.set_a_clock),
            (faults.lost, mishaps.lose_a_till),
            (faults.upgrades, mishaps.upgrade_a_till),
            (faults.clones, mishaps.copy_a_till),
            (faults.images, mishaps.image_a_till),
            (faults.ledgers, mishaps.old_ledger),
            (faults.restores, mishaps.server_goes_back),
        )

    def _pause(self) -> int:
        return self.chance.choice((800, 5_000, 5_000, 20_000, 60_000, 600_000, 5_400_000))

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def living(self) -> list[Till]:
        """The tills that are not lost for ever."""
        return [till for till in self.tills if not till.lost]

    def working(self) -> Till:
        """One of the living tills, started if it was off."""
        till = self.chance.choice(self.living())
        if till.dead:
            self.start(till)
        return till

    # --- What is done -----------------------------------------------------------------------------

    def _act(self) -> None:
        till = self.working()
        act = self.chance.choices(*zip(*ACTS, strict=True))[0]
        self._do(till, act.__name__, lambda: act(self, till))
        self._take_note(till)

    def _do(self, till: Till, name: str, work: Callable[[], object]) -> bool:
        """Do something at a till; in a world of crashes it may die in the middle of it.

        Returns whether it was done.
        """
        done = False
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
            self._count(f"{name}: {refused.reason.value}")
        except _OUTCOMES as outcome:
            said = f"{type(outcome).__name__} {outcome}"
            self._count(f"{name}: {said}")
        except Died:
            said = "died"
            self._count(f"{name}: died")
            till.die()
            self.start(till)
        else:
            done = True
            self._count(name)
        self.trace.note(till.name, name, said)
        return done

    def _take_note(self, till: Till) -> None:
        """What is in the journal now has been recorded, also when nobody was told any more."""
        self._fail_if(checks.till_lost_nothing(till))
        for event in till.seen():
            self.recorded[event.id] = event

    def _sync(self) -> None:
        till = self.working()
        went_well = self._do(till, "round", lambda: self._round(till))
        self._take_note(till)
        if not (went_well or self.copies):
            with self.central.database.read() as connection:
                # Before it notices that it went back, its numbers are those of the time it lost.
                if epoch(connection) != self.forgotten:
                    self._fail_if(checks.rows_and_effects_belong_together(till, connection))

    def _round(self, till: Till) -> str:
        """A round at a till, at which a cashier may go on working meanwhile."""
        before = len(till.events)
        if not self.at_rest:
            self.network.meanwhile = lambda: self._meanwhile(till)
        try:
            report = till.round()
        finally:
            self.network.meanwhile = None
        if report.trouble is not None:
            if not self.copies:
                raise Violation(f"{till.name}: {report.trouble.value}")
            return report.trouble.value
        whole = not report.closed and till.store.replica.copying() is None
        # Between two lives it is not known which of the own events the rows contain.
        whole = whole and till.ledger.lives.leaving is None
        if whole and len(till.events) == before and self.chance.random() < 0.1:
            with self.central.database.read() as connection:
                found = checks.books(connection)
                self._fail_if(checks.server_has_its_journal(till, connection))
            self._fail_if(checks.till_shows_the_servers_balances(till, found))
        return f"{report.pushed} {report.pulled} {report.closed}"

    def _meanwhile(self, till: Till) -> None:
        """Between two questions of a round something is done at its till."""
        if self.chance.random() < 0.08:
            work, self.network.meanwhile = self.network.meanwhile, None
            act = self.chance.choices(*zip(*ACTS, strict=True))[0]
            said = "refused"
            with suppress(Refused, *_OUTCOMES):
                said = act(self, till)
            self._take_note(till)
            self.trace.note(till.name, "meanwhile", act.__name__, said)
            self.network.meanwhile = work

    def _idle(self) -> None:
        till = self.working()
        self._do(till, "idle", lambda: till.store.idle(till.clock.now()))

    def start(self, till: Till) -> None:
        """Start a till's process; what was recorded before has to be there."""
        till.start()
        self._fail_if(checks.till_lost_nothing(till))

    def copied(self, till: Till) -> None:
        """A till's disk is there twice, or again: what it is lent may be spent twice until both
        have synchronised.
        """
        self.copies += 1
        terminal = till.ledger.known.terminal
        bound = self.double_spendable.get(terminal, 0) + shop.LEASED_MAX
        self.double_spendable[terminal] = bound

    def restored(self) -> None:
        """Head office has gone back: what only it knew since then is not known any more."""
        self.blocked.clear()
        self.restores += 1
        with self.central.database.read() as connection:
            self.forgotten = epoch(connection)

    # --- Rest -------------------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        """All links are up: everything converges within three rounds of each till, and adds up."""
        self.at_rest = True
        self.network.weather = CALM
        self.network.cut_off.clear()
        self.network.deliver_all()
        living = self.living()
        for till in living:
            if till.dead:
                self.start(till)
        crashes, self.faults = self.faults, replace(self.faults, crashes=0)
        for number in range(1, ROUNDS_MAX + 1):
            for till in living:
                self._do(till, "round", lambda till=till: self._round(till))
                self._take_note(till)
            if number >= 2 and not any(self._unrest(living)):
                break
        self.faults = crashes
        with self.central.database.read() as connection:
            self._fail_if(checks.each_event_is_there_once(self, connection))
            self._fail_if(checks.receipts_count_once(self, connection))
            self._fail_if(checks.the_feed_is_complete(self, connection))
            found = checks.books(connection)
            self._fail_if(checks.what_was_taken_back_is_gone(found))
        self._fail_if(checks.accounts_are_the_fold(self, found))
        self._fail_if(checks.every_point_is_somewhere(self, found))
        self._fail_if(checks.losses_are_within_bounds(self, found))
        self._fail_if(self._unrest(living))
        self.trace.note("at rest", len(self.recorded))
        self.at_rest = False

    def _unrest(self, tills: Iterable[Till]) -> Iterable[str]:
        """What tills do not have or show as the server does."""
        lives = Counter(till.life for till in self.living())
        with self.central.database.read() as connection:
            found = checks.books(connection)
            for till in tills:
                yield from checks.server_has_its_journal(till, connection)
        for till in tills:
            yield from checks.till_is_settled(till, found, twin=lives[till.life] > 1)
            yield from checks.till_shows_the_servers_balances(till, found)

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
