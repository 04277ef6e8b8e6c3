"""A first copy in parts: the same rows as a pull, complete, signed, and never of the forgotten."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import update

from sync.programme.refusals import Reason, Refused
from sync.protocol import codec, signing
from sync.protocol.columns import unpack_rows
from sync.protocol.messages import Manifest
from sync.protocol.tally import tally_of
from sync.server.api.snapshots import Snapshots
from sync.server.office import snapshot
from sync.server.office.epoch import keep_setting
from sync.server.office.members import block, erase
from sync.server.store.tables import balances
from tests.server.shop import HOUR, NOON, enrolled_till, pull
from tests.server.test_pull import everything


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "snapshots"


@pytest.fixture
def shop(office, till):
    """A till, and seven members who came one after the other."""
    for number in range(7):
        member = till.enrolment().member
        till.at = NOON + number * HOUR
        till.accrual(member, 1_000 + number)
    till.push()
    return till


def manifest_of(office, folder, now=NOON):
    kept = snapshot.kept(office, folder, 1, now=now)
    return kept.manifest


def copied(office, folder, now=NOON):
    """Every row of a snapshot, in its order."""
    refs = manifest_of(office, folder, now).chunks
    parts = [snapshot.part(office, folder, 1, ref.sha256, now=now) for ref in refs]
    return [row for part in parts for row in unpack_rows(part)]


def test_a_snapshot_holds_what_a_pull_brings_who_came_last_first(office, shop, folder, monkeypatch):
    monkeypatch.setattr(snapshot, "CHUNK_MEMBERS", 3)
    monkeypatch.setattr(snapshot, "_PAGE", 2)

    assert snapshot.build(office, folder, 1, now=shop.at)

    rows, _ = everything(shop)
    found = copied(office, folder)
    assert {row.id: row for row in found} == rows
    visits = [row.last_visit for row in found]
    assert (visits, len(visits)) == (sorted(visits, reverse=True), 7)
    assert [ref.members for ref in manifest_of(office, folder).chunks] == [3, 3, 1]
    assert everything(shop, manifest_of(office, folder).cursor)[0] == {}


def test_what_changed_after_it_comes_with_the_pull_from_its_cursor(office, shop, folder):
    snapshot.build(office, folder, 1, now=shop.at)
    member = copied(office, folder)[3].id

    shop.accrual(member, 5_000)
    shop.push()

    rows, _ = everything(shop, manifest_of(office, folder).cursor)
    assert set(rows) == {member}


def test_a_part_is_named_by_what_is_in_it_and_the_list_of_parts_is_signed(office, shop, folder):
    snapshot.build(office, folder, 1, now=NOON)
    kept = snapshot.kept(office, folder, 1, now=NOON)
    server_key = office.keys.config.public_key().public_bytes_raw()

    (ref,) = kept.manifest.chunks
    part = snapshot.part(office, folder, 1, ref.sha256, now=NOON)

    assert (hashlib.sha256(part).hexdigest(), len(part)) == (ref.sha256, ref.size)
    manifest, signature = kept.answer.manifest.encode(), kept.answer.signature
    signing.check_manifest(server_key, signature=signature, manifest=manifest)
    assert codec.decode(manifest, Manifest) == kept.manifest
    with pytest.raises(Refused):
        signing.check_manifest(server_key, signature=signature, manifest=manifest + b" ")


def test_whoever_is_forgotten_while_it_is_made_is_not_in_it(office, shop, folder):
    rows, _ = everything(shop)

    def forgetting():
        for member in rows:
            erase(office, member, staff=1, now=NOON)
        return True

    assert snapshot.build(office, folder, 1, now=NOON, goes_on=forgetting)

    place = folder / "store-1"
    assert [file.name for file in place.iterdir()] == ["manifest.json"]


def test_names_do_not_lie_in_the_parts_as_they_are(office, shop, folder):
    snapshot.build(office, folder, 1, now=NOON)

    for file in (folder / "store-1").iterdir():
        content = file.read_bytes()
        assert b"Pessoa" not in content
        with pytest.raises(Refused):
            unpack_rows(content)


def test_an_erasure_ends_the_snapshot_that_still_holds_the_person(office, shop, folder):
    snapshot.build(office, folder, 1, now=NOON)
    (ref,) = manifest_of(office, folder).chunks
    erase(office, copied(office, folder)[0].id, staff=1, now=NOON)

    with pytest.raises(Refused) as refused:
        snapshot.part(office, folder, 1, ref.sha256, now=NOON)

    assert refused.value.reason is Reason.NOT_FOUND
    assert list(folder.iterdir()) == []
    snapshot.build(office, folder, 1, now=NOON)
    assert len(copied(office, folder)) == 6


def test_an_erasure_ends_the_snapshot_though_an_event_of_theirs_comes_late(office, shop, folder):
    snapshot.build(office, folder, 1, now=NOON)
    member = copied(office, folder)[0].id
    erase(office, member, staff=1, now=NOON)
    shop.accrual(member, 1_000)
    shop.push()

    assert snapshot.kept(office, folder, 1, now=NOON) is None
    snapshot.build(office, folder, 1, now=NOON)
    assert len(copied(office, folder)) == 6


def test_who_was_told_of_the_snapshot_before_still_finds_its_parts(office, shop, folder):
    snapshot.build(office, folder, 1, now=NOON)
    (told,) = manifest_of(office, folder).chunks
    shop.accrual(copied(office, folder)[3].id, 5_000)
    shop.push()
    snapshot.build(office, folder, 1, now=shop.at)
    (newer,) = manifest_of(office, folder).chunks
    assert newer != told

    assert len(snapshot.part(office, folder, 1, told.sha256, now=shop.at)) == told.size
    snapshot.build(office, folder, 1, now=shop.at)
    with pytest.raises(Refused):
        snapshot.part(office, folder, 1, told.sha256, now=shop.at)


def test_an_erasure_ends_the_snapshot_before_as_well(office, shop, folder):
    for _ in range(2):
        snapshot.build(office, folder, 1, now=NOON)
    erase(office, copied(office, folder)[0].id, staff=1, now=NOON)

    assert snapshot.kept(office, folder, 1, now=NOON) is None
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["epoch", "scope"])
def test_a_snapshot_of_another_life_of_the_server_is_not_handed_out(office, shop, folder, name):
    snapshot.build(office, folder, 1, now=NOON)
    with office.database.write() as connection:
        keep_setting(connection, name, {"epoch": "2", "scope": "store"}[name])

    assert snapshot.kept(office, folder, 1, now=NOON) is None


def test_a_snapshot_from_before_a_restore_is_not_handed_out(office, shop, folder):
    snapshot.build(office, folder, 1, now=NOON)
    with office.database.write() as connection:
        connection.exec_driver_sql("UPDATE feed_heads SET head = 2")

    assert snapshot.kept(office, folder, 1, now=NOON) is None


class Meanwhile:
    """The office's database; something else is done just before the next to read does."""

    def __init__(self, database, act):
        self._database = database
        self._acts = [act]

    def read(self):
        if self._acts:
            self._acts.pop()()
        return self._database.read()


