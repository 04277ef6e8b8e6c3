"""Every state of the counter speaks both languages, with nothing left to fill in."""

from dataclasses import fields, is_dataclass

import pytest

from loyalty_desk.ui import texts
from sync import i18n
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import Result
from tests.desk import club
from tests.desk.club import Till
from tests.ui.counter.counter_desk import CounterDesk


def sentences(state):
    """Every text in a state, however deep."""
    if isinstance(state, str):
        yield state
    elif is_dataclass(state):
        for one in fields(state):
            yield from sentences(getattr(state, one.name))
    elif isinstance(state, tuple | list | frozenset):
        for one in state:
            yield from sentences(one)


def a_day_at_the_till(till):
    """One of everything, each screen drawn as it is reached."""
    desk = CounterDesk(till)
    desk.presenter.preparing("…")
    _sign_in_troubles(desk)
    desk.sign_in()
    _idle(desk)
    desk.line(True)
    _member(desk)
    _newcomer(desk)
    desk.line(False, retry_in=18)
    _offline(desk, till)
    _odd_members(desk)
    _needs_somebody(desk, till)
    desk.line(False, revoked=True)
    desk.line(False, clock_off_minutes=9)
    return desk.screens


def _sign_in_troubles(desk):
    desk.scan(club.card_code(club.MARINA))
    desk.presenter.sign_in.choose(str(club.BIANCA))
    desk.presenter.sign_in.pin("000000")
    desk.presenter.sign_in.forgot()
    desk.presenter.sign_in.search("")
    desk.presenter.sign_in.search("nobody")
    desk.presenter.sign_in.search(None)


def _idle(desk):
    for typed in ("marina", "souza", "11 97777-6666", "nobody"):
        desk.presenter.idle.query(typed)
    desk.escape()
    for key in (1, 6, 7, 8, 11, 11):
        desk.press(key)
    desk.presenter.place("office")
    desk.scan(club.offline_receipt())
    desk.scan(club.online_receipt(2))


def _member(desk):
    desk.open(club.MARINA)
    desk.presenter.receipt_file(club.a_receipt_xml())
    desk.presenter.no_statement()
    desk.presenter.visit.filter("all")
    desk.presenter.visit.use_offer(str(club.CAKE))
    for reward in (club.BREAD, club.BASKET, club.FLASK, club.VOUCHER_10):
        desk.presenter.visit.choose(reward)
    desk.scan(club.phone_code(club.MARINA))
    desk.presenter.search_submitted(club.MARINAS_CPF)
    desk.press(10)
    desk.press(8)
    desk.scan(club.phone_code(club.TERESA))
    desk.presenter.visit.choose(club.FLASK)
    desk.press(10)
    desk.presenter.visit.answer("111111")
    desk.presenter.visit.answer(club.BIANCAS_PIN)


def _newcomer(desk):
    desk.press(3)
    desk.press(10)
    desk.fill_form(phone="11 98214-4417", cpf="1", birthday="x")
    for name in ("phone", "name", "cpf", "birthday"):
        desk.presenter.enrol.left(name)
    desk.press(1)
    desk.press(11)
    desk.presenter.enrol.read("rules")
    desk.presenter.enrol.consent("rules")
    desk.press(10)
    desk.escape()
    desk.escape()
    desk.press(3)
    desk.fill_form()
    desk.press(10)
    desk.type_amount(60_000)
    desk.press(10)


def _offline(desk, till):
    desk.scan(club.card_code(club.MARINA))
    desk.type_amount(864_000)
    desk.press(10)
    desk.press(11)
    desk.press(11)
    desk.scan(club.stranger_card_code())
    desk.type_amount(1_000)
    desk.press(12)
    desk.sign_in(club.BIANCA)
    till.clock.passes(3 * club.HOUR)
    desk.presenter.tick()


def _odd_members(desk):
    for member in (club.OTAVIO, club.LUCIA, club.CAIO, club.ANA):
        desk.scan(club.card_code(member))
        desk.press(10)
    desk.escape()
    desk.escape()


def _needs_somebody(desk, till):
    results = tuple(
        Result(seq=seq, status="needs_review", code=code, facts={"points": 9})
        for seq, code in enumerate(("receipt_used", "member_merged", "something_new"), start=1)
    )
    till.hear(*results)
    desk.line(True)
    desk.press(11)
    while desk.page.tray.needs is not None:
        desk.presenter.settle(desk.page.tray.needs.event, "archive")


@pytest.fixture
def spoken(request, tmp_path):
    """All screens of a day in one language."""
    i18n.speak(request.param)
    till = Till(tmp_path)
    till.open_shop()
    yield a_day_at_the_till(till)
    till.close()


@pytest.mark.parametrize("spoken", i18n.LANGUAGES, indirect=True)
def test_every_screen_of_a_day_is_said_to_its_end(spoken):
    said = {text for screen in spoken for text in sentences((screen.shell, screen.page))}

    assert {screen.name for screen in spoken} == {"sign_in", "identify", "visit", "enrol"}
    assert [text for text in said if "{" in text or "}" in text] == []
    assert len(said) > 250


def test_each_refusal_writes_its_facts_in_the_language_of_the_shop():
    refused = Refused(Reason.AMOUNT_ABSURD, centavos=123_456_789)
    i18n.speak("pt_BR")
    assert "R$\xa01.234.567,89" in texts.refusal_text(refused)
    i18n.speak("en")

    assert "R$\xa01,234,567.89" in texts.refusal_text(refused)


@pytest.mark.parametrize("reason", Reason, ids=lambda one: one.value)
def test_a_refusal_without_its_facts_still_makes_a_sentence(reason):
    for language in i18n.LANGUAGES:
        i18n.speak(language)
        text = texts.refusal_text(Refused(reason))
        assert text
        assert "{" not in text


@pytest.mark.parametrize("fact", [0, -5, 10**15, "", "{name}", "<b>x</b>", "%s"])
def test_no_fact_breaks_a_sentence(fact):
    for reason in Reason:
        names = ("name", "limit", "centavos", "usable", "left", "seconds", "tier", "minutes")
        assert texts.refusal_text(Refused(reason, **dict.fromkeys(names, fact)))
