"""The statement of one member: what moved their points, newest first, in pages.

It says what the ledger says, entry by entry, and beside it what is set aside for rewards now.
Moves between lots change no balance and are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, true

from sync.programme.ledger import Kind
from sync.programme.refusals import Reason, Refused
from sync.protocol.events import WHOLE_MAX
from sync.server.office.book import KINDS, own_rows
from sync.server.store.tables import ledger, pendings

PAGE = 20

Which: TypeAlias = Literal["all", "earned", "used", "lapsed"]

_PLUS = frozenset((Kind.EARN, Kind.BONUS, Kind.IMPORT, Kind.UNSPEND, Kind.UNEXPIRE))
_SHOWN: dict[Which, frozenset[Kind]] = {
    "all": frozenset(KINDS) - {Kind.EXTEND, Kind.ACTIVATE},
    "earned": frozenset((Kind.EARN, Kind.BONUS, Kind.IMPORT, Kind.UNEARN)),
    "used": frozenset((Kind.SPEND, Kind.UNSPEND)),
    "lapsed": frozenset((Kind.EXPIRE, Kind.UNEXPIRE)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One line: `points` with their sign, `parts` why there are so many as (kind, ref, points).

    `rules` names the document that priced it; `waiting` points are not in the balance yet.
    """

    event: bytes
    line: int
    at: int
    kind: Kind
    points: int
    store: int
    reward: int
    amount: int
    parts: tuple[tuple[str, str, int], ...]
    rules: str
    waiting: bool

    @property
    def place(self) -> str:
        """Where the next page begins, behind this line."""
        return f"{self.at}-{self.event.hex()}-{self.line}"


def movements(
    connection: Connection, member: int, *, which: Which = "all", after: str = "", limit: int = PAGE
) -> tuple[Movement, ...]:
    """Return a page of a member's statement, behind the place `after`.

    Raises Refused(CURSOR_INVALID) for a place that is none.
    """
    kinds = [number for number, kind in enumerate(KINDS) if kind in _SHOWN[which]]
    rows = connection.execute(
        select(ledger, pendings.c.points.label("waits"))
        .outerjoin(
            pendings,
            and_(
                pendings.c.bucket == ledger.c.bucket,
                pendings.c.member_id == ledger.c.member_id,
                pendings.c.event_id == ledger.c.event_id,
                pendings.c.expires_on == ledger.c.expires_on,
                ledger.c.pending,
            ),
        )
        .where(
            *own_rows(ledger, member),
            ledger.c.kind.in_(kinds),
            ledger.c.points > 0,
            _behind(after) if after else true(),
        )
        .order_by(ledger.c.occurred_at.desc(), ledger.c.event_id.desc(), ledger.c.line.desc())
        .limit(limit)
    )
    return tuple(_movement(row) for row in rows)


def _movement(row: Row[tuple[object, ...]]) -> Movement:
    kind = KINDS[row.kind]
    return Movement(
        event=row.event_id,
        line=row.line,
        at=row.occurred_at,
        kind=kind,
        points=row.points if kind in _PLUS else -row.points,
        store=row.store_id,
        reward=row.reward_id,
        amount=row.amount_cents,
        parts=_parts(row.explain),
        rules=row.rules.hex(),
        waiting=row.waits is not None,
    )


def _parts(explain: str) -> tuple[tuple[str, str, int], ...]:
    if not explain:
        return ()
    said: Sequence[tuple[str, str, int]] = msgspec.json.decode(
        explain, type=tuple[tuple[str, str, int], ...]
    )
    return tuple(said)


def _behind(place: str) -> ColumnElement[bool]:
    try:
        at, event, line = place.split("-")
        instant, name, number = int(at), bytes.fromhex(event), int(line)
    except ValueError as fault:
        raise Refused(Reason.CURSOR_INVALID) from fault
    if not 0 <= instant <= WHOLE_MAX or not 0 <= number < 1 << 31 or len(name) != 16:
        raise Refused(Reason.CURSOR_INVALID)
    return or_(
        ledger.c.occurred_at < instant,
        and_(ledger.c.occurred_at == instant, ledger.c.event_id < name),
        and_(ledger.c.occurred_at == instant, ledger.c.event_id == name, ledger.c.line < number),
    )
