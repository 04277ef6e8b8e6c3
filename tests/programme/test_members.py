"""What is made of the names, birthdays and consents that people give."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.programme.members import (
    NAME_MAX,
    bucket_of,
    check_consents,
    clean_name,
    first_name,
    folded,
    initials,
    member_id,
    parse_birthday,
)
from sync.programme.refusals import Reason, Refused
from tests.builders import DOCUMENT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Marina Alves", "Marina Alves", id="plain"),
        pytest.param("  Marina \t\n Alves ", "Marina Alves", id="spaces"),
        pytest.param("Marina\u00a0Alves", "Marina Alves", id="no-break-space"),
        pytest.param("Jose\u0301", "José", id="accent-written-apart"),
        pytest.param("D’Ávila O'Neil-Souza Jr.", "D’Ávila O'Neil-Souza Jr.", id="punctuation"),
        pytest.param("李小龍", "李小龍", id="other-script"),
        pytest.param("X", "X", id="one-letter"),
        pytest.param("Á" * 80, "Á" * 80, id="as-long-as-may-be"),
        pytest.param("A\u0301" * NAME_MAX, "Á" * NAME_MAX, id="counted-once-composed"),
    ],
)
def test_a_name_is_made_plain(text, expected):
    assert clean_name(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", Reason.NAME_MISSING, id="empty"),
        pytest.param(" \t ", Reason.NAME_MISSING, id="spaces-only"),
        pytest.param("123 - 4", Reason.NAME_MISSING, id="no-letter"),
        pytest.param("<img src=x>", Reason.NAME_NOT_TEXT, id="markup"),
        pytest.param("{name}", Reason.NAME_NOT_TEXT, id="placeholder"),
        pytest.param("C:\\Ana", Reason.NAME_NOT_TEXT, id="backslash"),
        pytest.param("Ana\u202eanA", Reason.NAME_NOT_TEXT, id="text-direction-turned-round"),
        pytest.param("Ana\u200d", Reason.NAME_NOT_TEXT, id="character-without-width"),
        pytest.param("Ana\0", Reason.NAME_NOT_TEXT, id="null"),
        pytest.param("Ana\x1b[31m", Reason.NAME_NOT_TEXT, id="escape-sequence"),
        pytest.param("Ana\ud800", Reason.NAME_NOT_TEXT, id="half-a-character"),
        pytest.param("A" * 81, Reason.NAME_TOO_LONG, id="one-too-long"),
        pytest.param("A" * 1_000_000, Reason.NAME_TOO_LONG, id="a-megabyte"),
    ],
)
def test_what_is_no_name_is_refused_and_never_cut(text, reason):
    with pytest.raises(Refused) as refused:
        clean_name(text)

    assert refused.value.reason is reason


@given(text=st.text(max_size=2 * NAME_MAX))
def test_a_name_that_was_made_plain_stays_as_it_is(text):
    try:
        plain = clean_name(text)
    except Refused:
        return

    assert clean_name(plain) == plain
    assert len(plain) <= NAME_MAX
    assert first_name(plain) in plain
    assert 1 <= len(initials(plain)) <= 2
    assert unicodedata.is_normalized("NFC", plain)


@given(text=st.text(max_size=40))
def test_what_was_folded_stays_as_it_is_when_folded_again(text):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("José", "jose", id="accent"),
        pytest.param("CONCEIÇÃO", "conceicao", id="capitals"),
        pytest.param("Ünal Groß", "unal gross", id="sharp-s"),
        pytest.param("ᴬna", "ana", id="capital-in-disguise"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_name_is_found_without_its_accents_and_capitals(name, expected):
    assert folded(name) == expected


@pytest.mark.parametrize(
    ("name", "letters", "greeted"),
    [
        pytest.param("Marina Alves", "MA", "Marina", id="two-words"),
        pytest.param("Dona Rute Sampaio", "DR", "Dona", id="three-words"),
        pytest.param("ana", "A", "ana", id="one-word"),
        pytest.param("ßa", "S", "ßa", id="a-letter-whose-capital-is-two"),
        pytest.param("", "", "", id="none"),
    ],
)
def test_an_avatar_shows_two_capitals_and_a_greeting_the_first_word(name, letters, greeted):
    assert initials(name) == letters
    assert first_name(name) == greeted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("  ", "", id="spaces"),
        pytest.param("7/3", "03-07", id="short"),
        pytest.param("07/03", "03-07", id="slash"),
        pytest.param("07 03", "03-07", id="space"),
        pytest.param("07-03", "03-07", id="dash"),
        pytest.param("7.3.", "03-07", id="dots"),
        pytest.param("0703", "03-07", id="digits-together"),
        pytest.param("07031990", "03-07", id="eight-digits"),
        pytest.param("07/03/1990", "03-07", id="with-the-year"),
        pytest.param("7/3/90", "03-07", id="with-a-short-year"),
        pytest.param("07/03/", "03-07", id="a-mask-not-filled"),
        pytest.param("29/02", "02-29", id="29-february"),
        pytest.param("31/12", "12-31", id="last-day"),
    ],
)
def test_a_birthday_is_read_as_it_is_typed(text, expected):
    assert parse_birthday(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("30/02", id="no-such-day"),
        pytest.param("31/04", id="april-has-thirty"),
        pytest.param("7/13", id="no-such-month"),
        pytest.param("0/1", id="day-zero"),
        pytest.param("7", id="a-day-alone"),
        pytest.param("073", id="three-digits"),
        pytest.param("sete de março", id="words"),
        pytest.param("7abc3", id="letters-between"),
        pytest.param("1990-03-07", id="year-first"),
        pytest.param("٧/٣", id="digits-of-another-script"),
        pytest.param("7/3/1990/1", id="too-many-parts"),
    ],
)
def test_what_is_no_day_of_the_year_is_refused(text):
    with pytest.raises(Refused) as refused:
        parse_birthday(text)

    assert refused.value.reason is Reason.BIRTHDAY_INVALID


@given(day=st.dates(), sign=st.sampled_from([" ", "/", "-", ".", ""]))
def test_every_day_of_every_year_is_a_birthday(day, sign):
    assert parse_birthday(day.strftime(f"%d{sign}%m")) == day.strftime("%m-%d")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(("programme",), id="the-required-one"),
        pytest.param(("news", "programme"), id="all"),
        pytest.param(("programme", "retired"), id="one-that-is-no-more"),
    ],
)
def test_an_enrolment_needs_the_required_consents_only(given):
    check_consents(given, DOCUMENT.purposes)


@pytest.mark.parametrize(
    "given", [pytest.param((), id="none"), pytest.param(("news",), id="other")]
)
def test_an_enrolment_without_a_required_consent_names_it(given):
    with pytest.raises(Refused) as refused:
        check_consents(given, DOCUMENT.purposes)

    assert refused.value.reason is Reason.CONSENT_MISSING
    assert refused.value.facts == {"purpose": "Participar do clube"}


@given(issuer=st.integers(0, (1 << 22) - 1), random40=st.integers(0, (1 << 40) - 1))
def test_a_member_id_fits_62_bits_and_tells_who_gave_it(issuer, random40):
    member = member_id(issuer=issuer, random40=random40)

    assert 0 <= member < 1 << 62
    assert divmod(member, 1 << 40) == (issuer, random40)
    assert 0 <= bucket_of(member) < 64


@pytest.mark.parametrize(
    ("issuer", "random40"),
    [(1 << 22, 0), (-1, 0), (0, 1 << 40), (0, -1)],
    ids=["issuer-too-large", "issuer-negative", "random-too-large", "random-negative"],
)
def test_a_member_id_is_never_made_of_numbers_that_do_not_fit(issuer, random40):
    with pytest.raises(AssertionError):
        member_id(issuer=issuer, random40=random40)
