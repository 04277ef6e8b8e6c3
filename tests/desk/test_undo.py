"""Undo: the last visit, whole, once, within its seconds."""

import pytest

from loyalty_desk.desk import enrol, identify, receipts, shift, undo
from loyalty_desk.desk.enrol import Form
from loyalty_desk.desk.visit import Draft
from sync.programme.refusals import Reason
from sync.programme.scan_router import route
from tests.desk import club
from tests.desk.refusals import refuses


def undone(till, staff=club.JOANA):
    return undo.undo_last(till.counter, staff=staff, window_seconds=15)


@pytest.fixture
def marina(till):
    return till.scan(club.card_code(club.MARINA))


def test_at_14_seconds_a_visit_is_taken_back(till, marina):
    done = till.credit(marina, 8_640)
    till.clock.passes(14 * club.SECOND)

    assert undone(till).id == done.visit
    assert till.points_of(club.MARINA) == 2_480


def test_at_16_seconds_it_is_too_late(till, marina):
    till.credit(marina, 8_640)
    till.clock.passes(16 * club.SECOND)

    with refuses(Reason.UNDO_TOO_LATE, till):
        undone(till)
    assert till.points_of(club.MARINA) == 2_609


def test_a_clock_set_back_does_not_open_the_window_again(till, marina):
    done = till.credit(marina, 8_640)
    till.clock.is_set_back(club.HOUR)

    visit = till.store.ledger.visits.find(done.visit)
    assert undo.seconds_left(till.counter, visit, window_seconds=15) == 15


def test_a_visit_is_undone_whole(till, marina):
    till.lend(club.MARINA, 400)
    marina = identify.again(till.counter, marina)
    till.conclude(Draft(member=marina, amount_centavos=8_640, reward=club.VOUCHER_10))

    undone(till)

    assert till.points_of(club.MARINA) == 2_480
    assert till.store.ledger.visits.latest(since=0, limit=1)[0].voided


def test_nothing_is_undone_where_nothing_was_done(till):
    with refuses(Reason.NOTHING_TO_UNDO, till):
        undone(till)


def test_a_visit_is_undone_once(till, marina):
    till.credit(marina, 8_640)
    undone(till)

    with refuses(Reason.ALREADY_UNDONE, till):
        undone(till)


def test_undo_never_chains_to_the_visit_before(till, marina):
    till.credit(marina, 1_000)
    till.credit(marina, 8_640)
    undone(till)

    with refuses(Reason.ALREADY_UNDONE, till):
        undone(till)
    assert till.points_of(club.MARINA) == 2_480 + 15


def test_an_enrolment_is_not_undone_nor_the_visit_before_it(till, marina):
    till.credit(marina, 8_640)
    form = Form(name="Íris Faria", phone="11977776666", consents=("rules",))
    made = enrol.enrol(till.counter, form, staff=club.JOANA, event=till.counter.new_id())

    with refuses(Reason.NOTHING_TO_UNDO, till):
        undone(till)
    assert till.points_of(made.member) == 50
    assert [one.undo_seconds for one in shift.recent(till.counter, window_seconds=15)] == [0, 0]


def test_wrong_member_then_undo_then_the_right_one_with_the_same_receipt(till, marina):
    def read():
        return receipts.from_code(till.counter, route(club.online_receipt()).code)

    caio = till.scan(club.card_code(club.CAIO))
    till.credit(caio, 8_640, read())
    undone(till)

    till.credit(marina, 8_640, read())

    assert (till.points_of(club.CAIO), till.points_of(club.MARINA)) == (90, 2_609)


def test_another_cashier_may_undo_and_is_named(till, marina):
    till.credit(marina, 8_640)

    undone(till, staff=club.BIANCA)

    assert f'"staff":{club.BIANCA}'.encode() in till.store.ledger.outgoing(1, 1).bodies[0]


def test_who_may_not_undo_is_refused(till, marina):
    till.credit(marina, 8_640)

    with refuses(Reason.NOT_PERMITTED, till, act="undo"):
        undone(till, staff=club.DAVI)


def test_only_the_very_last_visit_shows_its_seconds(till, marina):
    till.credit(marina, 1_000)
    till.clock.passes(2 * club.SECOND)
    till.credit(marina, 8_640)
    till.clock.passes(3 * club.SECOND)

    seconds = [one.undo_seconds for one in shift.recent(till.counter, window_seconds=15)]

    assert seconds == [12, 0]
