"""Overtaken numbers of the feed: cleared away, and no reader is told of less."""

import random

from sqlalchemy import func, select

from sync.server.jobs import Jobs
from sync.server.office.members import erase
from sync.server.office.overtaken import clear_due, clear_overtaken
from sync.server.store.tables import feed_changes, settings
from tests.server.shop import DAY, MINUTE, NOON, enrolled_till
from tests.server.sites import open_office
from tests.server.test_pull import everything


def numbers(office) -> int:
    with office.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(feed_changes))


def test_wherever_a_reader_stands_it_is_told_of_the_same_members_as_before(office, till):
    chance = random.Random(3)
    members, cursors = [till.member() for _ in range(5)], [""]
    for _ in range(12):
        till.at += MINUTE
        till.accrual(chance.choice(members), 1_000)
        till.accrual(chance.choice(members), 1_000)
        till.push()
        cursors.append(everything(till, cursors[-1])[1])
    erase(office, members[0], staff=1, now=till.at)
    before = [(everything(till, cursor), till.pull(cursor).gone) for cursor in cursors]
    there = numbers(office)

    assert clear_overtaken(office, at_once=3) == there - len(members)

    assert numbers(office) == len(members)
    assert [(everything(till, cursor), till.pull(cursor).gone) for cursor in cursors] == before
    assert clear_overtaken(office) == 0


def test_that_somebody_is_gone_is_not_overtaken_by_what_comes_late(office, till):
    member = till.member()
    cursor = enrolled_till(office, seed=2).pull().cursor
    erase(office, member, staff=1, now=NOON)
    till.accrual(member, 1_000)
    till.push()

    clear_overtaken(office)

    page = till.pull(cursor)
    assert (page.members, page.gone) == ((), (member,))


def test_before_anything_is_published_there_is_nothing_to_clear(site):
    office = open_office(site)

    clear_due(office, now=NOON)

    with office.database.read() as connection:
        assert connection.execute(select(settings)).all() == []
    office.database.close()


def test_the_feed_is_cleared_once_a_day(office, till):
    def of_a_round(now: int) -> int:
        for _ in range(2):
            till.accrual(member, 1_000)
            till.push()
        Jobs(office, lambda: now).round()
        return numbers(office)

    member = till.member()

    assert [of_a_round(now) for now in (NOON, NOON + MINUTE, NOON + DAY)] == [1, 3, 1]
