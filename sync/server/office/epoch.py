"""The few facts about this server itself: its epoch, and how members are dealt out to terminals."""

from sqlalchemy import Connection, bindparam, select

from sync.server.store.dialect import put_rows
from sync.server.store.tables import settings

_EPOCH = "epoch"


_VALUE = select(settings.c.value).where(settings.c.name == bindparam("of_name"))


def epoch(connection: Connection) -> int:
    """Return how often the server was restored from a copy, plus one."""
    return int(setting(connection, _EPOCH, "1"))


def setting(connection: Connection, name: str, default: str = "") -> str:
    """Return what is set under `name`."""
    value: str | None = connection.scalar(_VALUE, {"of_name": name})
    return default if value is None else value


def keep_setting(connection: Connection, name: str, value: str) -> None:
    """Set `name` to `value`."""
    put_rows(connection, settings, [{"name": name, "value": value}])
