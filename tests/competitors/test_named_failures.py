"""Failures that other tills have had in public, each played on ours.

A name begins with where it was reported: `odoo_125037` is issue or pull request 125037 of
github.com/odoo/odoo, `oca_pos_185` number 185 of github.com/OCA/pos, and so on. What happened there
stands above each test in a line.
"""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from loyalty_desk.paths import places
from loyalty_desk.store.instance_lock import hold_lock
from loyalty_desk.store.journal import Act
from loyalty_desk.store.keys import load_keys
from sync.client.outcomes import Offline
from sync.client.remote import RemoteServer
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import RedemptionEvent
from tests.client.central import central
from tests.client.loopback import peer, says
from tests.client.test_engine import Between, as_it_is, losing

# Only the client kept the checkpoint: a server that was rolled back was never sent the rest.
from tests.client.test_engine import (
    test_a_server_that_was_restored_gets_everything_again as test_cht_core_8093_a_restored_server,
)
from tests.client.till import a_till, wall
from tests.live_server import ROOT


def reward_of(till):
    return till.ledger.document(wall()).document.rewards[0]


# --- Recorded, and then gone ----------------------------------------------------------------------

_RECORD_AND_DIE = """
import os, signal, sys
from pathlib import Path
from tests.client.till import Till
till = Till(Path(sys.argv[1]), sys.argv[2], "")
print(till.credit(int(sys.argv[3]), 7), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_odoo_125037_a_confirmed_sale_survives_the_power_cut_and_its_id_is_not_used_again(
    fresh_till, shared_server
):
    # A power cut within five seconds lost a confirmed order; its id was given to the next one,
    # which was then dropped as a duplicate.
    member = fresh_till.somebody()
    before = fresh_till.points(member)
    fresh_till.close()
    died = subprocess.run(
        [
            sys.executable,
            "-c",
            _RECORD_AND_DIE,
            *map(str, (fresh_till.places.data.parent, fresh_till.url, member)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    fresh_till.open()
    fresh_till.connect()

    after = fresh_till.credit(member, 5)
    fresh_till.engine.round()

    assert fresh_till.ledger.visits.find(died.stdout.strip()) is not None
    assert after != died.stdout.strip()
    assert shared_server.points_of(member) == fresh_till.points(member) == before + 12


def test_odoo_288974_what_was_done_offline_arrives_after_the_restart(tmp_path):
    # Orders that were paid without a network were lost before they were sent.
    with central(tmp_path) as server, a_till(tmp_path / "till", server) as till:
        member = till.somebody()
        before = till.points(member)
        server.stop(kill=True)
        for reais in (3, 4, 5):
            till.credit(member, reais)
            with pytest.raises(Offline):
                till.engine.round()
        till.restart()

        server.start()
        till.engine.round()

        assert (
            len(till.ledger.visits.latest(since=0, limit=9)) == 4
        )  # the enrolment, and three sales
        assert server.points_of(member) == till.points(member) >= before + 12


def test_odoo_261096_an_interrupted_round_leaves_nothing_marked_as_sent(till, shared_server):
    # A synchronisation that was cut off cleared the mark of what had still to be sent.
    member = till.somebody()
    before = till.points(member)
    till.credit(member, 4)

    def never_arrives(name, answer):
        raise Offline("unreachable")

    class Cut(Between):
        def push(self, batch):
            return self._spoil("push", None)

    with pytest.raises(Offline):
        till.engine_with(Cut(till.server, never_arrives)).round()

    assert till.ledger.waiting() == 1
    till.engine.round()
    assert shared_server.points_of(member) == before + 4


def test_odoo_211219_nothing_is_deleted_that_the_server_never_acknowledged(fresh_till):
    # The client deleted orders for which the server had not confirmed anything.
    member = fresh_till.somebody()
    fresh_till.credit(member, 4)
    years_later = wall() + 3 * 365 * 86_400_000

    fresh_till.store.idle(years_later)
    fresh_till.restart()

    assert fresh_till.ledger.waiting() == 1
    assert fresh_till.engine.round().pushed == 1


def test_square_8106_the_queue_outlives_a_day_and_a_month_without_a_network(
    fresh_till, shared_server
):
    # What is not uploaded within 24 hours expires, and signing out deletes the queue.
    member = fresh_till.somebody()
    before = fresh_till.points(member)
    fresh_till.credit(member, 6, at=wall() - 40 * 86_400_000)
    fresh_till.store.idle(wall())
    fresh_till.restart()

    fresh_till.engine.round()

    assert shared_server.points_of(member) == before + 6


def test_odoo_60939_a_deleted_cache_is_filled_again_and_takes_no_sale_with_it(
    fresh_till, shared_server
):
    # The browser emptied its storage: orders and members were gone, "nothing can be done".
    member = fresh_till.somebody()
    before = fresh_till.points(member)
    fresh_till.credit(member, 6)
    fresh_till.close()
    for file in fresh_till.places.data.glob("cache.db*"):
        file.unlink()
    fresh_till.open()
    fresh_till.connect()

    fresh_till.engine.round()

    assert shared_server.points_of(member) == fresh_till.points(member) == before + 6


# --- Counted twice --------------------------------------------------------------------------------


def test_odoo_40567_an_answer_that_comes_too_late_counts_nothing_twice(till, shared_server):
    # The request had been committed when it timed out; the retry made a second order.
    member = till.somebody()
    before = till.points(member)
    till.credit(member, 9)
    for lost in ("push", "pull", "hello"):
        with pytest.raises(Offline):
            till.engine_with(Between(till.server, losing(lost))).round()

    till.engine.round()

    assert shared_server.points_of(member) == till.points(member) == before + 9


def test_oca_pos_185_a_retry_does_not_double_the_points(fresh_till, shared_server):
    # Each retry of a sale added its loyalty points once more.
    member = fresh_till.somebody()
    before = fresh_till.points(member)
    fresh_till.credit(member, 9)
    sent = fresh_till.ledger.outgoing(0, 500)
    bodies = []

    class Listens(Between):
        def push(self, batch):
            bodies.append(batch)
            return self._server.push(batch)

    fresh_till.engine_with(Listens(fresh_till.server, as_it_is)).round()
    for _ in range(5):
        for body in bodies:
            answer = fresh_till.server.push(body)
            assert answer.last_seq == sent.head.seq

    assert shared_server.points_of(member) == before + 9


def test_odoo_152259_a_profile_is_open_in_one_place_only(fresh_till):
    # Two tabs of the same session sold the same orders twice.
    lock = hold_lock(fresh_till.places.lock)
    try:
        with pytest.raises(Refused) as refused:
            hold_lock(fresh_till.places.lock)
    finally:
        lock.release()

    assert refused.value.reason is Reason.ALREADY_RUNNING


def test_odoo_270532_a_redemption_that_is_confirmed_twice_is_one(till, shared_server):
    # Confirming a coupon again redeemed it again.
    member = till.named("marina alves")
    reward = reward_of(till)
    lease = till.borrow(member, reward.cost)
    before = shared_server.points_of(member)
    till.redeem(member, lease.id, reward=reward.id, points=reward.cost)
    with pytest.raises(Offline):
        till.engine_with(Between(till.server, losing("push"))).round()

    till.engine.round()

    assert shared_server.points_of(member) == before - reward.cost


# --- Given away -----------------------------------------------------------------------------------


def test_odoo_257854_a_purchase_that_is_taken_back_takes_its_points_back(till, shared_server):
    # A refund kept the points: buying and returning made any number of them.
    member = till.somebody()
    before = till.points(member)
    for _ in range(3):
        till.undo(till.credit(member, 9))

    till.engine.round()

    assert shared_server.points_of(member) == till.points(member) == before


def test_posawesome_3059_a_redemption_offline_lowers_the_balance_at_once(till):
    # Redeeming without a network left the points as they were.
    member = till.named("marina alves")
    reward = reward_of(till)
    lease = till.borrow(member, reward.cost)
    before = till.points(member)

    till.redeem(member, lease.id, reward=reward.id, points=reward.cost)

    assert till.points(member) == before - reward.cost
    with pytest.raises(Refused) as refused:
        till.redeem(member, lease.id, reward=reward.id, points=reward.cost)
    assert refused.value.reason is Reason.LEASE_TOO_SMALL


def test_toast_offline_mode_points_are_credited_and_redeemed_without_a_network(tmp_path):
    # Offline, neither a loyalty account nor a reward can be used (so do Square's and Odoo's tills).
    with central(tmp_path) as server, a_till(tmp_path / "till", server) as till:
        member, reward = till.named("marina alves"), reward_of(till)
        lease = till.borrow(member, reward.cost)
        before = server.points_of(member)
        server.stop(kill=True)

        till.credit(member, 4)
        till.redeem(member, lease.id, reward=reward.id, points=reward.cost)
        shown = till.points(member)
        server.start()
        report = till.engine.round()

        assert shown == before + 4 - reward.cost
        assert report.pushed == 2
        assert server.points_of(member) == till.points(member) >= shown


# --- Stuck ----------------------------------------------------------------------------------------


def test_odoo_session_an_event_that_cannot_be_booked_holds_up_no_other(fresh_till, shared_server):
    # One order that the server could not take made the whole session impossible to close.
    member = fresh_till.somebody()
    before = fresh_till.points(member)
    fresh_till.ledger.record(
        [
            Act(
                RedemptionEvent(
                    **fresh_till.stamped(
                        member=member, reward=999_999, points=0, lease="", proof="cpf"
                    )
                )
            )
        ]
    )
    fresh_till.credit(member, 8)

    report = fresh_till.engine.round()

    assert fresh_till.ledger.waiting() == 0
    assert [one.status for one in report.results] == ["needs_review"]
    assert shared_server.points_of(member) == before + 8


def test_ankidroid_4366_a_time_out_moves_no_cursor(till):
    # The update number was raised although the request had timed out: changes were never fetched.
    member = till.somebody()
    till.credit(member, 3)
    before = till.store.replica.cursor()

    with pytest.raises(Offline):
        till.engine_with(Between(till.server, losing("pull"))).round()

    assert till.store.replica.cursor() == before
    till.engine.round()
    assert till.store.replica.cursor() != before


# --- Secrets --------------------------------------------------------------------------------------


def test_signal_desktop_6849_the_database_key_lies_in_no_settings_file(tmp_path):
    # The key of the encrypted database lay in config.json, in plain text, for years.
    kept: dict[tuple[str, str], str] = {}

    class Keyring:
        def get_password(self, service, name):
            return kept.get((service, name))

        def set_password(self, service, name, value):
            kept[service, name] = value

    here = places(root=tmp_path)
    here.prepare()
    keys = load_keys(here, random_bytes=os.urandom, vault=Keyring())

    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert kept
    for secret in (keys.database, keys.pepper, keys.signing_key.private_bytes_raw()):
        assert secret not in written
        assert secret.hex().encode() not in written


def test_electrum_4968_no_word_of_a_server_is_shown_to_a_person(till):
    # Text from a server was shown as a message: it led people to a false update.
    # Here a refusal is a code of our own list, and its sentence is in the catalogue.
    said = "Update now: http://evil.example"
    problem = {"type": "about:blank", "title": said, "detail": said, "status": 403, "code": said}
    answer = says(403, json.dumps(problem).encode(), Content_Type="application/problem+json")
    with peer(answer) as impostor:
        remote = RemoteServer(
            impostor.url,
            identity=till.ledger.known,
            key=till.keys.signing_key,
            wall=wall,
            monotonic=time.monotonic,
        )
        with pytest.raises(Offline) as fault:
            till.engine_with(remote).round()
        remote.close()

    assert impostor.asked
    assert fault.value.why == "captive"
    assert said not in str(fault.value)


__all__ = ["test_cht_core_8093_a_restored_server"]
