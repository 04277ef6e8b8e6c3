"""From every screen and every focus a scan does its work and leaves no character behind."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from loyalty_desk.ui.redeem.state import ConfirmState
from sync.programme.pending_voucher import PendingVoucher, code_of
from tests.desk import club
from tests.ui.whole_desk import Seen, WholeDesk

MARINA, CAIO = club.card_code(club.MARINA), club.card_code(club.CAIO)
TERESA = club.phone_code(club.TERESA)
AMOUNT = 8_640
F2, F3, F4, F5, F10, F11, F12 = (getattr(Qt.Key, f"Key_F{n}") for n in (2, 3, 4, 5, 10, 11, 12))
ALT = Qt.KeyboardModifier.AltModifier


# --- The screens, each reached from wherever the desk stands --------------------------------------


def idle(desk: WholeDesk) -> None:
    """The desk waits, nobody is open and nothing is on hold."""
    if desk.screen == "sign_in":
        desk.sign_in()
    while desk.screen != "identify" or desk.presenter.shell().parked:
        if desk.screen == "identify":
            desk.presenter.unpark(desk.presenter.shell().parked[0].visit)
            desk.until(lambda: desk.screen == "visit")
        give_up(desk)
    desk.press(Qt.Key.Key_Escape)
    assert desk.page.search is None
    assert desk.page.tray is None


def give_up(desk: WholeDesk) -> None:
    """Take back what was entered, so that nothing is put on hold, and leave."""
    while desk.screen == "visit" and not desk.draft.is_empty:
        desk.press(Qt.Key.Key_Escape if desk.draft.reward else F4)
        if not desk.draft.reward:
            desk.press(Qt.Key.Key_Delete)
    desk.press(Qt.Key.Key_Escape)


def results(desk: WholeDesk) -> None:
    idle(desk)
    desk.type("souza")
    desk.until(lambda: desk.page.search is not None and len(desk.page.search.results) == 2)


def undoable(desk: WholeDesk) -> None:
    """A visit has just been concluded: its row has a button."""
    idle(desk)
    if not desk.page.recent:
        visit(desk)
        desk.press(F10)
        desk.until(lambda: desk.screen == "identify" and desk.page.recent)


def visit(desk: WholeDesk) -> None:
    idle(desk)
    desk.scan(MARINA)
    desk.type("8640")
    desk.until(lambda: desk.member == club.MARINA and desk.draft.amount_centavos == AMOUNT)


def choosing(desk: WholeDesk) -> None:
    """The digits belong to the rewards."""
    visit(desk)
    desk.press(F5)


def choose(desk: WholeDesk, reward: str) -> None:
    idle(desk)
    desk.scan(TERESA)
    desk.until(lambda: desk.member == club.TERESA)
    desk.type("8640")
    tile = next(one for one in desk.page.rewards.tiles if one.name == reward)
    desk.press(getattr(Qt.Key, f"Key_{tile.number}"), ALT)
    desk.until(lambda: isinstance(desk.page.panel, ConfirmState))


def confirmation(desk: WholeDesk) -> None:
    choose(desk, "Vale R$ 10")


def question(desk: WholeDesk) -> None:
    """A lead's PIN is asked for."""
    choose(desk, "Garrafa térmica")
    desk.press(F10)
    desk.until(lambda: desk.presenter.visit.view.ask is not None)


def tray(desk: WholeDesk) -> None:
    idle(desk)
    desk.press(F11)
    desk.until(lambda: desk.page.tray is not None)


def tray_in_a_visit(desk: WholeDesk) -> None:
    visit(desk)
    desk.press(F11)
    desk.until(lambda: desk.page.panel is not None)


def enrolment(desk: WholeDesk) -> None:
    idle(desk)
    desk.press(F3)
    for words in ("11987650000", "Íris", club.FREE_CPF, "2411"):
        desk.type(words)
        desk.press(Qt.Key.Key_Tab)
    desk.until(lambda: desk.presenter.enrol.view.form.birthday)


def reading(desk: WholeDesk) -> None:
    """The text of a purpose is being read beside the form."""
    enrolment(desk)
    desk.presenter.enrol.read("rules")


SCREENS: dict[str, Callable[[WholeDesk], None]] = {
    one.__name__: one
    for one in (
        idle,
        results,
        undoable,
        visit,
        choosing,
        confirmation,
        question,
        tray,
        tray_in_a_visit,
        enrolment,
        reading,
    )
}
# These differ from others by little: there one widget of each kind speaks for the rest.
ONE_OF_A_KIND = ("undoable", "choosing", "confirmation", "tray", "tray_in_a_visit", "enrolment")


# --- What must not have happened ------------------------------------------------------------------


def entered(desk: WholeDesk) -> tuple[str, int, int]:
    """The open visit, its amount and its reward."""
    draft = desk.draft
    if draft is None:
        return "", 0, 0
    return desk.presenter.visit.visit, draft.amount_centavos, draft.reward


