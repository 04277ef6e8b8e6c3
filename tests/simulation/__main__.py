"""The simulator: `python -m tests.simulation --seeds N --events M [--seed S] [--engine E]`.

M events are recorded in all, spread evenly over N seeds from S on. The exit code is 1 when a seed
failed; what it takes to see it again is printed with it.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.simulation.mishaps import KINDS
from tests.simulation.run import commit, replay, run_seeds, together
from tests.simulation.shop import POSTGRESQL, SQLITE


def main(arguments: Sequence[str]) -> int:
    """Simulate, print, and return the exit code."""
    said = _parse(arguments)
    events = -(-said.events // said.seeds)
    seeds = range(said.seed, said.seed + said.seeds)
    began = time.monotonic()
    traces, counts, failed, recorded, tills, cost = [], Counter[str](), 0, 0, [], 0.0
    for outcome in run_seeds(
        seeds, events, workers=said.workers, kinds=tuple(said.kinds), engine=said.engine
    ):
        traces.append(outcome.trace)
        counts.update(outcome.counts)
        recorded += outcome.events
        cost += outcome.seconds
        tills.append(outcome.tills)
        if outcome.fault:
            failed += 1
            _say(f"\nFAILED {replay(outcome)}\n{outcome.fault}")
    seconds = time.monotonic() - began
    _say(
        f"{len(traces)} seeds, {recorded:,} events, {min(tills)} to {max(tills)} tills,"
        f" {seconds:.0f} s, {cost:.0f} s of one processor; {failed} failed;"
        f" trace {together(traces)}; commit {commit()}"
    )
    _say(", ".join(f"{name} {count:,}" for name, count in counts.most_common()))
    return 1 if failed else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--events", type=int, default=10_000, help="over all seeds together")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--engine", choices=(SQLITE, POSTGRESQL), default=SQLITE)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS), help="of faults")
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
