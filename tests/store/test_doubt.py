"""A restored server: until it says anew what it has, all that is held here may be missing there."""

import msgspec
import pytest

from tests.store.acts import DAY, NOON, a_page, a_row, an_accrual

RESTORED = 2  # the epoch


@pytest.fixture
def delivered(store):
    """Three events that the server has acknowledged, with rows that contain them."""
    store.ledger.record([an_accrual()])
    store.ledger.record([an_accrual()])
    store.ledger.record([an_accrual()])
    store.replica.keep_page(a_page(a_row(), acked=3), asked_at=NOON, now=NOON)
    store.idle(NOON)
    assert store.ledger.waiting() == 0
    return store


def hears_of_it(store, now=NOON):
    store.replica.heard(server_now=now, offset_ms=0, epoch=RESTORED)


def test_what_was_acknowledged_waits_again(delivered):
    hears_of_it(delivered)

    assert delivered.ledger.waiting() == 3


def test_a_restart_does_not_end_the_doubt(delivered, open_again):
    hears_of_it(delivered)

    again = open_again()

    assert again.ledger.waiting() == 3
    assert [number for number, *_ in again.ledger.lives.unsent()] == [1]


def test_a_batch_that_was_pushed_does_not_end_it(delivered, open_again):
    hears_of_it(delivered)
    delivered.ledger.sent(1)
    assert delivered.ledger.waiting() == 2

    assert open_again().ledger.waiting() == 3


def test_what_the_server_says_with_the_rows_ends_it(delivered, open_again):
    hears_of_it(delivered)

    delivered.replica.keep_page(a_page(a_row(), acked=1), asked_at=NOON, now=NOON)

    assert delivered.ledger.waiting() == 2
    assert open_again().ledger.waiting() == 2


def test_what_it_says_of_another_chain_does_not(delivered, open_again):
    hears_of_it(delivered)

    page = a_page(a_row(), acked=9)
    delivered.replica.keep_page(page, asked_at=NOON, now=NOON, ours=False)

    assert delivered.ledger.waiting() == 3
    assert open_again().ledger.waiting() == 3


def test_a_page_of_a_restored_server_begins_it_though_the_power_fails_right_after(
    delivered, after_a_cut
):
    page = msgspec.structs.replace(a_page(a_row(), acked=1), epoch=RESTORED)

    delivered.replica.keep_page(page, asked_at=NOON, now=NOON)

    assert delivered.ledger.waiting() == 2
    assert after_a_cut().waiting() == 2


def test_only_what_is_held_can_wait(store, open_again):
    """A till that is older than the retention offers what it has, and it can be exported."""
    for day in range(92):
        store.ledger.record([an_accrual()])
        acked = store.ledger.head().seq
        store.replica.keep_page(a_page(a_row(), acked=acked), asked_at=NOON, now=NOON)
        store.replica.heard(server_now=NOON + day * DAY, offset_ms=0, epoch=1)
        store.idle(NOON + day * DAY)
    oldest = store.ledger.lives.oldest()
    assert oldest > 1

    hears_of_it(store, NOON + 92 * DAY)

    assert store.ledger.waiting() == 92 - oldest
    again = open_again().ledger
    assert again.waiting() == 92 - oldest
    ((_, after, outgoing),) = again.lives.unsent()
    assert len(outgoing(after, 500).bodies) == 92 - oldest
