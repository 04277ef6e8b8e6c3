"""Questions that go straight to the driver: the same rows, and the same errors."""

import pytest
from sqlalchemy import LargeBinary, bindparam, func, select
from sqlalchemy.exc import DBAPIError

from sync.server.store.dialect import insert_rows
from sync.server.store.questions import Question, rows_of
from sync.server.store.tables import programme_documents, settings

BY_HASH = select(
    programme_documents.c.version,
    programme_documents.c.body,
    (programme_documents.c.version > 0).label("is_numbered"),
    func.coalesce(programme_documents.c.published_at, 5).label("at"),
).where(programme_documents.c.hash == bindparam("of_hash", type_=LargeBinary))


@pytest.fixture
def names(office):
    with office.database.read() as connection:
        return list(connection.scalars(select(programme_documents.c.hash)))


def test_a_question_is_answered_as_sqlalchemy_answers_it(office, names):
    (name,) = names
    asked = Question(BY_HASH)
    with office.database.read() as connection:
        expected = connection.execute(BY_HASH, {"of_hash": name}).one()
        for _ in range(2):
            (row,) = asked.rows(connection, {"of_hash": name})
            assert row == tuple(expected)
            assert row.is_numbered is True
            assert (row.version, row.body, row.at) == (expected.version, expected.body, expected.at)


def test_a_plain_question_is_answered_as_the_driver_answers_it(office, names):
    version = select(programme_documents.c.version)
    with office.database.read() as connection:
        for _ in range(2):
            (row,) = Question(version, plain=True).rows(connection, {})
            assert type(row) is tuple
            assert row == connection.execute(version).one()


def test_a_question_without_an_answer_has_none(office):
    with office.database.read() as connection:
        assert Question(BY_HASH).one_or_none(connection, {"of_hash": bytes(32)}) is None


def test_a_question_sees_what_its_own_transaction_wrote(office):
    asked = Question(select(settings.c.value).where(settings.c.name == bindparam("of_name")))
    with office.database.write() as connection:
        insert_rows(connection, settings, [{"name": "colour", "value": "green"}])
        assert asked.one_or_none(connection, {"of_name": "colour"}).value == "green"


def test_a_question_that_fails_raises_what_sqlalchemy_raises(office):
    asked = Question(select(func.no_such_function().label("nothing")))
    with office.database.read_once() as connection, pytest.raises(DBAPIError):
        asked.rows(connection, {})


def test_a_connection_that_broke_during_a_question_is_given_up(office, names):
    asked, named = Question(BY_HASH), {"of_hash": names[0]}
    with pytest.raises(DBAPIError), office.database.read_once() as connection:
        broken(asked, connection, named)
    with office.database.read_once() as connection:
        assert asked.rows(connection, named)


def broken(asked, connection, named):
    connection.connection.driver_connection.close()
    asked.rows(connection, named)


COLOUR = Question(select(settings.c.value).where(settings.c.name == bindparam("of_name")))
NONSENSE = Question(select(func.no_such_function().label("nothing")))


def test_questions_that_are_asked_together_are_answered_each(office, names):
    row = {"name": "colour", "value": "green"}
    asked = [
        (COLOUR, {"of_name": "colour"}),
        (Question(BY_HASH), {"of_hash": names[0]}),
        (COLOUR, {"of_name": "shape"}),
    ]
    with office.database.write() as connection:
        insert_rows(connection, settings, [row])
        for _ in range(7):  # the driver prepares what it has run five times
            (green,), (version,), nothing = rows_of(connection, asked)
            assert (green.value, version.version, nothing) == ("green", 1, [])


@pytest.mark.parametrize("times", range(3, 7))
def test_a_question_that_fails_among_others_raises_what_sqlalchemy_raises(office, times):
    fine = (COLOUR, {"of_name": "colour"})
    with office.database.write() as connection:
        for _ in range(times):
            rows_of(connection, [fine, fine])
        with pytest.raises(DBAPIError), connection.begin_nested():
            rows_of(connection, [fine, (NONSENSE, {}), fine])
        assert rows_of(connection, [fine]) == [[]]


def test_a_connection_that_broke_during_questions_is_given_up(office):
    fine = (COLOUR, {"of_name": "colour"})
    with pytest.raises(DBAPIError), office.database.write() as connection:
        broken_among(connection, [fine, fine])
    with office.database.write() as connection:
        assert rows_of(connection, [fine]) == [[]]


def broken_among(connection, asked):
    connection.connection.driver_connection.close()
    rows_of(connection, asked)


def test_a_question_that_stands_alone_cannot_write(office):
    row = {"name": "colour", "value": "green"}
    with pytest.raises(DBAPIError), office.database.read_once() as connection:
        insert_rows(connection, settings, [row])
    with office.database.read() as connection:
        assert not connection.execute(select(settings).where(settings.c.name == "colour")).all()


def test_what_is_read_after_a_lone_question_is_one_snapshot_again(office):
    with office.database.read_once() as connection:
        connection.execute(select(settings)).all()
    with office.database.read() as reading:
        before = reading.execute(select(settings)).all()
        with office.database.write() as connection:
            insert_rows(connection, settings, [{"name": "colour", "value": "green"}])
        assert reading.execute(select(settings)).all() == before
