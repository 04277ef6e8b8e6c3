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
    acknowledged(ledger, 3, at=NOON + DAY)

    acknowledged(ledger, 3, at=NOON + 90 * DAY - 1)
    assert held(ledger) == [1, 2, 3]
    acknowledged(ledger, 3, at=NOON + 91 * DAY - 1)
    assert held(ledger) == [2, 3]
    acknowledged(ledger, 3, at=NOON + 92 * DAY - 1)
    assert held(ledger) == [3]


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


def test_what_was_noted_outlives_the_process(ledger, open_again):
    ledger.record([an_accrual()])
    ledger.record([an_accrual()])
    acknowledged(ledger, 1, at=NOON)

    again = open_again().ledger
    again.record([an_accrual()])
    acknowledged(again, 3, at=NOON + 90 * DAY)

    assert held(again) == [2, 3]


def test_one_note_a_day_is_enough_and_old_ones_go(ledger):
    for hours in range(0, 24 * 200, 6):
        ledger.record([an_accrual()])
        acknowledged(ledger, ledger.head().seq, at=NOON + hours * 3_600_000)

    assert len(ledger._retention._noted) <= 92
    assert 4 * 90 <= len(held(ledger)) <= 4 * 92


def test_events_that_were_not_acknowledged_are_never_forgotten(ledger):
    for _ in range(4):
        ledger.record([an_accrual(at=NOON - 200 * DAY)])

    acknowledged(ledger, 2, at=NOON)
    acknowledged(ledger, 2, at=NOON + 200 * DAY)

    assert held(ledger) == [2, 3, 4]
    assert len(ledger.outgoing(2, 500).bodies) == 2


def test_a_receipt_stays_claimed_as_long(ledger):
    old, young = a_receipt(), a_receipt()
    ledger.record([an_accrual(at=NOON, receipt=old)])
    ledger.record([an_accrual(at=NOON + 2 * DAY, receipt=young)])

    acknowledged(ledger, 2, at=NOON + 91 * DAY)

    assert (ledger.receipt_at(old), ledger.receipt_at(young) is None) == (None, False)


def test_the_chain_goes_on_after_everything_was_forgotten(ledger, open_again):
    for _ in range(3):
        ledger.record([an_accrual()])
    head = ledger.head()
    acknowledged(ledger, 3, at=NOON)
    acknowledged(ledger, 3, at=NOON + 90 * DAY)

    again = open_again().ledger

    assert (held(again), again.head()) == ([3], head)
    assert again.record([an_accrual()])[0].seq == 4
