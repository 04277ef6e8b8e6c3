"""Processes of the server: `Started` as a shop starts it, or `Forked`, which is up much sooner.

A forked one comes from a process that has loaded the server's modules; from there on it does what
`python -m sync.server` does. Both end when their standard input closes, so at the latest with
whoever started them.
"""

import contextlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Protocol

from sync.server import __main__ as server

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = (sys.executable, "-m", "sync.server")
_PATIENCE_S = 30
_LOADED = [
    "alembic.command",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sync.server.app",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.auto",
]


class ServerProcess(Protocol):
    """A process that runs one command of the server; what it says is read from `stdout`."""

    stdout: IO[str]

    def kill(self) -> None:
        """End it at once, as a power cut does; return when it is gone."""

    def close(self) -> None:
        """Close its standard input, and wait until it has ended."""


class Forked:
    """A `ServerProcess` whose modules were loaded before."""

    def __init__(self, arguments: Sequence[str]) -> None:
        forks = _forks()
        theirs_in, self._stdin = forks.Pipe(duplex=False)
        ours_out, theirs_out = forks.Pipe(duplex=False)
        told = (list(arguments), server.__file__, dict(os.environ), theirs_in, theirs_out)
        self._process = forks.Process(target=_run, args=told, daemon=True)
        with contextlib.chdir(ROOT):  # from where it loads what it loads
            self._process.start()
        for end in (theirs_in, theirs_out):
            end.close()
        self.stdout = os.fdopen(os.dup(ours_out.fileno()), encoding="utf-8")
        ours_out.close()

    def kill(self) -> None:
        self._process.kill()
        self._process.join(_PATIENCE_S)

    def close(self) -> None:
        self._stdin.close()
        self._process.join(_PATIENCE_S)
        ended = self._process.exitcode is not None
        if not ended:
            self.kill()
        self.stdout.close()
        assert ended, "the server does not end"


class Started:
    """A `ServerProcess` with an interpreter of its own."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self.stdout = self._process.stdout

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(_PATIENCE_S)

    def close(self) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE_S)
        finally:
            self.kill()
            self.stdout.close()


# Who wants a server soon; not every system can fork.
Soon = Forked if "forkserver" in multiprocessing.get_all_start_methods() else Started


@cache
def _forks() -> multiprocessing.context.BaseContext:
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(_LOADED)
    return forks


def _run(
    arguments: list[str],
    program: str,
    environment: dict[str, str],
    stdin: Connection,
    stdout: Connection,
) -> None:
    """Be the server, with the environment and the lines of whoever asked for it."""
    assert server.__file__ == program, "loaded from another checkout"
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    for number, line in enumerate((stdin, stdout)):
        os.dup2(line.fileno(), number)
        line.close()
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.exit(server.main(arguments))
