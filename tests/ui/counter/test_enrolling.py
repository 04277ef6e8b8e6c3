"""A newcomer's form: notes under its fields, everything kept until it is on record."""

import pytest

from tests.desk import club


@pytest.fixture
def form(desk):
    desk.press(3)
    assert desk.name == "enrol"
    return desk


def test_f10_enrols_and_opens_the_newcomer_ready_for_the_purchase(form):
    form.fill_form(cpf=club.FREE_CPF, birthday="7/3")
    form.press(10)

    assert (form.name, form.page.member.name) == ("visit", "Íris Faria")
    assert form.page.member.balance == "50"
    assert form.rounds == 1
    form.type_amount(8_640)
    form.press(10)
    assert form.page.recent[0].name == "Íris Faria"
    assert form.page.recent[1].effect == "New member · +50 pts"
    assert form.page.recent[1].effect_said == "New member, 50 points added"


def test_f10_twice_enrols_once(form):
    form.fill_form()
    form.store.held = True
    form.press(10)
    assert form.page.busy
    form.press(10)
    form.store.go_on()

    assert form.till.head == 1


def test_escape_does_not_leave_a_newcomer_who_is_being_recorded(form):
    form.fill_form()
    form.store.held = True
    form.press(10)
    form.escape()
    assert form.name == "enrol"
    form.store.go_on()

    assert form.page.member.name == "Íris Faria"


def test_a_scan_meanwhile_waits_and_then_opens_its_member(form):
    form.fill_form()
    form.store.held = True
    form.press(10)
    form.scan(club.card_code(club.MARINA))
    form.store.go_on()

    assert form.page.member.name == "Marina Alves"
    assert form.till.head == 1


def test_a_member_who_is_being_opened_does_not_close_a_form_that_is_being_recorded(
    form, monkeypatch
):
    from sync.programme.refusals import Reason, Refused

    def full(_acts):
        raise Refused(Reason.DISK_FULL)

    monkeypatch.setattr(form.till.store.ledger, "record", full)
    form.fill_form()
    form.store.held = True
    form.scan(club.card_code(club.MARINA))
    form.store.step()  # found; the screen is being made
    form.press(10)
    form.store.go_on()

    assert form.name == "enrol"
    assert form.page.problem.startswith("The disk is full.")


def test_a_till_locked_meanwhile_opens_nobody(form):
    form.fill_form()
    form.store.held = True
    form.press(10)
    form.press(12)
    form.store.go_on()

    assert (form.name, form.presenter.visit.view, form.till.head) == ("sign_in", None, 1)
    form.sign_in()
    assert form.name == "identify"


def test_a_phone_is_checked_on_its_last_digit(form):
    form.presenter.enrol.typed("phone", "11 9821")
    assert form.page.phone.note == ""
    form.presenter.enrol.typed("phone", "11 98214-4417")

    assert form.page.phone.note == "Belongs to Marina already"
    assert (form.page.phone.tone, form.page.phone.action) == ("warn", "Open")
    form.presenter.enrol.act_on("phone")
    assert (form.name, form.page.member.name) == ("visit", "Marina Alves")


def test_a_phone_nobody_has_is_good(form):
    form.presenter.enrol.typed("phone", "11 97777-6666")

    assert (form.page.phone.note, form.page.phone.tone) == ("No one with this number yet", "ok")


def test_a_note_goes_when_its_field_is_typed_in_again(form):
    form.presenter.enrol.typed("cpf", "111.111.111-11")
    assert form.page.cpf.note == "This CPF is not valid. Check the digits."
    form.presenter.enrol.typed("cpf", "111.111.111-1")

    assert form.page.cpf.note == ""


def test_an_answer_about_an_older_number_is_dropped(form):
    form.store.held = True
    form.presenter.enrol.typed("phone", "11 98214-4417")
    form.presenter.enrol.typed("phone", "11 97777-6666")
    form.store.go_on()

    assert form.page.phone.note == "No one with this number yet"


def test_an_answer_about_an_older_form_is_dropped(form):
    form.store.held = True
    form.presenter.enrol.typed("phone", "11 98214-4417")
    form.escape()
    form.press(3)
    form.store.go_on()

    assert form.page.phone.note == ""


