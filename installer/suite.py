"""The suite: runs every test, the branch-coverage gate of the rules, and tells where time went.

Guarantees an honest exit code: 0 only when pytest said 0 and, in a whole run, every branch of
`sync/programme` was taken. The last line is `N passed, N failed, N skipped`.
"""

import os
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

RULES = "sync/programme"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test as pytest reported it; `seconds` with its set-up and tear-down."""

    room: str
    name: str
    seconds: float
    failed: bool
    skipped: bool


def run(checkout: Checkout, arguments: Sequence[str]) -> int:
    """Run the suite with `arguments` passed on to pytest; return the exit code.

    A run with arguments is a part of the suite: the coverage gate is for the whole only.
    """
    whole = not arguments
    with tempfile.TemporaryDirectory(prefix="loyalty-desk-test-") as scratch:
        folder = Path(scratch)
        environment = _environment(checkout, folder)
        began = time.monotonic()
        status = _pytest(checkout, folder, environment, arguments, whole=whole)
        outcomes = read_report(folder / "report.xml")
        uncovered = bool(whole and outcomes) and not _rules_are_covered(checkout, environment)
        wall_seconds = time.monotonic() - began
    if outcomes:
        print("\n".join(table(outcomes, wall_seconds)))
    if uncovered:
        print(f"Branch coverage of {RULES} is below 100 %: counted as one failure.")
    # A run that broke off has no report, and must not close with a line that reads like success.
    broke_off = status != 0 and not outcomes
    print(closing_line(outcomes, further_failures=uncovered + broke_off), flush=True)
    return status or int(uncovered)


def _environment(checkout: Checkout, folder: Path) -> dict[str, str]:
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    environment = surroundings.with_bytecode(
        surroundings.for_tests(os.environ, runtime), checkout.bytecode
    )
    environment["COVERAGE_FILE"] = str(folder / "coverage")
    return environment


def _pytest(
    checkout: Checkout,
    folder: Path,
    environment: Mapping[str, str],
    arguments: Sequence[str],
    *,
    whole: bool,
) -> int:
    measured = [f"--cov={RULES}", "--cov-branch", "--cov-report="] if whole else []
    command = [str(checkout.python), "-m", "pytest", f"--junitxml={folder / 'report.xml'}"]
    finished = subprocess.run(
        [*command, *measured, *arguments], cwd=checkout.root, env=environment, check=False
    )
    # A run that a signal ended has a negative code; a shell would call it 128 + signal.
    return finished.returncode if finished.returncode >= 0 else 128 - finished.returncode


def _rules_are_covered(checkout: Checkout, environment: Mapping[str, str]) -> bool:
    command = [str(checkout.python), "-m", "coverage", "report", "--fail-under=100"]
    finished = subprocess.run(
        [*command, f"--include={RULES}/*"], cwd=checkout.root, env=environment, check=False
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
