"""Leases bind points to one terminal; redemptions spend them; nobody's balance is overdrawn."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from sync.programme.document import Limits, Permission, Reward
from sync.programme.leases import cap_points
from sync.programme.refusals import Reason
from sync.protocol import signing
from sync.protocol.messages import LeaseClosing, LeaseRequest
from sync.server.office import leases, losses
from sync.server.office.documents import publish
from sync.server.office.staff import Colleague, employ
from sync.server.office.stock import count_stock
from sync.server.store.states import MemberStatus
from sync.server.store.tables import approvals, audit, members
from tests.refusals import refusal
from tests.server.accounts import account, entries, lost
from tests.server.shop import DAY, HOUR, MINUTE, NOON, enrolled_till, programme, pull


def test_a_lease_of_exactly_so_many_points_is_granted(office, till, member):
    lease = till.lend(member, 100)

    assert (lease.member, lease.amount, lease.spent) == (member, 100, 0)
    assert lease.stops_at == NOON + 3 * DAY
    assert (account(office, member).points, account(office, member).leased) == (550, 100)


def test_the_same_request_is_the_same_lease(office, till, member):
    first = till.lend(member, 100)

    assert till.lend(member, 100, id=first.id) == first
    assert account(office, member).leased == 100


def test_another_terminal_cannot_take_the_id_of_a_lease(office, till, member):
    lease = till.lend(member, 100)
    other = enrolled_till(office, seed=2)

    assert refusal(other.lend, member, 100, id=lease.id)[0] is Reason.LEASE_UNKNOWN


def test_points_that_are_lent_are_not_lent_again(office, till, member):
    till.lend(member, 500)
    other = enrolled_till(office, seed=2)
    other.at += HOUR  # the till that holds them has not been heard for an hour

    assert refusal(other.lend, member, 100) == (
        Reason.NOT_ENOUGH_POINTS,
        {"left": 50, "missing": 50, "elsewhere": 500, "till": "Caixa"},
    )
    assert account(office, member).leased == 500


def test_points_at_a_till_that_can_be_reached_are_asked_back_from_it(office, till, member):
    lease, kept = till.lend(member, 300), till.lend(member, 100)
    other = enrolled_till(office, seed=2, name="Caixa 02")

    assert refusal(other.lend, member, 200) == (
        Reason.POINTS_RECALLED,
        {"left": 150, "missing": 50, "elsewhere": 400, "till": "Caixa"},
    )

    assert {row.id: row.recalled for row in till.pull().leases} == {lease.id: True, kept.id: False}
    assert account(office, member).leased == 400
    leases.close(office, till.caller, LeaseClosing(leases=(lease.id,), last_seq=till.seq), now=NOON)
    assert other.lend(member, 200).amount == 200


def test_a_till_that_only_asks_for_news_can_be_reached(office, till, member):
    till.lend(member, 300)
    other = enrolled_till(office, seed=2)
    other.at += HOUR
    for minutes in (10, 30, 59):
        at = NOON + minutes * MINUTE
        caller = replace(till.caller, heard_at=at - 2 * MINUTE)
        pull(office, caller, cursor="", limit=10, now=at)

    assert refusal(other.lend, member, 400)[0] is Reason.POINTS_RECALLED


def test_what_the_asking_till_holds_itself_is_offered_before_anything_is_asked_back(
    office, till, member
):
    till.lend(member, 300)
    other = enrolled_till(office, seed=2)
    own = other.lend(member, 100)

    reason, _ = refusal(other.lend, member, 200)
    assert reason is Reason.NOT_ENOUGH_POINTS
    assert not any(row.recalled for row in till.pull().leases)
    request = LeaseRequest(
        id=other.new_id(), member=member, points=300, closes=(own.id,), last_seq=0
    )
    assert refusal(leases.grant, office, other.caller, request, now=NOON)[0] is (
        Reason.POINTS_RECALLED
    )


def test_more_than_all_tills_hold_is_not_asked_back(office, till, member):
    till.lend(member, 300)
    other = enrolled_till(office, seed=2)

    reason, facts = refusal(other.lend, member, 600)

    assert (reason, facts["elsewhere"]) == (Reason.NOT_ENOUGH_POINTS, 300)
    assert not any(row.recalled for row in till.pull().leases)


def test_a_lease_can_be_proved_to_a_server_that_has_forgotten_it(office, till, member):
    lease = till.lend(member, 100)

    part = signing.grant_part(
        terminal=till.caller.terminal,
        incarnation=till.caller.incarnation,
        epoch=lease.epoch,
        lease=bytes.fromhex(lease.id),
        member=member,
        amount=100,
        granted_at=NOON,
        stops_at=lease.stops_at,
    )
    server_key = office.keys.config.public_key().public_bytes_raw()
    signing.check_ack(server_key, signature=lease.signature, part=part)
    assert till.pull().leases == (lease,)


@pytest.mark.parametrize("points", [0, -5])
def test_a_lease_of_nothing_is_refused(office, till, member, points):
    assert refusal(till.lend, member, points)[0] is Reason.NOT_ENOUGH_POINTS
    assert account(office, member).leased == 0


def test_nobody_has_no_points_to_lend(till):
    assert refusal(till.lend, 12_345, 10)[0] is Reason.MEMBER_UNKNOWN


def test_a_blocked_members_points_are_not_lent(office, till, member):
    with office.database.write() as connection:
        connection.execute(members.update().values(status=int(MemberStatus.BLOCKED)))

    assert refusal(till.lend, member, 10)[0] is Reason.MEMBER_BLOCKED


def test_a_terminal_holds_no_more_than_its_cap(office, till, member):
    capped = programme(2, limits=Limits(terminal_lease_centavos=500))  # 2.5 centavos a point
    with office.database.write() as connection:
        publish(connection, office.keys, capped, now=NOON)
    till.lend(member, 150)

    assert refusal(till.lend, member, 100) == (Reason.LEASE_TOO_SMALL, {"left": 50})
    assert till.lend(member, 50).amount == 50


def test_a_terminals_cap_is_what_its_points_take_off_at_best():
    def cap_with(*rewards: Reward) -> int | None:
        limits = Limits(terminal_lease_centavos=30_000)
        return cap_points(programme(limits=limits, rewards=rewards))

    coffee = Reward(id=1, name="Café", cost=100)
    voucher = Reward(id=2, name="Vale", cost=400, kind="discount", value_centavos=1_000)
    better = Reward(id=3, name="Vale bom", cost=300, kind="discount", value_centavos=1_000)

    assert cap_with() is cap_with(coffee) is None
    assert cap_with(coffee, voucher) == 12_000
    assert cap_with(better, voucher) == cap_with(voucher, better) == 9_000


@pytest.mark.parametrize(
    "request_", [("xyz", 7, 1), ("00", 7, 1), ("0" * 32, 1 << 64, 1), ("0" * 32, 7, 1 << 64)]
)
def test_a_request_with_impossible_numbers_is_refused(office, till, request_):
    name, member, points = request_
    request = LeaseRequest(id=name, member=member, points=points)

    reason, _ = refusal(leases.grant, office, till.caller, request, now=NOON)
    assert reason is Reason.BATCH_UNREADABLE


def test_a_redemption_spends_its_lease(office, till, member):
    lease = till.lend(member, 400)
    till.redemption(member, 100, lease.id)
    till.redemption(member, 100, lease.id)

    assert till.push().results == ()
    now = account(office, member)
    assert (now.points, now.leased, now.spent) == (350, 200, 200)
    assert [row.spent for row in till.pull().leases] == [200]


def test_a_lease_that_is_used_up_is_gone(office, till, member):
    lease = till.lend(member, 100)
    till.redemption(member, 100, lease.id)
    till.push()

    assert till.pull().leases == ()


def test_a_lease_that_has_stopped_still_pays_for_what_was_handed_over(office, till, member):
    lease = till.lend(member, 100)
    till.redemption(member, 100, lease.id)
    till.at += 30 * DAY

    assert till.push().results == ()
    assert account(office, member).points == 450


def test_time_frees_no_lease(office, till, member):
    till.lend(member, 500)
    other = enrolled_till(office, seed=2)
    other.at += 300 * DAY

    assert refusal(other.lend, member, 100)[0] is Reason.NOT_ENOUGH_POINTS


def test_more_than_the_lease_holds_is_the_shops_loss(office, till, member):
    lease = till.lend(member, 150)
    till.redemption(member, 100, lease.id)
    event = till.redemption(member, 100, lease.id)

    result = till.result(till.push(), event)

    assert (result.status, result.code, result.facts) == (
        "accepted_as_loss",
        "lease_too_small",
        {"loss": 50},
    )
    assert (account(office, member).points, lost(office)) == (400, 50)


def test_a_lease_of_another_terminal_pays_nothing(office, till, member):
    other = enrolled_till(office, seed=2)
    lease = other.lend(member, 100)
    event = till.redemption(member, 100, lease.id)

    assert till.result(till.push(), event).code == "lease_unknown"
    assert (account(office, member).points, lost(office)) == (550, 100)


def test_a_lease_that_was_given_back_pays_nothing(office, till, member):
    lease = till.lend(member, 100)
    closing = LeaseClosing(leases=(lease.id,), last_seq=till.seq)
    leases.close(office, till.caller, closing, now=NOON)
    event = till.redemption(member, 100, lease.id)

    assert till.result(till.push(), event).code == "lease_lapsed"
    assert (account(office, member).points, lost(office)) == (550, 100)


def test_without_a_lease_the_member_pays_what_is_left_and_the_shop_the_rest(office, till, member):
    event = till.redemption(member, 600, proof="lead", lead=4)

    result = till.result(till.push(), event)

    assert (result.code, result.facts) == ("not_enough_points", {"loss": 50})
    assert (account(office, member).points, lost(office)) == (0, 50)
    with office.database.read() as connection:
        (approval,) = connection.execute(select(approvals)).all()
    assert (approval.staff_id, approval.approver_id, approval.points) == (1, 4, 600)


@pytest.fixture
def lead(office):
    """Danilo, who may approve redemptions in the till's store."""
    grants = (Permission(role="lead", act="approve_redemption"),)
    with office.database.write() as connection:
        publish(connection, office.keys, programme(2, permissions=grants), now=NOON)
        for id, role in ((1, "lead"), (4, "lead"), (5, "cashier")):
            danilo = Colleague(id=id, store=1, name="Danilo", role=role)
            employ(office, connection, danilo, pin="246810")
    return 4


