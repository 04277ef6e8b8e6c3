"""Where planted bugs grow: copies of the tree, one with a patch, and tests that run in them.

`python -m tests.planted.nursery FOLDER` reads one question a line, as JSON: a patch, "" for none,
and the ids of tests. It answers with one line: how each ended. Every question gets a process of its
own, forked from this one, which has already imported what the tests import, but for the programme.
"""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("loyalty_desk", "sync", "resources", "tests", "pyproject.toml")
OURS = ("loyalty_desk", "sync", "tests")
LONGEST_S = 400

# What most tests import anyway; no plug-ins of pytest, which rewrites them as it imports them.
_WARM = (
    "PySide6.QtTest",
    "PySide6.QtWidgets",
    "alembic.command",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.ciphers.aead",
    "email.utils",
    "httpx",
    "hypothesis.strategies",
    "litestar",
    "litestar.openapi",
    "msgspec",
    "psycopg",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "sqlcipher3.dbapi2",
    "uuid_utils",
    "zoneinfo",
)


class Applied(Exception):
    """A patch that cannot be applied; the text says why."""


def copy_tree(to: Path) -> None:
    """Copy what the tests need of this tree."""
    to.mkdir(parents=True)
    for name in NEEDED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "patches", "pictures", "*.png")
            shutil.copytree(ROOT / name, to / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, to / name)


def touched(patch: Path) -> list[str]:
    """The files that a patch changes; none of them may be a test."""
    lines = patch.read_text(encoding="utf-8").splitlines()
    files = [line.removeprefix("+++ b/") for line in lines if line.startswith("+++ b/")]
    if not files or any(name.startswith("tests/") for name in files):
        raise Applied(f"{patch.name} has to change the programme, and no test")
    return files


def apply(tree: Path, patch: Path, *, reverse: bool = False) -> None:
    """Apply a patch to a tree, or take it back. Raises Applied."""
    files = touched(patch)
    command = ["git", "apply", *(["--reverse"] if reverse else []), str(patch)]
    done = subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Applied(f"{patch.name} no longer applies, make it anew: {done.stderr.strip()}")
    for name in files:  # compiled within the same second, it would be taken for the other version
        source = tree / name
        for compiled in (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"):
            compiled.unlink()


class _Ends:
    """How each test ended: "passed", "failed" in the test itself, "error" around it."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.outcome != "skipped":
            self.of[report.nodeid] = report.outcome
        elif report.outcome != "passed":
            self.of.setdefault(report.nodeid, "error" if report.failed else "skipped")


def run(tree: Path, tests: list[str], log: Path) -> dict[str, str]:
    """Run tests of a tree in a process of its own; return how each ended."""
    told = log.with_suffix(".json")
    told.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        _run_here(tree, tests, log, told)
    os.waitpid(child, 0)
    ends: dict[str, str] = json.loads(told.read_text()) if told.exists() else {}
    return ends


def _run_here(tree: Path, tests: list[str], log: Path, told: Path) -> None:
    """Never returns."""
    signal.alarm(LONGEST_S)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.chdir(tree)
    sys.path[:] = [str(tree), *(place for place in sys.path if Path(place).resolve() != ROOT)]
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    ends = _Ends()
    options = ["--rootdir", str(tree), "-n0", "-p", "no:cacheprovider", "--tb=short"]
    # What this process has imported already, hypothesis among it, is not rewritten again.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    options += ["--basetemp", str(log.with_suffix(".tmp"))]
    pytest.main([*options, *tests], plugins=[ends])
    told.write_text(json.dumps(ends.of))
    atexit._run_exitfuncs()
    os._exit(0)


def main() -> int:
    """Answer questions until there are no more."""
    folder = Path(sys.argv[1])
    sys.dont_write_bytecode = False
    clean, spoilt = folder / "clean", folder / "spoilt"
    copy_tree(clean)
    copy_tree(spoilt)
    for name in _WARM:
        import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        log = folder / "run.log"
        patch = Path(asked["patch"]) if asked["patch"] else None
        answer: dict[str, object] = {}
        try:
            if patch:
                apply(spoilt, patch)
            answer["ends"] = run(spoilt if patch else clean, asked["tests"], log)
            answer["log"] = log.read_text(encoding="utf-8", errors="replace")[-3_000:]
            if patch:
                apply(spoilt, patch, reverse=True)
        except Applied as fault:
            answer["fault"] = str(fault)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
