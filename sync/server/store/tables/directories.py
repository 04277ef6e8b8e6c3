"""Tables found by their own key: cards, identifiers, receipts; and the key of each member."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from sync.server.store.tables.columns import (
    ident,
    keys_metadata,
    member,
    metadata,
    number,
    octets,
    small,
    whole,
    word,
)

cards = Table(
    "cards",
    metadata,
    octets("card_id", 8),
    *member(),
    small("status"),  # CardStatus
    octets("replaced_by", 8, optional=True),
    whole("issued_at"),
    number("print_number"),
    PrimaryKeyConstraint("card_id"),
    Index("ix_cards_bucket_member_id", "bucket", "member_id"),
    sqlite_with_rowid=False,
)

identifiers = Table(
    "identifiers",
    metadata,
    octets("value_hash", 16),
    small("kind"),  # IdentifierKind
    *member(),
    PrimaryKeyConstraint("value_hash", "kind"),
    Index("ix_identifiers_bucket_member_id", "bucket", "member_id"),
    sqlite_with_rowid=False,
)

receipt_claims = Table(
    "receipt_claims",
    metadata,
    word("access_key", 44),
    ident("event_id"),
    *member(),
    number("store_id"),
    whole("claimed_at"),
    octets("released_by", 16, optional=True),
    PrimaryKeyConstraint("access_key", "event_id"),
    Index(
        "uq_receipt_claims_active",
        "access_key",
        unique=True,
        sqlite_where=sql("released_by IS NULL"),
        postgresql_where=sql("released_by IS NULL"),
    ),
    sqlite_with_rowid=False,
)


member_keys = Table(
    "member_keys",
    keys_metadata,
    *member(),
    octets("wrapped"),
    PrimaryKeyConstraint("bucket", "member_id"),
    sqlite_with_rowid=False,
)
