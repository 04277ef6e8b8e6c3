"""Two tills and a server, each real, with a network between them that does everything wrong."""

import os
import random
import sqlite3
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from sync.client import leases
from sync.client.http import Connection, Patience
from sync.client.outcomes import Offline, Outcome, Rejected
from sync.client.remote import RemoteServer
from sync.programme.ledger import Kind
from sync.protocol.messages import PREFIX
from sync.server.office.book import KINDS
from tests.chaos.certificates import context
from tests.chaos.proxy import ROUGH, chaos
from tests.client.central import central
from tests.client.till import Till, new_id, wall

PUSHES = 2_000
ACTS_AT_ONCE = 3
ROUNDS_MAX = 3  # until everything is where it belongs, once the network is good again
ASKED_MAX = 50  # times that one lease is asked for
HURRIED = Patience(connect=1.0, read=1.0, whole=2.0)


class Hurried(Connection):
    """A connection that does not wait long: what is late is lost."""

    def ask(self, method, target, body, headers, patience=HURRIED):
        return super().ask(method, target, body, headers, HURRIED)


class HurriedTill(Till):
    """A till that can be in a hurry, and can be told another address."""

    hurried = False

    def connect(self) -> None:
        if self.server is not None:
            self.server.close()
        kind = Hurried if self.hurried else Connection
        self.server = RemoteServer(
            self.url,
            identity=self.ledger.known,
            key=self.keys.signing_key,
            wall=wall,
            monotonic=time.monotonic,
            connection=kind(self.url, monotonic=time.monotonic),
        )
        self.engine = self.engine_with(self.server)

    def turn_to(self, url: str, *, hurried: bool = False) -> None:
        self.url, self.hurried = url, hurried
        self.connect()


@pytest.fixture(scope="module")
def folder():
    """In memory where there is such a place: it is the network that is tried here, not the disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        yield Path(made)


@pytest.fixture(scope="module")
def server(folder):
    with central(folder) as serving:
        yield serving


@pytest.fixture
def new_till(folder, server):
    """Make tills, each synchronised once; they are closed in the end."""
    with ExitStack() as opened:

        def make(name: str) -> HurriedTill:
            till = HurriedTill(folder / name, server.url, server.new_code(name))
            opened.callback(till.close)
            till.engine.round()
            return till

        yield make


def work(till: HurriedTill, members: list[int], seed: int, proxy) -> list[str]:
    """Act and synchronise until enough was pushed; returns the ids of what was recorded."""
    chance = random.Random(seed)
    recorded = []
    while proxy.asked[f"{PREFIX}/push"] < PUSHES:
        for _ in range(chance.randrange(1, ACTS_AT_ONCE)):
            recorded.append(till.credit(chance.choice(members), chance.randrange(1, 20)))
        if chance.random() < 0.1:
            recorded += redeemed(till, chance.choice(members))
        try:
            till.engine.round()
        except Outcome:
            continue  # at once: the next round has the next acts with it
    return recorded


def redeemed(till: HurriedTill, member: int) -> list[str]:
    """Spend some points of a member, borrowed under one id however often it takes."""
    lease = bytes.fromhex(new_id())
    reward = min(till.ledger.document(wall()).document.rewards, key=lambda one: one.cost or 9_999)
    for _ in range(ASKED_MAX):
        try:
            leases.borrow(
                till.server,
                till.store.replica,
                lease=lease,
                member=member,
                points=reward.cost,
                wall=wall,
            )
        except Rejected:
            return []
        except Outcome:
            continue
        return [till.redeem(member, lease, reward=reward.id, points=reward.cost)]
    return []


def test_two_thousand_pushes_through_a_terrible_network_count_once_each(server, new_till):
    seed = int(os.environ.get("LOYALTY_CHAOS_SEED") or random.SystemRandom().getrandbits(32))
    again = f"LOYALTY_CHAOS_SEED={seed}"
    tills = [new_till("Caixa 03"), new_till("Caixa 04")]
    members = [tills[0].somebody() for _ in range(8)]
    tills[1].engine.round()
    with chaos(server.url, seed, faults=ROUGH) as proxy:
        for till in tills:
            till.turn_to(proxy.url, hurried=True)
        with ThreadPoolExecutor(len(tills)) as pool:
            working = [
                pool.submit(work, till, members, seed + n, proxy) for n, till in enumerate(tills)
            ]
            recorded = [visit for one in working for visit in one.result(timeout=600)]
        proxy.faults.clear()
        for till in tills:
            till.turn_to(proxy.url)
        for till in [till for _ in range(ROUNDS_MAX) for till in tills]:
            till.engine.round()

    assert proxy.broken == [], again
    assert {fault for fault in ROUGH if proxy.fates[fault] < 5} == set(), proxy.fates
    assert [till.ledger.waiting() for till in tills] == [0, 0], again
    assert not_once(server.data, recorded) == [], again
    for member in members:
        points, pending, entries = in_the_books(server.data, member)
        assert points + pending == entries, again
        assert [till.points(member) for till in tills] == [points, points], again


def not_once(data: Path, recorded: list[str]) -> list[str]:
    """What is not at the server exactly once, with its effect; there should be nothing."""
    with closing(sqlite3.connect(data / "server.db")) as connection:
        rows = connection.execute(
            "SELECT lower(hex(e.event_id)), e.status, count(l.event_id) FROM events e"
            " LEFT JOIN ledger l ON l.event_id = e.event_id GROUP BY e.event_id"
        ).fetchall()
        (repeats,) = connection.execute("SELECT count(*) FROM repeats").fetchone()
    found = {event: (status, effects) for event, status, effects in rows}
    wrong = [event for event in recorded if found.get(event) not in _GOOD]
    return wrong + ["repeats"] * repeats


_GOOD = {("accepted", effects) for effects in (1, 2)}  # the second is a mission's bonus


def in_the_books(data: Path, member: int) -> tuple[int, int, int]:
    """A member's points, what waits of them, and what the entries amount to.

    Here they earn and spend, and nothing else.
    """
    with closing(sqlite3.connect(data / "server.db")) as connection:
        (entries,) = connection.execute(
            "SELECT sum(CASE kind WHEN ? THEN -points ELSE points END) FROM ledger"
            " WHERE member_id = ?",
            (KINDS.index(Kind.SPEND), member),
        ).fetchone()
        points, pending = connection.execute(
            "SELECT points, pending FROM balances WHERE purse = 0 AND member_id = ?", (member,)
        ).fetchone()
    return points, pending, entries


@pytest.mark.parametrize("fault", ["self-signed", "another authority", "expired", "wrong host"])
def test_a_server_with_a_wrong_certificate_hears_nothing_of_a_till(
    fault, server, new_till, monkeypatch, tmp_path
):
    till = new_till(f"Caixa {fault}")
    member = till.somebody()
    before = server.points_of(member)
    till.credit(member)

    served, trusted = context(tmp_path, fault)
    monkeypatch.setattr("certifi.where", lambda: str(trusted))
    with chaos(server.url, 1, faults={}, tls=served) as proxy:
        till.turn_to(proxy.url)
        with pytest.raises(Offline) as offline:
            till.engine.round()

    assert offline.value.why == "unreachable"
    assert proxy.asked.total() == 0
    assert (till.ledger.waiting(), server.points_of(member)) == (1, before)

    served, trusted = context(tmp_path, "good")
    monkeypatch.setattr("certifi.where", lambda: str(trusted))
    with chaos(server.url, 1, faults={}, tls=served) as proxy:
        till.turn_to(proxy.url)
        till.engine.round()

    assert till.ledger.waiting() == 0
    assert server.points_of(member) == till.points(member) > before
