"""Visit book: the visits of this till's journal, found by their id or by their time.

Guarantees that an id which was never recorded here is told from memory, without reading the disk:
every confirmation asks that first.
"""

from collections.abc import Callable

from loyalty_desk.store import journal, visits
from loyalty_desk.store.database import Connection, Database
from loyalty_desk.store.journal import Kept
from loyalty_desk.store.recent_events import RecentEvents
from loyalty_desk.store.visits import Visit
from sync.protocol.events import visit_of

_RECENT_MAX = 1_000


class VisitBook:
    """What was recorded here. `acked` says up to which event the pulled rows contain everything."""

    def __init__(self, database: Database, acked: Callable[[], int]) -> None:
        self._database = database
        self._acked = acked
        self.recent = RecentEvents()

    def load(self, connection: Connection) -> list[Kept]:
        """Begin anew with the newest events of the journal, and return them."""
        self.recent = RecentEvents()
        latest = journal.latest(connection, _RECENT_MAX)
        if latest:
            self.recent.begins_after(journal.last_at_before(connection, latest[0].seq))
        for kept in latest:
            self.recent.add(kept.event)
        return latest

    def latest(self, *, since: int, limit: int) -> tuple[Visit, ...]:
        """Return the visits since `since` (ms UTC), undone ones included, the newest first."""
        found: list[Visit] = []
        with self._database.reading() as connection:
            for _, kept in visits.grouped(journal.backwards(connection), since=since):
                if len(found) == limit:
                    break
                found.append(self._visit(connection, kept))
        return tuple(found)

    def find(self, visit_id: str) -> Visit | None:
        """Return one visit, or None when this journal does not hold it."""
        with self._database.lock:
            if self.recent.lacks(visit_id):  # as nearly always: then nothing has to be read
                return None
            with self._database.reading() as connection:
                kept = self.events_of(connection, visit_id)
                return self._visit(connection, kept) if kept else None

    def events_of(self, connection: Connection, visit_id: str) -> list[Kept]:
        """Return the events of a visit; none for one that is not held."""
        recent = self.recent.find(visit_id)
        if recent is not None:
            first = recent.seq if recent.visit == visit_id else None
        elif self.recent.lacks(visit_id):
            first = None
        else:
            first = journal.first_of(connection, visit_id)
        return journal.visit_from(connection, first) if first else []

    def _visit(self, connection: Connection, kept: list[Kept]) -> Visit:
        visit_id = visit_of(kept[0].event)
        return visits.visit_from(
            kept, voided=journal.is_undone(connection, visit_id), acked=self._acked()
        )
