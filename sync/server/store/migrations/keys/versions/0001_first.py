"""The first schema of the keys of members."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    _member_keys()


def _member_keys() -> None:
    op.create_table(
        "member_keys",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "member_id", name=op.f("pk_member_keys")),
        sqlite_with_rowid=False,
    )
