"""Entries, and the one function that folds them into balances."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync.programme.ledger import (
    NEVER,
    Account,
    Kind,
    fold,
    next_to_expire,
    remaining,
    reverse_accrual,
    reverse_redemption,
    to_expire,
)
from tests.builders import an_entry, event_id
from tests.programme.histories import GRACE_DAYS, Member, histories

OCTOBER, NOVEMBER, DECEMBER = "2026-10-31", "2026-11-30", "2026-12-31"
NOVEMBER_ENDS, DECEMBER_ENDS = date(2026, 11, 30), date(2026, 12, 31)
MIDDLE = date(2026, 12, 15)


def earned(points=100, until=NOVEMBER, event="purchase", **changes):
    return an_entry(Kind.EARN, points, event=event, expires_on=until, **changes)


def spent(points, event="redemption"):
    return an_entry(Kind.SPEND, points, event=event)


def expired(points, day=NOVEMBER):
    return an_entry(Kind.EXPIRE, points, event=f"job {day}", expires_on=day)


# --- Folding -------------------------------------------------------------------------------------


def test_no_entries_are_an_empty_account():
    assert fold([]) == Account()


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([earned()], {"points": 100, "lots": ((NOVEMBER, 100),)}, id="earned"),
        pytest.param(
            [an_entry(Kind.BONUS, 50)], {"points": 50, "lots": ((NEVER, 50),)}, id="bonus-for-ever"
        ),
        pytest.param(
            [an_entry(Kind.IMPORT, 9_000)],
            {"points": 9_000, "lots": ((NEVER, 9_000),)},
            id="opening-balance",
        ),
        pytest.param(
            [earned(pending=True, qualifying=100)],
            {"pending": 100},
            id="pending-counts-for-no-tier",
        ),
        pytest.param(
            [
                earned(pending=True, qualifying=100),
                an_entry(Kind.ACTIVATE, event="a", of="purchase"),
            ],
            {"points": 100, "qualifying": 100, "lots": ((NOVEMBER, 100),)},
            id="activated",
        ),
        pytest.param(
            [
                earned(pending=True),
                an_entry(Kind.BONUS, 30, event="purchase", line=1),
            ],
            {"points": 30, "pending": 100, "lots": ((NEVER, 30),)},
            id="only-what-says-so-is-pending",
        ),
        pytest.param(
            [earned(), spent(30)],
            {"points": 70, "spent": 30, "lots": ((NOVEMBER, 100),)},
            id="spent",
        ),
        pytest.param(
            [earned(), spent(30), an_entry(Kind.UNSPEND, 30, event="undo", of="redemption")],
            {"points": 100, "lots": ((NOVEMBER, 100),)},
            id="spent-and-given-back",
        ),
        pytest.param(
            [earned(), expired(40)],
            {"points": 60, "expired": 40, "lots": ((NOVEMBER, 100),)},
            id="lapsed",
        ),
        pytest.param(
            [earned(), expired(40), an_entry(Kind.UNEXPIRE, 40, event="undo")],
            {"points": 100, "lots": ((NOVEMBER, 100),)},
            id="lapsed-and-given-back",
        ),
        pytest.param(
            [
                earned(),
                an_entry(Kind.EXTEND, 60, event="grace", from_day=NOVEMBER, expires_on=DECEMBER),
            ],
            {"points": 100, "lots": ((NOVEMBER, 40), (DECEMBER, 60))},
            id="extended",
        ),
        pytest.param(
            [earned(), spent(100), an_entry(Kind.UNEARN, 100, event="back", expires_on=NOVEMBER)],
            {"debt": 100, "spent": 100},
            id="returned-after-it-was-spent",
        ),
        pytest.param(
            [earned(), earned(event="b", until=NEVER), earned(event="c", until=DECEMBER)],
            {
                "points": 300,
                "lots": ((NOVEMBER, 100), (DECEMBER, 100), (NEVER, 100)),
            },
            id="lots-the-soonest-first",
        ),
    ],
)
def test_a_set_of_entries_amounts_to_an_account(entries, expected):
    assert fold(entries) == Account(**expected)


def test_a_return_takes_no_leased_points_and_leaves_a_debt_until_the_lease_closes():
    entries = [earned(), an_entry(Kind.UNEARN, 80, event="back", expires_on=NOVEMBER)]

    lent = fold(entries, leased=50)
    closed = fold(entries)

    assert (lent.points, lent.leased, lent.debt, lent.available) == (50, 50, 30, 0)
    assert (closed.points, closed.leased, closed.debt, closed.available) == (20, 0, 0, 20)


def test_what_is_lent_is_not_available():
    assert fold([earned()], leased=40).available == 60


def test_new_points_repay_a_debt_first():
    entries = [spent(30), earned(20), earned(25, event="next")]

    assert fold(entries[:2]).debt == 10
    assert fold(entries).points == 15


def test_two_different_entries_of_one_name_are_a_fault():
    with pytest.raises(AssertionError):
        fold([earned(100), earned(101)])


# --- What is left of the lots --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "left"),
    [
        pytest.param(Account(), (), id="nothing"),
        pytest.param(
            Account(points=150, lots=((NOVEMBER, 100), (NEVER, 50))),
            ((NOVEMBER, 100), (NEVER, 50)),
            id="untouched",
        ),
        pytest.param(
            Account(points=30, spent=120, lots=((NOVEMBER, 100), (NEVER, 50))),
            ((NEVER, 30),),
            id="the-soonest-is-spent-first",
        ),
        pytest.param(
            Account(points=70, spent=20, expired=10, lots=((NOVEMBER, 100),)),
            ((NOVEMBER, 70),),
            id="partly-spent-and-lapsed",
        ),
        pytest.param(
            Account(debt=20, spent=120, lots=((NOVEMBER, 100),)), (), id="nothing-when-in-debt"
        ),
        pytest.param(
            Account(points=50, debt=20, leased=50, lots=((NOVEMBER, 30),)),
            ((NOVEMBER, 30),),
            id="what-is-lent-and-owed-is-not-there",
        ),
        pytest.param(
            Account(points=20, lots=((NOVEMBER, -80), (DECEMBER, 100))),
            ((DECEMBER, 20),),
            id="taken-out-of-the-later-lot-it-moved-to",
        ),
        pytest.param(
            Account(points=50, debt=30, leased=50, lots=((NOVEMBER, 100), (DECEMBER, -80))),
            ((NOVEMBER, 20),),
            id="what-is-owed-is-not-there-either",
        ),
        pytest.param(
            Account(points=70, lots=((OCTOBER, 100), (NOVEMBER, 50), (DECEMBER, -80))),
            ((OCTOBER, 70),),
            id="taken-out-of-both-earlier-lots",
        ),
        pytest.param(
            Account(points=20, lots=((NOVEMBER, 100), (DECEMBER, -80))),
            ((NOVEMBER, 20),),
            id="taken-out-of-the-earlier-lot",
        ),
    ],
)
def test_spending_takes_what_lapses_soonest(account, left):
    assert remaining(account) == left


@pytest.mark.parametrize(
    ("today", "within", "expected"),
    [
        pytest.param("2026-11-01", 28, None, id="not-yet-near"),
        pytest.param("2026-11-01", 29, (NOVEMBER, 70), id="on-the-last-day-looked-at"),
        pytest.param("2026-11-30", 0, (NOVEMBER, 70), id="today-is-still-good"),
        pytest.param("2026-12-01", 30, (DECEMBER, 50), id="what-has-ended-is-not-announced"),
        pytest.param("2027-01-01", 999, None, id="lasting-points-never-lapse"),
    ],
)
def test_the_next_points_to_lapse_are_announced(today, within, expected):
    account = fold(
        [earned(), earned(50, DECEMBER, event="b"), earned(9, NEVER, event="c"), spent(30)]
    )

    assert next_to_expire(account, today=date.fromisoformat(today), within_days=within) == expected


@pytest.mark.parametrize(
    ("entries", "leased", "day", "points"),
    [
        pytest.param([earned()], 0, date(2026, 11, 29), 0, id="the-day-before"),
        pytest.param([earned()], 0, NOVEMBER_ENDS, 100, id="when-its-day-has-ended"),
        pytest.param([earned()], 0, DECEMBER_ENDS, 100, id="later-when-the-job-was-not-run"),
        pytest.param([earned(until=NEVER)], 0, date.max, 0, id="never"),
        pytest.param([earned(), spent(30)], 0, NOVEMBER_ENDS, 70, id="what-was-not-spent"),
        pytest.param(
            [earned(), earned(event="b", until=DECEMBER), spent(130)],
            0,
            NOVEMBER_ENDS,
            0,
            id="spending-took-it-first",
        ),
        pytest.param([earned(), expired(100)], 0, DECEMBER_ENDS, 0, id="not-twice"),
        pytest.param([earned()], 60, NOVEMBER_ENDS, 40, id="not-what-is-lent"),
        pytest.param([earned(pending=True)], 0, NOVEMBER_ENDS, 0, id="not-what-waits"),
        pytest.param(
            [earned(), spent(100), an_entry(Kind.UNEARN, 40, event="r", expires_on=DECEMBER)],
            0,
            DECEMBER_ENDS,
            0,
            id="not-from-a-debt",
        ),
    ],
)
def test_points_lapse_when_their_day_has_ended(entries, leased, day, points):
    assert to_expire(fold(entries, leased=leased), day) == points


# --- Taking a purchase back ----------------------------------------------------------------------


def test_a_returned_purchase_leaves_by_the_lot_it_came_in():
    purchase = [earned(80, qualifying=80), an_entry(Kind.BONUS, 20, event="purchase", line=1)]

    back = reverse_accrual(fold(purchase), purchase, event=event_id("back"), today=MIDDLE)

    assert [(entry.line, entry.kind, entry.points, entry.expires_on) for entry in back] == [
        (0, Kind.UNEARN, 80, NOVEMBER),
        (1, Kind.UNEARN, 20, NEVER),
    ]
    assert fold([*purchase, *back]) == Account()


def test_the_lines_of_a_return_begin_where_the_caller_says():
    purchase = [earned(until=DECEMBER), an_entry(Kind.BONUS, 20, event="purchase", line=1)]

    back = reverse_accrual(fold(purchase), purchase, event=event_id("back"), today=MIDDLE, line=4)

    assert [entry.line for entry in back] == [4, 5]


def test_nothing_earned_is_nothing_to_take_back():
    assert reverse_accrual(Account(), [], event=event_id("back"), today=MIDDLE) == ()


@pytest.mark.parametrize(
    ("others", "purchase", "expected"),
    [
        pytest.param([expired(100)], [earned()], {}, id="all-of-it-had-lapsed"),
        pytest.param(
            [spent(40), expired(60)], [earned()], {"debt": 40, "spent": 40}, id="part-had-lapsed"
        ),
        pytest.param([spent(100)], [earned()], {"debt": 100, "spent": 100}, id="all-was-spent"),
        pytest.param([], [earned()], {}, id="the-job-was-not-run-yet"),
        pytest.param(
            [earned(event="other"), expired(200)],
            [earned()],
            {"expired": 100, "lots": ((NOVEMBER, 100),)},
            id="another's-points-stay-lapsed",
        ),
        pytest.param(
            [earned(event="other"), spent(100), expired(100)],
            [earned()],
            {"spent": 100, "lots": ((NOVEMBER, 100),)},
            id="without-it-the-other's-were-spent-and-none-had-lapsed",
        ),
        pytest.param(
            [earned(event="other", until=OCTOBER), expired(100, OCTOBER)],
            [earned()],
            {"expired": 100, "lots": ((OCTOBER, 100),)},
            id="another's-had-lapsed-and-this-not-yet",
        ),
        pytest.param(
            [
                earned(event="first", until=OCTOBER),
                expired(100, OCTOBER),
                earned(event="last", until=DECEMBER),
                spent(100),
            ],
            [earned()],
            {
                "expired": 100,
                "spent": 100,
                "lots": ((OCTOBER, 100), (DECEMBER, 100)),
            },
            id="it-was-spent-long-after-another's-had-lapsed",
        ),
        pytest.param(
            [earned(70, OCTOBER, event="other"), expired(70, OCTOBER)],
            [earned(until=DECEMBER)],
            {"expired": 70, "lots": ((OCTOBER, 70),)},
            id="still-good-so-nothing-had-lapsed",
        ),
        pytest.param(
            [earned(event="other"), expired(100)],
            [earned()],
            {"expired": 100, "lots": ((NOVEMBER, 100),)},
            id="it-arrived-after-another's-had-lapsed",
        ),
        pytest.param(
            [
                earned(event="other", until="2026-09-30"),
                expired(100, "2026-09-30"),
                spent(40),
                expired(10, OCTOBER),
                expired(50),
            ],
            [
                earned(50, OCTOBER),
                an_entry(Kind.BONUS, 50, event="purchase", line=1, expires_on=NOVEMBER),
            ],
            {"debt": 40, "spent": 40, "expired": 100, "lots": (("2026-09-30", 100),)},
            id="of-its-two-lots-one-was-partly-spent",
        ),
        pytest.param([], [earned(pending=True, qualifying=100)], {}, id="it-was-still-waiting"),
        pytest.param(
            [expired(100)],
            [earned(pending=True), an_entry(Kind.ACTIVATE, 0, event="a", of="purchase")],
            {},
            id="it-had-waited-and-lapsed",
        ),
        pytest.param(
            [expired(100, OCTOBER), expired(20)],
            [
                earned(until=OCTOBER),
                an_entry(Kind.BONUS, 20, event="purchase", line=1, expires_on=NOVEMBER),
            ],
            {},
            id="its-bonus-had-a-life-of-its-own",
        ),
        pytest.param(
            [
                expired(100, "2026-12-07"),
                an_entry(Kind.EXTEND, 100, event="x", from_day=NOVEMBER, expires_on="2026-12-07"),
            ],
            [earned()],
            {"lots": ((NOVEMBER, -100), ("2026-12-07", 100))},
            id="its-points-lapsed-in-the-later-lot-they-had-moved-to",
        ),
    ],
)
def test_a_return_does_not_take_again_what_had_lapsed(others, purchase, expected):
    posted = [*others, *purchase]
    lapses = [entry for entry in others if entry.kind is Kind.EXPIRE]

    back = reverse_accrual(fold(posted), [*purchase, *lapses], event=event_id("back"), today=MIDDLE)

    assert fold([*posted, *back]) == Account(**expected)
    assert [entry.line for entry in back] == list(range(len(back)))


def test_what_was_lent_did_not_lapse_and_is_not_taken_for_what_did():
    """A hundred of two hundred lapsed, the rest was lent: it was another purchase's."""
    posted = [earned(), earned(event="other"), expired(100)]

    back = reverse_accrual(
        fold(posted, leased=100), [posted[0], posted[2]], event=event_id("back"), today=MIDDLE
    )

    assert fold([*posted, *back]) == fold([posted[1]])


