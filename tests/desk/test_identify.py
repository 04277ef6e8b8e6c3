"""Who is at the counter: card, phone code, CPF, phone or name; and every code that is refused."""

from dataclasses import replace

import pytest

from loyalty_desk.desk import identify
from sync.programme.cpf import parse_cpf
from sync.programme.member_token import TokenKind
from sync.programme.refusals import Reason
from tests.desk import club
from tests.desk.refusals import refuses


def test_a_card_opens_its_member_with_tier_balance_and_birthday(till):
    opened = till.scan(club.card_code(club.MARINA))

    assert opened.row.name == "Marina Alves"
    assert (opened.row.tier, opened.points, opened.row.birthday) == ("gold", 2_480, "11-24")
    assert (opened.proof, opened.proof_at) == ("card", till.counter.now())


def test_a_key_that_also_signs_a_later_kind_of_code_still_signs_cards(till):
    keys = tuple(replace(key, kinds=(*key.kinds, 15)) for key in club.DOCUMENT.token_keys)
    till.publish(replace(club.DOCUMENT, token_keys=keys))

    assert till.scan(club.card_code(club.MARINA)).member == club.MARINA


def test_a_phone_code_proves_presence_while_it_lasts(till):
    assert till.scan(club.phone_code(club.MARINA)).proof == "fresh"


def test_an_expired_phone_code_still_says_who_it_is_but_proves_no_more_than_a_card(till):
    code = club.phone_code(club.MARINA)
    till.clock.passes(90 * club.SECOND + 61 * club.SECOND)

    opened = till.scan(code)

    assert opened.member == club.MARINA
    assert (opened.proof, opened.expired_code) == ("card", True)


def test_a_phone_code_lives_by_the_servers_clock(till):
    """A till whose own clock is ten minutes slow is told so by the server."""
    till.store.replica.heard(
        server_now=club.MORNING + 10 * club.MINUTE, offset_ms=10 * club.MINUTE, epoch=1
    )

    assert till.scan(club.phone_code(club.MARINA, at=club.MORNING)).expired_code


def test_a_whole_cpf_opens_its_member_and_is_a_proof(till):
    opened = identify.by_cpf(till.counter, parse_cpf("529.982.247-25"))

    assert (opened.member, opened.proof) == (club.MARINA, "cpf")


def test_an_unknown_cpf_is_refused(till):
    with refuses(Reason.MEMBER_UNKNOWN):
        identify.by_cpf(till.counter, parse_cpf(club.FREE_CPF))


@pytest.mark.parametrize("typed", ["11982144417", "(11) 98214-4417", "+55 11 98214 4417"])
def test_a_phone_finds_who_has_it(till, typed):
    assert [one.row.name for one in identify.search(till.counter, typed).known] == ["Marina Alves"]


def test_a_shared_phone_finds_everybody_who_has_it(till):
    found = identify.search(till.counter, "11 93333-2222")

    assert {one.row.id for one in found.known} == {club.ANA, club.BIA}


def test_digits_that_are_a_cpf_and_a_phone_find_the_owner_of_either(till):
    found = identify.search(till.counter, club.PHONE_LIKE_A_CPF)

    assert [one.row.id for one in found.known] == [club.TERESA]


@pytest.mark.parametrize("typed", ["mar", "MARINA al", "marina alves", "álves"])
def test_a_name_is_found_whatever_its_accents_and_capitals(till, typed):
    assert club.MARINA in {one.row.id for one in identify.search(till.counter, typed).known}


@pytest.mark.parametrize("typed", ["", " ", "?!", "'; DROP TABLE members", "9" * 200_000, "\0\r\n"])
def test_any_text_may_be_searched_for(till, typed):
    assert identify.search(till.counter, typed).known == ()


def test_a_member_chosen_after_their_cpf_was_typed_has_proved_who_they_are(till):
    assert identify.chosen(till.counter, club.MARINA, "529.982.247-25").proof == "cpf"
    assert identify.chosen(till.counter, club.MARINA, "marina").proof == "none"
    assert identify.chosen(till.counter, club.MARINA, club.CAIOS_CPF).proof == "none"


def test_enter_opens_the_first_one_found(till):
    assert identify.submitted(till.counter, "marina").member == club.MARINA
    assert identify.submitted(till.counter, "nobody at all") is None


