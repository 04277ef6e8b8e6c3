"""The trace of a run: one hash over everything that was done and answered, in order."""

import hashlib


class Trace:
    """Two runs of one seed have the same hash, or something in them was left to chance."""

    def __init__(self, keep: int = 40) -> None:
        self._hash = hashlib.sha256()
        self._keep = keep
        self.last: list[str] = []  # for the reader of a failure

    def note(self, *parts: object) -> None:
        line = " ".join(map(str, parts))
        self._hash.update(line.encode() + b"\n")
        self.last.append(line)
        if len(self.last) > 2 * self._keep:
            del self.last[: self._keep]

    def bytes(self, what: str, body: bytes) -> None:
        self._hash.update(what.encode() + b"\0" + body)

    @property
    def hash(self) -> str:
        return self._hash.hexdigest()
