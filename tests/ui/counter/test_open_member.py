"""An open member: typing, choosing, offers, going back."""

import pytest

from sync.programme.refusals import Reason, Refused
from tests.desk import club


def test_a_member_is_shown_only_when_there_is_something_to_show(desk):
    desk.store.held = True
    desk.scan(club.card_code(club.MARINA))
    desk.store.step()
    desk.presenter.tick()
    assert desk.name == "identify"
    desk.store.go_on()

    assert (desk.name, desk.page.member.name) == ("visit", "Marina Alves")


def test_the_member_before_is_never_drawn_under_the_next_ones_scan(desk):
    desk.open(club.MARINA)
    desk.store.held = True
    desk.scan(club.card_code(club.CAIO))
    desk.store.step()
    desk.presenter.tick()

    assert desk.name == "identify"
    desk.store.go_on()
    assert desk.page.member.name == "Caio Nogueira"


def test_of_two_scans_the_last_one_stands(desk):
    desk.store.held = True
    desk.scan(club.card_code(club.MARINA))
    desk.scan(club.card_code(club.CAIO))
    desk.store.go_on()

    assert desk.page.member.name == "Caio Nogueira"
    assert desk.chips == []


def test_an_answer_that_a_lock_overtook_is_dropped(desk):
    desk.store.held = True
    desk.scan(club.card_code(club.MARINA))
    desk.press(12)
    desk.store.go_on()

    assert (desk.name, desk.presenter.visit.view) == ("sign_in", None)


def test_a_member_whose_opening_a_lock_overtook_is_not_open(desk):
    desk.store.held = True
    desk.scan(club.card_code(club.MARINA))
    desk.store.step()
    desk.press(12)
    desk.store.go_on()

    assert (desk.name, desk.presenter.visit.view) == ("sign_in", None)


def test_of_fast_typing_only_the_last_forecast_is_shown(desk):
    desk.open(club.MARINA)
    desk.store.held = True
    for centavos in (8, 86, 864, 8_640):
        desk.type_amount(centavos)
        desk.presenter.tick()
        assert desk.page.amount.centavos == centavos  # a redraw never undoes what is typed
    desk.store.step()
    assert desk.page.amount.points == ""
    desk.store.go_on()

    assert desk.page.amount.points == "+129"


def test_typed_digits_never_choose_a_reward(desk, till):
    till.lend(club.MARINA, 900)
    desk.open(club.MARINA)
    for centavos in (1, 12, 123, 1_234):
        desk.type_amount(centavos)

    assert (desk.draft.reward, desk.view.confirming, desk.view.choosing) == (0, False, False)


def test_enter_never_redeems(desk, till):
    """Enter reaches the counter as the search field's submit, and as nothing else."""
    till.lend(club.MARINA, 900)
    desk.scan(club.phone_code(club.MARINA))
    desk.presenter.visit.choose(club.ECOBAG)
    desk.presenter.search_submitted("")

    assert till.head == 0


def test_the_numbers_of_the_grid_choose_what_stands_there(desk, till):
    till.lend(club.MARINA, 400)
    desk.open(club.MARINA)
    numbered = {tile.number: tile.name for tile in desk.page.rewards.tiles}
    desk.presenter.visit.choose_numbered(2)

    assert desk.page.panel.name == numbered["2"] == "Brownie"


@pytest.mark.parametrize("number", [-1, 0, 10, 99])
def test_a_number_nothing_stands_at_chooses_nothing(desk, number):
    desk.open(club.MARINA)
    desk.presenter.visit.choose_numbered(number)

    assert desk.draft.reward == 0


def test_a_reward_that_cannot_be_had_explains_itself(desk):
    desk.open(club.MARINA)
    desk.presenter.visit.choose(club.VOUCHER_50)

    assert desk.page.panel is None
    assert desk.page.summary.proof.title == "520 points to go."
    assert desk.draft.reward == 0


def test_a_reward_that_cannot_be_had_takes_the_place_of_the_one_chosen_before(desk, till):
    """Else F10 would redeem what is not on the screen any more."""
    till.lend(club.MARINA, 400)
    desk.open(club.MARINA)
    desk.presenter.visit.choose(club.VOUCHER_10)
    desk.presenter.visit.choose(club.FLASK)
    assert (desk.view.confirming, desk.draft.reward) == (False, 0)
    desk.press(10)

    assert till.head == 0


def test_a_reward_nobody_knows_is_refused_quietly(desk):
    desk.open(club.MARINA)
    desk.presenter.visit.choose(12_345)

    assert desk.page.summary.proof.title == "This reward does not exist."


def test_units_go_up_and_down_but_never_below_one(desk, till):
    till.lend(club.MARINA, 900)
    desk.open(club.MARINA)
    desk.presenter.visit.choose(club.COFFEE)
    desk.presenter.visit.quantity(1)
    assert (desk.draft.quantity, desk.page.panel.quantity) == (2, "2 units")
    desk.presenter.visit.quantity(-1)
    desk.presenter.visit.quantity(-1)

    assert desk.draft.quantity == 1