def test_a_part_that_is_asked_for_while_a_newer_snapshot_takes_its_place_is_found(
    office, shop, folder
):
    snapshot.build(office, folder, 1, now=NOON)
    (told,) = manifest_of(office, folder).chunks
    shop.accrual(copied(office, folder)[3].id, 5_000)
    shop.push()
    made = Meanwhile(office.database, lambda: snapshot.build(office, folder, 1, now=shop.at))
    busy = replace(office, database=made)

    assert len(snapshot.part(busy, folder, 1, told.sha256, now=shop.at)) == told.size

    (newer,) = manifest_of(office, folder).chunks
    assert newer != told
    assert len(snapshot.part(office, folder, 1, newer.sha256, now=shop.at)) == newer.size


@pytest.mark.parametrize("spoil", ["torn", "missing", "manifest"])
def test_a_part_that_the_disk_spoiled_is_refused_and_made_again(office, shop, folder, spoil):
    snapshot.build(office, folder, 1, now=NOON)
    (ref,) = manifest_of(office, folder).chunks
    file = folder / "store-1" / ("manifest.json" if spoil == "manifest" else ref.sha256)
    if spoil == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-3])

    with pytest.raises(Refused) as refused:
        snapshot.part(office, folder, 1, ref.sha256, now=NOON)

    assert refused.value.reason is Reason.NOT_FOUND
    assert snapshot.kept(office, folder, 1, now=NOON) is None


