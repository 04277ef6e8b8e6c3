"""Pull: what changed at the server since the cursor, page by page, until there is no more."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from sync.client.outcomes import Rejected, ServerFault
from sync.client.replica import Replica
from sync.client.server import Server
from sync.programme.refusals import Reason
from sync.protocol.messages import PullAnswer, Result


@dataclass(frozen=True, slots=True)
class Pulled:
    """How many members changed, what the server said of own events, and its time and epoch."""

    members: int
    results: tuple[Result, ...]
    server_now: int
    epoch: int


def pull_news(
    replica: Replica, server: Server, *, wall: Callable[[], int], in_trouble: bool = False
) -> Pulled:
    """Pull to the end. A cursor that the server cannot use any more begins again, once.

    `in_trouble` is for a terminal whose chain is not the server's: it has nothing lent to it, and
    what the server says of events is said of others than its own. Raises Outcome, and Refused
    DOCUMENT_FORGED, DISK_FULL; the pages before it are kept.
    """
    members, again = 0, True
    results: list[Result] = []
    while True:
        asked_at = wall()
        cursor = replica.cursor()
        try:
            page = server.pull(cursor)
        except Rejected as rejected:
            if not again or rejected.refused.reason is not Reason.CURSOR_INVALID:
                raise
            again = False
            replica.refetch()
            continue
        if in_trouble:
            page = msgspec.structs.replace(page, leases=(), results=(), acked_seq=replica.settled())
        _check(page, cursor)
        replica.keep_page(page, asked_at=asked_at, now=wall())
        members += len(page.members)
        results += page.results
        if not page.more:
            return Pulled(members, tuple(results), page.now, page.epoch)


def _check(page: PullAnswer, cursor: str) -> None:
    if page.more and page.cursor == cursor:
        raise ServerFault(200)  # it would go on like this for ever
