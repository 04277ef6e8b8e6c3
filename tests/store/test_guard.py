"""A ledger that was put back, or came from elsewhere: what the guard beside the settings sees."""

import dataclasses
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_desk.paths import places as places_of
from loyalty_desk.store.guard import Guard, Marks, doubt
from loyalty_desk.store.keys import load_keys
from loyalty_desk.store.opening import open_store
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import ReincarnateAnswer, StaffRow
from tests.store.acts import (
    IDENTITY,
    MARINA,
    MINUTE,
    NOON,
    a_lease_id,
    a_lease_row,
    a_page,
    a_redemption,
    a_row,
    an_accrual,
    an_enrolment,
    seeded_bytes,
)

ANA = StaffRow(41, "Ana", "cashier", "0a" * 16, "0b" * 32, "", 0, "07:00-15:00")
NOBODY = bytes(32)


def copy_of(places, to):
    shutil.copytree(places.data, to)
    return to


def put_back(places, copy):
    shutil.rmtree(places.data)
    shutil.copytree(copy, places.data)


def close(store):
    store.close(NOON)


def why(store):
    return store.ledger.lives.leaving


def test_a_till_that_is_only_closed_and_opened_keeps_its_life(store, open_again):
    for _ in range(5):
        store.ledger.record([an_accrual()])
        store = open_again()
        assert why(store) is None
    assert store.ledger.lives.starts == 6


def test_a_data_folder_put_back_leaves_the_life_and_what_was_lent(
    store, open_again, places, tmp_path
):
    store.ledger.leases.keep(a_lease_row(a_lease_id()), now=NOON)
    close(store)
    copy = copy_of(places, tmp_path / "copy")
    open_again()
    close(open_again())

    put_back(places, copy)
    found = open_again()

    assert why(found) == "rolled_back"
    assert found.ledger.leases.of(MARINA) == ()
    with pytest.raises(Refused) as refused:
        found.ledger.record([a_redemption(a_lease_id())])
    assert refused.value.reason is Reason.NEEDS_CONNECTION
    assert found.ledger.record([an_accrual()])[0].seq == 1


def test_a_copy_of_the_same_start_shows_by_the_acts_it_lacks(store, open_again, places, tmp_path):
    copy = copy_of(places, tmp_path / "copy")
    store.ledger.record([an_accrual()])
    store.idle(NOON)
    close(store)

    put_back(places, copy)

    assert why(open_again()) == "rolled_back"


def test_a_copy_from_before_a_lease_was_given_back_shows(store, open_again, places, tmp_path):
    store.ledger.leases.keep(a_lease_row(a_lease_id()), now=NOON)
    copy = copy_of(places, tmp_path / "copy")
    store.ledger.leases.give_back([a_lease_id()])
    store.cache.close()
    store.ledger.close()  # the power fails: there was no idle moment

    put_back(places, copy)

    assert why(open_again()) == "rolled_back"


def test_an_older_ledger_alone_gets_its_events_back_from_the_salvage_file(
    store, open_again, places
):
    close(store)
    old = places.ledger.read_bytes()
    later = open_again()
    ids = [later.ledger.record([act])[0].event for act in (an_accrual(), an_enrolment())]
    head = later.ledger.head()
    later.idle(NOON)
    close(later)

    places.ledger.write_bytes(old)
    found = open_again()

    assert why(found) == "rolled_back"
    assert found.ledger.head() == head
    assert [found.ledger.visits.find(one) is not None for one in ids] == [True, True]
    assert len(found.ledger.outgoing(0, 10).sealed) == 1


def test_a_folder_that_came_without_its_settings_leaves_its_life(store, open_again, places):
    store.ledger.record([an_accrual()])
    close(store)
    places.guard.unlink()

    assert why(open_again()) == "copied"


def test_a_guard_of_another_machine_is_none(store, open_again, places):
    close(store)
    body = places.guard.read_bytes()
    places.guard.write_bytes(body.replace(b'"start":1', b'"start":9'))

    assert why(open_again()) == "copied"


def test_a_ledger_of_a_version_without_a_guard_is_taken_as_it_is(store, open_again, places):
    store.ledger.lives.count_start(0)
    store.watch.guard.keep = lambda marks: None
    close(store)
    places.guard.unlink()

    found = open_again()

    assert why(found) is None
    assert places.guard.exists()


