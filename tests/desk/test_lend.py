"""Borrowing for one redemption: what is held already is risked only where it must be."""

import pytest

from loyalty_desk.desk import lend
from sync.client.outcomes import Offline, Outdated, Rejected, ServerFault
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import LeaseRow
from tests.desk import club
from tests.desk.refusals import refuses


class Line:
    """The other end: lends up to `available`, or is not heard."""

    def __init__(self, till, available=0, fault=None):
        self._till, self.available, self.fault = till, available, fault
        self.requests = []

    def lease(self, request):
        self.requests.append(request)
        if self.fault is not None:
            raise self.fault
        given_back = sum(one.left for one in self._till.held if one.id.hex() in request.closes)
        if request.points > self.available + given_back:
            raise Rejected(Refused(Reason.NOT_ENOUGH_POINTS, missing=1), None)
        stops_at = self._till.clock.now() + club.HOUR
        return LeaseRow(request.id, request.member, request.points, 0, stops_at)


@pytest.fixture
def marina(till):
    """Marina has 2,480 points, of which this till holds 250 and nobody else any."""
    row = till.counter.members.by_id(club.MARINA).row
    till.pull(members=(club._with(row, {"leased": 250, "version": 2}),))
    till.lend(club.MARINA, 250)
    till.held = till.store.ledger.leases.of(club.MARINA)
    return till


def borrowed(till, line, points):
    lend.borrow(till.counter, line, till.store.replica, club.MARINA, points)


def left(till):
    return sorted(one.left for one in till.store.ledger.leases.of(club.MARINA))


def test_what_nobody_holds_is_lent_beside_what_is_held_here(marina):
    line = Line(marina, available=2_230)

    borrowed(marina, line, 400)

    assert left(marina) == [250, 400]
    assert [one.closes for one in line.requests] == [()]


def test_what_is_held_here_is_given_back_where_the_rest_is_too_little(marina):
    borrowed(marina, Line(marina, available=2_230), 2_400)

    assert left(marina) == [2_400]


def test_what_is_held_here_is_given_back_when_another_till_took_the_rest(marina):
    line = Line(marina, available=200)

    borrowed(marina, line, 400)

    assert left(marina) == [400]
    assert [bool(one.closes) for one in line.requests] == [False, True]


@pytest.mark.parametrize("fault", [Offline("no answer"), ServerFault(503), Outdated()])
def test_without_an_answer_what_is_held_here_can_still_be_spent(marina, fault):
    with refuses(Reason.NEEDS_CONNECTION, marina, usable=250):
        borrowed(marina, Line(marina, fault=fault), 400)

    assert left(marina) == [250]


def test_what_was_offered_back_without_an_answer_is_spent_no_more(marina):
    with refuses(Reason.NEEDS_CONNECTION, marina, usable=0):
        borrowed(marina, Line(marina, fault=Offline("no answer")), 2_400)

    assert left(marina) == []


def test_what_the_server_says_is_passed_on(marina):
    blocked = Rejected(Refused(Reason.MEMBER_BLOCKED), None)

    with refuses(Reason.MEMBER_BLOCKED, marina):
        borrowed(marina, Line(marina, fault=blocked), 400)
    assert left(marina) == [250]
