"""Tables of the programme, its people and stocks, and of the feed that terminals pull."""

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from sync.server.store.tables.columns import (
    flag,
    ident,
    member,
    metadata,
    number,
    octets,
    small,
    text,
    whole,
    word,
)

programme_documents = Table(
    "programme_documents",
    metadata,
    number("version"),
    octets("hash", 32),
    octets("body"),
    octets("signature", 64),
    whole("valid_from"),
    whole("published_at"),
    PrimaryKeyConstraint("version"),
    UniqueConstraint("hash"),
)

staff = Table(
    "staff",
    metadata,
    whole("staff_id"),
    number("store_id"),
    word("name", 120),
    word("role", 20),
    octets("salt", 16),
    octets("verifier"),  # sealed
    octets("badge", 8, optional=True),
    small("status"),  # StaffStatus
    word("shift", 20),
    PrimaryKeyConstraint("staff_id"),
    Index("ix_staff_store_id", "store_id"),
)

stock = Table(
    "stock",
    metadata,
    number("store_id"),
    whole("reward_id"),
    number("units_left"),
    PrimaryKeyConstraint("store_id", "reward_id"),
    CheckConstraint("units_left >= 0", name="units_left"),
)

# What of a store's stock is lent to a terminal; `units_left` above still counts it.
unit_leases = Table(
    "unit_leases",
    metadata,
    number("store_id"),
    whole("reward_id"),
    ident("lease_id"),
    number("terminal_id"),
    number("incarnation"),
    number("units"),
    number("spent"),
    whole("granted_at"),
    whole("stops_at"),
    small("state"),  # LeaseState
    whole("recalled_at", optional=True),  # since when it is wanted elsewhere
    PrimaryKeyConstraint("store_id", "reward_id", "lease_id"),
    CheckConstraint("spent >= 0", name="spent"),
    CheckConstraint("spent <= units", name="covered"),
    Index("ix_unit_leases_terminal_id_state", "terminal_id", "state"),
)

approvals = Table(
    "approvals",
    metadata,
    ident("event_id"),
    whole("staff_id"),
    whole("approver_id"),
    word("act", 40),
    whole("points"),
    whole("approved_at"),
    PrimaryKeyConstraint("event_id"),
)

audit = Table(
    "audit",
    metadata,
    ident("entry_id"),
    whole("at"),
    word("actor", 60),
    word("act", 40),
    word("subject", 80),
    text("facts"),
    PrimaryKeyConstraint("entry_id"),
    Index("ix_audit_at", "at"),
)


feed_heads = Table(
    "feed_heads", metadata, word("scope", 40), whole("head"), PrimaryKeyConstraint("scope")
)

feed = Table(
    "feed",
    metadata,
    *member(),
    word("scope", 40),
    flag("gone"),
    PrimaryKeyConstraint("bucket", "member_id", "scope"),
    Index("ix_feed_scope_bucket_member_id", "scope", "bucket", "member_id"),
    sqlite_with_rowid=False,
)

# Only ever appended to; what a later number of the same member has overtaken is cleared away.
feed_changes = Table(
    "feed_changes",
    metadata,
    word("scope", 40),
    whole("seq"),
    *member(),
    flag("gone"),
    PrimaryKeyConstraint("scope", "seq"),
    sqlite_with_rowid=False,
)

settings = Table(
    "settings",
    metadata,
    word("name", 40),
    text("value"),
    PrimaryKeyConstraint("name"),
)
