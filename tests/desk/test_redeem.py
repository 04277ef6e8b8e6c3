"""Redemptions: inside what is lent, with the proof that their worth asks for."""

from dataclasses import replace

import pytest

from loyalty_desk.desk import identify
from loyalty_desk.desk.visit import Draft
from sync.programme.cpf import parse_cpf
from sync.programme.refusals import Reason
from sync.protocol.messages import StockRow
from tests.desk import club
from tests.desk.refusals import refuses


def opened(till, member, proof, lent=10_000):
    """A member as they stand at the counter, with points lent to this till."""
    if lent:
        till.lend(member, lent)
    return identify.by_member(till.counter, member, proof=proof)


def test_a_redemption_inside_the_lease_works_offline(till):
    marina = opened(till, club.MARINA, "card", lent=400)

    done = till.conclude(Draft(member=marina, reward=club.VOUCHER_10))

    assert (done.spent, till.points_of(club.MARINA)) == (400, 2_080)
    assert [lease.left for lease in till.store.ledger.leases.of(club.MARINA)] == [0]


def test_a_redemption_above_the_lease_needs_the_line(till):
    marina = opened(till, club.MARINA, "fresh", lent=399)

    with refuses(Reason.NEEDS_CONNECTION, till, usable=399):
        till.conclude(Draft(member=marina, reward=club.VOUCHER_10))


def test_leases_are_not_added_up_offline(till):
    till.lend(club.MARINA, 250)
    marina = opened(till, club.MARINA, "fresh", lent=250)

    with refuses(Reason.NEEDS_CONNECTION, till, usable=250):
        till.conclude(Draft(member=marina, reward=club.VOUCHER_10))


def test_a_lapsed_lease_is_nothing(till):
    marina = opened(till, club.MARINA, "card", lent=400)
    till.clock.passes(73 * club.HOUR)

    with refuses(Reason.NEEDS_CONNECTION, till, usable=0):
        till.conclude(Draft(member=identify.again(till.counter, marina), reward=club.VOUCHER_10))


def test_a_clock_that_was_set_back_redeems_nothing(till):
    marina = opened(till, club.MARINA, "card", lent=400)
    till.store.replica.heard(server_now=till.clock.now(), offset_ms=0, epoch=1)
    till.clock.is_set_back(club.HOUR)

    with refuses(Reason.CLOCK_WRONG, till):
        till.conclude(Draft(member=marina, reward=club.VOUCHER_10))


def test_nobody_spends_more_than_they_have_whatever_is_lent(till):
    caio = opened(till, club.CAIO, "fresh", lent=10_000)

    with refuses(Reason.NOT_ENOUGH_POINTS, till, missing=90):
        till.conclude(Draft(member=caio, reward=club.COFFEE))


def test_what_this_visit_earns_cannot_be_spent_in_it(till):
    caio = opened(till, club.CAIO, "fresh", lent=10_000)

    with refuses(Reason.NOT_ENOUGH_POINTS, till):
        till.conclude(Draft(member=caio, reward=club.COFFEE, amount_centavos=50_000))


@pytest.mark.parametrize(
    ("proof", "reward", "reason"),
    [
        ("none", club.COFFEE, Reason.NEEDS_FRESH_CODE),
        ("card", club.VOUCHER_10, None),
        ("card", club.ECOBAG, Reason.NEEDS_FRESH_CODE),
        ("cpf", club.ECOBAG, None),
        ("fresh", club.OLIVE_OIL, None),
        ("fresh", club.VOUCHER_50, None),
        ("cpf", club.VOUCHER_50, None),
        ("fresh", club.FLASK, Reason.NEEDS_LEAD),
        ("cpf", club.FLASK, Reason.NEEDS_LEAD),
    ],
)
def test_the_worth_of_a_reward_decides_which_proof_it_needs(till, proof, reward, reason):
    teresa = opened(till, club.TERESA, proof)
    draft = Draft(member=teresa, reward=reward)

    if reason is None:
        till.conclude(draft)
        assert till.head == 1
    else:
        with refuses(reason, till):
            till.conclude(draft)


def test_the_sum_of_units_counts_for_the_proof(till):
    teresa = opened(till, club.TERESA, "card")

    with refuses(Reason.NEEDS_FRESH_CODE, till):
        till.conclude(Draft(member=teresa, reward=club.COFFEE, quantity=3))


