"""A central server that can be stopped, killed and started again at the same address."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from tests.live_server import DEMO_MEMBERS, arguments, ask_server, demo_data, words
from tests.server_process import ServerProcess, Soon


class Central:
    """A server process on a folder of data, with a demo programme in it, served with `options`.

    With a `database` the data lie in PostgreSQL there, and the folder holds the keys.
    """

    def __init__(self, data: Path, *, database: str = "", **options: object) -> None:
        self.data = data
        self._place = {"data": data} | ({"database": database} if database else {})
        self._database = database
        self._options = options
        self.members = DEMO_MEMBERS
        self.url = ""
        self._port = 0
        self._process: ServerProcess | None = None

    def start(self) -> None:
        options = {**self._place, "members": self.members, "demo": True, **self._options}
        self._process = Soon(arguments("serve", **options, port=self._port, exit_on_eof=True))
        self._port = int(words(self._process)["ready"])
        self.url = f"http://127.0.0.1:{self._port}"

    def stop(self, *, kill: bool = False) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        process.close()

    def new_code(self, name: str) -> str:
        return ask_server("code", **self._place, store=1, name=name)["code"]

    def back_up(self, to: Path) -> None:
        """Copy all it keeps, as an image of its disk would."""
        self.stop()
        shutil.copytree(self.data, to)
        self.start()

    def restore(self, backup: Path) -> None:
        """Go back to a copy: what came since is lost."""
        self.stop()
        shutil.rmtree(self.data)
        shutil.copytree(backup, self.data)
        self.start()

    def put_back_database(self, backup: Path) -> None:
        """Put the database files of a copy back, as who has a backup of them does."""
        self.stop()
        for name in ("server.db", "member_keys.db"):
            for end in ("-wal", "-shm"):
                (self.data / (name + end)).unlink(missing_ok=True)
            shutil.copyfile(backup / name, self.data / name)
        self.start()

    def points_of(self, member: int) -> int:
        """What the server itself has in a member's account."""
        statement = f"SELECT points FROM balances WHERE purse = 0 AND member_id = {member:d}"
        if self._database:
            with psycopg.connect(self._database, options="-c search_path=loyalty") as connection:
                (found,) = connection.execute(statement).fetchall()
            return found[0]
        with closing(sqlite3.connect(self.data / "server.db", timeout=10)) as connection:
            (found,) = connection.execute(statement).fetchall()
        return found[0]

    def write(self, statement: str) -> None:
        """Change the server's data from outside, as another process does."""
        if self._database:
            with psycopg.connect(self._database, options="-c search_path=loyalty") as connection:
                connection.execute(statement)
            return
        with closing(sqlite3.connect(self.data / "server.db", timeout=10)) as connection:
            connection.execute(statement)
            connection.commit()


@contextmanager
def central(folder: Path, **options: object) -> Iterator[Central]:
    """A server on a demo of its own, ended however the test went."""
    data = folder / "server"
    shutil.copytree(demo_data(DEMO_MEMBERS), data)
    server = Central(data, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
