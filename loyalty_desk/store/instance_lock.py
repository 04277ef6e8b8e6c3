"""Instance lock: a profile is open in one process at a time.

The lock belongs to the process, so it is gone when the process is, however that ended. The file
itself stays; only its lock means anything.
"""

import os
import sys
from pathlib import Path

from sync.programme.refusals import Reason, Refused


class InstanceLock:
    """A held lock. Let go by `release`, or by the end of the process."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Let another process open the profile. Safe to repeat."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def hold_lock(path: Path) -> InstanceLock:
    """Hold the lock; raises Refused: ALREADY_RUNNING, DISK_FULL when the file cannot be made."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise Refused(Reason.DISK_FULL) from fault
    try:
        _lock(handle)
    except OSError as fault:
        os.close(handle)
        raise Refused(Reason.ALREADY_RUNNING) from fault
    return InstanceLock(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
