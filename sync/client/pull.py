"""Pull: what changed at the server since the cursor, page by page, until there is no more.

The next page is on its way while this one is kept. Guarantees that pages are kept in the order in
which they were asked for, none without those before it, and that no question is left running.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import msgspec

from sync.client import bootstrap
from sync.client.outcomes import Outcome, Rejected, ServerFault
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A page that was asked for `at` a time (ms UTC); `answer` waits for it, and raises Outcome."""

    cursor: str
    at: int
    answer: Callable[[], PullAnswer]


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
    ahead: _Asked | None = None
    while True:
        try:
            asked = ahead or _ask(replica, server, wall=wall)
            page, is_copied, ahead = _keep(asked, replica, server, wall=wall, in_trouble=in_trouble)
        except Rejected as rejected:
            if not again or rejected.refused.reason is not Reason.CURSOR_INVALID:
                raise
            again, ahead = False, None
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


def _ask(replica: Replica, server: Server, *, wall: Callable[[], int]) -> _Asked:
    """Ask for the page behind what is kept, and wait for it."""
    asked_at = wall()
    if not replica.cursor():
        bootstrap.begin(replica, server)
    cursor = replica.cursor()
    page = server.pull(cursor, replica.wants_tally(asked_at))
    return _Asked(cursor, asked_at, lambda: page)


def _ask_ahead(
    page: PullAnswer, replica: Replica, server: Server, *, wall: Callable[[], int]
) -> _Asked | None:
    """Ask for the page behind one that is still to be kept, if there is more."""
    if not page.more:
        return None
    asked_at = wall()
    answer = server.pull_ahead(page.cursor, replica.wants_tally(asked_at))
    return _Asked(page.cursor, asked_at, answer)


def _keep(
    asked: _Asked,
    replica: Replica,
    server: Server,
    *,
    wall: Callable[[], int],
    in_trouble: bool,
) -> tuple[PullAnswer, bool, _Asked | None]:
    """Keep a page with the next one on its way.

    Says as well whether another machine is living this life too.
    """
    page = asked.answer()
    is_copied = page.acked_seq > replica.head().seq  # the server has more of it than this disk
    ours = not (in_trouble or is_copied)
    if not ours:
        page = msgspec.structs.replace(page, leases=(), results=())
    _check(page, asked.cursor)
    ahead = _ask_ahead(page, replica, server, wall=wall)
    with _not_left_alone(ahead):
        replica.keep_page(page, asked_at=asked.at, now=wall(), ours=ours)
    return page, is_copied and not in_trouble, ahead


@contextmanager
def _not_left_alone(ahead: _Asked | None) -> Iterator[None]:
    """Where a page could not be kept, wait for the one behind it, which then counts for nothing."""
    try:
        yield
    except BaseException:
        if ahead is not None:
            with suppress(*Outcome):
                ahead.answer()
        raise


def _check(page: PullAnswer, cursor: str) -> None:
    if page.more and page.cursor == cursor:
        raise ServerFault(200)  # it would go on like this for ever
