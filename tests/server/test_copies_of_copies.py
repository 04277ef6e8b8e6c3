"""Three machines that write one journal: a till, its copy, and a copy of the copy."""

from dataclasses import replace

import pytest

from sync.programme.refusals import Reason, Refused
from tests.server.accounts import folded, stored


def pushed_beside(till, first: int):
    """Push what a copy has from `first` on; the server says that it is beside the chain."""
    with pytest.raises(Refused) as refused:
        till.push(first=first)
    assert refused.value.reason is Reason.CHAIN_FORKED
    till.caller = replace(till.caller, forked=True)


def points(office, member: int) -> int:
    return stored(office)[member].account.points


def test_a_branch_of_a_branch_is_recorded_beside_both(office, till):
    member = till.member()
    start = till.seq
    first, second = till.copied(), till.copied()
    till.accrual(member, 1_000)
    till.push()
    first.accrual(member, 2_000, id=first.new_id())
    pushed_beside(first, start + 1)
    third = first.copied()
    first.accrual(member, 4_000)
    pushed_beside(first, start + 2)

    third.accrual(member, 8_000, id="f" * 32)
    pushed_beside(third, start + 2)
    second.accrual(member, 16_000, id="e" * 32)
    pushed_beside(second, start + 1)

    assert points(office, member) == 50 + 10 + 20 + 40 + 80 + 160 + 100
    assert stored(office) == folded(office)
    assert set(stored(office)) == {member}


def test_branches_that_come_again_are_known_again(office, till):
    member = till.member()
    start = till.seq
    copy = till.copied()
    till.accrual(member, 1_000)
    till.push()
    copy.accrual(member, 2_000, id=copy.new_id())
    another = copy.copied()
    copy.accrual(member, 4_000)
    another.accrual(member, 8_000, id="f" * 32)
    for machine in (copy, another):
        pushed_beside(machine, start + 1)
    before = points(office, member)

    for machine in (copy, another, copy):
        pushed_beside(machine, start + 1)

    assert points(office, member) == before
