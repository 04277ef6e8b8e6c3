"""Engine: one round of synchronisation, which reads like the protocol.

Hello once per connection, every hour, and again after anything went wrong; then push until the
server has all, report the leases that are over, pull until there is no more. A server that turns
out to be restored, or a journal that another machine writes too, is greeted again in the same
round: what follows from it is done when the round is over. A round may be cut off anywhere and
repeated; it never deletes an event, and it never waits for the network inside a transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client import bootstrap, leases, lives, pull, push
from sync.client.greeting import hello_of
from sync.client.outcomes import Outcome, Outdated, Rejected
from sync.client.replica import Replica, Why
from sync.client.server import Server
from sync.programme.refusals import Reason
from sync.protocol.messages import HelloAnswer, Result
from sync.protocol.version import OLDEST, is_spoken

# The server hears so where this journal ends, which frees what vouchers of this shop hold.
_HELLO_EVERY_MS = 3_600_000

_WHY: Mapping[Reason, Why] = {Reason.CHAIN_FORKED: "forked", Reason.CHAIN_GAP: "unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReport:
    """What a round did: events pushed, members pulled, leases closed; what the server said of own
    events; the clocks' distance; and what is wrong with the chain, if anything is.

    `more` asks for another round at once: members are still to come. `head` is the number up to
    which there is no news (-1 unknown). `differs` when the members are not as the server has them;
    `recovering` while a server that was restored lends nothing before it has heard of every till.
    """

    pushed: int
    pulled: int
    closed: int
    results: tuple[Result, ...]
    offset_ms: int
    trouble: Reason | None
    more: bool = False
    head: int = -1
    differs: bool = False
    recovering: bool = False


class Engine:
    """The sync of one terminal; for one thread. `app` names the programme's version."""

    def __init__(
        self,
        replica: Replica,
        server: Server,
        *,
        key: Ed25519PrivateKey,
        app: str,
        wall: Callable[[], int],
    ) -> None:
        self._replica = replica
        self._server = server
        self._key = key
        self._app = app
        self._wall = wall
        self._last_seq: int | None = None  # what the server has; None before a hello
        self._greeted_at = 0
        self._trouble: Reason | None = None
        self._recovering = False  # the server waits for what its terminals still have
        self._delivered = 0  # events of earlier lives, since the last report

    def round(self) -> RoundReport:
        """Synchronise once.

        Raises Offline, ServerFault, Outdated, Rejected; and Refused DOCUMENT_FORGED, DISK_FULL.
        """
        try:
            return self._round()
        except Outcome:
            self._last_seq = None
            raise

    def _round(self) -> RoundReport:
        report = self._once()
        if self._last_seq is not None:
            return report
        if self._trouble is not None or report.pushed or not self._recovering:
            return _together(report, self._once())
        return report

    def _once(self) -> RoundReport:
        stale = abs(self._wall() - self._greeted_at) > _HELLO_EVERY_MS
        if self._last_seq is None or stale or self._replica.wanted_life() is not None:
            self._last_seq = self._greet()
            self._greeted_at = self._wall()
        pushed, closed = self._push(self._last_seq)
        greeted = self._last_seq
        pulled = pull.pull_news(
            self._replica,
            self._server,
            wall=self._wall,
            in_trouble=self._trouble is not None,
        )
        if pulled.recalled and self._trouble is None and greeted is not None:
            closed += leases.close_ended(self._replica, self._server, pushed=greeted)
        if pulled.epoch != self._replica.identity.epoch or pulled.ask_again or self._recovering:
            self._last_seq = None  # the server was restored: ask again what it has
        copied = bootstrap.go_on(self._replica, self._server)
        self._replica.heard(
            server_now=pulled.server_now, offset_ms=self._server.offset_ms, epoch=pulled.epoch
        )
        results = {one.seq: one for one in (*pushed.results, *pulled.results)}
        delivered, self._delivered = self._delivered, 0
        return RoundReport(
            pushed=pushed.events + delivered,
            pulled=pulled.members + copied.members,
            closed=closed,
            results=tuple(results.values()),
            offset_ms=self._server.offset_ms,
            trouble=self._trouble,
            more=copied.more,
            head=pulled.head,
            differs=pulled.differs,
            recovering=self._recovering,
        )

    def _greet(self) -> int:
        """Say hello; return how far the server has our journal.

        A life that is not ours alone is left for the next one, and greeted again.
        """
        for _ in range(2):
            if not lives.begin_next(self._replica, self._server):
                self._trouble = self._trouble or Reason.CHAIN_FORKED
                break
            answer = lives.known_again(self._replica, self._server, self._hello)
            self._trouble = self._compare(answer)
            if self._trouble is None:
                self._delivered += lives.deliver_earlier(self._replica, self._server, self._key)
                return answer.last_seq
            self._replica.leave_life(_WHY[self._trouble])
        return self._replica.head().seq

    def _hello(self) -> HelloAnswer:
        answer = self._server.hello(hello_of(self._replica, app=self._app))
        self._recovering = answer.recovering
        if not is_spoken(answer.protocol):
            raise Outdated(server=answer.protocol < OLDEST)
        self._replica.heard(
            server_now=answer.now, offset_ms=self._server.offset_ms, epoch=answer.epoch
        )
        return answer

    def _compare(self, answer: HelloAnswer) -> Reason | None:
        """Compare the server's copy of the journal with ours.

        Behind ours is normal, also after a restore: the rest is pushed again. Ahead of ours, or
        different, means that this disk was copied or rolled back. The server may know already.
        """
        if answer.quarantined:
            return Reason.CHAIN_FORKED
        ours = self._replica.hash_at(answer.last_seq)
        if ours is None and answer.last_seq < self._replica.head().seq:
            return Reason.CHAIN_GAP
        if ours is None or ours.hex() != answer.head:
            return Reason.CHAIN_FORKED
        return None

    def _push(self, last_seq: int) -> tuple[push.Pushed, int]:
        """Push, then close what is over; in trouble nothing is sent, and nothing deleted."""
        nothing = push.Pushed(last_seq, 0, ())
        if self._trouble is not None:
            return nothing, 0
        try:
            pushed = push.push_pending(self._replica, self._server, self._key, after=last_seq)
        except Rejected as rejected:
            if rejected.refused.reason is not Reason.CHAIN_FORKED:
                raise
            self._trouble = Reason.CHAIN_FORKED
            self._replica.leave_life("forked")
            self._last_seq = None
            return nothing, 0
        self._last_seq = pushed.last_seq
        closed = leases.close_ended(self._replica, self._server, pushed=pushed.last_seq)
        return pushed, closed


def _together(first: RoundReport, then: RoundReport) -> RoundReport:
    """Report two passes as one round, in the state that the later one left."""
    results = {one.seq: one for one in (*first.results, *then.results)}
    return replace(
        then,
        pushed=first.pushed + then.pushed,
        pulled=first.pulled + then.pulled,
        closed=first.closed + then.closed,
        results=tuple(results.values()),
    )
