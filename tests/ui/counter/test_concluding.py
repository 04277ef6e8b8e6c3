"""F10 and what comes meanwhile: recorded once, never disturbed, free again whatever happens."""

import pytest

from sync.client.outcomes import Offline
from sync.programme.refusals import Reason, Refused
from tests.desk import club


@pytest.fixture
def online(desk):
    desk.line(True)
    return desk


def redeeming(desk, reward=club.VOUCHER_10, code=None):
    """A confirmation that needs points lent."""
    desk.scan(code or club.phone_code(club.MARINA))
    desk.presenter.visit.choose(reward)
    assert desk.view.confirming


def test_f10_records_the_visit_and_the_desk_is_free_at_once(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    assert desk.page.summary.act == "Add 129"
    desk.press(10)

    assert desk.name == "identify"
    (recent,) = desk.page.recent
    assert (recent.name, recent.effect, recent.undo) == ("Marina Alves", "+129 pts", "Undo · 15 s")
    assert recent.effect_said == "129 points added"
    assert desk.rounds == 1


def test_f10_twice_records_once(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.store.held = True
    desk.press(10)
    assert not desk.page.summary.can_act
    desk.press(10)
    desk.store.go_on()
    desk.press(10)

    assert desk.till.head == 1


def test_what_a_redemption_needs_is_borrowed_then_spent(online):
    redeeming(online)
    online.press(10)

    assert online.lender.asked == [(club.MARINA, 400)]
    assert online.page.recent[0].effect_said == "Vale R$ 10, 400 points used"
    assert online.till.points_of(club.MARINA) == 2_080
    assert online.name == "identify"


def test_what_was_lent_before_is_spent_without_asking(desk, till):
    till.lend(club.MARINA, 400)
    redeeming(desk)
    desk.press(10)

    assert desk.lender.asked == []
    assert till.points_of(club.MARINA) == 2_080


def test_f10_twice_while_points_are_being_borrowed_redeems_once(online):
    redeeming(online)
    online.asking.held = True
    online.press(10)
    online.press(10)
    online.presenter.conclude()
    online.asking.go_on()

    assert online.lender.asked == [(club.MARINA, 400)]
    assert online.till.head == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            Refused(Reason.NEEDS_CONNECTION, usable=0),
            ("Needs connection: up to 0 points can be used here.", "F9: pending voucher"),
        ),
        (
            Refused(Reason.NOT_ENOUGH_POINTS, missing=20),
            ("Cannot be redeemed like this", "20 points to go."),
        ),
        (
            Refused(Reason.DISK_FULL),
            (
                "Cannot be redeemed like this",
                "The disk is full. Free some space; nothing recorded was lost.",
            ),
        ),
    ],
)
def test_when_nothing_is_lent_the_confirmation_stays_says_why_and_can_be_tried_again(
    online, fault, said
):
    redeeming(online)
    online.lender.fault = fault
    online.press(10)

    assert (online.name, online.view.confirming, online.view.busy) == ("visit", True, False)
    proof = online.page.panel.proof
    assert (proof.title, proof.note) == said
    assert online.page.panel.can_act
    assert online.till.head == 0
    online.lender.fault = None
    online.press(10)
    assert online.till.points_of(club.MARINA) == 2_080


@pytest.mark.parametrize("fault", [Offline("gone"), ZeroDivisionError(), KeyError("lease")])
def test_a_fault_of_ours_surfaces_and_the_desk_is_free_again(online, fault):
    redeeming(online)
    online.lender.fault = fault

    with pytest.raises(type(fault)):
        online.press(10)
    assert not online.view.busy
    assert online.page.panel.can_act
    online.lender.fault = None
    online.press(10)
    assert online.till.points_of(club.MARINA) == 2_080


def test_a_fault_while_an_act_is_recorded_surfaces_and_the_desk_is_free_again(desk, monkeypatch):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.store.held = True
    desk.press(10)
    desk.store.step()
    # The disk goes away between the question and the record.
    monkeypatch.setattr(desk.till.store.ledger, "record", _broken)

    with pytest.raises(OSError, match="gone"):
        desk.store.go_on()
    assert (desk.name, desk.view.busy) == ("visit", False)
    monkeypatch.undo()
    desk.press(10)
    assert desk.till.points_of(club.MARINA) == 2_609


