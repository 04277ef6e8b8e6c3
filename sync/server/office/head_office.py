"""What every act of head office needs: the database, the keys, and a source of chance.

Frozen and shared between requests; nothing on it ever changes but what it expects to hold still,
which is looked at again by whoever relies on it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sync.programme.document import Document
from sync.server.store.database import Database
from sync.server.store.keys import Keys

HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Terms:
    """What points were last lent under: the rules in force, and the server's epoch."""

    rules: Document
    epoch: int


class Expected:
    """What is taken to hold still until somebody finds that it does not; None where unknown.

    Values are replaced whole, so that any thread may look.
    """

    def __init__(self) -> None:
        self.terms: Terms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadOffice:
    """`random` returns so many bytes that nobody can guess."""

    database: Database
    keys: Keys
    random: Callable[[int], bytes]
    expected: Expected = field(default_factory=Expected)
