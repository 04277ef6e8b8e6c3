"""A share of the simulator's worlds in every run of the suite, and those that failed once.

The long runs: `python -m tests.simulation --seeds N --events M`, `python -m tests.long.simulation`.
"""

import os
import subprocess
import sys

import pytest

from tests.simulation.run import ROOT, past_seeds, replay, run_seed
from tests.simulation.shop import POSTGRESQL, SQLITE

EVENTS = 500
AT_ONCE = 5  # worlds of one test: little enough that no processor waits long for the last one
SHARES = [(POSTGRESQL, first) for first in range(201, 221, AT_ONCE)]  # the longest come first
SHARES += [(SQLITE, first) for first in range(1, 201, AT_ONCE)]


@pytest.mark.parametrize(("engine", "first"), SHARES)
def test_nothing_is_lost_doubled_or_overdrawn_in_five_worlds_from(engine, first):
    for seed in range(first, first + AT_ONCE):
        outcome = run_seed(seed, EVENTS, engine=engine)

        assert outcome.fault == "", f"{replay(outcome)}\n{outcome.fault}"
        assert outcome.events >= EVENTS


def test_what_went_wrong_once_goes_well():
    for seed, events, kinds in past_seeds():
        outcome = run_seed(seed, events, kinds)

        assert outcome.fault == "", f"{replay(outcome)}\n{outcome.fault}"


def test_a_seed_decides_everything_in_any_process():
    def trace(hash_seed: str) -> str:
        program = "from tests.simulation.run import run_seed; print(run_seed(4, 120).trace)"
        said = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        return said.stdout

    assert trace("1") == trace("2")
    assert run_seed(5, 60).trace != run_seed(6, 60).trace
