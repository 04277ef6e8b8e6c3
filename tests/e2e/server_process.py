"""The central server as a test sees it: a process that ends and begins again, and its files."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from tests.live_server import DEMO_MEMBERS, arguments, ask_server, demo_data, words
from tests.server_process import Started


class ServerProcess:
    """A demo server on one port. `stop` and `start` keep its data and its address."""

    def __init__(self, data: Path, *, members: int = DEMO_MEMBERS) -> None:
        self.data = data
        self.code = ""
        self.url = ""
        self._members = members
        self._port = 0
        self._process: Started | None = None
        shutil.copytree(demo_data(members), data)

    def __enter__(self) -> "ServerProcess":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Serve; come back when it answers."""
        options = {"data": self.data, "members": self._members, "port": self._port}
        self._process = Started(arguments("serve", **options, demo=True, exit_on_eof=True))
        said = words(self._process)
        self.code = said["code"]
        self._port = int(said["ready"])
        self.url = f"http://127.0.0.1:{self._port}"

    def stop(self, *, kill: bool = False) -> None:
        """End it, in order or as a power cut does."""
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        process.close()

    def card_of(self, name: str) -> str:
        """The 202 digits of a member's card."""
        return ask_server("card", data=self.data, member=self.member(name))["card"]

    def member(self, name: str) -> int:
        """A member's id by name."""
        rows = self.rows("SELECT member_id FROM members WHERE display_name = ?", name)
        assert len(rows) == 1, (name, rows)
        found: int = rows[0][0]
        return found

    def points_of(self, name: str) -> int:
        """What a member has."""
        found: int = self.rows(
            "SELECT points FROM balances WHERE purse = 0 AND member_id = ?", self.member(name)
        )[0][0]
        return found

    def life(self) -> tuple[int, int]:
        """The terminal that was enrolled last, and which life of it that is."""
        rows = self.rows(
            "SELECT terminal_id, n FROM incarnations ORDER BY created_at DESC, n DESC LIMIT 1"
        )
        found: tuple[int, int] = rows[0]
        return found

    def events(self) -> list[dict[str, Any]]:
        """What the desk recorded in its present life, in order, as the server keeps it."""
        rows = self.rows(
            "SELECT body, status, code FROM events WHERE terminal_id = ? AND incarnation = ?"
            " ORDER BY seq",
            *self.life(),
        )
        return [
            msgspec.json.decode(body) | {"status": status, "code": code}
            for body, status, code in rows
        ]

    def entries(self, event: str) -> list[tuple[Any, ...]]:
        """The postings of an event: (member, kind, points)."""
        return self.rows(
            "SELECT member_id, kind, points FROM ledger WHERE event_id = ? ORDER BY line",
            bytes.fromhex(event),
        )

    def document(self) -> dict[str, Any]:
        """The programme document in force."""
        body = self.rows("SELECT body FROM programme_documents ORDER BY version DESC")[0][0]
        found: dict[str, Any] = msgspec.json.decode(body)
        return found

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the server's database."""
        with closing(sqlite3.connect(self.data / "server.db", timeout=10)) as connection:
            return connection.execute(query, values).fetchall()
