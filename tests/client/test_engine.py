"""Rounds of synchronisation: a real store, a real server, and a network not to be trusted."""

import msgspec
import pytest

from sync.client import push
from sync.client.outcomes import Offline, Rejected, ServerFault
from sync.client.schedule import IDLE_S, Schedule
from sync.programme.refusals import Reason, Refused
from sync.protocol.chain import BATCH_BYTES_MAX
from sync.protocol.events import Line
from tests.client.central import central
from tests.client.till import Till, a_till, wall

HOUR = 3_600_000


class Between:
    """The network between a till and the server: `spoil` decides what becomes of an answer."""

    def __init__(self, server, spoil):
        self._server = server
        self._spoil = spoil
        self.asked = []

    def __getattr__(self, name):
        through = getattr(self._server, name)
        if not callable(through):
            return through

        def ask(*arguments):
            self.asked.append(name)
            return self._spoil(name, through(*arguments))

        return ask


def losing(kind, times=1):
    """The server does what it is asked to; its answers to `kind` are lost `times` times."""
    left = [times]

    def spoil(name, answer):
        if name == kind and left[0]:
            left[0] -= 1
            raise Offline("half")
        return answer

    return spoil


def as_it_is(name, answer):
    return answer


# --- A first day ---------------------------------------------------------------------------------


def test_a_first_round_brings_everything_that_is_needed_to_act(till, shared_server):
    freshness = till.members.freshness()

    assert (freshness.complete, freshness.members) == (True, till.store.cache.count())
    assert freshness.members >= shared_server.members
    assert till.ledger.staff.all()
    assert till.ledger.document(wall()).document.name == "Clube Jatobá"
    assert till.members.search("marina alves").known


def test_a_round_with_no_news_is_one_question(till):
    between = Between(till.server, as_it_is)
    engine = till.engine_with(between)
    engine.round()
    between.asked.clear()

    report = engine.round()

    assert between.asked == ["pull"]
    assert (report.pushed, report.pulled, report.trouble) == (0, 0, None)


# --- Exactly once --------------------------------------------------------------------------------


def test_a_purchase_counts_once_and_the_balance_never_jumps(till, shared_server):
    member = till.somebody()
    before = till.points(member)

    till.credit(member, 7)
    shown_offline = till.points(member)
    report = till.engine.round()

    assert report.pushed == 1
    assert shown_offline == till.points(member) == shared_server.points_of(member)
    assert shown_offline > before
    assert till.ledger.waiting() == 0


@pytest.mark.parametrize("lost", ["push", "pull", "hello"])
def test_an_answer_that_is_lost_counts_nothing_twice(till, shared_server, lost):
    member = till.somebody()
    till.engine.round()
    before = till.points(member)
    engine = till.engine_with(Between(till.server, losing(lost)))

    till.credit(member, 7)
    with pytest.raises(Offline):
        engine.round()
    shown = till.points(member)
    engine.round()

    assert shown == till.points(member) == before + 7
    assert shared_server.points_of(member) == before + 7
    assert till.ledger.waiting() == 0


def test_a_restart_after_a_lost_answer_counts_nothing_twice(till, shared_server):
    member = till.somebody()
    before = till.points(member)
    till.credit(member, 7)
    with pytest.raises(Offline):
        till.engine_with(Between(till.server, losing("push"))).round()

    till.restart()
    assert till.points(member) == before + 7
    till.engine.round()

    assert shared_server.points_of(member) == till.points(member) == before + 7


def test_very_many_events_go_in_batches_that_can_be_cut_off(till, shared_server):
    member = till.somebody()
    before = till.points(member)
    for _ in range(1_100):
        till.credit(member, 1)
    between = Between(till.server, losing("push", 2))
    engine = till.engine_with(between)

    for _ in range(2):
        with pytest.raises(Offline):
            engine.round()
    report = engine.round()

    assert between.asked.count("push") == 3
    assert report.pushed == 100
    assert till.points(member) == shared_server.points_of(member)
    assert till.ledger.waiting() == 0
    assert till.points(member) >= before


def test_a_purchase_is_seen_at_anfresh_till(till, fresh_till):
    member = till.somebody()
    till.credit(member, 7)
    till.engine.round()

    fresh_till.engine.round()

    assert fresh_till.points(member) == till.points(member)


