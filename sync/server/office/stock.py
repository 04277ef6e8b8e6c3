"""Stock: what each store has left of the rewards that are counted. Never below zero."""

from collections.abc import Mapping

from sqlalchemy import Connection, case, select, update

from sync.protocol.messages import StockRow
from sync.server.office.feed import raise_lists, stock_list
from sync.server.store.dialect import put_rows
from sync.server.store.tables import stock


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
    after = stock.c.units_left + units
    moved = connection.execute(
        update(stock)
        .where(stock.c.store_id == store, stock.c.reward_id == reward)
        .values(units_left=case((after < 0, 0), else_=after))
    )
    return {stock_list(store)} if moved.rowcount else set()


def stock_rows(connection: Connection, store: int) -> tuple[StockRow, ...]:
    """Return what a store has left."""
    rows = connection.execute(
        select(stock.c.reward_id, stock.c.units_left)
        .where(stock.c.store_id == store)
        .order_by(stock.c.reward_id)
    )
    return tuple(StockRow(reward=row.reward_id, left=row.units_left) for row in rows)
