"""Head office restored from an older copy: its own signatures show what it lost, and tills bring
it back; nobody is lent what somebody else may have spent.
"""

import msgspec
import pytest
from sqlalchemy import select, update

from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import Acknowledgement, Hello, LeaseClosing
from sync.server.office import leases
from sync.server.office.epoch import era
from sync.server.office.hello import greet
from sync.server.office.recovery import awaited, end_recovery
from sync.server.office.stock import count_stock
from sync.server.office.units import units_held
from sync.server.store.tables import audit, balances, events, feed, orphans
from tests.server.accounts import account, folded, lost, stored
from tests.server.backups import backed_up, restore
from tests.server.shop import DAY, HOUR, MINUTE, NOON, Till, enrolled_till

EPOCH = NOON // 1000 - 1_767_225_600  # of a server that was restored at NOON


def ack_in(answer) -> Acknowledgement:
    return Acknowledgement(
        epoch=answer.epoch,
        last_seq=answer.last_seq,
        head=answer.head,
        signature=answer.signature,
    )


def say_hello(till: Till, *, acked=None, held=(), now=None):
    """A till's hello with what it can prove."""
    hello = Hello(
        protocol=1,
        app="test",
        epoch=1,
        last_seq=till.seq,
        head=(till.hashes[-1] if till.hashes else till.head).hex(),
        acked=acked,
        leases=tuple(held),
    )
    return greet(till.office, till.caller, hello, now=till.at if now is None else now)


def push_again(till: Till, answer) -> None:
    till.pushed = answer.last_seq
    till.push()


def lent_units(till: Till) -> int:
    with till.office.database.read() as connection:
        return sum(row.amount for row in units_held(connection, till.caller))


def acts(office) -> list[str]:
    with office.database.read() as connection:
        return list(connection.scalars(select(audit.c.act).order_by(audit.c.at)))


def state(office):
    with office.database.read() as connection:
        return era(connection)


def test_a_server_that_has_all_it_signed_is_as_it_was(office, till, member):
    lease = till.lend(member, 100)
    acked = ack_in(till.push())

    answer = say_hello(till, acked=acked, held=[lease])

    assert (answer.epoch, answer.recovering) == (1, False)
    assert account(office, member).leased == 100


def test_an_acknowledgement_that_it_cannot_match_tells_a_server_that_it_was_restored(
    office, till, member
):
    backup = backed_up(office)
    till.accrual(member, 2_000)
    acked = ack_in(till.push())
    other = enrolled_till(office, seed=2)
    restore(office, backup)

    answer = say_hello(till, acked=acked)

    assert (answer.epoch, answer.recovering, answer.last_seq) == (EPOCH, True, 3)
    assert acts(office) == ["server_restored"]
    push_again(till, answer)
    assert account(office, member).points == 670
    assert stored(office) == folded(office)
    answer = say_hello(till, acked=acked)
    assert (answer.epoch, answer.recovering) == (EPOCH, False)
    assert acts(office) == ["server_restored", "recovery_ended"]
    assert other.caller.terminal != till.caller.terminal


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": "A" * 86},
        {"last_seq": 1 << 70},
        {"head": "xyz"},
        {"epoch": 3},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_the_server_did_not_sign_proves_nothing(office, till, member, changes):
    acked = msgspec.structs.replace(ack_in(till.push()), **changes)

    assert say_hello(till, acked=acked).epoch == 1


def test_while_it_recovers_nothing_is_lent_and_purchases_count(office, till, member):
    other = enrolled_till(office, seed=2)
    backup = backed_up(office)
    till.accrual(member, 2_000)
    acked = ack_in(till.push())
    restore(office, backup)
    answer = say_hello(till, acked=acked)
    push_again(till, answer)
    say_hello(till, acked=acked)

    assert awaited(office) == (other.caller.terminal,)
    with pytest.raises(Refused) as refused:
        till.lend(member, 10)
    assert refused.value.reason is Reason.SERVER_RECOVERING
    till.accrual(member, 1_000)
    assert till.push().results == ()
    assert account(office, member).points == 680
    assert say_hello(other).recovering is False
    assert till.lend(member, 10).epoch == EPOCH


