"""The tables of the central server, as they are now.

Every key of a member's table contains `bucket` (member id modulo 64), so the same tables can be
spread over machines later. Ids of events and leases are 16 bytes, card ids 8 bytes, instants
milliseconds UTC, days ISO dates in the zone that counts, money centavos, and points whole numbers.
Every constraint has a name: a migration tool drops what it cannot name.
"""

from sync.server.store.tables.accounts import (
    awards,
    balances,
    consents,
    due,
    fulfilments,
    leases,
    ledger,
    lots,
    member_days,
    members,
    merchant_loss,
    orphans,
    pendings,
    persons,
    regulars,
    takings,
    tier_changes,
)
from sync.server.store.tables.columns import keys_metadata, metadata
from sync.server.store.tables.directories import cards, identifiers, member_keys, receipt_claims
from sync.server.store.tables.journals import (
    deliveries,
    enrolment_codes,
    events,
    incarnations,
    renumberings,
    repeats,
    terminals,
    till_sales,
    wrong_codes,
)
from sync.server.store.tables.pages import (
    consent_proofs,
    journal_ends,
    reservations,
    sign_in_codes,
    sign_in_tries,
    web_sessions,
)
from sync.server.store.tables.programme import (
    approvals,
    audit,
    feed,
    feed_heads,
    programme_documents,
    settings,
    staff,
    stock,
    unit_leases,
)

__all__ = [
    "approvals",
    "audit",
    "awards",
    "balances",
    "cards",
    "consent_proofs",
    "consents",
    "deliveries",
    "due",
    "enrolment_codes",
    "events",
    "feed",
    "feed_heads",
    "fulfilments",
    "identifiers",
    "incarnations",
    "journal_ends",
    "keys_metadata",
    "leases",
    "ledger",
    "lots",
    "member_days",
    "member_keys",
    "members",
    "merchant_loss",
    "metadata",
    "orphans",
    "pendings",
    "persons",
    "programme_documents",
    "receipt_claims",
    "regulars",
    "renumberings",
    "repeats",
    "reservations",
    "settings",
    "sign_in_codes",
    "sign_in_tries",
    "staff",
    "stock",
    "takings",
    "terminals",
    "tier_changes",
    "till_sales",
    "unit_leases",
    "web_sessions",
    "wrong_codes",
]
