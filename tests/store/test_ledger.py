"""The ledger: what one confirmation puts on the disk, and what it refuses."""

import pytest

from loyalty_desk.store.ledger import open_ledger
from sync.client.replica import Head
from sync.programme.refusals import Reason, Refused
from sync.protocol import chain, events
from tests.store.acts import (
    CAIO,
    DAY,
    HOUR,
    IDENTITY,
    MARINA,
    MINUTE,
    NOON,
    a_lease_id,
    a_lease_row,
    a_receipt,
    a_redemption,
    a_void,
    an_accrual,
    an_enrolment,
    an_id,
    seeded_bytes,
    three_lines,
)

FIRST = chain.first_hash(terminal=3, incarnation=1, public_key=bytes(32))


@pytest.fixture
def lease(ledger):
    """A lease of 1,000 points of Marina's, good for three days."""
    ledger.leases.keep(a_lease_row(a_lease_id()), now=NOON)
    return a_lease_id()


def refusal(ledger, *acts):
    """The refusal of acts, once it is sure that nothing was written."""
    before = ledger.head(), ledger.waiting(), ledger.leases.of(MARINA)
    with pytest.raises(Refused) as refused:
        ledger.record(acts)
    assert (ledger.head(), ledger.waiting(), ledger.leases.of(MARINA)) == before
    return refused.value


def spent(ledger):
    return [lease.spent for lease in ledger.leases.of(MARINA)]


def shown(ledger, member=MARINA):
    return ledger.effects(member, after=0)


def test_a_visit_is_recorded_whole(ledger, lease):
    accrual = an_accrual(receipt=a_receipt(), evidence="receipt", lines=three_lines())
    redemption = a_redemption(lease, visit=accrual.event.id)

    recorded = ledger.record([accrual, redemption])

    assert [(one.seq, one.visit) for one in recorded] == [
        (1, accrual.event.id),
        (2, accrual.event.id),
    ]
    assert spent(ledger) == [250]
    assert ledger.waiting() == 2
    assert ledger.receipt_at(accrual.event.receipt) == NOON
    assert (shown(ledger).points, shown(ledger).spent) == (86, 250)


def test_events_are_chained_in_the_order_in_which_they_were_recorded(ledger):
    for points in (1, 2, 3):
        ledger.record([an_accrual(points=points)])

    outgoing = ledger.outgoing(0, 500)

    assert outgoing.previous == FIRST
    assert [events.decode(body).seq for body in outgoing.bodies] == [1, 2, 3]
    assert outgoing.head == Head(3, chain.chain(FIRST, outgoing.bodies)[-1])
    assert ledger.head() == outgoing.head
    assert ledger.hash_at(0) == FIRST
    assert ledger.hash_at(3) == outgoing.head.hash
    assert ledger.hash_at(4) is None


def test_a_part_of_the_journal_begins_with_the_hash_before_it(ledger):
    for points in range(1, 6):
        ledger.record([an_accrual(points=points)])

    part = ledger.outgoing(2, 2)

    assert (part.from_seq, part.head.seq, len(part.bodies)) == (3, 4, 2)
    assert part.previous == ledger.hash_at(2)
    assert ledger.outgoing(5, 2) is None


def test_the_bytes_that_are_sent_are_the_bytes_that_were_recorded(ledger, open_again):
    ledger.record([an_accrual(lines=three_lines())])
    bodies = ledger.outgoing(0, 500).bodies

    assert open_again().ledger.outgoing(0, 500).bodies == bodies


def test_an_enrolment_carries_its_sealed_payload(ledger):
    act = an_enrolment()

    ledger.record([act])

    line = ledger.outgoing(0, 500).sealed[0]
    assert act.event.id.encode() in line
    assert b"Caio Nogueira" in line
    assert b"Caio" not in ledger.outgoing(0, 500).bodies[0]


def test_the_same_intention_twice_is_recorded_once(ledger):
    act = an_accrual()

    assert ledger.record([act]) == ledger.record([act])
    assert ledger.head().seq == 1


