"""Nothing new: what a terminal was told that had everything, told again until somebody writes.

A till without a stream of news asks every few seconds, and mostly in vain. Guarantees that what is
told again is what the database would say: nothing was committed since it was read there, the same
was asked by the same life, and its key has signed this request too.
"""

from dataclasses import dataclass

import msgspec

from sync.protocol import signing
from sync.protocol.messages import PullAnswer
from sync.server.api.exchange import Sent, is_signed_by
from sync.server.office.terminals import Caller, is_to_be_noted

# What is said of today is said within a minute: days begin with one.
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class _Told:
    """A page without news, when the database stood at `seen`."""

    seen: int
    asked: tuple[str, str]
    caller: Caller
    page: PullAnswer


class NothingNew:
    """The last page of each terminal that had no news."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def again(self, sent: Sent, seen: int | None, *, now: int) -> PullAnswer | None:
        """Return the page for a request at `now` (ms UTC), None where the database has to be asked.

        `seen` is `Database.data_version`, as it was when the request had come.
        """
        told = self._told.get(sent.headers.get(signing.TERMINAL.lower(), ""))
        if told is None or (told.seen, told.asked) != (seen, _asked(sent)):
            return None
        if told.page.now // _MINUTE_MS != now // _MINUTE_MS or is_to_be_noted(told.caller, now=now):
            return None
        if not is_signed_by(told.caller, sent, now=now):
            return None
        return msgspec.structs.replace(told.page, now=now)

    def keep(self, sent: Sent, seen: int | None, caller: Caller, page: PullAnswer) -> None:
        """Keep a page without news for a caller who was recognised after the database was `seen`.

        May be said from any thread.
        """
        if seen is not None:
            self._told[str(caller.terminal)] = _Told(seen, _asked(sent), caller, page)


def _asked(sent: Sent) -> tuple[str, str]:
    return sent.headers.get(signing.INCARNATION.lower(), ""), sent.target
