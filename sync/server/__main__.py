"""`loyalty-server`, or `python -m sync.server`: what was asked for on the command line."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from sync.server.settings import DEMO_MEMBERS, SNAPSHOT_FROM, Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    asked = vars(_parser().parse_args(arguments))
    # Imported here, so that a question about usage is answered at once.
    from sync.server.app import run

    return run(Settings(**asked))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="loyalty-server", description="The central server.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = _command(commands, "serve", "answer terminals")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    serve.add_argument("--demo", action="store_true", help="serve the demo programme")
    serve.add_argument("--exit-on-eof", action="store_true", help="end when standard input does")
    serve.add_argument(
        "--snapshot-from",
        type=int,
        default=SNAPSHOT_FROM,
        metavar="MEMBERS",
        help="make a first copy in parts for stores with so many members",
    )
    serve.add_argument(
        "--public-url", type=_address, default="", help="where members reach their page, https://…"
    )
    serve.add_argument(
        "--smtp", type=_host_and_port, default="", help="post one-time codes here: HOST:PORT"
    )
    serve.add_argument("--smtp-from", default="", help="the address that codes come from")
    serve.add_argument("--smtp-user", default="", help="password in LOYALTY_SMTP_PASSWORD")
    _demo_options(serve)
    _command(commands, "migrate", "make or update databases and keys")
    _demo_options(_command(commands, "demo", "make the demo programme's data"))
    code = _command(commands, "code", "print a one-time code for a new terminal")
    code.add_argument("--store", type=int, required=True)
    code.add_argument("--name", required=True, help="what the terminal will be called")
    card = _command(commands, "card", "print the digits of a member's card")
    card.add_argument("--member", type=int, required=True)
    badge = _command(commands, "badge", "print the digits of a person's badge")
    badge.add_argument("--staff", type=int, required=True)
    _command(commands, "expire", "let the points of days that are over lapse")
    lost = _command(commands, "terminal-lost", "give up on a terminal; after a week for good")
    lost.add_argument("--terminal", type=int, required=True)
    lost.add_argument("--at-once", action="store_true", help="give its members their points now")
    found = _command(commands, "terminal-found", "let a terminal that has turned up go on")
    found.add_argument("--terminal", type=int, required=True)
    outbox = _command(commands, "import-outbox", "take in what a terminal could not send")
    outbox.add_argument("file", type=Path, help="made by loyalty-desk --export-outbox")
    _command(commands, "end-recovery", "lend again before every terminal has reported")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, does: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=does, description=does)
    command.add_argument("--data", type=Path, required=True, help="folder of databases and keys")
    command.add_argument(
        "--database",
        default=os.environ.get("LOYALTY_DATABASE_URL", ""),
        metavar="URL",
        help="postgresql://… instead of files; LOYALTY_DATABASE_URL keeps it out of sight",
    )
    command.add_argument(
        "--keys-database",
        default=os.environ.get("LOYALTY_KEYS_DATABASE_URL", ""),
        metavar="URL",
        help="where members' keys lie, if apart; or LOYALTY_KEYS_DATABASE_URL",
    )
    return command


def _demo_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--members", type=int, default=DEMO_MEMBERS, help="members of the demo")
    command.add_argument("--reset-demo", action="store_true", help="make the data anew")
    command.add_argument("--clock", type=int, default=0, metavar="MS", help="start the clock here")


def _address(text: str) -> str:
    """The address of a site: https, a host, nothing behind it."""
    parts = urlsplit(text)
    if not text:
        return text
    if parts.scheme != "https" or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"not of the form https://host: {text}")
    return text


def _host_and_port(text: str) -> str:
    host, _, port = text.rpartition(":")
    if text and (not host or not port.isdecimal()):
        raise argparse.ArgumentTypeError(f"not of the form host:port: {text}")
    return text


if __name__ == "__main__":
    sys.exit(main())