def test_a_lapse_is_given_back_to_one_return_only():
    """Of two points one was spent and one lapsed: whichever goes first, a debt of one is left."""
    member = Member()
    first, second = member.earn(1, days=0), member.earn(1, days=1)
    member.spend(1)
    member.sleep(2)

    member.take_back(first)
    member.take_back(second)

    account = member.account()
    assert (account.points, account.debt, account.expired) == (0, 1, 0)


def test_what_was_given_back_once_is_not_given_back_again():
    posted = [earned(), spent(100), earned(event="other"), expired(100)]
    first = reverse_accrual(
        fold(posted), [posted[2], posted[3]], event=event_id("first"), today=MIDDLE
    )
    posted += first

    second = reverse_accrual(
        fold(posted), [posted[0], posted[3], *first], event=event_id("second"), today=MIDDLE
    )

    assert [entry.kind for entry in first] == [Kind.UNEARN, Kind.UNEXPIRE]
    assert [entry.kind for entry in second] == [Kind.UNEARN]


# --- Giving a redemption back --------------------------------------------------------------------


def given_back(entries, redemption, today):
    back = reverse_redemption(
        fold(entries), redemption, event=event_id("undo"), today=today, grace_days=7
    )
    return back, fold([*entries, *back])


def test_points_given_back_in_time_keep_their_day():
    redemption = spent(60)
    entries = [earned(), redemption]

    back, account = given_back(entries, redemption, NOVEMBER_ENDS)

    assert [entry.kind for entry in back] == [Kind.UNSPEND]
    assert account == fold(entries[:1])


