"""A server on PostgreSQL in a process of its own, with one more route: the floor of a request.

`python -m tests.bench.postgres_server FOLDER URL` says `ready PORT` and ends with its input. The
floor is a signed request that runs one transaction of one row: what any write through this server
costs, whatever it does.
"""

import secrets
import sys
import threading
from pathlib import Path

import uvicorn
from litestar import Router, post
from litestar.response.base import ASGIResponse

from sync.protocol.messages import PREFIX, LeaseRow
from sync.server.api.application import application
from sync.server.api.exchange import AnyRequest, exchange
from sync.server.listening import listening_socket, serving
from sync.server.office.head_office import HeadOffice
from sync.server.office.terminals import Caller
from sync.server.store.database import Address, open_database
from sync.server.store.keys import load_keys
from tests.bench.till import WallClock

FLOOR = "/floor"
_INSERT = "INSERT INTO raw VALUES (0, 1, %b, 0, 1, 1)"


def floor_router(office: HeadOffice) -> Router:
    """Return the route that only inserts a row, for a caller who signed."""

    @post("/", status_code=200)
    async def insert(request: AnyRequest) -> ASGIResponse:
        def work(caller: Caller, body: bytes) -> object:
            with office.database.writing.begin() as connection:
                connection.exec_driver_sql(_INSERT, (secrets.token_bytes(16),))
            return LeaseRow("", 1, 1, 0, 0)

        return await exchange(office, WallClock().now, request, work)

    return Router(path=PREFIX + FLOOR, route_handlers=[insert])


def main(folder: Path, url: str) -> None:
    """Serve until standard input ends."""
    database = open_database(Address(data=url, keys=url))
    office = HeadOffice(database=database, keys=load_keys(folder), random=secrets.token_bytes)
    routes = application(office, WallClock().now, pages=(floor_router(office),))
    listening = listening_socket("127.0.0.1", 0)
    server = uvicorn.Server(serving(routes))

    def stop() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=stop, daemon=True).start()
    print(f"ready {listening.getsockname()[1]}", flush=True)
    server.run(sockets=[listening])
    database.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
