"""Copied and rolled-back terminals: both branches are kept, nobody owes anything, and the terminal
goes on in its next life.
"""

from dataclasses import replace

import pytest
from sqlalchemy import select

from sync.programme.refusals import Reason, Refused
from sync.protocol import chain
from sync.protocol.messages import Hello, Reincarnate
from sync.server.office.hello import greet
from sync.server.office.lives import reincarnate
from sync.server.office.push import record_push
from sync.server.store.states import IncarnationState
from sync.server.store.tables import audit, events, incarnations
from tests.server.accounts import account, folded, lost, stored
from tests.server.shop import NOON, Till


def left_by(till: Till, *, why="forked", id="ab" * 16) -> Reincarnate:
    head = till.hashes[-1] if till.hashes else till.head
    return Reincarnate(protocol=1, id=id, last_seq=till.seq, head=head.hex(), why=why)


def next_life(till: Till, **asked) -> Till:
    """The terminal in the life that it is given, its journal empty behind the old sequences."""
    request = left_by(till, **asked)
    answer = reincarnate(till.office, till.caller, request, now=till.at)
    caller = replace(till.caller, incarnation=answer.incarnation, forked=False)
    head = chain.first_hash(
        terminal=caller.terminal, incarnation=caller.incarnation, public_key=caller.public_key
    )
    return replace(
        till,
        caller=caller,
        issuer=answer.issuer,
        head=head,
        bodies=[b""] * till.seq,
        hashes=[*([b""] * (till.seq - 1)), head] if till.seq else [],
        sealed=[],
        pushed=till.seq,
    )


def pushed_beside(till: Till, **bounds) -> dict:
    """Push what contradicts the chain; return the facts of the answer."""
    with pytest.raises(Refused) as refused:
        till.push(**bounds)
    assert refused.value.reason is Reason.CHAIN_FORKED
    return refused.value.facts


def state_of(till: Till) -> int:
    with till.office.database.read() as connection:
        return connection.scalar(
            select(incarnations.c.state).where(
                incarnations.c.terminal_id == till.caller.terminal,
                incarnations.c.n == till.caller.incarnation,
            )
        )


def branches(office) -> list[tuple[int, int]]:
    with office.database.read() as connection:
        rows = connection.execute(
            select(events.c.branch, events.c.seq).order_by(events.c.branch, events.c.seq)
        )
        return [tuple(row) for row in rows]


def test_a_branch_that_is_longer_than_a_batch_is_one_branch(office, till, member):
    copy = till.copied()
    till.accrual(member, 1_000)
    till.push()
    for _ in range(3):
        copy.accrual(member, 1_000)

    first = pushed_beside(copy, first=4, last=5)
    second = pushed_beside(copy, first=6, last=6)
    again = pushed_beside(copy, first=4, last=5)
    overlapping = pushed_beside(copy, first=5, last=6)

    assert [one["until"] for one in (first, second, again, overlapping)] == [5, 6, 5, 6]
    assert branches(office) == [*((0, n) for n in range(1, 5)), (1, 4), (1, 5), (1, 6)]
    assert account(office, member).points == 550 + 100 + 10 + 30


def test_what_both_copies_spent_of_one_lease_is_the_shops_loss(office, till, member):
    lease = till.lend(member, 300)
    copy = till.copied()
    till.redemption(member, 200, lease.id)
    till.push()
    copy.redemption(member, 300, lease.id)

    pushed_beside(copy)

    now = account(office, member)
    assert (now.points, now.leased, now.debt, lost(office)) == (250, 0, 0, 200)
    assert lost(office) <= lease.amount
    assert stored(office) == folded(office)


def test_a_copied_life_is_told_to_both_who_live_it(office, till, member):
    copy = till.copied()
    till.accrual(member, 1_000)
    till.push()
    copy.accrual(member, 2_000)
    pushed_beside(copy)

    hello = Hello(protocol=1, app="test", epoch=1, last_seq=4, head=till.hashes[-1].hex())
    answer = greet(office, till.now_known_as_forked().caller, hello, now=NOON)

    assert state_of(till) == IncarnationState.FORKED
    assert answer.quarantined


def test_the_next_life_has_the_same_key_a_new_issuer_and_an_empty_chain(office, till, member):
    born = next_life(till, why="rolled_back")

    assert born.caller.incarnation == till.caller.incarnation + 1
    assert born.issuer != till.issuer
    assert born.pull().leases == ()
    born.accrual(member, 1_000)
    answer = born.push()
    assert (answer.last_seq, answer.results) == (4, ())
    assert account(office, member).points == 550 + 100 + 10
    assert born.push(first=4, last=4).last_seq == 4
    assert state_of(till) == IncarnationState.ENDED


def test_a_lost_answer_is_asked_for_again(office, till):
    first = reincarnate(office, till.caller, left_by(till), now=NOON)
    again = reincarnate(office, till.caller, left_by(till), now=NOON + 1)
    another = reincarnate(office, till.caller, left_by(till, id="cd" * 16), now=NOON)

    assert (first.incarnation, first.issuer) == (again.incarnation, again.issuer)
    assert another.incarnation == first.incarnation + 1


