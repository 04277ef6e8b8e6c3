"""Numbered steps from every released schema to the present one, for both database files.

A migration runs in one transaction: it is there as a whole or not at all.
"""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

DATA = "data"
KEYS = "keys"

_HERE = Path(__file__).resolve().parent


def upgrade(connection: Connection, schema: str) -> None:
    """Run the missing steps of `schema` (DATA or KEYS) in the transaction of `connection`."""
    config = _config(schema)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def version(connection: Connection) -> str:
    """Return the step that this database has reached, "" for an empty one."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def newest(schema: str) -> str:
    """Return the last step of `schema`."""
    return _steps(schema)[0]


def is_known(schema: str, step: str) -> bool:
    """Say whether `step` is one of this program's; a newer program's is not."""
    return step == "" or step in _steps(schema)


@cache
def _steps(schema: str) -> tuple[str, ...]:
    """Return this program's steps, the last one first; finding them means reading all of them."""
    scripts = ScriptDirectory.from_config(_config(schema)).walk_revisions()
    return tuple(script.revision for script in scripts)


def _config(schema: str) -> Config:
    config = Config()
    # Alembic reads a percent sign in a path as the start of a variable.
    config.set_main_option("script_location", str(_HERE / schema).replace("%", "%%"))
    return config
