"""The link: this till's side of the line. Enrols once, then goes in rounds on the sync worker.

Borrowing for a redemption has a connection and a worker of its own: a cashier who waits for an
answer must not stand behind a long round.
"""

from collections.abc import Callable

from loyalty_desk.app.embedded_server import Address
from loyalty_desk.desk import lend
from loyalty_desk.desk.counter import Counter
from loyalty_desk.store.keys import Keys
from loyalty_desk.store.opening import Store
from sync.client.engine import Engine, RoundReport
from sync.client.enrol import enrol
from sync.client.remote import RemoteServer
from sync.client.replica import Identity
from sync.client.stream import News, NewsStream
from sync.programme.refusals import Reason, Refused
from sync.protocol.messages import MemberCard

APP = "loyalty-desk 0.1.0"


class Link:
    """`find` gives the server's address, blocking until there is one.

    `round` runs on the sync worker, `borrow` and `card_of` on the asking worker, `listen` on the
    listening one.
    """

    def __init__(
        self, counter: Counter, store: Store, keys: Keys, find: Callable[[], Address]
    ) -> None:
        self._counter = counter
        self._store = store
        self._keys = keys
        self._find = find
        self._address: Address | None = None
        self._syncing: RemoteServer | None = None
        self._asking: RemoteServer | None = None
        self._engine: Engine | None = None
        self._stream: NewsStream | None = None
        self._deaf = False

    def round(self) -> RoundReport:
        """One round: hello when needed, push what waits, pull what changed.

        Raises Offline, ServerFault, Outdated, Rejected; the next round begins anew.
        """
        if self._engine is None:
            self._engine = self._connect()
        return self._engine.round()

    def borrow(self, member: int, points: int) -> None:
        """Have points lent for a redemption; raises Refused.

        A till that is about to leave its life waits for the next one: what is lent to the old one
        could not be spent.
        """
        server = self._to_ask()
        if self._store.ledger.lives.leaving is not None:
            raise Refused(Reason.NEEDS_CONNECTION, usable=0)
        lend.borrow(self._counter, server, self._store.replica, member, points)

    def borrow_units(self, reward: int, units: int) -> None:
        """Have units of a counted reward lent; raises Refused."""
        server = self._to_ask()
        lend.borrow_units(self._counter, server, self._store.replica, reward, units)

    def card_of(self, member: int) -> MemberCard:
        """Return a member's card from the server; raises Refused."""
        return lend.card_of(self._to_ask(), member)

    def listen(self, heard: Callable[[News], None]) -> None:
        """Say to `heard` what the server says of news, until `deafen`.

        Raises Offline, ServerFault, Outdated, Rejected; Refused(NEEDS_CONNECTION) before a round.
        """
        identity, address = self._store.ledger.identity, self._address
        if identity is None or address is None:
            raise Refused(Reason.NEEDS_CONNECTION, usable=0)
        self._stream = NewsStream(
            address.url,
            identity=identity,
            key=self._keys.signing_key,
            wall=self._counter.clock.now,
            monotonic=self._monotonic,
            offset_ms=self._store.ledger.offset_ms,
        )
        if not self._deaf:
            self._stream.listen(heard)

    def deafen(self) -> None:
        """End `listen`, for good; from any thread."""
        self._deaf = True
        if self._stream is not None:
            self._stream.close()

    def restart(self) -> None:
        """Look for the server's address anew, as after the embedded server ended."""
        self.close()
        self._address = None

    def close(self) -> None:
        """Let the connections go."""
        for server in (self._syncing, self._asking):
            if server is not None:
                server.close()
        self._syncing = self._asking = self._engine = None

    def _connect(self) -> Engine:
        address = self._address = self._find()
        identity = self._store.ledger.identity or self._enrol(address)
        self._syncing = self._server(address, identity)
        return Engine(
            self._store.replica,
            self._syncing,
            key=self._keys.signing_key,
            app=APP,
            wall=self._counter.clock.now,
        )

    def _to_ask(self) -> RemoteServer:
        identity, address = self._store.ledger.identity, self._address
        if identity is None or address is None:
            raise Refused(Reason.NEEDS_CONNECTION, usable=0)
        if self._asking is None:
            self._asking = self._server(address, identity)
        self._asking.speak_as(identity)  # another life may have begun
        return self._asking

    def _server(self, address: Address, identity: Identity) -> RemoteServer:
        return RemoteServer(
            address.url,
            identity=identity,
            key=self._keys.signing_key,
            wall=self._counter.clock.now,
            monotonic=self._monotonic,
            offset_ms=self._store.ledger.offset_ms,
        )

    def _enrol(self, address: Address) -> Identity:
        identity = enrol(
            address.url,
            code=address.code,
            name="",
            key=self._keys.signing_key,
            monotonic=self._monotonic,
        )
        self._store.ledger.enrolled(identity)
        return identity

    def _monotonic(self) -> float:
        return self._counter.clock.mono() / 1000
