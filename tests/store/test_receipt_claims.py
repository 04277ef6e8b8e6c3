"""Receipts claimed by the journal alone: also when nothing was noted before the power went."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.refusals import Reason, Refused
from tests.store.acts import IDENTITY, NOON, a_receipt, a_void, an_accrual


def credit(ledger, receipt):
    return ledger.record([an_accrual(receipt=receipt)])[0].visit


def test_a_claim_that_was_not_noted_yet_is_found_in_the_journal(after_a_cut):
    ledger, receipt = after_a_cut(), a_receipt()
    ledger.enrolled(IDENTITY)
    credit(ledger, receipt)

    ledger = after_a_cut()

    assert ledger.receipt_at(receipt) == NOON
    with pytest.raises(Refused) as refused:
        credit(ledger, receipt)
    assert refused.value.reason is Reason.RECEIPT_USED


@pytest.mark.parametrize("tidied", ["before the undo", "never"])
def test_an_undone_claim_stays_free(after_a_cut, tidied):
    ledger, receipt = after_a_cut(), a_receipt()
    ledger.enrolled(IDENTITY)
    visit = credit(ledger, receipt)
    if tidied != "never":
        ledger.tidy(NOON, acked=0)
    ledger.record([a_void(visit)])

    ledger = after_a_cut()

    assert ledger.receipt_at(receipt) is None
    credit(ledger, receipt)
    assert after_a_cut().receipt_at(receipt) == NOON


def test_a_claim_is_noted_in_an_idle_moment(after_a_cut):
    ledger, receipt = after_a_cut(), a_receipt()
    ledger.enrolled(IDENTITY)
    credit(ledger, receipt)
    ledger.tidy(NOON, acked=0)

    assert ledger.receipt_at(receipt) == NOON
    assert after_a_cut().receipt_at(receipt) == NOON


def test_one_visit_cannot_credit_one_receipt_twice(after_a_cut):
    ledger, receipt = after_a_cut(), a_receipt()
    ledger.enrolled(IDENTITY)

    with pytest.raises(Refused) as refused:
        ledger.record([an_accrual(receipt=receipt), an_accrual(receipt=receipt)])

    assert refused.value.reason is Reason.RECEIPT_USED
    assert ledger.receipt_at(receipt) is None


# --- Whatever the order ---------------------------------------------------------------------------

# Two receipts: one is credited, credited once more by the same act, or its last visit undone; and
# now and then what is held in memory goes into the table.
STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["credit", "again", "undo", "tidy"])), max_size=8
)


def test_whatever_is_credited_repeated_and_undone_a_receipt_counts_once_at_most(ledger):
    @given(steps=STEPS)
    def holds(steps):
        receipts = (a_receipt(), a_receipt())
        acts, stands = {}, {}
        head, recorded = ledger.head().seq, 0
        for which, step in steps:
            receipt, act = receipts[which], acts.get(which)
            if step == "tidy":
                ledger.tidy(NOON, acked=0)
            elif step == "credit" and which in stands:
                with pytest.raises(Refused) as refused:
                    credit(ledger, receipt)
                assert refused.value.reason is Reason.RECEIPT_USED
            elif step == "credit":
                acts[which] = an_accrual(receipt=receipt)
                stands[which] = ledger.record([acts[which]])[0].visit
                recorded += 1
            elif step == "again" and act is not None:
                ledger.record([act])  # the same intention: nothing more is recorded
            elif step == "undo" and which in stands:
                ledger.record([a_void(stands.pop(which))])
                recorded += 1
            for at, one in enumerate(receipts):
                assert (ledger.receipt_at(one) is not None) == (at in stands)
            assert ledger.head().seq == head + recorded

    holds()
