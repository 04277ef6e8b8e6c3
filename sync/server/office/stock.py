"""Stock: what each store has left of the rewards that are counted. Never below zero."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, Integer, bindparam, case, func, select, update

from sync.protocol.messages import StockRow
from sync.server.office.feed import raise_lists, stock_list
from sync.server.store.dialect import hold, put_rows
from sync.server.store.states import LeaseState
from sync.server.store.tables import stock, unit_leases

_AFTER = stock.c.units_left + bindparam("units", type_=Integer)
_MOVE = (
    update(stock)
    .where(stock.c.store_id == bindparam("at"), stock.c.reward_id == bindparam("of"))
    .values(units_left=case((_AFTER < 0, 0), else_=_AFTER))
)
_LENT = (
    select(func.coalesce(func.sum(unit_leases.c.units - unit_leases.c.spent), 0))
    .where(
        unit_leases.c.store_id == stock.c.store_id,
        unit_leases.c.reward_id == stock.c.reward_id,
        unit_leases.c.state == int(LeaseState.ACTIVE),
    )
    .scalar_subquery()
)
_LEFT = select(stock.c.reward_id, stock.c.units_left).where(stock.c.store_id == bindparam("at"))
_NOT_LENT = _LEFT.add_columns(_LENT.label("lent")).order_by(stock.c.reward_id)


def count_stock(connection: Connection, store: int, left: Mapping[int, int]) -> None:
    """Set what a store has left of rewards; from then on they are counted."""
    rows = [
        {"store_id": store, "reward_id": reward, "units_left": units}
        for reward, units in left.items()
    ]
    put_rows(connection, stock, rows)
    raise_lists(connection, [stock_list(store)])


def move_stock(connection: Connection, store: int, reward: int, units: int) -> set[str]:
    """Add `units` (negative: take) of a reward where it is counted, not going below zero.

    Returns the lists of the feed that have changed by it.
    """
    moved = connection.execute(_MOVE, {"at": store, "of": reward, "units": units})
    return {stock_list(store)} if moved.rowcount else set()


def hold_stock(connection: Connection, store: int, rewards: Iterable[int]) -> None:
    """Let nobody else move a store's stock of these rewards until the transaction ends."""
    keys = sorted({(store, reward) for reward in rewards})
    hold(connection, (stock.c.store_id, stock.c.reward_id), keys)


def stock_left(connection: Connection, store: int) -> dict[int, int]:
    """Return what a store has left of counted rewards, lent or not."""
    rows = connection.execute(_LEFT, {"at": store})
    return {row.reward_id: row.units_left for row in rows}


def stock_rows(connection: Connection, store: int) -> tuple[StockRow, ...]:
    """Return what a store has left that is not lent to a till."""
    rows = connection.execute(_NOT_LENT, {"at": store})
    return tuple(StockRow(row.reward_id, max(0, row.units_left - int(row.lent))) for row in rows)
