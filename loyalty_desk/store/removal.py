"""Removal: everything a till keeps on this machine, named before it goes.

Guarantees that nothing is removed that this programme has not made: a folder goes only when it is
empty. A removal that is cut short leaves the till whole, or none: never one with half its records.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loyalty_desk.paths import Places
from loyalty_desk.store import recovery, whole_file
from loyalty_desk.store.keys import Vault, forget_keys
from sync.programme.refusals import Reason, Refused


def kept(places: Places) -> tuple[Path, ...]:
    """Return every file and folder of a profile that is there; none for one that never ran."""
    return tuple(_found(places))


def remove_store(places: Places) -> None:
    """Remove what a till keeps of its members and its journal; the caller has asked whether it may.

    Raises Refused(DISK_FULL). Settings and keys stay, and records that were saved to be carried.
    """
    with _refusing():
        # What a till works without goes first: while the ledger stands, it can be asked again.
        for path in (places.cards, places.slips, *recovery.all_put_aside(places.ledger)):
            _remove(path)
        # Nothing may be left that the next start would make a ledger of, once that is gone.
        for path in places.data.glob(f"{places.salvage.name}*"):
            path.unlink()
        recovery.remove(places.ledger_anew)
        places.ledger_hurt.unlink(missing_ok=True)
        whole_file.settle(places.data)
        recovery.remove(places.ledger)
        whole_file.settle(places.data)
        # A ledger without its guard would be taken for a copy; a cache alone is disposable.
        recovery.remove(places.cache)
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
        places.ledger_hurt,
        places.lock,
        places.cards,
        places.slips,
        places.demo,
    )
    yield from (path for path in beside if path.exists())
    # With what belongs to them: a database's log, what was put aside, the log's older files.
    databases = (places.ledger, places.ledger_anew, places.cache)
    for name in (*databases, places.salvage, places.log):
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
