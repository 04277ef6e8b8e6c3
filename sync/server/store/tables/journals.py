"""Tables of terminals and of what they sent."""

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, UniqueConstraint

from sync.server.store.tables.columns import (
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

terminals = Table(
    "terminals",
    metadata,
    number("terminal_id"),
    number("store_id"),
    word("name", 60),
    small("state"),  # TerminalState
    number("incarnation"),
    whole("created_at"),
    whole("lost_at", optional=True),
    PrimaryKeyConstraint("terminal_id"),
)

incarnations = Table(
    "incarnations",
    metadata,
    number("terminal_id"),
    number("n"),
    number("issuer"),
    octets("public_key", 32),
    whole("last_seq"),
    octets("head_hash", 32),
    small("state"),  # IncarnationState
    whole("created_at"),
    whole("contact_at"),
    whole("contact_before"),  # the last contact before the latest silence
    Column("epoch", Integer, nullable=False, server_default="1"),  # in which it was last whole here
    number("parent", optional=True),  # the life it came after, whose chain ended on its disk in
    whole("parent_seq", optional=True),
    octets("parent_head", 32, optional=True),
    number("parent_branch", optional=True),  # this branch; empty while that end is not here
    octets("asked", 16, optional=True),  # the id of the request that began it
    PrimaryKeyConstraint("terminal_id", "n"),
    UniqueConstraint("issuer"),
)

events = Table(
    "events",
    metadata,
    ident("event_id"),
    number("terminal_id"),
    number("incarnation"),
    number("branch"),  # 0: the chain; above: what a copied terminal sent beside it
    whole("seq"),
    word("kind", 20),
    ident("visit_id"),
    *member(),
    octets("body"),
    octets("hash", 32),
    whole("received_at"),
    whole("effective_at"),
    word("status", 20),
    word("code", 40),
    text("facts"),  # JSON, "" for none
    octets("voided_by", 16, optional=True),
    PrimaryKeyConstraint("event_id"),
    UniqueConstraint("terminal_id", "incarnation", "branch", "seq"),
    sqlite_with_rowid=False,
)

# An event that arrived again under another place in a chain: kept, without effect.
repeats = Table(
    "repeats",
    metadata,
    number("terminal_id"),
    number("incarnation"),
    number("branch"),
    whole("seq"),
    ident("event_id"),
    octets("body"),
    octets("hash", 32),
    whole("received_at"),
    PrimaryKeyConstraint("terminal_id", "incarnation", "branch", "seq"),
)

# A member that two machines gave one number to: what a branch calls `told` is `given` here.
renumberings = Table(
    "renumberings",
    metadata,
    number("terminal_id"),
    number("incarnation"),
    number("branch"),
    whole("told"),
    whole("given"),
    PrimaryKeyConstraint("terminal_id", "incarnation", "branch", "told"),
)

deliveries = Table(
    "deliveries",
    metadata,
    number("terminal_id"),
    number("incarnation"),
    number("version"),
    whole("delivered_at"),
    PrimaryKeyConstraint("terminal_id", "incarnation", "version"),
)

enrolment_codes = Table(
    "enrolment_codes",
    metadata,
    octets("code_mac", 32),
    number("store_id"),
    word("name", 60),
    number("terminal_id", optional=True),  # a terminal that comes back; empty: a new one
    whole("expires_at"),
    octets("used_key", 32, optional=True),
    number("used_incarnation", optional=True),
    PrimaryKeyConstraint("code_mac"),
)

wrong_codes = Table(
    "wrong_codes",
    metadata,
    word("source", 60),
    whole("minute"),
    number("attempts"),
    PrimaryKeyConstraint("source", "minute"),
)

till_sales = Table(
    "till_sales",
    metadata,
    number("terminal_id"),
    word("day", 10),
    number("sales"),
    PrimaryKeyConstraint("terminal_id", "day"),
)
