"""Outcomes: the four ways in which asking the server does not bring an answer.

None of them is a fault of this programme, and none of them means that nothing happened there: a
request may be repeated after any of them.
"""

from typing import Literal, TypeAlias

from sync.programme.refusals import Refused

Why: TypeAlias = Literal["unreachable", "timeout", "half", "captive", "insecure"]


class Offline(Exception):
    """The server was not heard.

    `why`: nobody there, no answer in time, half of one, an answer that is not the server's (a
    captive portal), or an address that would send personal data in the clear.
    """

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class ServerFault(Exception):
    """The server, or what stands before it, is in trouble. `retry_after` in seconds, if it said."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.retry_after = retry_after


class Outdated(Exception):
    """The server and this terminal speak no version in common: one of them needs an update.

    `server` says that it is the server's turn.
    """

    def __init__(self, *, server: bool = False) -> None:
        super().__init__(server)
        self.server = server


class Rejected(Exception):
    """The server says no. `refused` says why; `retry_after` in seconds, if it said."""

    def __init__(self, refused: Refused, retry_after: float | None = None) -> None:
        super().__init__(refused.reason)
        self.refused = refused
        self.retry_after = retry_after


Outcome = (Offline, ServerFault, Outdated, Rejected)