def test_an_undone_purchase_is_undone_everywhere(till, shared_server):
    member = till.somebody()
    till.engine.round()
    before = till.points(member)
    visit = till.credit(member, 7)
    till.engine.round()

    till.undo(visit)
    assert till.points(member) == before
    till.engine.round()

    assert till.points(member) == shared_server.points_of(member) == before


def test_somebody_enrolled_offline_is_a_member_like_any_other(till, fresh_till):
    member = till.enrol("Yara Ipê", "11987650001")
    till.credit(member, 10)
    assert till.members.search("yara").known[0].is_new

    till.engine.round()
    fresh_till.engine.round()

    known = till.members.by_id(member)
    assert (known.is_new, known.row.name) == (False, "Yara Ipê")
    assert fresh_till.members.search("yara ipê").known[0].row.id == member
    assert till.ledger.outgoing(0, 500).sealed != ()
    till.store.idle(wall())
    assert till.ledger.outgoing(0, 500).sealed == ()


def test_one_receipt_at_two_tills_needs_somebody_at_the_second(till, fresh_till):
    member = till.somebody()
    receipt = "35261111222333000181650010000012341000012345"
    till.credit(member, 7, receipt=receipt, evidence="receipt")
    fresh_till.credit(member, 7, receipt=receipt, evidence="receipt")

    till.engine.round()
    report = fresh_till.engine.round()

    assert [one.code for one in report.results] == ["receipt_used"]
    (notice,) = fresh_till.ledger.attention.all()
    assert (notice.code, notice.member) == ("receipt_used", member)
    assert fresh_till.points(member) == till.points(member)


# --- Leases --------------------------------------------------------------------------------------


def test_a_redemption_spends_what_was_borrowed_for_it(till, shared_server):
    member = till.named("marina alves")
    before = till.points(member)
    reward = till.ledger.document(wall()).document.rewards[0]

    lease = till.borrow(member, reward.cost)
    till.redeem(member, lease.id, reward=reward.id, points=reward.cost)
    shown = till.points(member)
    report = till.engine.round()

    assert report.results == ()
    assert shown == till.points(member) == before - reward.cost
    assert shared_server.points_of(member) == before - reward.cost


def test_the_same_request_is_the_same_lease(till):
    member = till.somebody()
    lease = bytes(range(16))

    def again(points):
        from sync.client import leases

        return leases.borrow(
            till.server, till.store.replica, lease=lease, member=member, points=points, wall=wall
        )

    assert again(1) == again(1)
    assert len([one for one in till.ledger.leases.of(member) if one.id == lease]) == 1


def test_more_than_a_member_has_is_not_lent(till):
    member = till.somebody()

    with pytest.raises(Rejected) as rejected:
        till.borrow(member, 50_000)

    assert rejected.value.refused.reason in (Reason.NOT_ENOUGH_POINTS, Reason.LEASE_TOO_SMALL)
    assert till.ledger.leases.of(member) == ()


def test_a_lease_that_was_not_needed_goes_back_to_its_member(till):
    member = till.named("marina alves")
    till.engine.round()
    leased = till.members.by_id(member).row.leased
    lease = till.borrow(member, 100)

    till.ledger.leases.give_back([lease.id])
    report = till.engine.round()

    assert report.closed == 1
    assert till.members.by_id(member).row.leased == leased
    assert till.ledger.leases.closing(now=wall()) == ()


def test_a_lease_is_closed_only_when_its_events_have_arrived(till):
    member = till.named("marina alves")
    lease = till.borrow(member, 100)
    reward = till.ledger.document(wall()).document.rewards[0]
    till.redeem(member, lease.id, reward=reward.id, points=60)
    till.ledger.leases.give_back([lease.id])
    engine = till.engine_with(Between(till.server, losing("push")))

    with pytest.raises(Offline):
        engine.round()
    assert till.ledger.leases.closing(now=wall()) == (lease.id,)

    assert engine.round().closed == 1


