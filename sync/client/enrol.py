"""Enrolment: how a terminal becomes known, with a one-time code and its own key.

Safe to repeat after a lost answer: the same code with the same key gives the same terminal.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.http import Connection
from sync.client.outcomes import Offline
from sync.client.replica import Identity
from sync.protocol import codec
from sync.protocol.messages import PREFIX, EnrolAnswer, EnrolRequest
from sync.protocol.signing import SERVER_SIGNATURE
from sync.protocol.version import CURRENT, OLDEST


def enrol(
    base_url: str,
    *,
    code: str,
    name: str,
    key: Ed25519PrivateKey,
    monotonic: Callable[[], float],
    connection: Connection | None = None,
) -> Identity:
    """Return who this terminal is from now on; `connection` is how to ask, as for `RemoteServer`.

    The server's key comes with the answer and must have signed it: what vouches for it is the
    address that the manager gave, over TLS. Raises Offline, ServerFault, Outdated, Rejected
    (ENROLMENT_CODE_INVALID).
    """
    public_key = key.public_key().public_bytes_raw()
    request = EnrolRequest(
        code=code, public_key=public_key.hex(), name=name, protocol=CURRENT, oldest=OLDEST
    )
    connection = connection or Connection(base_url, monotonic=monotonic)
    try:
        answer = connection.ask(
            "POST",
            f"{PREFIX}/enrol",
            codec.encode(request),
            {"Content-Type": "application/json"},
        )
    finally:
        connection.close()
    if SERVER_SIGNATURE.lower() not in answer.headers:
        answer.check(b"", "")
    given = answer.read(EnrolAnswer)
    try:
        server_key = bytes.fromhex(given.server_key)
        identifier_key = bytes.fromhex(given.identifier_key)
    except ValueError as fault:
        raise Offline("captive") from fault
    answer.check(server_key, "")
    return Identity(
        terminal=given.terminal,
        incarnation=given.incarnation,
        issuer=given.issuer,
        store=given.store,
        name=given.name,
        server_key=server_key,
        identifier_key=identifier_key,
        public_key=public_key,
        epoch=given.epoch,
    )
