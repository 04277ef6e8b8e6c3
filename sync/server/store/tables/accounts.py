"""Tables of members: who they are, what they have, and what happened."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, PrimaryKeyConstraint, String, Table

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

members = Table(
    "members",
    metadata,
    *member(),
    number("home_store"),
    small("status"),  # MemberStatus
    word("display_name", 120),
    whole("enrolled_at"),
    whole("merged_into", optional=True),
    PrimaryKeyConstraint("bucket", "member_id"),
    sqlite_with_rowid=False,
)

# CPF, phone and birthday, sealed with a key that lies in the other database.
persons = Table(
    "persons",
    metadata,
    *member(),
    octets("sealed"),
    PrimaryKeyConstraint("bucket", "member_id"),
    sqlite_with_rowid=False,
)

balances = Table(
    "balances",
    metadata,
    *member(),
    small("purse"),
    whole("points"),
    whole("pending"),
    whole("debt"),
    whole("leased"),
    whole("earned_total"),  # net of returns, without what is pending
    whole("spent_total"),
    whole("expired_total"),
    word("tier", 40),
    whole("tier_points"),
    whole("last_visit"),
    word("last_day", 10),  # the store-local day of the latest visit that counted
    whole("version"),
    PrimaryKeyConstraint("bucket", "member_id", "purse"),
    CheckConstraint("pending >= 0", name="pending"),
    CheckConstraint("debt >= 0", name="debt"),
    CheckConstraint("leased >= 0", name="leased"),
    CheckConstraint("points >= leased", name="covered"),
    CheckConstraint("points - debt = earned_total - spent_total - expired_total", name="adds_up"),
    sqlite_with_rowid=False,
)

ledger = Table(
    "ledger",
    metadata,
    *member(),
    ident("event_id"),
    number("line"),
    small("purse"),
    small("kind"),  # position in sync.programme.ledger.Kind
    whole("points"),
    whole("qualifying"),
    word("expires_on", 10),
    word("from_day", 10),
    octets("reverses", 16, optional=True),
    flag("pending"),
    number("store_id"),
    number("terminal_id"),
    whole("staff_id"),
    whole("reward_id"),
    whole("amount_cents"),
    word("reason", 200),
    octets("rules", 8),
    text("explain"),
    whole("occurred_at"),
    whole("recorded_at"),
    PrimaryKeyConstraint("bucket", "member_id", "event_id", "line"),
    CheckConstraint("points >= 0", name="points"),
    sqlite_with_rowid=False,
)

lots = Table(
    "lots",
    metadata,
    *member(),
    small("purse"),
    word("expires_on", 10),  # empty: never
    whole("earned"),  # net; may be below zero for a while
    PrimaryKeyConstraint("bucket", "member_id", "purse", "expires_on"),
    sqlite_with_rowid=False,
)

pendings = Table(
    "pendings",
    metadata,
    *member(),
    ident("event_id"),
    word("expires_on", 10),
    small("purse"),
    whole("points"),
    whole("activates_at", optional=True),  # empty: when a person says so
    PrimaryKeyConstraint("bucket", "member_id", "event_id", "expires_on"),
    CheckConstraint("points >= 0", name="points"),
    sqlite_with_rowid=False,
)

leases = Table(
    "leases",
    metadata,
    *member(),
    ident("lease_id"),
    number("terminal_id"),
    number("incarnation"),
    small("purse"),
    whole("amount"),
    whole("spent"),
    whole("granted_at"),
    whole("stops_at"),
    small("state"),  # LeaseState
    Column("epoch", Integer, nullable=False, server_default="1"),  # in which it was granted
    Column("signature", String(88), nullable=False, server_default=""),
    whole("recalled_at", optional=True),  # since when it is wanted elsewhere
    PrimaryKeyConstraint("bucket", "member_id", "lease_id"),
    CheckConstraint("spent >= 0", name="spent"),
    CheckConstraint("spent <= amount", name="covered"),
    Index("ix_leases_terminal_id_state", "terminal_id", "state"),
    sqlite_with_rowid=False,
)

# What caps and missions count: one row per member and store-local day with a credited visit.
member_days = Table(
    "member_days",
    metadata,
    *member(),
    word("day", 10),
    whole("earned"),
    number("visits"),
    text("bonus"),  # JSON: bonus id -> points, "" for none
    PrimaryKeyConstraint("bucket", "member_id", "day"),
    CheckConstraint("visits >= 0", name="visits"),
    sqlite_with_rowid=False,
)

takings = Table(
    "takings",
    metadata,
    *member(),
    whole("reward_id"),
    word("period", 10),  # a day or a year
    number("taken"),
    PrimaryKeyConstraint("bucket", "member_id", "reward_id", "period"),
    sqlite_with_rowid=False,
)

awards = Table(
    "awards",
    metadata,
    *member(),
    word("mission", 40),
    word("week", 8),
    ident("event_id"),
    PrimaryKeyConstraint("bucket", "member_id", "mission", "week"),
    sqlite_with_rowid=False,
)

tier_changes = Table(
    "tier_changes",
    metadata,
    *member(),
    whole("left_at"),
    ident("event_id"),
    word("tier", 40),  # held until `left_at`
    PrimaryKeyConstraint("bucket", "member_id", "left_at", "event_id"),
    sqlite_with_rowid=False,
)

consents = Table(
    "consents",
    metadata,
    *member(),
    word("purpose", 40),
    number("version"),
    ident("event_id"),
    whole("given_at"),
    whole("withdrawn_at", optional=True),
    PrimaryKeyConstraint("bucket", "member_id", "purpose", "version"),
    sqlite_with_rowid=False,
)

fulfilments = Table(
    "fulfilments",
    metadata,
    *member(),
    ident("fulfilment_id"),
    whole("reward_id"),
    number("store_id"),
    word("place", 80),
    small("state"),  # FulfilmentState
    whole("reserved_at"),
    PrimaryKeyConstraint("bucket", "member_id", "fulfilment_id"),
    Index("ix_fulfilments_store_id_state", "store_id", "state"),
    sqlite_with_rowid=False,
)

# Whose points lapse with the end of a day, found at once and worked off in parts.
due = Table(
    "due",
    metadata,
    *member(),
    word("day", 10),
    PrimaryKeyConstraint("bucket", "member_id"),
    sqlite_with_rowid=False,
)

# Who comes to a store, counted once a day.
regulars = Table(
    "regulars",
    metadata,
    *member(),
    number("store_id"),
    number("terminal_id"),  # the till that saw them last
    number("visits"),
    whole("last_at"),
    PrimaryKeyConstraint("bucket", "member_id", "store_id"),
    Index("ix_regulars_store_id_visits", "store_id", "visits"),
    sqlite_with_rowid=False,
)

# Events that came before their member.
orphans = Table(
    "orphans",
    metadata,
    *member(),
    ident("event_id"),
    PrimaryKeyConstraint("bucket", "member_id", "event_id"),
    sqlite_with_rowid=False,
)

merchant_loss = Table(
    "merchant_loss",
    metadata,
    *member(),
    ident("event_id"),
    number("store_id"),
    number("terminal_id"),
    whole("points"),
    word("reason", 40),
    whole("booked_at"),
    octets("reversed_by", 16, optional=True),
    PrimaryKeyConstraint("bucket", "member_id", "event_id"),
    CheckConstraint("points > 0", name="points"),
    sqlite_with_rowid=False,
)
