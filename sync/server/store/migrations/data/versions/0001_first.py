"""The first schema of the server."""

from sync.server.store.migrations.data.first import accounts, directories, journals, programme

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    accounts.create()
    directories.create()
    journals.create()
    programme.create()