def test_power_that_fails_between_the_two_counts_of_a_start_is_no_doubt(store, open_again, places):
    close(store)
    kept = places.guard.read_bytes()
    close(open_again())
    places.guard.write_bytes(kept)

    assert why(open_again()) is None


def test_a_cache_that_knows_more_than_the_ledger_shows_it_too(store, open_again, places):
    close(store)
    old = {one: one.read_bytes() for one in (places.ledger, places.guard)}
    later = open_again()
    later.ledger.record([an_accrual(points=86)])
    later.replica.keep_page(a_page(a_row(points=1_286), acked=1), asked_at=NOON, now=NOON)
    close(later)
    for path, body in old.items():
        path.write_bytes(body)
    places.salvage.unlink()

    found = open_again()
    assert why(found) == "rolled_back"
    found.ledger.record([an_enrolment(), an_accrual(points=10)])
    found.idle(NOON)

    assert found.members.by_id(MARINA).holding.points == 1_296
    assert len(found.ledger.outgoing(0, 10).sealed) == 1


def test_a_life_that_begins_goes_on_behind_the_one_before(store, open_again):
    ledger = store.ledger
    ledger.record([an_accrual()])
    ledger.leave_life("forked")
    request = ledger.lives.request()
    assert request == ledger.lives.request()
    ledger.record([an_accrual()])
    late = ledger.lives.request()
    assert late.id != request.id
    answer = ReincarnateAnswer(incarnation=2, issuer=77, epoch=1, now=NOON)

    assert not ledger.begin_life(request, answer)
    assert ledger.begin_life(late, answer)

    for again in (False, True):
        reader = open_again().ledger if again else ledger
        assert (reader.known.incarnation, reader.known.issuer) == (2, 77)
        assert reader.lives.leaving is None
        assert reader.head().seq == 2
        assert reader.outgoing(2, 10) is None
        assert reader.waiting() == 2
        (earlier,) = reader.lives.earlier()
        assert (earlier.begins, earlier.ends, earlier.delivered) == (0, 2, 0)
        assert len(reader.lives.outgoing_of(earlier, 0, 10).bodies) == 2
    assert reader.record([an_accrual()])[0].seq == 3
    assert reader.outgoing(2, 10).from_seq == 3


def test_an_answer_that_comes_too_late_begins_no_life(store):
    store.ledger.leave_life("forked")
    request = store.replica.wanted_life()
    store.ledger.record([an_accrual()])

    answer = ReincarnateAnswer(incarnation=2, issuer=77, epoch=1, now=NOON)

    assert not store.replica.begin_life(request, answer)
    assert store.replica.begun_by() == ()
    assert store.ledger.known.incarnation == 1


def test_a_life_that_the_server_cannot_take_stays_until_it_is_restored(store):
    ledger = store.ledger
    ledger.record([an_accrual()])
    ledger.leave_life("forked")
    answer = ReincarnateAnswer(incarnation=2, issuer=77, epoch=1, now=NOON)
    ledger.begin_life(ledger.lives.request(), answer)
    (life,) = store.replica.earlier_lives()

    store.replica.give_up(life, Reason.CHAIN_BROKEN)

    assert (ledger.waiting(), ledger.lives.stuck()) == (0, 1)
    assert [number for number, _, _ in ledger.lives.unsent()] == [1]
    ledger.lives.in_epoch(2)
    assert (ledger.waiting(), ledger.lives.stuck()) == (1, 0)
    store.replica.delivered(life, 1, ())
    assert list(ledger.lives.unsent()) == []


def test_before_the_enrolment_there_is_no_life_to_note(open_again):
    assert open_again().ledger.lives.notes() == ()


def test_a_pull_says_nothing_of_events_that_an_earlier_life_has_not_delivered(store):
    ledger = store.ledger
    ledger.record([an_enrolment(), an_accrual(points=86)])
    ledger.leave_life("forked")
    answer = ReincarnateAnswer(incarnation=2, issuer=77, epoch=1, now=NOON)
    assert ledger.begin_life(ledger.lives.request(), answer)

    store.replica.keep_page(a_page(a_row(points=1_200), acked=2), asked_at=NOON, now=NOON)
    store.idle(NOON)

    assert store.members.by_id(MARINA).holding.points == 1_286
    (earlier,) = ledger.lives.earlier()
    assert len(ledger.lives.outgoing_of(earlier, 0, 10).sealed) == 1
    store.replica.delivered(earlier, 2, ())
    store.replica.keep_page(a_page(a_row(points=1_286), acked=2), asked_at=NOON, now=NOON)
    assert store.members.by_id(MARINA).holding.points == 1_286
    assert ledger.waiting() == 0


