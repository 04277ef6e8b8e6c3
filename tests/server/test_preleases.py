"""A till is lent points for members it is likely to see; who they are is counted once a day."""

import pytest

from sync.protocol.messages import Hello
from sync.server.jobs import Jobs
from sync.server.office import preleases
from sync.server.office.hello import greet
from tests.server.accounts import account
from tests.server.shop import DAY, HOUR, NOON, enrolled_till


@pytest.fixture
def member(till):
    """Somebody who came twice and has 480 points."""
    member = till.member()
    till.accrual(member, 33_000)
    till.accrual(member, 10_000)
    till.push()
    return member


def greeted(till, now=NOON):
    hello = Hello(
        protocol=1, app="test", epoch=1, last_seq=till.seq, head=till.hashes[-1].hex(), leases=()
    )
    return greet(till.office, till.caller, hello, now=now)


def test_a_regular_is_lent_for_with_a_hello(office, till, member):
    greeted(till)

    (lease,) = till.pull().leases
    assert (lease.member, lease.amount) == (member, 100)
    assert lease.signature


def test_nothing_more_is_lent_within_twelve_hours(office, till, member):
    greeted(till)
    greeted(till, NOON + 11 * HOUR)

    assert account(office, member).leased == 100


def test_who_comes_is_counted_once_a_day(office, till, member):
    assert preleases.count_due(office, now=NOON) == 2  # both stores
    assert preleases.count_due(office, now=NOON + DAY - 1) == 0
    newcomer = till.member()
    till.accrual(newcomer, 40_000)
    till.push()

    greeted(till, NOON + HOUR)
    assert [row.member for row in till.pull().leases] == [member]

    greeted(till, NOON + DAY + HOUR)
    assert {row.member for row in till.pull().leases} == {member, newcomer}


def test_a_regular_of_another_living_till_is_left_to_it(office, till, member):
    other = enrolled_till(office, seed=2)
    other.accrual(member, 100)
    other.at += HOUR
    other.push()

    assert preleases.lend_beforehand(office, till.caller, now=NOON + 2 * HOUR) == 0
    assert preleases.lend_beforehand(office, other.caller, now=NOON + 2 * HOUR) == 1


def test_a_life_that_is_over_is_lent_nothing(office, till, member):
    assert preleases.lend_beforehand(office, till.now_known_as_forked().caller, now=NOON) == 0


def test_the_server_does_by_itself_what_is_due(office, till, member):
    Jobs(office, lambda: NOON + DAY).round()

    assert preleases.count_due(office, now=NOON + DAY) == 0


def test_a_job_that_fails_ends_neither_the_others_nor_the_server(office, till, member):
    with office.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE due")

    Jobs(office, lambda: NOON + DAY).round()

    assert preleases.count_due(office, now=NOON + DAY) == 0
