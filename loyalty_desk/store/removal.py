"""Removal: everything a till keeps on this machine, named before it goes.

Guarantees that nothing is removed that this programme has not made: a folder goes only when it is
empty.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loyalty_desk.paths import Places
from loyalty_desk.store import recovery
from loyalty_desk.store.keys import Vault, forget_keys
from sync.programme.refusals import Reason, Refused


def kept(places: Places) -> tuple[Path, ...]:
    """Return every file and folder of a profile that is there; none for one that never ran."""
    return tuple(_found(places))


def remove_store(places: Places) -> None:
    """Remove what a till keeps of its members and its journal; the caller has asked whether it may.

    Raises Refused(DISK_FULL). Settings and keys stay.
    """
    with _refusing():
        for path in (places.ledger, places.cache):
            recovery.remove(path)
        places.salvage.unlink(missing_ok=True)
        places.guard.unlink(missing_ok=True)


def remove_all(places: Places, vault: Vault | None) -> None:
    """Remove everything of a profile but its lock; the caller holds that, and has asked.

    Raises Refused: DISK_FULL, DATABASE_KEY_MISSING (the keyring keeps its keys).
    """
    remove_store(places)
    with _refusing():
        for path in kept(places):
            if path not in (places.keys, places.lock):
                _remove(path)
    forget_keys(places, vault)


def remove_folders(places: Places) -> None:
    """Remove the lock, which nobody holds now, and empty folders; raises Refused(DISK_FULL)."""
    with _refusing():
        places.lock.unlink(missing_ok=True)
        for folder in _folders(places):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


@contextmanager
def _refusing() -> Iterator[None]:
    """Say what the disk does not let go of."""
    try:
        yield
    except OSError as fault:
        raise Refused(Reason.DISK_FULL) from fault


def _found(places: Places) -> Iterator[Path]:
    beside = (
        places.settings,
        places.keys,
        places.guard,
        places.salvage,
        places.lock,
        places.cards,
        places.slips,
        places.demo,
    )
    yield from (path for path in beside if path.exists())
    # With what belongs to them: a database's log, what was put aside, the log's older files.
    for name in (places.ledger, places.cache, places.log):
        yield from sorted(name.parent.glob(f"{name.name}*"))


def _folders(places: Places) -> Iterator[Path]:
    """The folders of a profile, and the ones that hold all profiles."""
    for folder in (places.config, places.data, places.logs):
        yield folder
        if places.profile:
            yield folder.parent


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
