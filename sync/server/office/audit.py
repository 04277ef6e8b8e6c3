"""The audit trail: what was done to the programme itself, by whom, and when."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection

from sync.server.office.head_office import HeadOffice
from sync.server.store.dialect import insert_rows
from sync.server.store.tables import audit

_ID_BYTES = 16


def note(
    office: HeadOffice,
    connection: Connection,
    *,
    at: int,
    actor: str,
    act: str,
    subject: str,
    facts: Mapping[str, int | str],
) -> None:
    """Add a line to the trail. Facts are ids and numbers, never personal data."""
    row = {
        "entry_id": office.random(_ID_BYTES),
        "at": at,
        "actor": actor,
        "act": act,
        "subject": subject,
        "facts": msgspec.json.encode(facts).decode(),
    }
    insert_rows(connection, audit, [row])
