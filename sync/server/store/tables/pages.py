"""Tables of the member's page: what is reserved, who is signed in, what was consented to."""

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table

from sync.server.store.tables.columns import (
    flag,
    ident,
    member,
    metadata,
    number,
    octets,
    small,
    whole,
    word,
)

# Points set aside for a reward in one shop. They are part of `balances.leased` until it ends.
reservations = Table(
    "reservations",
    metadata,
    *member(),
    octets("voucher", 8),
    whole("reward_id"),
    number("store_id"),
    whole("points"),
    flag("from_stock"),  # whether a counted unit was taken out of the shop's stock
    small("state"),  # ReservationState
    number("moving_to"),  # the shop it goes to when this one lets it go, 0 for none
    whole("reserved_at"),
    whole("keep_until"),
    whole("shown_at"),  # when its first code was shown, 0 for never
    whole("ends_at"),  # when the last code that was shown loses its validity
    whole("ended_at"),
    octets("event_id", 16, optional=True),  # the redemption that used it
    PrimaryKeyConstraint("bucket", "member_id", "voucher"),
    CheckConstraint("points >= 0", name="points"),
    Index("ix_reservations_state_store_id", "state", "store_id"),
    sqlite_with_rowid=False,
)

# Where each life of a till last said that its journal ends.
journal_ends = Table(
    "journal_ends",
    metadata,
    number("terminal_id"),
    number("incarnation"),
    whole("told_seq"),
    whole("told_at"),
    PrimaryKeyConstraint("terminal_id", "incarnation"),
)

sign_in_codes = Table(
    "sign_in_codes",
    metadata,
    octets("visitor", 32),  # hash of the secret that the asking browser keeps
    whole("asked_for"),  # member id, 0 when nobody has this e-mail, phone or CPF
    octets("code_mac", 32),
    number("attempts"),
    whole("expires_at"),
    PrimaryKeyConstraint("visitor"),
    Index("ix_sign_in_codes_expires_at", "expires_at"),
)

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    octets("subject", 16),  # keyed hash of what is limited: an address, a person, a browser
    whole("minute"),
    number("attempts"),
    PrimaryKeyConstraint("subject", "minute"),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    octets("secret", 32),  # hash of the cookie's secret
    whole("of_member"),
    whole("began_at"),
    whole("seen_at"),
    PrimaryKeyConstraint("secret"),
    Index("ix_web_sessions_seen_at", "seen_at"),
)

# Each consent that was given or withdrawn, and the words it was about. Rows are only ever added.
consent_proofs = Table(
    "consent_proofs",
    metadata,
    *member(),
    ident("proof_id"),
    word("purpose", 40),
    number("version"),
    flag("given"),
    octets("words", 32),  # SHA-256 of the text that was shown
    word("channel", 20),
    whole("at"),
    PrimaryKeyConstraint("bucket", "member_id", "proof_id"),
    sqlite_with_rowid=False,
)