# --- Answers that cannot be right ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "changes", "outcome"),
    [
        pytest.param("push", {"signature": "AAAA"}, ServerFault, id="unsigned-acknowledgement"),
        pytest.param("push", {"head": "zz"}, ServerFault, id="no-hash"),
        pytest.param("push", {"last_seq": 0}, ServerFault, id="of-another-event"),
        pytest.param("pull", {"more": True, "cursor": ""}, ServerFault, id="no-progress"),
        pytest.param("lease", {"member": 1}, ServerFault, id="lease-of-another"),
        pytest.param("lease", {"amount": 1}, ServerFault, id="lease-too-small"),
    ],
)
def test_an_answer_that_cannot_be_right_is_not_believed(till, kind, changes, outcome):
    member = till.named("marina alves")
    till.credit(member, 7)
    waiting = till.ledger.waiting()
    if kind == "pull":
        till.store.cache.refetch()

    def spoil(name, answer):
        return msgspec.structs.replace(answer, **changes) if name == kind else answer

    till.server = Between(till.server, spoil)
    with pytest.raises(outcome):
        till.borrow(member, 5) if kind == "lease" else till.engine_with(till.server).round()

    assert till.ledger.waiting() == (0 if kind == "pull" else waiting)
    till.server = till.server._server


def test_a_cursor_that_is_no_longer_good_begins_again(till):
    member = till.somebody()
    with till.store.cache._written() as connection:
        connection.execute("UPDATE meta SET value = 'nonsense' WHERE name = 'cursor'")

    report = till.engine.round()

    assert report.pulled == till.store.cache.count() > 0
    assert till.members.by_id(member) is not None


# --- Disks and servers that come back ------------------------------------------------------------


def test_a_disk_that_was_copied_back_is_noticed_and_loses_nothing(fresh_till, tmp_path):
    till = fresh_till
    member = till.somebody()  # whose third visit of the day this is not
    till.borrow(member, 50)
    till.copy_disk(tmp_path / "copy")
    till.credit(member, 7)
    till.engine.round()
    known = till.points(member)

    till.restore_disk(tmp_path / "copy")
    till.credit(member, 3)
    assert till.ledger.leases.of(member) == ()
    report = till.engine.round()

    assert (report.trouble, report.pushed) == (None, 1)
    assert till.ledger.waiting() == 0
    assert till.points(member) > known
    assert till.ledger.known.incarnation == 2


def test_an_older_copy_that_records_nothing_is_noticed_as_well(fresh_till, tmp_path):
    till = fresh_till
    till.copy_disk(tmp_path / "copy")
    till.credit(till.named("marina alves"), 7)
    till.engine.round()

    till.restore_disk(tmp_path / "copy")

    assert till.ledger.lives.leaving == "rolled_back"
    assert till.engine.round().trouble is None
    assert till.ledger.known.incarnation == 2


def test_a_server_that_was_restored_gets_everything_again(tmp_path):
    with central(tmp_path) as server, a_till(tmp_path / "till", server) as till:
        member = till.somebody()
        till.credit(member, 5)
        till.engine.round()
        server.back_up(tmp_path / "backup")
        till.credit(member, 6)
        till.engine.round()
        shown = till.points(member)

        server.restore(tmp_path / "backup")
        till.connect()
        report = till.engine.round()

        assert report.pushed == 1
        assert server.points_of(member) == shown
        assert till.ledger.waiting() == 0


def test_a_server_that_is_away_is_waited_for(tmp_path):
    with central(tmp_path) as server, a_till(tmp_path / "till", server) as till:
        member = till.somebody()
        server.stop(kill=True)
        till.credit(member, 5)

        with pytest.raises(Offline) as offline:
            till.engine.round()
        shown = till.points(member)
        server.start()
        till.engine.round()

        assert offline.value.why in ("unreachable", "half")
        assert server.points_of(member) == till.points(member) == shown


def test_a_code_enrols_the_same_till_again_after_a_lost_answer(tmp_path, shared_server):
    code = shared_server.new_code("Caixa 05")
    first = Till(tmp_path / "one", shared_server.url, code)
    identity = first.ledger.known
    first.close()
    (tmp_path / "one" / "data").rename(tmp_path / "lost")

    again = Till(tmp_path / "one", shared_server.url, code)

    assert again.ledger.known == identity
    again.close()


# --- When to try again ---------------------------------------------------------------------------


