"""Taking a visit back: all of it, once, and as if it had never been."""

import pytest
from sqlalchemy import select

from sync.programme.document import Reward
from sync.programme.refusals import Reason, Refused
from sync.server.office.confirmations import confirm
from sync.server.office.documents import publish
from sync.server.office.stock import count_stock
from sync.server.store.tables import events, merchant_loss
from tests.server.accounts import account, entries, folded, lost, stored
from tests.server.shop import DAY, HOUR, MINUTE, NOON, enrolled_till, programme

KEY = "35261111222333000181650010000000011000000015"


@pytest.fixture
def member(till):
    member = till.member()
    till.accrual(member, 30_000, forecast=300)
    till.push()
    till.at += HOUR
    return member


def test_a_purchase_and_its_redemption_are_both_taken_back(office, till, member):
    lease = till.lend(member, 100)
    before = account(office, member)
    bought = till.accrual(member, 2_000)
    till.redemption(member, 100, lease.id, visit=bought.id)
    till.push()

    till.void(bought.id)

    assert till.push().results == ()
    after = account(office, member)
    assert (after.points, after.spent, after.lots) == (before.points, 0, before.lots)
    assert after.qualifying == before.qualifying


def test_any_event_of_the_visit_names_it(office, till, member):
    lease = till.lend(member, 100)
    bought = till.accrual(member, 2_000)
    redeemed = till.redemption(member, 100, lease.id, visit=bought.id)
    till.void(redeemed.id)
    till.push()

    assert account(office, member).points == 350


def test_a_visit_is_taken_back_in_the_batch_that_brings_it(office, till, member):
    till.void(till.accrual(member, 2_000).id)

    assert till.push().results == ()
    assert account(office, member).points == 350


def test_a_visit_is_taken_back_once(office, till, member):
    bought = till.accrual(member, 2_000)
    till.void(bought.id)
    again = till.void(bought.id)

    result = till.result(till.push(), again)

    assert (result.status, result.code) == ("duplicate", "already_undone")
    assert account(office, member).points == 350


def test_what_is_not_here_cannot_be_taken_back(till, member):
    event = till.void("0" * 32)

    assert till.result(till.push(), event).code == "nothing_to_undo"


def test_an_enrolment_is_not_taken_back(office, till):
    joined = till.enrolment()
    bought = till.accrual(joined.member, 2_000, visit=joined.id)
    till.push()
    till.void(joined.id)

    assert till.push().results == ()
    assert account(office, joined.member).points == 50
    assert [row.voided_by is None for row in stored_rows(office)] == [True, False, True]
    assert bought.member == joined.member


def test_a_lone_enrolment_is_nothing_to_undo(till):
    joined = till.enrolment()
    till.push()
    event = till.void(joined.id)

    assert till.result(till.push(), event).code == "nothing_to_undo"


def test_the_receipt_is_free_again(office, till, member):
    other = till.member()
    wrong = till.accrual(member, 2_000, receipt=KEY, evidence="receipt")
    till.void(wrong.id)
    till.accrual(other, 2_000, receipt=KEY, evidence="receipt")

    assert till.push().results == ()
    assert (account(office, member).points, account(office, other).points) == (350, 70)


def test_counters_forget_the_visit(till, member):
    bought = till.accrual(member, 2_000)
    till.push()
    (before,) = till.pull().members
    till.void(bought.id)
    till.push()

    (after,) = till.pull().members
    assert (before.earned, before.visits, before.week_visits) == (320, 2, 2)
    assert (after.earned, after.visits, after.week_visits) == (300, 1, 1)


def test_a_missions_bonus_goes_with_its_visit_and_can_be_earned_again(office, till, member):
    till.accrual(member, 1_000)
    third = till.accrual(member, 1_000)
    till.push()
    with_bonus = account(office, member).points
    till.void(third.id)
    till.push()
    without = account(office, member).points
    till.accrual(member, 1_000)
    till.push()

    assert (with_bonus, without) == (350 + 20 + 100, 350 + 10)
    assert account(office, member).points == with_bonus


