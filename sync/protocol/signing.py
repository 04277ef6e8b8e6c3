"""Signatures on requests and answers: who sent this, and that nothing between changed it.

A request is signed by the terminal over `method \\n target \\n time \\n SHA-256(body) in hex`, with
the target and the body exactly as sent (compressed). A request in the name of one of the terminal's
lives has that number as a fifth line: two lives may have one key. An answer is signed by the server
over the request's signature and its own body, so an answer without it, or to another question, is
no answer.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.programme import signatures
from sync.programme.refusals import Reason, Refused

TERMINAL = "LD-Terminal"
INCARNATION = "LD-Incarnation"
TIME = "LD-Time"
SIGNATURE = "LD-Signature"
SERVER_SIGNATURE = "LD-Server-Signature"

REPLAY_WINDOW_MS = 5 * 60 * 1000
_TIME_DIGITS_MAX = 19
_ANSWER = b"loyalty-desk/answer/1\0"
_ACK = b"loyalty-desk/ack/1\0"
_GRANT = b"loyalty-desk/lease/1\0"
_MANIFEST = b"loyalty-desk/snapshot/1\0"


def sign_request(
    key: Ed25519PrivateKey,
    *,
    terminal: int,
    method: str,
    target: str,
    body: bytes,
    now: int,
    incarnation: int = 0,
) -> dict[str, str]:
    """Return the headers that sign a request sent at `now` (ms UTC). `target` is path and query.

    `incarnation` names the life that asks; 0 leaves it to the server to know it by its key.
    """
    life = str(incarnation) if incarnation else ""
    signature = key.sign(_request_part(method, target, str(now), body, life))
    headers = {TERMINAL: str(terminal), TIME: str(now), SIGNATURE: _text(signature)}
    return {**headers, INCARNATION: life} if life else headers


def check_request(
    public_key: bytes,
    *,
    headers: Mapping[str, str],
    method: str,
    target: str,
    body: bytes,
    now: int,
) -> None:
    """Accept a request that the terminal's key signed within five minutes of `now` (ms UTC).

    `headers` are looked up in lower case. Raises Refused: SIGNATURE_INVALID, or CLOCK_WRONG with
    the difference in minutes.
    """
    sent = headers.get(TIME.lower(), "")
    if not (sent.isascii() and sent.isdecimal() and len(sent) <= _TIME_DIGITS_MAX):
        raise Refused(Reason.SIGNATURE_INVALID)
    part = _request_part(method, target, sent, body, headers.get(INCARNATION.lower(), ""))
    _verify(public_key, headers.get(SIGNATURE.lower(), ""), part)
    away = int(sent) - now
    if abs(away) > REPLAY_WINDOW_MS:
        raise Refused(Reason.CLOCK_WRONG, minutes=abs(away) // 60_000)


def sign_answer(key: Ed25519PrivateKey, *, request_signature: str, body: bytes) -> str:
    """Return the value of the server's signature header for the answer `body` (as sent)."""
    return _text(key.sign(_answer_part(request_signature, body)))


def check_answer(server_key: bytes, *, signature: str, request_signature: str, body: bytes) -> None:
    """Accept an answer that the server signed for this very request; else SIGNATURE_INVALID."""
    _verify(server_key, signature, _answer_part(request_signature, body))


def ack_part(*, terminal: int, incarnation: int, epoch: int, seq: int, head: bytes) -> bytes:
    """Return the bytes that the server signs to acknowledge everything up to `seq`."""
    numbers = (terminal, incarnation, epoch)
    return _ACK + b"".join(n.to_bytes(4, "big") for n in numbers) + seq.to_bytes(8, "big") + head


def grant_part(
    *,
    terminal: int,
    incarnation: int,
    epoch: int,
    lease: bytes,
    member: int,
    amount: int,
    granted_at: int,
    stops_at: int,
) -> bytes:
    """Return the bytes that the server signs when it lends: 3 numbers of 4 bytes, the lease's 16,
    and 4 numbers of 8, big-endian.
    """
    who = b"".join(n.to_bytes(4, "big") for n in (terminal, incarnation, epoch))
    what = b"".join(n.to_bytes(8, "big") for n in (member, amount, granted_at, stops_at))
    return _GRANT + who + lease + what


def sign_ack(key: Ed25519PrivateKey, part: bytes) -> str:
    """Return the signature of an acknowledgement, or of a lease, as text."""
    return _text(key.sign(part))


def check_ack(server_key: bytes, *, signature: str, part: bytes) -> None:
    """Accept the server's acknowledgement or lease; else Refused(SIGNATURE_INVALID)."""
    _verify(server_key, signature, part)


def sign_manifest(key: Ed25519PrivateKey, manifest: bytes) -> str:
    """Return the signature of a first copy's manifest as text."""
    return _text(key.sign(_MANIFEST + manifest))


def check_manifest(server_key: bytes, *, signature: str, manifest: bytes) -> None:
    """Accept a manifest that the server signed; else Refused(SIGNATURE_INVALID)."""
    _verify(server_key, signature, _MANIFEST + manifest)


def _request_part(method: str, target: str, sent: str, body: bytes, life: str) -> bytes:
    digest = hashlib.sha256(body).hexdigest()
    part = f"{method}\n{target}\n{sent}\n{digest}"
    return (f"{part}\n{life}" if life else part).encode()


def _answer_part(request_signature: str, body: bytes) -> bytes:
    return _ANSWER + request_signature.encode() + b"\n" + hashlib.sha256(body).digest()


def _text(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def _verify(public_key: bytes, signature: str, part: bytes) -> None:
    try:
        raw = base64.b64decode(signature + "=" * (-len(signature) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error) as fault:
        raise Refused(Reason.SIGNATURE_INVALID) from fault
    # Every signature has exactly one spelling.
    if _text(raw) != signature or not signatures.holds(public_key, raw, part):
        raise Refused(Reason.SIGNATURE_INVALID)