@pytest.mark.parametrize(
    ("field", "text", "note"),
    [
        ("phone", "123", "Type the phone with area code: (11) 98888-7777."),
        ("name", "<b>", "The name has signs that no name has. Type it again."),
        ("name", "x" * 200, "The name may have up to 80 letters."),
        ("name", "Íris " * 200_000, "The name may have up to 80 letters."),
        ("cpf", "222.222.222-22", "This CPF is not valid. Check the digits."),
        ("birthday", "32/13", "Type day and month, as in 25/11."),
    ],
)
def test_what_is_wrong_stands_under_its_field_and_everything_stays(form, field, text, note):
    form.fill_form(**{field: text})
    form.press(10)

    assert form.name == "enrol"
    assert getattr(form.page, field).note == note
    assert form.page.problem == note
    assert getattr(form.page, field).text == text
    assert (form.page.busy, form.page.can_conclude) == (False, True)
    assert form.till.head == 0


def test_a_missing_consent_is_asked_for_at_its_box(form):
    form.fill_form()
    form.presenter.enrol.consent("rules")
    form.press(10)

    assert form.page.problem == "Without accepting “Regulamento do clube” nobody can join."
    assert [bool(one.problem) for one in form.page.consents] == [True, False]
    form.presenter.enrol.consent("rules")
    form.press(10)
    assert form.name == "visit"


def test_a_taken_phone_can_be_shared_when_two_people_say_so(form):
    form.fill_form(phone="11 98214-4417")
    form.press(10)
    assert form.page.problem == "Belongs to Marina Alves already. Enter opens it."
    assert [one.name for one in form.page.after] == ["shared_phone", "card"]
    form.presenter.enrol.after("shared_phone")
    assert form.page.after[0].ticked
    form.press(10)

    assert (form.name, form.page.member.name) == ("visit", "Íris Faria")


def test_a_shared_phone_is_said_anew_of_another_number(form):
    form.fill_form(phone="11 98214-4417")
    form.presenter.enrol.after("shared_phone")
    form.presenter.enrol.typed("phone", "11 91234-5678")
    form.press(10)

    assert form.page.problem == "Belongs to Caio Nogueira already. Enter opens it."


def test_a_taken_cpf_offers_its_owner(form):
    form.fill_form(cpf=club.MARINAS_CPF)
    form.press(10)

    assert form.page.problem == "Belongs to Marina Alves already. Enter opens it."
    assert form.page.cpf.action == "Open"


def test_who_may_not_enrol_is_told_and_the_form_stays(closed_desk):
    closed_desk.sign_in(club.DAVI)
    closed_desk.press(3)
    closed_desk.fill_form()
    closed_desk.press(10)

    assert closed_desk.page.problem == "Your role may not do this. Call a lead."
    assert closed_desk.page.name.text == "Íris Faria"


def test_a_full_disk_keeps_the_form(form, monkeypatch):
    from sync.programme.refusals import Reason, Refused

    def full(_acts):
        raise Refused(Reason.DISK_FULL)

    form.fill_form()
    monkeypatch.setattr(form.till.store.ledger, "record", full)
    form.press(10)
    assert form.page.problem.startswith("The disk is full.")
    assert not form.page.busy
    monkeypatch.undo()
    form.press(10)
    assert form.name == "visit"


def test_a_fault_of_ours_surfaces_and_the_form_is_free_again(form, monkeypatch):
    def broken(_acts):
        raise OSError("gone")

    form.fill_form()
    monkeypatch.setattr(form.till.store.ledger, "record", broken)
    with pytest.raises(OSError, match="gone"):
        form.press(10)
    assert not form.page.busy
    monkeypatch.undo()
    form.press(10)

    assert form.name == "visit"


def test_escape_closes_the_text_being_read_before_the_form(form):
    form.presenter.enrol.read("rules")
    assert form.page.consents[0].full_text
    form.escape()
    assert (form.name, form.page.consents[0].full_text) == ("enrol", "")
    form.escape()

    assert form.name == "identify"


def test_a_newcomers_card_is_saved_once_the_server_knows_them(form, till):
    saved = []
    form.presenter.papers.save_card = saved.append
    form.fill_form()
    form.presenter.enrol.after("card")
    form.press(10)
    assert saved == []
    till.hear()
    form.line(True)

    assert saved == [form.draft.member.member]


def test_a_complete_number_is_written_as_people_write_it(form):
    form.presenter.enrol.typed("phone", "11977776666")
    form.presenter.enrol.typed("cpf", "39053344705")

    assert form.page.phone.text == "(11) 97777-6666"
    assert form.page.cpf.text == "390.533.447-05"


def test_a_number_that_is_wrong_stays_as_it_was_typed(form):
    form.presenter.enrol.typed("cpf", "11111111111")

    assert form.page.cpf.text == "11111111111"