def test_a_free_offer_is_taken_along_and_left_again(desk, till):
    desk.open(club.MARINA)
    (cake,) = [one for one in desk.page.offers if one.title == "Fatia de bolo"]
    assert cake.action == "Use"
    desk.presenter.visit.use_offer(cake.offer)
    assert desk.page.summary.act == "Hand over and finish"
    assert desk.page.offers[0].note == "In this visit"
    desk.presenter.visit.use_offer(cake.offer)
    assert desk.draft.is_empty
    desk.presenter.visit.use_offer(cake.offer)
    desk.press(10)

    assert [one.reward for one in till.store.ledger.visits.latest(since=0, limit=1)[0].taken] == [
        club.CAKE
    ]


def test_what_is_no_offer_cannot_be_taken_along(desk):
    desk.open(club.MARINA)
    for offer in ("three_visits", "99", str(club.FLASK), ""):
        desk.presenter.visit.use_offer(offer)

    assert desk.draft.is_empty


def test_an_offer_that_ended_meanwhile_leaves_the_visit_and_says_so(desk, till):
    desk.open(club.MARINA)
    desk.presenter.visit.use_offer(str(club.CAKE))
    till.clock.passes(40 * club.DAY)
    desk.type_amount(1_000)

    assert desk.draft.benefits == ()
    assert desk.page.summary.proof.title == "This reward is not on offer right now."


def test_a_reward_that_left_the_programme_meanwhile_leaves_the_confirmation(desk, till):
    from dataclasses import replace

    till.lend(club.MARINA, 400)
    desk.open(club.MARINA)
    desk.presenter.visit.choose(club.VOUCHER_10)
    fewer = tuple(r for r in club.REWARDS if r.id != club.VOUCHER_10)
    till.publish(replace(club.DOCUMENT, rewards=fewer))
    desk.line(True)

    assert (desk.page.panel, desk.draft.reward) == (None, 0)
    assert desk.page.summary.proof.title == "This reward has ended."


def test_a_balance_that_changed_elsewhere_is_shown_with_what_was_typed(desk, till):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    marina = till.counter.members.by_id(club.MARINA).row
    till.pull(members=(club._with(marina, {"points": 3_000, "version": 2}),))
    desk.line(True)

    assert desk.page.member.balance == "3,000"
    assert desk.page.amount.centavos == 8_640


def test_a_member_who_was_erased_while_open_says_so(desk, till):
    desk.open(club.MARINA)
    till.pull(gone=(club.MARINA,))
    desk.line(True)

    assert desk.name == "visit"
    assert desk.page.summary.proof.title == "We did not find this member. Enrol with F3."


def test_escape_goes_back_step_by_step_and_loses_nothing(desk, till):
    till.lend(club.MARINA, 400)
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.presenter.visit.choose(club.VOUCHER_10)
    desk.escape()
    assert (desk.name, desk.page.panel, desk.draft.amount_centavos) == ("visit", None, 8_640)
    desk.presenter.visit.choosing()
    desk.escape()
    assert (desk.name, desk.view.choosing) == ("visit", False)
    desk.presenter.refused(Refused(Reason.CODE_FORGED))
    desk.escape()
    assert (desk.name, desk.said) == ("visit", "")
    desk.escape()

    assert (desk.name, desk.chips) == ("identify", ["On hold: Marina"])


def test_the_rewards_lose_their_keys_when_the_focus_goes_elsewhere(desk):
    desk.open(club.MARINA)
    desk.presenter.visit.choosing()
    assert desk.page.rewards.is_choosing
    desk.presenter.visit.chose()

    assert not desk.page.rewards.is_choosing


def test_escape_closes_a_member_with_nothing_entered(desk):
    desk.open(club.MARINA)
    desk.escape()

    assert (desk.name, desk.chips) == ("identify", [])


def test_escape_on_the_idle_desk_empties_the_search(desk):
    desk.presenter.idle.query("marina")
    desk.presenter.idle.say("anything")
    desk.escape()

    assert (desk.page.query, desk.page.search, desk.notice) == ("", None, "")


def test_the_focus_goes_home_after_escape_conclusion_and_opening(desk):
    seen = [desk.home]
    desk.open(club.MARINA)
    seen.append(desk.home)
    desk.type_amount(8_640)
    assert desk.home == seen[-1]
    desk.press(10)
    seen.append(desk.home)
    desk.escape()
    seen.append(desk.home)

    assert seen == sorted(set(seen))


def test_offline_the_forecast_is_called_expected(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    assert desk.page.amount.unit == "expected points"
    desk.line(True)

    assert desk.page.amount.unit == "points"


def test_points_that_wait_for_the_manager_are_not_in_the_new_balance(desk):
    desk.open(club.MARINA)
    desk.type_amount(60_000)

    assert desk.page.amount.unit == "points to confirm"
    assert desk.page.summary.new_balance == "2,480"
    assert desk.page.summary.rows[0].tone == "ink3"  # not drawn as if the sum counted it
