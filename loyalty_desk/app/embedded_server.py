"""The embedded server: the demo's central server as a child process on this machine.

It is never part of the app's own process. Its standard input is held open: when the app ends, in
whatever way, the server reads the end of it and stops, so no orphan is left behind.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens, and the one-time code that enrols a till there ("" without)."""

    url: str
    code: str


class EmbeddedServer:
    """Starts the child, waits until it is ready, ends it.

    `clock` (ms UTC) is where the child's clock starts; 0 is the machine's own.
    """

    def __init__(
        self, data: Path, *, members: int | None = None, reset: bool = False, clock: int = 0
    ) -> None:
        self._data = data
        self._members = members
        self._reset = reset
        self._clock = clock
        self._child: subprocess.Popen[str] | None = None

    def start(self, progress: Callable[[int], None]) -> Address:
        """Start the server and wait for it; `progress` hears per cent while data is made.

        Blocks: call it on a worker. Raises ConnectionError when the child ends before it is ready.
        """
        self.stop()
        self._child = subprocess.Popen(
            self._command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._reset = False
        assert self._child.stdout is not None
        code = ""
        for line in self._child.stdout:
            word, _space, rest = line.strip().partition(" ")
            if word == "progress":
                progress(int(rest))
            elif word == "code":
                code = rest
            elif word == "ready":
                return Address(f"http://127.0.0.1:{int(rest)}", code)
        self.stop()
        raise ConnectionError("the embedded server ended before it was ready")

    def is_running(self) -> bool:
        """Say whether the child lives."""
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        """End the child and wait for it."""
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _command(self) -> list[str]:
        # A frozen app is its own interpreter: its entry point dispatches on the word "server".
        start = (
            [sys.executable, "server"]
            if getattr(sys, "frozen", False)
            else [sys.executable, "-m", "sync.server"]
        )
        command = [*start, "serve", "--demo", "--exit-on-eof", "--data", str(self._data)]
        if self._members is not None:
            command += ["--members", str(self._members)]
        if self._clock:
            command += ["--clock", str(self._clock)]
        if self._reset:
            command.append("--reset-demo")
        return command
