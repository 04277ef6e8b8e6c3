"""Leases on PostgreSQL: what a cashier waits for, against a request that only inserts one row.

Both go to the same server process, signed both ways over HTTP, in turns: by one client, and by
eight at a time. And with one client against the bare row, inserted and committed on the driver.
"""

import itertools
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sync.client.remote import RemoteServer
from sync.client.replica import Identity
from sync.protocol.messages import Hello, LeaseClosing, LeaseRequest, LeaseRow
from sync.protocol.version import CURRENT
from sync.server.store.database import Address
from tests.bench.job import ROOT, Job
from tests.bench.postgres import RAW
from tests.bench.postgres_server import FLOOR
from tests.bench.postgres_site import bare, enlist, new_database, office_at
from tests.bench.table import Row, at_most
from tests.bench.till import WallClock
from tests.bench.timing import in_turns
from tests.live_server import words
from tests.server.shop import Till, enrolled_till

TO_REQUEST, TO_ROW = 1.5, 7.0
_CLIENTS = 8


def measure(job: Job) -> list[Row]:
    """Return the rows of lease requests."""
    place = new_database()
    folder = Path(job.scratch) / "postgres-lease-keys"
    with ExitStack() as opened:
        office = opened.enter_context(office_at(place, folder))
        members = enlist(office, 2_000 if job.quick else 20_000)
        tills = [
            enrolled_till(office, seed=n, now=WallClock().now(), name=f"{n}")
            for n in range(_CLIENTS)
        ]
        driver = opened.enter_context(bare(place))
        driver.execute(RAW)
        driver.commit()
        url = opened.enter_context(_server(folder, place))
        clients = [_Client(opened, url, till, office, members) for till in tills]
        bench = _Bench(clients, _insert(driver), quick=job.quick)
        return [bench.against_request(1), bench.against_request(_CLIENTS), bench.against_row()]


class _Remote(RemoteServer):
    """A terminal that also asks for the floor."""

    def floor(self) -> LeaseRow:
        return self._post(FLOOR, b"{}", LeaseRow)


class _Client:
    """A till and its connection."""

    def __init__(self, opened: ExitStack, url: str, till: Till, office, members: list[int]) -> None:
        self._members = members
        self._chance = random.Random(till.caller.terminal)
        self._held: list[str] = []
        identity = Identity(
            terminal=till.caller.terminal,
            incarnation=till.caller.incarnation,
            issuer=till.issuer,
            store=till.caller.store,
            name=till.caller.name,
            server_key=office.keys.config.public_key().public_bytes_raw(),
            identifier_key=office.keys.terminals,
            public_key=till.caller.public_key,
            epoch=1,
        )
        self._remote = _Remote(
            url, identity=identity, key=till.key, wall=WallClock().now, monotonic=time.monotonic
        )
        opened.callback(self._remote.close)
        head = till.head.hex()
        self._remote.hello(Hello(protocol=CURRENT, app="bench", epoch=1, last_seq=0, head=head))

    def borrow(self) -> None:
        """Ask for a point of somebody."""
        lease = secrets.token_hex(16)
        member = self._chance.choice(self._members)
        self._remote.lease(LeaseRequest(id=lease, member=member, points=1))
        self._held.append(lease)

    def floor(self) -> None:
        """Ask for nothing but a row."""
        self._remote.floor()

    def give_back(self) -> None:
        """Give back what was borrowed."""
        self._remote.close_leases(LeaseClosing(leases=tuple(self._held), last_seq=0))
        self._held.clear()


class _Bench:
    def __init__(self, clients: list[_Client], insert: Callable[[], None], *, quick: bool) -> None:
        self._clients = clients
        self._insert = insert
        self._rounds, self._in_round = (3, 5) if quick else (24, 20)

    def against_request(self, clients: int) -> Row:
        """A lease against a request that inserts one row, so many clients at once."""
        ours, floor = in_turns(
            self._rounds,
            lambda: self._asked(clients, _Client.borrow),
            lambda: self._asked(clients, _Client.floor),
        )
        name = f"PostgreSQL, lease ÷ a request of one row, {clients} client(s)"
        return at_most(_row(name, ours, floor), TO_REQUEST)

    def against_row(self) -> Row:
        """A lease against a row on the driver, with one client."""
        ours, floor = in_turns(
            self._rounds,
            lambda: self._asked(1, _Client.borrow),
            lambda: [_ns(self._insert) for _ in range(self._in_round)],
        )
        return at_most(_row("PostgreSQL, lease ÷ one row inserted, 1 client", ours, floor), TO_ROW)

    def _asked(self, clients: int, act: Callable[[_Client], None]) -> Sequence[int]:
        wanted = self._clients[:clients]

        def ask(client: _Client) -> list[int]:
            return [_ns(lambda: act(client)) for _ in range(self._in_round)]

        with ThreadPoolExecutor(clients) as pool:
            times = list(itertools.chain.from_iterable(pool.map(ask, wanted)))
        for client in wanted:
            client.give_back()
        return times


def _row(name: str, ours: float, floor: float) -> Row:
    return Row(name=name, unit="ms", value=ours / 1e6, floor=floor / 1e6, ratio=ours / floor)


def _ns(act: Callable[[], None]) -> int:
    began = time.perf_counter_ns()
    act()
    return time.perf_counter_ns() - began


def _insert(driver) -> Callable[[], None]:
    def insert() -> None:
        driver.execute("INSERT INTO raw VALUES (0, 2, %b, 0, 1, 1)", [secrets.token_bytes(16)])
        driver.commit()

    return insert


@contextmanager
def _server(folder: Path, place: Address) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.postgres_server", str(folder), place.data],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{words(process)['ready']}"
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()
