"""What every act of head office needs: the database, the keys, and a source of chance.

Frozen and shared between requests; nothing on it ever changes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sync.server.store.database import Database
from sync.server.store.keys import Keys

HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadOffice:
    """`random` returns so many bytes that nobody can guess."""

    database: Database
    keys: Keys
    random: Callable[[int], bytes]
