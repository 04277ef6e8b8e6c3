"""One visit: what it is worth, what is recorded, and that a refusal records nothing."""

from dataclasses import replace

import pytest

from loyalty_desk.desk import identify, receipts, visit
from loyalty_desk.desk.appraise import appraise
from loyalty_desk.desk.visit import Draft
from sync.programme.refusals import Reason
from sync.programme.scan_router import route
from tests.desk import club
from tests.desk.refusals import refuses


@pytest.fixture
def marina(till):
    return till.scan(club.card_code(club.MARINA))


@pytest.fixture
def receipt(till):
    return receipts.from_xml(till.counter, club.a_receipt_xml())


def online(till, number=1234):
    return receipts.from_code(till.counter, route(club.online_receipt(number)).code)


# --- Pricing --------------------------------------------------------------------------------------


def test_86_40_with_its_lines_earn_153_for_a_gold_member_before_noon(till, marina, receipt):
    draft = Draft(member=marina, receipt=receipt, amount_centavos=receipt.total_centavos)

    accrual = visit.price(till.counter, draft)

    assert accrual.points == 153
    assert [part.points for part in accrual.parts] == [86, 43, 24]


def test_the_same_amount_typed_earns_129(till, marina):
    accrual = visit.price(till.counter, Draft(member=marina, amount_centavos=8_640))

    assert [part.points for part in accrual.parts] == [86, 43]


def test_after_noon_the_coffee_bonus_is_over(till, marina, receipt):
    till.clock.passes(3 * club.HOUR)
    draft = Draft(member=marina, receipt=receipt, amount_centavos=receipt.total_centavos)

    assert visit.price(till.counter, draft).points == 129


def test_a_card_alone_earns_at_the_base_rate(till):
    opened = till.scan(club.stranger_card_code())

    assert visit.price(till.counter, Draft(member=opened, amount_centavos=8_640)).points == 86


def test_the_fourth_typed_visit_of_a_day_waits_for_the_manager(till, marina):
    for _visit in range(3):
        till.credit(identify.again(till.counter, marina), 1_000)

    marina = identify.again(till.counter, marina)

    assert visit.price(till.counter, Draft(member=marina, amount_centavos=1_000)).pending


def test_the_fourth_typed_visit_of_a_card_alone_waits_too(till):
    opened = till.scan(club.stranger_card_code())
    for _visit in range(3):
        till.credit(identify.again(till.counter, opened), 1_000)

    opened = identify.again(till.counter, opened)

    assert visit.price(till.counter, Draft(member=opened, amount_centavos=1_000)).pending


# --- Appraising -----------------------------------------------------------------------------------


def test_an_appraisal_says_of_each_reward_whether_it_can_be_had_and_why_not(till, marina):
    till.counter.connected = True

    seen = appraise(till.counter, Draft(member=identify.again(till.counter, marina)))

    why = {one.reward.id: one.refusal.reason if one.refusal else None for one in seen.offers}
    assert why == {
        club.COFFEE: None,
        club.BREAD: Reason.REWARD_OUT_OF_STOCK,
        club.BROWNIE: None,
        club.VOUCHER_10: None,
        club.ECOBAG: None,
        club.BASKET: Reason.REWARD_TIER_ONLY,
        club.OLIVE_OIL: None,
        club.VOUCHER_50: Reason.NOT_ENOUGH_POINTS,
        club.FLASK: Reason.NOT_ENOUGH_POINTS,
    }
    assert seen.offer(club.VOUCHER_50).refusal.facts == {"missing": 520}
    assert [benefit.name for benefit in seen.benefits] == ["Fatia de bolo"]
    assert (seen.goal.id, seen.birthday_in, seen.tier.name) == (club.VOUCHER_50, 3, "Ouro")


def test_offline_only_what_is_lent_here_can_be_had(till, marina):
    till.lend(club.MARINA, 350)

    seen = appraise(till.counter, Draft(member=identify.again(till.counter, marina)))

    assert seen.draft.member.usable_here == 350
    assert seen.offer(club.BROWNIE).refusal is None
    assert seen.offer(club.VOUCHER_10).refusal.facts == {"usable": 350}


