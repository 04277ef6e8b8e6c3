"""The search field of the idle desk: many letters, one question at a time."""

from sync.programme.refusals import Reason, Refused


def names(desk):
    return [one.name for one in desk.page.search.results]


def test_a_field_filled_letter_by_letter_asks_one_question_and_only_for_the_last_words(desk):
    desk.store.held = True
    before = desk.store.waiting
    for end in range(1, len("marina alves") + 1):
        desk.presenter.idle.query("marina alves"[:end])
    assert desk.store.waiting == before + 1
    desk.store.step()

    assert (names(desk), desk.store.waiting) == (["Marina Alves"], 0)


def test_words_typed_while_the_answer_is_on_its_way_are_looked_for_next(desk):
    desk.store.held = True
    desk.presenter.idle.query("mar")
    heard = desk.store.late()
    desk.presenter.idle.query("caio")
    assert desk.store.waiting == 0
    heard()
    assert desk.page.search is None
    desk.store.go_on()

    assert names(desk) == ["Caio Nogueira"]


def test_nobody_is_looked_for_when_the_field_was_emptied_meanwhile(desk):
    desk.store.held = True
    desk.presenter.idle.query("mar")
    desk.presenter.idle.clear()
    desk.store.step()

    assert (desk.page.query, desk.page.search, desk.store.waiting) == ("", None, 0)


def test_a_search_that_failed_is_not_the_last_one(desk):
    desk.store.held = True
    desk.presenter.idle.query("mar")
    desk.store.lose(Refused(Reason.DATABASE_DAMAGED))
    assert desk.notice
    desk.presenter.idle.query("caio")
    desk.store.go_on()

    assert names(desk) == ["Caio Nogueira"]
