"""The member's page: reservations, sign-in, sessions, proofs of consent."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of the member's page."""
    _reservations()
    _journal_ends()
    _sign_in()
    _consent_proofs()


def _member() -> tuple[sa.Column[int], sa.Column[int]]:
    return (
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
    )


def _reservations() -> None:
    op.create_table(
        "reservations",
        *_member(),
        sa.Column("voucher", sa.LargeBinary(length=8), nullable=False),
        sa.Column("reward_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("from_stock", sa.Boolean(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("moving_to", sa.Integer(), nullable=False),
        sa.Column("reserved_at", sa.BigInteger(), nullable=False),
        sa.Column("keep_until", sa.BigInteger(), nullable=False),
        sa.Column("shown_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=True),
        sa.CheckConstraint("points >= 0", name=op.f("ck_reservations_points")),
        sa.PrimaryKeyConstraint("bucket", "member_id", "voucher", name=op.f("pk_reservations")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_reservations_state_store_id", "reservations", ["state", "store_id"], unique=False
    )


def _journal_ends() -> None:
    op.create_table(
        "journal_ends",
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("told_seq", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", "incarnation", name=op.f("pk_journal_ends")),
    )


def _sign_in() -> None:
    op.create_table(
        "sign_in_codes",
        sa.Column("visitor", sa.LargeBinary(length=32), nullable=False),
        sa.Column("asked_for", sa.BigInteger(), nullable=False),
        sa.Column("code_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("visitor", name=op.f("pk_sign_in_codes")),
    )
    op.create_index("ix_sign_in_codes_expires_at", "sign_in_codes", ["expires_at"], unique=False)
    op.create_table(
        "sign_in_tries",
        sa.Column("subject", sa.LargeBinary(length=16), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "minute", name=op.f("pk_sign_in_tries")),
    )
    op.create_table(
        "web_sessions",
        sa.Column("secret", sa.LargeBinary(length=32), nullable=False),
        sa.Column("of_member", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("secret", name=op.f("pk_web_sessions")),
    )
    op.create_index("ix_web_sessions_seen_at", "web_sessions", ["seen_at"], unique=False)


def _consent_proofs() -> None:
    op.create_table(
        "consent_proofs",
        *_member(),
        sa.Column("proof_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("words", sa.LargeBinary(length=32), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "member_id", "proof_id", name=op.f("pk_consent_proofs")),
        sqlite_with_rowid=False,
    )