def test_a_leads_approval_is_kept_and_needs_nobody(office, till, member, lead):
    lease = till.lend(member, 100)
    event = till.redemption(member, 100, lease.id, proof="lead", lead=lead)

    assert till.result(till.push(), event) is None


@pytest.mark.parametrize(
    ("approver", "code"),
    [
        pytest.param(1, "self_approval", id="who-asks"),
        pytest.param(5, "not_permitted", id="a-cashier"),
        pytest.param(6, "staff_unknown", id="a-stranger"),
    ],
)
def test_an_approval_that_is_none_is_charged_and_looked_at(
    office, till, member, lead, approver, code
):
    lease = till.lend(member, 100)
    event = till.redemption(member, 100, lease.id, proof="lead", lead=approver)
    result = till.result(till.push(), event)

    assert (result.status, result.code) == ("needs_review", code)
    assert (account(office, member).points, lost(office)) == (450, 0)


def test_without_a_lease_what_others_were_lent_stays_theirs(office, till, member):
    enrolled_till(office, seed=2).lend(member, 500)
    till.redemption(member, 100)
    till.push()

    assert (account(office, member).points, lost(office)) == (500, 50)


def test_giving_a_lease_back_frees_what_is_left_of_it(office, till, member):
    lease, kept = till.lend(member, 200), till.lend(member, 50)
    till.redemption(member, 100, lease.id)
    till.push()

    closing = LeaseClosing(leases=(lease.id,), last_seq=till.seq)
    held = leases.close(office, till.caller, closing, now=NOON)

    assert [row.id for row in held] == [kept.id]
    assert (account(office, member).points, account(office, member).leased) == (450, 50)
    assert leases.close(office, till.caller, closing, now=NOON) == held