def test_points_given_back_too_late_are_good_for_days_of_grace():
    redemption = spent(60)
    entries = [earned(), redemption, expired(40)]

    back, account = given_back(entries, redemption, MIDDLE)

    assert [(entry.line, entry.kind, entry.points) for entry in back] == [
        (0, Kind.UNSPEND, 60),
        (1, Kind.EXTEND, 60),
    ]
    assert account.points == 60
    assert to_expire(account, date(2026, 12, 21)) == 0
    assert to_expire(account, date(2026, 12, 22)) == 60


def test_points_given_back_come_out_of_several_lots_and_only_the_ended_ones_are_extended():
    redemption = spent(250)
    entries = [
        earned(100, OCTOBER),
        earned(100, event="b"),
        earned(100, DECEMBER, event="c"),
        redemption,
    ]

    back, account = given_back(entries, redemption, MIDDLE)

    assert [(entry.kind, entry.points, entry.from_day) for entry in back] == [
        (Kind.UNSPEND, 250, ""),
        (Kind.EXTEND, 100, OCTOBER),
        (Kind.EXTEND, 100, NOVEMBER),
    ]
    assert account.lots == (("2026-12-22", 200), (DECEMBER, 100))


def test_what_would_have_lapsed_anyway_is_not_extended():
    redemption = spent(60)
    # The job was not run: 40 and 100 are due to lapse.
    entries = [earned(until=OCTOBER), earned(event="b"), redemption]

    back, account = given_back(entries, redemption, MIDDLE)

    assert [(entry.kind, entry.points) for entry in back[1:]] == [(Kind.EXTEND, 60)]
    assert to_expire(account, date(2026, 12, 14)) == 140


