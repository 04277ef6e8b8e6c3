"""Makes the tables of the programme, its people, and the feed."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables of the programme, its people, and the feed."""
    _programme_documents()
    _staff()
    _stock()
    _approvals()
    _audit()
    _feed_heads()
    _feed()
    _settings()


def _programme_documents() -> None:
    op.create_table(
        "programme_documents",
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_programme_documents")),
        sa.UniqueConstraint("hash", name=op.f("uq_programme_documents_hash")),
    )


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("staff_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("badge", sa.LargeBinary(length=8), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("shift", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff")),
    )
    op.create_index("ix_staff_store_id", "staff", ["store_id"], unique=False)


def _stock() -> None:
    op.create_table(
        "stock",
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("reward_id", sa.BigInteger(), nullable=False),
        sa.Column("units_left", sa.Integer(), nullable=False),
        sa.CheckConstraint("units_left >= 0", name=op.f("ck_stock_units_left")),
        sa.PrimaryKeyConstraint("store_id", "reward_id", name=op.f("pk_stock")),
    )


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("approver_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_approvals")),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("entry_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)


def _feed_heads() -> None:
    op.create_table(
        "feed_heads",
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_feed_heads")),
    )


def _feed() -> None:
    op.create_table(
        "feed",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "member_id", "scope", name=op.f("pk_feed")),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_feed_scope_seq", "feed", ["scope", "seq"], unique=True)


def _settings() -> None:
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
