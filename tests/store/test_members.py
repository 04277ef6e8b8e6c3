"""Members: a row and its effects belong together, and newcomers are found like anybody."""

import threading

import pytest

from loyalty_desk.store import opening
from sync.programme.refusals import Reason, Refused
from sync.protocol.identifiers import identifier_hash
from sync.protocol.messages import StockRow
from tests.store.acts import (
    CAIO,
    DAY,
    IDENTITY,
    MARINA,
    NOON,
    a_page,
    a_row,
    an_accrual,
    an_enrolment,
    seeded_bytes,
)


def pull(store, *rows, acked=0, **facts):
    store.replica.keep_page(a_page(*rows, acked=acked, **facts), asked_at=NOON, now=NOON)


def test_a_balance_counts_own_events_until_the_row_does(store):
    pull(store, a_row(points=1_200))
    store.ledger.record([an_accrual(points=86)])
    before = store.members.by_id(MARINA)

    pull(store, a_row(points=1_286), acked=1)
    after = store.members.by_id(MARINA)

    assert (before.row.points, before.holding.points) == (1_200, 1_286)
    assert (after.row.points, after.holding.points) == (1_286, 1_286)


def test_a_newcomer_is_found_by_everything_and_then_pulled(store):
    store.ledger.record([an_enrolment(card="00000000000000dd")])
    key = IDENTITY.identifier_key
    phone = identifier_hash(key, "phone", "11982144417")
    cpf = identifier_hash(key, "cpf", "52998224725")
    members = store.members

    found = [
        members.by_id(CAIO),
        members.by_card("00000000000000dd"),
        members.by_cpf(cpf),
        *members.by_phone(phone),
        *members.search("caio nog").known,
    ]

    assert len(found) == 5
    assert all(one == found[0] for one in found)
    assert found[0].is_new
    assert found[0].holding.points == 50
    assert (found[0].row.phone_tail, found[0].row.cpf_mid) == ("114417", "247")

    pull(store, a_row(CAIO, name="Caio Nogueira", points=50), acked=1)
    assert (members.by_id(CAIO).is_new, members.by_id(CAIO).holding.points) == (False, 50)


def test_a_newcomer_is_known_after_a_restart(store, open_again):
    store.ledger.record([an_enrolment()])

    assert open_again().members.by_id(CAIO).is_new


def test_nobody_is_nobody(store):
    members = store.members

    assert members.by_id(MARINA) is None
    assert members.by_card("00000000000000aa") is None
    assert members.by_cpf(5) is None
    assert members.by_phone(5) == ()
    assert members.search("marina").known == ()


def test_a_search_shows_eight_and_tells_how_many_there_are(store):
    pull(store, *(a_row(n, name=f"Ana {n}", cards=(), last_visit=n) for n in range(1, 13)))

    found = store.members.search("ana")

    assert (len(found.known), found.total, found.capped) == (8, 12, False)
    assert found.known[0].row.id == 12


def test_a_search_of_very_many_says_so(store):
    pull(store, *(a_row(n, name=f"Ana {n}", cards=()) for n in range(1, 90)))

    assert store.members.search("ana").capped


def test_points_of_an_unknown_card_are_shown_with_the_card_and_later_with_its_member(store):
    card = "00000000000000ee"
    store.ledger.record([an_accrual(member=0, card=card, points=12)])
    assert store.members.card_effects(card).points == 12

    pull(store, a_row(points=0, cards=(card,)))
    assert store.members.by_card(card).holding.points == 12

    pull(store, a_row(points=12, cards=(card,)), acked=1)
    assert store.members.by_card(card).holding.points == 12


def test_a_pull_in_the_middle_of_a_look_up_is_noticed(store):
    """The row is read before the pull, the effects after it: read again, not shown wrong."""
    pull(store, a_row(points=1_200))
    store.ledger.record([an_accrual(points=86)])
    in_cache = store.cache.by_member

    def interrupted(member):
        reading = in_cache(member)
        store.cache.by_member = in_cache
        pull(store, a_row(points=1_286), acked=1)
        return reading

    store.cache.by_member = interrupted

    assert store.members.by_id(MARINA).holding.points == 1_286