def name_of(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.accessibleName()!r}"


def scan_at(desk: WholeDesk, stop: QWidget, code: str) -> Seen:
    """Scan with the focus at a widget; nothing may be typed or pressed."""
    stop.setFocus(Qt.FocusReason.TabFocusReason)
    desk.settle()
    assert desk.focus is stop, name_of(stop)
    seen = desk.watch()
    then: list[str] = []

    def note(_code: str) -> None:
        then.extend(edit.text() for edit, _text in seen.texts)

    desk.window.wedge.scanned.connect(note)
    desk.scan(code)
    desk.window.wedge.scanned.disconnect(note)
    assert then == [text for _edit, text in seen.texts], name_of(stop)
    assert seen.pressed == [], name_of(stop)
    for edit, text in seen.texts:
        # What the desk itself empties because somebody else is open is no trace of the code.
        assert edit.text() in (text, ""), name_of(edit)
    return seen


def every_stop(
    desk: WholeDesk, arrange: Callable[[WholeDesk], None], *, one_of_a_kind: bool = False
) -> Iterator[QWidget]:
    """Arrange the screen anew for each widget that can have the focus there."""
    done: set[tuple[str, int]] = set()
    while True:
        arrange(desk)
        names: list[str] = []
        for stop in desk.stops():
            name = name_of(stop)
            if one_of_a_kind and not isinstance(stop, QLineEdit):
                name = type(stop).__name__
            place = (name, 0 if one_of_a_kind else names.count(name))
            names.append(name)
            if place not in done:
                break
        else:
            assert len(done) > 3
            return
        done.add(place)
        yield stop


@pytest.mark.parametrize("screen", SCREENS)
def test_a_members_code_opens_the_member_from_every_focus(desk: WholeDesk, screen: str) -> None:
    some = screen in ONE_OF_A_KIND
    for stop in every_stop(desk, SCREENS[screen], one_of_a_kind=some):
        before = entered(desk)
        scan_at(desk, stop, CAIO)
        desk.until(lambda: desk.member == club.CAIO)
        assert desk.draft.is_empty
        assert desk.window.pages.visit.purchase.amount.centavos() == 0
        if before[0]:
            (held,) = desk.presenter.shell().parked
            desk.presenter.unpark(held.visit)
            desk.until(lambda: desk.member not in (0, club.CAIO))
            assert entered(desk) == before


@pytest.mark.parametrize("screen", ["visit", "confirmation"])
def test_the_open_members_code_leaves_what_was_entered(desk: WholeDesk, screen: str) -> None:
    code = MARINA if screen == "visit" else TERESA
    for stop in every_stop(desk, SCREENS[screen], one_of_a_kind=True):
        before = entered(desk)
        seen = scan_at(desk, stop, code)
        assert entered(desk) == before
        assert [edit.text() for edit, _text in seen.texts] == [text for _edit, text in seen.texts]
        assert desk.presenter.shell().parked == ()


def test_a_receipt_joins_the_visit_and_the_amount_waits_for_its_digits(desk: WholeDesk) -> None:
    def opened(desk: WholeDesk) -> None:
        idle(desk)
        desk.scan(MARINA)

    for number, stop in enumerate(every_stop(desk, opened, one_of_a_kind=True), 1):
        scan_at(desk, stop, club.online_receipt(number))
        desk.until(lambda: desk.draft.receipt is not None)
        assert entered(desk)[1:] == (0, 0)
        desk.type("8640")
        assert desk.draft.amount_centavos == AMOUNT, name_of(stop)
        desk.presenter.visit.change(replace(desk.draft, receipt=None))


def test_a_pending_voucher_opens_its_member_from_every_focus(desk: WholeDesk) -> None:
    until = date(2026, 12, 31)
    paper = code_of(PendingVoucher(club.PROGRAMME, club.CAIO, club.COFFEE, until))
    for stop in every_stop(desk, visit, one_of_a_kind=True):
        scan_at(desk, stop, paper)
        desk.until(lambda: desk.member == club.CAIO)


# --- Nobody has signed in -------------------------------------------------------------------------


def sign_in(desk: WholeDesk) -> None:
    if desk.screen != "sign_in":
        desk.press(F12)
    desk.until(lambda: desk.screen == "sign_in" and desk.page.people)
    desk.presenter.sign_in.choose(str(club.JOANA))
    desk.window.sign_in.go_home()
    desk.type("48")


def looking_for_somebody(desk: WholeDesk) -> None:
    sign_in(desk)
    desk.presenter.sign_in.search("")
    desk.settle()


@pytest.mark.parametrize("arrange", [sign_in, looking_for_somebody])
def test_a_members_code_asks_for_a_cashier_first(desk: WholeDesk, arrange) -> None:
    for stop in every_stop(desk, arrange):
        scan_at(desk, stop, CAIO)
        assert desk.screen == "sign_in"
        assert desk.page.notice == "Entre primeiro e leia de novo."
        assert desk.member == 0
        pins = [edit for edit in desk.edits() if edit.property("pin")]
        assert [pin.text() for pin in pins] == ["48"]


