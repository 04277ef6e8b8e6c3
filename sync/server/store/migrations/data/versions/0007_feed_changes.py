"""The feed's numbers in a table of their own, which is only appended to."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# Whom a late event brought back after they were forgotten: every terminal is told once more.
_BROUGHT_BACK = """FROM feed JOIN members
    ON members.bucket = feed.bucket AND members.member_id = feed.member_id
    WHERE members.status = 3 AND NOT feed.gone"""
_FORGET = (
    f"""INSERT INTO feed_changes (scope, seq, bucket, member_id, gone)
    SELECT scope, (SELECT head FROM feed_heads WHERE feed_heads.scope = back.scope)
    + row_number() OVER (PARTITION BY scope ORDER BY bucket, member_id), bucket, member_id, true
    FROM (SELECT feed.scope, feed.bucket, feed.member_id {_BROUGHT_BACK}) AS back""",
    f"""UPDATE feed_heads SET head = head
    + (SELECT count(*) {_BROUGHT_BACK} AND feed.scope = feed_heads.scope)""",
    """UPDATE feed SET gone = true WHERE EXISTS (SELECT 1 FROM members
    WHERE members.bucket = feed.bucket AND members.member_id = feed.member_id
    AND members.status = 3)""",
)


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
    op.create_index(
        "ix_feed_scope_bucket_member_id", "feed", ["scope", "bucket", "member_id"], unique=False
    )
    for statement in _FORGET:
        op.execute(statement)