def test_a_pull_in_the_middle_of_a_look_up_of_an_unknown_card_is_noticed(store):
    card = "00000000000000ee"
    store.ledger.record([an_accrual(member=0, card=card, points=12)])
    in_ledger = store.ledger.effects

    def interrupted(*asked, **options):
        store.ledger.effects = in_ledger
        pull(store, a_row(points=12, cards=(card,)), acked=1)
        return in_ledger(*asked, **options)

    store.ledger.effects = interrupted

    assert store.members.card_effects(card).points == 0
    assert store.members.by_card(card).holding.points == 12


def test_a_pull_of_a_newcomer_in_the_middle_of_a_look_up_finds_them(store):
    store.ledger.record([an_enrolment()])
    in_cache = store.cache.by_member

    def interrupted(member):
        store.cache.by_member = in_cache
        pull(store, a_row(CAIO, points=50), acked=1)
        return in_cache(member)

    store.cache.by_member = interrupted

    assert store.members.by_id(CAIO).holding.points == 50


# --- Two files -----------------------------------------------------------------------------------


def test_a_lost_cache_is_filled_again_without_counting_twice(store, open_again, places):
    pull(store, a_row(points=1_200))
    store.ledger.record([an_accrual(points=86)])
    pull(store, a_row(points=1_286), acked=1)
    store.ledger.record([an_accrual(points=10)])
    store.close(NOON)
    places.cache.write_bytes(b"no database at all")

    again = open_again()
    assert again.members.by_id(MARINA) is None
    pull(again, a_row(points=1_286), acked=1)

    assert again.members.by_id(MARINA).holding.points == 1_296


def test_a_cache_that_lost_its_last_page_still_agrees_with_the_ledger(store, open_again, places):
    pull(store, a_row(points=1_200))
    store.idle(NOON)
    old_copy = places.cache.read_bytes()
    store.ledger.record([an_accrual(points=86)])
    pull(store, a_row(points=1_286), acked=1)
    store.close(NOON)
    places.cache.write_bytes(old_copy)

    again = open_again()

    assert again.members.by_id(MARINA).holding.points == 1_286


def test_a_ledger_that_cannot_be_read_is_left_alone_where_nothing_can_replace_it(
    store, places, keys
):
    store.ledger.record([an_accrual()])
    store.close(NOON)
    places.salvage.unlink()
    body = bytearray(places.ledger.read_bytes())
    body[200] ^= 1
    places.ledger.write_bytes(body)

    with pytest.raises(Refused) as refused:
        opening.open_store(places, keys, random_bytes=seeded_bytes(), now=NOON)

    assert refused.value.reason in (Reason.DATABASE_KEY_WRONG, Reason.DATABASE_DAMAGED)
    assert places.ledger.read_bytes() == body


def test_own_events_are_still_known_after_a_restart(store, open_again):
    pull(store, a_row(points=1_200))
    store.ledger.record([an_accrual(points=86, explain=b"why")])

    again = open_again()

    assert again.members.by_id(MARINA).holding.points == 1_286
    assert again.members.by_id(MARINA).effects.credits[0].explain == b"why"
    assert again.ledger.waiting() == 1


def test_a_till_that_is_cut_off_for_a_month_keeps_no_copy_of_the_members(store):
    pull(store, a_row(), stock=(StockRow(3, 1),))
    store.ledger.record([an_accrual(points=86)])

    store.idle(NOON + 30 * DAY)
    assert store.members.by_id(MARINA) is not None
    store.idle(NOON + 30 * DAY + 1)

    assert store.members.by_id(MARINA) is None
    assert store.members.search("marina").known == ()
    assert store.members.by_card("00000000000000aa") is None
    assert (store.cache.cursor, store.members.freshness().members) == ("", 0)
    pull(store, a_row(points=1_286), acked=1)
    assert store.members.search("marina").known[0].holding.points == 1_286


def test_a_balance_stays_what_it_is_while_pulls_come_in_beside_it(store):
    pull(store, a_row(points=0))
    for _ in range(120):
        store.ledger.record([an_accrual(points=10)])
    seen = set()

    def pull_them_all():
        for acked in range(1, 121):
            pull(store, a_row(points=10 * acked, last_visit=NOON + acked), acked=acked)

    pulling = threading.Thread(target=pull_them_all)
    pulling.start()
    while pulling.is_alive():
        seen.add(store.members.by_id(MARINA).holding.points)
        seen.add(store.members.search("marina").known[0].holding.points)
    pulling.join()

    assert seen == {1_200}
    assert store.members.by_id(MARINA).row.points == 1_200
