"""The few facts about this server itself: its epoch, and how members are dealt out to terminals."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    ScalarSelect,
    String,
    and_,
    bindparam,
    delete,
    func,
    select,
)

from sync.server.office.head_office import HOUR_MS
from sync.server.store.dialect import put_rows
from sync.server.store.questions import Question
from sync.server.store.tables import settings

FIRST_EPOCH = 1  # of a server that was never restored

# So long a till that comes late finds the points and the units that it still spends.
_RECOVERED_MS = HOUR_MS

_EPOCH = "epoch"
_RECOVERING = "recovering"
_RECOVERED_AT = "recovered_at"


def value_of(name: str) -> ScalarSelect[str]:
    """Return the part of a statement that reads what is set under `name`."""
    return select(settings.c.value).where(settings.c.name == name).scalar_subquery()


# The parts of a statement that read what `era_in` takes.
ERA = (value_of(_EPOCH).label("epoch_set"), value_of(_RECOVERING).label("awaits_set"))

# The condition that this is still the era in the parameters `steady`, and nobody is waited for.
IS_STEADY = and_(
    func.coalesce(value_of(_EPOCH), str(FIRST_EPOCH)) == bindparam("of_epoch", type_=String),
    value_of(_RECOVERING).is_(None),
)

_VALUE = Question(
    select(settings.c.value).where(settings.c.name == bindparam("of_name", type_=String))
)
_ERA = select(*ERA)


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
    return era_in(connection.execute(_ERA).one())


def era_in(row: Row[*tuple[Any, ...]]) -> Era:
    """Return which life of the server a row says that was asked for `ERA`."""
    awaits = row.awaits_set
    return Era(int(row.epoch_set or FIRST_EPOCH), None if awaits is None else int(awaits))


def steady(epoch: int) -> dict[str, str]:
    """Return the parameters of `IS_STEADY` for an epoch."""
    return {"of_epoch": str(epoch)}


def epoch(connection: Connection) -> int:
    """Return the number of the time since the server was last restored from a copy, 1 for never."""
    return int(setting(connection, _EPOCH, str(FIRST_EPOCH)))


def begin_era(connection: Connection, number: int, *, awaits: int) -> None:
    """Begin epoch `number`: recovering, until those who were heard at or after `awaits` came."""
    keep_setting(connection, _EPOCH, str(number))
    keep_setting(connection, _RECOVERING, str(awaits))


def end_wait(connection: Connection, *, now: int) -> None:
    """Stop recovering."""
    connection.execute(delete(settings).where(settings.c.name == _RECOVERING))
    keep_setting(connection, _RECOVERED_AT, str(now))


def just_recovered(connection: Connection, *, now: int) -> bool:
    """Say whether this server stopped recovering less than an hour ago: it lends on request only.

    A till that was not waited for may hold what the copy knows nothing of.
    """
    return now - int(setting(connection, _RECOVERED_AT, "0")) < _RECOVERED_MS


def setting(connection: Connection, name: str, default: str = "") -> str:
    """Return what is set under `name`."""
    found = _VALUE.one_or_none(connection, {"of_name": name})
    value: str = default if found is None else found.value
    return value


def keep_setting(connection: Connection, name: str, value: str) -> None:
    """Set `name` to `value`."""
    put_rows(connection, settings, [{"name": name, "value": value}])