def test_a_mission_counts_the_visits_of_this_week(till, marina):
    before = appraise(till.counter, Draft(member=marina)).missions[0][1]
    till.credit(marina, 1_000)

    after = appraise(till.counter, Draft(member=identify.again(till.counter, marina))).missions[0][
        1
    ]

    assert (before.missing, after.missing) == (3, 2)


def test_an_appraisal_forecasts_an_unusual_amount_and_refuses_an_absurd_one(till, marina):
    unusual = appraise(till.counter, Draft(member=marina, amount_centavos=864_000))
    absurd = appraise(till.counter, Draft(member=marina, amount_centavos=86_400_000))

    assert (unusual.accrual.points, unusual.problem) == (12_960, None)
    assert (absurd.accrual, absurd.problem.reason) == (None, Reason.AMOUNT_ABSURD)


def test_an_appraisal_writes_nothing(till, marina):
    appraise(till.counter, Draft(member=marina, amount_centavos=8_640, reward=club.COFFEE))

    assert till.head == 0


# --- Concluding -----------------------------------------------------------------------------------


def test_a_concluded_purchase_is_in_the_balance_at_once(till, marina):
    done = till.credit(marina, 8_640)

    assert (done.accrual.points, done.new_points) == (129, 2_609)
    assert till.points_of(club.MARINA) == 2_609
    (kept,) = till.store.ledger.visits.latest(since=0, limit=9)
    assert (kept.id, kept.amount, kept.credited, kept.staff) == (
        done.visit,
        8_640,
        129,
        club.JOANA,
    )


def test_the_new_balance_is_less_by_a_debt_that_was_paid_first(till):
    till.pull(members=(club.a_member(club.MARINA, "Marina Alves", points=0, debt=100),))

    done = till.credit(till.scan(club.card_code(club.MARINA)), 8_640)

    assert done.accrual.points > 0
    assert done.new_points == max(0, done.accrual.points - 100) == till.points_of(club.MARINA)


def test_a_purchase_and_a_reward_are_one_visit_of_chained_events(till, marina):
    till.lend(club.MARINA, 400)
    marina = identify.again(till.counter, marina)
    draft = Draft(
        member=marina, amount_centavos=8_640, reward=club.VOUCHER_10, benefits=(club.CAKE,)
    )

    done = till.conclude(draft)

    assert (done.spent, done.new_points) == (400, 2_480 + 129 - 400)
    assert till.head == 3
    (kept,) = till.store.ledger.visits.latest(since=0, limit=9)
    assert (kept.id, kept.credited) == (done.visit, 129)
    assert [taken.reward for taken in kept.taken] == [club.VOUCHER_10, club.CAKE]
    assert till.points_of(club.MARINA) == 2_209


def test_concluding_twice_is_one_visit_and_the_same_answer(till, marina):
    till.lend(club.MARINA, 400)
    marina = identify.again(till.counter, marina)
    draft = Draft(member=marina, amount_centavos=8_640, reward=club.VOUCHER_10)
    intention = till.counter.new_id()

    first = till.conclude(draft, visit_id=intention)
    second = till.conclude(draft, visit_id=intention)

    assert till.head == 2
    assert (second.visit, second.spent, second.accrual) == (
        first.visit,
        first.spent,
        first.accrual,
    )


def test_concluding_again_after_a_restart_is_the_same_visit_still(till, marina):
    intention = till.counter.new_id()
    draft = Draft(member=marina, amount_centavos=8_640)
    till.conclude(draft, visit_id=intention)
    till.reopen()

    till.conclude(draft, visit_id=intention)

    assert till.head == 1


def test_a_blocked_member_is_credited_nothing(till):
    opened = till.scan(club.card_code(club.OTAVIO))

    with refuses(Reason.MEMBER_BLOCKED, till):
        till.credit(opened, 8_640)


def test_an_empty_visit_is_none(till, marina):
    with refuses(Reason.NOTHING_TO_RECORD, till):
        till.conclude(Draft(member=marina))


def test_a_receipt_without_an_amount_asks_for_it(till, marina):
    with refuses(Reason.AMOUNT_ZERO, till):
        till.conclude(Draft(member=marina, receipt=online(till)))