@pytest.mark.parametrize("arrange", [sign_in, looking_for_somebody])
def test_a_badge_signs_in_from_every_focus(desk: WholeDesk, arrange) -> None:
    for stop in every_stop(desk, arrange):
        scan_at(desk, stop, club.badge_code(club.BIANCA))
        desk.until(lambda: desk.screen == "identify")
        assert desk.presenter.shell().operator.name == "Bianca Torres"


def test_a_badge_answers_the_question_for_a_lead_from_every_focus(desk: WholeDesk) -> None:
    head = desk.app.ledger().head().seq
    stops = every_stop(desk, question, one_of_a_kind=True)
    stop = next(one for one in stops if one.property("echoMode") is not None)
    scan_at(desk, stop, club.badge_code(club.BIANCA))
    desk.until(lambda: desk.screen == "identify")
    assert desk.app.ledger().head().seq == head + 2


# --- Typing ---------------------------------------------------------------------------------------


def test_a_fast_typist_is_no_reader(desk: WholeDesk) -> None:
    idle(desk)
    desk.press(F3)
    scanned: list[str] = []
    desk.window.wedge.scanned.connect(scanned.append)
    desk.type("11987650000", gap=83)
    desk.press(Qt.Key.Key_Tab)
    desk.type("Maria Aparecida dos Santos 1234567890", gap=83)
    form = desk.presenter.enrol.view.form
    assert scanned == []
    assert form.name == "Maria Aparecida dos Santos 1234567890"
    assert "".join(char for char in form.phone if char.isdigit()) == "11987650000"


def test_a_receipts_key_may_be_typed_into_the_search_field(desk: WholeDesk) -> None:
    idle(desk)
    desk.scan(MARINA)
    desk.press(F2)
    desk.type(club.receipt_key(77) + "\r", gap=200)
    desk.until(lambda: desk.draft.receipt is not None)
    assert desk.draft.receipt.key == club.receipt_key(77)
    assert [edit.text() for edit in desk.edits()] == [""] * len(desk.edits())


def test_a_reader_that_reads_twice_acts_once(desk: WholeDesk) -> None:
    idle(desk)
    for pause in (0, 1_400, 0):
        desk.keyboard.rest(pause)
        desk.keyboard.type("LD!F11\r", 6)
    desk.settle()
    assert desk.page.tray is not None
    desk.scan("LD!F11")  # after a rest it is meant
    assert desk.page.tray is None


@pytest.mark.parametrize("focus", [F2, F4, F5])
def test_a_command_card_presses_its_key_from_every_focus_and_types_nothing(
    desk: WholeDesk, focus: Qt.Key
) -> None:
    visit(desk)
    desk.press(focus)
    desk.scan("LD!F5")
    assert (desk.draft.amount_centavos, desk.page.rewards.is_choosing) == (AMOUNT, True)
    desk.scan("LD!F4")
    assert desk.focus is desk.window.pages.visit.purchase.amount.edit
    desk.scan("LD!F3")
    assert desk.page.amount.notice.text == "Este cartão não faz nada aqui."
    assert [edit.text() for edit in desk.edits() if "LD" in edit.text()] == []
    assert desk.draft.amount_centavos == AMOUNT


def test_digits_in_the_amount_choose_no_reward(desk: WholeDesk) -> None:
    idle(desk)
    desk.scan(TERESA)
    desk.type("123456")
    assert (desk.draft.amount_centavos, desk.draft.reward) == (123_456, 0)
    assert desk.page.panel is None


@pytest.mark.parametrize("screen", ["visit", "confirmation", "question", "enrolment"])
def test_enter_never_concludes(desk: WholeDesk, screen: str) -> None:
    head = desk.app.ledger().head().seq
    for stop in every_stop(desk, SCREENS[screen], one_of_a_kind=True):
        stop.setFocus(Qt.FocusReason.TabFocusReason)
        desk.press(Qt.Key.Key_Return)
        assert desk.app.ledger().head().seq == head, name_of(stop)
        assert desk.screen == ("enrol" if screen == "enrolment" else "visit"), name_of(stop)


@pytest.mark.parametrize("screen", [*SCREENS, "sign_in"])
def test_tab_walks_round_the_whole_window(desk: WholeDesk, screen: str) -> None:
    {**SCREENS, "sign_in": sign_in}[screen](desk)
    wanted, walked = set(map(name_of, desk.stops())), []
    for _step in range(60):
        desk.press(Qt.Key.Key_Tab)
        assert desk.focus.isVisible()
        walked.append(desk.focus)
    assert walked.count(walked[0]) >= 2, "Tab never came back"
    tiles = {name for name in wanted if name.startswith("RewardTileView")}
    assert wanted - tiles <= set(map(name_of, walked))
