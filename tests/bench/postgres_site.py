"""A head office on PostgreSQL, or on files, with members who have points; and bare connections.

PostgreSQL is started for the run and waits for the disk at each commit, as in a shop.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from sync.programme.members import member_id
from sync.server.office.documents import publish, rulebook
from sync.server.office.head_office import HeadOffice
from sync.server.office.openings import Opening, open_accounts
from sync.server.office.persons import Details
from sync.server.store.database import Place, migrate, open_database
from sync.server.store.keys import load_keys, make_keys
from sync.server.store.postgres import DATA_SCHEMA, prepared
from tests import postgres
from tests.server.shop import NOON, programme

POINTS = 100_000
_AT_ONCE = 5_000


def new_database() -> Place:
    """A new database in a PostgreSQL that waits for the disk."""
    os.environ[postgres.DURABLE] = "1"
    return postgres.migrated_database()


@contextmanager
def office_at(place: Place, folder: Path) -> Iterator[HeadOffice]:
    """A head office at a place, with a programme; its keys lie in `folder`."""
    make_keys(folder, secrets.token_bytes)
    migrate(place)
    database = open_database(place)
    try:
        office = HeadOffice(database=database, keys=load_keys(folder), random=secrets.token_bytes)
        with database.write() as connection:
            if not rulebook(connection).documents:
                publish(connection, office.keys, programme(), now=NOON - 1)
        yield office
    finally:
        database.close()


def enlist(office: HeadOffice, count: int) -> list[int]:
    """Open so many accounts, each with POINTS, and return the members."""
    members = [member_id(issuer=0, random40=number + 1) for number in range(count)]
    with office.database.in_bulk():
        for start in range(0, count, _AT_ONCE):
            with office.database.write() as connection:
                document = rulebook(connection).in_force(NOON)
                openings = [_opening(member) for member in members[start : start + _AT_ONCE]]
                open_accounts(office, connection, openings, document, now=NOON)
    if office.database.writing.dialect.name == "postgresql":
        _settle(office)
    return members


def bare(place: Place) -> psycopg.Connection:
    """A connection of the driver itself, set up as the server's are."""
    assert not isinstance(place, Path)
    options = f"-c search_path={DATA_SCHEMA}"
    return prepared(psycopg.connect(place.data, options=options), writes=True)


def _opening(member: int) -> Opening:
    return Opening(
        member=member,
        name="Rosa Prado",
        details=Details(phone="11987654321"[:2] + f"9{member % 10**8:08d}"),
        home_store=1,
        enrolled_at=NOON,
        points=POINTS,
        expires_on="2027-11-30",
    )


def _settle(office: HeadOffice) -> None:
    """Let the planner know the tables, as it does in a database that has been up for a while."""
    with office.database.writing.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
