"""A voucher at the counter: it opens its member with the reward chosen, and F10 hands it over."""

from tests.desk import club

UNKNOWN = 9 << 40 | 77


def test_a_voucher_opens_its_member_with_the_reward_to_confirm(desk):
    desk.scan(club.voucher_code())

    panel = desk.page.panel
    assert desk.page.member.name == "Marina Alves"
    assert (panel.name, panel.terms) == ("Ecobag Jatobá", "Voucher 0000 01")
    assert panel.proof.title == "Set aside for this customer"
    assert not panel.can_more


def test_f10_hands_it_over_without_a_line(desk):
    desk.scan(club.voucher_code())
    desk.press(10)

    assert desk.name == "identify"
    assert desk.till.head == 1


def test_a_voucher_of_the_open_member_is_added_to_the_visit(desk):
    desk.open(club.MARINA)
    desk.type_amount(8_640)
    desk.scan(club.voucher_code())

    assert desk.page.panel.name == "Ecobag Jatobá"
    assert desk.draft.amount_centavos == 8_640
    desk.press(10)
    assert desk.till.head == 2


def test_a_voucher_of_somebody_else_puts_the_open_visit_on_hold(desk):
    desk.open(club.CAIO)
    desk.type_amount(1_000)
    desk.scan(club.voucher_code())

    assert desk.chips == ["On hold: Caio"]
    assert desk.page.member.name == "Marina Alves"


def test_escape_leaves_the_voucher_and_another_reward_may_be_chosen(desk):
    desk.scan(club.voucher_code())
    desk.escape()

    assert desk.draft.voucher is None
    assert desk.draft.reward == 0


def test_a_member_who_is_not_on_this_till_gets_their_voucher(desk):
    desk.scan(club.voucher_code(UNKNOWN))

    assert desk.page.member.name == "Member of this voucher"
    assert desk.page.panel.remains == "–"
    desk.press(10)
    assert desk.till.head == 1


def test_a_used_voucher_says_so(desk):
    desk.scan(club.voucher_code())
    desk.press(10)
    desk.till.clock.passes(3 * club.SECOND)
    desk.scan(club.voucher_code())

    assert desk.name == "identify"
    assert "handed over here already" in str(desk.page)
    assert desk.till.head == 1


def test_a_voucher_of_another_shop_says_which(desk):
    desk.scan(club.voucher_code(store=2))

    assert "This reward is set aside in Moema." in str(desk.page)