def test_a_lease_is_not_freed_before_its_events_are_here(office, till, member):
    lease = till.lend(member, 200)
    till.redemption(member, 100, lease.id)

    closing = LeaseClosing(leases=(lease.id,), last_seq=till.seq)
    reason, facts = refusal(leases.close, office, till.caller, closing, now=NOON)

    assert (reason, facts) == (Reason.CHAIN_GAP, {"expected": till.seq})
    assert account(office, member).leased == 200


def test_a_larger_lease_takes_the_place_of_a_smaller_one(office, till, member):
    small = till.lend(member, 200)
    request = LeaseRequest(
        id=till.new_id(), member=member, points=500, closes=(small.id,), last_seq=till.seq
    )

    leases.grant(office, till.caller, request, now=NOON)

    assert account(office, member).leased == 500
    assert [row.amount for row in till.pull().leases] == [500]


def test_whose_lease_is_given_back_for_another_members_is_told_to_every_till(office, till, member):
    kept = till.lend(member, 200)
    other, elsewhere = till.member(), enrolled_till(office, seed=2)
    cursor = elsewhere.pull().cursor
    request = LeaseRequest(
        id=till.new_id(), member=other, points=30, closes=(kept.id,), last_seq=till.seq
    )

    leases.grant(office, till.caller, request, now=NOON)

    rows = {row.id: row.leased for row in elsewhere.pull(cursor).members}
    assert rows == {member: 0, other: 30}


