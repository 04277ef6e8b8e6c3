"""Function keys where they act, the line as it comes and goes, the tray of what waits."""

import pytest

from loyalty_desk.ui.shell.frame import KEYS
from sync.protocol.messages import Result
from tests.desk import club


def at(desk, screen):
    """Bring the desk to a screen."""
    if screen == "visit":
        desk.open(club.MARINA)
    elif screen == "enrol":
        desk.press(3)
    elif screen == "sign_in":
        desk.press(12)
    assert desk.name == screen


def standing(desk):
    """What a person would notice: the screen, what it shows, what is recorded."""
    return desk.name, desk.page, desk.till.head


@pytest.mark.parametrize("screen", ["sign_in", "identify", "visit", "enrol"])
def test_a_function_key_changes_something_exactly_where_the_frame_says_that_it_acts(desk, screen):
    by_focus = {2, 4, 5}  # these only move the focus
    for number in range(1, 13):
        while desk.name != "identify":
            if desk.name == "sign_in":
                desk.sign_in()
            desk.escape()
        at(desk, screen)
        before = standing(desk)
        desk.press(number)
        changed = standing(desk) != before
        assert changed == (number in KEYS[screen] - by_focus), (screen, number)
        if desk.floor.tray_open:
            desk.escape()


def test_the_keys_on_the_bar_are_those_that_act(desk):
    for screen in ("identify", "visit"):
        at(desk, screen)
        assert desk.shell.keys == KEYS[screen]


def plain(text):
    """The text without what the desk itself writes between the digits of a number."""
    return text.translate(str.maketrans("", "", "()-. "))


def test_f3_takes_a_phone_a_name_or_a_cpf_along(desk):
    for typed, field in (
        ("11 97777-6666", "phone"),
        ("Íris Faria", "name"),
        (club.FREE_CPF, "cpf"),
        (club.PHONE_LIKE_A_CPF, "phone"),
        ("98214-4417", "phone"),
    ):
        desk.presenter.idle.query(typed)
        desk.press(3)
        assert plain(getattr(desk.page, field).text) == plain(typed)
        desk.escape()


def test_f3_with_a_few_digits_opens_an_empty_form(desk):
    desk.presenter.idle.query("1234")
    desk.press(3)

    assert [one.text for one in desk.page.fields] == ["", "", "", ""]


def test_quiet_words_are_said_where_the_cashier_looks(desk):
    desk.press(6)
    assert desk.notice.startswith("Scan the receipt's QR")
    desk.open(club.MARINA)
    desk.press(7)
    assert desk.said == "Rewards ready to collect in this store: 0"
    desk.escape()
    desk.escape()
    desk.press(3)
    desk.press(1)

    assert desk.page.welcome.startswith("F2 search")


def test_a_place_that_is_not_open_says_so(desk):
    for place in ("shift", "contacts", "office"):
        desk.presenter.place(place)
        assert desk.notice == "This place is not open on this till yet."


# --- The line -------------------------------------------------------------------------------------


def test_offline_the_strip_says_since_when_and_how_old_the_copy_is(desk, till):
    desk.line(True)
    assert (desk.shell.pill.text, desk.shell.strip) == ("Up to date", None)
    till.clock.passes(club.HOUR)
    desk.line(False, retry_in=8)

    strip = desk.shell.strip
    assert strip.text.startswith("Offline since 10:41.")
    assert strip.side == "Members as of today, 09:41"
    assert desk.shell.pill.text == "Offline"


def test_offline_since_is_when_it_began(desk, till):
    desk.line(True)
    desk.line(False)
    till.clock.passes(club.HOUR)
    desk.line(False)

    assert desk.shell.strip.text.startswith("Offline since 09:41.")


def test_what_waits_is_counted_in_the_pill_and_leaves_it_when_it_arrived(desk, till):
    desk.line(True)
    desk.line(False)
    for member in (club.MARINA, club.CAIO):
        desk.open(member)
        desk.type_amount(1_000)
        desk.press(10)
    assert desk.shell.pill.text == "Offline · 2 waiting"
    assert [(one.place, one.text) for one in desk.shell.badges] == [("pending", "2")]
    till.hear()
    desk.line(True)

    assert (desk.shell.pill.text, desk.shell.badges) == ("Up to date", ())