def test_the_same_intention_is_known_after_a_restart(ledger, open_again):
    act = an_accrual()
    first = ledger.record([act])

    assert open_again().ledger.record([act]) == first


# --- Receipts ------------------------------------------------------------------------------------


def test_a_receipt_is_credited_once_and_the_refusal_says_when(ledger):
    receipt = a_receipt()
    ledger.record([an_accrual(receipt=receipt, at=NOON - HOUR)])

    refused = refusal(ledger, an_accrual(receipt=receipt, member=CAIO))

    assert refused.reason is Reason.RECEIPT_USED
    assert refused.facts == {"at": NOON - HOUR}


def test_one_refused_act_keeps_the_whole_visit_out(ledger, lease):
    receipt = a_receipt()
    ledger.record([an_accrual(receipt=receipt)])
    redemption = a_redemption(lease)

    refusal(ledger, redemption, an_accrual(receipt=receipt, visit=redemption.event.id))

    assert spent(ledger) == [0]


def test_an_undone_visit_frees_its_receipt(ledger):
    receipt = a_receipt()
    (wrong,) = ledger.record([an_accrual(receipt=receipt)])
    ledger.record([a_void(wrong.visit)])

    ledger.record([an_accrual(receipt=receipt, member=CAIO)])

    assert shown(ledger).points == 0
    assert shown(ledger, CAIO).points == 86


def test_undoing_frees_no_claim_of_a_later_visit(ledger):
    receipt = a_receipt()
    (first,) = ledger.record([an_accrual(receipt=receipt)])
    ledger.record([a_void(first.visit)])
    ledger.record([an_accrual(receipt=receipt, at=NOON + MINUTE)])

    refusal(ledger, a_void(first.visit))

    assert ledger.receipt_at(receipt) == NOON + MINUTE


# --- Leases --------------------------------------------------------------------------------------


def test_a_lease_is_spent_to_its_last_point_and_no_further(ledger, lease):
    ledger.record([a_redemption(lease, 600)])
    ledger.record([a_redemption(lease, 400)])

    refused = refusal(ledger, a_redemption(lease, 1))

    assert refused.reason is Reason.LEASE_TOO_SMALL
    assert refused.facts == {"left": 0}


def test_two_redemptions_of_one_visit_share_the_lease(ledger, lease):
    first = a_redemption(lease, 600)

    refused = refusal(ledger, first, a_redemption(lease, 600, visit=first.event.id))

    assert refused.facts == {"left": 400}


@pytest.mark.parametrize(
    ("at", "offset", "lapsed"),
    [
        pytest.param(3 * DAY - 1, 0, False, id="before-its-end"),
        pytest.param(3 * DAY, 0, True, id="at-its-end"),
        pytest.param(3 * DAY - HOUR, HOUR, True, id="at-its-end-by-the-servers-clock"),
        pytest.param(3 * DAY + HOUR, -2 * HOUR, False, id="before-its-end-by-the-servers-clock"),
    ],
)
def test_a_lease_stops_by_the_servers_clock(ledger, lease, at, offset, lapsed):
    ledger.heard(server_now=NOON, offset_ms=offset, epoch=1)
    act = a_redemption(lease, at=NOON + at, offset_ms=offset)

    if lapsed:
        assert refusal(ledger, act).reason is Reason.LEASE_LAPSED
    else:
        ledger.record([act])


def test_a_lease_is_of_one_member(ledger, lease):
    assert refusal(ledger, a_redemption(lease, member=CAIO)).reason is Reason.LEASE_UNKNOWN


@pytest.mark.parametrize("lease_id", [a_lease_id(99), b""])
def test_points_are_not_spent_without_a_lease(ledger, lease_id):
    assert refusal(ledger, a_redemption(lease_id)).reason is Reason.LEASE_UNKNOWN


