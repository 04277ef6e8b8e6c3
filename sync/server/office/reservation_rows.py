"""Reservations as they are stored: reading one, changing one."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Row, select, update

from sync.programme.members import bucket_of
from sync.programme.refusals import Reason, Refused
from sync.server.office.book import own_rows
from sync.server.store.states import ReservationState
from sync.server.store.tables import reservations

OPEN = (int(ReservationState.RESERVED), int(ReservationState.ENDING))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A reward that is set aside. Instants in ms UTC; `moving_to` is 0 for a shop that keeps it.

    `ends_at` is when the last code that was shown loses its validity, 0 when none ever was.
    """

    voucher: bytes
    member: int
    reward: int
    store: int
    points: int
    state: ReservationState
    moving_to: int
    reserved_at: int
    keep_until: int
    shown_at: int
    ends_at: int
    from_stock: bool

    @property
    def number(self) -> int:
        """The voucher's id as a number."""
        return int.from_bytes(self.voucher, "big")


def open_reservations(connection: Connection, member: int) -> list[Reservation]:
    """Return what is set aside for a member, the newest first."""
    rows = connection.execute(
        select(reservations)
        .where(*own_rows(reservations, member), reservations.c.state.in_(OPEN))
        .order_by(reservations.c.reserved_at.desc(), reservations.c.voucher)
    )
    return [read_row(row) for row in rows]


def find(connection: Connection, member: int, voucher: bytes) -> Reservation:
    """Return a reservation that has not ended, held until the transaction ends; or NOT_FOUND."""
    row = connection.execute(
        select(reservations)
        .where(
            *own_rows(reservations, member),
            reservations.c.voucher == voucher,
            reservations.c.state.in_(OPEN),
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise Refused(Reason.NOT_FOUND)
    return read_row(row)


def change(connection: Connection, held: Reservation, values: Mapping[str, object]) -> None:
    """Set columns of a reservation."""
    connection.execute(
        update(reservations)
        .where(*own_rows(reservations, held.member), reservations.c.voucher == held.voucher)
        .values(**values)
    )


def read_row(row: Row[tuple[object, ...]]) -> Reservation:
    """Return a stored row as a value."""
    return Reservation(
        voucher=row.voucher,
        member=row.member_id,
        reward=row.reward_id,
        store=row.store_id,
        points=row.points,
        state=ReservationState(row.state),
        moving_to=row.moving_to,
        reserved_at=row.reserved_at,
        keep_until=row.keep_until,
        shown_at=row.shown_at,
        ends_at=row.ends_at,
        from_stock=row.from_stock,
    )


def stored_row(made: Reservation) -> dict[str, object]:
    """Return the row of a reservation that was just made."""
    return {
        "bucket": bucket_of(made.member),
        "member_id": made.member,
        "voucher": made.voucher,
        "reward_id": made.reward,
        "store_id": made.store,
        "points": made.points,
        "from_stock": made.from_stock,
        "state": int(made.state),
        "moving_to": made.moving_to,
        "reserved_at": made.reserved_at,
        "keep_until": made.keep_until,
        "shown_at": made.shown_at,
        "ends_at": made.ends_at,
        "ended_at": 0,
        "event_id": None,
    }
