"""Surroundings: the environment variables that the programmes we start run in.

Guarantees that proxies, certificates and package indexes of the machine are passed on untouched,
and that nothing of the caller's Python or Qt settings leaks into a test run.
"""

import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_UNSET_LOCALES = ("C", "POSIX")


def has_display(environment: Mapping[str, str]) -> bool:
    """Whether a window can be shown: always on Windows and macOS, with a display on Linux."""
    if sys.platform != "linux":
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def for_children(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without what points another Python into ours."""
    return {k: v for k, v in environment.items() if k not in ("PYTHONPATH", "PYTHONHOME")}


def for_installing(
    environment: Mapping[str, str], pip_settings: Mapping[str, str]
) -> dict[str, str]:
    """For pip and uv. uv does not read pip's settings, so its index and certificate are told."""
    result = for_children(environment)
    result["UV_PYTHON_DOWNLOADS"] = "never"
    index = environment.get("PIP_INDEX_URL") or pip_settings.get("index-url")
    if index and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & result.keys():
        result["UV_DEFAULT_INDEX"] = index
    certificate = environment.get("PIP_CERT") or pip_settings.get("cert")
    if certificate and "SSL_CERT_FILE" not in result:
        result["SSL_CERT_FILE"] = certificate
    return result


def for_desk(environment: Mapping[str, str]) -> dict[str, str]:
    """For the desk itself: the user's language and session stay; what Qt lacks is added."""
    result = _with_unicode_locale(for_children(environment))
    if sys.platform == "linux" and not result.get("XDG_RUNTIME_DIR"):
        result["XDG_RUNTIME_DIR"] = str(private_runtime_folder())
    if not has_display(environment):
        result.setdefault("QT_QPA_PLATFORM", "offscreen")
    return result


def for_tests(environment: Mapping[str, str], runtime_folder: Path) -> dict[str, str]:
    """For the suite: no screen, one locale, a runtime folder of its own, no foreign Qt settings."""
    children = for_children(environment)
    result = {k: v for k, v in children.items() if not k.startswith("QT_")}
    result["LC_ALL"] = "C.UTF-8"
    result["XDG_RUNTIME_DIR"] = str(runtime_folder)
    result["QT_QPA_PLATFORM"] = "offscreen"
    return result


def with_bytecode(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """`environment` with compiled modules kept in `folder`, whatever the caller does with its own.

    For runs that start many processes: each would otherwise compile every library again.
    """
    kept = {k: v for k, v in environment.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder)}


def private_runtime_folder() -> Path:
    """A folder that only this user can enter, the same one at every start."""
    folder = Path(tempfile.gettempdir()) / f"loyalty-desk-runtime-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="loyalty-desk-runtime-"))
    folder.chmod(0o700)
    return folder


def _with_unicode_locale(environment: dict[str, str]) -> dict[str, str]:
    # Qt warns and falls back by itself under a locale that cannot spell "São".
    if environment.get("LC_ALL") in _UNSET_LOCALES:
        environment["LC_ALL"] = "C.UTF-8"
    elif not any(environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
        environment["LC_CTYPE"] = "C.UTF-8"
    return environment
