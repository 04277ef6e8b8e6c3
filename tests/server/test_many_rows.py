"""Rows are written as they are told, whether few or many, and whatever their columns share."""

from dataclasses import dataclass

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from sync.programme.members import bucket_of
from sync.server.store.database import repeated
from sync.server.store.dialect import (
    Among,
    add_rows,
    add_up_rows,
    ahead,
    answered,
    insert_rows,
    is_shared,
    put_numbered,
    put_rows,
)
from sync.server.store.questions import Question, rows_of
from sync.server.store.tables import feed_changes, feed_heads, lots, pendings
from sync.server.store.unfolding import AHEAD, run_last


@dataclass(frozen=True, kw_only=True)
class Told:
    """Rows of so many members, alike or each of its own."""

    count: int
    alike: bool

    def lots(self, earned: int = 7) -> list[dict[str, object]]:
        return [
            {
                "bucket": bucket_of(member),
                "member_id": member,
                "purse": 0,
                "expires_on": "2027-11-30" if self.alike else f"2027-{1 + member % 12:02d}-28",
                "earned": earned if self.alike else earned + member,
            }
            for member in range(1, self.count + 1)
        ]


@pytest.fixture(params=[(1, True), (49, True), (50, True), (50, False), (500, True), (500, False)])
def told(request) -> Told:
    count, alike = request.param
    return Told(count=count, alike=alike)


def held(connection, table) -> list[dict[str, object]]:
    rows = connection.execute(select(table)).mappings()
    return sorted((dict(row) for row in rows), key=lambda row: row["member_id"])


def test_rows_are_inserted_as_told(office, told):
    with office.database.write() as connection:
        insert_rows(connection, lots, told.lots())
        assert held(connection, lots) == told.lots()


def test_rows_that_are_there_stay_as_they_were_when_others_are_added(office, told):
    with office.database.write() as connection:
        insert_rows(connection, lots, told.lots(3)[:20])
        add_rows(connection, lots, told.lots())
        assert held(connection, lots) == told.lots(3)[:20] + told.lots()[20:]


def test_rows_that_are_there_are_replaced(office, told):
    with office.database.write() as connection:
        insert_rows(connection, lots, told.lots(3)[:20])
        put_rows(connection, lots, told.lots())
        assert held(connection, lots) == told.lots()


def test_sums_are_added_to_rows_that_are_there(office, told):
    with office.database.write() as connection:
        insert_rows(connection, lots, told.lots())
        add_up_rows(connection, lots, told.lots(), sums=["earned"])
        twice = [{**row, "earned": 2 * row["earned"]} for row in told.lots()]
        assert held(connection, lots) == twice


THEIRS = Among((lots.c.bucket, lots.c.member_id), lambda are_theirs: select(lots).where(are_theirs))


def test_a_row_whose_key_is_named_twice_is_found_once(office, told):
    keys = [(row["bucket"], row["member_id"]) for row in told.lots()]
    with office.database.write() as connection:
        insert_rows(connection, lots, told.lots())
        assert len(THEIRS.rows(connection, [*keys, *keys])) == told.count
        assert len(THEIRS.held(connection, [*keys, *keys])) == told.count


def test_what_all_rows_leave_empty_is_empty(office, told):
    rows = [
        {
            "bucket": row["bucket"],
            "member_id": row["member_id"],
            "event_id": bytes(16),
            "expires_on": row["expires_on"],
            "purse": 0,
            "points": row["earned"],
            "activates_at": None,
        }
        for row in told.lots()
    ]
    with office.database.write() as connection:
        insert_rows(connection, pendings, rows)
        assert held(connection, pendings) == rows


