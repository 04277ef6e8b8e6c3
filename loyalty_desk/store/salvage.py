"""Salvage: every own event once more, outside the ledger, against a disk that forgets single bits.

A line an event, sealed by itself, so that damage costs one line; appended and synced by the idle
store worker within about a second of the act. Power loss is not its business, that is the ledger's
promise: an event that is only here was in a ledger that has gone back.

Line: `<kind> <sequence> <base64 of nonce and AES-256-GCM box>`; the box is a MessagePack value,
what stands before it is authenticated with it. Kind 1 is an event, 2 the sealed personal data of
one, which goes when the server has it, 0 a note: a life, or how far the server has things.
"""

import base64
import binascii
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from loyalty_desk.store import whole_file
from sync.client.replica import Identity
from sync.programme.refusals import Reason, Refused

_NONCE_BYTES = 12
_TAIL_BYTES = 1024 * 1024  # an event has 64 KB at most, with its sealed payload and explanation


class Copy(msgspec.Struct, frozen=True, array_like=True, tag="event"):
    """An event as the journal holds it."""

    seq: int
    waits: bool
    hash: bytes
    body: bytes
    explain: bytes


class Payload(msgspec.Struct, frozen=True, array_like=True, tag="payload"):
    """The sealed personal data of an event that the server does not have yet."""

    seq: int
    salt: bytes
    payload: bytes


class LifeNote(msgspec.Struct, frozen=True, array_like=True, tag="life"):
    """Who this terminal is behind the sequence `begins`, and the request it began with, if any."""

    begins: int
    identity: Identity
    begun_by: bytes = b""


class AckNote(msgspec.Struct, frozen=True, array_like=True, tag="ack"):
    """The pulled rows contain everything up to `acked`."""

    acked: int


Line: TypeAlias = Copy | Payload | LifeNote | AckNote

_lines: msgspec.msgpack.Decoder[Line] = msgspec.msgpack.Decoder(Line)


class Salvage:
    """The file. `seq` is the last event in it, `noted` the last note of each kind."""

    def __init__(self, path: Path, key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        self._path = path
        self._box = AESGCM(key)
        self._random = random_bytes
        self._whole = True  # whether the file ends with a line's end
        self.seq = self._last_seq()
        self.life: LifeNote | None = None
        self.acked = 0

    def append(self, lines: Iterable[Line]) -> None:
        """Add lines and have them on the disk; raises Refused(DISK_FULL)."""
        added = list(lines)
        if not added:
            return
        start = b"" if self._whole else b"\n"
        body = start + b"".join(map(self._sealed, added))
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                self._whole = False
                while body:  # the last bytes of a disk are taken without a word
                    body = body[os.write(handle, body) :]
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as fault:
            raise Refused(Reason.DISK_FULL) from fault
        self._whole = True
        for line in added:
            self._note(line)

    def lines(self) -> Iterator[Line]:
        """Return every line that can be read, in the order of the file."""
        for raw in self._raws():
            opened = self._opened(raw)
            if opened is not None:
                yield opened

    def copies(self) -> dict[int, Copy]:
        """Return the events by their sequence; of a repeated one the last."""
        return {line.seq: line for line in self.lines() if isinstance(line, Copy)}

    def forget(self, *, events: int, payloads: int) -> None:
        """Drop events up to `events` and personal data up to `payloads`, and what is no line.

        The old file stands until the new one is on the disk. Raises Refused(DISK_FULL).
        """
        until = {b"0": -1, b"1": events, b"2": payloads}

        def is_kept(raw: bytes) -> bool:
            head = _head_of(raw)
            return head is not None and head[1] > until[head[0]] and raw.endswith(b"\n")

        # Line by line, and twice: after months without a server the file is large.
        if not all(map(is_kept, self._raws())):
            whole_file.put_parts(self._path, filter(is_kept, self._raws()))
            self._whole = True

    def _raws(self) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                yield from file
        except FileNotFoundError:
            return
        except OSError as fault:
            raise Refused(Reason.DISK_FULL) from fault

    def _note(self, line: Line) -> None:
        if isinstance(line, Copy):
            self.seq = max(self.seq, line.seq)
        elif isinstance(line, LifeNote):
            self.life = line
        elif isinstance(line, AckNote):
            self.acked = line.acked

    def _last_seq(self) -> int:
        """The last event that can be read: the last of the file's end, or of all of it."""
        try:
            with self._path.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(0, end - _TAIL_BYTES))
                tail = file.read()
        except FileNotFoundError:
            return 0
        except OSError as fault:
            raise Refused(Reason.DISK_FULL) from fault
        self._whole = tail.endswith(b"\n") or not tail
        for raw in reversed(tail.splitlines()):
            opened = self._opened(raw)
            if isinstance(opened, Copy):
                return opened.seq
        return max(self.copies(), default=0)

    def _sealed(self, line: Line) -> bytes:
        nonce = self._random(_NONCE_BYTES)
        head = _written_before(line)
        box = self._box.encrypt(nonce, msgspec.msgpack.encode(line), head)
        return head + base64.b64encode(nonce + box) + b"\n"

    def _opened(self, raw: bytes) -> Line | None:
        if _head_of(raw) is None:
            return None
        kind, seq, text = raw.rstrip(b"\n").split(b" ")
        head = kind + b" " + seq + b" "
        try:
            box = base64.b64decode(text, validate=True)
            opened = self._box.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], head)
        except (binascii.Error, InvalidTag, ValueError):
            return None
        return _lines.decode(opened)


def _written_before(line: Line) -> bytes:
    if isinstance(line, Copy):
        return f"1 {line.seq} ".encode()
    if isinstance(line, Payload):
        return f"2 {line.seq} ".encode()
    return b"0 0 "


def _head_of(raw: bytes) -> tuple[bytes, int] | None:
    """Return kind and sequence that a line names, None for what is no line of this version."""
    parts = raw.rstrip(b"\n").split(b" ")
    if len(parts) != 3 or parts[0] not in (b"0", b"1", b"2") or not parts[1].isdigit():
        return None
    return parts[0], int(parts[1])