def test_points_given_back_to_a_debtor_repay_the_debt():
    redemption = spent(60)
    entries = [
        earned(),
        redemption,
        an_entry(Kind.UNEARN, 100, event="back", expires_on=NOVEMBER),
    ]

    back, account = given_back(entries, redemption, MIDDLE)

    assert len(back) == 1
    assert account == Account()


def test_the_lines_of_a_reversal_begin_where_the_caller_says():
    redemption = spent(100)
    account = fold([earned(), redemption])

    back = reverse_redemption(
        account, redemption, event=event_id("undo"), today=MIDDLE, grace_days=7, line=3
    )

    assert [entry.line for entry in back] == [3, 4]


# --- Whatever the history ------------------------------------------------------------------------


@given(member=histories, leased=st.integers(0, 400))
def test_every_balance_is_the_sum_of_its_entries_and_none_and_no_lot_is_below_zero(member, leased):
    leased = min(leased, member.account().points)
    account = member.account(leased)
    sums = {
        kind: sum(entry.points for entry in member.entries if entry.kind is kind) for kind in Kind
    }
    into = sums[Kind.EARN] + sums[Kind.BONUS] - sums[Kind.UNEARN]
    out = sums[Kind.SPEND] - sums[Kind.UNSPEND] + sums[Kind.EXPIRE] - sums[Kind.UNEXPIRE]

    assert account.points + account.pending - account.debt == into - out
    assert account.points >= account.leased >= 0
    assert min(account.pending, account.debt, account.spent, account.expired) >= 0
    assert account.available == account.points - leased
    assert sum(points for _, points in account.lots) + account.pending == into
    left = [points for _, points in remaining(account)]
    assert all(points > 0 for points in left)
    assert sum(left) == max(0, account.points - account.debt)
    gone = account.spent + account.expired
    assert gone + sum(left) == max(gone, into - account.pending)


