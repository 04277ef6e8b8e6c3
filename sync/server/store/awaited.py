"""Awaited: statements that the event loop itself sends to PostgreSQL, and waits for.

What is all said at once, and short, needs no thread to wait in: going to one and back costs more
than sending it. Guarantees that what is run is one transaction, or nothing.
"""

import logging
from asyncio import Semaphore
from collections.abc import Sequence

import psycopg
from sqlalchemy import Engine

from sync.server.store.dialect import Held
from sync.server.store.postgres import CONNECTIONS, SHARING, options, speak_binary
from sync.server.store.unfolding import Last, holding_last

_log = logging.getLogger("loyalty_server")


class Awaited:
    """Connections on which whoever writes does so beside others; for one event loop.

    They are opened when they are needed, where `engine` connects to, with the tables of `schema`.
    """

    def __init__(self, engine: Engine, schema: str) -> None:
        # The driver itself would read some addresses otherwise, as another place.
        _, self._place = engine.dialect.create_connect_args(engine.url)
        self._options = options(schema, writes=True)
        self._is_well = True
        self._free: list[psycopg.AsyncConnection[tuple[object, ...]]] = []
        self._places = Semaphore(CONNECTIONS)

    async def write(self, last: Last, *, holding_first: Held) -> int | None:
        """Run a statement as a transaction, once these rows are held; return how many it wrote.

        None when it cannot be told, for whatever reason: then it may have been done, or not.
        """
        told = (Last(SHARING, ()), holding_last(*holding_first), last)
        async with self._places:
            try:
                written = await self._written(told)
            except psycopg.Error as fault:
                self._note(fault)
                return None
        self._is_well = True
        return written

    def close(self) -> None:
        """Close the connections, which nobody is using."""
        for connection in self._free:
            connection.pgconn.finish()  # as its own `close` does, but without a loop
        self._free.clear()

    def _note(self, fault: psycopg.Error) -> None:
        """Say the first fault of several: without this all goes on, but slower."""
        if self._is_well:
            _log.warning("no lease at once: %s %s", type(fault).__name__, fault.sqlstate or "")
        self._is_well = False

    async def _written(self, told: Sequence[Last]) -> int:
        """Run statements without a BEGIN: sent together they are a transaction that commits."""
        connection = self._free.pop() if self._free else await self._opened()
        try:
            async with connection.pipeline():
                for one in told:
                    cursor = await connection.execute(one.statement.encode(), one.parameters)
        except BaseException:
            # Whatever it says of the statements that it prepared may be wrong now.
            await connection.close()
            raise
        self._free.append(connection)
        return cursor.rowcount

    async def _opened(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        connection = await psycopg.AsyncConnection.connect(
            **{**self._place, "autocommit": True, "options": self._options}
        )
        speak_binary(connection)
        return connection
