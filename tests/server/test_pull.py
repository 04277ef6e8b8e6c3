"""Pulling: every change, in order, none twice over the same page, none ever missed."""

import random
from datetime import timedelta

import pytest

from sync.programme.document import Earning, open_document
from sync.programme.refusals import Reason, Refused
from sync.server.office.documents import local, publish
from sync.server.office.epoch import keep_setting
from sync.server.office.feed import divide_by_store, raise_members
from sync.server.office.fulfilments import make_ready
from sync.server.office.made_rows import MadeRows
from sync.server.office.members import erase
from sync.server.office.staff import Colleague, employ
from tests.server.accounts import stored
from tests.server.shop import DAY, MINUTE, NOON, enrolled_till, programme, pull

KEY = "35261111222333000181650010000000011000000015"


def everything(till, cursor: str = "", limit: int = 5_000, *, made=None):
    """All pages from a cursor: the rows as they end up, and the last cursor."""
    rows = {}
    while True:
        page = till.pull(cursor, limit, made=made)
        rows.update({row.id: row for row in page.members})
        for gone in page.gone:
            rows.pop(gone, None)
        cursor = page.cursor
        if not page.more:
            return rows, cursor


def test_the_first_pull_brings_everything(office, till):
    member = till.member()
    with office.database.write() as connection:
        person = Colleague(id=1, store=1, name="Joana Prado", role="cashier", shift="07:00-15:00")
        employ(office, connection, person, pin="246810")

    page = till.pull()

    assert [row.id for row in page.members] == [member]
    assert [(row.name, row.role, row.shift) for row in page.staff] == [
        ("Joana Prado", "cashier", "07:00-15:00")
    ]
    (paper,) = page.documents
    server_key = office.keys.config.public_key().public_bytes_raw()
    document = open_document(paper.body.encode(), bytes.fromhex(paper.signature), server_key)
    assert document.version == 1
    assert (page.acked_seq, page.more, page.sales) == (1, False, -1)


def test_an_idle_pull_brings_nothing(till):
    till.member()
    page = till.pull()

    idle = till.pull(page.cursor)

    assert (idle.members, idle.staff, idle.stock, idle.leases, idle.documents) == ((),) * 5
    assert idle.cursor == page.cursor


def test_a_change_is_pulled_by_every_terminal(office, till):
    other = enrolled_till(office, store=2, seed=2)
    member = till.member()
    page = other.pull()
    till.accrual(member, 1_000)
    till.push()

    (row,) = other.pull(page.cursor).members

    assert (row.points, row.version) == (60, 2)


def test_a_page_holds_no_more_than_asked_for(till):
    expected = {till.enrolment().member for _ in range(7)}
    till.push()

    rows, _ = everything(till, limit=3)

    assert set(rows) == expected
    assert till.pull(limit=3).more


def test_a_member_who_changes_while_pages_are_read_is_not_missed(till):
    members = [till.enrolment().member for _ in range(6)]
    till.push()
    first = till.pull(limit=3)
    till.accrual(members[0], 1_000)
    till.accrual(members[5], 1_000)
    till.push()

    rows, _ = everything(till, first.cursor, limit=3)

    assert {members[0]: 60, members[5]: 60}.items() <= {
        i: r.points for i, r in rows.items()
    }.items()


def test_a_copy_that_is_kept_up_equals_a_new_one(office, till):
    """Random work, random pages: what a terminal holds is what a new one would be given."""
    chance = random.Random(7)
    reader = enrolled_till(office, store=2, seed=2)
    made = MadeRows()
    members, copy, cursor = [], {}, ""
    for _ in range(60):
        till.at += MINUTE
        if chance.random() < 0.3 or not members:
            members.append(till.enrolment().member)
        till.accrual(chance.choice(members), chance.randrange(100, 9_000))
        till.push()
        if chance.random() < 0.5:
            till.pull(made=made)  # rows for another store
            rows, cursor = everything(reader, cursor, limit=chance.randint(1, 4), made=made)
            copy.update(rows)
    reader.at = till.at
    rows, cursor = everything(reader, cursor, limit=3, made=made)
    copy.update(rows)

    assert copy == everything(reader)[0]
    assert {m: row.points for m, row in copy.items()} == {
        m: one.account.points for m, one in stored(office).items()
    }


def test_a_member_who_changed_several_times_is_one_row(till):
    member, other = till.member(), till.member()
    for _ in range(3):
        till.accrual(member, 1_000)
        till.push()

    rows = till.pull().members

    assert [(row.id, row.points) for row in rows] == [(member, 180), (other, 50)]


def test_a_page_that_more_come_after_shows_members_as_they_are_now(till):
    made = MadeRows()
    member, others = till.member(), [till.member() for _ in range(3)]
    till.pull(made=made)
    till.accrual(member, 1_000)
    till.push()

    page = till.pull(limit=2, made=made)

    assert page.more
    assert [(row.id, row.points) for row in page.members] == [(member, 60), (others[0], 50)]


