"""Takings: how often members took rewards that are limited by day or by year."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, select

from sync.programme.document import Reward
from sync.programme.members import bucket_of
from sync.server.office.book import Book
from sync.server.store.dialect import Among, Key, portions
from sync.server.store.tables import takings

_TAKEN = Among(
    (takings.c.bucket, takings.c.member_id),
    lambda are_theirs: select(takings).where(are_theirs),
)


class Takings:
    """What some members have taken, while it changes."""

    def __init__(self, connection: Connection, members: Iterable[int]) -> None:
        self._connection = connection
        self._held: dict[tuple[int, int, str], int] = {}
        self._read: set[int] = set()
        self.read(members)

    def read(self, members: Iterable[int]) -> None:
        """Read what more members have taken."""
        new = sorted(set(members) - self._read)
        self._read.update(new)
        keys: list[Key] = [(bucket_of(member), member) for member in new]
        for part in portions(keys):
            for row in _TAKEN.rows(self._connection, part):
                self._held[row.member_id, row.reward_id, row.period] = row.taken

    def excess(self, member: int, reward: Reward, on: date) -> int:
        """Return the limit of `reward` that the member has gone beyond, 0 for none."""
        for period, limit in _limits(reward, on):
            if self._held.get((member, reward.id, period), 0) > limit:
                return limit
        return 0

    def add(self, book: Book, member: int, reward: Reward, on: date, quantity: int) -> None:
        """Count `quantity` more of a limited reward (negative: fewer), not below zero."""
        for period, _ in _limits(reward, on):
            key = (member, reward.id, period)
            taken = max(0, self._held.get(key, 0) + quantity)
            self._held[key] = taken
            row = {
                "bucket": bucket_of(member),
                "member_id": member,
                "reward_id": reward.id,
                "period": period,
                "taken": taken,
            }
            book.put(takings, row)


def _limits(reward: Reward, on: date) -> list[tuple[str, int]]:
    limits = ((on.isoformat(), reward.per_member_day), (str(on.year), reward.per_member_year))
    return [(period, limit) for period, limit in limits if limit]
