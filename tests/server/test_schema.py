"""Migrated databases and the tables of the code are the same, name by name."""

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from sync.programme.refusals import Reason, Refused
from sync.server.store.database import migrate, open_database
from sync.server.store.tables import keys_metadata, metadata

DIRECTORIES = {"cards", "identifiers", "receipt_claims", "events"}


def statements(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL")
        return {" ".join(sql.split()) for name, sql in rows if name != "alembic_version"}


def parts(statement: str) -> tuple[str, frozenset[str]]:
    """A statement with the order of its columns and constraints forgotten."""
    head, _, rest = statement.partition("(")
    body, _, tail = rest.rpartition(")")
    return head.strip() + tail, frozenset(piece.strip() for piece in body.split(", "))


@pytest.mark.parametrize("which", ["data", "keys"])
def test_a_migrated_database_is_the_one_the_code_describes(tmp_path, which):
    migrate(tmp_path)
    database = open_database(tmp_path)
    migrated = database.writing if which == "data" else database.keys_writing
    fresh = create_engine("sqlite://")
    (metadata if which == "data" else keys_metadata).create_all(fresh)

    try:
        assert {parts(s) for s in statements(migrated)} == {parts(s) for s in statements(fresh)}
    finally:
        database.close()
        fresh.dispose()


def test_migrating_again_changes_nothing(tmp_path):
    migrate(tmp_path)
    before = (tmp_path / "server.db").stat().st_size

    migrate(tmp_path)

    assert (tmp_path / "server.db").stat().st_size == before


def test_every_key_of_a_members_table_holds_its_bucket():
    members_tables = [t for t in metadata.tables.values() if "bucket" in t.c]

    keys = {t.name: [c.name for c in t.primary_key] for t in members_tables}

    assert {n: k for n, k in keys.items() if "bucket" not in k}.keys() == DIRECTORIES


def test_every_constraint_has_a_name():
    constraints = [c for t in metadata.tables.values() for c in t.constraints]

    assert [c for c in constraints if c.name is None] == []


def test_another_engine_can_make_the_same_tables():
    dialect = postgresql.dialect()

    for table in (*metadata.sorted_tables, *keys_metadata.sorted_tables):
        assert str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))


def test_a_folder_without_a_database_is_refused(tmp_path):
    with pytest.raises(Refused) as refused:
        open_database(tmp_path)

    assert refused.value.reason is Reason.DATABASE_DAMAGED


def test_a_database_of_a_newer_program_is_refused(tmp_path):
    migrate(tmp_path)
    database = open_database(tmp_path)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    with pytest.raises(Refused) as refused:
        open_database(tmp_path)

    assert refused.value.reason is Reason.DATABASE_NEWER


def test_what_a_failed_transaction_wrote_is_gone(tmp_path):
    migrate(tmp_path)
    database = open_database(tmp_path)

    def fail():
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO settings VALUES ('a', 'b')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM settings").scalar_one()
    database.close()
    assert rows == 0


def test_each_connection_waits_for_the_disk(tmp_path):
    migrate(tmp_path)
    database = open_database(tmp_path)

    with database.write() as writing, database.read() as reading:
        modes = [c.exec_driver_sql("PRAGMA synchronous").scalar_one() for c in (writing, reading)]
        journal = writing.exec_driver_sql("PRAGMA journal_mode").scalar_one()

    database.close()
    assert (modes, journal) == ([2, 2], "wal")
