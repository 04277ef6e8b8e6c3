"""A reward that needs a line is promised on paper by F9; the paper opens it again."""

import pytest

from sync.programme.pending_voucher import PendingVoucher, code_of
from sync.programme.refusals import Reason, Refused
from tests.desk import club

DAY = 24 * 3_600_000


@pytest.fixture
def saved(desk):
    """What was put on paper: member and reward."""
    papers = []
    desk.presenter.papers.save_slip = lambda member, reward: papers.append((member.member, reward))
    return papers


def code(till, reward=club.ECOBAG, member=club.MARINA, days=3):
    until = till.counter.moment().at.date()
    until = until.fromordinal(until.toordinal() + days)
    return code_of(PendingVoucher(club.PROGRAMME, member, reward, until))


def test_f9_puts_a_reward_on_paper_that_only_a_line_could_give(desk, saved):
    desk.open(club.MARINA)
    desk.presenter.visit.choose(club.ECOBAG)
    proof = desk.page.summary.proof
    assert (proof.title, proof.note) == ("Needs connection", "F9: pending voucher")

    desk.press(9)

    assert saved == [(club.MARINA, club.ECOBAG)]
    assert desk.till.head == 0


def test_f9_promises_what_neither_the_server_nor_the_floor_limit_gave(desk, saved):
    desk.line(True)
    desk.open(club.MARINA)
    desk.presenter.visit.choose(club.COFFEE)
    desk.lender.fault = Refused(Reason.LEASE_TOO_SMALL, left=0)
    desk.press(10)
    assert desk.page.panel.proof.note == "F9: pending voucher"

    desk.press(9)

    assert saved == [(club.MARINA, club.COFFEE)]


def test_what_is_refused_later_for_another_reason_is_not_promised(desk, saved):
    desk.open(club.MARINA)
    desk.presenter.visit.choose(club.ECOBAG)
    desk.presenter.refused(Refused(Reason.NEEDS_CONNECTION, usable=0))  # as of a card
    assert "F9" not in str(desk.page)

    desk.press(9)

    assert saved == []


def test_what_can_be_had_or_is_refused_for_another_reason_is_not_put_on_paper(desk, saved):
    desk.open(club.MARINA)
    desk.press(9)
    assert desk.said == "No printer is set up on this till."
    desk.presenter.visit.choose(club.BREAD)  # none left
    desk.press(9)

    assert saved == []


def test_the_paper_opens_its_member_with_the_reward_and_asks_for_a_code(desk, till):
    desk.line(True)
    desk.scan(code(till))

    assert desk.name == "visit"
    assert desk.draft.reward == club.ECOBAG
    assert desk.page.panel.proof.title == "Ask Marina for the QR or the CPF"


def test_while_there_is_no_line_the_paper_opens_its_member_and_may_be_made_again(desk, till, saved):
    desk.scan(code(till))

    assert (desk.name, desk.draft.reward) == ("visit", 0)
    assert desk.page.summary.proof.title.startswith("Needs connection")
    desk.press(9)
    assert [reward for _member, reward in saved] == [club.ECOBAG]


def test_the_paper_of_the_open_member_chooses_the_reward(desk, till):
    till.lend(club.MARINA, 400)
    desk.open(club.MARINA)
    desk.type_amount(4_200)
    desk.scan(code(till, reward=club.COFFEE))

    assert (desk.draft.reward, desk.draft.amount_centavos) == (club.COFFEE, 4_200)
    assert desk.draft.member.proof == "card"


def test_a_paper_that_ended_says_its_last_day(desk, till):
    desk.scan(code(till, days=-1))

    assert "20 Nov 2026" in desk.notice


def test_a_paper_of_a_stranger_is_refused_in_words(desk, till):
    desk.scan(code(till, member=999))

    assert desk.name == "identify"
    assert desk.notice
