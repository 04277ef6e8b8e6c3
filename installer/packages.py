"""Packages: the checkout's own `.venv`, filled from the hashed locks.

Guarantees that the stamp is written last, so that an interrupted set-up is never taken for a
finished one, and that a finished one is recognised without starting another process.
"""

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from installer import surroundings
from installer.checkout import Checkout


class Kind(StrEnum):
    """What a `.venv` is for. `DEV` holds everything of `APP` in the same versions."""

    APP = "app"
    DEV = "dev"


class SetupFailed(Exception):
    """Set-up could not finish; the message is a sentence for the person at the keyboard."""


Say = Callable[[str], None]


def ready(checkout: Checkout, kind: Kind) -> bool:
    """Whether `.venv` is finished, up to date and good enough for `kind`."""
    stamp = _read_stamp(checkout)
    return (
        stamp.get("key") == key(checkout)
        and stamp.get("kind") in (kind, Kind.DEV)
        and checkout.python.exists()
    )


def ensure(checkout: Checkout, kind: Kind, say: Say) -> None:
    """Make `.venv` ready for `kind`; at once when it already is.

    Raises SetupFailed when a step fails; then there is no stamp and the next call starts over.
    """
    if ready(checkout, kind):
        return
    if _read_stamp(checkout).get("key") != key(checkout) or not checkout.python.exists():
        _make_venv(checkout, say)
    _stamp_file(checkout).unlink(missing_ok=True)
    environment = surroundings.for_installing(os.environ, _pip_settings(checkout))
    with _timed(say, "uv"):
        with_uv = _install_uv(checkout, environment)
    with _timed(say, f"{kind} packages" + ("" if with_uv else " (with pip)")):
        _install_lock(checkout, kind, environment, with_uv=with_uv)
    with _timed(say, "Loyalty Desk itself"):
        _install_checkout(checkout, environment, with_uv=with_uv)
    _write_stamp(checkout, kind)


def key(checkout: Checkout) -> str:
    """What a finished `.venv` depends on: locks, build tables, Python, machine and place.

    The place counts because a venv cannot be moved.
    """
    digest = hashlib.sha256()
    for name in ("uv", "app", "dev"):
        digest.update(hashlib.sha256(checkout.lock(name).read_bytes()).digest())
    for fact in (_build_tables(checkout), sys.version, platform.machine(), str(checkout.root)):
        digest.update(fact.encode() + b"\0")
    return digest.hexdigest()


def _build_tables(checkout: Checkout) -> str:
    # Settings of linters and tests are in the same file and must not cost a new .venv.
    tables = tomllib.loads(checkout.pyproject.read_text(encoding="utf-8"))
    hatch = tables.get("tool", {}).get("hatch")
    return json.dumps([tables["project"], tables["build-system"], hatch], sort_keys=True)


def _make_venv(checkout: Checkout, say: Say) -> None:
    if checkout.venv.is_symlink():
        checkout.venv.unlink()  # `--clear` would empty what another checkout works with
    with _timed(say, ".venv"):
        _run(
            [sys.executable, "-m", "venv", "--clear", str(checkout.venv)],
            surroundings.for_children(os.environ),
            "Python could not make .venv.",
        )


def _install_uv(checkout: Checkout, environment: Mapping[str, str]) -> bool:
    """Try to install uv, which is some ten times faster; pip does the work where it is not had."""
    command = [*_pip(checkout), "install", *_HASHED, str(checkout.lock("uv"))]
    return _quiet(command, environment).returncode == 0


_NOT_FETCHED = """\
The packages could not be fetched. The first set-up needs a network; behind a proxy or an inspecting
firewall set HTTPS_PROXY, PIP_CERT and SSL_CERT_FILE (and PIP_INDEX_URL for an index of your own),
then call this again."""
_HASHED = ("--require-hashes", "--only-binary", ":all:", "-r")


def _install_lock(
    checkout: Checkout, kind: Kind, environment: Mapping[str, str], *, with_uv: bool
) -> None:
    lock = str(checkout.lock(kind))
    if with_uv:
        command = [*_uv(checkout, "install"), *_HASHED, lock]
        if _quiet(command, environment).returncode == 0:
            return
    _run(
        [*_pip(checkout), "install", "--no-deps", *_HASHED, lock],
        environment,
        _NOT_FETCHED,
    )


def _install_checkout(checkout: Checkout, environment: Mapping[str, str], *, with_uv: bool) -> None:
    # Without build isolation, or every set-up would fetch unhashed build tools.
    how = ["--no-deps", "--no-build-isolation", "--editable", str(checkout.root)]
    tool = (
        [*_uv(checkout, "install"), "--offline"]
        if with_uv
        else [*_pip(checkout), "install", "--no-index"]
    )
    _run([*tool, *how], environment, "The checkout could not be installed into .venv.")


def _pip(checkout: Checkout) -> list[str]:
    return [str(checkout.python), "-m", "pip", "--disable-pip-version-check"]


def _uv(checkout: Checkout, verb: str) -> list[str]:
    return [str(checkout.uv), "pip", verb, "--python", str(checkout.python)]


def _pip_settings(checkout: Checkout) -> dict[str, str]:
    """pip's own index and certificate, from wherever this machine keeps pip's settings."""
    listed = _quiet([*_pip(checkout), "config", "list"], os.environ)
    found = re.findall(r"^(?:global|install)\.(index-url|cert)='(.+)'$", listed.stdout, re.M)
    return dict(found)


def _run(command: list[str], environment: Mapping[str, str], sentence: str) -> None:
    """Run `command`; when it fails, the reason it gave comes before our sentence."""
    finished = _quiet(command, environment)
    if finished.returncode != 0:
        raise SetupFailed(f"{finished.stdout.strip()}\n\n{sentence}")


def _quiet(command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


@contextmanager
def _timed(say: Say, what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"  {what}: {time.monotonic() - began:.1f} s")


def _stamp_file(checkout: Checkout) -> Path:
    return checkout.venv / "loyalty-desk.json"


def _read_stamp(checkout: Checkout) -> dict[str, str]:
    try:
        stamp = json.loads(_stamp_file(checkout).read_bytes())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(checkout: Checkout, kind: Kind) -> None:
    unfinished = _stamp_file(checkout).with_suffix(".new")
    unfinished.write_text(json.dumps({"key": key(checkout), "kind": kind}))
    unfinished.replace(_stamp_file(checkout))
