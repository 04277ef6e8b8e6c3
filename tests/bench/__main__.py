"""`python -m tests.bench`: every measurement in turn, as one table.

All rows are printed, whatever fails; the exit code is 1 when a goal does not hold. What grows with
the number of members is measured on a small till as well, and compared.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from tests.bench import job as jobs
from tests.bench import syncs, table, till
from tests.bench.job import Job
from tests.bench.table import Row

ONCE = (
    "wire",
    "push",
    "copies",
    "postgres",
    "postgres_statements",
    "postgres_leases",
    "postgres_rates",
)
BY_SIZE = ("visit", "lookup", "search", "window", "memory", "desk")
RECORDING = ("visit", "desk")  # these leave visits behind: each gets a till of its own
SMALL = 1_000
QUICK = 200


def main(arguments: Sequence[str]) -> int:
    """Measure, print, write; return the exit code."""
    said = _parse(arguments)
    with _folder(said.keep) as folder:
        rows = list(_rows(said, folder))
    if said.json:
        said.json.write_text(
            json.dumps(table.as_json(rows), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    failed = sum(not row.holds for row in rows)
    _say(f"\n{len(rows)} rows, {failed} goals fail; load {os.getloadavg()[0]:.1f}")
    return 1 if failed else 0


def _rows(said: argparse.Namespace, folder: Path) -> Iterator[Row]:
    counter = syncs.build(folder)
    job = Job(home="", scratch=str(folder), members=0, quick=said.quick, counter=str(counter or ""))
    _say(table.heading())
    for name in _wanted(said, ONCE):
        yield from _told(jobs.run(name, job))
    measured = {}
    for members in _sizes(said):
        is_small = members < said.members
        measured[members] = list(_at(said, job, folder, members, is_small=is_small))
        yield from measured[members]
    if len(measured) == 2:
        _say(f"\n{said.members:,} members against {SMALL:,}: how much worse each ratio is")
        small, large = measured.values()
        yield from _told(table.growth(small, large))


def _at(
    said: argparse.Namespace, job: Job, folder: Path, members: int, *, is_small: bool
) -> Iterator[Row]:
    """Measure everything on a till of so many members. On the small one, only bounds hold."""
    _say(f"\n{members:,} members")
    home = folder / str(members)
    if not (home / "filled").exists():
        home.mkdir()
        filled = till.fill(home, members, visits=500 if said.quick else till.OLD_VISITS)
        yield from _told(_fill_rows(filled, members))
        (home / "filled").touch()
    os.sync()  # the disk has written what it was given, before anything is timed on it
    for name in _wanted(said, BY_SIZE):
        with _copy(home) if name in RECORDING else nullcontext(home) as used:
            rows = jobs.run(name, replace(job, home=str(used), members=members))
        yield from _told([table.without_goal(row) if is_small else row for row in rows])


def _fill_rows(filled: till.Filled, members: int) -> list[Row]:
    return [
        Row(name=f"fill, {members:,} members: rows and names", unit="s", value=filled.rows),
        Row(name=f"fill, {members:,} members: indexes", unit="s", value=filled.indexes),
    ]


def _sizes(said: argparse.Namespace) -> tuple[int, ...]:
    if said.quick or said.members <= SMALL:
        return (said.members,)
    return (SMALL, said.members)


def _wanted(said: argparse.Namespace, names: Sequence[str]) -> list[str]:
    return [name for name in names if not said.only or name in said.only]


def _told(rows: Sequence[Row]) -> Iterator[Row]:
    for row in rows:
        _say(table.printed(row))
        yield row


@contextmanager
def _copy(home: Path) -> Iterator[Path]:
    copied = home.with_name("used")
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(home, copied)
    os.sync()
    yield copied
    shutil.rmtree(copied)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="loyalty-desk-bench-") as made:
        yield Path(made)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="The table of ratios.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to FILE as well")
    parser.add_argument("--quick", action="store_true", help="small and fast: shape, not truth")
    parser.add_argument("--members", type=int, metavar="N", help="members in the till's cache")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the filled tills in DIR")
    parser.add_argument("--only", nargs="+", choices=(*ONCE, *BY_SIZE), metavar="NAME")
    said = parser.parse_args(arguments)
    said.members = said.members or (QUICK if said.quick else 1_000_000)
    return said


def _say(line: str) -> None:
    # Flushed at once: a measurement at full size takes minutes.
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
