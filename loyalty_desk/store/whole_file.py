"""Whole file: small files that are whole, old or new, whatever happens while they change."""

import os
from collections.abc import Iterable
from pathlib import Path

from sync.programme.refusals import Reason, Refused


def put(path: Path, body: bytes) -> None:
    """Replace a file by `body`, as `put_parts` does."""
    put_parts(path, (body,))


def put_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Replace a file, readable by its owner alone, and have it on the disk.

    `parts` may be read from the old file. Raises Refused(DISK_FULL) when the disk does not take it;
    the old file stands then.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        # Made with its mode, not changed to it: at no moment may others read the file.
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        settle(path.parent)
    except OSError as fault:
        raise Refused(Reason.DISK_FULL) from fault


def settle(folder: Path) -> None:
    """Make a rename survive a power cut, where folders can be opened (not on Windows)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
