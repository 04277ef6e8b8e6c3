"""The feed on PostgreSQL, beside a cursor that counts with a sequence: one skips, the other not.

Numbers of a sequence are given out before their transactions commit, in another order: a reader
that has seen 7 never asks for 6 again. Heads of the feed are raised last, under a lock that is held
until the commit, so that numbers become visible in their own order.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from sqlalchemy.exc import DBAPIError

from sync.server.office.documents import publish
from sync.server.store.database import repeated
from tests import postgres
from tests.server.shop import MINUTE, NOON, enrolled_till, programme
from tests.server.sites import OnPostgres, open_office

WRITERS, PUSHES, PUSHES_MAX = 8, 10, 200

_BY_SEQUENCE = """
CREATE TABLE by_sequence (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id bytea);
CREATE FUNCTION count_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO by_sequence (event_id) VALUES (NEW.event_id);
  RETURN NULL;
END $$;
CREATE TRIGGER count_event AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION count_event();
"""


@pytest.fixture
def office(tmp_path):
    site = OnPostgres(tmp_path).migrated()
    office = open_office(site)
    with office.database.write() as connection:
        publish(connection, office.keys, programme(), now=NOON - 1)
        connection.exec_driver_sql(_BY_SEQUENCE)
    yield office
    office.database.close()
    postgres.drop(site.place)


@dataclass
class Reader:
    """A till that reads the feed, and one that reads behind the sequence, as often as they can."""

    office: object
    till: object
    members: set[int] = field(default_factory=set)
    numbers: list[int] = field(default_factory=list)
    cursor: str = ""
    last: int = 0
    rounds: int = 0

    def read(self) -> None:
        page = self.till.pull(self.cursor)
        self.cursor = page.cursor
        self.members.update(row.id for row in page.members)
        with self.office.database.read() as connection:
            found = connection.exec_driver_sql(
                "SELECT id FROM by_sequence WHERE id > %s ORDER BY id", (self.last,)
            ).scalars()
            self.numbers += found
        self.last = max(self.numbers, default=0)
        self.rounds += 1


def test_behind_eight_writers_the_feed_skips_nothing_and_a_sequence_does(office):
    tills = [enrolled_till(office, store=1 + n % 2, seed=n) for n in range(WRITERS)]
    reader = Reader(office, enrolled_till(office, seed=99))
    enough, joined = threading.Event(), set()

    def write(till) -> None:
        for number in range(PUSHES_MAX):
            if number >= PUSHES and enough.is_set():
                return
            till.at += MINUTE
            for _ in range(3):
                joined.add(till.enrolment().member)
            till.push()

    def read() -> None:
        while writing:
            reader.read()
            if _skipped(office, reader):
                enough.set()

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        writing = [pool.submit(write, till) for till in tills]
        reading = pool.submit(read)
        for one in writing:
            one.result(120)
        writing = []
        reading.result(60)
    reader.read()

    assert reader.rounds > WRITERS
    assert joined - reader.members == set()
    assert _skipped(office, reader) > 0


def test_of_two_acts_that_wait_for_each_other_one_begins_anew(office):
    with office.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO settings VALUES ('a', '0'), ('b', '0')")
    meeting, attempts = threading.Barrier(2), []

    @repeated
    def count(first: str, second: str) -> None:
        attempts.append(first)
        with office.database.write_together() as connection:
            for name in (first, second):
                connection.exec_driver_sql(
                    "UPDATE settings SET value = (value::int + 1)::text WHERE name = %s", (name,)
                )
                if len(attempts) <= 2 and name == first:
                    meeting.wait(60)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, "ab", "ba"))

    assert len(attempts) > 2  # the one that is taken back may lose once more, never both
    with office.database.read() as connection:
        found = connection.exec_driver_sql("SELECT value FROM settings ORDER BY name").scalars()
        assert found.all() == ["2", "2"]


@pytest.mark.parametrize(("taken_back", "attempts"), [(2, 3), (3, 3)])
def test_what_postgresql_takes_back_is_tried_three_times(office, taken_back, attempts):
    tried = []

    @repeated
    def unlucky() -> str:
        tried.append(1)
        with office.database.write_together() as connection:
            if len(tried) <= taken_back:
                connection.exec_driver_sql("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")
        return "done"

    if taken_back < attempts:
        assert unlucky() == "done"
    else:
        with pytest.raises(DBAPIError):
            unlucky()
    assert len(tried) == attempts


def _skipped(office, reader: Reader) -> int:
    """How many rows the reader behind the sequence has passed by for ever."""
    with office.database.read() as connection:
        passed = connection.exec_driver_sql(
            "SELECT count(*) FROM by_sequence WHERE id <= %s", (reader.last,)
        ).scalar_one()
    return passed - len(reader.numbers)
