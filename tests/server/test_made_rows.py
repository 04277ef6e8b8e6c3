"""Rows that are made once: for whoever looks from the same place, until their member changes."""

from sync.server.office import pull
from sync.server.office.epoch import begin_era, end_wait
from sync.server.office.feed import ALL_MEMBERS, divide_by_store, head, raise_members
from sync.server.office.made_rows import PAGES_MAX, ROWS_MAX, Asked, MadeRows, Page, Place
from sync.server.office.members import erase
from sync.server.office.overtaken import clear_overtaken
from tests.server.shop import DAY, NOON, enrolled_till, programme


def at_the_counter(*, store: int = 1) -> Place:
    return Place(1, ALL_MEMBERS, pull.view_of(programme(), store, now=NOON))


def asked(made: MadeRows, place: Place, *members: int, until: int = ROWS_MAX * 2):
    """What is held of members whose numbers are theirs, for who sees the feed that far."""
    return made.of(place, {member: member for member in members}, until)


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


def test_a_row_that_was_made_later_is_not_given_into_an_earlier_snapshot(office, till):
    made = MadeRows()
    member, other = till.member(), enrolled_till(office, seed=2)
    with office.database.read() as earlier:
        assert head(earlier, ALL_MEMBERS)
        till.accrual(member, 1_000)
        till.push()
        (later,) = other.pull(made=made).members

        page, _ = pull.page_in(
            earlier, office, till.caller, cursor="", limit=10, now=NOON, made=made
        )

    assert [(row.points, page.acked_seq) for row in page.members] == [(50, 1)]
    assert later.points == 60
    assert other.pull(made=made).members == (later,)


def test_a_row_is_given_out_after_what_its_number_overtook_was_cleared_away(office, till):
    made = MadeRows()
    member = till.member()
    till.accrual(member, 1_000)
    till.push()
    (before,) = till.pull(made=made).members

    assert clear_overtaken(office) == 1

    (after,) = enrolled_till(office, seed=2).pull(made=made).members
    assert after is before


def test_who_changed_since_is_made_anew_also_when_the_numbers_before_were_cleared(office, till):
    made = MadeRows()
    member, other = till.member(), till.member()
    before = {row.id: row for row in till.pull(made=made).members}
    till.accrual(member, 1_000)
    till.push()

    assert clear_overtaken(office) == 1

    after = {row.id: row for row in enrolled_till(office, seed=2).pull(made=made).members}
    assert (before[member].points, after[member].points) == (50, 60)
    assert after[other] == before[other]


def test_rows_of_one_store_are_made_anew_by_the_numbers_of_that_store(office, till):
    with office.database.write() as connection:
        divide_by_store(connection)
    made, there = MadeRows(), enrolled_till(office, store=2, seed=2)
    member = till.member()
    for _ in range(3):  # its scope's numbers run ahead of the other's
        till.member()
    there.accrual(member, 1_000)
    there.push()
    here = {row.id: row.points for row in till.pull(made=made).members}
    elsewhere = {row.id: row.points for row in there.pull(made=made).members}
    assert here[member] == elsewhere[member] == 60

    till.accrual(member, 1_000)
    till.push()

    here = {row.id: row.points for row in till.pull(made=made).members}
    elsewhere = {row.id: row.points for row in there.pull(made=made).members}
    assert here[member] == elsewhere[member] == 70


def test_a_server_that_was_restored_gives_out_no_row_that_was_made_before(office, till):
    made = MadeRows()
    till.member()
    (before,) = till.pull(made=made).members
    with office.database.write() as connection:
        begin_era(connection, 2, awaits=0)
        end_wait(connection, now=NOON)

    (after,) = till.pull(made=made).members

    assert after == before
    assert after is not before


def test_a_page_with_somebody_forgotten_whose_event_came_late_is_made_once(office, till):
    made = MadeRows()
    member, other = till.member(), till.member()
    erase(office, member, staff=1, now=NOON)
    cursor = till.pull().cursor
    till.accrual(member, 1_000)
    till.accrual(other, 1_000)
    till.push()
    (first,) = till.pull(cursor, made=made).members

    (second,) = till.pull(cursor, made=made).members

    assert second is first
    assert till.pull(made=made).gone == (member,)


