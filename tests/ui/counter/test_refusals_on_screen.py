"""Every refusal stands where the cashier looks, on the screen that stands, and loses nothing."""

import pytest

from loyalty_desk.ui.texts import refusal_text
from sync.programme.refusals import Reason, Refused
from tests.desk import club
from tests.desk.club import Till
from tests.ui.counter.counter_desk import CounterDesk
from tests.ui.counter.test_both_languages import sentences


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory):
    """One desk for all reasons: nothing is recorded on it."""
    till = Till(tmp_path_factory.mktemp("till"))
    till.open_shop()
    till.lend(club.MARINA, 400)
    yield CounterDesk(till)
    till.close()


def leave(desk):
    """Back to the idle desk, whatever stands; nothing is left on hold."""
    shelf = desk.till.store.ledger.parked
    for held in shelf.all():
        shelf.drop(held.id)
    if desk.name == "sign_in":
        desk.sign_in()
    for _step in range(6):
        desk.escape()
    assert desk.name == "identify"


def idle(desk):
    desk.presenter.idle.query("mar")
    return lambda: desk.page.query == "mar"


def signed_out(desk):
    desk.press(12)
    return lambda: desk.page.chosen == ""


def member(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    return lambda: desk.draft.amount_centavos == 8_640


def confirmation(desk):
    desk.open(club.MARINA)
    desk.presenter.visit.choose(club.VOUCHER_10)
    return lambda: desk.view.confirming and desk.draft.reward == club.VOUCHER_10


def form(desk):
    desk.press(3)
    desk.presenter.enrol.typed("name", "Íris Faria")
    return lambda: desk.page.name.text == "Íris Faria"


@pytest.mark.parametrize("bring", [idle, signed_out, member, confirmation, form])
@pytest.mark.parametrize("reason", Reason, ids=lambda one: one.value)
def test_a_refusal_is_read_where_the_cashier_looks_and_nothing_entered_is_lost(
    shared_desk, bring, reason
):
    desk = shared_desk
    leave(desk)
    is_kept = bring(desk)
    screen = desk.name
    refused = Refused(reason)

    desk.presenter.refused(refused)

    assert desk.name == screen
    assert refusal_text(refused) in set(sentences(desk.page))
    assert is_kept()
