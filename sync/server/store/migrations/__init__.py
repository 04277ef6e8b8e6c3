"""Numbered steps from every released schema to the present one, for both database files.

A migration runs in one transaction: it is there as a whole or not at all. The number that a
database has reached is Alembic's, in a table of its own; that library is loaded only where steps
are taken, for it would cost every start of a server a third of its time.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

if TYPE_CHECKING:
    from alembic.config import Config

DATA = "data"
KEYS = "keys"

_HERE = Path(__file__).resolve().parent
_REACHED = Table("alembic_version", MetaData(), Column("version_num", String(32)))
_READ = select(_REACHED.c.version_num)


def upgrade(connection: Connection, schema: str) -> None:
    """Run the missing steps of `schema` (DATA or KEYS) in the transaction of `connection`."""
    from alembic import command

    config = _config(schema)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def version(connection: Connection) -> str:
    """Return the step that this database has reached, "" for an empty one."""
    if not inspect(connection).has_table(_REACHED.name):
        return ""
    return connection.scalar(_READ) or ""


def newest(schema: str) -> str:
    """Return the last step of `schema`."""
    return _steps(schema)[-1]


def is_known(schema: str, step: str) -> bool:
    """Say whether `step` is one of this program's; a newer program's is not."""
    return step == "" or step in _steps(schema)


@cache
def _steps(schema: str) -> tuple[str, ...]:
    """Return this program's steps in their order: each file begins with the number of its own."""
    files = (_HERE / schema / "versions").glob("*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def _config(schema: str) -> "Config":
    from alembic.config import Config

    config = Config()
    # Alembic reads a percent sign in a path as the start of a variable.
    config.set_main_option("script_location", str(_HERE / schema).replace("%", "%%"))
    return config
