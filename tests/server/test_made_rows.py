"""Rows that are made once: for whoever looks from the same place, until their member changes."""

from sync.server.office import pull
from sync.server.office.feed import raise_members
from sync.server.office.made_rows import ROWS_MAX, MadeRows
from tests.server.shop import DAY, NOON, enrolled_till, programme


def at_the_counter(*, store: int = 1, now: int = NOON) -> tuple[str, object]:
    return "all", pull.view_of(programme(), store, now=now)


def test_a_second_terminal_of_a_store_is_given_the_row_that_was_made_for_the_first(office, till):
    made = MadeRows()
    till.member()
    (first,) = till.pull(made=made).members

    (second,) = enrolled_till(office, seed=2).pull(made=made).members

    assert second is first


def test_a_member_who_has_changed_has_another_row(office, till):
    made = MadeRows()
    member = till.member()
    (before,) = till.pull(made=made).members
    till.accrual(member, 1_000)
    till.push()

    (after,) = till.pull(made=made).members

    assert (before.points, after.points) == (50, 60)


def test_rows_are_made_anew_for_another_store_and_on_another_day(office, till):
    made = MadeRows()
    till.member()
    (here,) = till.pull(made=made).members

    (elsewhere,) = enrolled_till(office, store=2, seed=2).pull(made=made).members
    till.at += DAY
    (tomorrow,) = till.pull(made=made).members

    assert elsewhere == here == tomorrow
    assert elsewhere is not here is not tomorrow


def test_rows_of_a_page_that_more_come_after_are_made_once_too(office, till):
    made = MadeRows()
    members = [till.member() for _ in range(4)]
    first = till.pull(limit=2, made=made).members

    again = enrolled_till(office, seed=2).pull(limit=2, made=made).members

    assert [row.id for row in first] == members[:2]
    assert [a is b for a, b in zip(first, again, strict=True)] == [True, True]


def test_who_changed_since_is_made_anew_in_a_page_before_the_one_that_says_so(office, till):
    made = MadeRows()
    member, other = [till.member() for _ in range(3)][:2]
    before = till.pull(limit=2, made=made).members
    till.accrual(member, 1_000)
    till.push()

    after = till.pull(limit=2, made=made).members

    assert [(row.id, row.points) for row in before] == [(member, 50), (other, 50)]
    assert [(row.id, row.points) for row in after] == [(member, 60), (other, 50)]


def test_behind_very_many_changes_rows_are_made_anew(till, monkeypatch):
    monkeypatch.setattr(pull, "PAGE", 2)
    made = MadeRows()
    _, _, *others = [till.member() for _ in range(5)]
    before = till.pull(limit=2, made=made).members
    for other in others:
        till.accrual(other, 1_000)
        till.push()

    after = till.pull(limit=2, made=made).members

    assert after == before
    assert [a is b for a, b in zip(before, after, strict=True)] == [False, False]


def test_who_is_gone_is_forgotten_wherever_they_were_seen(office, till):
    made = MadeRows()
    member = till.member()
    other = enrolled_till(office, store=2, seed=2)
    cursor = till.pull(made=made).cursor
    other.pull(made=made)
    (number,) = [number for _, (number, _) in next(iter(made._places.values())).items()]
    with office.database.write() as connection:
        raise_members(connection, {member: 1}, gone=frozenset({member}))

    till.pull(cursor, made=made)

    assert [made.of(place, {member: number}) for place in made._places] == [None, None]


def test_who_is_gone_is_told_with_the_rows_that_were_made_of_others(office, till):
    made = MadeRows()
    member, other = till.member(), till.member()
    before = {row.id: row for row in till.pull(made=made).members}
    with office.database.write() as connection:
        raise_members(connection, {member: 1}, gone=frozenset({member}))

    page = enrolled_till(office, seed=2).pull(made=made)

    assert page.gone == (member,)
    (row,) = page.members
    assert row is before[other]


def test_those_made_longest_ago_make_room(till):
    till.member()
    (row,) = till.pull().members
    made = MadeRows()
    here, there = at_the_counter(), at_the_counter(store=2)
    made.keep(there, 2, {1: row, 2: row})
    many = range(3, ROWS_MAX + 2)
    made.keep(here, ROWS_MAX + 2, dict.fromkeys(many, row))

    assert made.of(there, {1: 1}) is None
    assert made.of(there, {2: 2}) == ({2: row}, 2)

    made.keep(here, 1, {1: row})

    assert made.of(there, {2: 2}) is None
    assert made.of(here, {1: 1, 3: 3}) == ({1: row, 3: row}, 1)

    made.keep(here, 2, {2: row})

    assert made.of(here, {3: 3}) is None
    assert made.of(here, {2: 2, 4: 4}) == ({2: row, 4: row}, 2)


def test_a_row_that_is_made_again_is_not_the_oldest(till):
    till.member()
    (row,) = till.pull().members
    made, here = MadeRows(), at_the_counter()
    many = range(1, ROWS_MAX + 1)
    made.keep(here, ROWS_MAX, dict.fromkeys(many, row))
    made.keep(here, ROWS_MAX + 1, {1: row})

    made.keep(here, 1, {0: row})

    assert made.of(here, {1: ROWS_MAX + 1}) == ({1: row}, ROWS_MAX + 1)
    assert made.of(here, {2: 2}) is None


def test_a_slow_page_does_not_bring_back_who_is_gone(till):
    member = till.member()
    (row,) = till.pull().members
    made, here = MadeRows(), at_the_counter()
    made.forget({member: 7})
    made.keep(here, 5, {member: row})

    assert made.of(here, {member: 5}) is None

    made.keep(here, 8, {member: row})

    assert made.of(here, {member: 8}) == ({member: row}, 8)
