"""Visits on hold: five wait at most by a cashier's own doing, and none ever makes room."""

import pytest

from tests.desk import club

MARINA_WAITS = "On hold: Marina"
FULL = ("Not put on hold", "5 visits are on hold. Finish one first.")


@pytest.fixture
def full(desk):
    """Five visits of Marina wait; Caio's has been begun."""
    for _visit in range(5):
        desk.open(club.MARINA)
        desk.type_amount(8_640)
        desk.escape()
        desk.till.clock.passes(club.SECOND)
    desk.open(club.CAIO)
    desk.type_amount(1_000)
    assert desk.chips == [MARINA_WAITS] * 5
    return desk


def told(proof):
    return proof.title, proof.note


def stands(desk):
    """Caio's visit is open with what was entered, and Marina's five wait."""
    return (
        (desk.name, desk.page.member.name, desk.draft.amount_centavos)
        == ("visit", "Caio Nogueira", 1_000)
    ) and desk.chips == [MARINA_WAITS] * 5


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: desk.escape(),
        lambda desk: desk.scan(club.card_code(club.TERESA)),
        lambda desk: desk.presenter.search_submitted("teresa"),
    ],
    ids=["escape", "scan", "search"],
)
def test_a_sixth_visit_stays_open_and_says_what_to_do(full, act):
    act(full)

    assert stands(full)
    assert told(full.page.summary.proof) == FULL
    full.press(10)
    assert full.name == "identify"


def test_a_confirmation_says_it_too(full, till):
    till.lend(club.MARINA, 400)
    full.presenter.unpark_next(1)
    full.presenter.visit.choose(club.VOUCHER_10)
    full.scan(club.card_code(club.TERESA))

    assert told(full.page.panel.proof) == FULL


def test_a_visit_on_hold_may_be_swapped_for_the_open_one(full):
    full.presenter.unpark_next(1)

    assert full.page.member.name == "Marina Alves"
    assert full.chips == [MARINA_WAITS] * 4 + ["On hold: Caio"]


def test_a_till_that_is_locked_keeps_the_sixth_too(full):
    full.press(12)
    full.sign_in()

    assert full.chips == [MARINA_WAITS] * 5 + ["On hold: Caio"]


def test_whoever_takes_over_the_till_finds_the_sixth_on_hold(full):
    full.scan(club.badge_code(club.BIANCA))

    assert full.chips == [MARINA_WAITS] * 5 + ["On hold: Caio"]


def test_a_receipt_that_earned_while_its_visit_waited_does_not_stop_that_visit_for_ever(desk, till):
    till.lend(club.MARINA, 400)
    desk.open(club.MARINA)
    desk.scan(club.offline_receipt())
    desk.presenter.visit.choose(club.COFFEE)
    desk.open(club.CAIO)
    desk.scan(club.offline_receipt())
    desk.press(10)
    head = till.head

    desk.presenter.unpark_next(1)
    desk.press(10)
    assert desk.said == "This receipt earned points already."
    assert (desk.draft.receipt, desk.draft.amount_centavos) == (None, 0)
    assert (desk.draft.reward, till.head) == (club.COFFEE, head)

    desk.press(10)
    assert (desk.name, till.head) == ("identify", head + 1)
    assert till.points_of(club.MARINA) == 2_480 - 180
