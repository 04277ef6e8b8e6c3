"""A database that was put back from a copy is known by the mark beside it."""

import threading

import pytest
from sqlalchemy import delete

from sync.server.jobs import Jobs
from sync.server.office.epoch import FIRST_EPOCH, era
from sync.server.office.recovery import awaited
from sync.server.office.witness import MARK_FILE, forget, look_back, renew
from sync.server.store.tables import settings
from tests.server.backups import backed_up, restore
from tests.server.shop import HOUR, NOON


def current(office):
    with office.database.read() as connection:
        return era(connection)


@pytest.fixture
def begun(office, till, member, tmp_path):
    """A head office that has begun before, with a till that has pushed."""
    assert not look_back(office, tmp_path, now=NOON)
    return tmp_path


def test_a_server_that_begins_again_goes_on_as_it_was(office, begun):
    assert not look_back(office, begun, now=NOON + HOUR)

    assert (current(office).epoch, current(office).recovering) == (FIRST_EPOCH, False)


def test_a_copy_that_was_put_back_waits_for_every_till(office, till, begun):
    backup = backed_up(office)
    till.member()
    till.push()
    renew(office, begun)
    restore(office, backup)

    assert look_back(office, begun, now=NOON + HOUR)

    assert current(office).recovering
    assert awaited(office) == (till.caller.terminal,)
    assert not look_back(office, begun, now=NOON + HOUR)


def test_what_came_after_the_mark_was_renewed_last_is_no_copy(office, till, begun):
    till.member()
    till.push()

    assert not look_back(office, begun, now=NOON + HOUR)


@pytest.mark.parametrize("left", [None, b"", b"{", b"[]", b"\xff"])
def test_a_database_that_has_lost_its_mark_is_taken_for_a_copy(office, begun, left):
    (begun / MARK_FILE).unlink()
    if left is not None:
        (begun / MARK_FILE).write_bytes(left)

    assert look_back(office, begun, now=NOON + HOUR)

    assert current(office).recovering


def test_the_mark_of_another_database_proves_nothing(office, begun):
    (begun / MARK_FILE).write_text('{"database": "another", "done": 1000000}')

    assert not look_back(office, begun, now=NOON + HOUR)


def test_a_copy_from_before_there_were_marks_is_known_by_the_mark_it_does_not_know(office, begun):
    with office.database.write() as connection:
        connection.execute(delete(settings).where(settings.c.name == "database"))

    assert look_back(office, begun, now=NOON + HOUR)


def test_a_database_that_is_made_anew_forgets_its_mark(office, begun):
    forget(begun)
    with office.database.write() as connection:
        connection.execute(delete(settings).where(settings.c.name == "database"))

    assert not look_back(office, begun, now=NOON + HOUR)


def test_where_no_mark_can_be_kept_the_next_start_is_still_the_first(office, till, tmp_path):
    with pytest.raises(FileNotFoundError):
        look_back(office, tmp_path / "gone", now=NOON)

    assert not look_back(office, tmp_path, now=NOON)


def test_a_copy_that_no_till_ever_spoke_to_has_nobody_to_wait_for(office, tmp_path):
    look_back(office, tmp_path, now=NOON)
    (tmp_path / MARK_FILE).unlink()

    assert not look_back(office, tmp_path, now=NOON)

    assert not current(office).recovering


def test_the_mark_is_renewed_every_minute_and_at_the_end(office, begun):
    marks = []
    asked = threading.Event()

    def note(told, _now) -> None:
        renew(told, begun)
        marks.append((begun / MARK_FILE).read_bytes())
        asked.set()

    jobs = Jobs(office, lambda: NOON, also={"witness": note})
    jobs.start()
    assert asked.wait(10)
    jobs.close()

    assert len(marks) == 2


def test_a_mark_that_cannot_be_written_stops_nothing(office, begun, caplog):
    jobs = Jobs(office, lambda: NOON, also={"witness": lambda told, _: renew(told, begun / "gone")})

    jobs.round()

    assert caplog.text.count("job witness failed") == 1