def test_a_missions_bonus_stays_when_another_visit_goes(office, till, member):
    second = till.accrual(member, 1_000)
    till.accrual(member, 1_000)
    till.push()
    till.void(second.id)
    till.accrual(member, 1_000)
    till.push()

    assert account(office, member).points == 350 + 20 + 100


def test_limits_and_stock_forget_the_redemption(office, till, member):
    with office.database.write() as connection:
        count_stock(connection, 1, {3: 5})
    taken = till.redemption(member, 0, reward=3)
    till.push()
    till.void(taken.id)
    till.push()

    page = till.pull()
    assert [(row.reward, row.left) for row in page.stock] == [(3, 5)]
    assert page.members[0].taken == ()


def test_a_loss_is_taken_back_too(office, till, member):
    event = till.redemption(member, 500)
    till.push()
    assert lost(office) == 150

    till.void(event.id)
    till.push()

    assert (lost(office), account(office, member).points) == (0, 350)
    with office.database.read() as connection:
        assert connection.execute(select(merchant_loss)).one().reversed_by is not None


def test_points_that_waited_stop_waiting(office, till, member):
    bought = till.accrual(member, 90_000)
    till.push()
    assert account(office, member).pending == 900

    till.void(bought.id)
    till.push()

    assert (account(office, member).pending, account(office, member).points) == (0, 350)


@pytest.mark.parametrize("event", ["one of nobody", "one that waits no more"])
def test_what_does_not_wait_is_not_confirmed(office, till, member, event):
    bought = till.accrual(member, 90_000, forecast=900)
    till.push()
    name = bytes(16)
    if event != "one of nobody":
        name = bytes.fromhex(bought.id)
        confirm(office, name, staff=5, now=till.at)
    before = account(office, member)

    with pytest.raises(Refused) as refused:
        confirm(office, name, staff=5, now=till.at)

    assert refused.value.reason is Reason.NOT_FOUND
    assert account(office, member) == before


def test_points_that_waited_and_were_confirmed_are_taken_back(office, till, member):
    bought = till.accrual(member, 90_000)
    till.push()
    confirmed = confirm(office, bytes.fromhex(bought.id), staff=5, now=till.at)
    good = account(office, member)
    till.void(bought.id)
    till.push()

    assert (confirmed, good.points, good.pending, good.qualifying) == (900, 1_250, 0, 1_200)
    assert (account(office, member).points, account(office, member).qualifying) == (350, 300)
    assert stored(office) == folded(office)


def test_a_cashier_who_voids_after_the_window_is_shown(till, member):
    bought = till.accrual(member, 2_000)
    till.push()
    till.at += 20 * MINUTE
    event = till.void(bought.id, reason="troca")

    result = till.result(till.push(), event)

    assert (result.status, result.code) == ("needs_review", "not_permitted")


def test_another_till_takes_a_visit_back(office, till, member):
    bought = till.accrual(member, 2_000)
    till.push()
    other = enrolled_till(office, seed=2)
    other.void(bought.id)
    other.push()

    assert account(office, member).points == 350


def test_a_visit_of_weeks_ago_is_taken_back_from_its_own_day(office, till, member):
    bought = till.accrual(member, 2_000)
    till.push()
    till.at += 30 * DAY
    till.accrual(member, 1_000)
    till.void(bought.id)
    till.push()

    (row,) = till.pull().members
    assert (row.earned, row.visits) == (10, 1)
    assert account(office, member).points == 360
    assert stored(office) == folded(office)


def test_a_redemption_whose_points_would_have_lapsed_is_good_for_a_week(office, till):
    with office.database.write() as connection:
        paper = programme(2, rewards=(Reward(id=1, name="Café", cost=100),))
        publish(connection, office.keys, paper, now=NOON)
    member = till.member()
    till.accrual(member, 30_000, forecast=300)
    till.push()
    lease = till.lend(member, 350)
    spent = till.redemption(member, 350, lease.id)
    till.push()
    till.at += 400 * DAY
    till.void(spent.id)
    till.push()

    now = account(office, member)
    assert now.points == 350
    assert [kind for kind, _ in entries(office, member)][-2:] == ["unspend", "extend"]
    assert stored(office) == folded(office)


def stored_rows(office):
    with office.database.read() as connection:
        return connection.execute(select(events).order_by(events.c.seq)).all()
