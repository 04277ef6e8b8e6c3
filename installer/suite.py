"""The suite: runs every test, the gate of branch coverage, and tells where time went.

Guarantees an honest exit code: 0 only when pytest said 0 and, in a whole run, every branch of what
is `MEASURED` was taken. The last line is `N passed, N failed, N skipped`.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from installer import surroundings
from installer.checkout import Checkout

# Where points could be lost, doubled or overdrawn, or a forged signature pass: the rules, and the
# ledger, leases, sync and keys of both sides. Every branch is taken by a test.
MEASURED = (
    "sync/programme/*",
    "sync/protocol/*",
    "sync/client/*",
    "loyalty_desk/store/*",
    "sync/server/office/*",
    "sync/server/store/*",
    "sync/server/api/*",
)
NOT_MEASURED = (
    "loyalty_desk/store/instance_lock.py",  # half of it is for Windows, half for the others
    "sync/server/office/demo/*",  # invented data, made in a process of its own
    "sync/server/api/news.py",  # streams, which stay open: tried with servers of their own
)
# The rooms of tests that take these branches. Coverage costs them half as much time again, so other
# rooms, and searches for examples, run without.
MEASURING = frozenset(("programme", "protocol", "client", "store", "server"))
# In a process that has drawn windows and served pages before, its worlds take twice the time.
APART = "simulation"

# The last part waits for browsers, processes and delays of a network as much as it works: with one
# process more than elsewhere, no processor stands idle meanwhile.
_WAITING = ("-n", "3")

# Thousands of tests write databases and wait for each commit. Where what they write is in memory,
# that costs nothing; no test relies on the disk being one.
_MEMORY = Path("/dev/shm")
_MEMORY_BYTES = 4 * 1024**3  # ten times what a run leaves behind

_NO_TESTS = 5  # pytest's exit code


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test as pytest reported it; `seconds` with its set-up and tear-down."""

    room: str
    name: str
    seconds: float
    failed: bool
    skipped: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One call of pytest: its exit code as a shell would say it, and its tests."""

    status: int
    outcomes: tuple[Outcome, ...]

    @property
    def broke_off(self) -> bool:
        """Without a report: that must not close with a line that reads like success."""
        return self.status != 0 and not self.outcomes


def run(checkout: Checkout, arguments: Sequence[str]) -> int:
    """Run the suite with `arguments` passed on to pytest; return the exit code.

    A run with arguments is a part of the suite: the coverage gate is for the whole only.
    """
    whole = not arguments
    with tempfile.TemporaryDirectory(prefix="loyalty-desk-test-", dir=_memory()) as scratch:
        folder = Path(scratch)
        environment = _environment(checkout, folder)
        began = time.monotonic()
        parts = [
            _pytest(checkout, folder / f"report-{number}.xml", environment, part)
            for number, part in enumerate(_parts(checkout) if whole else [arguments])
        ]
        # A part of the whole may be empty; all of it may not.
        parts = [part for part in parts if part.status != _NO_TESTS] or parts
        outcomes = [outcome for part in parts for outcome in part.outcomes]
        uncovered = bool(whole and outcomes) and not _is_covered(checkout, environment)
        wall_seconds = time.monotonic() - began
    if outcomes:
        print("\n".join(table(outcomes, wall_seconds)))
    if uncovered:
        print("Branch coverage is below 100 % (see above): counted as one failure.")
    further = uncovered + sum(part.broke_off for part in parts)
    print(closing_line(outcomes, further_failures=further), flush=True)
    return next((part.status for part in parts if part.status), int(uncovered))


def _parts(checkout: Checkout) -> list[list[str]]:
    """What a whole run passes to pytest, part by part: what is measured comes first."""
    tests = checkout.root / "tests"
    rooms = sorted({path.relative_to(tests).parts[0] for path in tests.rglob("test_*.py")})
    measuring = [f"tests/{room}" for room in rooms if room in MEASURING]
    apart = [f"tests/{room}" for room in rooms if room == APART]
    others = [f"tests/{room}" for room in rooms if room not in MEASURING and room != APART]
    folders = sorted({str(Path(measured).parent) for measured in MEASURED})
    coverage = [*(f"--cov={folder}" for folder in folders), "--cov-branch", "--cov-report="]
    return [
        [*measuring, *coverage, "-m", "not hypothesis"],
        [*measuring, "-m", "hypothesis"],
        *([apart] if apart else []),
        [*others, *_WAITING],
    ]


def _memory() -> Path | None:
    """Where there is room in memory for all that a run writes; None for the system's own place."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _MEMORY_BYTES
    return _MEMORY if roomy else None


