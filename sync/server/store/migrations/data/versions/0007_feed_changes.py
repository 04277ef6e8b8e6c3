"""The feed's numbers in a table of their own, which is only appended to."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Keep who is in a scope apart from what changed in it, and in which order."""
    op.create_table(
        "feed_changes",
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "seq", name=op.f("pk_feed_changes")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO feed_changes (scope, seq, bucket, member_id, gone)"
        " SELECT scope, seq, bucket, member_id, gone FROM feed"
    )
    op.drop_index("uq_feed_scope_seq", "feed")
    op.drop_column("feed", "seq")
