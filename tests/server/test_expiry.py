"""Points lapse with the end of their day, once, and a purchase that is returned later leaves no
debt behind.
"""

from datetime import date

import pytest

from sync.programme.document import Earning
from sync.server.office import expiry
from sync.server.office.documents import publish
from tests.server.accounts import account, entries, folded, stored
from tests.server.shop import DAY, HOUR, MINUTE, NOON, enrolled_till, programme

# One month: what is earned on 20 November 2026 is good through 31 December.
LAST = date(2026, 12, 31)
MIDNIGHT = NOON + 41 * DAY + 11 * HOUR  # the first instant of 1 January in the programme's zone


@pytest.fixture
def short(office):
    """A programme whose points last a month."""
    with office.database.write() as connection:
        paper = programme(
            2, earning=Earning(rate="1", welcome_points=50, expires_months=1, typed_visits_day=50)
        )
        publish(connection, office.keys, paper, now=NOON - 1)


@pytest.fixture
def member(short, till):
    """Somebody with 150 points that are good through 31 December."""
    member = till.member()
    till.accrual(member, 10_000)
    till.push()
    return member


def test_points_are_good_through_the_last_instant_of_their_day(office, till, member):
    assert account(office, member).lots == ((LAST.isoformat(), 150),)

    assert expiry.expire_due(office, now=MIDNIGHT - 1) == 0
    assert account(office, member).points == 150
    assert expiry.expire_due(office, now=MIDNIGHT) == 1

    now = account(office, member)
    assert (now.points, now.expired) == (0, 150)
    assert entries(office, member).count(("expire", 150)) == 1
    assert stored(office) == folded(office)


def test_running_it_again_changes_nothing(office, till, member):
    expiry.expire_due(office, now=MIDNIGHT)
    before = entries(office, member)

    assert expiry.expire_due(office, now=MIDNIGHT + HOUR) == 0
    assert entries(office, member) == before
    assert expiry.expired_through(office) == LAST.isoformat()
    assert not expiry.is_due(office, now=MIDNIGHT)


def test_many_members_lapse_in_parts(office, short, till):
    members = [till.enrolment().member for _ in range(7)]
    till.push()

    assert expiry.is_due(office, now=MIDNIGHT)
    assert expiry.expire_due(office, now=MIDNIGHT, part=2) == 7

    assert [account(office, member).points for member in members] == [0] * 7
    assert stored(office) == folded(office)


def test_a_day_nobody_worked_off_lapses_with_a_later_one(office, till, member):
    assert expiry.expire_due(office, now=MIDNIGHT + 10 * DAY) == 1
    assert account(office, member).points == 0


def test_what_was_spent_does_not_lapse_again(office, till, member):
    lease = till.lend(member, 100)
    till.redemption(member, 100, lease.id)
    till.push()

    expiry.expire_due(office, now=MIDNIGHT)

    now = account(office, member)
    assert (now.points, now.spent, now.expired) == (0, 100, 50)


def test_lent_points_lapse_when_they_come_back(office, till, member):
    till.lend(member, 100)

    expiry.expire_due(office, now=MIDNIGHT)

    now = account(office, member)
    assert (now.points, now.leased, now.expired) == (100, 100, 50)
    assert stored(office) == folded(office)


def test_what_comes_late_for_a_day_that_is_over_lapses_with_the_next(office, till, member):
    other = enrolled_till(office, seed=2)
    other.accrual(member, 3_000, at=NOON)
    expiry.expire_due(office, now=MIDNIGHT)
    other.at = MIDNIGHT + HOUR
    other.push()

    assert account(office, member).points == 30
    assert expiry.expire_due(office, now=MIDNIGHT + 2 * HOUR) == 0
    assert expiry.expire_due(office, now=MIDNIGHT + DAY) == 1
    assert account(office, member).points == 0
    assert stored(office) == folded(office)


def test_terminals_hear_that_points_have_lapsed(office, till, member):
    cursor = till.pull().cursor
    expiry.expire_due(office, now=MIDNIGHT)
    till.at = MIDNIGHT

    (row,) = till.pull(cursor).members

    assert (row.id, row.points) == (member, 0)


def test_a_purchase_returned_after_it_lapsed_leaves_no_debt(office, short, till):
    member = till.member()
    bought = till.accrual(member, 10_000)
    till.push()
    expiry.expire_due(office, now=MIDNIGHT)
    till.at = MIDNIGHT + MINUTE

    till.void(bought.id)
    till.push()

    now = account(office, member)
    assert (now.points, now.debt, now.expired) == (0, 0, 50)
    assert ("unexpire", 100) in entries(office, member)
    assert stored(office) == folded(office)


def test_two_purchases_returned_after_they_lapsed_give_back_what_each_lost(office, short, till):
    member = till.member()
    bought = [till.accrual(member, 10_000), till.accrual(member, 5_000)]
    till.push()
    expiry.expire_due(office, now=MIDNIGHT)
    till.at = MIDNIGHT + MINUTE

    for one in bought:
        till.void(one.id)
    till.push()

    now = account(office, member)
    assert (now.points, now.debt, now.expired) == (0, 0, 50)
    assert stored(office) == folded(office)


def test_a_server_without_a_programme_has_nothing_to_do(site):
    from tests.server.sites import open_office

    office = open_office(site)
    try:
        assert not expiry.is_due(office, now=MIDNIGHT)
    finally:
        office.database.close()
