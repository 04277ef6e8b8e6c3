"""The statement: what the ledger says of one member, newest first, page after page."""

import pytest

from sync.programme.ledger import Kind
from sync.programme.refusals import Reason, Refused
from sync.server.office.statement import movements
from tests.server.accounts import account
from tests.server.shop import MINUTE


@pytest.fixture
def member(till):
    """Somebody who was welcomed, bought twice, and had a coffee for 100 points."""
    member = till.member()
    for amount in (30_000, 20_000):
        till.at += MINUTE
        till.accrual(member, amount)
    till.push()
    lease = till.lend(member, 100)
    till.at += MINUTE
    till.redemption(member, 100, lease.id)
    till.push()
    return member


def lines(office, member, **asked):
    with office.database.read() as connection:
        return movements(connection, member, **asked)


def test_it_goes_from_the_newest_to_the_oldest_and_adds_up_to_the_balance(office, member):
    said = lines(office, member)

    assert [line.points for line in said] == [-100, 200, 300, 50]
    assert sum(line.points for line in said) == account(office, member).points
    assert (said[1].amount, said[1].store, said[1].waiting) == (20_000, 1, False)


def test_a_line_says_why_there_are_so_many_points(office, member):
    spent, bought, *_ = lines(office, member)

    assert sum(points for _, _, points in bought.parts) == 200
    assert spent.parts == ()
    assert (spent.kind, spent.reward) == (Kind.SPEND, 1)


def test_one_kind_of_lines_is_shown_alone(office, member):
    assert [line.points for line in lines(office, member, which="earned")] == [200, 300, 50]
    assert [line.points for line in lines(office, member, which="used")] == [-100]
    assert lines(office, member, which="lapsed") == ()


def test_the_next_page_begins_behind_the_last_line(office, member):
    whole = lines(office, member)

    found, place = [], ""
    while page := lines(office, member, after=place, limit=1):
        found += page
        place = page[-1].place

    assert tuple(found) == whole


@pytest.mark.parametrize("place", ["1", "1-zz-3", f"{1 << 70}-{'00' * 16}-0", "1-00-3"])
def test_a_place_that_is_none_is_refused(office, member, place):
    with pytest.raises(Refused) as refused:
        lines(office, member, after=place)

    assert refused.value.reason is Reason.CURSOR_INVALID
