"""The few facts about this server itself: its epoch, and how members are dealt out to terminals."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, select

from sync.server.store.dialect import put_rows
from sync.server.store.tables import settings

_EPOCH = "epoch"
_RECOVERING = "recovering"


_VALUE = select(settings.c.value).where(settings.c.name == bindparam("of_name"))
_ERA = select(settings.c.name, settings.c.value).where(settings.c.name.in_((_EPOCH, _RECOVERING)))


@dataclass(frozen=True, slots=True)
class Era:
    """Which time since a restore this is, 1 for the first; since which contact (ms UTC) it waits.

    While it is recovering it waits for each terminal that was heard at or after `awaits`.
    """

    epoch: int
    awaits: int | None

    @property
    def recovering(self) -> bool:
        """Say whether terminals have still to tell what a restored copy lacks."""
        return self.awaits is not None


def era(connection: Connection) -> Era:
    """Return which life of the server this is."""
    held = {row.name: row.value for row in connection.execute(_ERA)}
    awaits = held.get(_RECOVERING)
    return Era(int(held.get(_EPOCH, "1")), None if awaits is None else int(awaits))


def epoch(connection: Connection) -> int:
    """Return the number of the time since the server was last restored from a copy, 1 for never."""
    return int(setting(connection, _EPOCH, "1"))


def begin_era(connection: Connection, number: int, *, awaits: int) -> None:
    """Begin epoch `number`: recovering, until those who were heard at or after `awaits` came."""
    keep_setting(connection, _EPOCH, str(number))
    keep_setting(connection, _RECOVERING, str(awaits))


def end_wait(connection: Connection) -> None:
    """Stop recovering."""
    connection.execute(delete(settings).where(settings.c.name == _RECOVERING))


def setting(connection: Connection, name: str, default: str = "") -> str:
    """Return what is set under `name`."""
    value: str | None = connection.scalar(_VALUE, {"of_name": name})
    return default if value is None else value


def keep_setting(connection: Connection, name: str, value: str) -> None:
    """Set `name` to `value`."""
    put_rows(connection, settings, [{"name": name, "value": value}])