def test_who_is_gone_is_forgotten_wherever_they_were_seen(office, till):
    made = MadeRows()
    member = till.member()
    other = enrolled_till(office, store=2, seed=2)
    cursor = till.pull(made=made).cursor
    other.pull(made=made)
    assert [list(held) for held in made._places.values()] == [[member], [member]]
    with office.database.write() as connection:
        raise_members(connection, {member: 1}, gone=frozenset({member}))

    till.pull(cursor, made=made)

    assert [list(held) for held in made._places.values()] == [[], []]


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

    assert asked(made, there, 1) is None
    assert asked(made, there, 2) == ({2: row}, 2)

    made.keep(here, 1, {1: row})

    assert asked(made, there, 2) is None
    assert asked(made, here, 1, 3) == ({1: row, 3: row}, 1)

    made.keep(here, 2, {2: row})

    assert asked(made, here, 3) is None
    assert asked(made, here, 2, 4) == ({2: row, 4: row}, 2)


def test_a_row_that_is_made_again_is_not_the_oldest(till):
    till.member()
    (row,) = till.pull().members
    made, here = MadeRows(), at_the_counter()
    many = range(1, ROWS_MAX + 1)
    made.keep(here, ROWS_MAX, dict.fromkeys(many, row))
    made.keep(here, ROWS_MAX + 1, {1: row})

    made.keep(here, 1, {0: row})

    assert asked(made, here, 1) == ({1: row}, ROWS_MAX + 1)
    assert asked(made, here, 2) is None


def test_a_row_is_for_numbers_up_to_its_head_and_for_who_sees_that_far(till):
    till.member()
    (row,) = till.pull().members
    made, here = MadeRows(), at_the_counter()
    made.keep(here, 7, {5: row})

    found = {until: asked(made, here, 5, until=until) for until in (6, 7, 8)}

    assert found == {6: None, 7: ({5: row}, 7), 8: ({5: row}, 7)}
    assert made.of(here, {5: 8}, 9) is None


def test_a_slow_page_that_is_kept_over_a_newer_row_is_not_taken_for_it(till):
    till.member()
    (row,) = till.pull().members
    made, here = MadeRows(), at_the_counter()
    made.keep(here, 7, {5: row})

    made.keep(here, 6, {5: row})

    assert made.of(here, {5: 7}, 7) is None
    assert made.of(here, {5: 6}, 7) == ({5: row}, 6)


def test_a_slow_page_does_not_bring_back_who_is_gone(till):
    till.member()
    (row,) = till.pull().members
    made, here = MadeRows(), at_the_counter()
    made.forget({5})

    made.keep(here, 7, {5: row})

    assert asked(made, here, 5) == ({5: None}, 7)


def test_a_page_is_put_together_once_while_nobody_changes(office, till):
    made, other = MadeRows(), enrolled_till(office, seed=2)
    members = [till.member() for _ in range(3)]
    first = till.pull(limit=2, made=made)

    again, further = other.pull(limit=2, made=made), till.pull(first.cursor, limit=2, made=made)

    assert again.members is first.members
    assert ([row.id for row in first.members], first.more) == (members[:2], True)
    assert ([row.id for row in further.members], further.more) == (members[2:], False)


def test_a_page_is_put_together_anew_when_anybody_has_changed(office, till):
    made = MadeRows()
    members = [till.member() for _ in range(3)]
    before = till.pull(limit=2, made=made)
    till.accrual(members[2], 1_000)
    till.push()

    after = till.pull(limit=2, made=made)

    assert after.members == before.members
    assert after.members is not before.members


def test_of_who_is_gone_no_page_is_kept(till):
    till.member()
    (row,) = till.pull().members
    made, first = MadeRows(), Asked(at_the_counter(), 0, 10)
    page = Page(1, more=False, members=(row,), gone=())
    made.keep_page(first, 1, page)
    assert made.page(first, 1) == page

    made.forget({row.id})

    assert made.page(first, 1) is None
    made.keep_page(first, 1, page)  # by who was slow
    assert made.page(first, 1) is None


def test_no_more_pages_are_kept_than_there_is_room_for(till):
    till.member()
    (row,) = till.pull().members
    made, place = MadeRows(), at_the_counter()
    many = Page(ROWS_MAX, more=False, members=(row,) * ROWS_MAX, gone=())
    one = Page(1, more=False, members=(row,), gone=())
    asked_for = [Asked(place, after, 10) for after in range(PAGES_MAX + 1)]

    made.keep_page(asked_for[0], 1, many)
    assert made.page(asked_for[0], 1) == many
    for asked_page in asked_for:
        made.keep_page(asked_page, 1, one)

    assert [made.page(held, 1) for held in asked_for] == [None] + [one] * PAGES_MAX
    made.keep_page(asked_for[0], 1, many)
    assert [made.page(held, 1) for held in asked_for] == [many] + [None] * PAGES_MAX
