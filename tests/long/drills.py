"""Drills: what goes wrong in a shop's year, played on real processes, with figures.

`python -m tests.long.drills [NAME ...]`: all of them, or those that are named. Each asserts that
nothing is there twice, nothing is missing, nobody is overdrawn and nothing is stuck; the same ones
run small in `tests/faults/test_drills.py`.
"""

import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from loyalty_desk.store.journal import Act
from sync.client.outcomes import Offline, Outcome, ServerFault
from sync.programme.leases import cap_points
from sync.programme.refusals import Refused
from sync.protocol.events import AccrualEvent
from sync.server.office.documents import rulebook
from sync.server.office.head_office import DAY_MS, HeadOffice
from sync.server.office.openings import Opening, open_accounts
from sync.server.office.persons import Details
from tests.client.central import Central, central
from tests.client.till import Till, new_id, wall
from tests.live_server import ROOT
from tests.server.accounts import folded, stored
from tests.server.sites import Site, open_office

MEMBERS, POINTS, REWARD_POINTS = 20, 5_000, 50
ROUNDS_MAX = 6  # of each till, until everything is where it belongs
TILL_RSS_MAX_KIB = 300 * 1024
OFFLINE_MAX_S = 300.0

Figures = dict[str, object]


@dataclass
class Shop:
    """A server, its tills, and everything that any of them was told is recorded."""

    folder: Path
    server: Central
    seed: int
    tills: list[Till] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)

    @contextmanager
    def office(self) -> Iterator[HeadOffice]:
        office = open_office(Site(self.server.data, self.server.data))
        with closing(office.database):
            yield office

    def open_accounts(self) -> None:
        with self.office() as office, office.database.write() as connection:
            people = [
                Opening(
                    member=member,
                    name=f"Rosa {member}",
                    details=Details(),
                    home_store=1,
                    enrolled_at=wall() - DAY_MS,
                    points=POINTS,
                    qualifying=0,
                    expires_on="",
                )
                for member in self.members
            ]
            document = rulebook(connection).in_force(wall())
            open_accounts(office, connection, people, document, now=wall())

    @property
    def members(self) -> range:
        return range(101, 101 + MEMBERS)

    def add_till(self) -> Till:
        name = f"Caixa {len(self.tills) + 3:02d}"
        till = Till(self.folder / name, self.server.url, self.server.new_code(name))
        till.engine.round()
        self.tills.append(till)
        return till

    def act(self, till: Till, chance: random.Random, acts: int) -> None:
        """Purchases, and rewards out of points that were borrowed for them."""
        for _ in range(acts):
            member = chance.choice(self.members)
            if chance.random() < 0.25:
                self.redeem(till, member)
            else:
                self.recorded.append(till.credit(member, chance.randrange(1, 40)))

    def redeem(self, till: Till, member: int) -> None:
        held = [one for one in till.ledger.leases.of(member) if one.left >= REWARD_POINTS]
        try:
            lease = held[0] if held else till.borrow(member, REWARD_POINTS)
            visit = till.redeem(member, lease.id, reward=2, points=REWARD_POINTS)
        except (*Outcome, Refused):
            return  # no line, or a life that is not vouched for: nothing is handed over
        self.recorded.append(visit)

    def settle(self) -> int:
        """Let every till synchronise until nothing waits; return after how many rounds each."""
        for number in range(1, ROUNDS_MAX + 1):
            for till in self.tills:
                till.engine.round()
            if number >= 2 and not any(till.ledger.waiting() for till in self.tills):
                return number
        raise AssertionError(f"seed {self.seed}: stuck {[t.ledger.waiting() for t in self.tills]}")

    def check(self, *, loss_max: int = 0) -> Figures:
        """Everything once, nobody overdrawn, every screen right."""
        rounds = self.settle()
        for till in self.tills:
            till.engine.round()
        with self.office() as office:
            now = stored(office)
            assert now == folded(office), self.seed
            with office.database.read() as connection:
                here = connection.execute(text("SELECT event_id FROM events")).scalars().all()
                loss = connection.execute(
                    text("SELECT coalesce(sum(points), 0) FROM merchant_loss")
                ).scalar_one()
        there = [event.hex() for event in here]
        missing = set(self.recorded) - set(there)
        assert not missing, f"seed {self.seed}: {len(missing)} events are not there"
        assert len(there) == len(set(there)), f"seed {self.seed}: twice"
        assert loss <= loss_max, f"seed {self.seed}: a loss of {loss} points"
        short = {m: now[m].account for m in self.members if now[m].account.debt}
        assert not short, f"seed {self.seed}: {short}"
        for till in self.tills:
            shown = {member: till.points(member) for member in self.members}
            held = {member: now[member].account.points for member in self.members}
            assert shown == held, f"seed {self.seed}: {shown} {held}"
        return {
            "events": len(set(self.recorded)),
            "duplicates": 0,
            "missing": 0,
            "stuck": 0,
            "loss": loss,
            "rounds": rounds,
        }


