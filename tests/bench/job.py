"""A job: what one measurement is told, and how it runs in a process of its own.

A fresh process each, so that no measurement warms or burdens the next one. `python -m
tests.bench.job NAME FILE` runs the measurement `tests.bench.NAME` and writes its rows to FILE.
"""

import importlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench import syncs
from tests.bench.table import Row, unmeasured

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Measure with the filled till at `home`; `quick` asks for the shape, not for the truth.

    `scratch` is a folder for whatever else is needed; `counter` the library that counts syncs.
    """

    home: str
    scratch: str
    members: int
    quick: bool
    counter: str = ""


def run(name: str, job: Job) -> list[Row]:
    """Run the measurement `name` in a child process and return its rows."""
    answer = Path(job.scratch) / f"{name}.json"
    answer.unlink(missing_ok=True)
    library = Path(job.counter) if job.counter else None
    finished = subprocess.run(
        [sys.executable, "-m", "tests.bench.job", name, str(answer)],
        cwd=ROOT,
        input=json.dumps(asdict(job)),
        env=syncs.environment(library) | _surroundings(Path(job.scratch)),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if finished.returncode != 0 or not answer.exists():
        sys.stderr.write(finished.stderr)
        return [unmeasured(name, f"the measurement ended with {finished.returncode}")]
    return [Row(**row) for row in json.loads(answer.read_text(encoding="utf-8"))]


def _surroundings(scratch: Path) -> dict[str, str]:
    """A screen of the size that the desk is drawn for, whatever this machine has, and no locale."""
    screen = {"name": "till", "x": 0, "y": 0, "width": 1366, "height": 768, "dpr": 1}
    screens = scratch / "screens.json"
    screens.write_text(
        json.dumps({"screens": [screen | {"logicalDpi": 96, "logicalBaseDpi": 96}]}), "utf-8"
    )
    runtime = scratch / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return {
        "QT_QPA_PLATFORM": f"offscreen:configfile={screens}",
        "LC_ALL": "C.UTF-8",
        "XDG_RUNTIME_DIR": str(runtime),
    }


def main(arguments: Sequence[str]) -> int:
    """Run one measurement in this process."""
    name, answer = arguments
    job = Job(**json.load(sys.stdin))
    rows: list[Row] = importlib.import_module(f"tests.bench.{name}").measure(job)
    Path(answer).write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
