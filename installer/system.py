"""What the machine itself must bring: shared libraries for Qt and Python's own `venv`.

Guarantees that a library counts as present only when the dynamic loader really opens it, and that
nothing is installed when nothing is missing.
"""

import ctypes
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """One thing the system must have, and the Debian package that brings it.

    `name` is a SONAME, `ensurepip` for the module that `python3 -m venv` needs, `gcc` or `chromium`
    for the program, or the path of a header.
    """

    name: str
    package: str


VENV = Need("ensurepip", "python3-venv")

# Qt draws with these on any platform plugin, offscreen included.
SCREEN = (
    Need("libGL.so.1", "libgl1"),
    Need("libEGL.so.1", "libegl1"),
    Need("libglib-2.0.so.0", "libglib2.0-0"),
    Need("libdbus-1.so.3", "libdbus-1-3"),
    Need("libfontconfig.so.1", "libfontconfig1"),
    Need("libxkbcommon.so.0", "libxkbcommon0"),
)

# The xcb platform plugin: a real window on an X11 display. Qt's own message names only the first.
WINDOW = (
    Need("libX11-xcb.so.1", "libx11-xcb1"),
    Need("libxcb-cursor.so.0", "libxcb-cursor0"),
    Need("libxcb-icccm.so.4", "libxcb-icccm4"),
    Need("libxcb-image.so.0", "libxcb-image0"),
    Need("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    Need("libxcb-randr.so.0", "libxcb-randr0"),
    Need("libxcb-render-util.so.0", "libxcb-render-util0"),
    Need("libxcb-shape.so.0", "libxcb-shape0"),
    Need("libxcb-xkb.so.1", "libxcb-xkb1"),
    Need("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
)

# Tests and bench compile what watches the disk, and plant bugs as patches; the member's page is
# looked at in a real browser.
COMMANDS = (Need("gcc", "gcc"), Need("git", "git"), Need("chromium", "chromium"))
TOOLS = (*COMMANDS, Need("/usr/include/stdio.h", "libc6-dev"))


def needs(*, window: bool, tools: bool = False) -> tuple[Need, ...]:
    """Everything needed on this kind of system.

    `window` adds what a real X11 window needs, `tools` what tests and bench compile with.
    """
    if sys.platform != "linux":
        return (VENV,)
    return (VENV, *SCREEN, *(WINDOW if window else ()), *(TOOLS if tools else ()))


def missing(wanted: Iterable[Need]) -> tuple[Need, ...]:
    """Those of `wanted` that this machine lacks right now."""
    return tuple(need for need in wanted if not _present(need))


def _present(need: Need) -> bool:
    if need == VENV:
        importlib.invalidate_caches()
        return importlib.util.find_spec("ensurepip") is not None
    if need in COMMANDS:
        return shutil.which(need.name) is not None
    if need.name.startswith("/"):
        return os.path.exists(need.name)
    try:
        ctypes.CDLL(need.name)
    except OSError:
        return False
    return True


def remedy(lacking: Iterable[Need]) -> str:
    """The one command, or failing that the one sentence, that cures what is lacking."""
    lacking = tuple(lacking)
    if shutil.which("apt-get") is None:
        return "install what provides: " + " ".join(need.name for need in lacking)
    sudo = "" if _is_root() else "sudo "
    packages = " ".join(_packages(lacking))
    install = f"{sudo}apt-get install -y --no-install-recommends {packages}"
    return f"{sudo}apt-get update && {install}"


def can_install() -> bool:
    """Whether this process may install system packages by itself."""
    return _is_root() and shutil.which("apt-get") is not None


def install(lacking: Iterable[Need]) -> bool:
    """Install the Debian packages of `lacking`; True when nothing of it is lacking afterwards."""
    lacking = tuple(lacking)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A foreign source that fails to update must not stop packages that Debian itself has.
    subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False)
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *_packages(lacking)],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return not missing(lacking)


def _packages(lacking: Iterable[Need]) -> list[str]:
    return sorted({need.package for need in lacking})


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0
