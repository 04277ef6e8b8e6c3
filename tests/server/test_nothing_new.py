"""A till that has everything is told so again without the database, until anybody has written."""

import random
import sqlite3
from contextlib import suppress
from itertools import count

import pytest
from sqlalchemy import select

from sync.programme.refusals import Refused
from sync.protocol import codec
from sync.protocol.messages import PullAnswer
from sync.server.office.documents import publish
from sync.server.office.losses import declare_lost
from sync.server.office.staff import Colleague, employ
from sync.server.office.terminals import revoke
from sync.server.store.database import open_database
from sync.server.store.files import DataVersion
from sync.server.store.tables import incarnations
from tests.server.line import Line, asked_of, problem
from tests.server.shop import HOUR, MINUTE, NOON, enrolled_till, programme


@pytest.fixture
def on_files(office):
    return office.database.reading.dialect.name == "sqlite"


@pytest.fixture
def cursor(line):
    """Behind everything: asked once more, for there being nothing new to be known."""
    line.till.member()
    cursor = line.pull().cursor
    assert line.pull(f"?cursor={cursor}").cursor == cursor
    return cursor


def test_nothing_new_is_told_again_without_a_question(office, line, cursor, on_files, clock):
    clock["now"] = NOON + 1

    with asked_of(office.database.reading) as times:
        told = line.pull(f"?cursor={cursor}")

    assert (told.cursor, told.members, told.now) == (cursor, (), NOON + 1)
    assert len(times) == (0 if on_files else 1)


def test_whatever_anybody_commits_is_pulled(office, line, cursor):
    other = enrolled_till(office, seed=2)
    assert line.pull(f"?cursor={cursor}").cursor == cursor
    member = other.member()

    assert [row.id for row in line.pull(f"?cursor={cursor}").members] == [member]


def test_what_another_process_commits_counts_as_well(site, line, cursor):
    elsewhere = open_database(site.place)
    with elsewhere.write() as connection:
        revoke(connection, line.till.caller.terminal)
    elsewhere.close()

    refused = line.send("GET", f"/pull?cursor={cursor}")

    assert problem(refused) == (403, "terminal_revoked")


def test_a_terminal_that_was_lost_meanwhile_is_told_nothing(office, line, cursor):
    declare_lost(office, line.till.caller.terminal, staff=0, now=NOON)

    refused = line.send("GET", f"/pull?cursor={cursor}")

    assert problem(refused) == (403, "terminal_revoked")


def test_it_is_told_to_the_key_that_asks_for_it(office, line, cursor):
    stranger = enrolled_till(office, seed=2)
    assert line.pull(f"?cursor={cursor}").cursor == cursor

    refused = line.send("GET", f"/pull?cursor={cursor}", key=stranger.key)
    late = line.send("GET", f"/pull?cursor={cursor}", now=NOON - HOUR)

    assert problem(refused) == (401, "signature_invalid")
    assert problem(late) == (401, "clock_wrong")


def test_another_question_is_another(line, cursor):
    told = line.pull(f"?cursor={cursor}&tally=1")

    assert told.tally is not None
    assert line.pull(f"?cursor={cursor}").tally is None
    assert len(line.pull("?limit=1").members) == 1


def test_another_life_is_not_told_what_the_first_was(line, cursor):
    asked = f"/pull?cursor={cursor}"

    assert line.send("GET", asked, life=1).status_code == 200
    assert problem(line.send("GET", asked, life=2)) == (401, "terminal_unknown")


def test_after_a_minute_the_database_is_asked_and_the_contact_noted(office, line, cursor, clock):
    clock["now"] = NOON + MINUTE

    with asked_of(office.database.reading) as times:
        line.pull(f"?cursor={cursor}")

    assert len(times) == 1
    with office.database.read() as connection:
        assert connection.scalar(select(incarnations.c.contact_at)) == clock["now"]


@pytest.mark.parametrize("history", range(6))
def test_two_tills_hear_what_the_database_says_whatever_happens(office, client, clock, history):
    chance = random.Random(history)
    tills = [enrolled_till(office, seed=seed, name=f"Caixa {seed}") for seed in (1, 2)]
    lines = [Line(client, office, till) for till in tills]
    cursors, versions = ["", ""], count(2)
    members = [till.member() for till in tills]

    def sell() -> None:
        till = chance.choice(tills)
        till.accrual(chance.choice(members), 1_000)
        till.push()

    def lend() -> None:
        with suppress(Refused):
            chance.choice(tills).lend(chance.choice(members), 1)

    def employ_somebody() -> None:
        person = Colleague(id=chance.randrange(1, 9), store=1, name="Ana", role="cashier", shift="")
        with office.database.write() as connection:
            employ(office, connection, person, pin="246810")

    def publish_rules() -> None:
        rules = programme(next(versions), valid_from=clock["now"])
        with office.database.write() as connection:
            publish(connection, office.keys, rules, now=clock["now"])

    def wait() -> None:
        clock["now"] += chance.choice((1_000, 20_000, MINUTE))
        for till in tills:
            till.at = clock["now"]

    for _ in range(40):
        chance.choice((sell, lend, employ_somebody, publish_rules, *[wait] * 6))()
        for nth, line in enumerate(lines):
            response = line.send("GET", f"/pull?cursor={cursors[nth]}", now=clock["now"])
            told = codec.decode(response.content, PullAnswer)
            assert told == tills[nth].pull(cursors[nth])
            cursors[nth] = told.cursor


def test_a_till_that_asks_in_vain_is_noted_as_often_as_one_that_asks_the_database(
    office, line, cursor, clock
):
    clock["now"] = NOON + 50_000  # in a minute of its own, ten seconds before it is due
    line.pull(f"?cursor={cursor}")
    clock["now"] = NOON + MINUTE
    line.pull(f"?cursor={cursor}")
    for step in range(1, 14):
        clock["now"] = NOON + MINUTE + step * 14_960
        line.pull(f"?cursor={cursor}")
        with office.database.read() as connection:
            noted = connection.scalar(select(incarnations.c.contact_at))
        assert clock["now"] - noted < MINUTE


@pytest.mark.parametrize("time", ["abc", "", "9" * 5_000, f"+{NOON}", f"{NOON:_}"])
def test_a_time_is_read_in_one_way_whoever_reads_it(line, cursor, time):
    refused = line.send("GET", f"/pull?cursor={cursor}", now=time)

    assert problem(refused) == (401, "signature_invalid")


def test_a_file_that_is_not_there_or_cannot_be_asked_has_no_number(tmp_path):
    for path in (tmp_path, tmp_path / "nothing"):
        version = DataVersion(path)
        assert version.now() is None
        version.close()
    assert not (tmp_path / "nothing").exists()


def test_a_number_is_another_after_each_commit_until_it_is_closed(tmp_path):
    writer = sqlite3.connect(tmp_path / "a ?#%.db", isolation_level=None)
    writer.execute("CREATE TABLE t (n)")
    version = DataVersion(tmp_path / "a ?#%.db")
    before = version.now()
    assert version.now() == before

    writer.execute("INSERT INTO t VALUES (1)")
    assert version.now() not in (before, None)
    version.close()
    assert version.now() is None
    writer.close()