@given(member=histories, seed=st.integers(0, 999), leased=st.integers(0, 50))
def test_neither_order_nor_repetition_of_entries_means_anything(member, seed, leased):
    shuffled = [*member.entries, *member.entries[::2]]
    random.Random(seed).shuffle(shuffled)

    assert fold(shuffled, leased=leased) == fold(member.entries, leased=leased)


@given(
    member=histories,
    points=st.integers(0, 500),
    days=st.none() | st.integers(0, 30),
    state=st.sampled_from(["active", "pending", "activated"]),
    seed=st.integers(0, 99),
)
def test_a_purchase_and_its_full_return_leave_the_account_as_it_was(
    member, points, days, state, seed
):
    before = member.account()
    event = member.earn(points, days=days, pending=state != "active")
    if state == "activated":
        member.activate(event)
    member.take_back(event)
    after = random.Random(seed).sample(member.entries, len(member.entries))

    for name in Account.__struct_fields__:
        assert getattr(fold(after), name) == getattr(before, name), name


@given(
    lots=st.lists(st.tuples(st.integers(1, 100), st.integers(1, 30)), max_size=4),
    purchase=st.tuples(st.integers(1, 100), st.integers(1, 30), st.integers(0, 4)),
    spending=st.lists(st.tuples(st.integers(1, 30), st.integers(1, 60)), max_size=4),
    later=st.integers(0, 40),
)
def test_a_return_after_points_lapsed_leaves_what_the_member_would_have_had_without_it(
    lots, purchase, spending, later
):
    """Two lives, day by day: one with a purchase that is returned in the end, one without it."""
    with_it, without_it = Member(), Member()
    points, days, at = purchase
    for number, (earned_points, life) in enumerate([*lots, (0, 1)]):
        if number == min(at, len(lots)):
            event = with_it.earn(points, days=days)
        for member in (with_it, without_it):
            member.earn(earned_points, days=life)
    for wait, wanted in spending:
        for member in (with_it, without_it):
            member.sleep(wait)
        affordable = min(wanted, without_it.account().available)
        for member in (with_it, without_it):
            member.spend(affordable)
    for member in (with_it, without_it):
        member.sleep(later)

    with_it.take_back(event)

    returned, never = with_it.account(), without_it.account()
    assert (returned.points, returned.debt) == (never.points, never.debt)


