"""Points lent to terminals: no terminal overdraws a member, connected or not."""

from collections import defaultdict
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.leases import (
    Lease,
    beforehand,
    clock_is_trusted,
    fitting,
    share,
    spend,
    usable,
)
from sync.programme.ledger import Account, Entry, Kind, fold
from sync.programme.refusals import Reason, Refused
from tests.builders import a_lease, an_entry, event_id


@pytest.mark.parametrize(
    ("points", "now", "left"),
    [
        pytest.param(1, 0, 99, id="a-point"),
        pytest.param(100, 999, 0, id="all-of-it-in-the-last-instant"),
    ],
)
def test_a_lease_is_spent_while_it_lives(points, now, left):
    lease = spend(a_lease(), points, now=now)

    assert lease.left == left
    assert lease == a_lease(spent=points)


@pytest.mark.parametrize(
    ("lease", "points", "now", "reason", "facts"),
    [
        pytest.param({}, 101, 0, Reason.LEASE_TOO_SMALL, {"left": 100}, id="more-than-was-lent"),
        pytest.param({"spent": 60}, 41, 0, Reason.LEASE_TOO_SMALL, {"left": 40}, id="than-is-left"),
        pytest.param({}, 1, 1_000, Reason.LEASE_LAPSED, {}, id="at-the-instant-it-stops"),
        pytest.param({}, 101, 2_000, Reason.LEASE_LAPSED, {}, id="long-after"),
    ],
)
def test_a_lease_is_spent_no_further_and_no_longer(lease, points, now, reason, facts):
    with pytest.raises(Refused) as refused:
        spend(a_lease(**lease), points, now=now)

    assert refused.value.reason is reason
    assert refused.value.facts == facts


@pytest.mark.parametrize("points", [0, -1])
def test_spending_nothing_or_less_is_a_fault(points):
    with pytest.raises(AssertionError):
        spend(a_lease(), points, now=0)


@pytest.mark.parametrize("spent", [-1, 101])
def test_no_lease_can_be_overspent(spent):
    with pytest.raises(AssertionError):
        a_lease(spent=spent)


SMALL = a_lease(id=event_id("small"), amount=50)
LARGE = a_lease(id=event_id("large"), amount=300)
LARGE_TOO = a_lease(id=event_id("other"), amount=300)
LAPSED = a_lease(id=event_id("lapsed"), amount=900, stops_at=10)
HELD = (LARGE_TOO, LAPSED, SMALL, LARGE)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        pytest.param((), 0, id="none"),
        pytest.param((LAPSED,), 0, id="only-a-lapsed-one"),
        pytest.param(HELD, 300, id="the-largest-that-lives-not-the-sum"),
        pytest.param((a_lease(spent=100),), 0, id="nothing-left"),
    ],
)
def test_one_redemption_may_spend_the_largest_live_lease(held, expected):
    assert usable(held, now=100) == expected


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param(50, SMALL, id="the-smallest-that-covers-it"),
        pytest.param(51, LARGE, id="of-equals-the-first-by-id"),
        pytest.param(300, LARGE, id="all-of-it"),
    ],
)
def test_a_redemption_takes_the_tightest_lease(points, expected):
    assert fitting(iter(HELD), points, now=100) == expected


def test_a_redemption_that_no_lease_covers_is_told_what_one_would():
    with pytest.raises(Refused) as refused:
        fitting(iter(HELD), 301, now=100)

    assert refused.value.reason is Reason.LEASE_TOO_SMALL
    assert refused.value.facts == {"left": 300}


@pytest.mark.parametrize(
    ("available", "usual", "cheapest", "expected"),
    [
        pytest.param(2_400, 700, 180, 700, id="the-usual-price"),
        pytest.param(1_500, 700, 180, 500, id="a-third-of-what-there-is"),
        pytest.param(300, 700, 180, 180, id="enough-for-the-cheapest"),
        pytest.param(180, 700, 180, 180, id="just-enough-for-it"),
        pytest.param(179, 700, 180, 0, id="not-even-for-it"),
        pytest.param(2_400, 0, 180, 180, id="nothing-redeemed-here-yet"),
        pytest.param(2_400, 700, 0, 0, id="no-reward-to-redeem"),
        pytest.param(0, 700, 180, 0, id="no-points"),
        pytest.param(-5, 700, 180, 0, id="less-than-none"),
        pytest.param(4, 700, 1, 1, id="a-reward-for-one-point"),
    ],
)
def test_a_till_is_lent_beforehand_what_a_member_is_likely_to_spend(
    available, usual, cheapest, expected
):
    assert beforehand(available, usual=usual, cheapest=cheapest) == expected


@given(
    available=st.integers(-100, 10_000), usual=st.integers(0, 10_000), cheapest=st.integers(0, 999)
)
def test_no_till_is_lent_beforehand_more_than_there_is(available, usual, cheapest):
    lent = beforehand(available, usual=usual, cheapest=cheapest)

    assert 0 <= lent <= max(0, available)
    assert lent == 0 or lent >= cheapest


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        pytest.param(2_000_000, True, id="ahead"),
        pytest.param(1_000_000, True, id="standing-still"),
        pytest.param(1_000_000 - 120_000, True, id="back-by-two-minutes"),
        pytest.param(1_000_000 - 120_001, False, id="back-by-more"),
    ],
)
def test_a_clock_that_went_back_too_far_is_not_trusted(wall, expected):
    assert clock_is_trusted(wall=wall, last_seen=1_000_000) is expected


