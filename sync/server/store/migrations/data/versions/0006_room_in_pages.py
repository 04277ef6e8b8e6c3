"""Room in the pages of rows that change with every purchase."""

from alembic import op

revision = "0006"
down_revision = "0005"

_CHANGING = ("balances", "lots", "member_days", "incarnations", "feed_heads")


def upgrade() -> None:
    """Leave room for a row's next version beside it: PostgreSQL then touches no index.

    Pages that are full stay so until their rows have moved. SQLite changes rows in their place.
    """
    if op.get_bind().dialect.name == "postgresql":
        for table in _CHANGING:
            op.execute(f"ALTER TABLE {table} SET (fillfactor = 70)")
