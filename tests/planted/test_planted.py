"""Bugs that other systems have had, planted one by one: the tests named in each patch find it.

A patch begins with `Bug:`, what is wrong with it, and `Found by:`, the tests that have to fail, one
a line. They run in a copy of the tree: with the patch each fails, without it each passes.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.planted.nursery import ROOT

PATCHES = sorted(Path(__file__).with_name("patches").glob("*.patch"))

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug: its patch, and the tests that find it."""

    patch: Path
    found_by: list[str]


def read(patch: Path) -> Planted:
    head = patch.read_text(encoding="utf-8").partition("\n--- ")[0]
    said, _, found = head.partition("Found by:")
    assert said.startswith("Bug: "), f"{patch.name} does not say what is wrong with it"
    tests = [line.strip() for line in found.splitlines() if line.strip().startswith("tests/")]
    assert tests, f"{patch.name} names no test"
    return Planted(patch, tests)


class Nursery:
    """The other process, asked one question at a time."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.planted.nursery", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ends(self, tests: list[str], patch: Path | None = None) -> tuple[dict[str, str], str]:
        """How tests ended, with a patch or without, and what they printed."""
        asked = {"patch": str(patch) if patch else "", "tests": tests}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "fault" not in answer, answer["fault"]
        return answer["ends"], answer["log"]

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def nursery(tmp_path_factory):
    opened = Nursery(tmp_path_factory.mktemp("nursery"))
    yield opened
    opened.close()


def outcomes_of(test: str, ends: dict[str, str]) -> set[str]:
    """How a test ended; with all its parameters, when the name has none."""
    return {
        outcome for name, outcome in ends.items() if name == test or name.startswith(test + "[")
    }


def test_there_are_at_least_fifteen_bugs_and_their_tests_pass_without_them(nursery):
    assert len(PATCHES) >= 15
    tests = sorted({test for patch in PATCHES for test in read(patch).found_by})

    ends, log = nursery.ends(tests)

    assert {test: outcomes_of(test, ends) for test in tests} == {
        test: {"passed"} for test in tests
    }, log


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_planted_bug_is_found(nursery, patch):
    bug = read(patch)

    ends, log = nursery.ends(bug.found_by, patch)

    missed = [test for test in bug.found_by if "failed" not in outcomes_of(test, ends)]
    assert missed == [], log
