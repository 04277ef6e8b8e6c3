"""Meta: the few single values that a file keeps beside its tables."""

from typing import TypeVar

from loyalty_desk.store.database import Connection
from sync.programme.refusals import Reason, Refused

Value = TypeVar("Value", int, str, bytes)


def value(connection: Connection, name: str, default: Value) -> Value:
    """Return the value kept under `name`, or `default`.

    Raises Refused(DATABASE_DAMAGED) for one of another type: nobody kept it.
    """
    found = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    kept: Value = found[0] if found else default
    if not isinstance(kept, type(default)):
        raise Refused(Reason.DATABASE_DAMAGED)
    return kept


def keep(connection: Connection, **values: int | str | bytes) -> None:
    """Keep values under their names."""
    connection.executemany(
        "INSERT INTO meta (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        values.items(),
    )