def test_who_was_forgotten_stays_so_when_an_event_of_theirs_comes_late(office, till):
    member = till.member()
    erase(office, member, staff=1, now=NOON)
    cursor = till.pull().cursor
    till.accrual(member, 1_000)
    till.push()

    assert everything(till)[0] == {}
    after = pull(office, till.caller, cursor=cursor, limit=5_000, now=NOON, tally=True)
    assert (after.members, after.tally.members) == ((), 0)


def test_who_was_forgotten_is_not_brought_to_another_store_by_what_comes_late(office, till):
    with office.database.write() as connection:
        divide_by_store(connection)
    member, there = till.member(), enrolled_till(office, store=2, seed=2)
    erase(office, member, staff=1, now=NOON)
    there.accrual(member, 1_000)
    there.push()

    page = pull(office, there.caller, cursor="", limit=5_000, now=NOON, tally=True)
    assert (page.members, page.tally.members) == ((), 0)


def test_a_member_who_is_gone_is_told(office, till):
    member = till.member()
    page = till.pull()
    with office.database.write() as connection:
        raise_members(connection, {member: 1}, gone=frozenset({member}))

    after = till.pull(page.cursor)

    assert (after.members, after.gone) == ((), (member,))


def test_results_come_with_the_acknowledgement_and_once(till):
    member = till.member()
    till.accrual(member, 1_000, receipt=KEY, evidence="receipt")
    page = till.pull()
    again = till.accrual(member, 1_000, receipt=KEY, evidence="receipt")
    till.push()

    after = till.pull(page.cursor)

    (result,) = after.results
    assert (result.seq, result.status, result.code) == (again.seq, "needs_review", "receipt_used")
    assert result.facts == {"store": "Pinheiros", "at": NOON}
    assert (after.acked_seq, till.pull(after.cursor).results) == (3, ())


def test_a_receipt_used_in_another_store_gives_nothing(office, till):
    other = enrolled_till(office, store=2, seed=2)
    member = till.member()
    other.accrual(member, 9_600, receipt=KEY, evidence="receipt")
    other.push()
    event = till.accrual(member, 9_600, receipt=KEY, evidence="receipt")

    result = till.result(till.push(), event)

    assert (result.code, result.facts) == ("receipt_used", {"store": "Moema", "at": NOON})
    assert stored(office)[member].account.points == 50 + 96


def test_a_new_document_is_sent_ahead(office, till):
    page = till.pull()
    with office.database.write() as connection:
        paper = programme(2, valid_from=NOON + DAY, earning=Earning(rate="2"))
        publish(connection, office.keys, paper, now=NOON)

    assert len(till.pull(page.cursor).documents) == 1
    assert len(till.pull().documents) == 2


def test_a_terminal_of_another_store_has_its_own_staff_and_pickups(office, till):
    member = till.member()
    other = enrolled_till(office, store=2, seed=2)
    with office.database.write() as connection:
        person = Colleague(id=1, store=1, name="Joana Prado", role="cashier")
        employ(office, connection, person, pin="246810")
        make_ready(office, connection, member=member, reward=1, store=1, place="balcão", at=NOON)

    here, there = till.pull(), other.pull()

    assert (len(here.staff), len(there.staff)) == (1, 0)
    assert (here.members[0].pickups, there.members[0].pickups) == (((1, "balcão"),), ())


def test_points_that_lapse_soon_are_told(till):
    member = till.member()
    till.accrual(member, 3_000)
    till.push()
    till.at += 330 * DAY  # the month end after twelve months is 30 November 2027

    assert (local(till.at, "America/Sao_Paulo") + timedelta(days=60)).isoformat() > "2027-11-30"
    (row,) = till.pull().members
    assert (row.lapse_day, row.lapse_points) == ("2027-11-30", 80)


def test_a_large_programme_deals_members_out_by_store(office, till):
    with office.database.write() as connection:
        divide_by_store(connection)
    here, there = till.member(), enrolled_till(office, store=2, seed=2)
    far = there.member()

    assert set(everything(till)[0]) == {here}
    assert set(everything(there)[0]) == {far}


def test_a_member_who_comes_to_another_store_is_known_there_from_then_on(office, till):
    with office.database.write() as connection:
        divide_by_store(connection)
    member, there = till.member(), enrolled_till(office, store=2, seed=2)
    _, cursor = everything(till)
    there.accrual(member, 1_000)
    there.push()

    assert everything(there)[0][member].points == 60
    assert everything(till, cursor)[0][member].points == 60


@pytest.mark.parametrize("cursor", ["x", "W10", "bm90IGpzb24", "🤷"])
def test_a_cursor_that_is_none_is_refused(till, cursor):
    with pytest.raises(Refused) as refused:
        till.pull(cursor)

    assert refused.value.reason is Reason.CURSOR_INVALID


@pytest.mark.parametrize("change", ["epoch", "scope"])
def test_a_cursor_of_another_epoch_or_scope_is_refused(office, till, change):
    till.member()
    page = till.pull()
    with office.database.write() as connection:
        if change == "epoch":
            keep_setting(connection, "epoch", "2")
        else:
            divide_by_store(connection)

    with pytest.raises(Refused) as refused:
        till.pull(page.cursor)

    assert refused.value.reason is Reason.CURSOR_INVALID
