"""Events that came before their member."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Keep which events wait for which member."""
    op.create_table(
        "orphans",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "member_id", "event_id", name=op.f("pk_orphans")),
        sqlite_with_rowid=False,
    )