def test_a_manager_may_end_the_wait(office, till, member):
    enrolled_till(office, seed=2)
    backup = backed_up(office)
    till.accrual(member, 2_000)
    acked = ack_in(till.push())
    restore(office, backup)
    say_hello(till, acked=acked)

    assert end_recovery(office, staff=0, now=NOON) is True
    assert end_recovery(office, staff=0, now=NOON) is False
    assert till.lend(member, 10).amount == 10
    assert awaited(office) == ()


def test_for_an_hour_after_the_wait_nothing_is_lent_before_it_is_asked_for(office, till, member):
    other = enrolled_till(office, seed=2)
    with office.database.write() as connection:
        count_stock(connection, 1, {1: 5})
    backup = backed_up(office)
    say_hello(other)
    assert lent_units(other) == 1
    till.accrual(member, 2_000)
    acked = ack_in(till.push())
    restore(office, backup)
    push_again(till, say_hello(till, acked=acked))
    end_recovery(office, staff=0, now=NOON)

    say_hello(till, acked=acked, now=NOON + HOUR - 1)
    assert (account(office, member).leased, lent_units(till)) == (0, 0)
    say_hello(till, acked=acked, now=NOON + HOUR)
    assert (account(office, member).leased, lent_units(till)) == (100, 1)


def test_a_till_that_was_not_heard_for_a_week_before_the_copy_is_not_waited_for(office, till):
    enrolled_till(office, seed=2)  # heard at NOON only
    till.at = NOON + 8 * DAY
    till.push()
    active = enrolled_till(office, seed=3, now=till.at)
    backup = backed_up(office)
    till.member()
    acked = ack_in(till.push())
    restore(office, backup)

    answer = say_hello(till, acked=acked, now=till.at + 30 * DAY)
    push_again(till, answer)
    say_hello(till, acked=acked, now=till.at + 30 * DAY)

    assert awaited(office) == (active.caller.terminal,)


def test_a_lease_that_was_lost_with_the_copy_is_bound_again(office, till, member):
    backup = backed_up(office)
    lease = till.lend(member, 400)
    restore(office, backup)
    till.redemption(member, 100, lease.id)

    answer = say_hello(till, held=[lease])
    assert (answer.epoch, account(office, member).leased) == (EPOCH, 400)
    push_again(till, answer)

    now = account(office, member)
    assert (now.points, now.leased, lost(office)) == (450, 300, 0)
    assert stored(office) == folded(office)
    assert [row.id for row in till.pull().leases] == [lease.id]


def test_a_lease_that_nobody_granted_is_not_bound(office, till, member):
    lease = msgspec.structs.replace(till.lend(member, 100), amount=500, id="0f" * 16)

    assert say_hello(till, held=[lease]).epoch == 1
    assert account(office, member).leased == 100


@pytest.mark.parametrize("changes", [{"id": "xyz"}, {"member": -1}, {"amount": 1 << 70}])
def test_a_lease_of_impossible_numbers_is_passed_over(office, till, member, changes):
    lease = msgspec.structs.replace(till.lend(member, 100), **changes)

    assert say_hello(till, held=[lease]).epoch == 1


def test_a_lease_given_back_after_the_copy_is_freed_once_its_events_are_here(office, till, member):
    lease = till.lend(member, 400)
    backup = backed_up(office)
    till.redemption(member, 100, lease.id)
    acked = ack_in(till.push())
    leases.close(office, till.caller, LeaseClosing(leases=(lease.id,), last_seq=till.seq), now=NOON)
    restore(office, backup)

    answer = say_hello(till, acked=acked, held=[])
    assert account(office, member).leased == 400
    push_again(till, answer)
    assert account(office, member).leased == 300
    say_hello(till, acked=acked, held=[])

    assert (account(office, member).points, account(office, member).leased) == (450, 0)
    assert lost(office) == 0


