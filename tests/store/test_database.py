"""Opening encrypted files: what is promised of them, and what each fault is called."""

import os

import msgspec
import pytest

from loyalty_desk.store import database
from loyalty_desk.store.database import open_database, spoilt_is_damaged, writing
from loyalty_desk.store.ledger import open_ledger
from sync.programme.refusals import Reason, Refused
from sync.protocol import events as wire
from tests.store.acts import IDENTITY, an_enrolment

KEY = bytes(range(32))


def make_table(connection):
    connection.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT, body BLOB)")


def open_things(path, *, key=KEY, steps=(make_table,)):
    return open_database(path, key, steps, synchronous="FULL", cache_kib=1024, autocheckpoint=0)


def fill(opened, count=200):
    with opened.writing() as connection:
        connection.executemany(
            "INSERT INTO thing (name, body) VALUES ('Dona Rute Sampaio', ?)",
            [(os.urandom(500),) for _ in range(count)],
        )


def reason_of(refused):
    return refused.value.reason


def test_a_wrong_key_is_refused_when_the_file_is_opened(tmp_path, capfd):
    open_things(tmp_path / "a.db").close()

    with pytest.raises(Refused) as refused:
        open_things(tmp_path / "a.db", key=bytes(32))

    assert reason_of(refused) is Reason.DATABASE_KEY_WRONG
    assert capfd.readouterr().err == ""


def test_a_file_of_a_later_version_is_refused_and_left_alone(tmp_path):
    open_things(tmp_path / "a.db", steps=(make_table, lambda connection: None)).close()

    with pytest.raises(Refused) as refused:
        open_things(tmp_path / "a.db")

    assert reason_of(refused) is Reason.DATABASE_NEWER


def test_a_damaged_page_is_named_as_damage(tmp_path):
    path = tmp_path / "a.db"
    opened = open_things(path)
    fill(opened)
    opened.close()
    body = bytearray(path.read_bytes())
    body[4096 * 9 + 100] ^= 1
    path.write_bytes(body)

    opened = open_things(path)
    with pytest.raises(Refused) as refused, opened.reading() as connection:
        connection.execute("SELECT sum(length(body)) FROM thing").fetchall()
    opened.close()

    assert reason_of(refused) is Reason.DATABASE_DAMAGED


def test_a_full_disk_is_named_and_leaves_no_trace(tmp_path):
    opened = open_things(tmp_path / "a.db")
    with opened.reading() as connection:
        connection.execute("PRAGMA max_page_count = 8").fetchall()

    with pytest.raises(Refused) as refused:
        fill(opened)

    assert reason_of(refused) is Reason.DISK_FULL
    with opened.reading() as connection:
        assert connection.execute("SELECT count(*) FROM thing").fetchone() == (0,)
        connection.execute("PRAGMA max_page_count = 1000").fetchall()
    fill(opened)
    opened.close()


@pytest.mark.skipif(os.name == "nt", reason="folders are not closed to writing like this")
def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(Refused) as refused:
        open_things(tmp_path / "missing" / "a.db")

    assert reason_of(refused) is Reason.DISK_FULL


def test_a_fault_that_is_ours_is_not_dressed_up_as_the_disk(tmp_path):
    opened = open_things(tmp_path / "a.db")

    with pytest.raises(database.DriverError), opened.reading() as connection:
        connection.execute("SELECT nothing FROM nowhere")

    opened.close()


def test_a_statement_that_is_ours_to_mend_is_not_dressed_up_either(tmp_path):
    opened = open_things(tmp_path / "a.db")

    with pytest.raises(database.DriverError):
        opened.fetch("SELECT nothing FROM nowhere WHERE id = ?", 1)
    with pytest.raises(database.DriverError), opened.writing() as connection:
        connection.execute("SELECT nothing FROM nowhere")

    opened.close()


def test_a_fault_that_quotes_what_nobody_can_read_is_named_as_damage(tmp_path):
    opened = open_things(tmp_path / "a.db")
    with opened.writing() as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET name = CAST(x'ffff' AS TEXT), sql = 'CREATE'")
    opened.close()

    with pytest.raises(Refused) as refused:
        open_things(tmp_path / "a.db")

    assert reason_of(refused) is Reason.DATABASE_DAMAGED


