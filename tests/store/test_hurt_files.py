"""Files that are hurt as they seldom are: each hurt is named, and what can be read is kept."""

from contextlib import closing, suppress
from functools import partial

import pytest

from loyalty_desk.store import recovery
from loyalty_desk.store.guard import Guard
from loyalty_desk.store.ledger import open_ledger
from loyalty_desk.store.opening import open_store
from loyalty_desk.store.recovery import Held
from loyalty_desk.store.salvage import AckNote, Copy, Salvage
from loyalty_desk.store.staff_book import Attempts
from sync.programme.refusals import Reason, Refused
from tests.faults.pages import PLAIN, Pages
from tests.store.acts import (
    DAY,
    MARINA,
    NOON,
    a_lease_id,
    a_lease_row,
    a_page,
    a_receipt,
    a_row,
    a_void,
    an_accrual,
    an_enrolment,
    seeded_bytes,
)
from tests.store.test_salvage import KEY, again, bodies, change, flipped, no_file_grows_beyond

__all__ = ["again"]  # a fixture

PAGE_BYTES = 4_096


def tampered(store, *statements):
    """Change the open ledger where no page's check value sees it."""
    with store.ledger._database.writing() as connection:
        for statement in statements:
            connection.execute(statement)


def check_all_again(store):
    """Two days later: the check that is under way is finished, and another one done."""
    for days in (1, 2):
        store.idle(NOON + days * DAY)


def past_the_retention(store):
    """Every day the server is heard, and then nobody comes."""
    for now in range(NOON, NOON + 91 * DAY, DAY):
        store.replica.heard(server_now=now, offset_ms=0, epoch=1)
        store.idle(now)


def refused_for(act):
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.reason


# --- The journal ---------------------------------------------------------------------------------


def test_a_journal_with_a_hole_sends_nothing_from_behind_it(store):
    store.ledger.record([an_accrual(), an_accrual(), an_accrual()])
    tampered(store, "DELETE FROM journal WHERE seq = 2")

    assert refused_for(lambda: store.ledger.outgoing(0, 10)) is Reason.CHAIN_GAP
    assert store.ledger.lives.broken(0, 10) == ([3], 3)


def test_an_event_that_is_none_any_more_is_damage_until_it_is_mended(store):
    store.ledger.record([an_accrual()])
    store.idle(NOON)
    unsent = bodies(store)
    tampered(store, "UPDATE journal SET body = x'00'")

    read = partial(store.ledger.visits.latest, since=NOON - DAY, limit=10)
    assert refused_for(read) is Reason.DATABASE_DAMAGED
    assert store.ledger.lives.broken(0, 10) == ([1], 1)
    check_all_again(store)

    assert bodies(store) == unsent
    assert len(read()) == 1


def test_a_hurt_event_that_the_server_has_does_not_end_the_life(store, places):
    store.ledger.record([an_accrual(points=86)])
    store.replica.keep_page(a_page(a_row(), acked=1), asked_at=NOON, now=NOON)
    store.idle(NOON)
    change(store, 1)
    places.salvage.unlink()

    check_all_again(store)

    assert store.watch.hurt == (1,)
    assert store.ledger.lives.leaving is None


def test_events_that_vanish_do_not_keep_the_idle_worker_for_ever(store):
    store.ledger.record([an_accrual()])
    tampered(store, "DELETE FROM journal")

    store.watch.idle(NOON, acked=0)

    assert store.watch.salvage.seq == 0


def test_a_disk_that_is_full_while_an_event_is_mended_is_named(store):
    store.ledger.record([an_accrual(points=86)])
    store.idle(NOON)
    store.idle(NOON)
    unsent = bodies(store)
    change(store, 1)

    with no_file_grows_beyond(PAGE_BYTES):
        reason = refused_for(lambda: store.watch.idle(NOON + DAY, acked=0))
    assert reason is Reason.DISK_FULL
    store.watch.idle(NOON + DAY, acked=0)

    assert bodies(store) == unsent


