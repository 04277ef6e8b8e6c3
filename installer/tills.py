"""The tills of this machine, asked through the desk itself: only it can open their files.

Guarantees that a till is asked by the version that has worked with it, before anything is changed.
"""

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer import surroundings
from installer.checkout import Checkout
from installer.packages import SetupFailed

WAIT = """\
Nothing was changed: the server does not have everything yet. Either
  start the desk where there is a connection, until it says that everything is sent, or
  add --export FILE: it saves the records in a file that the server reads
  (loyalty-server import-outbox FILE)."""


@dataclass(frozen=True, slots=True)
class Till:
    """One till as the desk knows it. `waiting` counts events that the server does not have."""

    profile: str
    terminal: int
    waiting: int
    problem: str
    files: tuple[Path, ...]

    @property
    def name(self) -> str:
        """What a person calls it."""
        number = f"till {self.terminal}" if self.terminal else "the till"
        return f"{number} (profile {self.profile})" if self.profile else number


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk of a checkout, called without a window; `home` where its files are not the usual."""

    here: Checkout
    home: Path | None = None

    def tills(self) -> tuple[Till, ...]:
        """Return every till of this machine; raises SetupFailed when the desk cannot say."""
        said = self._call("--tills")
        if said.returncode != 0:
            raise SetupFailed(f"{said.stderr.strip()}\n\nThe tills could not be asked. {_MEND}")
        return tuple(
            Till(**{**till, "files": tuple(Path(file) for file in till["files"])})
            for till in json.loads(said.stdout)
        )

    def save(self, till: Till, file: Path) -> None:
        """Save what a till has not sent; it stays there as well. Raises SetupFailed."""
        self._do(till, "--export-outbox", str(file))

    def remove(self, till: Till, saved: Path | None) -> None:
        """Remove a till with everything; `saved` takes what it has not sent. Raises SetupFailed."""
        saving = ["--export-outbox", str(saved)] if saved is not None else []
        self._do(till, "--leave-nothing", *saving)

    def _do(self, till: Till, *arguments: str) -> None:
        said = self._call("--profile", till.profile, *arguments)
        if said.returncode != 0:
            raise SetupFailed(f"{till.name}: {said.stderr.strip()}")
        print(f"{till.name}: {said.stdout.strip()}", flush=True)

    def _call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        home = ["--home", str(self.home)] if self.home is not None else []
        return subprocess.run(
            [str(self.here.python), "-m", "loyalty_desk", *home, *arguments],
            cwd=self.here.root,
            env=surroundings.for_desk(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )


_MEND = "Call `python3 -m installer setup` and try again."


def objections(tills: Iterable[Till], *, saving: bool) -> Sequence[str]:
    """Return why these tills may not be taken away or changed now, in words; none when they may."""
    tills = tuple(tills)
    lines = [f"{till.name}: {till.problem}" for till in tills if till.problem]
    waiting = [f"{till.name}: {_records(till.waiting)} not sent." for till in tills if till.waiting]
    return [*lines, *(() if saving or not waiting else (*waiting, WAIT))]


def file_for(till: Till, export: Path) -> Path:
    """Return where a till's records are saved: each profile has a file of its own."""
    return export.with_stem(f"{export.stem}-{till.profile}") if till.profile else export


def _records(count: int) -> str:
    return f"{count} record{'s' if count != 1 else ''}"
