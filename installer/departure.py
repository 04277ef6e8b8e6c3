"""Taking the desk off a machine, or to its next version: neither before the server has everything.

Guarantees that what is removed was named before and agreed to, and that while records wait nothing
is changed unless they are saved in a file first.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from installer.checkout import Checkout
from installer.packages import SetupFailed
from installer.tills import Desk, Till, file_for, objections

REFUSED = 4


def uninstall(here: Checkout, arguments: Sequence[str]) -> int:
    """Remove the tills of this machine and `.venv`, after asking; return the exit code.

    Raises SetupFailed when a till cannot be asked or removed.
    """
    said = _parse("uninstall", arguments)
    _check_set_up(here)
    desk = Desk(here, said.home)
    tills = desk.tills()
    if _objects(tills, said.export):
        return REFUSED
    print("\n".join(_removed(here, tills, said.export)), flush=True)
    if not (said.yes or _agreed()):
        print("Nothing was removed.")
        return 1
    for till in tills:
        desk.remove(till, _file(till, said.export))
    _remove_venv(here)
    print(f"Removed. What is left is this folder: {here.root}")
    return 0


def upgrade(here: Checkout, arguments: Sequence[str]) -> int:
    """Fetch the newest version of this checkout and set it up; return the exit code.

    Records that wait stay where they are: a desk that is too old to send them has to save them in a
    file, and goes on. Raises SetupFailed.
    """
    said = _parse("upgrade", arguments)
    _check_set_up(here)
    desk = Desk(here, said.home)
    tills = desk.tills()
    if _objects(tills, said.export):
        return REFUSED
    for till in tills:
        file = _file(till, said.export)
        if file is not None:
            desk.save(till, file)
    _fetch(here)
    # In a process of its own: the installer itself may have changed.
    command = [sys.executable, "-m", "installer", "setup"]
    return subprocess.run(command, cwd=here.root, check=False).returncode


VERBS: Mapping[str, Callable[[Checkout, Sequence[str]], int]] = {
    "uninstall": uninstall,
    "upgrade": upgrade,
}


def _parse(verb: str, arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python3 -m installer {verb}")
    parser.add_argument(
        "--export", type=Path, metavar="FILE", help="save records that were not sent in FILE first"
    )
    parser.add_argument("--home", type=Path, metavar="DIR", help="the tills are kept under DIR")
    if verb == "uninstall":
        parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser.parse_args(arguments)


def _check_set_up(here: Checkout) -> None:
    if not here.python.exists():
        raise SetupFailed(
            "The desk is not set up here, so its tills cannot be asked what they have not sent.\n"
            "Call `python3 -m installer setup` first."
        )


def _objects(tills: Sequence[Till], export: Path | None) -> bool:
    lines = objections(tills, saving=export is not None)
    if lines:
        print("\n".join(lines), file=sys.stderr)
    return bool(lines)


def _file(till: Till, export: Path | None) -> Path | None:
    return file_for(till, export.absolute()) if export is not None and till.waiting else None


def _removed(here: Checkout, tills: Sequence[Till], export: Path | None) -> Iterator[str]:
    yield "This will be removed from this machine:"
    for till in tills:
        yield f"  {till.name}, with its settings, keys, log and the demo:"
        yield from (f"    {file}" for file in till.files)
    yield f"  the desk's packages: {here.venv}"
    for till in tills:
        file = _file(till, export)
        if file is not None:
            yield f"The only copy of {till.waiting} records will be {file}."
            yield f"Have it read at the server: loyalty-server import-outbox {file.name}"
        if till.terminal:
            yield "Points lent to it come back when the server is told that it is gone:"
            yield f"  loyalty-server terminal-lost --terminal {till.terminal}"


def _agreed() -> bool:
    print("Type yes to remove all this: ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("yes", "sim")


def _remove_venv(here: Checkout) -> None:
    try:
        if here.venv.is_symlink():
            here.venv.unlink()
        else:
            shutil.rmtree(here.venv)
    except OSError as fault:
        raise SetupFailed(f"{here.venv} could not be removed: {fault.strerror}") from fault


def _fetch(here: Checkout) -> None:
    """Take what the checkout's source has on top of this version; leave other changes alone."""
    if not (here.root / ".git").exists() or shutil.which("git") is None:
        print("This copy knows no source: put the new version's files over it, then call this.")
        return
    fetched = subprocess.run(
        ["git", "pull", "--ff-only"],
        cwd=here.root,
        capture_output=True,
        text=True,
        check=False,
    )
    if fetched.returncode != 0:
        raise SetupFailed(f"{fetched.stderr.strip()}\n\nThe new version could not be fetched.")
    print(fetched.stdout.strip(), flush=True)
