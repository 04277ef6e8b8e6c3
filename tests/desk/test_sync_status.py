"""What waits to be sent and what needs somebody, in one value."""

from loyalty_desk.desk import sync_status, undo
from loyalty_desk.store.watch import Damage
from sync.protocol.messages import Result
from tests.desk import club


def test_with_nothing_recorded_nothing_waits(till):
    seen = sync_status.status(till.counter)

    assert (seen.waiting, seen.records, seen.queued, seen.notices) == (0, 0, (), ())
    assert (seen.members, seen.complete, seen.copy_of) == (len(club.MEMBERS), True, club.MORNING)


def test_each_visit_waits_under_its_members_name_until_it_is_acknowledged(till):
    till.credit(till.scan(club.card_code(club.MARINA)), 8_640)
    till.credit(till.scan(club.stranger_card_code()), 1_000)

    seen = sync_status.status(till.counter)

    assert [one.name for one in seen.queued] == ["", "Marina Alves"]
    assert seen.records == 2
    till.hear()
    assert sync_status.status(till.counter).records == 0


def test_an_undo_that_waits_alone_is_counted(till):
    till.credit(till.scan(club.card_code(club.MARINA)), 8_640)
    till.hear()
    undo.undo_last(till.counter, staff=club.JOANA, window_seconds=15)

    assert sync_status.status(till.counter).records == 1


def test_more_records_than_are_listed_are_counted_all_the_same(till):
    marina = till.scan(club.card_code(club.MARINA))
    for _visit in range(60):
        till.credit(marina, 1_000)

    seen = sync_status.status(till.counter)

    assert (len(seen.queued), seen.records) == (50, 60)


def test_what_the_disk_has_done_is_part_of_it(till):
    till.counter.damage = lambda: Damage(made_anew=club.MORNING, hurt=2)

    seen = sync_status.status(till.counter)

    assert (seen.made_anew, seen.hurt) == (club.MORNING, 2)


def test_what_the_server_wants_looked_at_names_the_member(till):
    till.credit(till.scan(club.card_code(club.MARINA)), 8_640)
    till.hear(Result(seq=1, status="needs_review", code="receipt_used", facts={"points": 129}))

    (noticed,) = sync_status.status(till.counter).notices

    assert (noticed.notice.code, noticed.notice.member) == ("receipt_used", club.MARINA)
    assert (noticed.name, noticed.visit.credited) == ("Marina Alves", 129)
