"""A thousand times killed with -9: all that was confirmed is there, and the till starts again."""

import json
import subprocess
import sys
import tempfile

import pytest

from tests.live_server import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a matter of POSIX")

LIVES = 1_000
PARTS = 2
COLD_START_S = 3.0


@pytest.mark.parametrize("part", range(PARTS))
def test_a_till_that_is_killed_again_and_again_loses_nothing(part: int) -> None:
    memory = tempfile.mkdtemp(prefix="loyalty-kill-", dir="/dev/shm")
    command = [sys.executable, "-m", "tests.faults.killed", memory, str(part), str(LIVES // PARTS)]
    finished = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
    )
    assert finished.returncode == 0, finished.stderr
    found = json.loads(finished.stdout)

    assert found["lives"] == LIVES // PARTS
    assert found["visits"] > found["lives"]  # they were killed at work
    assert found["slowest_cold_start_s"] <= COLD_START_S
