"""The first copy of a large shop: in parts, from a real server, whatever happens on the way."""

import hashlib
import itertools
import threading
from contextlib import closing

import msgspec
import pytest

from sync.client import bootstrap
from sync.client.outcomes import Offline, Rejected, ServerFault
from sync.programme.refusals import Reason, Refused
from sync.protocol.columns import pack_rows, unpack_rows
from tests.client.central import central
from tests.client.test_engine import Between, losing
from tests.client.till import Till


@pytest.fixture(scope="module")
def large_shop(tmp_path_factory):
    """A server that finds forty members many, with the copy for them made."""
    with central(tmp_path_factory.mktemp("large"), snapshot_from=10) as server:
        with a_new_till(tmp_path_factory.mktemp("first"), server) as till:
            _wait_for_copy(till)
        yield server


def a_new_till(folder, server):
    names = (f"Caixa {number}" for number in itertools.count(20))
    return closing(Till(folder / "till", server.url, server.new_code(next(names))))


def _wait_for_copy(till):
    """Ask until the server has made its copy: it does so behind the first answer."""
    ready, asked = threading.Event(), 0
    while not till.server.snapshot().manifest:
        asked += 1
        assert asked < 600
        ready.wait(0.05)


@pytest.fixture
def till(tmp_path, large_shop):
    with a_new_till(tmp_path, large_shop) as opened:
        yield opened


def in_full(till, engine=None):
    """Rounds until there is no more to come."""
    rounds = 1
    while (engine or till.engine).round().more:
        rounds += 1
    return rounds


def test_a_large_shops_members_come_in_parts_and_are_all_there(till):
    asked = Between(till.server, lambda name, answer: answer)

    in_full(till, till.engine_with(asked))

    assert asked.asked.count("snapshot") == 1
    assert asked.asked.count("part") == 1
    fresh = till.members.freshness()
    assert (fresh.members, fresh.complete, fresh.differing) == (fresh.members, True, False)
    assert till.store.cache.tally() == till.server.pull(till.store.cache.cursor, True).tally
    assert till.members.search("marina").known


@pytest.mark.parametrize("lost", ["snapshot", "part", "pull"])
def test_a_copy_that_was_cut_off_goes_on(till, lost):
    engine = till.engine_with(Between(till.server, losing(lost)))

    with pytest.raises(Offline):
        in_full(till, engine)
    till.restart()
    in_full(till)

    assert till.members.freshness().complete
    assert till.store.cache.tally() == till.server.pull(till.store.cache.cursor, True).tally


def test_the_first_part_is_there_before_the_whole_is(till):
    report = till.engine.round()

    fresh = till.members.freshness()
    assert (report.more, fresh.complete) == (True, False)
    assert report.pulled >= fresh.members > 0


def test_acts_are_pushed_between_the_parts(till, large_shop):
    till.engine.round()
    member = till.members.search("marina").known[0].row.id
    till.credit(member, 5)

    report = till.engine.round()

    assert report.pushed == 1
    assert till.points(member) == large_shop.points_of(member)


def test_a_copy_that_the_server_no_longer_hands_out_begins_anew(till):
    def gone(name, answer):
        if name == "part":
            raise Rejected(Refused(Reason.NOT_FOUND))
        return answer

    report = till.engine_with(Between(till.server, gone)).round()
    assert report.more
    in_full(till)

    assert till.members.freshness().complete
    assert till.store.cache.tally() == till.server.pull(till.store.cache.cursor, True).tally


def another_part(frame):
    return pack_rows([msgspec.structs.replace(row, points=9_999) for row in unpack_rows(frame)])


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        pytest.param("part", lambda frame: frame[:-1], id="half-a-part"),
        pytest.param("part", another_part, id="another-part"),
        pytest.param("part", lambda frame: b"<html>", id="a-page"),
        pytest.param(
            "snapshot",
            lambda offer: msgspec.structs.replace(
                offer, manifest=offer.manifest.replace('"members":', '"members":1')
            ),
            id="another-manifest",
        ),
        pytest.param(
            "snapshot",
            lambda offer: msgspec.structs.replace(offer, signature=""),
            id="unsigned-manifest",
        ),
    ],
)
def test_what_the_server_has_not_signed_is_not_taken_into_the_copy(till, kind, spoil):
    def spoiling(name, answer):
        return spoil(answer) if name == kind else answer

    engine = till.engine_with(Between(till.server, spoiling))

    with pytest.raises(ServerFault):
        in_full(till, engine)
    assert till.members.freshness().members < 5
    in_full(till)
    assert till.members.freshness().complete


class Saying:
    """Answers every question for a part with the same bytes."""

    def __init__(self, frame):
        self.part = lambda sha256: frame


def test_a_part_that_is_what_its_name_says_and_no_rows_is_trouble_at_the_server(till):
    frame = b"no frame at all"

    with pytest.raises(Offline):
        in_full(till, till.engine_with(Between(till.server, losing("part"))))
    under_way = till.store.cache.copying()
    (ref,) = under_way.manifest.chunks
    named = hashlib.sha256(frame).hexdigest()
    manifest = msgspec.structs.replace(
        under_way.manifest, chunks=(msgspec.structs.replace(ref, sha256=named),)
    )
    till.store.cache.begin_copy(manifest)

    with pytest.raises(ServerFault):
        bootstrap.go_on(till.store.replica, Saying(frame))


# --- Comparing -----------------------------------------------------------------------------------


def spoil_cache(till, points):
    """Somebody's balance in the copy is wrong, and nobody knows how."""
    member = till.members.search("marina").known[0].row
    row = msgspec.structs.replace(member, points=points)
    with till.store.cache._written() as connection:
        connection.execute(
            "UPDATE rows SET row = ? WHERE n = (SELECT n FROM members WHERE id = ?)",
            (msgspec.msgpack.encode(row), row.id),
        )
        connection.execute("UPDATE meta SET value = 0 WHERE name = 'tallied_at'")
    return member


def test_a_copy_that_is_not_the_servers_is_fetched_again(till):
    in_full(till)
    right = spoil_cache(till, 77_777)

    in_full(till)

    assert till.points(right.id) == right.points
    assert till.members.freshness().complete
    assert not till.members.freshness().differing


def test_a_copy_that_stays_different_is_said_to_be(till):
    in_full(till)

    def lying(name, answer):
        if name == "pull" and answer.tally is not None:
            wrong = msgspec.structs.replace(answer.tally, sum=1)
            return msgspec.structs.replace(answer, tally=wrong)
        return answer

    spoil_cache(till, 1)
    engine = till.engine_with(Between(till.server, lying))
    reports = []
    while not reports or reports[-1].more:
        reports.append(engine.round())

    assert reports[-1].differs
    assert till.members.freshness().differing
    assert not engine.round().differs  # it is asked again tomorrow, not in every round
    assert till.members.search("marina").known
