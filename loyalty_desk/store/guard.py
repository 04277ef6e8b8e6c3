"""Guard: what was last seen of the ledger, kept outside it, so that an older ledger shows.

Beside the settings, not among the data, and under a key of this machine: how often the ledger was
opened, where its journal ended, how often leases were released, how often PINs were tried. Every
start is counted in both places, the ledger first; a ledger that knows less than its guard was put
back, and one without a guard came from elsewhere.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock

import msgspec

from loyalty_desk.store import whole_file
from loyalty_desk.store.staff_book import Attempts
from sync.client.replica import Why
from sync.programme.refusals import Reason, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """How far a ledger is: the starts, the life, the last sequence, the leases released."""

    start: int
    incarnation: int = 0
    seq: int = 0
    releases: int = 0
    attempts: tuple[Attempts, ...] = ()


_marks = msgspec.json.Decoder(Marks)


class Guard:
    """The guard's file. `marks` is None where there is none that this machine's key has made."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        # Around what is read to be kept, or the older of two would be kept last. Whoever has it may
        # take the ledger's lock, and not the other way round.
        self.lock = RLock()
        self.marks = self._read()

    def keep(self, marks: Marks) -> None:
        """Keep marks, on the disk; raises Refused(DISK_FULL)."""
        if marks == self.marks:
            return
        body = msgspec.json.encode(marks)
        whole_file.put(self._path, self._mac(body).encode() + b"\n" + body)
        self.marks = marks

    def count(self, attempts: Attempts) -> None:
        """Keep how often a person's PIN was tried, before it is compared."""
        with self.lock:
            if self.marks is not None:
                others = tuple(one for one in self.marks.attempts if one.staff != attempts.staff)
                also = (attempts,) if attempts.wrong else ()
                self.keep(replace(self.marks, attempts=(*others, *also)))

    def _read(self) -> Marks | None:
        try:
            mac, _, body = self._path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise Refused(Reason.DISK_FULL) from fault
        if not hmac.compare_digest(mac, self._mac(body).encode()):
            return None
        return _marks.decode(body)

    def _mac(self, body: bytes) -> str:
        return hmac.digest(self._key, body, hashlib.sha256).hex()


def doubt(marks: Marks | None, ledger: Marks) -> Why | None:
    """Return why a ledger is not the one that its guard has seen last, None when it is.

    Power may fail between the two counts of a start: the ledger may be one ahead. A ledger of a
    version that knew no guard has counted no start, and is taken as it is when it has none.
    """
    if marks is None:
        return "copied" if ledger.start else None
    if ledger.start not in (marks.start, marks.start + 1):
        return "rolled_back"
    if ledger.incarnation < marks.incarnation:
        return "rolled_back"
    if ledger.seq < marks.seq or ledger.releases < marks.releases:
        return "rolled_back"
    return None