@given(member=histories, points=st.integers(1, 300))
def test_a_redemption_undone_the_same_day_leaves_the_account_as_it_was(member, points):
    member.sleep(1)  # what has ended has lapsed
    before = member.account()
    held = len(member.redeemed)
    member.spend(points)

    if len(member.redeemed) > held:
        member.give_back(member.redeemed[-1])

    assert member.account() == before


@given(member=histories, points=st.integers(1, 300), days=st.integers(0, 40))
def test_no_point_given_back_lapses_before_its_days_of_grace(member, points, days):
    member.spend(points)
    member.sleep(days)
    assume(member.redeemed)
    spent_entry = member.redeemed[-1]
    before = member.account()
    yesterday = member.today - timedelta(days=1)

    back = member.give_back(spent_entry)

    after = member.account()
    until = (member.today + timedelta(days=GRACE_DAYS)).isoformat()
    extended = sum(entry.points for entry in back if entry.kind is Kind.EXTEND)
    net = after.points - after.debt
    assert net == before.points - before.debt + spent_entry.points
    assert to_expire(after, yesterday) == to_expire(before, yesterday)
    assert all(entry.expires_on == until for entry in back if entry.kind is Kind.EXTEND)
    assert dict(after.lots).get(until, 0) == dict(before.lots).get(until, 0) + extended


@given(member=histories, leased=st.integers(0, 300), days=st.integers(0, 30))
def test_what_is_lent_never_lapses_and_lapsing_makes_no_debt(member, leased, days):
    leased = min(leased, member.account().points)
    account = member.account(leased)

    lapsing = to_expire(account, member.today + timedelta(days=days))
    member.post(expired(lapsing, "2030-01-01"))

    after = member.account(leased)
    assert 0 <= lapsing <= account.available
    assert after.points == account.points - lapsing >= leased
    assert after.debt == account.debt


@given(member=histories)
def test_lots_lapse_on_the_days_and_with_the_points_that_the_statement_shows(member):
    promised = [(day, points) for day, points in remaining(member.account()) if day != NEVER]
    lasting = sum(points for day, points in remaining(member.account()) if day == NEVER)

    kept = []
    for day, _ in promised:
        lapsing = to_expire(member.account(), date.fromisoformat(day))
        kept.append((day, lapsing))
        member.post(an_entry(Kind.EXPIRE, lapsing, event=f"end {day}", expires_on=day))

    assert kept == promised
    assert member.account().points == lasting
