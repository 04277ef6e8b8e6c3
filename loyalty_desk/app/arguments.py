"""What can be said on the command line, as one value."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How the desk was started. `home` puts every file under one folder instead of the system's."""

    demo: bool
    profile: str
    home: Path | None
    server: str
    code: str
    members: int | None
    reset_demo: bool
    lang: str
    theme: str
    size: tuple[int, int]
    scale: int
    tour: Path | None
    export_outbox: Path | None
    leave: bool
    leave_nothing: bool
    tills: bool

    @property
    def without_window(self) -> bool:
        """Whether something is asked that needs no window."""
        return self.tills or self.leave or self.export_outbox is not None


def parse(argv: Sequence[str]) -> Arguments:
    """Return the arguments; prints help or an error and exits like any command."""
    parser = argparse.ArgumentParser(
        prog="loyalty-desk", description="Loyalty at the shop counter, with and without a network."
    )
    parser.add_argument("--demo", action="store_true", help="the demo club with its own server")
    parser.add_argument("--profile", default="", metavar="NAME", help="a second till on a machine")
    parser.add_argument("--home", type=Path, metavar="DIR", help="keep every file under DIR")
    parser.add_argument("--server", default="", metavar="URL", help="the central server")
    parser.add_argument("--code", default="", help="one-time activation code of this till")
    parser.add_argument("--members", type=int, metavar="N", help="size of the demo club")
    parser.add_argument("--reset-demo", action="store_true", help="make the demo club anew")
    parser.add_argument("--lang", choices=("pt_BR", "en"), default="")
    parser.add_argument("--theme", choices=("light", "dark", "contrast"), default="")
    parser.add_argument("--size", type=_size, default=(1366, 768), metavar="1366x768")
    parser.add_argument("--scale", type=int, default=100, metavar="100")
    parser.add_argument("--tour", type=Path, metavar="DIR", help="draw every screen into DIR, end")
    parser.add_argument(
        "--export-outbox", type=Path, metavar="FILE", help="save what was not sent to FILE, end"
    )
    parser.add_argument(
        "--leave", action="store_true", help="remove this till from this machine, end"
    )
    parser.add_argument(
        "--leave-nothing", action="store_true", help="as --leave, its settings, keys and log too"
    )
    parser.add_argument(
        "--tills", action="store_true", help="say as JSON which tills are on this machine, end"
    )
    said = parser.parse_args(argv)
    return Arguments(
        demo=said.demo or said.tour is not None,
        profile=said.profile,
        home=said.home,
        server=said.server,
        code=said.code,
        members=said.members,
        reset_demo=said.reset_demo,
        lang=said.lang,
        theme=said.theme,
        size=said.size,
        scale=said.scale,
        tour=said.tour,
        export_outbox=said.export_outbox,
        leave=said.leave or said.leave_nothing,
        leave_nothing=said.leave_nothing,
        tills=said.tills,
    )


def _size(text: str) -> tuple[int, int]:
    width, _x, height = text.partition("x")
    try:
        return int(width), int(height)
    except ValueError as fault:
        raise argparse.ArgumentTypeError("a size is WIDTHxHEIGHT") from fault