def test_a_lease_given_back_before_its_member_is_known_again_shows_nobody(office, till):
    other = enrolled_till(office, seed=2)
    backup = backed_up(office)
    member = other.member()
    other.accrual(member, 49_900, forecast=499)
    acked = ack_in(other.push())
    lease = till.lend(member, 400)
    restore(office, backup)

    say_hello(till, held=[lease])
    leases.close(office, till.caller, LeaseClosing(leases=(lease.id,), last_seq=till.seq), now=NOON)
    with office.database.read() as connection:
        assert connection.scalars(select(feed.c.member_id)).all() == []

    push_again(other, say_hello(other, acked=acked))
    assert (account(office, member).points, account(office, member).leased) == (549, 0)


def test_a_terminal_that_does_not_say_what_it_holds_keeps_it(office, till, member):
    till.lend(member, 400)
    backup = backed_up(office)
    till.accrual(member, 100)
    acked = ack_in(till.push())
    restore(office, backup)
    answer = say_hello(till, acked=acked)
    push_again(till, answer)

    hello = Hello(protocol=1, app="old", epoch=1, last_seq=till.seq, head=till.hashes[-1].hex())
    greet(office, till.caller, hello, now=NOON)

    assert account(office, member).leased == 400


@pytest.mark.parametrize("head", ["no hash", "0e" * 32])
def test_a_journal_that_is_not_the_servers_is_not_whole(office, till, member, head):
    other = enrolled_till(office, seed=2)
    backup = backed_up(office)
    till.accrual(member, 100)
    acked = ack_in(till.push())
    restore(office, backup)
    push_again(till, say_hello(till, acked=acked))

    hello = Hello(protocol=1, app="test", epoch=1, last_seq=till.seq, head=head, leases=())
    greet(office, till.caller, hello, now=NOON)

    assert awaited(office) == (till.caller.terminal, other.caller.terminal)


def test_after_the_wait_a_lost_lease_of_points_that_others_have_is_not_bound(office, till, member):
    other = enrolled_till(office, seed=2)
    backup = backed_up(office)
    first = till.lend(member, 500)
    till.accrual(member, 100)
    acked = ack_in(till.push())
    restore(office, backup)
    say_hello(other, held=[])
    say_hello(till, acked=acked)
    end_recovery(office, staff=5, now=NOON)
    other.lend(member, 550)

    say_hello(till, acked=acked, held=[first])

    assert account(office, member).leased == 550


def test_points_lent_twice_around_the_copy_are_told_apart(office, till, member):
    """The lease went back, another till was lent the same points; the copy knows the first only."""
    other = enrolled_till(office, seed=2)
    first = till.lend(member, 500)
    backup = backed_up(office)
    leases.close(office, till.caller, LeaseClosing(leases=(first.id,), last_seq=till.seq), now=NOON)
    second = other.lend(member, 500)
    other.redemption(member, 500, second.id, reward=2)
    restore(office, backup)

    push_again(other, say_hello(other, held=[second]))
    say_hello(till, held=[])
    say_hello(other, held=[second])

    now = account(office, member)
    assert (now.points, now.leased, now.debt, lost(office)) == (50, 0, 0, 0)
    assert stored(office) == folded(office)
    assert not state(office).recovering


def test_a_member_who_is_still_to_be_pushed_takes_over_a_lease(office, till):
    other = enrolled_till(office, seed=2)
    backup = backed_up(office)
    member = till.member()
    acked = ack_in(till.push())
    lease = other.lend(member, 50)
    restore(office, backup)

    say_hello(other, held=[lease])
    push_again(till, say_hello(till, acked=acked))

    assert (account(office, member).points, account(office, member).leased) == (50, 50)
    assert stored(office) == folded(office)


