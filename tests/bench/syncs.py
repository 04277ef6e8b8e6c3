"""Syncs: counts the calls that make a file durable, fsync and fdatasync both.

The counter stands between this process and the C library; a process has it when it was started with
`environment`. Linux with a C compiler only: elsewhere nothing is counted, and the bench says so.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

_SOURCE = Path(__file__).with_name("syncs.c")


def build(folder: Path) -> Path | None:
    """Compile the counter into `folder`; None where there is no Linux or no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if sys.platform != "linux" or compiler is None:
        return None
    library = folder / "syncs.so"
    subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl"], check=True
    )
    return library


def environment(library: Path | None) -> dict[str, str]:
    """Return this process's environment, for a child whose syncs shall be counted."""
    preloaded = {"LD_PRELOAD": str(library)} if library is not None else {}
    return {**os.environ, **preloaded}


class Syncs:
    """The counter in this process."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._library.bench_sync_calls.restype = ctypes.c_long
        self._library.bench_sync_pad.argtypes = [ctypes.c_long]

    def calls(self) -> int:
        """Return how many calls there have been."""
        return int(self._library.bench_sync_calls())

    def pad(self, ns: int) -> None:
        """Let every call from now on take so much longer, as on a slower disk."""
        self._library.bench_sync_pad(ns)


def here() -> Syncs | None:
    """Return the counter of this process, None when it was started without one."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return Syncs(library) if hasattr(library, "bench_sync_calls") else None
