"""Importing what somebody carried here from a terminal that could not send it.

The batches are the very ones that the terminal would have pushed, so they are taken in by the same
door: signed, chained, each event once, however often the file is read.
"""

from dataclasses import dataclass

from sqlalchemy import select

from sync.programme.refusals import Reason, Refused
from sync.protocol.outbox_file import open_outbox
from sync.server.office.head_office import HeadOffice
from sync.server.office.push import record_push
from sync.server.office.terminals import Caller
from sync.server.store.states import IncarnationState
from sync.server.store.tables import incarnations, terminals


@dataclass(frozen=True, slots=True)
class Imported:
    """How many batches were taken in, and why others were not."""

    batches: int
    refused: tuple[Reason, ...]


def import_outbox(office: HeadOffice, body: bytes, *, now: int) -> Imported:
    """Take in an outbox file; raises Refused: BATCH_UNREADABLE, TERMINAL_UNKNOWN.

    A batch that contradicts the journal is recorded beside it, like any other. One that cannot be
    placed or is not the terminal's is named in the answer; the others are taken in.
    """
    header, batches = open_outbox(body)
    taken, refused = 0, []
    for incarnation, batch in batches:
        caller = _life(office, header.terminal, incarnation)
        try:
            record_push(office, caller, batch, now=now)
        except Refused as refusal:
            if refusal.reason is not Reason.CHAIN_FORKED:
                refused.append(refusal.reason)
                continue
        taken += 1
    return Imported(taken, tuple(refused))


def _life(office: HeadOffice, terminal: int, incarnation: int) -> Caller:
    """Return a life of a terminal, whether it is heard any more or not."""
    with office.database.read() as connection:
        found = connection.execute(
            select(terminals.c.store_id, terminals.c.name, incarnations.c.public_key)
            .add_columns(incarnations.c.state)
            .join(incarnations, incarnations.c.terminal_id == terminals.c.terminal_id)
            .where(terminals.c.terminal_id == terminal, incarnations.c.n == incarnation)
        ).one_or_none()
    if found is None:
        raise Refused(Reason.TERMINAL_UNKNOWN)
    return Caller(
        terminal=terminal,
        incarnation=incarnation,
        store=found.store_id,
        name=found.name,
        public_key=found.public_key,
        forked=found.state != IncarnationState.ACTIVE,
    )