# --- Tables --------------------------------------------------------------------------------------


def test_a_table_that_is_gone_while_the_till_runs_is_made_anew_at_the_next_start(store, again):
    store.ledger.record([an_accrual()])
    unsent = bodies(store)
    tampered(store, "DROP TABLE shifts")

    small = partial(store.ledger.lives.read_all, small=True)
    assert refused_for(small) is Reason.DATABASE_DAMAGED
    for _ in range(2):
        store.idle(NOON)
    assert store.watch.marker.exists()
    store.close(NOON)
    found = again()

    assert found.watch.put_aside is not None
    assert bodies(found) == unsent
    assert found.ledger.shifts.current(41) is None


def test_hurt_claims_that_the_first_idle_moment_finds_have_the_ledger_made_anew(
    store, places, again
):
    receipt = a_receipt()
    store.ledger.record([an_accrual(receipt=receipt)])
    store.idle(NOON)
    unsent = bodies(store)
    (found,) = store.ledger._database.fetch(
        "SELECT rootpage FROM sqlite_master WHERE name = ?", "receipts"
    )
    store.close(NOON)
    flipped(places.ledger, ((found[0] - 1) * PAGE_BYTES + 100) * 8)

    opened = again()

    assert opened.watch.put_aside is not None
    assert bodies(opened) == unsent
    twice = partial(opened.ledger.record, [an_accrual(receipt=receipt)])
    assert refused_for(twice) is Reason.RECEIPT_USED


def test_a_hurt_page_of_the_copy_of_the_members_costs_that_copy_only(store, places, again):
    store.ledger.record([an_accrual(points=86)])
    store.replica.keep_page(a_page(a_row()), asked_at=NOON, now=NOON)
    unsent = bodies(store)
    with store.cache._writer.reading() as connection:
        roots = connection.execute("SELECT rootpage FROM sqlite_master WHERE rootpage > 0")
        pages = sorted({1, *(page for (page,) in roots.fetchall())})
    store.close(NOON)
    whole = places.cache.read_bytes()

    fetched_again = 0
    for page in pages:
        places.cache.write_bytes(whole)
        flipped(places.cache, ((page - 1) * PAGE_BYTES + 200) * 8)
        found = again()
        assert bodies(found) == unsent
        fetched_again += found.cache.cursor == ""
        found.close(NOON)
    assert fetched_again


def test_a_copy_of_the_members_that_cannot_be_made_lets_go_of_the_ledger(places, keys):
    places.cache.mkdir()
    opened = partial(open_store, places, keys, random_bytes=seeded_bytes(), now=NOON)

    assert refused_for(opened) is Reason.DISK_FULL
    places.cache.rmdir()
    opened().close(NOON)


# --- Recovery ------------------------------------------------------------------------------------


def test_a_ledger_that_was_made_anew_and_not_yet_put_in_its_place_is_taken(store, places, again):
    store.ledger.record([an_accrual()])
    unsent = bodies(store)
    store.close(NOON)
    places.ledger.rename(places.ledger.with_name("ledger.new"))

    found = again()

    assert bodies(found) == unsent
    assert found.watch.put_aside is None


def test_events_whose_terminal_nobody_knows_are_nobodys(again):
    empty = again().ledger
    held = Held()
    held.add([Copy(1, False, bytes(32), b"{}", b""), AckNote(0)])

    assert empty.bring_up(held, {}) == 0
    assert empty.identity is None


def test_a_ledger_made_anew_begins_where_the_salvage_file_does(store, places, again):
    """The first event is forgotten, and with it the visit that the last one takes back."""
    visit = store.ledger.record([an_accrual(points=86)])[0].visit
    store.ledger.record([an_accrual(points=86)])
    store.replica.keep_page(a_page(a_row(), acked=2), asked_at=NOON, now=NOON)
    store.ledger.record([a_void(visit, at=NOON + 200 * DAY)])
    past_the_retention(store)
    assert sorted(store.watch.salvage.copies()) == [2, 3]
    head = store.ledger.head()
    store.close(NOON)
    places.ledger.unlink()

    found = again()

    assert found.ledger.head() == head
    assert found.ledger.lives.leaving == "rolled_back"


