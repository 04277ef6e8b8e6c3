"""The tables: a migrated database is what the code describes, and nothing in it hinders growth."""

import re
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, UniqueConstraint, create_engine, inspect, select
from sqlalchemy.exc import IntegrityError

from sync.programme.refusals import Reason, Refused
from sync.server.store import migrations
from sync.server.store.database import Address, forget, migrate, open_database, repeated
from sync.server.store.dialect import insert_last
from sync.server.store.tables import (
    feed,
    feed_changes,
    feed_heads,
    keys_metadata,
    metadata,
    settings,
)

# Found by their own key, whoever the member is; all else of a member lies where the member does.
DIRECTORIES = {"cards", "identifiers", "receipt_claims", "events"}
SERVER_CODE = Path(__file__).resolve().parents[2] / "sync" / "server"

TABLES = pytest.mark.parametrize(
    "described", [metadata, keys_metadata], ids=["the data", "the keys of members"]
)


@pytest.fixture
def database(site):
    database = open_database(site.place)
    yield database
    database.close()


def read(database, described) -> Engine:
    return database.reading if described is metadata else database.keys_reading


def on_sqlite(connection: Connection) -> dict[str, object]:
    """Each statement of the schema, with the order of its columns and constraints forgotten."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL")
    return {
        name: _parts(" ".join(sql.split()))
        for name, sql in rows
        if name not in ("alembic_version", "unlike")
    }


def on_postgres(connection: Connection, schema: str) -> dict[str, object]:
    """Columns, constraints and indexes as PostgreSQL itself spells them."""
    found: dict[str, object] = {}
    for statement in (_COLUMNS, _CONSTRAINTS, _INDEXES):
        for name, *facts in connection.exec_driver_sql(statement.replace("$schema", schema)):
            if "alembic" not in name:
                found[name] = [str(fact).replace(f"{schema}.", "") for fact in facts]
    return found


def _parts(statement: str) -> tuple[str, frozenset[str]]:
    head, _, rest = statement.partition("(")
    body, _, tail = rest.rpartition(")")
    return head.strip() + tail, frozenset(piece.strip() for piece in body.split(", "))


_COLUMNS = """SELECT table_name || '.' || column_name, data_type, character_maximum_length,
    is_nullable, column_default, is_identity
    FROM information_schema.columns WHERE table_schema = '$schema'"""
_CONSTRAINTS = """SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = '$schema'::regnamespace AND contype <> 'n'"""
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = '$schema'"


@TABLES
def test_a_migrated_database_is_the_one_the_code_describes(engine, database, described):
    migrated = read(database, described)
    if engine.name == "sqlite":
        fresh = create_engine("sqlite://")
        described.create_all(fresh)
        with migrated.connect() as one, fresh.connect() as other:
            assert on_sqlite(one) == on_sqlite(other)
        fresh.dispose()
        return
    with (database.writing if described is metadata else database.keys_writing).connect() as made:
        here: str = made.exec_driver_sql("SELECT current_schema()").scalar_one()
        made.exec_driver_sql("CREATE SCHEMA fresh")
        made.exec_driver_sql("SET LOCAL search_path TO fresh")
        described.create_all(made)
        fresh_tables = on_postgres(made, "fresh")
        made.exec_driver_sql(f"SET LOCAL search_path TO {here}")
        assert on_postgres(made, here) == fresh_tables
        made.rollback()


def test_migrating_again_changes_nothing(engine, site):
    migrate(site.place)

    office = open_database(site.place)
    with office.read() as connection:
        rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").all()
    office.close()
    assert len(rows) == 1


@TABLES
def test_every_key_of_a_members_table_holds_its_bucket(database, described):
    with read(database, described).connect() as connection:
        here = inspect(connection)
        of_members = [
            name
            for name in here.get_table_names()
            if "bucket" in {column["name"] for column in here.get_columns(name)}
        ]
        without = {name for name in of_members if not _every_key_has_bucket(here, name)}

    assert of_members
    assert without <= DIRECTORIES


def _every_key_has_bucket(here, table: str) -> bool:
    keys = [here.get_pk_constraint(table)["constrained_columns"]]
    keys += [unique["column_names"] for unique in here.get_unique_constraints(table)]
    keys += [index["column_names"] for index in here.get_indexes(table) if index["unique"]]
    # The feed's own order is counted within a scope, whoever its members are.
    return all("bucket" in key for key in keys if set(key) != {"scope", "seq"})


@TABLES
def test_every_constraint_has_a_name(database, described):
    constraints = [c for t in described.tables.values() for c in t.constraints]
    assert [c for c in constraints if c.name is None] == []

    with read(database, described).connect() as connection:
        here = inspect(connection)
        for table in described.tables:
            names = [here.get_pk_constraint(table)["name"]]
            names += [one["name"] for one in here.get_unique_constraints(table)]
            names += [one["name"] for one in here.get_check_constraints(table)]
            assert all(names), table
            prefixes = ("pk_", "uq_", "ck_")
            assert [name for name in names if not name.startswith(prefixes)] == [], table


def test_a_unique_constraint_of_several_columns_is_named_after_all_of_them():
    for table in metadata.tables.values():
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint):
                assert constraint.name == f"uq_{table.name}_{'_'.join(constraint.columns.keys())}"


@TABLES
def test_no_number_is_given_out_by_a_sequence(engine, database, described):
    """Numbers of a sequence become visible out of order: a reader behind them skips rows."""
    with read(database, described).connect() as connection:
        if engine.name == "sqlite":
            rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql NOT NULL")
            assert [sql for (sql,) in rows if "AUTOINCREMENT" in sql.upper()] == []
            return
        counted = "SELECT count(*) FROM information_schema.sequences WHERE sequence_schema = "
        assert connection.exec_driver_sql(counted + "current_schema()").scalar_one() == 0
        columns = inspect(connection)
        for table in described.tables:
            assert [c["name"] for c in columns.get_columns(table) if "identity" in c] == []


def test_nothing_is_announced_by_notify():
    """NOTIFY in a transaction makes all commits wait for one lock of the whole server."""
    said = re.compile(r"\bNOTIFY\b|pg_notify", re.IGNORECASE)
    found = [
        path.name
        for path in SERVER_CODE.rglob("*.py")
        if said.search(path.read_text(encoding="utf-8"))
    ]

    assert found == []


_BEFORE_CHANGES = (
    "DROP TABLE feed_changes",
    "DROP INDEX ix_feed_scope_bucket_member_id",
    "ALTER TABLE feed ADD COLUMN seq BIGINT NOT NULL DEFAULT 0",
    "CREATE UNIQUE INDEX uq_feed_scope_seq ON feed (scope, seq)",
    "INSERT INTO feed (bucket, member_id, scope, seq, gone)"
    " VALUES (1, 11, 'all', 7, false), (2, 12, 'all', 9, true), (2, 12, 'store:1', 3, true),"
    " (3, 13, 'all', 8, false), (4, 14, 'all', 5, false), (4, 14, 'store:1', 2, false)",
    "INSERT INTO feed_heads (scope, head) VALUES ('all', 9), ('store:1', 4), ('stock:1', 6)",
    "INSERT INTO members (bucket, member_id, home_store, status, display_name, enrolled_at)"
    " VALUES (1, 11, 1, 0, 'Rosa', 1), (3, 13, 1, 3, '', 1), (4, 14, 1, 3, '', 1)",
    "UPDATE alembic_version SET version_num = '0006'",
)


def test_the_numbers_of_the_feed_come_along_and_who_was_forgotten_is_told_of_once_more(engine):
    place = engine.copied(engine.migrated()).place
    database = open_database(place)
    with database.write() as connection:
        for statement in _BEFORE_CHANGES:
            connection.exec_driver_sql(statement)
    database.close()

    migrate(place)

    database = open_database(place)
    with database.read() as connection:
        changed = connection.execute(select(feed_changes)).all()
        held = connection.execute(select(feed)).all()
        heads = dict(connection.execute(select(feed_heads.c.scope, feed_heads.c.head)).all())
    database.close()
    assert sorted(changed) == [
        ("all", 5, 4, 14, False),
        ("all", 7, 1, 11, False),
        ("all", 8, 3, 13, False),
        ("all", 9, 2, 12, True),
        ("all", 10, 3, 13, True),
        ("all", 11, 4, 14, True),
        ("store:1", 2, 4, 14, False),
        ("store:1", 3, 2, 12, True),
        ("store:1", 5, 4, 14, True),
    ]
    assert heads == {"all": 11, "store:1": 5, "stock:1": 6}
    assert sorted(held) == [
        (1, 11, "all", False),
        *((2, 12, scope, True) for scope in ("all", "store:1")),
        (3, 13, "all", True),
        *((4, 14, scope, True) for scope in ("all", "store:1")),
    ]


def test_a_place_without_a_database_is_refused(engine):
    with pytest.raises(Refused) as refused:
        open_database(engine.empty().place)

    assert refused.value.reason is Reason.DATABASE_DAMAGED


def test_a_database_of_a_newer_program_is_refused(engine):
    place = engine.copied(engine.migrated()).place
    database = open_database(place)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    with pytest.raises(Refused) as refused:
        open_database(place)

    assert refused.value.reason is Reason.DATABASE_NEWER


def test_what_is_forgotten_can_be_made_again(engine):
    place = engine.copied(engine.migrated()).place
    database = open_database(place)
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO settings VALUES ('a', 'b')")
    database.close()

    forget(place)
    migrate(place)

    database = open_database(place)
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM settings").all() == []
    database.close()


def test_what_a_failed_transaction_wrote_is_gone(database):
    def fail():
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO settings VALUES ('a', 'b')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM settings").scalar_one()
    assert rows == 0


def test_what_cannot_succeed_is_tried_once_and_leaves_nothing(database):
    attempts = []

    @repeated
    def twice_the_same_name() -> None:
        attempts.append("a")
        with database.write_together() as connection:
            connection.exec_driver_sql("INSERT INTO settings VALUES ('a', 'b')")
            insert_last(connection, settings, [{"name": "a", "value": "c"}])

    with pytest.raises(IntegrityError):
        twice_the_same_name()

    assert len(attempts) == 1
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM settings").all() == []


def test_an_act_begins_anew_where_the_database_ended_the_connection(engine, database):
    attempts = []

    @repeated
    def keep() -> None:
        attempts.append("a")
        with database.write_together() as connection:
            insert_last(connection, settings, [{"name": f"a{len(attempts)}", "value": "b"}])

    keep()
    if engine.name != "sqlite":
        with database.read() as connection:
            connection.exec_driver_sql(END_ALL_OTHERS).all()
    keep()

    assert len(attempts) == (2 if engine.name == "sqlite" else 3)
    with database.read() as connection:
        names = [name for (name,) in connection.exec_driver_sql("SELECT name FROM settings")]
    assert sorted(names) == ["a1", f"a{len(attempts)}"]


END_ALL_OTHERS = """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def test_what_is_written_in_bulk_is_there_and_afterwards_the_disk_is_waited_for_again(
    engine, database
):
    asked = "PRAGMA synchronous" if engine.name == "sqlite" else "SHOW synchronous_commit"

    def pace() -> object:
        with database.write() as connection:
            return connection.exec_driver_sql(asked).scalar_one()

    with database.in_bulk():
        in_a_hurry = pace()
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO settings VALUES ('a', 'b')")

    assert (in_a_hurry, pace()) == ((0, 2) if engine.name == "sqlite" else ("off", "on"))
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM settings").all() == [("a", "b")]


