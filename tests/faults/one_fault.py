"""One operation of the disk fails, each in its turn: under the shim, in children of one process.

`python -m tests.faults.one_fault FOLDER ERROR once|sticky` prints for how many operations a fault
was played, and each operation after which something was lost or nobody had named the fault.
"""

import errno
import json
import os
import shutil
import sys
import traceback
from pathlib import Path

from sync.programme.refusals import Refused
from tests.faults.disk import Shim
from tests.faults.till_life import a_day, examine, live, make_keys, open_till

VISITS = 10
_UNTOUCHED = 7


def main() -> int:
    """Let operation 1, 2, 3 … fail until none is left that could."""
    folder, error, sticky = Path(sys.argv[1]), getattr(errno, sys.argv[2]), sys.argv[3] == "sticky"
    shim, at, faults = Shim(), 0, {}
    while True:
        at += 1
        code, said = _in_a_child(shim, folder / "till", at, error, sticky=sticky)
        if code == _UNTOUCHED:
            break
        if code != 0:
            faults[at] = said
    shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(json.dumps({"operations": at - 1, "faults": faults}))
    return 0


def _in_a_child(shim: Shim, root: Path, at: int, error: int, *, sticky: bool) -> tuple[int, str]:
    shutil.rmtree(root, ignore_errors=True)
    make_keys(root)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            code = _play(shim, root, at, error, sticky=sticky)
        finally:
            os.write(writing, traceback.format_exc()[-1_500:].encode())
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


def _play(shim: Shim, root: Path, at: int, error: int, *, sticky: bool) -> int:
    """Live until the fault; start again on a sound disk; all that was confirmed must be there."""
    day, confirmed = a_day(VISITS), -1
    shim.watch(root)
    shim.fail(at, error, sticky=sticky)
    try:
        for recorded in live(root, day):
            confirmed = recorded
    except Refused:
        pass  # named, as it has to be; anything else ends this child with its traceback
    touched = shim.operations() >= at
    shim.fail(0, 0, sticky=False)
    store = open_till(root)
    if store.ledger.identity is None:
        assert confirmed < 0, "the till has forgotten who it is"
    else:
        examine(store, day, max(confirmed, 0))
    return 0 if touched else _UNTOUCHED


if __name__ == "__main__":
    sys.exit(main())
