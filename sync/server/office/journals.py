"""Journals: where a batch belongs in what the server has of a terminal's journal.

A batch that is here already is answered by comparing one hash. One that leaves a gap is refused
with the number to start from. One that contradicts what is here shows that two machines write the
same journal: it is recorded beside the chain, as a branch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select, update

from sync.programme.refusals import Reason, Refused
from sync.protocol.chain import Batch
from sync.server.office.arrivals import Checked
from sync.server.office.epoch import era_in
from sync.server.office.feed import DIVIDED
from sync.server.office.posting import PAST, Past, past_in
from sync.server.office.terminals import OF_LIFE, OF_TERMINAL, Caller, hear, is_life, named
from sync.server.store.questions import Question
from sync.server.store.states import IncarnationState
from sync.server.store.tables import events, incarnations, repeats

_END = Question(
    select(incarnations.c.last_seq, incarnations.c.head_hash, *PAST, DIVIDED).where(
        incarnations.c.terminal_id == OF_TERMINAL, incarnations.c.n == OF_LIFE
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """The end of the server's copy of a journal, and the epoch of the server that has it.

    With what is asked together with it: the past of the life, and whether members are dealt out by
    store.
    """

    last_seq: int
    head: bytes
    epoch: int
    past: Past
    divided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a batch belongs: `known` of its events are here; above 0 `branch` is a fork."""

    known: int
    branch: int = 0


def journal_of(connection: Connection, caller: Caller) -> Journal:
    """Return the caller's journal. Whoever goes on with it holds the terminal."""
    (row,) = _END.rows(connection, named(caller))
    return Journal(
        last_seq=row.last_seq,
        head=row.head_hash,
        epoch=era_in(row).epoch,
        past=past_in(row),
        divided=row.divided,
    )


def place_of(
    connection: Connection, caller: Caller, journal: Journal, batch: Batch, hashes: Sequence[bytes]
) -> Place:
    """Return where a batch belongs; raises Refused(CHAIN_GAP), fact `expected`."""
    if batch.from_seq <= journal.last_seq + 1:
        known = min(journal.last_seq - batch.from_seq + 1, len(hashes))
        # The hash of the last event that both sides have stands for all before it.
        theirs = hashes[known - 1] if known else batch.previous
        ours = _hash_at(connection, caller, journal, batch.from_seq + known - 1)
        if theirs == ours:
            return Place(known=known)
    for branch in _branches_with(connection, caller, batch, hashes):
        part = _known_in(connection, caller, branch, batch, hashes)
        if part is not None:
            return Place(known=part, branch=branch)
    if batch.from_seq > journal.last_seq + 1:
        raise Refused(Reason.CHAIN_GAP, expected=journal.last_seq + 1)
    return Place(known=0, branch=_new_branch(connection, caller))


def is_here(connection: Connection, caller: Caller, journal: Journal, sent: Checked) -> bool:
    """Say whether all of a batch is here: the hash of its last event stands for all before it."""
    if not sent.hashes or sent.last_seq > journal.last_seq:
        return False
    return _hash_at(connection, caller, journal, sent.last_seq) == sent.hashes[-1]


def advance(connection: Connection, caller: Caller, journal: Journal, *, now: int) -> None:
    """Note where the journal ends now, and that its terminal was in contact at `now`."""
    hear(connection, caller, now=now, last_seq=journal.last_seq, head_hash=journal.head)


def mark_forked(connection: Connection, caller: Caller) -> bool:
    """Note that two machines write this journal; return whether that is news."""
    forked = int(IncarnationState.FORKED)
    marked = connection.execute(
        update(incarnations)
        .where(is_life(caller), incarnations.c.state != forked)
        .values(state=forked)
    )
    return marked.rowcount > 0


def _hash_at(connection: Connection, caller: Caller, journal: Journal, seq: int) -> bytes | None:
    if seq == journal.last_seq:
        return journal.head
    for table in (events, repeats):
        found: bytes | None = connection.scalar(
            select(table.c.hash).where(
                table.c.terminal_id == caller.terminal,
                table.c.incarnation == caller.incarnation,
                table.c.branch == 0,
                table.c.seq == seq,
            )
        )
        if found is not None:
            return found
    return None


def _branches_with(
    connection: Connection, caller: Caller, batch: Batch, hashes: Sequence[bytes]
) -> list[int]:
    """The branches that a batch may go on with, or that have its first event; the newest first."""
    found: set[int] = set()
    for table in (events, repeats):
        found.update(
            connection.scalars(
                select(table.c.branch).where(
                    table.c.terminal_id == caller.terminal,
                    table.c.incarnation == caller.incarnation,
                    table.c.branch > 0,
                    or_(
                        and_(table.c.seq == batch.from_seq - 1, table.c.hash == batch.previous),
                        and_(table.c.seq == batch.from_seq, table.c.hash == hashes[0]),
                    ),
                )
            )
        )
    return sorted(found, reverse=True)


def _known_in(
    connection: Connection, caller: Caller, branch: int, batch: Batch, hashes: Sequence[bytes]
) -> int | None:
    """How many events of a batch a branch has already; None when it has others in their places."""
    held: dict[int, bytes] = {}
    for table in (events, repeats):
        rows = connection.execute(
            select(table.c.seq, table.c.hash).where(
                table.c.terminal_id == caller.terminal,
                table.c.incarnation == caller.incarnation,
                table.c.branch == branch,
                table.c.seq.between(batch.from_seq, batch.from_seq + len(hashes) - 1),
            )
        )
        held.update((row.seq, row.hash) for row in rows)
    others = (held.get(batch.from_seq + n) not in (None, one) for n, one in enumerate(hashes))
    return None if any(others) else len(held)


def _new_branch(connection: Connection, caller: Caller) -> int:
    newest = 0
    for table in (events, repeats):
        held: int | None = connection.scalar(
            select(func.max(table.c.branch)).where(
                table.c.terminal_id == caller.terminal, table.c.incarnation == caller.incarnation
            )
        )
        newest = max(newest, held or 0)
    return newest + 1
