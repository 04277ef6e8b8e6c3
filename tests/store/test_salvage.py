"""A ledger that rots, or is gone: what the salvage file brings back, on real files."""

import random
import resource
import shutil
from contextlib import contextmanager, suppress

import pytest

from loyalty_desk.store.opening import open_store
from loyalty_desk.store.salvage import AckNote, Copy, LifeNote, Payload, Salvage
from loyalty_desk.store.watch import Damage
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import ReincarnateAnswer
from tests.store.acts import (
    CAIO,
    DAY,
    IDENTITY,
    MARINA,
    NOON,
    a_lease_id,
    a_lease_row,
    a_page,
    a_receipt,
    a_redemption,
    a_row,
    a_void,
    an_accrual,
    an_enrolment,
    seeded_bytes,
)

KEY = bytes(range(32))


def bodies(store):
    """Every event that the store would send, of every life."""
    return [
        body
        for _, after, behind in store.ledger.lives.unsent()
        for body in behind(after, 500).bodies
    ]


def a_morning(ledger):
    """Some acts of each kind."""
    ledger.leases.keep(a_lease_row(a_lease_id()), now=NOON)
    receipt = a_receipt()
    visit = ledger.record([an_accrual(receipt=receipt)])[0].visit
    ledger.record([an_enrolment()])
    ledger.record([a_redemption(a_lease_id(), 100)])
    ledger.record([a_void(visit)])
    ledger.record([an_accrual(receipt=receipt, member=CAIO)])
    return receipt


def closed(store):
    store.close(NOON)


