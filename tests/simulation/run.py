"""Runs: one seed after the other, or many on every processor, each in a world of its own."""

import hashlib
import os
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from tests.simulation import shop
from tests.simulation.mishaps import KINDS
from tests.simulation.world import World

ROOT = Path(__file__).resolve().parents[2]
PAST_SEEDS = Path(__file__).with_name("past_seeds.txt")
_REAL = ("loyalty_desk.store", "sync.client", "sync.server.office")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one seed; `fault` is empty when everything held."""

    seed: int
    asked: int  # how many events it was to record
    kinds: tuple[str, ...]
    engine: str
    events: int
    tills: int
    questions: int
    trace: str
    seconds: float  # of one processor
    counts: Counter[str] = field(default_factory=Counter)
    fault: str = ""


def run_seed(
    seed: int, events: int, kinds: tuple[str, ...] = KINDS, engine: str = shop.SQLITE
) -> Outcome:
    """Live through one seed until `events` events are recorded."""
    assert_real()
    shop.founded(engine)
    folder = shop.ram() / f"seed{seed}-{os.getpid()}"
    began = time.process_time()
    world = World(seed, folder, kinds, engine)
    verdict = _Verdict()
    with verdict:
        world.run(events)
    world.close()
    return Outcome(
        seed=seed,
        asked=events,
        kinds=kinds,
        engine=engine,
        events=len(world.recorded),
        tills=len(world.tills),
        questions=world.network.questions,
        trace=world.trace.hash,
        seconds=time.process_time() - began,
        counts=Counter(world.counts),
        fault="\n".join((*world.trace.last[-12:], verdict.fault)) if verdict.fault else "",
    )


class _Verdict:
    """Keeps what went wrong within it, as text."""

    fault = ""

    def __enter__(self) -> None:
        """Nothing has gone wrong yet."""

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: object
    ) -> bool:
        if fault is None or not isinstance(fault, Exception):
            return False
        self.fault = "".join(traceback.format_exception(fault))
        return True


def run_seeds(
    seeds: Sequence[int],
    events: int,
    *,
    workers: int,
    kinds: tuple[str, ...] = KINDS,
    engine: str = shop.SQLITE,
) -> Iterator[Outcome]:
    """Live through many seeds; outcomes come in the order of the seeds."""
    if workers < 2 or len(seeds) < 2:
        yield from (run_seed(seed, events, kinds, engine) for seed in seeds)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(
            run_seed, seeds, repeat(events), repeat(kinds), repeat(engine), chunksize=1
        )


def assert_real() -> None:
    """What is simulated is the world: store, sync client and head office are those of the shops."""
    for room in _REAL:
        module = sys.modules.get(room)
        assert module is not None, f"{room} is not in the simulation"
        assert Path(str(module.__file__)).is_relative_to(ROOT / room.partition(".")[0]), module


def replay(outcome: Outcome) -> str:
    """How to see a failure again."""
    return (
        f"seed {outcome.seed} at commit {commit()}: python -m tests.simulation --seeds 1"
        f" --seed {outcome.seed} --events {outcome.asked} --engine {outcome.engine}"
        f" --kinds {' '.join(outcome.kinds)}"
    )


def commit() -> str:
    """The commit that runs, with a plus when the tree differs from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"


def past_seeds() -> list[tuple[int, int, tuple[str, ...]]]:
    """Seeds that failed once, with how many events and which kinds of faults: they live again."""
    lines = (line.partition("#")[0].split() for line in PAST_SEEDS.read_text().splitlines())
    return [(int(line[0]), int(line[1]), tuple(line[2].split(","))) for line in lines if line]


def together(traces: Iterable[str]) -> str:
    """One hash over the traces of many seeds."""
    return hashlib.sha256("".join(traces).encode()).hexdigest()[:16]
