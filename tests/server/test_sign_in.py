"""One-time codes and sessions: uniform towards strangers, good once, bounded in number."""

import pytest
from sqlalchemy import select, update

from sync.server.office import sessions, sign_in
from sync.server.office.documents import rulebook
from sync.server.office.openings import Opening, open_accounts
from sync.server.office.persons import Details
from sync.server.office.sign_in import Asked, Wait
from sync.server.store.states import MemberStatus
from sync.server.store.tables import members, sign_in_codes, sign_in_tries, web_sessions
from tests.server.shop import DAY, HOUR, MINUTE, NOON

MARINA = 123_456
CPF, PHONE, EMAIL = "34567291700", "11973514417", "marina@example.com"
BROWSER, OTHER = b"b" * 32, b"o" * 32


@pytest.fixture
def marina(office):
    details = Details(cpf=CPF, phone=PHONE, birthday="", email=EMAIL)
    opening = Opening(
        member=MARINA, name="Marina Alves", details=details, home_store=1, enrolled_at=NOON
    )
    with office.database.write() as connection:
        document = rulebook(connection).in_force(NOON)
        open_accounts(office, connection, [opening], document, now=NOON)
    return MARINA


def ask(office, typed=EMAIL, *, visitor=BROWSER, source="10.0.0.1", now=NOON):
    return sign_in.ask_code(office, typed, visitor=visitor, source=source, now=now)


def answer(office, code, *, visitor=BROWSER, source="10.0.0.1", now=NOON):
    return sign_in.try_code(office, code, visitor=visitor, source=source, now=now)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.parametrize(
    "typed", [EMAIL, " Marina@Example.com ", PHONE, "(11) 97351-4417", CPF, "345.672.917-00"]
)
def test_a_member_is_found_by_email_phone_or_cpf(office, marina, typed):
    asked = ask(office, typed)

    assert asked.member == marina
    assert len(asked.code) == 6
    assert asked.code.isdecimal()


def test_the_right_code_opens_a_session_once(office, marina):
    code = ask(office).code
    secret = answer(office, code)

    assert sessions.signed_in(office, secret, now=NOON) == marina
    assert answer(office, code) is None


def test_spaces_in_a_code_are_passed_over(office, marina):
    code = ask(office).code

    assert isinstance(answer(office, f" {code[:3]} {code[3:]} "), bytes)


@pytest.mark.parametrize("typed", ["nobody@example.com", "11912345678", "hello", "", "\0" * 400])
def test_whoever_is_nobody_is_answered_alike_and_signs_in_nowhere(office, marina, typed):
    asked = ask(office, typed)

    assert isinstance(asked, Asked)
    assert asked.member == 0
    assert answer(office, asked.code) is None
    with office.database.read() as connection:
        assert len(connection.execute(select(sign_in_codes)).all()) == 1


def test_the_code_of_another_browser_opens_nothing(office, marina):
    code = ask(office).code

    assert answer(office, code, visitor=OTHER) is None
    assert isinstance(answer(office, code), bytes)


def test_a_code_lives_ten_minutes(office, marina):
    code = ask(office).code

    assert answer(office, code, now=NOON + 10 * MINUTE + 1) is None
    assert isinstance(answer(office, ask(office).code, now=NOON + 10 * MINUTE), bytes)


def test_a_newer_code_takes_the_place_of_the_one_before(office, marina):
    first, second = ask(office).code, ask(office).code

    if first != second:
        assert answer(office, first) is None
    assert isinstance(answer(office, second), bytes)


def test_five_wrong_codes_end_a_code(office, marina):
    code = ask(office).code
    for number in range(5):
        assert answer(office, wrong(code), source=f"10.0.1.{number}") is None

    assert isinstance(answer(office, code, source="10.0.9.9"), Wait)
    assert answer(office, code, source="10.0.9.9", now=NOON + 16 * MINUTE) is None


def test_a_person_is_guessed_at_five_times_however_many_browsers_guess(office, marina):
    for number in range(5):
        browser = bytes([number]) * 32
        code = ask(office, visitor=browser, source=f"10.1.0.{number}").code
        assert answer(office, wrong(code), visitor=browser, source=f"10.2.0.{number}") is None
    sixth = ask(office, CPF, source="10.1.1.1").code

    assert isinstance(answer(office, sixth, source="10.2.1.1"), Wait)


def test_an_address_tries_five_codes(office, marina):
    for number in range(5):
        assert answer(office, "000000", visitor=bytes([number]) * 32) is None

    assert isinstance(answer(office, "000000", visitor=OTHER), Wait)


def test_right_codes_are_not_counted(office, marina):
    for number in range(8):
        browser = bytes([number]) * 32
        typed = (EMAIL, PHONE)[number % 2]
        code = ask(office, typed, visitor=browser, source=f"10.1.0.{number}").code
        assert isinstance(answer(office, code, visitor=browser), bytes)