def test_a_lead_lifts_the_limit_and_is_named_in_the_record(till):
    teresa = opened(till, club.TERESA, "fresh")

    till.conclude(Draft(member=teresa, reward=club.FLASK, lead=club.BIANCA))

    body = till.store.ledger.outgoing(0, 1).bodies[0]
    assert b'"proof":"lead"' in body
    assert f'"lead":{club.BIANCA}'.encode() in body


@pytest.mark.parametrize(
    ("staff", "lead", "reason"),
    [
        pytest.param(club.BIANCA, club.BIANCA, Reason.SELF_APPROVAL, id="oneself"),
        pytest.param(club.BIANCA, club.JOANA, Reason.NOT_PERMITTED, id="a-cashier"),
    ],
)
def test_nothing_is_recorded_on_an_approval_that_is_none(till, staff, lead, reason):
    teresa = opened(till, club.TERESA, "fresh")

    with refuses(reason, till):
        till.conclude(Draft(member=teresa, reward=club.FLASK, lead=lead), staff=staff)


def test_a_typed_cpf_is_a_proof_for_a_middle_reward(till):
    till.lend(club.MARINA, 900)
    marina = identify.by_cpf(till.counter, parse_cpf(club.MARINAS_CPF))

    assert till.conclude(Draft(member=marina, reward=club.ECOBAG)).spent == 900


def test_an_expired_phone_code_redeems_no_more_than_a_card(till):
    till.lend(club.MARINA, 900)
    code = club.phone_code(club.MARINA)
    till.clock.passes(5 * club.MINUTE)

    with refuses(Reason.NEEDS_FRESH_CODE, till):
        till.conclude(Draft(member=till.scan(code), reward=club.ECOBAG))


def test_a_card_whose_member_is_not_here_redeems_nothing(till):
    nobody = till.scan(club.stranger_card_code())

    with refuses(Reason.MEMBER_NOT_HERE, till):
        till.conclude(Draft(member=nobody, reward=club.COFFEE))
    with refuses(Reason.MEMBER_NOT_HERE, till):
        till.conclude(Draft(member=nobody, benefits=(club.CAKE,)))


@pytest.mark.parametrize(
    ("reward", "reason"),
    [
        (club.BREAD, Reason.REWARD_OUT_OF_STOCK),
        (club.BASKET, Reason.REWARD_TIER_ONLY),
        (99, Reason.REWARD_UNKNOWN),
    ],
)
def test_a_reward_that_is_not_to_be_had_is_refused_for_its_own_reason(till, reward, reason):
    marina = opened(till, club.MARINA, "fresh")

    with refuses(reason, till):
        till.conclude(Draft(member=marina, reward=reward))


def test_a_refused_reward_leaves_the_purchase_of_the_same_visit_unrecorded(till):
    marina = opened(till, club.MARINA, "fresh")

    with refuses(Reason.REWARD_OUT_OF_STOCK, till):
        till.conclude(Draft(member=marina, amount_centavos=8_640, reward=club.BREAD))
    assert till.points_of(club.MARINA) == 2_480


def test_the_birthday_benefit_is_given_once_a_year_with_any_proof_or_none(till):
    marina = opened(till, club.MARINA, "none", lent=0)
    draft = Draft(member=marina, benefits=(club.CAKE,))
    till.conclude(draft)

    with refuses(Reason.REWARD_LIMIT_REACHED, till):
        till.conclude(replace(draft, member=identify.again(till.counter, marina)))


def test_a_benefit_taken_back_may_be_given_again(till):
    from loyalty_desk.desk import undo

    marina = opened(till, club.MARINA, "none", lent=0)
    draft = Draft(member=marina, benefits=(club.CAKE,))
    till.conclude(draft)
    undo.undo_last(till.counter, staff=club.JOANA, window_seconds=15)

    till.conclude(replace(draft, member=identify.again(till.counter, marina)))

    assert till.head == 3


def test_stock_that_ran_out_meanwhile_is_seen_at_the_counter(till):
    marina = opened(till, club.MARINA, "card")
    till.store.ledger.leases.void()
    till.pull(stock=(StockRow(club.COFFEE, 0),))

    with refuses(Reason.REWARD_OUT_OF_STOCK, till):
        till.conclude(Draft(member=marina, reward=club.COFFEE))


def test_a_retired_reward_has_ended(till):
    marina = opened(till, club.MARINA, "card")
    retired = tuple(replace(r, retired=r.id == club.COFFEE) for r in club.REWARDS)
    till.publish(replace(club.DOCUMENT, rewards=retired))

    with refuses(Reason.REWARD_ENDED, till):
        till.conclude(Draft(member=marina, reward=club.COFFEE))
