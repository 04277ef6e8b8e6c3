"""Timing: the same machine, at the same time, for both sides of a ratio.

On a machine that does other work too, only what is measured in turns can be compared. And the time
that a thread only stood in line for a processor, behind other programmes, belongs to neither side:
where the kernel tells it (Linux, scheduler statistics), it is taken off.
"""

import gc
import math
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

_QUEUED = Path("/proc/thread-self/schedstat")


class Stopwatch:
    """Times calls on one thread, less the time that the thread waited for a processor."""

    def __init__(self) -> None:
        # The thread that is asked about is the one that opens the file.
        self._queued = os.open(_QUEUED, os.O_RDONLY) if _QUEUED.exists() else None

    def ns_of(self, act: Callable[[], object]) -> int:
        """Return how many nanoseconds one call takes."""
        began = self.reading_ns()
        act()
        return max(0, self.reading_ns() - began)

    def reading_ns(self) -> int:
        """Return the time since some instant of this run, less what was waited in line since."""
        return time.perf_counter_ns() - self._queued_ns()

    def _queued_ns(self) -> int:
        if self._queued is None:
            return 0
        return int(os.pread(self._queued, 64, 0).split()[1])


def percentile(times: Sequence[float], percent: float) -> float:
    """Return the smallest value that `percent` of all values do not exceed."""
    ranked = sorted(times)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def in_turns(
    rounds: int, ours: Callable[[], Sequence[int]], floor: Callable[[], Sequence[int]]
) -> tuple[float, float]:
    """Return the medians of our rounds' medians and of the floor's, measured in turns (ns).

    Garbage is collected between rounds and not within them, on both sides alike.
    """
    of_ours: list[float] = []
    of_floor: list[float] = []
    for number in range(rounds):
        pair = [(of_ours, ours), (of_floor, floor)]
        for kept, measured in pair if number % 2 else reversed(pair):
            kept.append(median(_undisturbed(measured)))
    return median(of_ours), median(of_floor)


def _undisturbed(measured: Callable[[], Sequence[int]]) -> Sequence[int]:
    gc.collect()
    gc.disable()
    try:
        return measured()
    finally:
        gc.enable()
