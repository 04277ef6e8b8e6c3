"""Removal: all that a till keeps on its machine is named and goes; nothing else does."""

import shutil

import pytest

from loyalty_desk.paths import places as places_of
from loyalty_desk.store import recovery, removal, whole_file
from loyalty_desk.store.instance_lock import hold_lock
from sync.programme.refusals import Reason
from tests.refusals import reason
from tests.store.acts import NOON, an_accrual


@pytest.fixture
def left(store, places):
    """A till that is closed, with cards, a log and settings, a profile beside the first."""
    store.ledger.record([an_accrual()])
    store.close(NOON)
    hold_lock(places.lock).release()
    whole_file.put(places.settings, b"")
    whole_file.put(places.cards / "Marina.pdf", b"card")
    whole_file.put(places.log.with_name(places.log.name + ".1"), b"older")
    return places


def test_nothing_is_named_where_nobody_ever_was(tmp_path):
    assert removal.kept(places_of(root=tmp_path)) == ()


def test_everything_that_is_named_goes_and_nothing_else(left, tmp_path):
    stranger = left.data / "holiday.jpg"
    stranger.touch()
    named = removal.kept(left)
    assert {left.ledger, left.cache, left.keys, left.settings, left.cards} <= set(named)

    removal.remove_all(left, None)
    assert removal.kept(left) == (left.lock,)

    removal.remove_folders(left)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [stranger]
    assert not left.config.exists()

    stranger.unlink()
    removal.remove_folders(left)
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == []
    assert not left.data.exists()


def test_a_profile_goes_and_leaves_the_one_beside_it(tmp_path):
    first, second = (places_of(name, root=tmp_path) for name in ("", "two"))
    for one in (first, second):
        one.prepare()
        whole_file.put(one.settings, b"")

    removal.remove_all(second, None)
    removal.remove_folders(second)

    assert not second.config.exists()
    assert removal.kept(first) == (first.settings,)


def test_a_till_that_begins_anew_keeps_its_settings_and_keys(left):
    removal.remove_store(left)

    assert left.keys.exists()
    assert left.settings.exists()
    assert not left.ledger.exists()
    assert not left.salvage.exists()


def test_members_papers_and_what_was_put_aside_go_and_what_was_saved_to_be_carried_stays(left):
    aside = recovery.put_aside(left.ledger, NOON)
    whole_file.put(left.slips / "Marina.pdf", b"slip")
    whole_file.put(left.exports / "outbox.txt", b"records")

    removal.remove_store(left)

    assert not any(path.exists() for path in (left.cards, left.slips, aside))
    assert (left.exports / "outbox.txt").exists()


@pytest.mark.parametrize(
    ("stuck", "events"),
    [("salvage", 1), ("ledger_anew", 1), ("ledger_hurt", 1), ("cache", 0), ("guard", 0)],
)
def test_a_removal_that_is_cut_short_leaves_the_till_whole_or_none(left, open_again, stuck, events):
    file = getattr(left, stuck)
    file.unlink(missing_ok=True)
    file.mkdir()
    assert reason(removal.remove_store, left) is Reason.DISK_FULL
    file.rmdir()

    ledger = open_again().ledger

    assert ledger.head().seq == events
    assert (ledger.identity is None) == (events == 0)
    assert ledger.lives.leaving is None


def test_nothing_that_was_left_of_a_repair_makes_the_till_again(left, open_again):
    shutil.copy(left.ledger, left.ledger_anew)
    left.ledger_hurt.touch()
    assert {left.ledger_anew, left.ledger_hurt} <= set(removal.kept(left))

    removal.remove_store(left)

    assert not {left.ledger_anew, left.ledger_hurt} & set(removal.kept(left))
    assert open_again().ledger.identity is None


def test_a_disk_that_lets_nothing_go_is_named(left):
    left.lock.unlink()
    for folder in (left.ledger, left.lock):
        folder.unlink(missing_ok=True)
        folder.mkdir()
        (folder / "file").touch()

    assert reason(removal.remove_store, left) is Reason.DISK_FULL
    assert reason(removal.remove_folders, left) is Reason.DISK_FULL
    (left.ledger / "file").unlink()
