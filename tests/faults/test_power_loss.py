"""The power goes at any moment: what was confirmed is there, and nothing is there by half."""

import shutil
import sys
from pathlib import Path

import pytest

from sync.programme.refusals import Refused
from tests.faults.disk import State, build, in_a_process, lay_out, states
from tests.faults.till_life import Day, a_day, examine, make_keys, open_till

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs the loader of Linux")

VISITS = 60
STATES = 10_000
SEED = 20261122
PARTS = 2


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_a_power_cut_leaves_confirmed_visits_are_whole(tmp_path: Path, part: int) -> None:
    root, log = tmp_path / "till", tmp_path / "log"
    with in_a_process(build(tmp_path), "tests.faults.till_life", root, log, VISITS) as child:
        assert child.wait(timeout=120) == 0
    day, seen = a_day(VISITS), set()
    place = Path("/dev/shm") / f"loyalty-power-{tmp_path.name}-{part}"
    try:
        for state in states(log, root, count=STATES, seed=SEED, part=part, parts=PARTS):
            seen.add(_found(place, state, day))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    assert len(seen) > VISITS * 0.9  # the cuts fell everywhere


def _found(place: Path, state: State, day: Day) -> int:
    """Start the till on what was left; returns how many visits are there."""
    shutil.rmtree(place, ignore_errors=True)
    make_keys(place)
    lay_out(state, place)
    try:
        store = open_till(place)
        try:
            if store.ledger.identity is None:
                assert state.confirmed == 0
                return 0
            return examine(store, day, state.confirmed)
        finally:
            store.cache.close()
            store.ledger.close()
    except (AssertionError, Refused) as fault:
        raise AssertionError(f"{state.story}: {fault}") from fault