@contextmanager
def a_shop(folder: Path, tills: int, seed: int) -> Iterator[Shop]:
    with ExitStack() as stack:
        server = stack.enter_context(central(folder))
        shop = Shop(folder, server, seed)
        stack.callback(lambda: [till.close() for till in shop.tills])
        shop.open_accounts()
        for _ in range(tills):
            shop.add_till()
        yield shop


def server_restored(folder: Path, seed: int, *, acts: int = 60) -> Figures:
    """The server goes back to an older copy of itself while three tills go on."""
    chance = random.Random(seed)
    with a_shop(folder, 3, seed) as shop:
        _work(shop, chance, acts)
        shop.server.stop()
        shutil.copytree(shop.server.data, folder / "backup")
        shop.server.start()
        _work(shop, chance, acts)
        shop.server.stop()
        shutil.rmtree(shop.server.data)
        shutil.copytree(folder / "backup", shop.server.data)
        for till in shop.tills:
            shop.act(till, chance, acts)  # nobody answers, and nobody waits for it
        shop.server.start()
        _work(shop, chance, acts)
        return shop.check()


def data_folder_copied(folder: Path, seed: int, *, acts: int = 40) -> Figures:
    """A till's folder is copied with points lent to it, and both machines go on."""
    chance = random.Random(seed)
    with a_shop(folder, 2, seed) as shop:
        original = shop.tills[0]
        _work(shop, chance, acts)
        for member in shop.members[:4]:
            original.borrow(member, REWARD_POINTS)
        original.close()
        shutil.copytree(folder / "Caixa 03", folder / "copy")
        original.open()
        original.connect()
        copy = Till(folder / "copy", shop.server.url, "")
        shop.tills.append(copy)
        for till in (original, copy):  # the same leases, spent twice
            for member in shop.members[:4]:
                shop.redeem(till, member)
            shop.act(till, chance, acts)
        _rounds(shop)
        _work(shop, chance, acts)
        with shop.office() as office, office.database.read() as connection:
            cap = cap_points(rulebook(connection).in_force(wall()))
        return shop.check(loss_max=cap or 0) | {"loss at most": cap}


def old_ledger_put_back(folder: Path, seed: int, *, acts: int = 40) -> Figures:
    """An older ledger.db is copied over a till's own, and the till goes on."""
    chance = random.Random(seed)
    with a_shop(folder, 2, seed) as shop:
        till = shop.tills[0]
        _work(shop, chance, acts)
        till.close()
        old = folder / "old.db"
        shutil.copy(till.places.ledger, old)
        till.open()
        till.connect()
        _work(shop, chance, acts)
        shop.act(till, chance, acts)  # not sent yet
        till.close()
        shutil.copy(old, till.places.ledger)
        till.open()
        till.connect()
        shop.act(till, chance, acts)
        return shop.check()


def server_killed(
    folder: Path, seed: int, *, tills: int = 8, kills: int = 20, acts: int = 200
) -> Figures:
    """The server is killed with -9 again and again while the tills retry."""
    chance = random.Random(seed)
    over = threading.Event()
    with a_shop(folder, tills, seed) as shop:

        def work(till: Till, own: random.Random) -> int:
            done = asked = 0
            while done < acts or not over.is_set():
                shop.act(till, own, 1)
                done += 1
                try:
                    till.engine.round()
                except (Offline, ServerFault):
                    asked += 1
                    over.wait(0.02)
            return asked

        with ThreadPoolExecutor(tills) as pool:
            working = [
                pool.submit(work, till, random.Random(chance.getrandbits(32)))
                for till in shop.tills
            ]
            for _ in range(kills):
                over.wait(chance.uniform(0.2, 0.8))
                shop.server.stop(kill=True)
                shop.server.start()
            over.set()
            unanswered = sum(one.result(timeout=300) for one in working)
        return shop.check() | {"kills": kills, "unanswered rounds": unanswered}