def _broken(_acts):
    raise OSError("gone")


def test_a_full_disk_keeps_the_visit_on_the_screen(desk, monkeypatch):
    def full(_acts):
        raise Refused(Reason.DISK_FULL)

    desk.open(club.MARINA)
    desk.type_amount(8_640)
    monkeypatch.setattr(desk.till.store.ledger, "record", full)
    desk.press(10)

    proof = desk.page.summary.proof
    assert proof.title == "Visit not recorded"
    assert proof.note == "The disk is full. Free some space; nothing recorded was lost."
    assert desk.page.summary.can_act
    monkeypatch.undo()
    desk.press(10)
    assert desk.till.points_of(club.MARINA) == 2_609


def test_a_full_disk_keeps_a_visit_open_that_could_not_be_put_on_hold(desk, monkeypatch):
    def full(_parked):
        raise Refused(Reason.DISK_FULL)

    desk.open(club.MARINA)
    desk.type_amount(8_640)
    monkeypatch.setattr(desk.till.store.ledger.parked, "keep", full)
    desk.scan(club.card_code(club.CAIO))

    assert (desk.name, desk.page.member.name) == ("visit", "Marina Alves")
    assert (desk.page.amount.centavos, desk.view.busy) == (8_640, False)


# --- Meanwhile ------------------------------------------------------------------------------------


def test_the_next_customers_scan_waits_until_the_visit_is_recorded(online):
    redeeming(online)
    online.asking.held = True
    online.press(10)
    online.scan(club.card_code(club.CAIO))
    assert (online.name, online.page.member.name) == ("visit", "Marina Alves")
    online.asking.go_on()

    assert online.page.member.name == "Caio Nogueira"
    assert online.chips == []
    assert online.till.points_of(club.MARINA) == 2_080


def test_the_next_customers_receipt_does_not_go_to_the_visit_being_recorded(online):
    redeeming(online)
    online.asking.held = True
    online.press(10)
    online.scan(club.offline_receipt(total="50.00"))
    online.asking.go_on()

    assert "50.00" in online.notice
    (kept,) = online.till.store.ledger.visits.latest(since=0, limit=9)
    assert (kept.amount, kept.receipt) == (0, "")


def test_a_scan_that_waited_for_a_refused_visit_is_let_go_so_that_the_refusal_is_seen(online):
    redeeming(online)
    online.asking.held = True
    online.lender.fault = Refused(Reason.NEEDS_CONNECTION, usable=0)
    online.press(10)
    online.scan(club.card_code(club.CAIO))
    online.asking.go_on()

    assert (online.page.member.name, online.view.confirming) == ("Marina Alves", True)
    assert online.page.panel.proof.title.startswith("Needs connection")


def test_escape_does_not_leave_a_visit_that_is_being_recorded(online):
    redeeming(online)
    online.asking.held = True
    online.press(10)
    online.escape()
    online.escape()
    assert (online.name, online.view.confirming) == ("visit", True)
    online.asking.go_on()

    assert online.chips == []
    assert online.till.head == 1


def test_f8_right_after_f10_undoes_that_visit_and_not_the_one_before(desk):
    desk.open(club.CAIO)
    desk.type_amount(1_000)
    desk.press(10)
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.store.held = True
    desk.press(10)
    desk.press(8)
    desk.store.go_on()

    assert desk.till.points_of(club.MARINA) == 2_480
    assert desk.till.points_of(club.CAIO) == 90 + 12


def test_a_till_locked_while_a_visit_is_recorded_locks_at_once_and_records_it(online):
    redeeming(online)
    online.asking.held = True
    online.press(10)
    online.press(12)
    assert online.name == "sign_in"
    online.asking.go_on()

    assert online.name == "sign_in"
    assert online.till.points_of(club.MARINA) == 2_080
    assert online.till.store.ledger.visits.latest(since=0, limit=1)[0].staff == club.JOANA
    online.sign_in(club.BIANCA)
    assert online.name == "identify"


