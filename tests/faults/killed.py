"""A till is killed in the middle of its work, again and again, and looked at after each time.

`python -m tests.faults.killed FOLDER SEED ROUNDS` forks each life from this warm process, kills it
at a moment drawn from the seed and prints, as one JSON line, what was found over all lives.
"""

import json
import os
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.faults.till_life import (
    NOON,
    Day,
    a_day,
    begin,
    examine,
    make_keys,
    open_till,
)

LIVES = 5  # of one till; a journal that grows for ever would make each look slower
COLD_EVERY = 50
_DAY = a_day(2_000)
_LONGEST_S = 0.06


def carry_on(root: Path, day: Day, have: int) -> Iterator[int]:
    """Record from where the journal ends; yields the number of visits that are certain."""
    store = open_till(root)
    begin(store)
    for number, visit in enumerate(day.visits[have:], start=have + 1):
        store.ledger.record(list(visit))
        yield number
        if number % 20 == 0:
            store.idle(NOON)


def main() -> int:
    """Live, be killed, be looked at."""
    folder, seed, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    chance, have, recorded, cold = random.Random(seed), 0, 0, []
    root = folder / "till"
    for life in range(rounds):
        if life % LIVES == 0:
            recorded += have
            have = 0
            shutil.rmtree(root, ignore_errors=True)
            make_keys(root)
        confirmed = _one_life(root, have, chance)
        have = _look(root, confirmed)
        if life % COLD_EVERY == COLD_EVERY - 1:
            cold.append(_cold_start(root))
    shutil.rmtree(folder, ignore_errors=True)
    said = {"lives": rounds, "visits": recorded + have, "slowest_cold_start_s": max(cold)}
    sys.stdout.write(json.dumps(said))
    return 0


def _one_life(root: Path, have: int, chance: random.Random) -> int:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            for number in carry_on(root, _DAY, have):
                os.write(writing, number.to_bytes(4, "big"))
        finally:
            os._exit(1)
    os.close(writing)
    # Half of them die in their first visits, when files are made or opened.
    select.select([], [], [], chance.uniform(0, _LONGEST_S) ** chance.choice((1, 1.5)))
    os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    ended = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(ended), "it ended by itself"
    return int.from_bytes(said[-4:], "big") if said else have


def _look(root: Path, confirmed: int) -> int:
    store = open_till(root)
    try:
        if store.ledger.identity is None:
            assert confirmed == 0
            return 0
        return examine(store, _DAY, confirmed)
    finally:
        store.cache.close()
        store.ledger.close()


def _cold_start(root: Path) -> float:
    """Start a new interpreter that opens the till; returns its own work in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = f"from tests.faults.till_life import *; open_till(Path({str(root)!r}))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
