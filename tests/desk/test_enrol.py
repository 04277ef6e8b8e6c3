"""A newcomer: enrolled with or without a line, and everything that is not taken down."""

from dataclasses import replace

import pytest

from loyalty_desk.desk import enrol, identify
from loyalty_desk.desk.enrol import Form
from sync.programme.refusals import Reason
from tests.desk import club
from tests.desk.refusals import refuses

FORM = Form(name="Íris Faria", phone="(11) 97777-6666", consents=("rules",))


def enrolled(till, form=FORM, *, staff=club.JOANA, event=""):
    return enrol.enrol(till.counter, form, staff=staff, event=event or till.counter.new_id())


def test_a_newcomer_is_a_member_at_once_without_a_line(till):
    made = enrolled(till)

    opened = identify.by_member(till.counter, made.member)
    assert (opened.row.name, opened.points, opened.is_new) == ("Íris Faria", 50, True)
    assert opened.row.tier == "bronze"
    assert [one.row.id for one in identify.search(till.counter, "iris").known] == [made.member]
    assert [one.row.id for one in identify.search(till.counter, "11977776666").known] == [
        made.member
    ]


def test_a_newcomer_is_still_there_after_a_restart(till):
    made = enrolled(till)
    till.reopen()

    assert till.points_of(made.member) == 50


def test_a_newcomer_can_be_credited_at_once(till):
    made = enrolled(till)

    done = till.credit(identify.by_member(till.counter, made.member), 8_640)

    assert done.accrual.points == 86
    assert till.points_of(made.member) == 136


def test_the_event_holds_nothing_of_the_person(till):
    enrolled(till, replace(FORM, cpf=club.FREE_CPF, birthday="7/3"))

    out = till.store.ledger.outgoing(0, 1)
    (body,) = out.bodies
    for secret in ("Íris", "Iris", "97777", "6666", club.FREE_CPF, "03-07"):
        assert secret.encode() not in body
    assert b"11977776666" in out.sealed[0]
    assert b'"birthday\\":\\"03-07' in out.sealed[0]


def test_pressing_twice_enrols_once(till):
    intention = till.counter.new_id()
    form = replace(FORM, shared_phone=True)

    first, second = enrolled(till, form, event=intention), enrolled(till, form, event=intention)

    assert till.head == 1
    assert second == first


def test_the_consents_given_are_kept_with_their_version(till):
    person = enrol.person_of(till.counter, replace(FORM, consents=("rules", "whatsapp")))

    assert [(one.purpose, one.version) for one in person.consents] == [
        ("rules", 3),
        ("whatsapp", 1),
    ]


BAD_FORMS = {
    "no name": ({"name": ""}, Reason.NAME_MISSING),
    "a name of spaces": ({"name": " \t "}, Reason.NAME_MISSING),
    "a name of digits": ({"name": "12345"}, Reason.NAME_MISSING),
    "markup": ({"name": "<b>Íris</b>"}, Reason.NAME_NOT_TEXT),
    "a script": ({"name": "Íris <script>alert(1)</script>"}, Reason.NAME_NOT_TEXT),
    "braces": ({"name": "{name}"}, Reason.NAME_NOT_TEXT),
    "a right-to-left override": ({"name": "Íris \u202efaria"}, Reason.NAME_NOT_TEXT),
    "a right-to-left mark": ({"name": "Íris\u200f"}, Reason.NAME_NOT_TEXT),
    "a zero byte": ({"name": "Íris\0Faria"}, Reason.NAME_NOT_TEXT),
    "an escape": ({"name": "\x1b[31mÍris"}, Reason.NAME_NOT_TEXT),
    "81 letters": ({"name": "a" * 81}, Reason.NAME_TOO_LONG),
    "a megabyte": ({"name": "Íris " * 200_000}, Reason.NAME_TOO_LONG),
    "no phone": ({"phone": ""}, Reason.PHONE_INVALID),
    "half a phone": ({"phone": "11 9777"}, Reason.PHONE_INVALID),
    "a phone without its area": ({"phone": "97777-6666"}, Reason.PHONE_INVALID),
    "an area that does not exist": ({"phone": "20 97777-6666"}, Reason.PHONE_INVALID),
    "a megabyte of phone": ({"phone": "1" * 1_000_000}, Reason.PHONE_INVALID),
    "a CPF of equal digits": ({"cpf": "111.111.111-11"}, Reason.CPF_INVALID),
    "a CPF with a wrong digit": ({"cpf": "123.456.789-00"}, Reason.CPF_INVALID),
    "letters for a CPF": ({"cpf": "abc"}, Reason.CPF_INVALID),
    "a day that does not exist": ({"birthday": "31/2"}, Reason.BIRTHDAY_INVALID),
    "words for a birthday": ({"birthday": "ontem"}, Reason.BIRTHDAY_INVALID),
    "no consent": ({"consents": ()}, Reason.CONSENT_MISSING),
    "only the consent that is optional": ({"consents": ("whatsapp",)}, Reason.CONSENT_MISSING),
}


@pytest.mark.parametrize(("facts", "reason"), BAD_FORMS.values(), ids=BAD_FORMS)
def test_a_bad_form_is_refused_for_its_own_reason_and_nothing_is_recorded(till, facts, reason):
    with refuses(reason, till):
        enrolled(till, replace(FORM, **facts))


@pytest.mark.parametrize("name", ["Zé", "Ana-Luíza d'Ávila", "José da Silva Júnior", "Ñandú Ōe"])
def test_real_names_are_taken(till, name):
    assert enrolled(till, replace(FORM, name=name)).name == name


def test_a_phone_that_is_somebodys_names_its_owner(till):
    with refuses(Reason.MEMBER_EXISTS, till, name="Marina Alves"):
        enrolled(till, replace(FORM, phone="11982144417"))


def test_two_people_may_share_a_phone_when_they_say_so(till):
    made = enrolled(till, replace(FORM, phone="11982144417", shared_phone=True))

    found = identify.search(till.counter, "11982144417").known
    assert {one.row.id for one in found} == {club.MARINA, made.member}


def test_a_cpf_that_is_somebodys_names_its_owner_not_the_newcomer(till):
    with refuses(Reason.MEMBER_EXISTS, till, name="Marina Alves"):
        enrolled(till, replace(FORM, cpf=club.MARINAS_CPF, shared_phone=True))


def test_the_owner_of_a_number_is_found_while_it_is_typed(till):
    assert enrol.owner_of_phone(till.counter, "11 98214-4417").row.name == "Marina Alves"
    assert enrol.owner_of_phone(till.counter, "11 97777-6666") is None
    assert enrol.owner_of_cpf(till.counter, club.MARINAS_CPF).member == club.MARINA
    assert enrol.owner_of_cpf(till.counter, club.FREE_CPF) is None
    with refuses(Reason.CPF_INVALID):
        enrol.owner_of_cpf(till.counter, "1")


def test_who_may_not_enrol_is_refused(till):
    with refuses(Reason.NOT_PERMITTED, till, act="enrol"):
        enrolled(till, staff=club.DAVI)


def test_nobody_is_enrolled_before_the_rules_have_arrived(bare_till):
    bare_till.enrol_terminal()

    with refuses(Reason.RULES_UNKNOWN):
        enrolled(bare_till)
