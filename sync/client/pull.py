"""Pull: what changed at the server since the cursor, page by page, until there is no more."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from sync.client import bootstrap
from sync.client.outcomes import Rejected, ServerFault
from sync.client.replica import Replica
from sync.client.server import Server
from sync.programme.refusals import Reason
from sync.protocol.messages import PullAnswer, Result


@dataclass(frozen=True, slots=True)
class Pulled:
    """How many members changed, what the server said of own events, and its time and epoch.

    `head` is the number up to which there is no news. `differs` when even a copy that was fetched
    anew is not the server's; `ask_again` when the server has to be greeted anew; `recalled`
    when leases are wanted elsewhere.
    """

    members: int
    results: tuple[Result, ...]
    server_now: int
    epoch: int
    head: int = -1
    differs: bool = False
    ask_again: bool = False
    recalled: bool = False


def pull_news(
    replica: Replica, server: Server, *, wall: Callable[[], int], in_trouble: bool = False
) -> Pulled:
    """Pull to the end. A cursor that the server cannot use any more begins again, once.

    A copy that is not what the server says it should come to begins again too. `in_trouble` is for
    a terminal whose chain is not the server's: it has nothing lent to it, and what the server says
    of events is said of others than its own. Raises Outcome, and Refused DOCUMENT_FORGED,
    DISK_FULL; the pages before it are kept.
    """
    members, again, recalled, copied = 0, True, False, False
    results: list[Result] = []
    while True:
        try:
            page, is_copied = _next_page(replica, server, wall=wall, in_trouble=in_trouble)
        except Rejected as rejected:
            if not again or rejected.refused.reason is not Reason.CURSOR_INVALID:
                raise
            again = False
            replica.refetch()
            continue
        members += len(page.members)
        results += page.results
        copied = copied or is_copied
        recalled = recalled or any(row.recalled for row in page.leases)
        if page.more:
            continue
        compared = replica.compare(page.tally, now=wall()) if page.tally is not None else "same"
        if compared != "again":
            return Pulled(
                members,
                tuple(results),
                page.now,
                page.epoch,
                page.head,
                differs=compared == "different",
                ask_again=copied or not again,
                recalled=recalled,
            )


def _next_page(
    replica: Replica, server: Server, *, wall: Callable[[], int], in_trouble: bool
) -> tuple[PullAnswer, bool]:
    """Keep the next page; say as well whether another machine is living this life too."""
    asked_at = wall()
    if not replica.cursor():
        bootstrap.begin(replica, server)
    cursor = replica.cursor()
    page = server.pull(cursor, replica.wants_tally(asked_at))
    is_copied = page.acked_seq > replica.head().seq  # the server has more of it than this disk
    ours = not (in_trouble or is_copied)
    if not ours:
        page = msgspec.structs.replace(page, leases=(), results=())
    _check(page, cursor)
    replica.keep_page(page, asked_at=asked_at, now=wall(), ours=ours)
    return page, is_copied and not in_trouble


def _check(page: PullAnswer, cursor: str) -> None:
    if page.more and page.cursor == cursor:
        raise ServerFault(200)  # it would go on like this for ever