@pytest.mark.parametrize("read", [wire.decode, msgspec.json.decode, int])
def test_what_nobody_wrote_is_damage_while_a_file_is_opened(read):
    with pytest.raises(Refused) as refused, spoilt_is_damaged():
        read(b"neither event nor number")

    assert reason_of(refused) is Reason.DATABASE_DAMAGED


def test_a_row_that_is_there_already_is_no_damage_while_a_file_is_opened(tmp_path):
    opened = open_things(tmp_path / "a.db")

    fill(opened, 1)

    with pytest.raises(database.IntegrityError), spoilt_is_damaged(), opened.writing() as writer:
        writer.execute("INSERT INTO thing (id) VALUES (1)")

    opened.close()


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path):
    open_things(tmp_path / "a.db").close()

    def half_a_step(connection):
        connection.execute("CREATE TABLE half (id INTEGER)")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        open_things(tmp_path / "a.db", steps=(make_table, half_a_step))

    opened = open_things(tmp_path / "a.db")
    with opened.reading() as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
        assert tables == [("thing",)]
    opened.close()


def test_steps_are_taken_once_each(tmp_path):
    taken = []

    def second(connection):
        taken.append("second")
        connection.execute("ALTER TABLE thing ADD COLUMN more TEXT")

    open_things(tmp_path / "a.db").close()
    open_things(tmp_path / "a.db", steps=(make_table, second)).close()
    open_things(tmp_path / "a.db", steps=(make_table, second)).close()

    assert taken == ["second"]


def test_a_transaction_that_fails_is_undone(tmp_path):
    opened = open_things(tmp_path / "a.db")

    def add_and_fail():
        with opened.writing() as connection:
            connection.execute("INSERT INTO thing (name) VALUES ('x')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_fail()

    with opened.reading() as connection:
        assert connection.execute("SELECT count(*) FROM thing").fetchone() == (0,)
    opened.close()


def test_a_reader_sees_one_state_while_another_connection_writes(tmp_path):
    opened = open_things(tmp_path / "a.db")
    reader = database.Database(
        database.connect(tmp_path / "a.db", KEY, synchronous="FULL", cache_kib=1024)
    )
    fill(opened, 3)

    with reader.snapshot() as reading:
        before = reading.execute("SELECT count(*) FROM thing").fetchone()
        fill(opened, 3)
        after = reading.execute("SELECT count(*) FROM thing").fetchone()
    with reader.reading() as reading:
        later = reading.execute("SELECT count(*) FROM thing").fetchone()

    assert (before, after, later) == ((3,), (3,), (6,))
    reader.close()
    opened.close()


def test_nothing_that_was_said_of_a_person_can_be_read_in_the_files(tmp_path):
    ledger = open_ledger(tmp_path / "ledger.db", KEY, KEY, random_bytes=os.urandom)
    ledger.enrolled(IDENTITY)
    ledger.record([an_enrolment(name="Dona Rute Sampaio")])

    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert b"Rute" not in written
    assert b"11982144417" not in written
    assert b"CREATE TABLE" not in written
    ledger.close()


@pytest.mark.parametrize("level", ["FULL", "NORMAL"])
def test_the_durability_asked_for_is_the_one_in_force(tmp_path, level):
    connection = database.connect(tmp_path / "a.db", KEY, synchronous=level, cache_kib=1024)

    found = connection.execute("PRAGMA synchronous").fetchone()

    assert found == ({"FULL": 2, "NORMAL": 1}[level],)
    connection.close()


def test_a_view_that_the_driver_has_ended_ends_without_another_fault(tmp_path):
    opened = open_things(tmp_path / "a.db")

    with opened.snapshot() as connection:
        connection.execute("ROLLBACK")

    opened.close()


def test_writing_does_not_hide_the_first_fault_when_it_cannot_roll_back(tmp_path):
    opened = open_things(tmp_path / "a.db")

    def end_it_and_fail():
        with opened.reading() as connection, writing(connection):
            connection.execute("ROLLBACK")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        end_it_and_fail()

    opened.close()