def _environment(checkout: Checkout, folder: Path) -> dict[str, str]:
    runtime, scratch = folder / "runtime", folder / "tmp"
    runtime.mkdir(mode=0o700)
    scratch.mkdir()
    environment = surroundings.with_bytecode(
        surroundings.for_tests(os.environ, runtime), checkout.bytecode
    )
    environment["COVERAGE_FILE"] = str(folder / "coverage")
    environment["TMPDIR"] = str(scratch)
    return environment


def _pytest(
    checkout: Checkout, report: Path, environment: Mapping[str, str], arguments: Sequence[str]
) -> Part:
    command = [str(checkout.python), "-m", "pytest", f"--junitxml={report}", *arguments]
    status = subprocess.run(command, cwd=checkout.root, env=environment, check=False).returncode
    # A run that a signal ended has a negative code; a shell would call it 128 + signal.
    return Part(status if status >= 0 else 128 - status, read_report(report))


def _is_covered(checkout: Checkout, environment: Mapping[str, str]) -> bool:
    """Print what is not covered, and say whether that is nothing."""
    command = [str(checkout.python), "-m", "coverage", "report", "--fail-under=100"]
    finished = subprocess.run(
        [*command, f"--include={','.join(MEASURED)}", f"--omit={','.join(NOT_MEASURED)}"],
        cwd=checkout.root,
        env=environment,
        check=False,
    )
    return finished.returncode == 0


def read_report(path: Path) -> tuple[Outcome, ...]:
    """The tests of a JUnit file as pytest writes it; none when the run ended before writing it."""
    if not path.exists():
        return ()
    return tuple(_outcome(case) for case in ElementTree.parse(path).iter("testcase"))


def _outcome(case: ElementTree.Element) -> Outcome:
    parts = case.get("classname", "").split(".")
    below_tests = parts[1:] if parts[:1] == ["tests"] else parts
    room = below_tests[0] if below_tests and below_tests[0] else "tests"
    return Outcome(
        room=room,
        name=case.get("name", ""),
        seconds=float(case.get("time", "0")),
        failed=case.find("failure") is not None or case.find("error") is not None,
        skipped=case.find("skipped") is not None,
    )


def table(outcomes: Iterable[Outcome], wall_seconds: float) -> list[str]:
    """Where the time went, one line a room; seconds add up the work of all workers."""
    rooms: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        rooms[outcome.room].append(outcome)
    width = max(len(room) for room in (*rooms, "together"))
    lines = ["", f"{'room':<{width}}  tests  failed  skipped  seconds  slowest"]
    for room, group in sorted(rooms.items(), key=lambda item: -_seconds(item[1])):
        slowest = max(group, key=lambda outcome: outcome.seconds)
        lines.append(f"{_row(room, group, width)}  {slowest.seconds:.1f} {slowest.name}")
    everything = [outcome for group in rooms.values() for outcome in group]
    lines.append(f"{_row('together', everything, width)}  {wall_seconds:.0f} s on the clock")
    return lines


def _row(room: str, group: Sequence[Outcome], width: int) -> str:
    failed = sum(outcome.failed for outcome in group)
    skipped = sum(outcome.skipped for outcome in group)
    return f"{room:<{width}}  {len(group):>5}  {failed:>6}  {skipped:>7}  {_seconds(group):>7.1f}"


def _seconds(group: Iterable[Outcome]) -> float:
    return sum(outcome.seconds for outcome in group)


def closing_line(outcomes: Sequence[Outcome], *, further_failures: int) -> str:
    """`N passed, N failed, N skipped`; a test whose set-up or tear-down broke has failed."""
    failed = sum(outcome.failed for outcome in outcomes)
    skipped = sum(outcome.skipped and not outcome.failed for outcome in outcomes)
    passed = len(outcomes) - failed - skipped
    return f"{passed} passed, {failed + further_failures} failed, {skipped} skipped"
