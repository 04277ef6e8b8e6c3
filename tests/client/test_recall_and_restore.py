"""Two tills with real stores at a real server: points are asked back from the one that holds them,
and a server restored from an older copy gets back what it had lent.
"""

import subprocess

import pytest

from sync.client.outcomes import Rejected
from sync.programme.refusals import Reason
from tests.client.central import central
from tests.client.till import a_till
from tests.live_server import ROOT, command


def test_points_that_another_till_holds_come_with_its_next_round(till, fresh_till):
    member = till.somebody()
    till.credit(member, 100)
    till.engine.round()
    fresh_till.engine.round()
    everything = till.points(member)
    till.borrow(member, everything)

    with pytest.raises(Rejected) as rejected:
        fresh_till.borrow(member, 60)
    assert rejected.value.refused.reason is Reason.POINTS_RECALLED
    report = till.engine.round()

    assert report.closed == 1
    assert till.ledger.leases.of(member) == ()
    assert fresh_till.borrow(member, 60).amount == 60


def test_a_restored_server_lends_nothing_until_its_tills_have_reported(tmp_path):
    with (
        central(tmp_path) as server,
        a_till(tmp_path / "one", server) as one,
        a_till(tmp_path / "two", server, name="Caixa 04") as two,
    ):
        member = one.somebody()
        one.credit(member, 100)
        one.engine.round()
        server.back_up(tmp_path / "backup")
        lease = one.borrow(member, 60)
        two.engine.round()
        two.credit(member, 5)
        two.engine.round()
        one.engine.round()
        shown = one.points(member)

        server.restore(tmp_path / "backup")
        one.connect()
        one.redeem(member, lease.id, reward=1, points=60)
        assert one.engine.round().recovering
        with pytest.raises(Rejected) as rejected:
            one.borrow(member, 1)
        assert rejected.value.refused.reason is Reason.SERVER_RECOVERING
        two.connect()
        two.engine.round()
        subprocess.run(
            command("end-recovery", data=server.data), cwd=ROOT, check=True, capture_output=True
        )
        two.engine.round()
        assert not one.engine.round().recovering

        assert server.points_of(member) == shown - 60 == one.points(member)
        assert one.borrow(member, 1).amount == 1
        assert one.ledger.known.epoch > 1


def test_who_was_lent_what_a_restore_lost_is_not_lent_it_again(tmp_path):
    """The first thing that a till asks of a restored server is a lease: no round came between."""
    with central(tmp_path) as server, a_till(tmp_path / "one", server) as one:
        member = one.somebody()
        one.credit(member, 130)
        one.engine.round()
        assert one.points(member) == 180
        server.back_up(tmp_path / "backup")
        lease = one.borrow(member, 180)
        one.redeem(member, lease.id, reward=1, points=180)

        server.restore(tmp_path / "backup")
        one.connect()
        with pytest.raises(Rejected) as rejected:
            one.borrow(member, 180)

        assert rejected.value.refused.reason is Reason.SERVER_RECOVERING
        assert one.engine.round().results == ()
        assert server.points_of(member) == 0 == one.points(member)


def test_a_server_that_was_only_started_anew_lends_at_once(tmp_path):
    with central(tmp_path) as server, a_till(tmp_path / "one", server) as one:
        member = one.somebody()
        one.credit(member, 100)
        one.engine.round()
        server.stop()
        server.start()
        one.connect()

        assert one.borrow(member, 60).amount == 60


def test_a_database_that_was_put_back_lends_to_nobody_before_who_knows_better_has_come(tmp_path):
    """The till that was lent what is lost stays away; the other one has nothing to prove."""
    with (
        central(tmp_path) as server,
        a_till(tmp_path / "one", server) as one,
        a_till(tmp_path / "two", server, name="Caixa 04") as two,
    ):
        member = one.somebody()
        one.credit(member, 130)
        one.engine.round()
        two.engine.round()
        server.back_up(tmp_path / "backup")
        lease = one.borrow(member, 180)
        one.redeem(member, lease.id, reward=1, points=180)

        server.put_back_database(tmp_path / "backup")
        two.connect()

        with pytest.raises(Rejected) as rejected:
            two.borrow(member, 180)
        assert rejected.value.refused.reason is Reason.SERVER_RECOVERING
        one.connect()
        assert one.engine.round().results == ()
        assert server.points_of(member) == 0