def test_a_reading_transaction_stays_where_it_began_and_writes_nothing(database):
    count = "SELECT count(*) FROM settings"
    with database.read() as reading:
        before = reading.exec_driver_sql(count).scalar_one()
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO settings VALUES ('a', 'b')")
        after = reading.exec_driver_sql(count).scalar_one()

    assert (before, after) == (0, 0)
    with pytest.raises(Exception, match=r"read-?only"), database.read() as reading:
        reading.exec_driver_sql("INSERT INTO settings VALUES ('c', 'd')")


def test_keys_of_members_are_saved_by_themselves(engine, site):
    """Old copies of the data must not bring a forgotten member's key back."""
    if isinstance(site.place, Address):
        database = open_database(site.place)
        with database.read() as data, database.keys_reading.begin() as keys:
            schemas = {
                c.exec_driver_sql("SELECT current_schema()").scalar_one() for c in (data, keys)
            }
        database.close()
        assert schemas == {"loyalty", "loyalty_keys"}
    else:
        assert {path.name for path in site.place.glob("*.db")} == {"server.db", "member_keys.db"}


def test_each_connection_to_a_file_waits_for_the_disk(tmp_path):
    migrate(tmp_path)
    database = open_database(tmp_path)

    with database.write() as writing, database.read() as reading:
        modes = [c.exec_driver_sql("PRAGMA synchronous").scalar_one() for c in (writing, reading)]
        journal = writing.exec_driver_sql("PRAGMA journal_mode").scalar_one()

    database.close()
    assert (modes, journal) == ([2, 2], "wal")


def test_rows_that_change_with_every_purchase_have_room_beside_them(site, database):
    if not isinstance(site.place, Address):
        return  # a file changes them in their place
    with database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE 'fillfactor=70' = ANY (reloptions)"
        )
        roomy = {row.relname for row in found}
    assert {"balances", "lots", "member_days"} <= roomy


@pytest.mark.parametrize("schema", [migrations.DATA, migrations.KEYS])
def test_the_last_step_is_the_one_that_alembic_goes_to(schema):
    scripts = ScriptDirectory(str(Path(migrations.__file__).with_name(schema)))

    steps = [script.revision for script in scripts.walk_revisions()]

    assert steps[0] == migrations.newest(schema)
    assert all(migrations.is_known(schema, step) for step in steps)
    assert not migrations.is_known(schema, "0000")
