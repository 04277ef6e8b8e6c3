"""A disk that can be cut off from its power at any moment, or fail at any operation.

`disk.c` stands between a process and the C library; here it is compiled, loaded, and what it wrote
down is turned back into files, as they could be found after a power cut: what was synced is there,
of the rest any part, down to sectors of 512 bytes. Linux with a C compiler only.
"""

import ctypes
import itertools
import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_SOURCE = Path(__file__).with_name("disk.c")
_HEAD = struct.Struct("=BIQI")
_WRITE, _TRUNCATE, _SYNC, _NAME, _UNLINK, _MARK, _RENAME = range(1, 8)
_SECTOR = 512
_ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path) -> Path:
    """Compile the shim into `folder`; the installer brings the compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler, "a C compiler is needed; the installer brings one"
    library = folder / "disk.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl"]
    subprocess.run(command, check=True, timeout=60)
    return library


def in_a_process(library: Path, module: str, *arguments: object) -> subprocess.Popen[str]:
    """Start `python -m module` with the shim before the C library."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "LD_PRELOAD": str(library)},
    )


class Shim:
    """The shim in this process, which must have been started by `in_a_process`."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        self._library.disk_operations.restype = ctypes.c_long
        self._library.disk_mark.argtypes = [ctypes.c_long]
        self._library.disk_fail.argtypes = [ctypes.c_long] * 3

    def watch(self, folder: Path, log: Path | None = None) -> None:
        """From now on catch what is done to the files of a folder; write it down in `log`."""
        self._library.disk_watch(str(folder).encode(), str(log).encode() if log else None)

    def mark(self, number: int) -> None:
        """Write down that something has been confirmed."""
        self._library.disk_mark(number)

    def fail(self, at: int, error: int, *, sticky: bool) -> None:
        """Let the operation number `at` fail, counted from now; `sticky`: all after it too."""
        self._library.disk_fail(at, error, sticky)

    def operations(self) -> int:
        """Return how many operations there have been since `fail`."""
        return int(self._library.disk_operations())


@dataclass(frozen=True, slots=True)
class State:
    """Files as they could be found, relative path → bytes, and what had been confirmed before."""

    confirmed: int
    files: dict[str, bytes]
    story: str


@dataclass(slots=True)
class _File:
    durable: bytearray | None = None
    pending: list[tuple[int, int, bytes]] = field(default_factory=list)


def states(
    log: Path, folder: Path, *, count: int, seed: int, part: int, parts: int
) -> Iterator[State]:
    """Yield one of `parts` equal parts of `count` states of `folder`.

    They are spread evenly over everything that happened to it, and each is made by its own chance.
    """
    operations = list(_operations(log.read_bytes()))
    wanted = _wanted(operations, count, random.Random(seed))
    made = itertools.count()
    files: dict[int, _File] = {}
    names: dict[int, str] = {}
    confirmed = 0
    for number, (kind, file, place, data) in enumerate(operations):
        if kind == _NAME:
            names[file] = str(Path(data.decode()).relative_to(folder))
            files[file] = _File()
        elif kind == _MARK:
            confirmed = place
        else:
            _happen(files, names, (kind, file, place, data))
        for variant in range(wanted.get(number, 0)):
            if next(made) % parts != part:
                continue
            chance = random.Random(f"{seed}/{number}/{variant}")
            left = {
                names[at]: bytes(content)
                for at, one in files.items()
                if (content := _survives(one, variant, chance)) is not None
            }
            yield State(confirmed, left, f"operation {number}, variant {variant}, seed {seed}")


def lay_out(state: State, folder: Path) -> None:
    """Write the files of a state into an empty folder."""
    for name, content in state.files.items():
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(content)


_Operation = tuple[int, int, int, bytes]


def _operations(log: bytes) -> Iterator[_Operation]:
    at = 0
    while at + _HEAD.size <= len(log):
        kind, file, place, length = _HEAD.unpack_from(log, at)
        at += _HEAD.size
        carries = length if kind in (_WRITE, _NAME) else 0
        yield kind, file, place, log[at : at + carries]
        at += carries


def _wanted(operations: list[_Operation], count: int, chance: random.Random) -> dict[int, int]:
    """How many states to make behind each operation."""
    cuts = [number for number, one in enumerate(operations) if one[0] not in (_NAME, _MARK)]
    wanted = {cut: count // len(cuts) for cut in cuts}
    for cut in chance.sample(cuts, count % len(cuts)):
        wanted[cut] += 1
    return wanted


def _happen(files: dict[int, _File], names: dict[int, str], operation: _Operation) -> None:
    kind, number, place, data = operation
    file = files[number]
    if kind == _RENAME:
        # A name changes in one step; the content behind it is as durable as it was.
        files[place].durable, files[place].pending = file.durable, [*file.pending]
        file.pending = [(_UNLINK, 0, b"")]
    elif kind == _SYNC:
        for one in file.pending:
            file.durable = _apply(file.durable, *one)
        file.pending.clear()
        for at, inside in files.items():  # of a folder: what was deleted in it stays deleted
            if names[at].startswith(f"{names[number]}/"):
                _settle_deletions(inside)
    else:
        file.pending.append((kind, place, data))


def _settle_deletions(file: _File) -> None:
    last = max((at for at, one in enumerate(file.pending) if one[0] == _UNLINK), default=-1)
    if last >= 0:
        file.durable = None
        del file.pending[: last + 1]


def _survives(file: _File, variant: int, chance: random.Random) -> bytearray | None:
    """Variant 0 loses all that was not synced, 1 nothing, the others any part of it."""
    content = bytearray(file.durable) if file.durable is not None else None
    for kind, place, data in file.pending:
        if variant == 0 or (variant > 1 and chance.random() < 0.5):
            continue
        if kind == _WRITE and variant > 1 and chance.random() < 0.5:
            for sector in range(0, len(data), _SECTOR):
                if chance.random() < 0.5:
                    part = data[sector : sector + _SECTOR]
                    content = _apply(content, kind, place + sector, part)
        else:
            content = _apply(content, kind, place, data)
    return content


def _apply(content: bytearray | None, kind: int, place: int, data: bytes) -> bytearray | None:
    if kind == _UNLINK:
        return None
    content = bytearray() if content is None else content
    if kind == _TRUNCATE:
        del content[place:]
    content.extend(bytes(max(0, place - len(content))))
    if kind == _WRITE:
        content[place : place + len(data)] = data
    return content