def test_a_hurt_file_that_cannot_be_put_aside_stays_and_is_named(tmp_path):
    path = tmp_path / "ledger.db"
    path.write_bytes(b"hurt")
    (tmp_path / f"ledger.db.damaged-{NOON}").write_bytes(b"in the way")

    assert refused_for(lambda: recovery.put_aside(path, NOON)) is Reason.DISK_FULL
    assert path.read_bytes() == b"hurt"


# --- Salvage file and guard ----------------------------------------------------------------------


def test_lines_of_nobody_are_passed_over(tmp_path):
    path = tmp_path / "salvage.log"
    Salvage(path, KEY, seeded_bytes()).append([AckNote(7)])
    with path.open("ab") as file:
        file.write(b"hello\n9 1 AAAA\n1 x AAAA\n")

    assert list(Salvage(path, KEY, seeded_bytes()).lines()) == [AckNote(7)]


def test_a_salvage_file_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "salvage.log"
    opened = Salvage(path, KEY, seeded_bytes())
    path.mkdir()

    assert refused_for(lambda: list(opened.lines())) is Reason.DISK_FULL
    assert refused_for(lambda: Salvage(path, KEY, seeded_bytes())) is Reason.DISK_FULL


def test_a_guard_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "guard.json").mkdir()

    assert refused_for(lambda: Guard(tmp_path / "guard.json", KEY)) is Reason.DISK_FULL


def test_tries_of_a_pin_are_not_counted_beside_a_ledger_that_was_never_marked(tmp_path):
    guard = Guard(tmp_path / "guard.json", KEY)

    guard.count(Attempts(41, 3, NOON, "0c"))

    assert guard.marks is None


# --- What own events do --------------------------------------------------------------------------


def test_what_was_credited_to_an_unknown_card_is_known_after_a_restart(store, open_again):
    store.ledger.record([an_accrual(member=0, card="00000000000000bb", points=12)])

    found = open_again()

    assert found.members.card_effects("00000000000000bb").points == 12


def test_personal_data_beside_an_event_that_enrols_nobody_brings_nobody(store):
    payload = an_enrolment().payload
    act = an_accrual()

    store.ledger.record([type(act)(act.event, salt=KEY, payload=payload)])

    assert store.ledger.among_newcomers(lambda newcomers: newcomers.named(["caio"]))[0] == ()


def test_taking_back_what_is_forgotten_meanwhile_waits_for_the_servers_word(store):
    visit = store.ledger.record([an_accrual(points=86)])[0].visit
    store.ledger.record([an_accrual(points=86)])
    store.replica.keep_page(a_page(a_row(), acked=2), asked_at=NOON, now=NOON)
    store.ledger.record([a_void(visit, at=NOON + 200 * DAY)])
    assert store.ledger.effects(MARINA, after=2).points == -86

    past_the_retention(store)

    assert store.ledger.effects(MARINA, after=2).points == 0


# --- Values that are not what their column was made for -------------------------------------------


def test_a_payload_that_became_a_text_is_damage_and_comes_from_the_salvage_file(
    store, places, again
):
    store.ledger.record([an_enrolment()])
    store.idle(NOON)
    sealed = store.ledger.outgoing(0, 10).sealed
    tampered(store, "UPDATE sealed SET payload = CAST(payload AS TEXT)")
    store.close(NOON)

    found = again()

    assert found.watch.put_aside is not None
    assert found.ledger.outgoing(0, 10).sealed == sealed


def test_an_event_that_became_a_text_is_put_right_at_once(store, again):
    store.ledger.record([an_accrual(points=86)])
    store.idle(NOON)
    unsent = bodies(store)
    tampered(store, "UPDATE journal SET body = CAST(body AS TEXT)")
    store.close(NOON)

    found = again()

    assert (found.watch.put_aside, bodies(found)) == (None, unsent)