@pytest.mark.parametrize(
    ("centavos", "reason"),
    [
        (-1, Reason.AMOUNT_NEGATIVE),
        (1_000_001, Reason.AMOUNT_ABSURD),
        (10**18, Reason.AMOUNT_ABSURD),
        (100_001, Reason.AMOUNT_UNUSUAL),
    ],
)
def test_an_amount_that_no_purchase_has_is_refused(till, marina, centavos, reason):
    with refuses(reason, till):
        till.credit(marina, centavos)


def test_an_unusual_amount_is_credited_once_it_is_confirmed(till, marina):
    till.conclude(Draft(member=marina, amount_centavos=864_000, amount_confirmed=True))

    assert till.head == 1


def test_an_absurd_amount_is_refused_even_when_confirmed(till, marina):
    with refuses(Reason.AMOUNT_ABSURD, till):
        till.conclude(Draft(member=marina, amount_centavos=1_000_001, amount_confirmed=True))


def test_who_may_not_credit_is_refused(till, marina):
    with refuses(Reason.NOT_PERMITTED, till, act="credit"):
        till.conclude(Draft(member=marina, amount_centavos=8_640), staff=club.DAVI)


def test_who_was_dismissed_in_the_middle_of_a_shift_is_refused(till, marina):
    till.pull(staff=tuple(one for one in club.the_staff() if one.id != club.JOANA))

    with refuses(Reason.STAFF_UNKNOWN, till):
        till.credit(marina, 8_640)


# --- Receipts claimed -----------------------------------------------------------------------------


def test_a_receipt_earns_once(till, marina):
    till.credit(marina, 8_640, online(till))

    with refuses(Reason.RECEIPT_USED, till, at=club.MORNING):
        online(till)


def test_a_receipt_read_for_two_visits_earns_in_one_of_them(till, marina):
    """The other was on hold while the first was concluded."""
    read = online(till)
    till.credit(marina, 8_640, read)
    caio = till.scan(club.card_code(club.CAIO))

    with refuses(Reason.RECEIPT_USED, till, at=club.MORNING):
        till.credit(caio, 8_640, read)
    assert till.points_of(club.CAIO) == 90


def test_a_used_receipt_leaves_the_lease_of_the_same_visit_untouched(till, marina):
    till.lend(club.MARINA, 400)
    marina = identify.again(till.counter, marina)
    read = online(till)
    till.credit(marina, 1_000, read)

    with refuses(Reason.RECEIPT_USED, till):
        till.conclude(
            Draft(member=marina, amount_centavos=8_640, receipt=read, reward=club.VOUCHER_10)
        )
    assert [lease.left for lease in till.store.ledger.leases.of(club.MARINA)] == [400]


def test_a_card_alone_can_be_credited_with_its_receipt_offline(till):
    opened = till.scan(club.stranger_card_code())

    till.credit(opened, 8_640, online(till))

    (kept,) = till.store.ledger.visits.latest(since=0, limit=1)
    assert (kept.member, kept.card, kept.credited) == (0, f"{club.STRANGER_CARD:016x}", 86)


def test_a_drafts_amount_may_differ_from_the_receipts_lines(till, marina, receipt):
    """Half of it was paid with something that does not earn: the lines shrink alike."""
    draft = Draft(member=marina, receipt=receipt, amount_centavos=4_320)

    assert visit.price(till.counter, draft).points == 76


def test_points_to_lease_are_asked_only_for_what_can_be_concluded(till, marina):
    till.counter.connected = True
    marina = identify.again(till.counter, marina)
    draft = Draft(member=marina, reward=club.VOUCHER_10)

    def wanted(draft):
        intention = till.counter.new_id()
        return visit.points_to_lease(till.counter, draft, staff=club.JOANA, visit=intention)

    assert wanted(draft) == 400
    with refuses(Reason.AMOUNT_UNUSUAL):
        wanted(replace(draft, amount_centavos=864_000))
    till.lend(club.MARINA, 400)
    assert wanted(draft) == 0
    assert wanted(replace(draft, amount_centavos=864_000)) == 0  # `conclude` will refuse it
    assert wanted(Draft(member=marina, benefits=(club.CAKE,))) == 0