def test_a_clock_that_is_wrong_and_a_till_that_was_blocked_come_first(desk):
    desk.line(False, clock_off_minutes=7)
    assert desk.shell.pill.text == "Clock is wrong"
    assert "7" in desk.shell.strip.text
    desk.line(False, revoked=True)

    assert desk.shell.pill.text == "Till blocked"


def test_the_line_coming_back_lets_an_open_member_redeem_more(desk):
    desk.open(club.MARINA)
    assert desk.page.member.offline_limit == "0 pts"
    assert {tile.name: tile.reason for tile in desk.page.rewards.tiles}["Brownie"] == "Needs a line"
    desk.line(True)

    assert desk.page.member.offline_limit == ""
    assert {tile.name: tile.reason for tile in desk.page.rewards.tiles}["Brownie"] == ""


def test_news_while_typing_do_not_take_the_focus(desk):
    desk.open(club.MARINA)
    desk.type_amount(86)
    home = desk.home
    desk.line(True)
    desk.line(False)
    desk.presenter.tick()

    assert desk.home == home
    assert desk.page.amount.centavos == 86


# --- The tray -------------------------------------------------------------------------------------


@pytest.fixture
def waiting(desk):
    """Marina's visit waits to be sent."""
    desk.line(False, retry_in=18)
    desk.scan(club.online_receipt(9_377))
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.press(10)
    return desk


def test_the_tray_lists_what_waits(waiting):
    waiting.press(11)

    tray = waiting.page.tray
    assert tray.intro == "1 record saved on this till. Nothing is lost."
    assert [(row.who, row.what, row.effect) for row in tray.rows] == [
        ("Marina Alves", "Purchase of R$\xa086.40", "+129")
    ]
    assert tray.foot == "Next try in 18 s"
    waiting.press(11)
    assert waiting.page.tray is None


def test_offline_the_line_can_be_tried_at_once(waiting):
    waiting.press(11)
    assert waiting.page.tray.can_retry
    before = waiting.rounds
    waiting.presenter.retry()

    assert waiting.rounds == before + 1


def test_escape_closes_the_tray_first(waiting):
    waiting.open(club.CAIO)
    waiting.press(11)
    waiting.escape()
    assert (waiting.name, waiting.page.panel) == ("visit", None)
    waiting.escape()

    assert waiting.name == "identify"


def test_the_next_member_opens_without_the_tray(waiting):
    waiting.press(11)
    waiting.open(club.CAIO)

    assert waiting.page.panel is None


def test_choosing_a_reward_brings_its_confirmation_before_the_tray(waiting, till):
    till.lend(club.MARINA, 400)
    waiting.open(club.MARINA)
    waiting.press(11)
    waiting.presenter.visit.choose(club.VOUCHER_10)

    assert waiting.page.panel.name == "Vale R$ 10"


def test_f10_never_redeems_behind_the_tray(waiting, till):
    till.lend(club.MARINA, 400)
    waiting.open(club.MARINA)
    waiting.presenter.visit.choose(club.VOUCHER_10)
    waiting.press(11)
    before = till.head
    waiting.press(10)
    assert (till.head, waiting.page.panel.name) == (before, "Vale R$ 10")
    waiting.press(10)

    assert till.head == before + 1


def test_f11_in_a_form_says_what_waits(waiting):
    waiting.press(3)
    waiting.press(11)

    assert waiting.page.welcome == "1 record saved on this till. Nothing is lost."


@pytest.fixture
def needing(waiting, till):
    """The server wants somebody to look at Marina's visit."""
    facts = {"store": "Moema", "at": club.MORNING}
    till.hear(Result(seq=1, status="needs_review", code="receipt_used", facts=facts))
    waiting.line(True)
    assert waiting.shell.pill.text == "1 needs you"
    waiting.press(11)
    return waiting


def test_what_needs_somebody_is_told_in_words(needing):
    needs = needing.page.tray.needs

    assert needs.title == "1 needs you"
    assert needs.text == ("Receipt 9377 had earned points at Moema. The 129 points were not added.")


def test_what_needs_somebody_can_be_put_away(needing):
    needs = needing.page.tray.needs
    needing.presenter.settle(needs.event, "archive")

    assert needing.page.tray.needs is None
    assert needing.shell.pill.text == "Up to date"


def test_see_detail_opens_the_member(needing):
    needs = needing.page.tray.needs
    needing.presenter.settle(needs.event, "see")

    assert (needing.name, needing.page.member.name) == ("visit", "Marina Alves")


