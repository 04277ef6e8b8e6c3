"""Lives of a terminal, proofs of what was lent, and what is due."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what a life came from, when a journal was last whole, and the signature of a lease."""
    _lives()
    _leases()
    _renumberings()
    _due()
    _regulars()


def _lives() -> None:
    op.add_column("terminals", sa.Column("lost_at", sa.BigInteger(), nullable=True))
    for column in (
        sa.Column("epoch", sa.Integer(), server_default="1", nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("parent_seq", sa.BigInteger(), nullable=True),
        sa.Column("parent_head", sa.LargeBinary(length=32), nullable=True),
        sa.Column("parent_branch", sa.Integer(), nullable=True),
        sa.Column("asked", sa.LargeBinary(length=16), nullable=True),
    ):
        op.add_column("incarnations", column)


def _leases() -> None:
    for column in (
        sa.Column("epoch", sa.Integer(), server_default="1", nullable=False),
        sa.Column("signature", sa.String(length=88), server_default="", nullable=False),
        sa.Column("recalled_at", sa.BigInteger(), nullable=True),
    ):
        op.add_column("leases", column)


def _renumberings() -> None:
    op.create_table(
        "renumberings",
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("branch", sa.Integer(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.Column("given", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "terminal_id", "incarnation", "branch", "told", name=op.f("pk_renumberings")
        ),
    )


def _due() -> None:
    op.create_table(
        "due",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "member_id", name=op.f("pk_due")),
        sqlite_with_rowid=False,
    )


def _regulars() -> None:
    op.create_table(
        "regulars",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "member_id", "store_id", name=op.f("pk_regulars")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_regulars_store_id_visits", "regulars", ["store_id", "visits"], unique=False)