def test_a_benefit_needs_no_lease_and_a_lead_may_do_without(ledger):
    ledger.record([a_redemption(b"", 0)])
    ledger.record([a_redemption(b"", 250, lead=7, proof="lead")])

    assert shown(ledger).spent == 250


def test_units_that_are_not_lent_are_not_handed_over(ledger):
    act = a_redemption(b"", 0, units=a_lease_id(2).hex())

    assert refusal(ledger, act).reason is Reason.REWARD_OUT_OF_STOCK


def test_a_voucher_is_taken_once_and_the_refusal_says_when(ledger):
    def paid(**facts):
        return a_redemption(b"", voucher="0c" * 16, **facts)

    ledger.record([paid()])

    refused = refusal(ledger, paid(at=NOON + MINUTE))
    assert (refused.reason, refused.facts) == (Reason.VOUCHER_USED, {"at": NOON})


def test_a_clock_that_went_back_freezes_leases_until_the_server_is_heard(ledger, lease):
    ledger.record([an_accrual(at=NOON + HOUR)])

    refused = refusal(ledger, a_redemption(lease, at=NOON))
    ledger.record([an_accrual(at=NOON)])
    ledger.heard(server_now=NOON, offset_ms=0, epoch=1)
    ledger.record([a_redemption(lease, at=NOON)])

    assert refused.reason is Reason.CLOCK_WRONG
    assert refused.facts == {"minutes": 60}


def test_the_latest_time_seen_survives_a_restart(ledger, lease, open_again):
    ledger.record([an_accrual(at=NOON + HOUR)])

    assert open_again().ledger.latest_seen == NOON + HOUR


def test_the_servers_word_never_lowers_what_was_spent_here(ledger, lease):
    ledger.record([a_redemption(lease, 300)])

    ledger.leases.keep_all([a_lease_row(lease, spent=0)], now=NOON, asked_at=NOON)
    assert spent(ledger) == [300]

    ledger.leases.keep_all([a_lease_row(lease, spent=700)], now=NOON, asked_at=NOON)
    assert spent(ledger) == [700]


def test_a_lease_that_the_server_no_longer_lists_is_over(ledger, lease):
    other = a_lease_id(2)

    ledger.leases.keep_all([a_lease_row(other)], now=NOON + 2, asked_at=NOON + 1)

    assert [one.id for one in ledger.leases.of(MARINA)] == [other]


def test_a_lease_granted_while_the_list_was_on_its_way_stays(ledger, lease):
    ledger.leases.keep_all([a_lease_row(a_lease_id(2))], now=NOON, asked_at=NOON - 1)

    assert len(ledger.leases.of(MARINA)) == 2


def test_a_lease_kept_while_the_clock_was_ahead_ends_with_the_list_that_lacks_it(ledger, lease):
    ledger.leases.keep(a_lease_row(a_lease_id(2)), now=NOON + 400 * 86_400_000)

    ledger.leases.keep_all([], now=NOON + 2, asked_at=NOON + 1)

    assert ledger.leases.of(MARINA) == ()


def test_a_lease_given_back_cannot_be_spent_and_is_reported_until_confirmed(
    ledger, lease, open_again
):
    ledger.leases.give_back([lease])

    assert ledger.leases.of(MARINA) == ()
    assert refusal(ledger, a_redemption(lease)).reason is Reason.LEASE_UNKNOWN
    ledger = open_again().ledger
    assert ledger.leases.closing(now=NOON) == (lease,)
    ledger.leases.keep_all([a_lease_row(lease)], now=NOON, asked_at=NOON)
    assert ledger.leases.of(MARINA) == ()
    ledger.leases.closed([lease])
    assert ledger.leases.closing(now=NOON) == ()


def test_leases_that_were_read_are_read_again_after_every_change(ledger, lease):
    assert spent(ledger) == [0]
    ledger.record([a_redemption(lease, 300)])
    assert spent(ledger) == [300]
    ledger.leases.keep(a_lease_row(a_lease_id(2)), now=NOON)
    assert sorted(spent(ledger)) == [0, 300]
    ledger.leases.give_back([lease])
    assert spent(ledger) == [0]
    ledger.leases.void()
    assert spent(ledger) == []