def test_rows_are_numbered_in_the_order_they_are_told_in(office, told):
    rows = [
        {"bucket": row["bucket"], "member_id": row["member_id"], "gone": not told.alike}
        for row in reversed(told.lots())
    ]
    with office.database.write() as connection:
        put_numbered(connection, feed_heads, feed_changes, "all", rows[:1])
    with office.database.write() as connection:
        put_numbered(connection, feed_heads, feed_changes, "all", rows)
    with office.database.read() as connection:
        found = held(connection, feed_changes)
    numbered = [{**row, "scope": "all", "seq": seq} for seq, row in enumerate(rows, start=2)]
    assert sorted(found, key=lambda row: row["seq"]) == [
        {**rows[0], "scope": "all", "seq": 1},
        *numbered,
    ]


COUNT = Question(select(func.count().label("rows")).select_from(lots))


def send_twice(connection, told, then=answered) -> None:
    """The same rows, of whom the second cannot be there; what comes after them is not looked at."""
    with ahead(connection):
        insert_rows(connection, lots, told.lots())
        insert_rows(connection, lots, told.lots())
        put_rows(connection, lots, told.lots())
    then(connection)


def test_rows_that_are_sent_ahead_are_there_for_the_next_statement(office, told):
    with office.database.write() as connection:
        with ahead(connection):
            insert_rows(connection, lots, told.lots(3)[:20])
            put_rows(connection, lots, told.lots())
        assert COUNT.one_or_none(connection, {}).rows == told.count
        assert held(connection, lots) == told.lots()


def test_rows_that_are_sent_ahead_are_committed(office, told):
    with office.database.write() as connection, ahead(connection):
        insert_rows(connection, lots, told.lots())
    with office.database.read() as connection:
        assert held(connection, lots) == told.lots()


def test_a_row_that_cannot_be_there_is_an_error_of_the_answer_and_can_be_undone(office, told):
    with office.database.write() as connection:
        with pytest.raises(IntegrityError), connection.begin_nested():
            send_twice(connection, told)
        answered(connection)
        assert held(connection, lots) == []


def test_a_row_that_cannot_be_there_is_an_error_of_the_next_question(office, told):
    with office.database.write() as connection:
        with pytest.raises(IntegrityError), connection.begin_nested():
            send_twice(connection, told, then=lambda c: COUNT.rows(c, {}))
        assert COUNT.one_or_none(connection, {}).rows == 0


def test_a_row_that_cannot_be_there_is_an_error_of_the_next_questions(office, told):
    with office.database.write() as connection:
        with pytest.raises(IntegrityError), connection.begin_nested():
            send_twice(connection, told, then=lambda c: rows_of(c, [(COUNT, {}), (COUNT, {})]))
        assert [rows[0].rows for rows in rows_of(connection, [(COUNT, {}), (COUNT, {})])] == [0, 0]


def number(connection, told) -> None:
    rows = [
        {"bucket": row["bucket"], "member_id": row["member_id"], "gone": False}
        for row in told.lots()
    ]
    put_numbered(connection, feed_heads, feed_changes, "all", rows)


def test_a_row_that_cannot_be_there_is_an_error_before_anything_is_left_for_the_commit(
    office, told
):
    with office.database.write() as connection:
        with pytest.raises(IntegrityError), connection.begin_nested():
            send_twice(connection, told, then=lambda c: number(c, told))
        put_rows(connection, lots, told.lots())
    with office.database.read() as connection:
        assert held(connection, feed_changes) == []
        assert held(connection, lots) == told.lots()


def test_what_is_sent_ahead_and_what_comes_last_are_committed_together(office, told):
    with office.database.write() as connection:
        number(connection, told)
        with ahead(connection):
            insert_rows(connection, lots, told.lots())
    with office.database.read() as connection:
        assert len(held(connection, feed_changes)) == told.count
        assert held(connection, lots) == told.lots()


def leave_for_the_commit(connection, told, times) -> None:
    number(connection, told)
    with ahead(connection):
        for _ in range(times):
            put_rows(connection, lots, told.lots())
        insert_rows(connection, lots, told.lots())