def test_a_visit_refused_behind_a_locked_till_stands_there_for_the_next_person(online):
    redeeming(online)
    online.asking.held = True
    online.lender.fault = Refused(Reason.NEEDS_CONNECTION, usable=0)
    online.press(10)
    online.press(12)
    online.asking.go_on()
    assert online.name == "sign_in"
    online.sign_in(club.BIANCA)

    assert (online.name, online.page.member.name) == ("visit", "Marina Alves")
    assert online.page.panel.proof.title.startswith("Needs connection")


def test_a_scan_that_waited_opens_nobody_on_a_locked_till(online):
    redeeming(online)
    online.asking.held = True
    online.press(10)
    online.scan(club.card_code(club.CAIO))
    online.press(12)
    online.asking.go_on()

    assert (online.name, online.presenter.visit.view) == ("sign_in", None)


def test_nothing_is_chosen_or_changed_while_a_visit_is_recorded(online):
    redeeming(online)
    online.asking.held = True
    online.press(10)
    online.presenter.visit.choose(club.COFFEE)
    online.presenter.visit.quantity(1)
    online.presenter.visit.use_offer(str(club.CAKE))
    online.asking.go_on()

    (kept,) = online.till.store.ledger.visits.latest(since=0, limit=9)
    assert [(one.reward, one.quantity) for one in kept.taken] == [(club.VOUCHER_10, 1)]


def test_news_of_the_line_do_not_disturb_a_visit_that_is_being_recorded(online):
    redeeming(online)
    online.asking.held = True
    online.press(10)
    online.line(False)
    assert online.page.panel is not None
    assert online.view.busy
    online.asking.go_on()

    assert online.name == "identify"


# --- Doubtful amounts -----------------------------------------------------------------------------


def test_an_unusual_amount_asks_once_and_a_second_f10_says_yes(desk, till):
    desk.open(club.MARINA)
    desk.type_amount(864_000)
    desk.press(10)
    assert desk.said == "Is R$\xa08,640.00 right? F10 confirms."
    assert desk.page.summary.proof is None
    assert till.head == 0
    till.clock.passes(club.SECOND)
    desk.press(10)

    assert till.head == 1


def test_one_nervous_press_is_no_answer_to_a_question(desk, till):
    desk.open(club.MARINA)
    desk.type_amount(864_000)
    desk.press(10)
    till.clock.passes(120)
    desk.press(10)

    assert till.head == 0
    assert desk.said.startswith("Is R$")


def test_another_amount_is_asked_about_anew(desk, till):
    desk.open(club.MARINA)
    desk.type_amount(864_000)
    desk.press(10)
    till.clock.passes(club.SECOND)
    desk.type_amount(964_000)
    desk.press(10)

    assert till.head == 0
    assert desk.said == "Is R$\xa09,640.00 right? F10 confirms."


def test_an_unusual_amount_is_asked_about_in_a_confirmation_too_before_anything_is_borrowed(
    online, till
):
    online.scan(club.phone_code(club.MARINA))
    online.type_amount(864_000)
    online.presenter.visit.choose(club.VOUCHER_10)
    online.press(10)
    assert online.page.panel.proof.title == "Is R$\xa08,640.00 right? F10 confirms."
    assert online.page.panel.can_act
    assert online.lender.asked == []
    till.clock.passes(club.SECOND)
    online.press(10)

    assert till.head == 2


def test_an_absurd_amount_is_refused_while_it_is_typed(desk, till):
    desk.open(club.MARINA)
    desk.type_amount(864_000_000)
    assert desk.said == "R$\xa08,640,000.00 is above what one visit may have. Check the amount."
    desk.press(10)

    assert till.head == 0
    assert desk.said.startswith("R$")


def test_f10_with_nothing_entered_says_what_is_missing(desk):
    desk.open(club.MARINA)
    desk.press(10)

    assert desk.page.summary.proof.note == "Type an amount or choose a reward."


