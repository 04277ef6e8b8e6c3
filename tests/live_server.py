"""A real server in a process of its own, on the loopback, with a small demo.

    with live_server(tmp_path) as server:
        enrol_at(server.url, server.code)

What is made for one number of members is kept for the run and copied, so a second server is up at
once.
"""

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from tests.server_process import PROGRAM, ROOT, ServerProcess, Soon

DEMO_MEMBERS = 40
DEMO_PIN = "246810"


@dataclass(frozen=True)
class LiveServer:
    """A running server. `code` enrols one terminal: the desk "Caixa 02" in Pinheiros."""

    url: str
    code: str
    data: Path
    process: ServerProcess

    def new_code(self, *, store: int = 1, name: str = "Caixa 03") -> str:
        """Another one-time code, for a terminal that did not exist yet."""
        return run_server("code", data=self.data, store=store, name=name)["code"]

    def card(self, member: int) -> str:
        """The 202 digits of a member's card."""
        return run_server("card", data=self.data, member=member)["card"]

    def kill(self) -> None:
        """Stop the server at once, as a power cut does."""
        self.process.kill()


@contextmanager
def live_server(
    folder: Path,
    *,
    members: int = DEMO_MEMBERS,
    port: int = 0,
    fresh: bool = True,
    begin: Callable[[Sequence[str]], ServerProcess] = Soon,
) -> Iterator[LiveServer]:
    """Serve a demo of `members` from `folder`; with `fresh` false what is there goes on."""
    data = folder / "server"
    if fresh:
        shutil.copytree(demo_data(members), data)
    process = begin(
        arguments("serve", data=data, members=members, port=port, demo=True, exit_on_eof=True)
    )
    try:
        said = words(process)
        url = f"http://127.0.0.1:{said['ready']}"
        yield LiveServer(url=url, code=said["code"], data=data, process=process)
    finally:
        process.close()


def demo_data(members: int) -> Path:
    """The folder of a demo with so many members, made once per run and process."""
    place = Path(tempfile.gettempdir()) / f"loyalty-demo-{os.getpid()}-{members}"
    if not place.exists():
        import atexit

        making = place.with_suffix(".new")
        atexit.register(shutil.rmtree, place, ignore_errors=True)
        run_server("demo", data=making, members=members)
        making.rename(place)
    return place


def command(name: str, /, **options: object) -> list[str]:
    """The command line of the server."""
    return [*PROGRAM, *arguments(name, **options)]


def arguments(name: str, /, **options: object) -> list[str]:
    """What the server is asked for, without its name."""
    words = [name]
    for option, value in options.items():
        flag = "--" + option.replace("_", "-")
        words += [flag] if value is True else [flag, str(value)]
    return words


def run_server(name: str, /, **options: object) -> dict[str, str]:
    """Run one command to its end and return what it said, by first word."""
    finished = subprocess.run(
        command(name, **options), cwd=ROOT, capture_output=True, text=True, check=True
    )
    return _by_first_word(finished.stdout)


def ask_server(name: str, /, **options: object) -> dict[str, str]:
    """Run one short command here, where its modules are loaded once, and return what it said."""
    # Imported here: who only needs a server that runs does without its modules.
    from sync.server.__main__ import main

    said = io.StringIO()
    with redirect_stdout(said):
        status = main(arguments(name, **options))
    assert status == 0
    return _by_first_word(said.getvalue())


def _by_first_word(said: str) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in said.splitlines())


def words(process: ServerProcess | subprocess.Popen) -> dict[str, str]:
    """What a server says until it is ready, by first word."""
    said: dict[str, str] = {}
    while "ready" not in said:
        line = process.stdout.readline()
        assert line, "the server ended"
        word, value = line.split(" ", 1)
        said[word] = value.strip()
    return said
