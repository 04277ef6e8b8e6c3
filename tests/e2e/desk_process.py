"""The desk as a child process, as a test talks to it."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

_ANSWER_S = 60
_ROOT = Path(__file__).resolve().parents[2]


class DeskProcess:
    """One run of the app. `kill` ends it as a power cut would end the process."""

    def __init__(self, home: Path, url: str, code: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.desk_driver", str(home), url, code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=_ROOT,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        )

    def __enter__(self) -> "DeskProcess":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child.poll() is None:
            self.send("close")
            try:
                self._child.wait(timeout=_ANSWER_S)
            except subprocess.TimeoutExpired:
                self.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            pipe.close()

    def send(self, do: str, **facts: object) -> None:
        """Give a command without waiting for what comes of it."""
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({"do": do, **facts}) + "\n")
        self._child.stdin.flush()

    def ask(self, do: str, **facts: object) -> Any:
        """Give a command and return its answer."""
        self.send(do, **facts)
        assert self._child.stdout is not None
        ready, _w, _x = select.select([self._child.stdout], [], [], _ANSWER_S)
        assert ready, f"no answer to {do}"
        line = self._child.stdout.readline()
        assert line, f"the desk ended instead of answering {do}"
        return json.loads(line)

    def look(self) -> dict[str, Any]:
        """Return what stands on the screen."""
        seen: dict[str, Any] = self.ask("look")
        return seen

    def until(self, holds: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Look until something holds, at most a minute."""
        end = time.monotonic() + _ANSWER_S
        seen = self.look()
        while not holds(seen):
            assert time.monotonic() < end, f"never came: {what}; last seen {seen}"
            select.select([], [], [], 0.02)
            seen = self.look()
        return seen

    def until_screen(self, name: str) -> dict[str, Any]:
        """Look until a screen stands."""
        return self.until(lambda seen: seen["screen"] == name, f"screen {name}")

    def press(self, key: str) -> None:
        """Press a key by name."""
        self.ask("press", key=key)

    def type(self, text: str) -> None:
        """Type at a person's pace."""
        self.ask("type", text=text)

    def scan(self, text: str) -> None:
        """Scan at a reader's pace."""
        self.ask("scan", text=text)

    def sign_in(self, name: str, pin: str) -> None:
        """Choose a person and type the PIN."""
        seen = self.until(lambda seen: name in seen.get("staff", {}), f"{name} on the list")
        self.ask("choose", staff=str(seen["staff"][name]))
        self.type(pin)
        self.press("Enter")
        self.until_screen("identify")

    def kill(self) -> None:
        """End the process with SIGKILL and wait for its end."""
        self._child.send_signal(signal.SIGKILL)
        self._child.wait()