def test_a_larger_lease_that_is_refused_leaves_the_smaller_one(office, till, member):
    small = till.lend(member, 200)
    request = LeaseRequest(
        id=till.new_id(), member=member, points=5_000, closes=(small.id,), last_seq=till.seq
    )

    refusal(leases.grant, office, till.caller, request, now=NOON)

    assert account(office, member).leased == 200


def test_of_a_lost_terminal_the_member_gets_the_points_and_the_shop_the_late_events(
    office, till, member
):
    lease = till.lend(member, 300)
    till.redemption(member, 100, lease.id)

    terminal = till.caller.terminal
    assert losses.declare_lost(office, terminal, staff=0, now=NOON) == 0
    assert losses.settle_lost(office, now=NOON + 7 * DAY - 1) == 0
    assert account(office, member).leased == 300
    assert losses.settle_lost(office, now=NOON + 7 * DAY) == 1
    assert losses.settle_lost(office, now=NOON + 8 * DAY) == 0
    assert (account(office, member).points, account(office, member).leased) == (550, 0)
    till.push()
    assert (account(office, member).points, lost(office)) == (550, 100)


def test_a_lost_terminal_that_turns_up_within_the_week_has_lost_nothing(office, till, member):
    lease = till.lend(member, 300)
    till.redemption(member, 100, lease.id)
    terminal = till.caller.terminal
    losses.declare_lost(office, terminal, staff=0, now=NOON)

    till.push()
    losses.declare_found(office, terminal, staff=0, now=NOON + DAY)
    losses.settle_lost(office, now=NOON + 8 * DAY)

    assert (account(office, member).points, lost(office)) == (450, 0)
    assert account(office, member).leased == 200


