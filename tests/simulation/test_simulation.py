"""A share of the simulator's worlds in every run of the suite, and those that failed once.

The long runs: `python -m tests.simulation --seeds N --events M`, `python -m tests.long.simulation`.
"""

import os
import subprocess
import sys

import pytest

from tests.simulation.run import ROOT, past_seeds, replay, run_seed

SEEDS = range(1, 17)
EVENTS = 200


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_doubled_or_overdrawn_in_a_world_of(seed):
    outcome = run_seed(seed, EVENTS)

    assert outcome.fault == "", replay(outcome, EVENTS)
    assert outcome.events >= EVENTS


def test_what_went_wrong_once_goes_well():
    for seed, events, kinds in past_seeds():
        outcome = run_seed(seed, events, kinds)

        assert outcome.fault == "", replay(outcome, events)


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
