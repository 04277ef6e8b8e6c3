"""Retention: what the server has is kept for ninety days of the server's time, whatever happens."""

import pytest

from tests.store.acts import DAY, NOON, a_receipt, an_accrual


def acknowledged(ledger, seq, *, at):
    """The server says at its time `at` that it has everything up to `seq`; the counter is idle."""
    ledger.heard(server_now=at, offset_ms=0, epoch=1)
    ledger.settle(seq)
    ledger.tidy(at, acked=seq)


def held(ledger):
    """The events that are here, by number."""
    return [seq for seq in range(1, ledger.head().seq + 1) if ledger.hash_at(seq) is not None]


def test_acknowledged_events_are_kept_for_ninety_days_of_the_servers_time(ledger):
    ledger.record([an_accrual()])
    acknowledged(ledger, 1, at=NOON)
    ledger.record([an_accrual()])
    ledger.record([an_accrual()])
    left = {}
    for day in range(1, 93):
        acknowledged(ledger, 3, at=NOON + day * DAY)
        left[day] = held(ledger)

    assert left[89] == [1, 2, 3]
    assert left[90] == [2, 3]
    assert left[91] == [3]


@pytest.mark.parametrize("days", [-20_000, -400, 400])
def test_a_clock_that_is_set_wrong_at_the_till_forgets_nothing(store, days):
    ledger = store.ledger
    ledger.record([an_accrual()])
    acknowledged(ledger, 1, at=NOON)
    ledger.record([an_accrual(at=NOON + days * DAY)])
    ledger.record([an_accrual(at=NOON + days * DAY)])
    acknowledged(ledger, 3, at=NOON + DAY)

    store.idle(NOON + days * DAY)
    acknowledged(ledger, 3, at=NOON + 3 * DAY)
    store.idle(NOON + days * DAY)

    assert held(ledger) == [1, 2, 3]


def test_a_leap_of_the_servers_clock_is_one_day(ledger):
    receipt = a_receipt()
    ledger.record([an_accrual(receipt=receipt), an_accrual()])
    for leap in (0, 1, 400, 2, 3):
        acknowledged(ledger, 2, at=NOON + leap * DAY)

    assert held(ledger) == [1, 2]
    assert ledger.receipt_at(receipt) == NOON


def test_what_was_noted_outlives_the_process(ledger, open_again):
    ledger.record([an_accrual()])
    ledger.record([an_accrual()])
    acknowledged(ledger, 1, at=NOON)

    again = open_again().ledger
    for day in range(1, 91):
        acknowledged(again, 2, at=NOON + day * DAY)

    assert held(again) == [2]


def test_one_note_a_day_is_enough_and_old_ones_go(ledger):
    for hours in range(0, 24 * 120, 6):
        ledger.record([an_accrual()])
        acknowledged(ledger, ledger.head().seq, at=NOON + hours * 3_600_000)

    assert 4 * 90 <= len(held(ledger)) <= 4 * 91


def test_events_that_were_not_acknowledged_are_never_forgotten(ledger):
    for _ in range(4):
        ledger.record([an_accrual(at=NOON - 200 * DAY)])

    for day in range(91):
        acknowledged(ledger, 2, at=NOON + day * DAY)

    assert held(ledger) == [2, 3, 4]
    assert len(ledger.outgoing(2, 500).bodies) == 2


def test_a_receipt_stays_claimed_as_long(ledger):
    old, young = a_receipt(), a_receipt()
    ledger.record([an_accrual(at=NOON - DAY, receipt=old)])
    ledger.record([an_accrual(at=NOON, receipt=young)])

    for day in range(91):
        acknowledged(ledger, 2, at=NOON + day * DAY)

    assert (ledger.receipt_at(old), ledger.receipt_at(young)) == (None, NOON)


def test_a_clock_far_behind_frees_no_receipt(ledger):
    """A dead battery: the wall says 1970, and the server's time is reckoned from it."""
    receipt, behind = a_receipt(), NOON - DAY
    for day in range(92):
        acknowledged(ledger, 0, at=NOON + day * DAY)
    ledger.record([an_accrual(at=NOON + 91 * DAY - behind, offset_ms=behind, receipt=receipt)])

    acknowledged(ledger, 1, at=NOON + 92 * DAY)

    assert ledger.receipt_at(receipt) == NOON + 91 * DAY


def test_the_chain_goes_on_after_everything_was_forgotten(ledger, open_again):
    for _ in range(3):
        ledger.record([an_accrual()])
    head = ledger.head()
    for day in range(91):
        acknowledged(ledger, 3, at=NOON + day * DAY)

    again = open_again().ledger

    assert (held(again), again.head()) == ([3], head)
    assert again.record([an_accrual()])[0].seq == 4
