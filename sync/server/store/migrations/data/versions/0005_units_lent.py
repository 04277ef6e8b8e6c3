"""Units of counted rewards that are lent to terminals."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of what is lent of a shop's stock."""
    op.create_table(
        "unit_leases",
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("reward_id", sa.BigInteger(), nullable=False),
        sa.Column("lease_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("stops_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("recalled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("spent >= 0", name=op.f("ck_unit_leases_spent")),
        sa.CheckConstraint("spent <= units", name=op.f("ck_unit_leases_covered")),
        sa.PrimaryKeyConstraint("store_id", "reward_id", "lease_id", name=op.f("pk_unit_leases")),
    )
    op.create_index(
        "ix_unit_leases_terminal_id_state", "unit_leases", ["terminal_id", "state"], unique=False
    )
