"""Makes the tables of terminals and what they sent."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables of terminals and what they sent."""
    _terminals()
    _incarnations()
    _events()
    _repeats()
    _deliveries()
    _enrolment_codes()
    _wrong_codes()
    _till_sales()


def _terminals() -> None:
    op.create_table(
        "terminals",
        sa.Column("terminal_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", name=op.f("pk_terminals")),
    )


def _incarnations() -> None:
    op.create_table(
        "incarnations",
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("head_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("contact_at", sa.BigInteger(), nullable=False),
        sa.Column("contact_before", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", "n", name=op.f("pk_incarnations")),
        sa.UniqueConstraint("issuer", name=op.f("uq_incarnations_issuer")),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("branch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("visit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("voided_by", sa.LargeBinary(length=16), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_events")),
        sa.UniqueConstraint(
            "terminal_id",
            "incarnation",
            "branch",
            "seq",
            name=op.f("uq_events_terminal_id_incarnation_branch_seq"),
        ),
        sqlite_with_rowid=False,
    )


def _repeats() -> None:
    op.create_table(
        "repeats",
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("branch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "terminal_id", "incarnation", "branch", "seq", name=op.f("pk_repeats")
        ),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "terminal_id", "incarnation", "version", name=op.f("pk_deliveries")
        ),
    )


def _enrolment_codes() -> None:
    op.create_table(
        "enrolment_codes",
        sa.Column("code_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("terminal_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("used_incarnation", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("code_mac", name=op.f("pk_enrolment_codes")),
    )


def _wrong_codes() -> None:
    op.create_table(
        "wrong_codes",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "minute", name=op.f("pk_wrong_codes")),
    )


def _till_sales() -> None:
    op.create_table(
        "till_sales",
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("sales", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", "day", name=op.f("pk_till_sales")),
    )
