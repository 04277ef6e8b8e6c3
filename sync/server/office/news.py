"""News: one number for each terminal that changes whenever there is something to pull.

It is the sum of the heads of all that the terminal pulls, which only ever rise: no data, nothing to
keep secret, and equal exactly while nothing has changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from sync.server.office import feed as feeds
from sync.server.office.terminals import Caller
from sync.server.store.states import TerminalState
from sync.server.store.tables import programme_documents, terminals


@dataclass(frozen=True, slots=True)
class News:
    """Where a terminal's feed stands, where its list of leases does, and whether it is revoked."""

    head: int
    leases: int
    revoked: bool


def newest_document(connection: Connection) -> int:
    """Return the newest published version, 0 before the first."""
    version: int | None = connection.scalar(select(func.max(programme_documents.c.version)))
    return version or 0


def news_for(connection: Connection, callers: Sequence[Caller]) -> list[News]:
    """Return the news of each of `callers`."""
    document = newest_document(connection)
    revoked = set(
        connection.scalars(
            select(terminals.c.terminal_id).where(
                terminals.c.terminal_id.in_({caller.terminal for caller in callers}),
                terminals.c.state != int(TerminalState.ACTIVE),
            )
        )
    )
    scopes = {caller.store: feeds.scope_of(connection, caller.store) for caller in callers}
    names = [
        feeds.names_of(scopes[caller.store], store=caller.store, terminal=caller.terminal)
        for caller in callers
    ]
    heads = feeds.heads(connection, sorted({name for four in names for name in four}))
    return [
        News(
            head=sum(heads[name] for name in four) + document,
            leases=heads[feeds.lease_list(caller.terminal)],
            revoked=caller.terminal in revoked,
        )
        for caller, four in zip(callers, names, strict=True)
    ]