def test_a_lease_past_its_end_is_reported(ledger, lease):
    assert ledger.leases.closing(now=NOON + 3 * DAY - 1) == ()
    assert ledger.leases.closing(now=NOON + 3 * DAY) == (lease,)


# --- Undo ----------------------------------------------------------------------------------------


def test_an_undone_visit_has_no_effect_and_its_lease_stays_spent(ledger, lease):
    accrual = an_accrual()
    (first, _) = ledger.record([accrual, a_redemption(lease, visit=accrual.event.id)])

    ledger.record([a_void(first.visit)])

    assert (shown(ledger).points, shown(ledger).spent, shown(ledger).visits) == (0, 0, 0)
    assert spent(ledger) == [250]


def test_a_visit_is_undone_once(ledger):
    (visit,) = ledger.record([an_accrual()])
    ledger.record([a_void(visit.visit)])

    assert refusal(ledger, a_void(visit.visit)).reason is Reason.ALREADY_UNDONE


def test_one_confirmation_cannot_undo_twice_either(ledger):
    (visit,) = ledger.record([an_accrual()])

    assert refusal(ledger, a_void(visit.visit), a_void(visit.visit)).reason is Reason.ALREADY_UNDONE


def test_what_is_not_here_cannot_be_undone(ledger):
    (void,) = ledger.record([a_void(ledger.record([an_accrual()])[0].visit)])

    assert refusal(ledger, a_void(an_id())).reason is Reason.NOTHING_TO_UNDO
    assert refusal(ledger, a_void(void.visit)).reason is Reason.NOTHING_TO_UNDO


def test_an_enrolment_is_not_undone_but_the_purchase_with_it_is(ledger):
    (alone,) = ledger.record([an_enrolment(CAIO + 1)])
    enrolment = an_enrolment()
    ledger.record([enrolment, an_accrual(member=CAIO, visit=enrolment.event.id)])

    assert refusal(ledger, a_void(alone.visit)).reason is Reason.NOTHING_TO_UNDO
    ledger.record([a_void(enrolment.event.id)])

    assert shown(ledger, CAIO).points == 50


# --- Who this terminal is ------------------------------------------------------------------------


def test_an_identity_is_kept_with_the_servers_epoch(ledger, open_again):
    ledger.heard(server_now=NOON, offset_ms=7, epoch=4)

    found = open_again().ledger

    assert found.known.epoch == 4
    assert found.known.terminal == IDENTITY.terminal
    assert found.offset_ms == 7


def test_a_new_ledger_belongs_to_nobody(tmp_path):
    ledger = open_ledger(tmp_path / "ledger.db", bytes(32), bytes(32), random_bytes=seeded_bytes())

    assert ledger.identity is None
    assert len(ledger.cache_key) == 32
    ledger.close()


# --- Visits --------------------------------------------------------------------------------------


def test_visits_are_told_newest_first(ledger, lease):
    accrual = an_accrual(receipt=a_receipt(), explain=b"why", at=NOON - HOUR)
    ledger.record([accrual, a_redemption(lease, visit=accrual.event.id, at=NOON - HOUR)])
    (second,) = ledger.record([an_accrual(member=0, card="00000000000000bb", waits=True)])
    (third,) = ledger.record([an_enrolment()])
    ledger.record([a_void(second.visit)])

    newest, middle, oldest = ledger.visits.latest(since=NOON - DAY, limit=5)

    assert (newest.id, newest.enrolled, newest.member, newest.credited) == (
        third.visit,
        True,
        CAIO,
        50,
    )
    assert (middle.card, middle.waits, middle.voided) == ("00000000000000bb", True, True)
    assert (oldest.amount, oldest.credited, oldest.explain) == (8_640, 86, b"why")
    assert [(one.reward, one.quantity, one.points) for one in oldest.taken] == [(1, 1, 250)]
    assert (oldest.voided, oldest.acked, oldest.staff) == (False, False, 41)
    assert ledger.visits.find(oldest.id) == oldest
    assert ledger.visits.find(an_id()) is None


