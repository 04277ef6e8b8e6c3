"""Server: the questions that the engine asks, whoever answers: HTTP, or the simulator.

Every method may raise Offline, ServerFault, Outdated or Rejected (`sync.client.outcomes`), and may
then have been done nevertheless: all of them can be repeated.
"""

from collections.abc import Callable
from typing import Protocol

from sync.client.replica import Identity
from sync.protocol.messages import (
    Hello,
    HelloAnswer,
    LeaseClosing,
    LeaseRequest,
    LeaseRow,
    PullAnswer,
    PushAnswer,
    Reincarnate,
    ReincarnateAnswer,
    Snapshot,
)


class Server(Protocol):
    """A central server, as the engine sees it."""

    def hello(self, hello: Hello) -> HelloAnswer:
        """Ask where the server's copy of the journal ends."""
        ...

    def push(self, batch: bytes) -> PushAnswer:
        """Send a batch (`chain.seal_batch`)."""
        ...

    def pull(self, cursor: str, tally: bool = False) -> PullAnswer:
        """Ask for the next page behind a cursor; with `tally`, for what the whole copy comes to."""
        ...

    def pull_ahead(self, cursor: str, tally: bool = False) -> Callable[[], PullAnswer]:
        """Ask like `pull`, and return at once what waits for the answer and raises its outcome.

        Nothing else may be asked before that was called.
        """
        ...

    def snapshot(self) -> Snapshot:
        """Ask for the manifest of a first copy, if there is one."""
        ...

    def part(self, sha256: str) -> bytes:
        """Ask for a part of a first copy, as it travels."""
        ...

    def lease(self, request: LeaseRequest) -> LeaseRow:
        """Ask for a lease, and get an answer within two seconds or none."""
        ...

    def close_leases(self, closing: LeaseClosing) -> tuple[LeaseRow, ...]:
        """Report leases as over; get those that this terminal still holds."""
        ...

    def reincarnate(self, request: Reincarnate) -> ReincarnateAnswer:
        """Ask for this terminal's next life."""
        ...

    def speak_as(self, identity: Identity) -> None:
        """Ask from here on in the name of one of this terminal's lives."""
        ...

    @property
    def offset_ms(self) -> int:
        """The server's clock less this machine's, as measured in the last answer."""
        ...