@pytest.mark.parametrize("times", range(3, 7))
def test_what_comes_last_is_undone_with_what_failed_ahead(office, told, times):
    with office.database.write() as connection:
        insert_rows(connection, lots, told.lots())
    with pytest.raises(IntegrityError), office.database.write() as connection:
        leave_for_the_commit(connection, told, times)
    with office.database.write() as connection:
        assert held(connection, feed_changes) == []
        number(connection, told)
        put_rows(connection, lots, told.lots(3))
    with office.database.read() as connection:
        assert held(connection, lots) == told.lots(3)


def test_a_row_that_cannot_be_there_is_an_error_of_the_commit(office, told):
    with pytest.raises(IntegrityError), office.database.write() as connection:
        send_twice(connection, told, then=lambda _: None)
    with office.database.read() as connection:
        assert held(connection, lots) == []


def test_what_was_sent_ahead_is_undone_with_what_failed_here(office, told):
    with office.database.write() as connection:
        with pytest.raises(OverflowError), connection.begin_nested():
            fail_after(connection, told)
        assert held(connection, lots) == []
    with pytest.raises(OverflowError), office.database.write() as connection:
        fail_after(connection, told)
    with office.database.write() as connection:
        assert held(connection, lots) == []


def fail_after(connection, told) -> None:
    with ahead(connection):
        insert_rows(connection, lots, told.lots())
        raise OverflowError


def test_a_connection_that_broke_after_rows_were_sent_ahead_is_given_up(office, told):
    with pytest.raises(DBAPIError), office.database.write() as connection:
        break_after(connection, told)
    with office.database.write() as connection:
        assert held(connection, lots) == []


def test_a_connection_that_breaks_while_rows_are_sent_ahead_is_asked_again(office, told):
    tried = []

    @repeated
    def write() -> None:
        tried.append(told)
        with office.database.write() as connection, connection.begin_nested(), ahead(connection):
            insert_rows(connection, lots, told.lots())
            if len(tried) == 1 and is_shared(connection):
                connection.connection.driver_connection.close()
            put_rows(connection, lots, told.lots())

    write()

    with office.database.write() as connection:
        assert held(connection, lots) == told.lots()


def break_after(connection, told) -> None:
    with ahead(connection):
        insert_rows(connection, lots, told.lots())
    connection.connection.driver_connection.close()
    answered(connection)
    held(connection, lots)


@pytest.mark.parametrize("times", range(3, 7))  # the driver prepares what it has run five times
def test_what_failed_ahead_leaves_every_statement_as_good_as_before(office, told, times):
    with (
        office.database.write() as connection,
        pytest.raises(IntegrityError),
        connection.begin_nested(),
    ):
        send_twice(connection, told)
    with office.database.write() as connection:
        for _ in range(times):
            put_rows(connection, lots, told.lots())
        with pytest.raises(IntegrityError), connection.begin_nested():
            send_twice(connection, told)
        put_rows(connection, lots, told.lots())
        assert held(connection, lots) == told.lots()


# A copy is what a pipeline cannot be left with, as with a connection that is just being broken.
COPY = "COPY lots FROM STDIN"


# And this is what breaks one while its answers are taken.
BREAK = "SELECT pg_terminate_backend(pg_backend_pid())"


def ahead_of(statement):
    def send(connection) -> None:
        connection.exec_driver_sql(statement, execution_options={AHEAD: True})
        answered(connection)

    return send


def ahead_of_the_commit(statement):
    return lambda connection: connection.exec_driver_sql(statement, execution_options={AHEAD: True})


def with_the_commit(statement):
    return lambda connection: run_last(connection, statement, ())


@pytest.mark.parametrize("statement", [COPY, BREAK], ids=["stuck", "broken"])
@pytest.mark.parametrize("sent", [ahead_of, ahead_of_the_commit, with_the_commit])
def test_a_connection_that_cannot_be_used_any_more_is_given_up_and_the_act_repeated(
    office, sent, statement
):
    send, tried = sent(statement), []

    @repeated
    def write() -> None:
        tried.append(send)
        with office.database.write() as connection:
            if len(tried) == 1 and is_shared(connection):
                send(connection)

    write()

    assert len(tried) == 1 + is_shared(office.database.writing)
