"""New members: known at once, found by their numbers, and forgettable for ever."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from sync.programme.member_token import PublicKeyEntry, TokenKind, read
from sync.programme.refusals import Reason, Refused
from sync.protocol.identifiers import identifier_hash
from sync.protocol.messages import ConsentGiven, MemberQuery, Person
from sync.server.office.cards import badge_token, card_token, phone_code
from sync.server.office.look_up import look_up
from sync.server.office.members import block
from sync.server.office.persons import destroy_key, details_of
from sync.server.office.staff import Colleague, employ
from sync.server.store.keys import CARDS_KID
from sync.server.store.states import IdentifierKind
from sync.server.store.tables import (
    consents,
    identifiers,
    keys_metadata,
    member_keys,
    members,
    metadata,
    persons,
)
from tests.server.accounts import account
from tests.server.shop import NOON, enrolled_till

CPF, OTHER_CPF = "52998224725", "11144477735"
PHONE, OTHER_PHONE = "11982144417", "11973514418"


def person(**changes) -> Person:
    facts = {"name": "Teresa Okamoto", "phone": PHONE, "cpf": CPF, "birthday": "03-07"}
    return Person(**(facts | changes))


def found(office, till, **query) -> list[int]:
    page = look_up(office, till.caller, MemberQuery(**query), now=NOON)
    return [row.id for row in page.members]


def test_a_new_member_is_welcomed(office, till):
    event = till.enrolment(person())

    assert till.push().results == ()
    assert account(office, event.member).points == 50
    (row,) = till.pull().members
    assert (row.name, row.birthday, row.phone_tail, row.cpf_mid, row.tier, row.status) == (
        "Teresa Okamoto",
        "03-07",
        "114417",
        CPF[6:9],
        "bronze",
        0,
    )


def test_terminals_find_a_member_by_the_hashes_of_their_own_key(office, till):
    till.enrolment(person())
    till.push()

    (row,) = till.pull().members
    key = office.keys.terminals
    assert row.cpf_hash == identifier_hash(key, "cpf", CPF)
    assert row.phone_hash == identifier_hash(key, "phone", PHONE)
    assert identifier_hash(office.keys.identifiers, "cpf", CPF) != row.cpf_hash


def test_a_member_is_looked_up_by_any_number(office, till):
    event = till.enrolment(person(), card="00112233445566ff")
    till.push()

    for query in (
        {"member": event.member},
        {"card": "00112233445566ff"},
        {"cpf": CPF},
        {"phone": PHONE},
    ):
        assert found(office, till, **query) == [event.member]
    assert found(office, till, cpf=OTHER_CPF) == []
    assert found(office, till, member=1) == []


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({}, Reason.BATCH_UNREADABLE),
        ({"cpf": "1"}, Reason.CPF_INVALID),
        ({"phone": "1"}, Reason.PHONE_INVALID),
        ({"card": "xyz"}, Reason.BATCH_UNREADABLE),
    ],
)
def test_a_look_up_by_nothing_is_refused(office, till, query, reason):
    with pytest.raises(Refused) as refused:
        found(office, till, **query)

    assert refused.value.reason is reason


def test_consents_are_kept_with_the_version_of_their_words(office, till):
    given = (ConsentGiven(purpose="rules", version=3), ConsentGiven(purpose="sms", version=1))
    event = till.enrolment(person(consents=given))
    till.push()

    with office.database.read() as connection:
        rows = connection.execute(select(consents).order_by(consents.c.purpose)).all()
    assert [(row.purpose, row.version, row.given_at) for row in rows] == [
        ("rules", 3, NOON),
        ("sms", 1, NOON),
    ]
    assert rows[0].event_id.hex() == event.id


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ({"phone": OTHER_PHONE}, "cpf"),
        ({"cpf": OTHER_CPF}, "phone"),
    ],
)
def test_a_number_that_another_member_has_stays_with_them(office, till, other, kind):
    first = till.enrolment(person())
    till.push()
    far = enrolled_till(office, store=2, seed=2)
    second = far.enrolment(person(name="Tereza Okamoto", **other))
    far.accrual(second.member, 1_000)

    answer = far.push()

    result = far.result(answer, second)
    assert (result.status, result.code) == ("needs_review", "member_exists")
    assert result.facts == {"kind": kind, "member": first.member}
    assert account(office, second.member).points == 50 + 10
    assert found(office, till, **{kind: {"cpf": CPF, "phone": PHONE}[kind]}) == [first.member]


def test_two_enrolments_of_one_number_in_one_batch_are_told_apart(till):
    till.enrolment(person())
    second = till.enrolment(person(cpf=""))

    assert till.result(till.push(), second).facts["kind"] == "phone"


def test_a_number_that_somebody_has_is_exchanged_for_another(office, till):
    first = till.enrolment(person())
    second = till.enrolment(person(phone=OTHER_PHONE, cpf=""), member=first.member)

    result = till.result(till.push(), second)

    assert (result.status, result.code) == ("accepted", "member_renumbered")
    assert result.facts["told"] == first.member
    for member in (first.member, result.facts["member"]):
        assert account(office, member).points == 50
    assert found(office, till, phone=OTHER_PHONE) == [result.facts["member"]]


def test_without_its_sealed_part_a_member_still_begins(office, till):
    event = till.enrolment(person())
    till.sealed.clear()

    result = till.result(till.push(), event)

    assert (result.status, result.code) == ("needs_review", "event_invalid")
    assert account(office, event.member).points == 50


def test_a_sealed_part_that_was_changed_is_not_believed(office, till):
    event = till.enrolment(person())
    till.sealed[0] = till.sealed[0].replace(b"Teresa", b"Tereza")

    assert till.result(till.push(), event).code == "event_invalid"
    assert found(office, till, phone=PHONE) == []


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"name": "<b>"}, "name_not_text"),
        ({"cpf": "52998224724"}, "cpf_invalid"),
        ({"phone": "123"}, "phone_invalid"),
        ({"birthday": "13-40"}, "birthday_invalid"),
    ],
)
def test_what_is_wrong_with_a_person_is_told_and_the_rest_kept(office, till, told, code):
    event = till.enrolment(person(**told))

    assert till.result(till.push(), event).code == code
    assert account(office, event.member).points == 50


def test_lines_that_are_no_sealed_parts_are_passed_over(till):
    till.enrolment(person())
    till.sealed.insert(0, b"not json")

    assert till.push().results == ()


def stored_bytes(office) -> bytes:
    """All that head office has stored: its files as they are, or the values of every column."""
    database = office.database
    if database.writing.dialect.name == "sqlite":
        database.close()
        folder = Path(database.writing.url.database).parent
        return b"".join(path.read_bytes() for path in folder.glob("*.db*"))
    values = []
    with database.read() as data, database.keys_reading.begin() as keys:
        for connection, tables in ((data, metadata.tables), (keys, keys_metadata.tables)):
            for table in tables.values():
                values += [value for row in connection.execute(select(table)) for value in row]
    return b"".join(v if isinstance(v, bytes) else str(v).encode() for v in values)


def test_no_number_is_readable_in_what_is_stored(office, till):
    till.enrolment(person())
    till.push()
    content = stored_bytes(office)
    assert CPF.encode() not in content
    assert PHONE.encode() not in content
    assert b"Teresa Okamoto" in content


def test_without_its_key_a_members_data_is_gone(office, till):
    event = till.enrolment(person())
    till.push()
    with office.database.read() as connection:
        before = details_of(office, connection, event.member)

    destroy_key(office, event.member)

    with office.database.read() as connection:
        after = details_of(office, connection, event.member)
        assert connection.execute(select(persons)).one().sealed
    assert (before.cpf, before.phone) == (CPF, PHONE)
    assert (after.cpf, after.phone) == ("", "")
    (row,) = till.pull().members
    assert (row.cpf_hash, row.phone_tail, row.points) == (0, "", 50)


def test_a_sealed_part_opens_for_its_own_member_only(office, till):
    first = till.enrolment(person())
    second = till.enrolment(person(phone=OTHER_PHONE, cpf=""))
    till.push()
    with office.database.write() as connection:
        rows = {row.member_id: row.sealed for row in connection.execute(select(persons))}
        connection.execute(
            persons.update()
            .where(persons.c.member_id == second.member)
            .values(sealed=rows[first.member])
        )

    with office.database.read() as connection:
        assert details_of(office, connection, second.member).cpf == ""


def test_keys_of_members_are_wrapped_and_lie_in_the_other_file(office, till):
    till.enrolment(person())
    till.push()

    with office.database.keys_reading.begin() as connection:
        (row,) = connection.execute(select(member_keys)).all()
    assert len(row.wrapped) == 12 + 32 + 16
    with office.database.read() as connection:
        names = inspect(connection).get_table_names()
        kinds = connection.scalars(select(identifiers.c.kind)).all()
    assert "member_keys" not in names
    assert sorted(kinds) == [IdentifierKind.CPF, IdentifierKind.PHONE]


def test_a_members_card_has_always_the_same_digits(office, till):
    member = till.member()
    page = till.pull()

    card, token = card_token(office, member, now=NOON)

    assert card_token(office, member, now=NOON + 5) == (card, token)
    assert len(token) == 202
    (row,) = till.pull(page.cursor).members
    assert row.cards == (card.hex(),)


def test_a_phone_code_is_new_each_time_and_of_the_same_card(office, till):
    member = till.member()
    _, token = card_token(office, member, now=NOON)

    assert len({token, *(phone_code(office, member, now=NOON + n * 1_000) for n in (0, 1))}) == 3


def test_a_badge_is_read_by_the_programmes_key_and_says_whose_it_is(office, till):
    lead = Colleague(id=7, store=1, name="Rute", role="lead")
    with office.database.write() as connection:
        employ(office, connection, lead, pin="1234")
    at = datetime.fromtimestamp(NOON / 1000, UTC)
    key = PublicKeyEntry(
        key_id=CARDS_KID,
        public_key=office.keys.cards.public_key().public_bytes_raw(),
        not_before=at,
        not_after=None,
        kinds=frozenset({TokenKind.STAFF_BADGE}),
    )

    digits = badge_token(office, 7, now=NOON)
    token = read(digits, programme=7, keys={CARDS_KID: key}, now=at, skew=timedelta())

    (row,) = till.pull().staff
    assert (token.kind, f"{token.subject:016x}") == (TokenKind.STAFF_BADGE, row.badge)
    with pytest.raises(Refused) as refused:
        badge_token(office, 8, now=NOON)
    assert refused.value.reason is Reason.STAFF_UNKNOWN


def test_nobody_has_no_card(office):
    with pytest.raises(Refused) as refused:
        card_token(office, 12_345, now=NOON)

    assert refused.value.reason is Reason.MEMBER_UNKNOWN


def test_a_member_who_is_blocked_gets_no_card(office, till):
    member = till.member()
    block(office, member, staff=5, now=NOON)

    with pytest.raises(Refused) as refused:
        card_token(office, member, now=NOON)

    assert refused.value.reason is Reason.MEMBER_BLOCKED


def test_a_member_joins_the_store_of_the_till(office):
    far = enrolled_till(office, store=2, seed=2)
    far.enrolment(person())
    far.push()

    with office.database.read() as connection:
        assert connection.execute(select(members)).one().home_store == 2
