"""Where a scan goes: what is read, by what stands on the screen."""

import pytest

from sync.programme.member_token import TokenKind
from tests.desk import club

CODE_OF_ANOTHER_CLUB = club.a_code(TokenKind.CARD, 1, programme=99)
PIX = (
    "00020126360014br.gov.bcb.pix0114+55119999999995204000053039865802BR5906Fulano6009SAO PAULO"
    "62070503***6304ABCD"
)


# --- Idle -----------------------------------------------------------------------------------------


def test_a_card_opens_its_member(desk):
    desk.scan(club.card_code(club.MARINA))

    assert desk.name == "visit"
    assert desk.page.member.name == "Marina Alves"
    assert desk.page.member.balance == "2,480"


def test_a_phone_code_opens_its_member_with_proof(desk):
    desk.scan(club.phone_code(club.MARINA))

    assert desk.draft.member.proof == "fresh"


def test_a_receipt_waits_for_its_member_and_is_theirs_when_they_come(desk):
    desk.scan(club.offline_receipt(total="86.40"))
    assert desk.name == "identify"
    assert "86.40" in desk.notice

    desk.open(club.MARINA)

    assert desk.draft.receipt.key[25:34] == "000001234"
    assert desk.page.amount.centavos == 8_640
    assert desk.page.amount.points == "+129"


def test_a_receipt_without_an_amount_asks_for_it_once_its_member_is_there(desk):
    desk.scan(club.online_receipt())
    assert desk.notice == "Receipt 1234"

    desk.open(club.MARINA)

    assert desk.said == "Receipt read. Type the amount."
    assert desk.draft.receipt is not None


def test_a_receipt_waits_two_minutes(desk, till):
    desk.scan(club.online_receipt())
    till.clock.passes(119 * club.SECOND)
    desk.presenter.tick()
    assert desk.notice == "Receipt 1234"
    till.clock.passes(2 * club.SECOND)
    desk.presenter.tick()

    assert desk.notice == ""
    desk.open(club.MARINA)
    assert desk.draft.receipt is None


def test_a_receipt_that_lapsed_a_moment_ago_is_not_given_to_the_next_member(desk, till):
    desk.scan(club.online_receipt())
    till.clock.passes(121 * club.SECOND)

    desk.open(club.MARINA)

    assert desk.draft.receipt is None


def test_a_waiting_receipt_is_given_to_one_member_only(desk):
    desk.scan(club.online_receipt())
    desk.open(club.MARINA)
    desk.escape()
    desk.escape()
    desk.open(club.CAIO)

    assert desk.draft.receipt is None


def test_the_badge_of_the_next_cashier_takes_over(desk):
    desk.scan(club.badge_code(club.BIANCA))

    assert desk.name == "identify"
    assert desk.shell.operator.name == "Bianca Torres"


def test_the_badge_of_who_works_here_already_changes_nothing(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.scan(club.badge_code(club.JOANA))

    assert desk.name == "visit"
    assert desk.draft.amount_centavos == 8_640


def test_a_strangers_badge_throws_nobody_out(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.scan(club.a_code(TokenKind.STAFF_BADGE, 0xDEAD))

    assert desk.name == "visit"
    assert desk.shell.operator.name == "Joana Prado"
    assert desk.draft.amount_centavos == 8_640
    assert desk.page.summary.proof.title == "We do not know this person here."


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (PIX, "This is a Pix code. Scan the member's QR or the receipt."),
        ("7891000100103", "This is a product's code. Scan the member's QR or the receipt."),
        (CODE_OF_ANOTHER_CLUB, "This card belongs to another programme."),
        ("9" * 150, "The code was not read to its end. Scan it again."),
        ("hello there", "We do not know this code. Type ID, phone or name."),
        (
            club.wrong_digit(club.receipt_key()),
            "The receipt's key has a wrong digit. Scan or type it again.",
        ),
        (
            club.online_receipt(cnpj="99888777000166"),
            "This receipt is from another company.",
        ),
        (club.card_code(club.LUCIA), "Old card: open the current account by phone or name."),
    ],
)
def test_a_code_that_is_not_accepted_says_why_on_the_idle_desk_and_on_an_open_member(
    desk, code, said
):
    desk.scan(code)
    assert (desk.name, desk.notice) == ("identify", said)

    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.scan(code)

    assert desk.name == "visit"
    assert said in (desk.said, desk.page.summary.proof and desk.page.summary.proof.title)
    assert desk.draft.amount_centavos == 8_640


