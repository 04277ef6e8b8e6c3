"""A reward that cannot be handed over now: what the paper says, and what it opens later."""

from dataclasses import replace
from datetime import timedelta

import pytest

from loyalty_desk.desk import pending_voucher
from loyalty_desk.devices.qr_image import decode_image
from loyalty_desk.ui.redeem.slip_words import pending_slip
from sync import i18n
from sync.programme.pending_voucher import code_of, read
from sync.programme.refusals import Reason, Refused
from tests.desk import club


@pytest.fixture
def promised(till):
    return pending_voucher.promise(
        till.counter, till.scan(club.card_code(club.MARINA)), club.COFFEE
    )


def refusal_of(till, voucher):
    with pytest.raises(Refused) as refused:
        pending_voucher.shown(till.counter, voucher)
    return refused.value


def test_the_paper_says_what_was_promised_to_whom_and_until_when(till, promised):
    reward = next(one for one in club.DOCUMENT.rewards if one.id == club.COFFEE)

    assert (promised.reward, promised.cost) == (reward.name, reward.cost)
    assert promised.member == "Marina"
    assert promised.voucher.until - promised.at.date() == timedelta(days=30)
    assert till.head == 0  # nothing is recorded, no point is taken


def test_the_family_name_is_not_on_it(promised):
    face = pending_slip(promised)
    lines = (face.club, *face.place, face.promised, face.left, face.right, *face.foot)

    assert not any("Alves" in one for one in lines)


@pytest.mark.parametrize("language", ["pt_BR", "en"])
def test_picture_and_page_are_written_and_read_back(promised, tmp_path, language):
    with i18n.speaking(language):
        files = pending_voucher.write(pending_slip(promised), "one", tmp_path / "slips")

    assert decode_image(files.png.read_bytes()) == [code_of(promised.voucher)]
    assert files.pdf.read_bytes().startswith(b"%PDF")


def test_brought_back_it_opens_its_member_with_the_reward_and_proves_nothing(till, promised):
    wanted = pending_voucher.shown(till.counter, read(code_of(promised.voucher)))

    assert (wanted.member.member, wanted.reward) == (club.MARINA, club.COFFEE)
    assert wanted.member.proof == "none"


def test_it_is_good_on_its_last_day_and_not_on_the_next(till, promised):
    till.clock.passes(30 * club.DAY)
    assert pending_voucher.shown(till.counter, promised.voucher)

    till.clock.passes(club.DAY)
    ended = refusal_of(till, promised.voucher)
    assert ended.reason is Reason.VOUCHER_ENDED
    assert ended.facts == {"day": promised.voucher.until.isoformat()}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"programme": 999}, Reason.CODE_OTHER_PROGRAMME),
        ({"reward": 999}, Reason.REWARD_UNKNOWN),
        ({"member": 999}, Reason.MEMBER_UNKNOWN),
    ],
)
def test_what_this_till_does_not_know_is_said(till, promised, change, reason):
    assert refusal_of(till, replace(promised.voucher, **change)).reason is reason


def test_a_disk_that_takes_nothing_is_said(promised, tmp_path):
    (tmp_path / "slips").touch()

    with pytest.raises(Refused) as refused:
        pending_voucher.write(pending_slip(promised), "one", tmp_path / "slips")

    assert refused.value.reason is Reason.DISK_FULL
