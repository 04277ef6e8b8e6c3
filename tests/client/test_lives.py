"""Tills that were copied or put back: each goes on in a life of its own, and nothing is lost."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from sync.client.outcomes import Offline, Rejected
from sync.programme.refusals import Reason, Refused
from tests.client.central import central
from tests.client.test_engine import Between, losing
from tests.client.till import Till, a_till


@pytest.fixture
def home(tmp_path):
    """A server of its own: what happens to a till's journal here concerns nobody else."""
    with central(tmp_path / "centre") as server:
        yield server


def purchases(server, member: int) -> int:
    """How many purchases of a member the server has; each id is there once or not at all."""
    with closing(sqlite3.connect(server.data / "server.db", timeout=10)) as connection:
        ((count,),) = connection.execute(
            "SELECT count(*) FROM events WHERE kind = 'accrual' AND member_id = ?", (member,)
        ).fetchall()
    return count


def twin_of(till: Till, folder) -> Till:
    """A second machine with an image of the first one's whole disk, settings and keys included."""
    till.close()
    shutil.copytree(till.places.config.parent, folder)
    till.open()
    till.connect()
    return Till(folder, till.url, "")


def test_a_till_put_back_to_this_morning_counts_every_purchase_once(home, tmp_path):
    with a_till(tmp_path / "till", home) as till:
        member = till.somebody()
        till.copy_disk(tmp_path / "morning")
        for _ in range(3):
            till.credit(member, 7)
        till.engine.round()

        till.restore_disk(tmp_path / "morning")
        till.credit(member, 5)
        till.engine.round()
        till.credit(member, 2)
        till.engine.round()

        assert purchases(home, member) == 5
        assert till.points(member) == home.points_of(member)
        assert (till.ledger.waiting(), till.ledger.lives.stuck()) == (0, 0)


def test_two_machines_of_one_disk_both_go_on_and_all_they_recorded_counts_once(home, tmp_path):
    with a_till(tmp_path / "till", home) as first:
        member = first.somebody()
        with closing(twin_of(first, tmp_path / "twin")) as second:
            for _ in range(2):
                first.credit(member, 7)
                second.credit(member, 5)
            first.engine.round()
            second.engine.round()
            with pytest.raises(Rejected):  # two machines wrote the journal of its life
                first.borrow(member, 10)
            first.credit(member, 3)
            second.credit(member, 1)
            first.engine.round()
            second.engine.round()
            first.engine.round()

            assert purchases(home, member) == 6
            assert first.points(member) == second.points(member) == home.points_of(member)
            assert first.ledger.waiting() == second.ledger.waiting() == 0
            lives = first.ledger.known.incarnation, second.ledger.known.incarnation
            assert lives[0] != lives[1]
            assert first.borrow(member, 5).left == second.borrow(member, 5).left == 5


def test_more_than_a_batch_of_a_branch_arrives(home, tmp_path):
    with a_till(tmp_path / "till", home) as till:
        member = till.somebody()
        till.copy_disk(tmp_path / "copy")
        till.credit(member, 7)
        till.engine.round()

        till.restore_disk(tmp_path / "copy")
        for _ in range(1_100):
            till.credit(member, 1)
        till.engine.round()

        assert till.ledger.waiting() == 0
        assert purchases(home, member) == 1_101
        assert home.points_of(member) == till.points(member)


def test_a_till_that_was_copied_goes_on_in_a_life_of_its_own_in_the_round_that_shows_it(
    home, tmp_path
):
    with a_till(tmp_path / "till", home) as first:
        member = first.somebody()
        with closing(twin_of(first, tmp_path / "twin")) as second:
            second.credit(member, 5)
            second.engine.round()

            first.engine.round()

            assert first.ledger.known.incarnation != second.ledger.known.incarnation
            assert first.points(member) == home.points_of(member)


def test_a_copy_that_shows_at_a_push_is_left_in_the_round_that_shows_it(home, tmp_path):
    with a_till(tmp_path / "till", home) as first:
        member = first.somebody()
        with closing(twin_of(first, tmp_path / "twin")) as second:
            first.engine.round()  # greeted: the next round begins with a push
            second.credit(member, 5)
            second.engine.round()
            first.credit(member, 7)

            report = first.engine.round()

            assert (report.trouble, report.pushed) == (None, 1)
            assert first.ledger.known.incarnation != second.ledger.known.incarnation
            assert first.borrow(member, 10).left == 10
            assert purchases(home, member) == 2


