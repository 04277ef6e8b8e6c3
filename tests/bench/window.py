"""First window: from the start of a process to the first finished paint, against a bare window.

A fresh interpreter on both sides, in turns; the desk is the whole desk, on the filled till.
"""

import subprocess
import sys
import time
from statistics import median

from tests.bench.job import ROOT, Job
from tests.bench.table import Row, at_most

BOUND = 2.5


def measure(job: Job) -> list[Row]:
    """Return the row of the first window."""
    times: dict[str, list[float]] = {"bare": [], "desk": []}
    for _ in range(2 if job.quick else 12):
        for kind, kept in times.items():
            kept.append(_first_paint(kind, job.home))
    # The first start of each compiles what it imports, as an installation has done long ago.
    bare, desk = (median(kept[1:]) for kept in times.values())
    row = Row(
        name="first window ÷ bare QMainWindow", unit="ms", value=desk, floor=bare, ratio=desk / bare
    )
    return [at_most(row, BOUND)]


def _first_paint(kind: str, home: str) -> float:
    began = time.monotonic_ns()
    said = subprocess.run(
        [sys.executable, "-m", "tests.bench.first_paint", kind, home],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    painted, queued = map(int, said.split())
    return (painted - began - queued) / 1e6