# --- Searching ------------------------------------------------------------------------------------


def test_typing_shows_who_is_meant(desk):
    desk.presenter.idle.query("mar")

    assert [one.name for one in desk.page.search.results] == ["Marina Alves"]
    assert desk.page.search.results[0].contact == "(11) 9••••-4417 · CPF •••.247-••"


def test_half_a_number_is_not_said_to_be_nobodys(desk):
    desk.presenter.idle.query("1198214")
    assert desk.page.search is None
    desk.presenter.idle.query("11982144417")

    assert [one.name for one in desk.page.search.results] == ["Marina Alves"]


def test_an_answer_to_older_words_is_dropped(desk):
    desk.store.held = True
    desk.presenter.idle.query("mar")
    desk.presenter.idle.query("caio")
    desk.store.go_on()

    assert [one.name for one in desk.page.search.results] == ["Caio Nogueira"]


def test_enter_opens_whom_the_words_mean_not_whom_older_words_meant(desk):
    desk.presenter.idle.query("mar")
    desk.store.held = True
    desk.presenter.idle.query("caio")
    desk.presenter.search_submitted("caio")
    desk.store.go_on()

    assert desk.page.member.name == "Caio Nogueira"


def test_enter_on_a_shared_phone_leaves_the_choice_to_a_person(desk):
    desk.presenter.idle.query("11933332222")
    desk.presenter.search_submitted("11933332222")
    assert (desk.name, len(desk.page.search.results)) == ("identify", 2)
    desk.presenter.open_member(club.BIA)

    assert desk.page.member.name == "Beatriz Souza"


def test_enter_on_a_phone_that_looks_like_a_cpf_opens_its_owner(desk):
    desk.presenter.idle.query(club.PHONE_LIKE_A_CPF)
    desk.presenter.search_submitted(club.PHONE_LIKE_A_CPF)

    assert (desk.page.member.name, desk.draft.member.proof) == ("Teresa Oka", "none")


def test_enter_on_a_cpf_opens_its_owner_with_proof(desk):
    desk.presenter.search_submitted("529.982.247-25")

    assert (desk.page.member.name, desk.draft.member.proof) == ("Marina Alves", "cpf")


def test_a_result_chosen_after_a_cpf_was_typed_has_the_proof_too(desk):
    desk.presenter.idle.query(club.MARINAS_CPF)
    desk.presenter.open_member(desk.page.search.results[0].member_id)

    assert desk.draft.member.proof == "cpf"


def test_typing_is_no_sign_of_a_reader(desk):
    desk.floor.reader_seen = False
    desk.presenter.search_submitted(club.MARINAS_CPF)
    desk.escape()
    assert desk.page.reader.text == "Reader: no scans yet"
    desk.scan(club.card_code(club.MARINA))
    desk.escape()

    assert desk.page.reader.text == "Reader connected"


def test_enter_with_nobody_found_says_so_and_stays(desk):
    desk.presenter.idle.query("11 97777-6666")
    desk.presenter.search_submitted("11 97777-6666")

    assert desk.page.search.nothing == "Nobody with 11 97777-6666"
    assert desk.page.search.enrol_label == "Enrol with this number"


def test_a_typed_receipt_key_is_a_receipt(desk):
    desk.open(club.MARINA)
    desk.presenter.search_submitted(club.receipt_key())

    assert desk.draft.receipt.key == club.receipt_key()


def test_a_mistyped_receipt_key_says_so(desk):
    desk.presenter.search_submitted(club.wrong_digit(club.receipt_key()))

    assert desk.notice == "The receipt's key has a wrong digit. Scan or type it again."


def test_words_typed_beside_an_open_member_are_searched_with_the_visit_on_hold(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.presenter.search_submitted("caio")

    assert (desk.name, desk.page.query) == ("identify", "caio")
    assert [one.name for one in desk.page.search.results] == ["Caio Nogueira"]
    assert desk.chips == ["On hold: Marina"]


def test_an_unknown_cpf_typed_beside_an_open_member_is_refused_there(desk):
    desk.open(club.MARINA)
    desk.presenter.search_submitted(club.FREE_CPF)

    assert desk.name == "visit"
    assert desk.page.summary.proof.title == "We did not find this member. Enrol with F3."