def test_visits_are_limited_in_number_and_in_time(ledger):
    for hour in range(10):
        ledger.record([an_accrual(at=NOON + hour * HOUR)])

    assert len(ledger.visits.latest(since=0, limit=4)) == 4
    assert len(ledger.visits.latest(since=NOON + 7 * HOUR, limit=99)) == 3


def test_what_went_on_the_shops_risk_and_by_voucher_is_counted(ledger):
    voucher = "0e" * 16
    ledger.record([a_redemption(b"", 100, floor=True)])
    ledger.record([a_redemption(b"", 100, voucher=voucher)])

    assert ledger.floor_uses(since=NOON) == 1
    assert ledger.floor_uses(since=NOON + 1) == 0
    assert (ledger.voucher_at(voucher), ledger.voucher_at("0f" * 16)) == (NOON, None)


def test_visits_of_long_ago_are_not_looked_through(ledger):
    ledger.record([an_accrual()])

    assert ledger.visits.latest(since=NOON + 3 * DAY, limit=10) == ()


def test_a_visit_is_acknowledged_when_the_pulled_rows_contain_it(ledger):
    ledger.record([an_accrual()])
    ledger.record([an_accrual()])

    ledger.settle(1)

    assert [one.acked for one in ledger.visits.latest(since=0, limit=9)] == [False, True]


# --- Keeping and forgetting ----------------------------------------------------------------------


def test_personal_data_goes_when_the_pulled_rows_have_it(ledger):
    ledger.record([an_enrolment()])

    ledger.settle(1)
    ledger.tidy(NOON, acked=1)

    assert ledger.outgoing(0, 500).sealed == ()


def test_what_is_waiting_is_what_the_server_has_not_got(ledger):
    for _ in range(5):
        ledger.record([an_accrual()])

    ledger.sent(3)
    assert ledger.waiting() == 2
    ledger.settle(2)
    assert ledger.waiting() == 2
    ledger.sent(1)
    assert ledger.waiting() == 4


def test_a_visit_is_found_in_memory_and_long_after(ledger, open_again, monkeypatch):
    monkeypatch.setattr("loyalty_desk.store.recent_events._KEPT_MAX", 5)
    monkeypatch.setattr("loyalty_desk.store.visit_book._RECENT_MAX", 5)
    visits = [
        ledger.record([an_accrual(points=n, at=NOON + n * DAY)])[0].visit for n in range(1, 13)
    ]

    before = [ledger.visits.find(visit).credited for visit in visits]

    again = open_again().ledger

    assert before == list(range(1, 13))
    assert [again.visits.find(visit).credited for visit in visits] == list(range(1, 13))
    assert again.visits.find(an_id()) is None


def test_a_new_id_is_known_to_be_new_without_a_search(ledger):
    fresh = f"{NOON + 2 * HOUR:012x}7" + "0" * 19
    ledger.record([an_accrual()])
    with ledger._database.reading() as connection:
        connection.execute("ALTER TABLE journal RENAME TO hidden")

    assert ledger.visits.find(fresh) is None

    with ledger._database.reading() as connection:
        connection.execute("ALTER TABLE hidden RENAME TO journal")


def test_a_till_that_is_never_idle_does_not_let_its_log_grow(ledger, places, monkeypatch):
    monkeypatch.setattr("loyalty_desk.store.ledger._BUSY_RECORDS_MAX", 10)
    log = places.ledger.with_name("ledger.db-wal")
    sizes = set()

    for _ in range(60):
        ledger.record([an_accrual()])
        sizes.add(log.stat().st_size)

    assert max(sizes) < 30 * 4 * 4096
