"""News at a till: what another till did is here in a moment, and a dead line shows at once."""

import secrets
import threading
from contextlib import contextmanager

import pytest

from loyalty_desk.app.clock import SystemClock
from loyalty_desk.app.ear import Ear
from loyalty_desk.app.embedded_server import Address
from loyalty_desk.app.line_keeper import LineKeeper
from loyalty_desk.app.link import Link
from loyalty_desk.desk.counter import Counter
from loyalty_desk.paths import places
from loyalty_desk.store.keys import load_keys
from loyalty_desk.store.opening import open_store
from loyalty_desk.ui.background import Background
from tests.client.central import central
from tests.client.till import a_till, wall


class Listening:
    """A till's line as the app keeps it, without its window."""

    def __init__(self, folder, server, name):
        clock = SystemClock()
        here = places(root=folder)
        keys = load_keys(here, random_bytes=secrets.token_bytes, vault=None)
        self.store = open_store(here, keys, random_bytes=secrets.token_bytes, now=wall())
        counter = Counter(self.store.ledger, self.store.members, clock, secrets.token_bytes)
        code = server.new_code(name)
        link = Link(counter, self.store, keys, lambda: Address(server.url, code))
        self.workers = [Background("sync"), Background("listening")]
        self.ear = Ear(self.workers[1], link, lambda: 0.5, lambda: clock.mono() / 1000)
        self.news = []
        self.keeper = LineKeeper(self.workers[0], link, self.news.append, lambda: 0.5, self.ear)

    def points(self, member):
        known = self.store.members.by_id(member)
        return known.holding.points if known else None

    def close(self):
        self.keeper.stop()
        done = threading.Event()
        self.workers[0].run(done.set, lambda _none: None, lambda _error: None)
        assert done.wait(10)
        for worker in self.workers:
            worker.stop()
        self.store.close(wall())


@contextmanager
def listening_till(qtbot, folder, server, name="Caixa 50"):
    till = Listening(folder, server, name)
    try:
        till.keeper.now()
        qtbot.waitUntil(lambda: till.ear.is_open, timeout=20_000)
        yield till
    finally:
        till.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with central(tmp_path_factory.mktemp("central")) as running:
        yield running


def test_what_another_till_credits_is_here_without_waiting_for_the_next_look(
    qtbot, tmp_path, server
):
    with (
        a_till(tmp_path / "other", server) as other,
        listening_till(qtbot, tmp_path / "till", server) as till,
    ):
        member = other.somebody()
        other.credit(member, 40)
        other.engine.round()

        qtbot.waitUntil(lambda: till.points(member) == 90, timeout=8_000)

        assert all(news.connected for news in till.news)


def test_own_acts_bring_no_more_rounds_than_they_need(qtbot, tmp_path, server):
    with listening_till(qtbot, tmp_path / "till", server, "Caixa 51") as till:
        before = len(till.news)
        till.keeper.now()
        qtbot.waitUntil(lambda: len(till.news) == before + 1, timeout=8_000)
        till.keeper.now()
        qtbot.waitUntil(lambda: len(till.news) > before + 1, timeout=8_000)

        assert len(till.news) == before + 2


def test_a_server_that_dies_is_noticed_at_once_and_heard_again_when_it_is_back(qtbot, tmp_path):
    with (
        central(tmp_path) as server,
        listening_till(qtbot, tmp_path / "till", server) as till,
    ):
        server.stop(kill=True)
        qtbot.waitUntil(lambda: not till.news[-1].connected, timeout=10_000)
        assert not till.ear.is_open

        server.start()
        till.keeper.now()

        qtbot.waitUntil(lambda: till.ear.is_open, timeout=20_000)
        assert till.news[-1].connected


def test_no_thread_outlives_a_till_that_listens(qtbot, tmp_path, server):
    before = set(threading.enumerate())

    with listening_till(qtbot, tmp_path / "till", server, "Caixa 52"):
        assert any("listening" in one.name for one in set(threading.enumerate()) - before)

    assert set(threading.enumerate()) - before == set()
