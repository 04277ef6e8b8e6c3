"""Makes the tables of cards, identifiers and receipts."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables of cards, identifiers and receipts."""
    _cards()
    _identifiers()
    _receipt_claims()


def _cards() -> None:
    op.create_table(
        "cards",
        sa.Column("card_id", sa.LargeBinary(length=8), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("replaced_by", sa.LargeBinary(length=8), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("print_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_cards")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_cards_bucket_member_id", "cards", ["bucket", "member_id"], unique=False)


def _identifiers() -> None:
    op.create_table(
        "identifiers",
        sa.Column("value_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("value_hash", "kind", name=op.f("pk_identifiers")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_identifiers_bucket_member_id", "identifiers", ["bucket", "member_id"], unique=False
    )


def _receipt_claims() -> None:
    op.create_table(
        "receipt_claims",
        sa.Column("access_key", sa.String(length=44), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("released_by", sa.LargeBinary(length=16), nullable=True),
        sa.PrimaryKeyConstraint("access_key", "event_id", name=op.f("pk_receipt_claims")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "uq_receipt_claims_active",
        "receipt_claims",
        ["access_key"],
        unique=True,
        sqlite_where=sa.text("released_by IS NULL"),
        postgresql_where=sa.text("released_by IS NULL"),
    )