@pytest.mark.parametrize("sha256", ["0" * 64, "manifest.json", "../store-1/manifest.json", ""])
def test_nothing_but_its_parts_is_handed_out(office, shop, folder, sha256):
    snapshot.build(office, folder, 1, now=NOON)

    with pytest.raises(Refused) as refused:
        snapshot.part(office, folder, 1, sha256, now=NOON)

    assert refused.value.reason is Reason.NOT_FOUND


def test_many_changes_or_a_week_make_a_new_one_worth_while(office, shop, folder):
    snapshot.build(office, folder, 1, now=NOON)
    assert not snapshot.kept(office, folder, 1, now=NOON).stale
    assert snapshot.kept(office, folder, 1, now=NOON + snapshot.FRESH_MS + 1).stale

    for row in copied(office, folder)[:2]:
        shop.accrual(row.id, 1_000)
    shop.push()

    assert snapshot.kept(office, folder, 1, now=NOON).stale


def test_a_making_that_is_stopped_leaves_the_one_before(office, shop, folder):
    snapshot.build(office, folder, 1, now=NOON)
    before = manifest_of(office, folder)

    assert not snapshot.build(office, folder, 1, now=NOON + 1, goes_on=lambda: False)

    assert manifest_of(office, folder) == before
    assert [path.name for path in folder.iterdir()] == ["store-1"]


def test_small_stores_have_none_and_large_ones_have_it_made_behind_the_answer(office, shop, folder):
    small, large = Snapshots(office, folder, least=8), Snapshots(office, folder, least=7)

    assert small.offered(1, now=NOON).manifest == ""
    assert large.offered(1, now=NOON).manifest == ""
    small.close()
    large._maker.shutdown(wait=True)

    assert large.offered(1, now=NOON).manifest
    assert large.part(1, manifest_of(office, folder).chunks[0].sha256, now=NOON)


def test_one_that_is_being_made_is_not_begun_twice(office, shop, folder):
    maker, go_on = ThreadPoolExecutor(max_workers=1), threading.Event()
    maker.submit(go_on.wait, 60)
    snapshots = Snapshots(office, folder, least=1, maker=maker)

    for _ in range(2):
        assert snapshots.offered(1, now=NOON).manifest == ""
    assert maker._work_queue.qsize() == 1
    go_on.set()
    maker.shutdown(wait=True)

    assert snapshots.offered(1, now=NOON).manifest


def test_a_folder_that_takes_none_is_logged_and_tills_pull_page_by_page(
    office, shop, folder, caplog
):
    folder.mkdir()
    (folder / "store-1.new").touch()  # no folder
    snapshots = Snapshots(office, folder, least=1)

    assert snapshots.offered(1, now=NOON).manifest == ""
    snapshots._maker.shutdown(wait=True)

    assert "fault in making the snapshot of store 1" in caplog.text


# --- Tallies -------------------------------------------------------------------------------------


def test_the_database_adds_up_to_what_the_rows_come_to(office, shop):
    block(office, next(iter(everything(shop)[0])), staff=1, now=NOON)
    other = enrolled_till(office, store=2, seed=2)
    other.lend(other.member(), 20)

    rows, cursor = everything(shop)
    asked = _with_tally(shop, cursor)

    assert asked.tally == tally_of(rows.values())
    assert asked.tally.members == 8


def test_a_tally_is_given_with_the_last_page_only(office, shop):
    assert _with_tally(shop, "", limit=3).tally is None
    assert _with_tally(shop, "", limit=7).tally is not None
    assert shop.pull().tally is None


def test_points_that_stand_with_the_wrong_member_change_the_tally(office, shop):
    rows, cursor = everything(shop)
    before = _with_tally(shop, cursor).tally
    first, second = list(rows)[:2]

    with office.database.write() as connection:
        for member, points in ((first, 1), (second, -1)):
            connection.execute(
                update(balances)
                .where(balances.c.member_id == member)
                .values(
                    points=balances.c.points + points,
                    earned_total=balances.c.earned_total + points,
                )
            )

    after = _with_tally(shop, cursor).tally
    assert (after.members, after.sum == before.sum) == (before.members, False)


def _with_tally(till, cursor, limit=5_000):
    return pull(till.office, till.caller, cursor=cursor, limit=limit, now=till.at, tally=True)
