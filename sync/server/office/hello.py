"""The first word of a connection: where the server's copy of a terminal's journal ends."""

from sqlalchemy import select

from sync.protocol import version
from sync.protocol.messages import Hello, HelloAnswer
from sync.protocol.signing import REPLAY_WINDOW_MS
from sync.server.office.epoch import just_recovered
from sync.server.office.head_office import HeadOffice
from sync.server.office.journal_ends import tell
from sync.server.office.preleases import lend_beforehand
from sync.server.office.recovery import take_proofs
from sync.server.office.terminals import Caller, hear, is_life
from sync.server.office.units import share_out
from sync.server.store.tables import incarnations


def greet(office: HeadOffice, caller: Caller, hello: Hello, *, now: int) -> HelloAnswer:
    """Answer a terminal's hello; it pushes from `last_seq` + 1, and is lent what it may need.

    Raises Refused(VERSION_UNSUPPORTED).
    """
    agreed = version.agree(hello.protocol, hello.oldest)
    with office.database.write() as connection:
        hear(connection, caller, now=now)
        # The word may have been under way for as long as a signature is good, by either clock.
        tell(connection, caller, last_seq=hello.last_seq, now=now - 2 * REPLAY_WINDOW_MS)
        current = take_proofs(office, connection, caller, hello, now=now)
        row = connection.execute(
            select(incarnations.c.last_seq, incarnations.c.head_hash).where(is_life(caller))
        ).one()
        answer = HelloAnswer(
            protocol=agreed,
            now=now,
            epoch=current.epoch,
            last_seq=row.last_seq,
            head=row.head_hash.hex(),
            recovering=current.recovering,
            quarantined=caller.forked,
        )
        lends = not (hello.hasty or current.recovering or just_recovered(connection, now=now))
    if lends:
        lend_beforehand(office, caller, now=now)
        share_out(office, caller, now=now)
    return answer
