"""Awaited: statements that the event loop itself sends to PostgreSQL, and waits for.

What is all said at once, and short, needs no thread to wait in: going to one and back costs more
than sending it. Guarantees that what is run is one transaction, or nothing.
"""

from asyncio import Semaphore
from collections.abc import Sequence
from contextlib import suppress

import psycopg

from sync.server.store.dialect import Held
from sync.server.store.postgres import CONNECTIONS, SHARING, options, speak_binary
from sync.server.store.unfolding import Last, holding


class Awaited:
    """Connections on which whoever writes does so beside others; for one event loop.

    They are opened when they are needed, in the database at `url` with the tables of `schema`.
    """

    def __init__(self, url: str, schema: str) -> None:
        self._url = url
        self._schema = schema
        self._free: list[psycopg.AsyncConnection[tuple[object, ...]]] = []
        self._places = Semaphore(CONNECTIONS)

    async def write(self, last: Last, *, holding_first: Held) -> int | None:
        """Run a statement as a transaction, once these rows are held; return how many it wrote.

        None when it cannot be told, for whatever reason: then it may have been done, or not.
        """
        told = (Last(SHARING, ()), Last(holding(*holding_first), ()), last)
        async with self._places:
            with suppress(psycopg.Error):
                return await self._written(told)
        return None

    def close(self) -> None:
        """Close the connections, which nobody is using."""
        for connection in self._free:
            connection.pgconn.finish()  # as its own `close` does, but without a loop
        self._free.clear()

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
            self._url, autocommit=True, options=options(self._schema, writes=True)
        )
        speak_binary(connection)
        return connection
