"""Every setting of the server, typed, with its default."""

from dataclasses import dataclass
from pathlib import Path

DEMO_MEMBERS = 12_000
SNAPSHOT_FROM = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one run of the server was asked for.

    `port` 0 lets the system choose. `exit_on_eof` ends the server when its standard input closes,
    so that a server started by a desk does not outlive it. `clock` (ms UTC) is the time at which
    the server's clock starts; 0 is the machine's own. Stores with `snapshot_from` members or more
    have a first copy made in parts. `database` is the URL of a PostgreSQL database, "" for files
    in `data`; `keys_database` that of the members' keys, "" for the same.

    `public_url` ("https://club.example") is where members reach their page; without it the page
    answers on this machine alone. `smtp` ("host:port") posts their one-time codes from the address
    `smtp_from`, signed in as `smtp_user`; without it they are said on the console. `file` is what a
    command reads.
    """

    command: str
    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    demo: bool = False
    reset_demo: bool = False
    members: int = DEMO_MEMBERS
    exit_on_eof: bool = False
    member: int = 0
    staff: int = 0
    terminal: int = 0
    at_once: bool = False
    store: int = 0
    name: str = ""
    clock: int = 0
    database: str = ""
    keys_database: str = ""
    snapshot_from: int = SNAPSHOT_FROM
    public_url: str = ""
    smtp: str = ""
    smtp_from: str = ""
    smtp_user: str = ""
    file: Path = Path()