def test_what_a_restore_lost_of_a_branch_is_delivered_though_the_twin_came_first(home, tmp_path):
    with a_till(tmp_path / "till", home) as first:
        member = first.somebody()
        first.engine.round()
        home.back_up(tmp_path / "backup")
        first.connect()
        with closing(twin_of(first, tmp_path / "twin")) as second:
            first.credit(member, 7)
            first.engine.round()
            home.restore(tmp_path / "backup")
            second.connect()
            second.credit(member, 5)
            second.engine.round()
            first.connect()
            first.credit(member, 3)
            first.engine.round()

        assert purchases(home, member) == 3
        assert first.ledger.waiting() == 0


def test_a_server_restored_to_a_time_before_two_lives_learns_of_both_again(home, tmp_path):
    with a_till(tmp_path / "till", home) as till:
        member = till.somebody()
        till.engine.round()
        home.back_up(tmp_path / "backup")
        till.connect()
        for reais in (7, 5):
            till.credit(member, reais)
            till.engine.round()
            till.ledger.leave_life("forked")
            till.engine.round()
        assert till.ledger.known.incarnation == 3
        home.restore(tmp_path / "backup")
        till.connect()

        till.engine.round()

        assert till.ledger.known.incarnation == 3
        assert purchases(home, member) == 2
        assert till.ledger.waiting() == 0


def test_a_terminal_that_is_not_wanted_any_more_begins_no_life_again(home, tmp_path):
    def unwanted(name, answer):
        if name in refusals:
            raise Rejected(Refused(refusals[name]))
        return answer

    with a_till(tmp_path / "till", home) as till:
        till.ledger.leave_life("forked")
        till.engine.round()
        refusals = {"hello": Reason.TERMINAL_UNKNOWN, "reincarnate": Reason.TERMINAL_REVOKED}

        with pytest.raises(Rejected) as rejected:
            till.engine_with(Between(till.server, unwanted)).round()

        assert rejected.value.refused.reason is Reason.TERMINAL_REVOKED


@pytest.mark.parametrize("lost", ["reincarnate", "hello"])
def test_an_answer_that_is_lost_gives_no_second_life(home, tmp_path, lost):
    with a_till(tmp_path / "till", home) as till:
        member = till.somebody()
        till.copy_disk(tmp_path / "copy")
        till.credit(member, 7)
        till.engine.round()
        till.restore_disk(tmp_path / "copy")
        till.credit(member, 5)

        engine = till.engine_with(Between(till.server, losing(lost)))
        with pytest.raises(Offline):
            engine.round()
        engine.round()

        assert till.ledger.known.incarnation == 2
        assert purchases(home, member) == 2
        assert till.ledger.waiting() == 0


def test_a_server_restored_to_a_time_before_a_life_learns_of_it_again(home, tmp_path):
    with a_till(tmp_path / "till", home) as till:
        member = till.somebody()
        till.credit(member, 1)
        till.engine.round()
        home.back_up(tmp_path / "backup")
        till.credit(member, 2)
        till.ledger.leave_life("forked")
        till.engine.round()
        till.credit(member, 3)
        till.engine.round()
        assert purchases(home, member) == 3

        home.restore(tmp_path / "backup")
        till.connect()
        for _ in range(3):
            till.engine.round()

        assert till.ledger.known.incarnation == 2
        assert purchases(home, member) == 3
        assert till.ledger.waiting() == 0
        assert till.points(member) == home.points_of(member)


def test_a_receipt_of_the_life_before_is_still_claimed(home, tmp_path):
    receipt = "35261111222333000181650010000012341000054321"
    with a_till(tmp_path / "till", home) as till:
        member = till.somebody()
        till.copy_disk(tmp_path / "copy")
        till.restore_disk(tmp_path / "copy")
        till.ledger.leave_life("forked")
        till.credit(member, 7, receipt=receipt, evidence="receipt")
        till.engine.round()
        till.restart()

        with pytest.raises(Refused):
            till.credit(member, 7, receipt=receipt, evidence="receipt")


def test_a_purchase_of_the_life_before_is_undone_from_the_next(home, tmp_path):
    with a_till(tmp_path / "till", home) as till:
        member = till.somebody()
        before = home.points_of(member)
        visit = till.credit(member, 7)
        till.ledger.leave_life("forked")
        till.engine.round()

        till.undo(visit)
        till.engine.round()

        assert home.points_of(member) == before == till.points(member)