# --- PINs ----------------------------------------------------------------------------------------


def guess(store, times):
    said = []
    for _ in range(times):
        with pytest.raises(Refused) as refused:
            store.ledger.staff.check_pin(ANA.id, NOBODY, now=NOON)
        said.append(refused.value.reason)
    return said


def test_tries_of_a_pin_are_not_given_back_by_an_older_ledger(store, open_again, places, tmp_path):
    store.ledger.staff.keep_all([ANA])
    close(store)
    copy = copy_of(places, tmp_path / "copy")
    guess(open_again(), 5)

    put_back(places, copy)
    found = open_again()

    assert found.ledger.staff.by_id(ANA.id).wrong == 5
    assert guess(found, 1) == [Reason.PIN_LOCKED]


def test_a_new_pin_begins_with_all_its_tries(store, open_again):
    store.ledger.staff.keep_all([ANA])
    guess(store, 5)
    renewed = StaffRow(41, "Ana", "cashier", "0a" * 16, "0c" * 32, "", 0, "07:00-15:00")
    store.ledger.staff.keep_all([renewed])

    assert open_again().ledger.staff.by_id(ANA.id).wrong == 0


def test_a_right_pin_forgets_the_wrong_ones_everywhere(store, open_again):
    store.ledger.staff.keep_all([ANA])
    guess(store, 3)
    store.ledger.staff.check_pin(ANA.id, bytes.fromhex(ANA.verifier), now=NOON + MINUTE)

    assert open_again().ledger.staff.by_id(ANA.id).wrong == 0


# --- The file ------------------------------------------------------------------------------------

numbers = st.integers(0, 5)
marks = st.builds(Marks, start=numbers, incarnation=numbers, seq=numbers, releases=numbers)


@given(marks, marks)
def test_a_ledger_that_knows_less_than_its_guard_is_doubted(seen, ledger):
    less = any(
        getattr(ledger, name) < getattr(seen, name) for name in ("incarnation", "seq", "releases")
    )
    if less or ledger.start not in (seen.start, seen.start + 1):
        assert doubt(seen, ledger) == "rolled_back"
    else:
        assert doubt(seen, ledger) is None


def test_every_changed_bit_of_a_guard_makes_it_none(tmp_path):
    path = tmp_path / "guard.json"
    Guard(path, NOBODY).keep(Marks(start=3, seq=7))
    body = path.read_bytes()
    assert Guard(path, NOBODY).marks == Marks(start=3, seq=7)
    for bit in range(len(body) * 8):
        changed = bytearray(body)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        assert Guard(path, NOBODY).marks is None
    path.write_bytes(b"")
    assert Guard(path, NOBODY).marks is None


def test_a_guard_that_the_disk_does_not_take_is_a_refusal(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    guard = Guard(tmp_path / "elsewhere" / "guard.json", NOBODY)
    (tmp_path / "elsewhere").symlink_to(tmp_path / "file")
    with pytest.raises(Refused) as refused:
        guard.keep(Marks(start=1))

    assert guard.marks is None
    assert refused.value.reason is Reason.DISK_FULL


def test_another_machine_opens_nothing_of_a_copied_folder(store, places, tmp_path):
    close(store)
    other = places_of(root=tmp_path / "other")
    other.prepare()
    keys = load_keys(other, random_bytes=seeded_bytes(9), vault=None)
    shutil.copytree(places.data, other.data, dirs_exist_ok=True)

    with pytest.raises(Refused) as refused:
        open_store(other, keys, random_bytes=seeded_bytes(9), now=NOON)

    assert refused.value.reason is Reason.DATABASE_KEY_WRONG


def test_an_identity_is_kept_through_lives(store):
    assert dataclasses.replace(store.ledger.known, epoch=1) == IDENTITY


def test_leases_that_several_threads_give_back_at_once_are_all_in_the_guard(store, keys, places):
    rows = [a_lease_row(a_lease_id(n)) for n in range(120)]
    store.ledger.leases.keep_all(rows, now=NOON, asked_at=None)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda row: store.ledger.leases.give_back([bytes.fromhex(row.id)]), rows))

    kept = Guard(places.guard, keys.derived("guard")).marks
    assert kept.releases == store.ledger.leases.releases == len(rows)