@pytest.mark.parametrize("typed", [EMAIL, "nobody@example.com"])
def test_a_sixth_letter_in_a_quarter_of_an_hour_has_to_wait(office, marina, typed):
    for number in range(5):
        asked = ask(office, typed, source=f"10.0.0.{number}", now=NOON + number * MINUTE)
        assert isinstance(asked, Asked)

    late = ask(office, typed, source="10.0.0.9", now=NOON + 14 * MINUTE)
    assert late == Wait(seconds=60)
    assert isinstance(ask(office, typed, source="10.0.0.9", now=NOON + 15 * MINUTE), Asked)


def test_an_address_asks_for_five_letters(office, marina):
    for number in range(5):
        assert isinstance(ask(office, f"x{number}@example.com"), Asked)

    assert isinstance(ask(office, "x9@example.com"), Wait)
    assert isinstance(ask(office, "x9@example.com", source="10.0.0.2"), Asked)


def test_what_had_to_wait_is_not_counted(office, marina):
    for _ in range(20):
        ask(office, source="10.0.0.7")

    assert isinstance(ask(office, source="10.0.0.8", now=NOON + 15 * MINUTE), Asked)


def test_spelling_a_name_otherwise_does_not_help(office, marina):
    spelt = [PHONE, "+55 11 97351-4417", "(11)973514417", "011973514417", "11 97351 4417"]
    for number, typed in enumerate(spelt):
        ask(office, typed, source=f"10.0.0.{number}")

    assert isinstance(ask(office, "11-97351-4417", source="10.0.0.9"), Wait)


def test_neither_codes_nor_secrets_nor_addresses_are_stored(office, marina):
    code = ask(office, source="203.0.113.77").code
    secret = answer(office, code)
    ask(office, source="203.0.113.77")

    with office.database.read() as connection:
        said = repr(
            [
                connection.execute(select(table)).all()
                for table in (sign_in_codes, sign_in_tries, web_sessions)
            ]
        )
    for told in (code, "203.0.113.77", EMAIL, repr(secret)[2:-1], repr(BROWSER)[2:-1]):
        assert told not in said


def test_a_letter_goes_to_the_email_that_is_on_record(office, marina):
    to = sign_in.recipient(office, marina)

    assert (to.name, to.email, to.phone) == ("Marina Alves", EMAIL, PHONE)


def test_a_session_ends_after_thirty_days_without_use(office, marina):
    secret = answer(office, ask(office).code)

    assert sessions.signed_in(office, secret, now=NOON + 30 * DAY) == marina
    assert sessions.signed_in(office, secret, now=NOON + 60 * DAY) == marina
    assert sessions.signed_in(office, secret, now=NOON + 90 * DAY + 1) == 0


def test_a_session_ends_after_half_a_year_of_use(office, marina):
    secret = answer(office, ask(office).code)
    for day in range(0, 181, 20):
        assert sessions.signed_in(office, secret, now=NOON + day * DAY) == marina

    assert sessions.signed_in(office, secret, now=NOON + 180 * DAY + 1) == 0


def test_signing_out_ends_one_session_and_from_everywhere_all(office, marina):
    first = answer(office, ask(office).code)
    second = answer(office, ask(office).code)
    third = answer(office, ask(office).code)

    sessions.end_session(office, first)
    assert sessions.signed_in(office, first, now=NOON) == 0
    assert sessions.signed_in(office, second, now=NOON) == marina
    assert sessions.end_all(office, marina) == 2
    assert sessions.signed_in(office, third, now=NOON) == 0


def test_another_secret_opens_nothing(office, marina):
    answer(office, ask(office).code)

    assert sessions.signed_in(office, b"x" * 32, now=NOON) == 0


@pytest.mark.parametrize(
    ("status", "opens"),
    [(MemberStatus.BLOCKED, True), (MemberStatus.MERGED, False), (MemberStatus.ERASED, False)],
)
def test_who_was_forgotten_is_signed_out(office, marina, status, opens):
    secret = answer(office, ask(office).code)
    with office.database.write() as connection:
        connection.execute(update(members).values(status=int(status)))

    assert bool(sessions.signed_in(office, secret, now=NOON)) is opens


def test_old_sessions_are_swept_when_somebody_signs_in(office, marina):
    answer(office, ask(office).code)
    answer(office, ask(office, now=NOON + 31 * DAY).code, now=NOON + 31 * DAY)

    with office.database.read() as connection:
        assert len(connection.execute(select(web_sessions)).all()) == 1


def test_a_session_in_use_writes_once_an_hour(office, marina):
    secret = answer(office, ask(office).code)

    sessions.signed_in(office, secret, now=NOON + HOUR)
    assert seen(office) == NOON
    sessions.signed_in(office, secret, now=NOON + HOUR + 1)
    assert seen(office) == NOON + HOUR + 1


def seen(office) -> int:
    with office.database.read() as connection:
        return connection.scalar(select(web_sessions.c.seen_at))
