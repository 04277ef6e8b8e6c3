"""Witness: a mark beside the database of how far it has come, which a copy put back has not.

The mark is renewed every minute and names the database and a count that only grows with what the
server takes and gives. A database that has come less far than its mark, or has lost its mark, was
put back from a copy: the server begins a new epoch before it answers anybody. What was lost within
the minute before a copy was made, or with a mark that was put back as well, the tills prove
(`recovery`).
"""

import contextlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec
from sqlalchemy import Connection, func, select

from sync.server.office.epoch import keep_setting, setting
from sync.server.office.head_office import HeadOffice
from sync.server.office.recovery import begin_restored
from sync.server.store.tables import feed_heads, incarnations

MARK_FILE = "witness.json"

_NAME = "database"  # of the setting
_NAME_BYTES = 8
_DONE = select(
    select(func.coalesce(func.sum(feed_heads.c.head), 0)).scalar_subquery()
    + select(func.coalesce(func.sum(incarnations.c.last_seq), 0)).scalar_subquery()
)


class _Mark(msgspec.Struct, frozen=True):
    database: str
    done: int


def look_back(office: HeadOffice, folder: Path, *, now: int) -> bool:
    """Compare the database with its mark in `folder`, before anybody is answered.

    Returns whether it was put back from a copy; then a new epoch has begun. Renews the mark. Raises
    OSError when that cannot be written; then nothing else is done either.
    """
    kept = _kept(folder)
    with office.database.write() as connection:
        name = setting(connection, _NAME)
        is_first = not name and kept is None
        restored = (
            not is_first
            and _is_behind(connection, name, kept)
            and begin_restored(office, connection, now=now)
        )
        name = name or office.random(_NAME_BYTES).hex()
        keep_setting(connection, _NAME, name)
        _write(folder, _Mark(name, _done(connection)))
    return restored


def renew(office: HeadOffice, folder: Path) -> None:
    """Bring the mark up to what the database has done; raises OSError."""
    with office.database.read() as connection:
        mark = _Mark(setting(connection, _NAME), _done(connection))
    _write(folder, mark)


def forget(folder: Path) -> None:
    """Forget the mark of a database that is made anew."""
    (folder / MARK_FILE).unlink(missing_ok=True)


def _write(folder: Path, mark: _Mark) -> None:
    """Put a mark in the place of the one before, whole whatever happens meanwhile."""
    with NamedTemporaryFile(dir=folder, prefix=MARK_FILE, delete=False) as beside:
        beside.write(msgspec.json.encode(mark))
        beside.flush()
        os.fsync(beside.fileno())
    os.replace(beside.name, folder / MARK_FILE)


def _kept(folder: Path) -> _Mark | None:
    with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
        return msgspec.json.decode((folder / MARK_FILE).read_bytes(), type=_Mark)
    return None


def _is_behind(connection: Connection, name: str, kept: _Mark | None) -> bool:
    """Say whether a database lacks what its mark has seen; the mark of another proves nothing.

    One without a name beside a mark is a copy from before there were any.
    """
    if kept is None or not name:
        return True
    return kept.database == name and _done(connection) < kept.done


def _done(connection: Connection) -> int:
    return int(connection.execute(_DONE).scalar_one())