def test_waits_double_up_to_a_minute_and_begin_again_after_a_success():
    schedule = Schedule(lambda: 1.0)

    assert [schedule.after_failure() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert schedule.after_success() == IDLE_S
    assert schedule.after_failure() == 1


def test_waits_are_drawn_from_nothing_up():
    schedule = Schedule(lambda: 0.0)

    assert [schedule.after_failure() for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize(("asked", "waited"), [(7.0, 8.0), (86_400.0, 301.0), (None, 1.0)])
def test_what_the_server_asks_for_is_obeyed_up_to_five_minutes(asked, waited):
    assert Schedule(lambda: 1.0).after_failure(asked) == waited


# --- Rarely --------------------------------------------------------------------------------------


def test_a_new_epoch_is_greeted_in_the_same_round(till):
    def restored(name, answer):
        return msgspec.structs.replace(answer, epoch=77) if name == "pull" else answer

    between = Between(till.server, restored)
    engine = till.engine_with(between)

    engine.round()

    assert between.asked == ["hello", "pull", "hello", "pull"]
    assert till.ledger.known.epoch == 77
    between._spoil = as_it_is
    engine.round()
    assert between.asked[4:] == ["hello", "pull"]
    assert till.ledger.known.epoch != 77


def test_a_server_that_recovers_hears_in_the_same_round_that_all_is_pushed(fresh_till):
    def recovers(name, answer):
        return msgspec.structs.replace(answer, recovering=True) if name == "hello" else answer

    between = Between(fresh_till.server, recovers)
    engine = fresh_till.engine_with(between)
    fresh_till.credit(fresh_till.named("marina alves"), 7)

    report = engine.round()
    engine.round()

    assert report.pushed == 1
    assert between.asked == ["hello", "push", "pull", "hello", "pull", "hello", "pull"]


def test_what_a_server_calls_forked_is_left_for_a_life_that_begins_in_the_same_round(fresh_till):
    def forked(name, answer):
        if name == "push":
            raise Rejected(Refused(Reason.CHAIN_FORKED))
        return answer

    member = fresh_till.named("marina alves")
    fresh_till.borrow(member, 5)
    fresh_till.credit(member, 7)

    between = Between(fresh_till.server, forked)
    report = fresh_till.engine_with(between).round()

    assert (report.trouble, report.pushed) == (None, 1)
    assert fresh_till.ledger.waiting() == 0
    assert fresh_till.ledger.leases.of(member) == ()
    asked = ["hello", "push", "pull", "reincarnate", "hello", "push", "pull"]
    assert [name for name in between.asked if name in asked] == asked


def test_another_refusal_of_a_batch_is_an_outcome_of_the_round(till):
    def invalid(name, answer):
        if name == "push":
            raise Rejected(Refused(Reason.CHAIN_BROKEN))
        return answer

    till.credit(till.somebody(), 7)

    with pytest.raises(Rejected):
        till.engine_with(Between(till.server, invalid)).round()


def test_a_server_that_asks_for_what_is_forgotten_is_told_so(fresh_till):
    for _ in range(2):
        fresh_till.credit(fresh_till.named("marina alves"), 7)
    with fresh_till.ledger._database.writing() as connection:
        connection.execute("DELETE FROM journal WHERE seq = 1")

    def far_behind(name, answer):
        return msgspec.structs.replace(answer, last_seq=1) if name == "hello" else answer

    report = fresh_till.engine_with(Between(fresh_till.server, far_behind)).round()

    assert report.trouble is Reason.CHAIN_GAP


def test_events_too_large_for_one_batch_go_in_several(fresh_till):
    till = fresh_till

    class Deaf:
        """Notes how large the batches are that it is sent, and says nothing."""

        def __init__(self):
            self.sizes = []

        def push(self, batch):
            self.sizes.append(len(batch))
            raise Offline("half")

    lines = tuple(Line(net=1, code=f"produto de nome comprido {n}") for n in range(1_200))
    member = till.somebody()
    after = till.ledger.head().seq
    for _ in range(220):
        till.credit(member, 1, lines=lines, evidence="receipt")
    deaf = Deaf()

    with pytest.raises(Offline):
        push.push_pending(till.store.replica, deaf, till.keys.signing_key, after=after)

    assert BATCH_BYTES_MAX / 3 < deaf.sizes[0] <= BATCH_BYTES_MAX
