"""Leases spent by the journal alone: also when nothing was noted before the power went."""

import pytest

from sync.programme.refusals import Reason, Refused
from tests.store.acts import IDENTITY, MARINA, NOON, a_lease_id, a_lease_row, a_redemption

LENT = 1_000


@pytest.fixture
def ledger(after_a_cut):
    """A ledger with one lease of 1,000 points of Marina's."""
    ledger = after_a_cut()
    ledger.enrolled(IDENTITY)
    ledger.leases.keep(a_lease_row(a_lease_id(), LENT), now=NOON)
    return ledger


def spend(ledger, points):
    ledger.record([a_redemption(a_lease_id(), points)])


def spent(ledger):
    return [lease.spent for lease in ledger.leases.of(MARINA)]


def test_what_was_spent_since_the_last_idle_moment_is_found_in_the_journal(ledger, after_a_cut):
    spend(ledger, 600)
    spend(ledger, 150)

    ledger = after_a_cut()

    assert spent(ledger) == [750]
    with pytest.raises(Refused) as refused:
        spend(ledger, 251)
    assert (refused.value.reason, refused.value.facts) == (Reason.LEASE_TOO_SMALL, {"left": 250})


@pytest.mark.parametrize("noting", ["an idle moment", "the server's word", "a question"])
def test_what_was_noted_once_is_not_counted_twice(ledger, after_a_cut, noting):
    spend(ledger, 600)
    if noting == "an idle moment":
        ledger.tidy(NOON, acked=0)
    elif noting == "the server's word":
        ledger.leases.keep_all([a_lease_row(a_lease_id(), LENT)], now=NOON, asked_at=None)
    else:
        assert [row.spent for row in ledger.leases.held()] == [600]
    assert spent(ledger) == [600]
    spend(ledger, 100)

    ledger = after_a_cut()

    assert spent(ledger) == [700]
    assert spent(after_a_cut()) == [700]


def test_the_servers_word_does_not_lower_what_only_the_journal_knows(ledger):
    spend(ledger, 600)

    ledger.leases.keep_all([a_lease_row(a_lease_id(), 400, spent=0)], now=NOON, asked_at=NOON)

    (lease,) = ledger.leases.of(MARINA)
    assert (lease.amount, lease.spent) == (600, 600)


def test_a_lease_given_again_after_all_were_void_owes_nothing_to_the_old_one(ledger, after_a_cut):
    spend(ledger, LENT)
    ledger.leases.void()
    ledger.leases.keep(a_lease_row(a_lease_id(), LENT), now=NOON)

    assert spent(after_a_cut()) == [0]


def test_the_last_stop_is_that_of_the_last_lease_with_points_left(ledger):
    assert ledger.leases.last_stop() == ledger.leases.of(MARINA)[0].stops_at

    spend(ledger, LENT)
    ledger.tidy(NOON, acked=0)

    assert ledger.leases.last_stop() == 0


def test_a_refused_visit_spends_nothing(ledger, after_a_cut):
    with pytest.raises(Refused):
        ledger.record([a_redemption(a_lease_id(), 600), a_redemption(a_lease_id(), 600)])

    assert spent(ledger) == [0]
    assert spent(after_a_cut()) == [0]
