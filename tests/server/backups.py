"""A backup of head office's data, and head office put back to it: every row of every table."""

from sqlalchemy import delete, select

from sync.server.office.head_office import HeadOffice
from sync.server.store.dialect import insert_rows
from sync.server.store.tables import metadata

Backup = dict[str, list[dict[str, object]]]


def backed_up(office: HeadOffice) -> Backup:
    with office.database.read() as connection:
        return {
            table.name: [dict(row._mapping) for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
        }


def restore(office: HeadOffice, backup: Backup) -> None:
    with office.database.write() as connection:
        for table in metadata.sorted_tables:
            connection.execute(delete(table))
            insert_rows(connection, table, backup[table.name])