def test_who_is_sure_gives_a_lost_terminals_points_back_at_once(office, till, member):
    till.lend(member, 300)

    assert losses.declare_lost(office, till.caller.terminal, staff=0, now=NOON, grace_days=0) == 1
    assert account(office, member).leased == 0


def test_only_who_manages_declares_a_terminal_lost(office, till):
    with office.database.write() as connection:
        publish(
            connection,
            office.keys,
            programme(2, permissions=(Permission(role="manager", act="manage"),)),
            now=NOON,
        )
        employ(office, connection, Colleague(id=5, store=1, name="Ana", role="cashier"), pin="1234")
        employ(office, connection, Colleague(id=6, store=1, name="Rui", role="manager"), pin="1234")
    terminal = till.caller.terminal

    def declared(staff, terminal=terminal):
        return refusal(losses.declare_lost, office, terminal, staff=staff, now=NOON)[0]

    assert declared(5) is Reason.NOT_PERMITTED
    assert declared(7) is Reason.STAFF_UNKNOWN
    assert declared(6, terminal=99) is Reason.TERMINAL_UNKNOWN
    assert losses.declare_lost(office, terminal, staff=6, now=NOON) == 0
    with office.database.read() as connection:
        acts = connection.execute(select(audit.c.act, audit.c.actor)).all()
    assert ("terminal_lost", "staff:6") in [tuple(row) for row in acts]


def test_points_under_a_lease_become_a_debt_when_their_purchase_is_returned(office, till):
    member = till.member()
    purchase = till.accrual(member, 40_000, forecast=400)
    till.push()
    lease = till.lend(member, 450)

    till.void(purchase.id)
    till.push()
    bound = account(office, member)
    leases.close(office, till.caller, LeaseClosing(leases=(lease.id,), last_seq=till.seq), now=NOON)

    assert (bound.points, bound.leased, bound.debt) == (450, 450, 400)
    freed = account(office, member)
    assert (freed.points, freed.leased, freed.debt) == (50, 0, 0)


def test_a_reward_that_does_not_exist_is_charged_and_shown(office, till, member):
    lease = till.lend(member, 100)
    event = till.redemption(member, 100, lease.id, reward=99)

    assert till.result(till.push(), event).code == "reward_unknown"
    assert account(office, member).points == 450


def test_a_reward_below_its_price_is_shown(till, member):
    lease = till.lend(member, 10)
    event = till.redemption(member, 10, lease.id, reward=1)

    result = till.result(till.push(), event)
    assert (result.status, result.facts) == ("needs_review", {"missing": 90})


def test_a_benefit_is_free_and_counted(till, member):
    first = till.redemption(member, 0, reward=3)
    second = till.redemption(member, 0, reward=3)

    answer = till.push()

    assert till.result(answer, first) is None
    assert till.result(answer, second).code == "reward_limit_reached"
    (row,) = till.pull().members
    assert row.taken == ((3, "2026", 2),)


def test_a_redemption_of_an_unknown_member_is_the_shops_loss(office, till):
    event = till.redemption(12_345, 100)

    assert till.result(till.push(), event).code == "member_unknown"
    assert lost(office) == 100


def test_what_a_blocked_member_was_handed_is_charged(office, till, member):
    lease = till.lend(member, 100)
    with office.database.write() as connection:
        connection.execute(members.update().values(status=int(MemberStatus.BLOCKED)))
    till.redemption(member, 100, lease.id)

    assert till.push().results == ()
    assert ("spend", 100) in entries(office, member)


def test_stock_goes_down_and_never_below_nothing(office, till, member):
    with office.database.write() as connection:
        count_stock(connection, 1, {1: 1})
    lease = till.lend(member, 300)
    before = till.pull()
    till.redemption(member, 300, lease.id, quantity=3)
    till.push()

    assert [(row.reward, row.left) for row in before.stock] == [(1, 1)]
    assert [(row.reward, row.left) for row in till.pull(before.cursor).stock] == [(1, 0)]