@pytest.mark.parametrize(
    "changes",
    [{"id": "xyz"}, {"id": "ab"}, {"head": "00"}, {"last_seq": -1}, {"last_seq": 1 << 63}],
)
def test_a_request_that_names_no_journal_is_refused(office, till, changes):
    asked = {"protocol": 1, "id": "ab" * 16, "last_seq": 0, "head": "0" * 64, "why": "unknown"}

    with pytest.raises(Refused) as refused:
        reincarnate(office, till.caller, Reincarnate(**(asked | changes)), now=NOON)

    assert refused.value.reason is Reason.BATCH_UNREADABLE


def test_leases_of_the_old_life_wait_for_its_last_event(office, till, member):
    lease = till.lend(member, 300)
    till.redemption(member, 100, lease.id)

    born = next_life(till, why="unknown")
    assert account(office, member).leased == 300
    with pytest.raises(Refused):
        born.lend(member, 500)
    till.now_known_as_forked().push()

    now = account(office, member)
    assert (now.points, now.leased, lost(office)) == (450, 0, 0)
    assert born.lend(member, 450).amount == 450
    assert stored(office) == folded(office)


def test_a_rolled_back_till_whose_events_are_here_gets_its_leases_freed_at_once(
    office, till, member
):
    till.lend(member, 300)
    behind = till.copied()
    till.accrual(member, 1_000)
    till.push()

    next_life(behind, why="rolled_back")

    assert account(office, member).leased == 0


def test_leases_of_a_forked_life_wait_for_the_branch_that_ends_it(office, till, member):
    lease = till.lend(member, 300)
    copy = till.copied()
    till.accrual(member, 1_000)
    till.push()
    copy.redemption(member, 100, lease.id)

    next_life(copy)
    assert account(office, member).leased == 300
    pushed_beside(copy)

    now = account(office, member)
    assert (now.leased, now.spent, lost(office)) == (0, 100, 0)


def test_a_lease_of_the_old_life_pays_nothing_in_the_next(office, till, member):
    lease = till.lend(member, 300)
    born = next_life(till, why="rolled_back")
    event = born.redemption(member, 100, lease.id)

    assert born.result(born.push(), event).code == "lease_unknown"
    assert lost(office) == 100


def test_a_machine_that_was_copied_keeps_its_life_and_its_leases(office, till, member):
    lease = till.lend(member, 300)

    copy = next_life(till.copied(), why="copied")

    assert state_of(till) == IncarnationState.ACTIVE
    assert copy.pull().leases == ()
    assert [row.id for row in till.pull().leases] == [lease.id]
    till.redemption(member, 100, lease.id)
    assert till.push().results == ()


def test_two_copies_that_both_ask_get_two_lives(office, till, member):
    copy = till.copied()
    till.accrual(member, 1_000)
    till.push()
    copy.accrual(member, 2_000)
    pushed_beside(copy)

    first, second = next_life(till), next_life(copy, id="cd" * 16)
    first.accrual(member, 1_000)
    second.accrual(member, 1_000)

    assert first.caller.incarnation != second.caller.incarnation
    assert (first.push().results, second.push().results) == ((), ())
    with office.database.read() as connection:
        acts = connection.scalars(select(audit.c.act).order_by(audit.c.act)).all()
    assert list(acts) == ["journal_forked", "life_began", "life_began"]


def test_a_member_that_two_copies_gave_one_number_goes_on_under_another(office, till):
    copy = till.copied()
    first = till.enrolment()
    till.push()
    second = copy.enrolment(member=first.member)
    copy.accrual(first.member, 2_000)

    pushed_beside(copy)

    (others,) = [number for number in stored(office) if number != first.member]
    assert account(office, first.member).points == 50
    assert account(office, others).points == 50 + 20
    copy.accrual(second.member, 3_000)
    pushed_beside(copy, first=3, last=3)
    assert account(office, others).points == 50 + 20 + 30
    assert stored(office) == folded(office)


def test_the_next_life_goes_on_naming_a_member_as_its_terminal_knows_them(office, till):
    copy = till.copied()
    first = till.enrolment()
    till.push()
    copy.enrolment(member=first.member)
    born = next_life(copy)
    pushed_beside(copy)
    born.accrual(first.member, 2_000)

    assert born.push().results == ()
    (others,) = [number for number in stored(office) if number != first.member]
    assert (account(office, first.member).points, account(office, others).points) == (50, 70)


def test_a_branch_that_leaves_a_gap_is_refused(office, till, member):
    copy = till.copied()
    till.accrual(member, 1_000)
    till.push()
    for _ in range(3):
        copy.accrual(member, 1_000)

    with pytest.raises(Refused) as refused:
        record_push(office, copy.caller, copy.batch(first=6, last=6), now=NOON)

    assert (refused.value.reason, refused.value.facts) == (Reason.CHAIN_GAP, {"expected": 5})
