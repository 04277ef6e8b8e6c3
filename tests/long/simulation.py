"""The simulator for hours: `python -m tests.long.simulation --seeds 10000`.

Every seed records 500 events; the first figures are printed at the end, failures as they come.
"""

import argparse
import sys

from tests.simulation.__main__ import main

_EVENTS = 500


def arguments() -> list[str]:
    parser = argparse.ArgumentParser(prog="python -m tests.long.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1_000_000, help="the first seed")
    said = parser.parse_args()
    events = said.seeds * _EVENTS
    return ["--seeds", str(said.seeds), "--events", str(events), "--seed", str(said.seed)]


if __name__ == "__main__":
    sys.exit(main(arguments()))