@given(
    leases=st.lists(
        st.builds(
            lambda amount, part, stops: a_lease(
                amount=amount, spent=amount * part // 4, stops_at=stops
            ),
            st.integers(0, 500),
            st.integers(0, 4),
            st.integers(0, 200),
        ),
        max_size=5,
    ),
    points=st.integers(1, 600),
    now=st.integers(0, 200),
)
def test_what_fits_can_be_spent_and_what_is_usable_fits(leases, points, now):
    most = usable(leases, now=now)
    if points > most:
        with pytest.raises(Refused):
            fitting(leases, points, now=now)
    else:
        chosen = fitting(leases, points, now=now)
        after = spend(chosen, points, now=now)
        assert after.left == chosen.left - points >= 0


# --- A member, a server, three terminals ---------------------------------------------------------


@dataclass
class Chain:
    """What the server has booked, and what each terminal holds and has not reported yet."""

    entries: list[Entry] = field(default_factory=list)
    booked: dict[bytes, Lease] = field(default_factory=dict)
    held: defaultdict[int, dict[bytes, Lease]] = field(default_factory=lambda: defaultdict(dict))
    unreported: defaultdict[int, list[tuple[bytes, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    serial: int = 0

    def account(self) -> Account:
        return fold(self.entries, leased=sum(lease.left for lease in self.booked.values()))

    def post(self, kind: Kind, points: int) -> None:
        self.entries.append(an_entry(kind, points, event=self.name()))

    def name(self) -> bytes:
        self.serial += 1
        return event_id(self.serial)

    def lend(self, terminal: int, points: int) -> None:
        amount = min(points, self.account().available)
        lease = a_lease(id=self.name(), amount=amount)
        self.booked[lease.id] = self.held[terminal][lease.id] = lease

    def redeem(self, terminal: int, points: int) -> None:
        """Without a network: against what this terminal holds, and nothing else."""
        try:
            lease = fitting(self.held[terminal].values(), max(1, points), now=0)
        except Refused:
            return
        self.held[terminal][lease.id] = spend(lease, max(1, points), now=0)
        self.unreported[terminal].append((lease.id, max(1, points)))

    def report(self, terminal: int, how_many: int) -> None:
        """The oldest events arrive: each takes its points out of the balance and the lease."""
        for lease_id, points in self.unreported[terminal][:how_many]:
            self.post(Kind.SPEND, points)
            lease = self.booked[lease_id]
            self.booked[lease_id] = replace(lease, spent=lease.spent + points)
        del self.unreported[terminal][:how_many]

    def close(self, terminal: int) -> None:
        """The closing report: only now are the points of its leases free again."""
        self.report(terminal, len(self.unreported[terminal]))
        for lease_id in self.held.pop(terminal, {}):
            del self.booked[lease_id]


acts = st.lists(
    st.tuples(
        st.sampled_from(["earn", "lend", "lend", "redeem", "redeem", "report", "close", "return"]),
        st.integers(0, 2),
        st.integers(0, 200),
    ),
    max_size=25,
)


def act(chain, name, terminal, points):
    if name == "earn":
        chain.post(Kind.EARN, points)
    elif name == "return":
        earned = sum(entry.points for entry in chain.entries if entry.kind is Kind.EARN)
        gone = sum(entry.points for entry in chain.entries if entry.kind is Kind.UNEARN)
        chain.post(Kind.UNEARN, min(points, earned - gone))
    elif name == "report":
        chain.report(terminal, points % 4)
    elif name == "close":
        chain.close(terminal)
    else:
        getattr(chain, name)(terminal, points)


@given(acts=acts)
def test_however_often_terminals_lose_the_network_no_member_is_overdrawn(acts):
    chain = Chain()
    returned = False
    for name, terminal, points in acts:
        returned = returned or name == "return"
        act(chain, name, terminal, points)
        account = chain.account()
        assert account.points >= account.leased >= 0
        assert account.available >= 0
        assert returned or account.debt == 0
    for terminal in range(3):
        chain.close(terminal)

    settled = chain.account()
    earned = sum(entry.points for entry in chain.entries if entry.kind is Kind.EARN)
    assert settled.leased == 0
    assert settled.spent <= earned
    assert returned or settled.points == earned - settled.spent


@given(st.integers(0, 500), st.integers(1, 16))
def test_shares_leave_one_for_whoever_asks_and_are_never_more_than_there_is(units, tills):
    free, held = units, [0] * tills
    for till in range(tills):
        given = share(free, total=units, tills=tills, held=held[till])
        free, held[till] = free - given, held[till] + given

    assert free >= max(held)
    assert sum(held) + free == units
    assert share(0, total=units, tills=tills, held=0) == 0