def flipped(path, bit):
    body = bytearray(path.read_bytes())
    body[bit // 8] ^= 1 << bit % 8
    path.write_bytes(body)


@pytest.fixture
def again(places, keys, request):
    """Open the files again, and close what was opened."""
    opened = []

    def open_now():
        opened.append(open_store(places, keys, random_bytes=seeded_bytes(3), now=NOON))
        return opened[-1]

    yield open_now
    for one in opened:
        one.close(NOON)


def test_a_ledger_that_is_gone_is_made_anew_with_all_that_was_not_sent(store, places, again):
    receipt = a_morning(store.ledger)
    unsent, head = bodies(store), store.ledger.head()
    sealed = store.ledger.outgoing(0, 500).sealed
    closed(store)
    places.ledger.unlink()

    found = again()

    assert bodies(found) == unsent
    assert found.ledger.outgoing(0, 500).sealed == sealed
    assert (found.ledger.head(), found.ledger.known) == (head, IDENTITY)
    assert found.ledger.lives.leaving == "rolled_back"
    assert found.ledger.leases.of(MARINA) == ()
    assert found.members.by_id(CAIO).holding.points == 136
    with pytest.raises(Refused) as refused:
        found.ledger.record([an_accrual(receipt=receipt)])
    assert refused.value.reason is Reason.RECEIPT_USED


@pytest.mark.parametrize("seed", range(12))
def test_a_flipped_bit_costs_nothing_that_was_not_sent(store, places, again, seed):
    """Anywhere in the file: it is as good as it was, or made anew and the old one put aside."""
    chance = random.Random(seed)
    a_morning(store.ledger)
    store.ledger.parked.keep(a_parked := parked())
    unsent, points = bodies(store), store.members.card_effects("").points
    closed(store)
    for _ in range(3):
        flipped(places.ledger, chance.randrange(places.ledger.stat().st_size * 8))

    found = again()

    assert bodies(found) == unsent
    assert found.members.card_effects("").points == points
    if found.watch.put_aside is not None:
        assert (found.watch.put_aside / "ledger.db").exists()
        assert found.ledger.lives.leaving == "rolled_back"
        assert found.ledger.leases.of(MARINA) == ()
    assert found.ledger.parked.all() in ((a_parked,), ())


def parked():
    from loyalty_desk.store.shelf import Parked

    return Parked("p1", NOON, 41, MARINA, b"visit")


def test_a_log_that_rots_before_it_is_emptied_loses_no_event(store, places, again, tmp_path):
    store.idle(NOON)
    a_morning(store.ledger)
    store.watch.idle(NOON, acked=0)  # written down; the database's own log is as it was
    unsent = bodies(store)
    image = tmp_path / "image"
    shutil.copytree(places.data, image)
    closed(store)
    shutil.rmtree(places.data)
    shutil.copytree(image, places.data)
    log = places.ledger.with_name("ledger.db-wal")
    flipped(log, 8 * 3_000)

    found = again()

    assert bodies(found) == unsent
    assert found.ledger.lives.leaving == "rolled_back"


def test_events_of_the_last_second_are_read_out_of_the_hurt_file(store, places, again):
    store.ledger.record([an_accrual()])
    store.idle(NOON)
    kept = places.salvage.read_bytes()
    a_morning(store.ledger)
    unsent = bodies(store)
    closed(store)
    places.salvage.write_bytes(kept)  # the idle worker had not come to it
    places.ledger.with_name("ledger.hurt").write_bytes(b"")

    found = again()

    assert len(unsent) == 6
    assert bodies(found) == unsent
    assert not places.ledger.with_name("ledger.hurt").exists()
    later = again()
    assert later.watch.put_aside is None
    assert later.watch.damage() == Damage(made_anew=NOON)


def test_lives_come_back_with_their_events(store, places, again):
    ledger = store.ledger
    ledger.record([an_accrual()])
    ledger.leave_life("forked")
    request = ledger.lives.request()
    answer = ReincarnateAnswer(incarnation=2, issuer=77, epoch=1, now=NOON)
    assert ledger.begin_life(request, answer)
    store.idle(NOON)
    ledger.record([an_accrual()])
    unsent = bodies(store)
    closed(store)
    places.ledger.unlink()

    found = again()

    assert bodies(found) == unsent
    assert found.ledger.known.incarnation == 2
    assert found.ledger.lives.begun_by() == ((IDENTITY, request),)
    assert [one.ends for one in found.ledger.lives.earlier()] == [1]


def test_a_changed_event_is_mended_and_one_that_cannot_be_ends_the_life(store, places, again):
    for _ in range(3):
        store.ledger.record([an_accrual(points=86)])
    unsent = bodies(store)
    store.idle(NOON)
    change(store, 2)
    closed(store)

    found = again()
    assert bodies(found) == unsent
    assert (found.watch.hurt, found.ledger.lives.leaving) == ((), None)

    change(found, 2)
    closed(found)
    places.salvage.unlink()
    lost = again()
    assert lost.watch.hurt == (2,)
    assert lost.watch.damage() == Damage(hurt=1)
    assert lost.ledger.lives.leaving == "unknown"


def change(store, seq):
    """Change an event where no page's check value sees it."""
    with store.ledger._database.writing() as connection:
        (body,) = connection.execute("SELECT body FROM journal WHERE seq = ?", (seq,)).fetchone()
        body = body.replace(b'"forecast":86', b'"forecast":99')
        connection.execute("UPDATE journal SET body = ? WHERE seq = ?", (body, seq))


def test_the_whole_journal_is_checked_once_a_day(store, places, again, monkeypatch):
    monkeypatch.setattr("loyalty_desk.store.watch._TAIL", 1)
    monkeypatch.setattr("loyalty_desk.store.watch._CHECKED_AT_ONCE", 4)
    for _ in range(10):
        store.ledger.record([an_accrual(points=86)])
    unsent = bodies(store)
    for _ in range(4):
        store.idle(NOON)
    assert store.watch.checked_at == NOON
    change(store, 5)
    store.idle(NOON + DAY - 1)
    assert bodies(store) != unsent

    for _ in range(4):
        store.idle(NOON + DAY)

    assert bodies(store) == unsent
    assert store.watch.checked_at == NOON + DAY


# --- A full disk ---------------------------------------------------------------------------------


@contextmanager
def no_file_grows_beyond(size):
    """Until the end, this process can write no file beyond `size` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_that_did_not_fit_comes_again_when_there_is_room(tmp_path):
    path = tmp_path / "salvage.log"
    salvage = Salvage(path, KEY, seeded_bytes())
    salvage.append([a_copy(1)])

    with no_file_grows_beyond(path.stat().st_size + 50), pytest.raises(Refused) as refused:
        salvage.append([a_copy(2)])
    assert (refused.value.reason, salvage.seq) == (Reason.DISK_FULL, 1)
    salvage.append([a_copy(2), a_copy(3)])

    assert sorted(Salvage(path, KEY, seeded_bytes()).copies()) == [1, 2, 3]


def test_a_full_disk_refuses_whole_acts_and_loses_nothing(store, places, again):
    store.ledger.record([an_accrual()])
    store.idle(NOON)
    before, head = bodies(store), store.ledger.head()
    room = places.ledger.with_name("ledger.db-wal").stat().st_size

    reasons = []
    with no_file_grows_beyond(max(room, places.ledger.stat().st_size)):
        for _ in range(40):
            try:
                store.ledger.record([an_accrual()])
            except Refused as refused:
                reasons.append(refused.reason)
        with suppress(Refused):
            store.idle(NOON)
    assert set(reasons) == {Reason.DISK_FULL}
    recorded = bodies(store)
    assert recorded[: len(before)] == before
    assert store.ledger.head().seq == len(recorded) == head.seq + 40 - len(reasons)
    store.ledger.record([an_accrual()])
    recorded = bodies(store)
    closed(store)

    found = again()
    assert bodies(found) == recorded
    assert found.ledger.lives.leaving is None
    assert sorted(found.watch.salvage.copies()) == list(range(1, len(recorded) + 1))


# --- The file ------------------------------------------------------------------------------------


def test_personal_data_goes_from_it_when_the_server_has_it(store, places):
    store.ledger.record([an_enrolment(), an_accrual()])
    store.idle(NOON)
    assert b"Caio" not in places.salvage.read_bytes()
    kinds = [type(one) for one in store.watch.salvage.lines()]
    assert kinds.count(Payload) == 1

    store.replica.keep_page(a_page(a_row(), acked=2), asked_at=NOON, now=NOON)
    store.idle(NOON + 2 * DAY)

    kinds = [type(one) for one in store.watch.salvage.lines()]
    assert (kinds.count(Payload), kinds.count(Copy)) == (0, 2)


def test_what_the_ledger_forgets_it_forgets(store):
    for _ in range(3):
        store.ledger.record([an_accrual()])
    store.replica.keep_page(a_page(a_row(), acked=3), asked_at=NOON, now=NOON)
    for day in range(91):
        store.replica.heard(server_now=NOON + day * DAY, offset_ms=0, epoch=1)
        store.idle(NOON + day * DAY)

    assert sorted(store.watch.salvage.copies()) == [3]


def a_copy(seq):
    return Copy(seq, False, b"h" * 32, b"body %d" % seq, b"")


@pytest.mark.parametrize("seed", range(20))
def test_every_flipped_bit_costs_one_line_at_most(tmp_path, seed):
    path = tmp_path / "salvage.log"
    Salvage(path, KEY, seeded_bytes()).append([a_copy(one) for one in range(1, 41)])
    flipped(path, random.Random(seed).randrange(path.stat().st_size * 8))

    found = Salvage(path, KEY, seeded_bytes())

    assert len(found.copies()) >= 38  # a changed line's end joins two
    assert all(one == a_copy(one.seq) for one in found.copies().values())
    found.append([a_copy(41)])
    assert Salvage(path, KEY, seeded_bytes()).seq == 41


def test_a_line_that_power_cut_off_does_not_spoil_the_next(tmp_path):
    path = tmp_path / "salvage.log"
    Salvage(path, KEY, seeded_bytes()).append([a_copy(1), a_copy(2)])
    path.write_bytes(path.read_bytes()[:-7])
    found = Salvage(path, KEY, seeded_bytes())
    assert found.seq == 1

    found.append([a_copy(2), a_copy(3)])

    assert sorted(Salvage(path, KEY, seeded_bytes()).copies()) == [1, 2, 3]


def test_notes_are_the_last_that_was_said(tmp_path):
    path = tmp_path / "salvage.log"
    salvage = Salvage(path, KEY, seeded_bytes())
    salvage.append([LifeNote(0, IDENTITY), AckNote(5), AckNote(7)])
    assert (salvage.life.identity, salvage.acked, salvage.seq) == (IDENTITY, 7, 0)
    assert len(list(Salvage(path, KEY, seeded_bytes()).lines())) == 3
    assert list(Salvage(path, bytes(32), seeded_bytes()).lines()) == []


def test_the_file_of_an_older_version_has_no_lives(places, keys):
    """A till in the field: its ledger was made before lives, guard and salvage file."""
    opened = open_store(places, keys, random_bytes=seeded_bytes(), now=NOON)
    opened.ledger.enrolled(IDENTITY)
    opened.ledger.record([an_accrual()])
    with opened.ledger._database.writing() as connection:
        connection.execute("DELETE FROM meta WHERE name IN ('starts', 'begins', 'releases')")
    opened.close(NOON)
    places.guard.unlink()
    places.salvage.unlink()

    found = open_store(places, keys, random_bytes=seeded_bytes(), now=NOON)

    assert found.ledger.lives.leaving is None
    assert found.watch.salvage.seq == 1
    found.close(NOON)
