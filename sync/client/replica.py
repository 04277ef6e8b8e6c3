"""Replica: what the sync engine needs of a local database, and nothing more.

Two things implement it: the terminal's store and the simulator's. None of its methods may wait for
a network, and none is called while a request is on its way with a transaction open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from sync.programme.leases import Lease
from sync.programme.refusals import Reason
from sync.protocol.messages import (
    Acknowledgement,
    LeaseRow,
    Manifest,
    MemberRow,
    PullAnswer,
    PushAnswer,
    Reincarnate,
    ReincarnateAnswer,
    Result,
    Tally,
)

Why: TypeAlias = Literal["rolled_back", "copied", "forked", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this terminal is to the server, since its enrolment. `epoch` counts server restores."""

    terminal: int
    incarnation: int
    issuer: int
    store: int
    name: str
    server_key: bytes
    identifier_key: bytes
    public_key: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the last event's sequence and hash."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Consecutive events to push: the hash before the first, the head they end in, their bodies.

    `sealed` are the sealed payloads that go with them, as the lines of a batch.
    """

    from_seq: int
    previous: bytes
    head: Head
    bodies: tuple[bytes, ...]
    sealed: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class EarlierLife:
    """A life that this terminal has left: its events stand behind `begins`, up to `ends`.

    The server has them up to `delivered`; `given_up` is why it cannot take the rest, "" for it can.
    """

    identity: Identity
    begins: int
    ends: int
    delivered: int
    given_up: str


@dataclass(frozen=True, slots=True)
class Copying:
    """A first copy under way: its manifest, and how many of its parts are in."""

    manifest: Manifest
    done: int


# The same as the server's; not the same, and begun anew; not the same once more.
Compared: TypeAlias = Literal["same", "again", "different"]


class Replica(Protocol):
    """A terminal's database, as the engine sees it."""

    @property
    def identity(self) -> Identity:
        """Who this terminal is."""
        ...

    def head(self) -> Head:
        """Return the end of the terminal's chain."""
        ...

    def hash_at(self, seq: int) -> bytes | None:
        """Return an event's hash (of 0: the hash before the first), None when it is not held."""
        ...

    def outgoing(self, after: int, limit: int) -> Outgoing | None:
        """Return up to `limit` events behind the event `after`, None when there are none."""
        ...

    def acknowledged(self, answer: PushAnswer) -> None:
        """Keep that the server has everything up to an answer's last event, and its results."""
        ...

    def proofs(self) -> tuple[Acknowledgement | None, tuple[LeaseRow, ...]]:
        """Return the last acknowledgement, and every lease that is held, as they were signed."""
        ...

    def cursor(self) -> str:
        """Return how far this replica has pulled, "" from the beginning."""
        ...

    def keep_page(self, page: PullAnswer, *, asked_at: int, now: int, ours: bool) -> None:
        """Keep a pulled page: its rows, its cursor and its acknowledgement become true together.

        `asked_at` and `now` are when the page was asked for and came, by this machine's clock. Of a
        chain that is not `ours` it tells nothing: no leases, no acknowledgement.
        """
        ...

    def copying(self) -> Copying | None:
        """Return how far a first copy has come, None when none is under way."""
        ...

    def begin_copy(self, manifest: Manifest) -> None:
        """Begin a first copy: from here on pull from the manifest's cursor."""
        ...

    def keep_part(self, part: int, rows: Sequence[MemberRow]) -> None:
        """Put a part of a first copy in; rows that came with a page are newer and stay."""
        ...

    def wants_tally(self, now: int) -> bool:
        """Say whether it is time to compare the copy with the server's."""
        ...

    def compare(self, tally: Tally, *, now: int) -> Compared:
        """Compare the copy with what the server's comes to; one that differs begins anew, once."""
        ...

    def refetch(self) -> None:
        """Start pulling from the beginning; what is held stays in use until it is replaced."""
        ...

    def heard(self, *, server_now: int, offset_ms: int, epoch: int) -> None:
        """Keep the server's time, how far this machine's clock is behind it, and its epoch."""
        ...

    def keep_lease(self, row: LeaseRow, *, now: int) -> Lease:
        """Keep a lease that was just granted, and return it."""
        ...

    def closing_leases(self) -> tuple[bytes, ...]:
        """Return the leases to report as over; none of them can be spent from here on."""
        ...

    def closed_leases(self, ids: Sequence[bytes]) -> None:
        """Forget leases whose end the server has confirmed."""
        ...

    def leave_life(self, why: Why) -> None:
        """Note that this life has to be left, and forget every lease: they were lent to it."""
        ...

    def wanted_life(self) -> Reincarnate | None:
        """Return what to ask for when this life has to be left, None for a good one."""
        ...

    def begin_life(self, request: Reincarnate, answer: ReincarnateAnswer) -> bool:
        """Begin the life that was given; False when events were recorded since it was asked for."""
        ...

    def begun_by(self) -> tuple[tuple[Identity, Reincarnate], ...]:
        """Return the lives before this one, the last first, with the request that ended each."""
        ...

    def doubt(self) -> None:
        """Keep that the server was restored: what it had of any life it may lack now."""
        ...

    def earlier_lives(self) -> tuple[EarlierLife, ...]:
        """Return the earlier lives of which the server does not have everything, in order."""
        ...

    def outgoing_of(self, life: EarlierLife, after: int, limit: int) -> Outgoing | None:
        """Return events of an earlier life like `outgoing`; raises Refused(CHAIN_GAP)."""
        ...

    def delivered(self, life: EarlierLife, until: int, results: Sequence[Result]) -> None:
        """Keep that the server has an earlier life up to `until`, and what it said of events."""
        ...

    def give_up(self, life: EarlierLife, reason: Reason) -> None:
        """Keep that the server cannot take the rest of an earlier life; it stays where it is."""
        ...