def test_who_comes_after_the_wait_gets_of_a_lost_lease_only_what_is_available(office, till, member):
    other = enrolled_till(office, seed=2)
    backup = backed_up(office)
    late = other.lend(member, 400)
    till.accrual(member, 100)
    acked = ack_in(till.push())
    restore(office, backup)
    push_again(till, say_hello(till, acked=acked))
    end_recovery(office, staff=0, now=NOON)
    till.lend(member, 350)
    other.redemption(member, 400, late.id, reward=2)

    push_again(other, say_hello(other, held=[late]))

    now = account(office, member)
    assert (now.points, now.leased, now.debt, lost(office)) == (350, 350, 0, 99)
    assert stored(office) == folded(office)


def test_a_second_restore_is_a_third_epoch(office, till, member):
    backup = backed_up(office)
    till.accrual(member, 100)
    acked = ack_in(till.push())
    restore(office, backup)
    push_again(till, say_hello(till, acked=acked))
    till.accrual(member, 100)
    acked = ack_in(till.push())
    assert acked.epoch == EPOCH
    restore(office, backup)

    answer = say_hello(till, acked=acked, now=NOON + MINUTE)
    push_again(till, answer)

    assert (answer.epoch, answer.last_seq) == (EPOCH + 60, 3)
    assert account(office, member).points == 652


def test_cursors_from_before_the_restore_begin_again(office, till, member):
    cursor = till.pull().cursor
    backup = backed_up(office)
    till.accrual(member, 100)
    acked = ack_in(till.push())
    restore(office, backup)
    say_hello(till, acked=acked)

    with pytest.raises(Refused) as refused:
        till.pull(cursor)

    assert refused.value.reason is Reason.CURSOR_INVALID


def test_a_cursor_ahead_of_the_feed_begins_again(office, till, member):
    backup = backed_up(office)
    till.accrual(member, 100)
    till.push()
    cursor = till.pull().cursor
    restore(office, backup)

    with pytest.raises(Refused) as refused:
        till.pull(cursor)

    assert refused.value.reason is Reason.CURSOR_INVALID


def test_what_comes_before_its_member_takes_effect_when_the_member_comes(office, till):
    """After a restore the other till may be the first to push again."""
    other = enrolled_till(office, seed=2)
    backup = backed_up(office)
    member = till.member()
    acked = ack_in(till.push())
    lease = other.lend(member, 50)
    bought = other.accrual(member, 2_000)
    other.redemption(member, 50, lease.id, visit=bought.id, lead=4)
    undone = other.accrual(member, 9_000)
    other.void(undone.id)
    restore(office, backup)

    push_again(other, say_hello(other, held=[lease]))
    assert lost(office) == 50
    push_again(till, say_hello(till, acked=acked))

    now = account(office, member)
    assert (now.points, now.leased, now.spent, now.debt, lost(office)) == (20, 0, 50, 0, 0)
    assert stored(office) == folded(office)
    with office.database.read() as connection:
        assert connection.execute(select(orphans)).all() == []
        left = connection.scalars(select(events.c.code).where(events.c.code != "")).all()
    # The one that was taken back, and a reward below its price.
    assert sorted(left) == ["member_unknown", "not_enough_points"]


def test_what_cannot_be_read_any_more_is_for_a_person_and_its_member_comes(office, till):
    other = enrolled_till(office, seed=2)
    backup = backed_up(office)
    member = till.member()
    acked = ack_in(till.push())
    unreadable, readable = (other.accrual(member, amount) for amount in (2_000, 3_000))
    restore(office, backup)
    push_again(other, say_hello(other))
    with office.database.write() as connection:
        connection.execute(
            update(events)
            .where(events.c.event_id == bytes.fromhex(unreadable.id))
            .values(body=b"no event")
        )

    push_again(till, say_hello(till, acked=acked))

    assert account(office, member).points == 80
    assert stored(office) == folded(office)
    with office.database.read() as connection:
        found = select(events.c.event_id, events.c.status, events.c.code)
        said = {row.event_id.hex(): (row.status, row.code) for row in connection.execute(found)}
        assert connection.execute(select(orphans)).all() == []
    assert said[unreadable.id] == ("needs_review", "event_invalid")
    assert said[readable.id] == ("accepted", "")