def ninety_days_offline(
    folder: Path, seed: int, *, events: int = 100_000, kills: int = 10
) -> Figures:
    """A till records for 90 days without a line; its first sync is killed again and again."""
    chance = random.Random(seed)
    with a_shop(folder, 1, seed) as shop:
        (till,) = shop.tills
        began = time.monotonic()
        first = wall() - 90 * DAY_MS
        for number in range(events):
            event = AccrualEvent(
                **till.stamped(
                    id=new_id(),
                    at=first + number * (90 * DAY_MS // events),
                    member=chance.choice(shop.members),
                    amount=500,
                    forecast=5,
                )
            )
            shop.recorded.append(till.ledger.record([Act(event)])[0].visit)
        recording = time.monotonic() - began
        till.close()
        began = time.monotonic()
        cut = _sync_under_kills(till, shop.server.url, kills, chance)
        process = _sync(till, shop.server.url)
        said, _ = process.communicate(timeout=600)
        assert process.returncode == 0, said
        syncing = time.monotonic() - began
        till.open()
        till.connect()
        told = json.loads(said.splitlines()[-1])
        assert told["rss_kib"] <= TILL_RSS_MAX_KIB, told
        assert syncing <= OFFLINE_MAX_S, syncing
        return shop.check() | {
            "recording s": round(recording, 1),
            "syncing s": round(syncing, 1),
            "kills in the middle": cut,
            "rss MB": told["rss_kib"] // 1024,
        }


def _work(shop: Shop, chance: random.Random, acts: int) -> None:
    for till in shop.tills:
        shop.act(till, chance, acts)
    _rounds(shop)


def _rounds(shop: Shop) -> None:
    for till in shop.tills:
        try:
            till.engine.round()
        except Outcome:
            continue


def _sync(till: Till, url: str) -> subprocess.Popen[str]:
    root = till.places.data.parent
    return subprocess.Popen(
        [sys.executable, "-m", "tests.long.drills", "--sync", str(root), url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def _sync_under_kills(till: Till, url: str, kills: int, chance: random.Random) -> int:
    """Begin to synchronise so many times, each killed; return how many were cut off at work."""
    cut = 0
    for _ in range(kills):
        process = _sync(till, url)
        process.stdout.readline()  # it has begun
        try:
            process.wait(timeout=chance.uniform(0.1, 2.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            cut += 1
        process.stdout.close()
    return cut


def _sync_here(root: Path, url: str) -> None:
    """What the other process does: rounds until nothing waits."""
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    till = Till(root, url, "")
    while till.engine.round().pushed or till.ledger.waiting():
        pass
    till.close()
    sys.stdout.write(json.dumps({"rss_kib": _peak_rss_kib()}))


def _peak_rss_kib() -> int:
    """The most memory this process held; `getrusage` would also count whoever started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


DRILLS: dict[str, Callable[[Path, int], Figures]] = {
    drill.__name__: drill
    for drill in (
        server_restored,
        data_folder_copied,
        old_ledger_put_back,
        server_killed,
        ninety_days_offline,
    )
}


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder in memory where there is one: it is not the disk's speed that is tried."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        yield Path(made)


def main(arguments: Sequence[str]) -> int:
    """Play the drills that are named, or all."""
    if arguments[:1] == ["--sync"]:
        _sync_here(Path(arguments[1]), arguments[2])
        return 0
    for name in arguments or DRILLS:
        seed = random.SystemRandom().getrandbits(32)
        with a_folder() as folder:
            began = time.monotonic()
            figures = DRILLS[name](folder, seed)
            spent = time.monotonic() - began
        told = ", ".join(f"{what} {value}" for what, value in figures.items())
        sys.stdout.write(f"{name} (seed {seed}) {spent:.1f} s: {told}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
