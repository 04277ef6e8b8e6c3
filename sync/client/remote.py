"""Remote: the central server over HTTP, each question signed by this terminal.

Guarantees that what a method returns was signed by the server for this very question, and that the
distance between the two clocks is measured with each answer.
"""

import email.utils
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.http import HASTY, PATIENT, Answer, Connection, Patience
from sync.client.outcomes import Rejected
from sync.client.replica import Identity
from sync.programme.refusals import Reason
from sync.protocol import codec, signing
from sync.protocol.messages import (
    PREFIX,
    Hello,
    HelloAnswer,
    LeaseClosing,
    LeaseRequest,
    LeaseRow,
    LeasesHeld,
    MemberCard,
    PullAnswer,
    PushAnswer,
    Reincarnate,
    ReincarnateAnswer,
    Snapshot,
)

PAGE_ROWS = 5_000

Message = TypeVar("Message")


class RemoteServer:
    """The server at an address, asked by one terminal; for one thread at a time.

    `wall` gives milliseconds UTC, `monotonic` seconds that never go back. `connection` is how to
    ask, when it is not over this machine's network; `page_rows` members are pulled at once.
    Implements `sync.client.server.Server`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        identity: Identity,
        key: Ed25519PrivateKey,
        wall: Callable[[], int],
        monotonic: Callable[[], float],
        offset_ms: int = 0,
        connection: Connection | None = None,
        page_rows: int = PAGE_ROWS,
    ) -> None:
        self._connection = connection or Connection(base_url, monotonic=monotonic)
        self._identity = identity
        self._key = key
        self._wall = wall
        self._offset_ms = offset_ms
        self._page_rows = page_rows

    @property
    def offset_ms(self) -> int:
        """The server's clock less this machine's, as measured in the last answer."""
        return self._offset_ms

    def hello(self, hello: Hello) -> HelloAnswer:
        """Ask where the server's copy of the journal ends."""
        asked_at = self._wall()
        patience = HASTY if hello.hasty else PATIENT
        answer = self._post("/hello", codec.encode(hello), HelloAnswer, patience=patience)
        self._measure(answer.now, asked_at)
        return answer

    def push(self, batch: bytes) -> PushAnswer:
        """Send a batch (`chain.seal_batch`)."""
        asked_at = self._wall()
        answer = self._post("/push", codec.pack(batch), PushAnswer, encoding="zstd")
        self._measure(answer.now, asked_at)
        return answer

    def pull(self, cursor: str, tally: bool = False) -> PullAnswer:
        """Ask for the next page behind a cursor; with `tally`, for what the whole copy comes to."""
        asked = {"cursor": cursor, "limit": self._page_rows}
        query = urlencode({**asked, "tally": 1} if tally else asked)
        asked_at = self._wall()
        answer = self._ask("GET", f"{PREFIX}/pull?{query}", b"", {}, PATIENT).read(PullAnswer)
        self._measure(answer.now, asked_at)
        return answer

    def pull_ahead(self, cursor: str, tally: bool = False) -> Callable[[], PullAnswer]:
        """Ask like `pull`, and return at once what waits for the answer and raises its outcome.

        Nothing else may be asked before that was called.
        """
        return self._connection.ahead(partial(self.pull, cursor, tally))

    def snapshot(self) -> Snapshot:
        """Ask for the manifest of a first copy, if there is one."""
        return self._ask("GET", f"{PREFIX}/snapshot", b"", {}, PATIENT).read(Snapshot)

    def part(self, sha256: str) -> bytes:
        """Ask for a part of a first copy, as it travels."""
        return self._ask("GET", f"{PREFIX}/snapshot/{sha256}", b"", {}, PATIENT).read_bytes()

    def lease(self, request: LeaseRequest) -> LeaseRow:
        """Ask for a lease, and get an answer within two seconds or none."""
        return self._post("/leases", codec.encode(request), LeaseRow, patience=HASTY)

    def close_leases(self, closing: LeaseClosing) -> tuple[LeaseRow, ...]:
        """Report leases as over; get those that this terminal still holds."""
        return self._post("/leases/close", codec.encode(closing), LeasesHeld).leases

    def look_up(self, asked: Mapping[str, int | str]) -> PullAnswer:
        """Ask for one member, by `member`, `card`, `cpf` or `phone`, within two seconds."""
        body = msgspec.json.encode(dict(asked))
        return self._post("/members", body, PullAnswer, patience=HASTY)

    def card_of(self, member: int) -> MemberCard:
        """Ask for a member's current card; one is made when there is none."""
        target = f"{PREFIX}/cards?member={member}"
        return self._ask("GET", target, b"", {}, PATIENT).read(MemberCard)

    def reincarnate(self, request: Reincarnate) -> ReincarnateAnswer:
        """Ask for this terminal's next life."""
        return self._post("/reincarnate", codec.encode(request), ReincarnateAnswer)

    def speak_as(self, identity: Identity) -> None:
        """Ask from here on in the name of one of this terminal's lives."""
        self._identity = identity

    def close(self) -> None:
        """Close the connection. Safe to repeat."""
        self._connection.close()

    def _post(
        self,
        path: str,
        body: bytes,
        kind: type[Message],
        *,
        encoding: str = "",
        patience: Patience = PATIENT,
    ) -> Message:
        headers = {"Content-Type": "application/json"}
        if encoding:
            headers["Content-Encoding"] = encoding
        return self._ask("POST", PREFIX + path, body, headers, patience).read(kind)

    def _ask(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], patience: Patience
    ) -> Answer:
        """Ask; when the server says that this clock is wrong, once more with the server's time."""
        answer = self._ask_once(method, target, body, headers, patience)
        if answer.status != 401 or "date" not in answer.headers:
            return answer
        try:
            answer.read(PullAnswer)
        except Rejected as rejected:
            if rejected.refused.reason is not Reason.CLOCK_WRONG:
                return answer
        if not self._take_date(answer.headers["date"]):
            return answer
        return self._ask_once(method, target, body, headers, patience)

    def _ask_once(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], patience: Patience
    ) -> Answer:
        signed = signing.sign_request(
            self._key,
            terminal=self._identity.terminal,
            method=method,
            target=target,
            body=body,
            now=self._wall() + self._offset_ms,
            incarnation=self._identity.incarnation,
        )
        answer = self._connection.ask(method, target, body, {**headers, **signed}, patience)
        answer.check(self._identity.server_key, signed[signing.SIGNATURE])
        return answer

    def _take_date(self, text: str) -> bool:
        """Take the server's time from a Date header: good enough to be let in and measure it."""
        try:
            date = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return False
        self._offset_ms = round(date.timestamp() * 1000) - self._wall()
        return True

    def _measure(self, server_now: int, asked_at: int) -> None:
        """The answer was made, as far as anybody can tell, half way between asking and now."""
        self._offset_ms = server_now - (asked_at + self._wall()) // 2
