"""A receipt that was scanned by mistake is taken out of its visit; a paste that is no amount."""

import pytest

from tests.desk import club


@pytest.fixture
def with_receipt(desk, till):
    """Marina is open with the lines and the amount of a receipt."""
    till.lend(club.MARINA, 400)
    desk.open(club.MARINA)
    desk.presenter.receipt_file(club.a_receipt_xml())
    assert desk.draft.receipt.lines
    return desk


def entered(desk):
    return desk.draft.receipt, desk.draft.amount_centavos


def test_the_receipt_of_a_visit_is_named_as_long_as_it_is_in(with_receipt):
    assert with_receipt.page.amount.receipt == "Receipt 1234"
    with_receipt.presenter.visit.take_out_receipt()

    assert with_receipt.page.amount.receipt == ""


def test_a_receipt_goes_with_its_amount_and_its_forecast(with_receipt):
    assert with_receipt.page.amount.points
    assert with_receipt.presenter.visit.take_out_receipt()

    assert entered(with_receipt) == (None, 0)
    assert with_receipt.page.amount.points == ""
    assert with_receipt.page.summary.rows[0].label == "No purchase"
    assert with_receipt.said == "Receipt taken out. Type the amount."


def test_a_receipt_that_says_no_amount_takes_what_was_typed_for_it_along(desk):
    desk.open(club.MARINA)
    desk.scan(club.online_receipt())
    desk.type_amount(8_640)
    desk.presenter.visit.take_out_receipt()

    assert entered(desk) == (None, 0)


def test_a_receipt_that_was_taken_out_earns_when_it_is_scanned_again(with_receipt, till):
    with_receipt.presenter.visit.take_out_receipt()
    with_receipt.presenter.receipt_file(club.a_receipt_xml())
    assert with_receipt.page.amount.receipt == "Receipt 1234"
    assert with_receipt.page.amount.centavos == 8_640
    with_receipt.press(10)

    assert (with_receipt.name, till.head) == ("identify", 1)


def test_a_receipt_that_was_taken_out_earns_for_somebody_else(with_receipt, till):
    with_receipt.presenter.visit.take_out_receipt()
    with_receipt.escape()
    with_receipt.escape()
    assert (with_receipt.name, with_receipt.chips) == ("identify", [])
    with_receipt.open(club.CAIO)
    with_receipt.presenter.receipt_file(club.a_receipt_xml())
    with_receipt.press(10)

    assert till.head == 1


def test_without_its_receipt_a_visit_goes_on_with_its_reward(with_receipt, till):
    with_receipt.presenter.visit.choose(club.COFFEE)
    with_receipt.presenter.visit.take_out_receipt()
    assert with_receipt.view.confirming
    assert [row.label for row in with_receipt.page.panel.rows] == ["Balance now", "Café grande"]
    with_receipt.press(10)

    assert till.points_of(club.MARINA) == 2_480 - 180


def test_a_visit_from_hold_gives_its_receipt_back_as_well(with_receipt):
    with_receipt.open(club.CAIO)
    assert with_receipt.chips == ["On hold: Marina"]
    with_receipt.presenter.unpark_next(1)
    assert with_receipt.page.amount.receipt == "Receipt 1234"
    with_receipt.presenter.visit.take_out_receipt()

    assert entered(with_receipt) == (None, 0)


def test_a_visit_goes_on_hold_without_the_receipt_that_was_taken_out(with_receipt):
    with_receipt.presenter.visit.take_out_receipt()
    with_receipt.type_amount(2_000)
    with_receipt.open(club.CAIO)
    with_receipt.presenter.unpark_next(1)

    assert entered(with_receipt) == (None, 2_000)


def test_nothing_is_taken_out_where_nothing_is(desk):
    assert not desk.presenter.visit.take_out_receipt()
    desk.open(club.MARINA)
    desk.type_amount(2_000)

    assert not desk.presenter.visit.take_out_receipt()
    assert (entered(desk), desk.said) == ((None, 2_000), "")


def test_nothing_is_taken_out_of_a_visit_that_is_being_recorded(with_receipt, till):
    with_receipt.store.held = True
    with_receipt.press(10)
    assert not with_receipt.presenter.visit.take_out_receipt()
    with_receipt.store.go_on()

    assert till.store.ledger.visits.latest(since=0, limit=1)[0].receipt == club.receipt_key()


def test_f6_says_how_the_receipt_that_is_in_goes_out(with_receipt):
    with_receipt.press(6)
    assert with_receipt.said == "Shift+F6 takes it out. Another scan replaces it."
    with_receipt.presenter.visit.take_out_receipt()
    with_receipt.press(6)

    assert with_receipt.said.startswith("Scan the receipt's QR")


def test_what_cannot_be_read_as_an_amount_is_said_and_nothing_is_lost(with_receipt):
    before = with_receipt.draft
    with_receipt.presenter.visit.unreadable_amount()

    assert with_receipt.said == "Type the amount, up to 8 digits."
    assert with_receipt.page.amount.notice.tone == "warn"
    assert with_receipt.draft == before
    with_receipt.press(10)
    assert with_receipt.name == "identify"
