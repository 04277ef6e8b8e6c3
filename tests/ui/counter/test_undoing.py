"""Undo from the screen: live seconds, whoever is open, once."""

from tests.desk import club


def credited(desk, member=club.MARINA, centavos=8_640):
    desk.open(member)
    desk.type_amount(centavos)
    desk.press(10)
    assert desk.name == "identify"


def test_the_seconds_run_down_and_end(desk, till):
    credited(desk)
    seen = []
    for _second in range(17):
        seen.append(desk.page.recent[0].undo)
        till.clock.passes(club.SECOND)
        desk.presenter.tick()

    assert seen[0] == "Undo · 15 s"
    assert seen[14] == "Undo · 1 s"
    assert seen[15:] == ["", ""]


def test_f8_at_14_seconds_takes_the_visit_back_and_tells_the_server(desk, till):
    credited(desk)
    till.clock.passes(14 * club.SECOND)
    before = desk.rounds
    desk.press(8)

    assert desk.notice == "Undone. Nothing was taken."
    assert desk.page.recent[0].effect == "Undone. Nothing was taken."
    assert till.points_of(club.MARINA) == 2_480
    assert desk.rounds == before + 1


def test_f8_at_16_seconds_says_that_it_is_too_late(desk, till):
    credited(desk)
    till.clock.passes(16 * club.SECOND)
    desk.press(8)

    assert desk.notice == "The time to undo is over. A lead can reverse it with a reason."
    assert till.points_of(club.MARINA) == 2_609


def test_f8_with_nothing_done_says_so(desk):
    desk.press(8)

    assert desk.notice == "There is nothing to undo."


def test_f8_twice_undoes_one_visit(desk, till):
    credited(desk, club.CAIO, 1_000)
    credited(desk)
    desk.press(8)
    desk.press(8)

    assert desk.notice == "This visit was undone already."
    assert till.points_of(club.CAIO) == 102


def test_undo_with_a_member_open_is_told_there_and_corrects_the_balance(desk):
    credited(desk)
    desk.open(club.MARINA)
    desk.type_amount(1_000)
    assert desk.page.member.balance == "2,609"
    desk.press(8)

    assert desk.name == "visit"
    assert desk.said == "Undone. Nothing was taken."
    assert desk.page.member.balance == "2,480"
    assert desk.draft.amount_centavos == 1_000


def test_an_undo_that_is_refused_with_a_member_open_is_told_there(desk, till):
    credited(desk)
    till.clock.passes(16 * club.SECOND)
    desk.open(club.CAIO)
    desk.press(8)

    assert desk.page.summary.proof.title.startswith("The time to undo is over.")


def test_undo_from_the_wrong_member_frees_the_receipt_for_the_right_one(desk, till):
    desk.scan(club.offline_receipt(total="86.40"))
    desk.open(club.CAIO)
    desk.press(10)
    desk.press(8)
    desk.scan(club.offline_receipt(total="86.40"))
    desk.open(club.MARINA)
    desk.press(10)

    assert (till.points_of(club.CAIO), till.points_of(club.MARINA)) == (90, 2_609)


def test_the_programme_says_how_long_undo_is_possible(desk, till):
    from dataclasses import replace

    limits = replace(club.DOCUMENT.limits, undo_seconds=30)
    till.publish(replace(club.DOCUMENT, limits=limits))
    desk.line(False)
    credited(desk)

    assert desk.page.recent[0].undo == "Undo · 30 s"


def test_undo_while_a_form_is_open_does_nothing(desk, till):
    credited(desk)
    desk.press(3)
    desk.press(8)

    assert (desk.name, till.points_of(club.MARINA)) == ("enrol", 2_609)