def test_a_receipt_whose_key_became_bytes_is_damage(store):
    store.ledger.record([an_accrual(receipt=a_receipt())])
    store.idle(NOON)
    tampered(store, "UPDATE receipts SET key = CAST(key AS BLOB)")

    assert refused_for(lambda: store.ledger.lives.read_all(small=False)) is Reason.DATABASE_DAMAGED


def test_a_column_that_is_of_another_kind_is_damage(store):
    tampered(
        store,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'since INTEGER', 'since INTEGEZ')"
        " WHERE name = 'shifts'",
        "PRAGMA writable_schema = RESET",
    )

    assert refused_for(lambda: store.ledger.lives.read_all(small=True)) is Reason.DATABASE_DAMAGED


def test_a_single_value_of_another_type_is_damage_and_no_fault_of_the_programme(store, again):
    store.ledger.record([an_accrual()])
    store.idle(NOON)
    unsent = bodies(store)
    tampered(store, "UPDATE meta SET value = CAST(value AS TEXT) WHERE name = 'starts'")
    store.close(NOON)

    found = again()

    assert bodies(found) == unsent
    assert found.watch.made_anew == NOON


def test_a_row_that_its_index_does_not_name_is_damage(store, places, keys, again):
    store.ledger.leases.keep(a_lease_row(a_lease_id()), now=NOON)
    store.ledger.record([an_accrual()])
    page = root_page(store, "leases_member")
    store.close(NOON)
    Pages(places.ledger, keys.database).flip(page, 8 * PLAIN - 1)

    assert again().watch.made_anew == NOON


# --- A page that leads astray ---------------------------------------------------------------------


def root_page(store, name):
    with store.ledger._database.reading() as connection:
        pages = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,))
        return pages.fetchone()[0]


@pytest.fixture(params=[1, 6], ids=["by a few", "by all"])
def astray(store, places, keys, request):
    """A ledger whose journal has several pages: where the first of them ends is a bit wrong.

    The events in between are looked for on the wrong page.
    """
    for _ in range(40):
        store.ledger.record([an_accrual()])
    store.idle(NOON)
    unsent = bodies(store)
    page = root_page(store, "journal")
    store.close(NOON)
    pages = Pages(places.ledger, keys.database)
    ends = pages.plain(page)[-1]  # the first cell is written at the very end of its page
    assert 2 < ends < 40
    pages.flip(page, 8 * (PLAIN - 1) + request.param)
    random = seeded_bytes(4)
    opened = open_ledger(places.ledger, keys.database, keys.pepper, random_bytes=random)
    with closing(opened) as ledger:
        yield ledger, ends, unsent


def test_an_event_that_is_not_found_where_it_is_looked_for_is_damage(astray):
    ledger, _ends, _unsent = astray

    assert refused_for(lambda: ledger.lives.broken(0, 100)) is Reason.DATABASE_DAMAGED


def test_a_check_begins_right_or_says_that_it_might_pass_events_over(astray):
    ledger, ends, _unsent = astray
    began_right = []
    for after in range(ends - 3, ends + 4):
        with suppress(Refused):
            began_right.append(ledger.lives.broken(after, 1) == ([], after + 1))

    assert all(began_right)
    assert 2 <= len(began_right) <= 5


def test_who_asks_for_one_event_after_the_other_is_not_led_round_and_round(astray):
    ledger, _ends, _unsent = astray
    after = 0
    with suppress(Refused):
        while events := ledger.lives.copies(after, 1)[0]:
            assert events[0].seq > after
            after = events[0].seq


def test_a_ledger_that_leads_astray_is_made_anew_with_all_events(astray, again):
    ledger, _ends, unsent = astray
    ledger.close()

    found = again()

    assert bodies(found) == unsent
    assert found.watch.made_anew == NOON
