"""Memory: what the desk holds ten seconds after its first paint, against a bare window.

The till is open, somebody has signed in and one name was searched for; the line was tried, so the
HTTP library is in. Resident memory of the whole process, as the kernel counts it.
"""

import subprocess
import sys
from pathlib import Path
from statistics import median

from tests.bench.job import ROOT, Job
from tests.bench.table import Row, at_most

BOUND = 2.75
AFTER_S = 10.0


def measure(job: Job) -> list[Row]:
    """Return the row of the resident memory."""
    after = "1" if job.quick else str(AFTER_S)
    times = 1 if job.quick else 3
    bare = median(_resident_mb("bare", job.home, after) for _ in range(times))
    desk = median(_resident_mb("desk", job.home, after) for _ in range(times))
    row = Row(
        name="resident memory ÷ bare QMainWindow",
        unit="MB",
        value=desk,
        floor=bare,
        ratio=desk / bare,
    )
    return [at_most(row, BOUND)]


def _resident_mb(kind: str, home: str, after: str) -> float:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.bench.at_rest", kind, home, after],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    )
    return int(finished.stdout.split()[-1]) / 1024


def resident_kb() -> int:
    """Return the resident memory of this process."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
