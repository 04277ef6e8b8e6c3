"""Makes the tables of members and what they have."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the tables of members and what they have."""
    _members()
    _persons()
    _balances()
    _ledger()
    _lots()
    _pendings()
    _leases()
    _member_days()
    _takings()
    _awards()
    _tier_changes()
    _consents()
    _fulfilments()
    _merchant_loss()


def _members() -> None:
    op.create_table(
        "members",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("home_store", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("bucket", "member_id", name=op.f("pk_members")),
        sqlite_with_rowid=False,
    )


def _persons() -> None:
    op.create_table(
        "persons",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "member_id", name=op.f("pk_persons")),
        sqlite_with_rowid=False,
    )


def _balances() -> None:
    op.create_table(
        "balances",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("purse", sa.SmallInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.BigInteger(), nullable=False),
        sa.Column("debt", sa.BigInteger(), nullable=False),
        sa.Column("leased", sa.BigInteger(), nullable=False),
        sa.Column("earned_total", sa.BigInteger(), nullable=False),
        sa.Column("spent_total", sa.BigInteger(), nullable=False),
        sa.Column("expired_total", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.Column("tier_points", sa.BigInteger(), nullable=False),
        sa.Column("last_visit", sa.BigInteger(), nullable=False),
        sa.Column("last_day", sa.String(length=10), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("debt >= 0", name=op.f("ck_balances_debt")),
        sa.CheckConstraint("leased >= 0", name=op.f("ck_balances_leased")),
        sa.CheckConstraint("pending >= 0", name=op.f("ck_balances_pending")),
        sa.CheckConstraint(
            "points - debt = earned_total - spent_total - expired_total",
            name=op.f("ck_balances_adds_up"),
        ),
        sa.CheckConstraint("points >= leased", name=op.f("ck_balances_covered")),
        sa.PrimaryKeyConstraint("bucket", "member_id", "purse", name=op.f("pk_balances")),
        sqlite_with_rowid=False,
    )


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("purse", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("qualifying", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.String(length=10), nullable=False),
        sa.Column("from_day", sa.String(length=10), nullable=False),
        sa.Column("reverses", sa.LargeBinary(length=16), nullable=True),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("reward_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("rules", sa.LargeBinary(length=8), nullable=False),
        sa.Column("explain", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_ledger_points")),
        sa.PrimaryKeyConstraint("bucket", "member_id", "event_id", "line", name=op.f("pk_ledger")),
        sqlite_with_rowid=False,
    )


def _lots() -> None:
    op.create_table(
        "lots",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("purse", sa.SmallInteger(), nullable=False),
        sa.Column("expires_on", sa.String(length=10), nullable=False),
        sa.Column("earned", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "member_id", "purse", "expires_on", name=op.f("pk_lots")),
        sqlite_with_rowid=False,
    )


def _pendings() -> None:
    op.create_table(
        "pendings",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("expires_on", sa.String(length=10), nullable=False),
        sa.Column("purse", sa.SmallInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("activates_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("points >= 0", name=op.f("ck_pendings_points")),
        sa.PrimaryKeyConstraint(
            "bucket", "member_id", "event_id", "expires_on", name=op.f("pk_pendings")
        ),
        sqlite_with_rowid=False,
    )


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("lease_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("purse", sa.SmallInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("stops_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("spent <= amount", name=op.f("ck_leases_covered")),
        sa.CheckConstraint("spent >= 0", name=op.f("ck_leases_spent")),
        sa.PrimaryKeyConstraint("bucket", "member_id", "lease_id", name=op.f("pk_leases")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_leases_terminal_id_state", "leases", ["terminal_id", "state"], unique=False)


def _member_days() -> None:
    op.create_table(
        "member_days",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("earned", sa.BigInteger(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("bonus", sa.Text(), nullable=False),
        sa.CheckConstraint("visits >= 0", name=op.f("ck_member_days_visits")),
        sa.PrimaryKeyConstraint("bucket", "member_id", "day", name=op.f("pk_member_days")),
        sqlite_with_rowid=False,
    )


def _takings() -> None:
    op.create_table(
        "takings",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("reward_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "bucket", "member_id", "reward_id", "period", name=op.f("pk_takings")
        ),
        sqlite_with_rowid=False,
    )


def _awards() -> None:
    op.create_table(
        "awards",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("mission", sa.String(length=40), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "member_id", "mission", "week", name=op.f("pk_awards")),
        sqlite_with_rowid=False,
    )


def _tier_changes() -> None:
    op.create_table(
        "tier_changes",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint(
            "bucket", "member_id", "left_at", "event_id", name=op.f("pk_tier_changes")
        ),
        sqlite_with_rowid=False,
    )


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(
            "bucket", "member_id", "purpose", "version", name=op.f("pk_consents")
        ),
        sqlite_with_rowid=False,
    )


def _fulfilments() -> None:
    op.create_table(
        "fulfilments",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("fulfilment_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("reward_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("reserved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "bucket", "member_id", "fulfilment_id", name=op.f("pk_fulfilments")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_fulfilments_store_id_state", "fulfilments", ["store_id", "state"], unique=False
    )


def _merchant_loss() -> None:
    op.create_table(
        "merchant_loss",
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("terminal_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("booked_at", sa.BigInteger(), nullable=False),
        sa.Column("reversed_by", sa.LargeBinary(length=16), nullable=True),
        sa.CheckConstraint("points > 0", name=op.f("ck_merchant_loss_points")),
        sa.PrimaryKeyConstraint("bucket", "member_id", "event_id", name=op.f("pk_merchant_loss")),
        sqlite_with_rowid=False,
    )