def test_a_command_card_presses_its_key(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.scan("LD!F10")

    assert desk.name == "identify"
    assert desk.till.points_of(club.MARINA) == 2_609


# --- Member open ----------------------------------------------------------------------------------


def test_another_member_replaces_one_with_nothing_entered(desk):
    desk.open(club.MARINA)
    desk.open(club.CAIO)

    assert desk.page.member.name == "Caio Nogueira"
    assert desk.chips == []


def test_another_member_puts_an_unfinished_visit_on_hold(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.open(club.CAIO)

    assert desk.page.member.name == "Caio Nogueira"
    assert desk.page.amount.centavos == 0
    assert desk.chips == ["On hold: Marina"]


def test_a_receipt_alone_is_something_entered(desk):
    desk.open(club.MARINA)
    desk.scan(club.online_receipt())
    desk.open(club.CAIO)

    assert desk.chips == ["On hold: Marina"]


def test_a_visit_from_hold_comes_back_as_it_was(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.open(club.CAIO)
    held = desk.shell.parked[0].visit
    desk.presenter.unpark(held)

    assert desk.page.member.name == "Marina Alves"
    assert desk.page.amount.centavos == 8_640
    assert desk.chips == []
    desk.press(10)
    assert desk.till.points_of(club.MARINA) == 2_609


def test_a_chip_pressed_twice_opens_the_visit_once(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.escape()
    held = desk.shell.parked[0].visit
    desk.store.held = True
    desk.presenter.unpark(held)
    desk.presenter.unpark(held)
    desk.store.go_on()

    assert (desk.name, desk.page.amount.centavos) == ("visit", 8_640)


def test_one_chip_after_another_swaps_the_visits(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.open(club.CAIO)
    desk.type_amount(1_000)
    desk.presenter.unpark_next(1)
    assert (desk.page.member.name, desk.chips) == ("Marina Alves", ["On hold: Caio"])
    desk.presenter.unpark_next(1)

    assert (desk.page.member.name, desk.chips) == ("Caio Nogueira", ["On hold: Marina"])
    assert desk.page.amount.centavos == 1_000


def test_the_same_member_again_with_a_fresh_code_proves_more(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.scan(club.phone_code(club.MARINA))

    assert (desk.draft.member.proof, desk.draft.amount_centavos) == ("fresh", 8_640)


def test_the_same_member_again_with_a_card_proves_no_less_than_before(desk):
    desk.scan(club.phone_code(club.MARINA))
    desk.scan(club.card_code(club.MARINA))
    assert desk.draft.member.proof == "fresh"
    desk.presenter.search_submitted(club.MARINAS_CPF)

    assert desk.draft.member.proof == "fresh"


def test_a_cpf_typed_in_the_top_bar_proves_who_the_open_member_is_and_is_wiped(desk):
    desk.open(club.MARINA)
    before = desk.shell.query_at
    desk.presenter.search_submitted("529.982.247-25")

    assert (desk.name, desk.draft.member.proof) == ("visit", "cpf")
    assert (desk.shell.query, desk.shell.query_at) == ("", before + 1)


def test_a_receipt_fills_the_amount_of_the_open_member(desk):
    desk.open(club.MARINA)
    desk.presenter.receipt_file(club.a_receipt_xml())

    assert desk.page.amount.centavos == 8_640
    assert desk.page.amount.points == "+153"
    assert desk.page.amount.explanation == "86 purchase + 43 Ouro + 24 cafés em dobro"


def test_a_receipt_without_an_amount_keeps_what_was_typed(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.scan(club.online_receipt())

    assert desk.page.amount.centavos == 8_640
    assert desk.said == "Receipt read. Check the amount."


def test_another_receipt_takes_the_first_ones_amount_away_with_it(desk):
    desk.open(club.MARINA)
    desk.presenter.receipt_file(club.a_receipt_xml())
    desk.scan(club.online_receipt(77))

    assert desk.page.amount.centavos == 0
    assert desk.draft.receipt.key == club.receipt_key(77)
    assert desk.said == "Receipt read. Type the amount."


def test_the_same_receipt_again_keeps_the_amount(desk):
    desk.open(club.MARINA)
    desk.scan(club.online_receipt())
    desk.type_amount(8_640)
    desk.scan(club.online_receipt())

    assert desk.page.amount.centavos == 8_640


def test_a_receipt_that_earned_already_is_refused_and_what_was_typed_stays(desk):
    desk.open(club.MARINA)
    desk.scan(club.online_receipt())
    desk.type_amount(8_640)
    desk.press(10)
    desk.open(club.CAIO)
    desk.type_amount(1_000)
    desk.scan(club.online_receipt())

    assert desk.said == "This receipt earned points already."
    assert (desk.draft.amount_centavos, desk.draft.receipt) == (1_000, None)


def test_another_cashiers_badge_leaves_an_empty_visit_open(desk):
    desk.open(club.MARINA)
    desk.scan(club.badge_code(club.BIANCA))

    assert (desk.name, desk.page.member.name) == ("visit", "Marina Alves")
    assert desk.shell.operator.name == "Bianca Torres"


def test_another_cashiers_badge_puts_an_unfinished_visit_on_hold_for_both_to_see(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.scan(club.badge_code(club.BIANCA))

    assert (desk.name, desk.chips) == ("identify", ["On hold: Marina"])
    assert desk.shell.operator.name == "Bianca Torres"
    (kept,) = desk.till.store.ledger.parked.all()
    assert kept.staff == club.JOANA


# --- Confirming a redemption ----------------------------------------------------------------------


def test_the_members_code_is_their_word_for_the_redemption(desk, till):
    till.lend(club.MARINA, 900)
    desk.open(club.MARINA)
    desk.presenter.visit.choose(club.ECOBAG)
    desk.press(10)
    assert "phone" in desk.said
    assert till.head == 0

    desk.scan(club.phone_code(club.MARINA))
    assert desk.page.panel.proof.title == "Marina confirmed on the phone"
    desk.press(10)

    assert till.points_of(club.MARINA) == 1_580


def test_an_expired_code_says_so_while_a_redemption_is_confirmed(desk, till):
    till.lend(club.MARINA, 900)
    code = club.phone_code(club.MARINA)
    till.clock.passes(5 * club.MINUTE)
    desk.open(club.MARINA)
    desk.presenter.visit.choose(club.ECOBAG)
    desk.scan(code)

    assert desk.said == "Code expired. Ask to refresh the screen."
    assert desk.view.confirming


def test_another_member_puts_the_confirmation_on_hold_and_it_comes_back(desk, till):
    till.lend(club.MARINA, 900)
    desk.open(club.MARINA)
    desk.presenter.visit.choose(club.ECOBAG)
    desk.open(club.CAIO)
    assert desk.chips == ["On hold: Marina"]
    desk.presenter.unpark(desk.shell.parked[0].visit)

    assert desk.view.confirming
    assert desk.page.panel.name == "Ecobag Jatobá"


# --- Enrolment ------------------------------------------------------------------------------------


def test_a_member_who_exists_is_opened_instead_of_the_form(desk):
    desk.press(3)
    desk.scan(club.card_code(club.MARINA))

    assert (desk.name, desk.presenter.enrol.view) == ("visit", None)


def test_a_receipt_is_kept_for_the_newcomer(desk):
    desk.press(3)
    desk.fill_form()
    desk.scan(club.offline_receipt(total="86.40"))
    assert (desk.name, desk.page.welcome[:10]) == ("enrol", "Receipt of")
    desk.press(10)

    assert (desk.name, desk.page.member.name) == ("visit", "Íris Faria")
    assert desk.page.amount.centavos == 8_640


def test_a_code_that_is_not_accepted_leaves_the_form_as_it_is(desk):
    desk.press(3)
    desk.fill_form()
    desk.scan(CODE_OF_ANOTHER_CLUB)

    assert desk.name == "enrol"
    assert desk.page.problem == "This card belongs to another programme."
    assert (desk.page.name.text, desk.page.phone.text) == ("Íris Faria", "(11) 97777-6666")


def test_a_badge_does_not_disturb_an_enrolment(desk):
    desk.press(3)
    desk.fill_form()
    desk.scan(club.badge_code(club.BIANCA))

    assert (desk.name, desk.shell.operator.name) == ("enrol", "Joana Prado")
    assert desk.page.welcome == "Press F12 first, then scan the badge."
    assert (desk.page.name.text, desk.page.phone.text) == ("Íris Faria", "(11) 97777-6666")


# --- Signed out -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [club.card_code(club.MARINA), club.online_receipt(), club.MARINAS_CPF, "7891000100103", PIX],
)
def test_a_locked_till_takes_nothing_but_badges(closed_desk, code):
    closed_desk.scan(code)

    assert closed_desk.name == "sign_in"
    assert closed_desk.page.notice == "Sign in first, then scan again."


def test_a_badge_signs_in(closed_desk):
    closed_desk.scan(club.badge_code(club.JOANA))

    assert closed_desk.name == "identify"


def test_a_receipts_file_is_not_read_on_a_locked_till(closed_desk):
    closed_desk.presenter.receipt_file(club.a_receipt_xml())

    assert closed_desk.name == "sign_in"


def test_a_command_card_does_nothing_on_a_locked_till(closed_desk):
    for key in range(2, 13):
        closed_desk.scan(f"LD!F{key}")

    assert closed_desk.name == "sign_in"


# --- A card whose member is not here --------------------------------------------------------------


def test_a_card_alone_is_credited_offline_and_finds_its_member_later(desk, till):
    desk.scan(club.stranger_card_code())
    assert desk.page.member.name == "Member of this card"
    desk.type_amount(8_640)
    assert desk.page.amount.points == "+86"
    desk.press(10)
    assert desk.page.recent[0].effect == "+86 pts"

    desk.scan(club.stranger_card_code())
    till.pull(
        members=(club.a_member(7 << 40 | 99, "Íris Faria", cards=(f"{club.STRANGER_CARD:016x}",)),)
    )
    desk.line(True)

    assert desk.page.member.name == "Íris Faria"
    assert desk.page.member.balance == "86"


def test_a_card_alone_put_on_hold_has_a_chip_of_its_own(desk):
    desk.scan(club.stranger_card_code())
    desk.type_amount(8_640)
    desk.open(club.MARINA)

    assert desk.chips == ["On hold: …"]
    desk.presenter.unpark(desk.shell.parked[0].visit)
    assert desk.page.member.name == "Member of this card"