def test_f10_with_a_receipt_alone_asks_for_the_amount(desk):
    desk.open(club.MARINA)
    desk.scan(club.online_receipt())
    desk.press(10)

    assert desk.said == "Type the amount paid."


def test_a_blocked_member_is_refused_with_what_to_do(desk, till):
    desk.open(club.OTAVIO)
    assert desk.page.amount.locked == "Waits for the manager"
    card = desk.page.member
    assert (card.next_reward, card.can_see_statement, card.can_print) == (None, False, False)
    desk.presenter.visit.choose(club.COFFEE)
    assert desk.page.summary.proof.title == "Account blocked. Call the manager."
    desk.type_amount(1_000)
    desk.press(10)

    assert till.head == 0
    assert desk.page.summary.proof.note == "Account blocked. Call the manager."


# --- A lead's word --------------------------------------------------------------------------------


@pytest.fixture
def asked(desk, till):
    """A flask for 3,600 points: the lead's word is asked for."""
    till.lend(club.TERESA, 3_600)
    desk.scan(club.phone_code(club.TERESA))
    desk.presenter.visit.choose(club.FLASK)
    assert desk.page.panel.proof.note == "Above 3,000 points a lead must approve."
    desk.press(10)
    assert desk.page.panel.ask.label == "Lead's PIN"
    return desk


def test_how_a_lead_approves_is_said_once(asked):
    panel = asked.page.panel

    assert panel.proof.title == "A lead approves with PIN or badge"
    assert panel.ask.hint == ""


def test_a_leads_pin_concludes(asked):
    asked.presenter.visit.answer(club.BIANCAS_PIN)

    assert asked.till.points_of(club.TERESA) == 5_400
    assert asked.name == "identify"


def test_a_leads_badge_concludes(asked):
    asked.scan(club.badge_code(club.BIANCA))

    assert asked.till.points_of(club.TERESA) == 5_400
    assert asked.shell.operator.name == "Joana Prado"


def test_a_wrong_pin_is_told_in_place_and_asked_for_again(asked):
    before = asked.page.panel.ask.at
    asked.presenter.visit.answer("000000")

    ask = asked.page.panel.ask
    assert (ask.error, ask.at) == ("Wrong PIN. 4 tries left.", before + 1)
    asked.presenter.visit.answer(club.BIANCAS_PIN)
    assert asked.till.head == 1


def test_one_answer_pressed_twice_is_one_try(asked):
    asked.store.held = True
    asked.presenter.visit.answer("000000")
    asked.presenter.visit.answer("000000")
    asked.store.go_on()

    assert asked.page.panel.ask.error == "Wrong PIN. 4 tries left."


def test_a_cashiers_badge_is_no_answer(asked):
    asked.scan(club.badge_code(club.JOANA))

    assert asked.page.panel.ask.error == "Your role may not do this. Call a lead."
    assert asked.till.head == 0


def test_a_lead_at_the_till_needs_the_word_of_another(desk, till):
    desk.press(12)
    desk.sign_in(club.BIANCA)
    till.lend(club.TERESA, 3_600)
    desk.scan(club.phone_code(club.TERESA))
    desk.presenter.visit.choose(club.FLASK)
    desk.press(10)
    desk.presenter.visit.answer(club.BIANCAS_PIN)

    assert desk.page.panel.ask.error == "Who asks cannot approve."
    assert till.head == 0


def test_f10_instead_of_an_answer_asks_again(asked):
    asked.press(10)

    assert asked.page.panel.ask is not None
    assert asked.till.head == 0


def test_escape_leaves_the_question_and_the_confirmation(asked):
    asked.escape()

    assert (asked.page.panel, asked.draft.reward, asked.draft.lead) == (None, 0, 0)


def test_a_leads_word_is_for_one_reward_only(asked, till):
    till.clock.passes(club.SECOND)
    asked.presenter.visit.answer(club.BIANCAS_PIN)
    till.lend(club.TERESA, 3_600)
    asked.scan(club.phone_code(club.TERESA, at=till.clock.now()))
    asked.presenter.visit.choose(club.FLASK)
    asked.press(10)

    assert asked.page.panel.ask is not None
    assert till.head == 1
