"""A reward that was set aside is handed over without a network, once, here, and in time."""

from dataclasses import replace

from loyalty_desk.desk import parked, undo, visit
from sync.programme.refusals import Reason
from sync.protocol import events
from sync.protocol.events import RedemptionEvent
from tests.desk import club
from tests.desk.refusals import refuses

GOOD_FOR = 10 * club.MINUTE
SKEW = club.MINUTE
UNKNOWN = 9 << 40 | 77


def last_event(till) -> RedemptionEvent:
    """The last thing this till recorded, as it will be sent."""
    head = till.store.ledger.head().seq
    sent = till.store.ledger.outgoing(head - 1, 1)
    return events.decode(sent.bodies[-1])


def test_a_voucher_names_its_member_and_its_reward(till):
    draft = till.voucher(club.voucher_code())

    assert draft.member.row.name == "Marina Alves"
    assert draft.reward == club.ECOBAG


def test_it_is_handed_over_offline_without_a_lease(till):
    done = till.conclude(till.voucher(club.voucher_code()))

    assert done.spent == 900
    assert done.new_points == 2_480 - 900


def test_what_it_holds_is_taken_out_of_what_is_lent(till):
    marina = club.a_member(
        club.MARINA, "Marina Alves", points=2_480, leased=900, phone="11982144417"
    )
    till.pull(members=(marina,))
    before = till.scan(club.card_code(club.MARINA))
    till.conclude(till.voucher(club.voucher_code()))
    after = till.scan(club.card_code(club.MARINA))

    assert (before.points, before.free) == (2_480, 1_580)
    assert (after.points, after.free) == (1_580, 1_580)


def test_the_same_voucher_is_not_taken_twice_whatever_code_shows_it(till):
    till.conclude(till.voucher(club.voucher_code()))
    till.clock.passes(club.MINUTE)

    with refuses(Reason.VOUCHER_USED, till, at=club.MORNING):
        till.voucher(club.voucher_code(at=club.MORNING + club.MINUTE))


def test_two_visits_that_hold_it_cannot_both_use_it(till):
    first, second = (till.voucher(club.voucher_code()) for _ in range(2))
    till.conclude(first)

    with refuses(Reason.VOUCHER_USED, till):
        till.conclude(second)


def test_it_stays_taken_after_the_till_was_started_again_and_after_an_undo(till):
    visit_id = till.counter.new_id()
    till.conclude(till.voucher(club.voucher_code()), visit_id=visit_id)
    undo.undo_last(till.counter, staff=club.JOANA, window_seconds=15)
    till.reopen()

    with refuses(Reason.VOUCHER_USED, till):
        till.voucher(club.voucher_code())
    assert till.scan(club.card_code(club.MARINA)).points == 2_480


def test_a_voucher_of_another_shop_says_which(till):
    with refuses(Reason.VOUCHER_OTHER_STORE, till, store="Moema"):
        till.voucher(club.voucher_code(store=2))


def test_its_time_is_over_by_the_server_s_clock(till):
    draft = till.voucher(club.voucher_code())
    till.clock.passes(GOOD_FOR + SKEW)
    late = till.voucher(club.voucher_code())
    till.clock.passes(1_000)

    with refuses(Reason.CODE_EXPIRED, till):
        till.voucher(club.voucher_code())
    for opened_in_time in (draft, late):
        with refuses(Reason.CODE_EXPIRED, till):
            till.conclude(opened_in_time)


def test_a_clock_that_goes_back_does_not_lengthen_its_life(till):
    draft = till.voucher(club.voucher_code())
    till.clock.passes(GOOD_FOR + SKEW + 1_000)
    till.credit(till.scan(club.card_code(club.CAIO)), 1_000)
    till.clock.is_set_back(90_000)

    with refuses(Reason.CODE_EXPIRED, till):
        till.conclude(draft)


def test_a_voucher_that_nobody_signed_is_refused(till):
    with refuses(Reason.CODE_FORGED, till):
        till.voucher(club.voucher_code(key=club.STRANGERS_KEY))


def test_a_blocked_member_gets_nothing_by_voucher(till):
    draft = till.voucher(club.voucher_code(club.OTAVIO, points=900))

    with refuses(Reason.MEMBER_BLOCKED, till):
        till.conclude(draft)


def test_a_member_whom_the_till_does_not_know_gets_what_was_set_aside(till):
    draft = till.voucher(club.voucher_code(UNKNOWN))
    assert draft.member.row is None

    done = till.conclude(replace(draft, amount_centavos=1_000))

    assert done.spent == 900
    assert till.head == 2


def test_the_event_names_the_voucher_and_no_lease(till):
    till.conclude(till.voucher(club.voucher_code()))
    event = last_event(till)

    assert (event.voucher, event.lease, event.floor) == ("7e57000000000001", "", False)
    assert (event.member, event.reward, event.points) == (club.MARINA, club.ECOBAG, 900)


def test_nothing_is_borrowed_for_it(till):
    draft = till.voucher(club.voucher_code())
    till.counter.connected = True

    assert visit.points_to_lease(till.counter, draft, staff=club.JOANA, visit="") == 0


def test_a_visit_on_hold_keeps_its_voucher(till):
    draft = till.voucher(club.voucher_code(UNKNOWN))
    parked.park(till.counter, draft, staff=club.JOANA, visit="a" * 32)
    back = parked.take(till.counter, "a" * 32)

    assert back.voucher == draft.voucher
    assert till.conclude(back).spent == 900


def test_the_purchase_it_asks_for_is_asked_for_at_the_till(till):
    ecobag = next(r for r in club.REWARDS if r.id == club.ECOBAG)
    rewards = (replace(ecobag, min_basket_centavos=5_000),)
    till.publish(replace(club.DOCUMENT, rewards=rewards))
    draft = till.voucher(club.voucher_code())

    with refuses(Reason.REWARD_BASKET_TOO_SMALL, till):
        till.conclude(draft)
    assert till.conclude(replace(draft, amount_centavos=5_000)).spent == 900


def test_a_reward_that_this_till_has_never_heard_of_is_not_handed_over(till):
    with refuses(Reason.REWARD_UNKNOWN, till):
        till.voucher(club.voucher_code(reward=99))