def test_enter_never_chooses_between_two_people_who_share_a_phone(till):
    assert identify.submitted(till.counter, "11933332222") is None


def test_a_card_that_is_not_on_this_till_can_be_credited(till):
    opened = till.scan(club.stranger_card_code())

    assert (opened.member, opened.row) == (0, None)
    assert opened.card == f"{club.STRANGER_CARD:016x}"


def test_what_was_credited_to_an_unknown_card_is_theirs_when_the_member_arrives(till):
    opened = till.scan(club.stranger_card_code())
    till.credit(opened, 8_640)
    card = f"{club.STRANGER_CARD:016x}"
    iris = club.a_member(7 << 40 | 99, "Íris Faria", points=100, cards=(card,))
    till.pull(members=(iris,))

    again = identify.again(till.counter, opened)

    assert (again.row.name, again.points, again.proof) == ("Íris Faria", 186, "card")
    assert identify.is_same(opened, again)


def test_a_blocked_member_is_shown_as_blocked(till):
    assert till.scan(club.card_code(club.OTAVIO)).blocked


def test_a_merged_account_is_refused(till):
    with refuses(Reason.MEMBER_MERGED):
        till.scan(club.card_code(club.LUCIA))


def test_an_erased_account_is_refused(till):
    with refuses(Reason.MEMBER_ERASED):
        till.scan(club.card_code(club.RUI))


def test_a_forged_code_is_refused(till):
    with refuses(Reason.CODE_FORGED):
        till.scan(club.a_code(TokenKind.CARD, 1, key=club.STRANGERS_KEY))


def test_a_card_signed_with_the_key_of_phone_codes_is_refused(till):
    with refuses(Reason.CODE_KEY_UNKNOWN):
        till.scan(club.a_code(TokenKind.CARD, 1, key=club.PHONES_KEY, kid=club.PHONES_KID))


def test_a_card_of_another_programme_is_refused(till):
    with refuses(Reason.CODE_OTHER_PROGRAMME):
        till.scan(club.a_code(TokenKind.CARD, 1, programme=99))


def test_a_code_from_the_future_is_refused(till):
    with refuses(Reason.CODE_NOT_YET_VALID):
        till.scan(club.phone_code(club.MARINA, at=club.MORNING + club.HOUR))


def test_an_expired_card_is_refused(till):
    code = club.a_code(
        TokenKind.CARD, club.card_of(club.MARINA), at=club.MORNING - 9 * club.DAY, life=7
    )

    with refuses(Reason.CODE_EXPIRED):
        till.scan(code)


def test_a_reading_with_a_wrong_digit_is_refused(till):
    code = club.card_code(club.MARINA)
    misread = code[:50] + str((int(code[50]) + 1) % 10) + code[51:]

    with refuses(Reason.CODE_CHECK_FAILED):
        identify.by_code(till.counter, misread)


def test_a_badge_opens_no_member(till):
    with refuses(Reason.CODE_UNKNOWN):
        identify.by_code(till.counter, club.badge_code(club.JOANA))


def test_nobody_is_identified_before_the_rules_have_arrived(bare_till):
    bare_till.enrol_terminal()

    with refuses(Reason.RULES_UNKNOWN):
        bare_till.scan(club.card_code(club.MARINA))


def test_a_member_shown_again_keeps_the_stronger_proof(till):
    fresh, card = till.scan(club.phone_code(club.MARINA)), till.scan(club.card_code(club.MARINA))
    looked_up = identify.by_member(till.counter, club.MARINA)

    assert identify.proven(looked_up, card).proof == "card"
    assert identify.proven(card, fresh).proof == "fresh"
    assert identify.proven(fresh, card).proof == "fresh"
    assert identify.proven(fresh, looked_up).card == f"{club.card_of(club.MARINA):016x}"


def test_two_members_are_never_taken_for_one(till):
    marina, caio = till.scan(club.card_code(club.MARINA)), till.scan(club.card_code(club.CAIO))
    nobody = till.scan(club.stranger_card_code())

    assert identify.is_same(marina, identify.by_member(till.counter, club.MARINA))
    assert not identify.is_same(marina, caio)
    assert not identify.is_same(marina, nobody)
    assert identify.is_same(nobody, till.scan(club.stranger_card_code()))