def spent_before_it_came(office, till):
    """A member whom `till` enrolled and who redeemed at another, both lost by a restore.

    Returns the member, the other till, its lease, and what both tills can prove.
    """
    other = enrolled_till(office, seed=2)
    backup = backed_up(office)
    member = till.member()
    acked = ack_in(till.push())
    lease = other.lend(member, 50)
    other.redemption(member, 50, lease.id)
    proof = ack_in(other.push())
    restore(office, backup)
    return member, other, lease, acked, proof


def test_a_forgotten_lease_pays_also_when_its_journal_is_whole_before_its_member_comes(
    office, till
):
    member, other, _lease, acked, proof = spent_before_it_came(office, till)

    push_again(other, say_hello(other, acked=proof))
    say_hello(other, acked=proof)
    assert awaited(office) == (till.caller.terminal,)
    assert lost(office) == 50
    push_again(till, say_hello(till, acked=acked))

    now = account(office, member)
    assert (now.points, now.spent, now.debt, lost(office)) == (0, 50, 0, 0)
    assert stored(office) == folded(office)


def test_a_lease_pays_also_when_it_was_given_back_before_its_member_came(office, till):
    """Its terminal has told everything, and gives it back; the enrolment comes from another."""
    member, other, lease, acked, proof = spent_before_it_came(office, till)

    push_again(other, say_hello(other, acked=proof, held=[lease]))
    closing = LeaseClosing(leases=(lease.id,), last_seq=other.seq)
    leases.close(office, other.caller, closing, now=NOON)
    push_again(till, say_hello(till, acked=acked))

    now = account(office, member)
    assert (now.points, now.leased, now.spent, now.debt, lost(office)) == (0, 0, 50, 0, 0)
    assert stored(office) == folded(office)


def test_what_a_forgotten_lease_paid_for_is_charged_and_not_lost(office, till, member):
    """A used-up lease is forgotten by its till; its redemption comes again, and is covered."""
    other = enrolled_till(office, seed=2)
    backup = backed_up(office)
    other.accrual(member, 10_000)
    other.push()
    lease = till.lend(member, 600)
    till.redemption(member, 600, lease.id, reward=2)
    acked = ack_in(till.push())
    restore(office, backup)

    push_again(till, say_hello(till, acked=acked, held=[]))
    assert (account(office, member).points, account(office, member).debt) == (0, 50)
    push_again(other, say_hello(other))

    now = account(office, member)
    assert (now.points, now.debt, now.spent, lost(office)) == (150, 0, 600, 0)
    assert stored(office) == folded(office)


def test_after_the_wait_a_forgotten_lease_covers_only_what_is_available(office, till, member):
    enrolled_till(office, seed=2)
    backup = backed_up(office)
    lease = till.lend(member, 500)
    till.redemption(member, 500, lease.id, reward=2)
    acked = ack_in(till.push())
    late = enrolled_till(office, seed=3)
    restore(office, backup)
    answer = say_hello(till, acked=acked, held=[])
    end_recovery(office, staff=0, now=NOON)
    with office.database.write() as connection:
        connection.execute(balances.update().values(leased=300))
    push_again(till, answer)

    assert (account(office, member).points, lost(office)) == (300, 250)
    assert late.caller.terminal


def test_two_restores_to_one_copy_are_two_epochs(office, till, member):
    """The first till to come after the second restore knows nothing of the first."""
    other = enrolled_till(office, seed=2)
    other.accrual(member, 100)
    other.push()
    backup = backed_up(office)
    till.accrual(member, 100)
    acked = ack_in(till.push())
    other.accrual(member, 100)
    others = ack_in(other.push())
    restore(office, backup)
    first = say_hello(till, acked=acked)
    restore(office, backup)

    second = say_hello(other, acked=others, now=NOON + MINUTE)

    assert 1 < first.epoch < second.epoch
