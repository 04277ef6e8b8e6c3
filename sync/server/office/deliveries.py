"""Deliveries: when a terminal was given which version of the programme, and last heard."""

from collections.abc import Sequence

from sync.server.office.head_office import HeadOffice
from sync.server.office.terminals import Caller, hear_now_and_then
from sync.server.store.dialect import add_rows
from sync.server.store.tables import deliveries


def note_given(office: HeadOffice, caller: Caller, versions: Sequence[int], *, now: int) -> None:
    """Note that a terminal is in contact, and since when it has known versions it is given now.

    What it does later is judged by that.
    """
    if versions:
        rows = [
            {
                "terminal_id": caller.terminal,
                "incarnation": caller.incarnation,
                "version": version,
                "delivered_at": now,
            }
            for version in versions
        ]
        with office.database.write_together() as connection:
            add_rows(connection, deliveries, rows)
    hear_now_and_then(office, caller, now=now)
